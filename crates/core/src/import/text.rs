//! The small work on lines and words that every part of the import shares.

/// The words of a text, in lower case: its runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether two texts have the same words in the same order.
pub(super) fn same_words(left: &str, right: &str) -> bool {
    words(left).eq(words(right))
}

/// The text as it is worked on: `\n` at line ends, no byte order mark, nothing that a body cannot hold.
pub(super) fn normalise(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    result.push('\n');
                }
            }
            '\0' => result.push('\u{fffd}'),
            // The marks that stand for placeholders while the structure is read.
            '\u{e000}' | '\u{e001}' => {}
            _ => result.push(character),
        }
    }
    result
}

/// The columns of blanks that a line begins with; a tab leads to the next multiple of four.
pub(super) fn indentation(line: &str) -> usize {
    let mut columns = 0;
    for byte in line.bytes() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => break,
        }
    }
    columns
}

/// The line without its first `columns` of blanks; a line with fewer loses those it has.
pub(super) fn dedent(line: &str, columns: usize) -> String {
    let mut column = 0;
    for (at, byte) in line.bytes().enumerate() {
        // A tab stands for as many columns as are left of it.
        if column > columns || (column == columns && byte != b'\t') {
            return " ".repeat(column - columns) + &line[at..];
        }
        match byte {
            b' ' => column += 1,
            b'\t' => column += 4 - column % 4,
            _ => return line[at..].to_owned(),
        }
    }
    " ".repeat(column.saturating_sub(columns))
}

/// Where the content of a list item begins: the column, and the bytes of the marker before it.
///
/// `CommonMark` 0.31, section 5.2: one to four blanks after the marker belong to it.
pub(super) fn item_marker(line: &str) -> Option<(usize, usize)> {
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = &line[blanks..];
    let marker = match rest.bytes().next()? {
        b'-' | b'+' | b'*' => 1,
        b'0'..=b'9' => {
            let digits = rest.bytes().take(10).take_while(u8::is_ascii_digit).count();
            matches!(rest.as_bytes().get(digits), Some(b'.' | b')')).then_some(digits + 1)?
        }
        _ => return None,
    };
    let column = indentation(line) + marker;
    let after = &rest[marker..];
    let text = after.trim_start_matches([' ', '\t']);
    if text.is_empty() {
        return Some((column + 1, blanks + marker));
    }
    // Blanks behind the marker, counted in columns from where they stand.
    let mut end = column;
    for byte in after[..after.len() - text.len()].bytes() {
        end = if byte == b'\t' { end + 4 - end % 4 } else { end + 1 };
    }
    if end - column > 4 {
        // The item begins with indented code.
        return Some((column + 1, blanks + marker));
    }
    Some((end, blanks + marker + (after.len() - text.len())))
}

/// The lines without the empty ones at both ends, each ended but the last.
pub(super) fn join_trimmed<T: AsRef<str>>(lines: &[T]) -> String {
    let full = |line: &T| !line.as_ref().trim().is_empty();
    let Some(first) = lines.iter().position(full) else {
        return String::new();
    };
    let last = lines.iter().rposition(full).unwrap_or(first);
    let mut text = String::new();
    for line in &lines[first..=last] {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line.as_ref());
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(normalise("\u{feff}a\r\nb\rc\n\0"), "a\nb\nc\n\u{fffd}");
    }

    #[test]
    fn blanks_are_taken_in_columns() {
        assert_eq!(dedent("    code", 3), " code");
        assert_eq!(dedent("\tcode", 3), " code");
        assert_eq!(dedent("\t\tcode", 4), "    code");
        assert_eq!(dedent("\t\tcode", 2), "  \tcode");
        assert_eq!(dedent(" lazy", 3), "lazy");
        assert_eq!(dedent("", 3), "");
    }

    #[test]
    fn markers_end_where_the_content_begins() {
        assert_eq!(item_marker("1. a"), Some((3, 3)));
        assert_eq!(item_marker("  10)  a"), Some((7, 7)));
        assert_eq!(item_marker("-      code"), Some((2, 1)));
        assert_eq!(item_marker("-"), Some((2, 1)));
        assert_eq!(item_marker("*\ta"), Some((4, 2)));
        assert_eq!(item_marker("text"), None);
    }
}
