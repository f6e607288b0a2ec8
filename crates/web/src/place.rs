//! Where in a text something stands: parsers count bytes, people count lines.

/// The line and the character in it, both counted from 1, of a byte offset; invalid UTF-8 counts one character a
/// wrong sequence.
pub(crate) fn line_and_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

/// The offset of a line and byte column as `serde_json` counts them: from 1, the column in bytes.
pub(crate) fn offset_of(text: &[u8], line: usize, byte_column: usize) -> usize {
    let start: usize = text
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (start + byte_column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(line_and_column(b"", 0), (1, 1));
        assert_eq!(line_and_column("a\nä€x".as_bytes(), 7), (2, 3));
        assert_eq!(line_and_column(b"a\n", 2), (2, 1));
        assert_eq!(line_and_column(b"ab", 99), (1, 3));
        assert_eq!(line_and_column(b"a\xffb", 2), (1, 3));
    }

    #[test]
    fn finds_the_offset_of_a_place() {
        assert_eq!(offset_of(b"ab\ncd", 2, 2), 4);
        assert_eq!(offset_of(b"ab", 9, 9), 2);
    }
}
