//! The guard before every Markdown parse: what nests too deep or is too long is refused, with the reason.
//!
//! A parser walks all open containers for every line, so depth times length is the work; both are bounded here
//! by one look at each byte, before a tree exists.

/// The longest Markdown text that is read, in bytes.
pub const MAX_TEXT: usize = 1024 * 1024;
/// How deep quotes and lists may stand inside each other.
pub const MAX_NESTING: usize = 64;

/// The most blank lines times open lists; each blank line visits every list that is open.
const MAX_WORK: usize = 8 * 1024 * 1024;

/// Refuses a text that is too long or whose quotes and lists stand too deep in each other.
///
/// A container stays open on a line only by its `>` or by two columns of indentation, and opens only by its
/// marker; so the depth of any line is at most its markers plus half its indentation. That sum is what is
/// bounded, without regard to fences: no code has a list marker 128 columns in. Blank lines keep lists open for
/// free, so those are bounded together.
pub fn check_nesting(text: &str) -> Result<(), String> {
    if text.len() > MAX_TEXT {
        return Err(format!(
            "the text has {} bytes; {MAX_TEXT} are allowed",
            text.len()
        ));
    }
    let bytes = text.as_bytes();
    let (mut number, mut start, mut open, mut work) = (1, 0, 0, 0);
    while start < bytes.len() {
        let end = bytes[start..]
            .iter()
            .position(|b| b"\r\n".contains(b))
            .map_or(bytes.len(), |length| start + length);
        let line = &bytes[start..end];
        match depth_bound(line) {
            0 if line.iter().all(|b| b" \t".contains(b)) => work += open,
            0 => {}
            depth => open = depth,
        }
        if open > MAX_NESTING {
            return Err(format!(
                "line {number}: quotes and lists stand more than {MAX_NESTING} deep in each other"
            ));
        }
        if work > MAX_WORK {
            return Err(format!(
                "line {number}: there are too many blank lines in deep lists"
            ));
        }
        start = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        number += 1;
    }
    Ok(())
}

/// No fewer than the containers that are open behind the prefix of the line; 0 where it opens none.
fn depth_bound(line: &[u8]) -> usize {
    if is_rule(line) {
        return 0;
    }
    let mut at = 0;
    let mut blanks = 0;
    let mut markers = 0;
    while let Some(byte) = line.get(at) {
        match byte {
            b' ' => (at, blanks) = (at + 1, blanks + 1),
            b'\t' => (at, blanks) = (at + 1, blanks + 4),
            _ => match marker(&line[at..]) {
                Some(length) => (at, markers) = (at + length, markers + 1),
                None => break,
            },
        }
        if markers > MAX_NESTING {
            break;
        }
    }
    if markers == 0 { 0 } else { markers + blanks / 2 }
}

/// The length of the quote, list or footnote marker that the text begins with.
fn marker(text: &[u8]) -> Option<usize> {
    let blank = |at: usize| matches!(text.get(at), None | Some(b' ' | b'\t'));
    match text.first()? {
        b'>' => Some(1),
        b'-' | b'+' | b'*' if blank(1) => Some(1),
        b'0'..=b'9' => {
            let digits = text.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
            (digits < 10 && matches!(text.get(digits), Some(b'.' | b')')) && blank(digits + 1))
                .then_some(digits + 1)
        }
        b'[' if text.get(1) == Some(&b'^') => {
            let close = text.iter().position(|b| *b == b']')?;
            (text.get(close + 1) == Some(&b':')).then_some(close + 2)
        }
        _ => None,
    }
}

/// Whether the line is a thematic break such as `- - - -`, however long.
fn is_rule(line: &[u8]) -> bool {
    let mut marks = line.iter().filter(|b| !b" \t".contains(b));
    match marks.next() {
        Some(first @ (b'-' | b'*' | b'_')) => line.iter().all(|b| b == first || b" \t".contains(b)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_texts_pass() {
        for text in [
            "",
            "a",
            "- a\n  - b\n    > c",
            &"- ".repeat(500),
            &"* ".repeat(500),
            &"-".repeat(500),
        ] {
            assert_eq!(check_nesting(text), Ok(()), "{text:?}");
        }
        let table = format!("```\n{}| - 1 |\n```", " ".repeat(300));
        assert_eq!(check_nesting(&table), Ok(()));
    }

    #[test]
    fn deep_quotes_and_lists_are_refused_with_their_line() {
        let deep = [
            ">".repeat(65),
            "> ".repeat(65),
            format!("{}a", "- ".repeat(65)),
            format!("{}a", "1. ".repeat(65)),
            format!("{}a", "> - + * 1) ".repeat(14)),
            format!("{}a", "[^a]: ".repeat(65)),
            format!("{}- a", " ".repeat(128)),
            format!("{}- a", "\t".repeat(32)),
        ];
        for text in deep {
            assert!(check_nesting(&text).is_err(), "{text:?}");
            let error = check_nesting(&format!("a\r\nb\rc\n{text}")).unwrap_err();
            assert!(error.starts_with("line 4: "), "{error}");
        }
        assert!(
            check_nesting(&"x".repeat(MAX_TEXT + 1))
                .unwrap_err()
                .contains("1048576 are allowed")
        );
    }
}
