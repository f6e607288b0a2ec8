//! Text of one line and of many, and what holds for the text of every value.

use super::invalid::{Invalid, code_point, is_format};

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// Accepts a line of text: the value of a text field, and of a placeholder that no field declares.
pub fn accept_text(text: &str) -> Result<String, Invalid> {
    check_size(text)?;
    let line = text.trim();
    if line.chars().any(is_line_break) {
        return Err(Invalid::new(
            "the value has more than one line; a field of type long text takes several",
        ));
    }
    check_controls(line)?;
    Ok(line.to_owned())
}

/// Says whether a text may be stored at all, though it does not fit its type.
pub fn keepable(text: &str) -> Result<(), Invalid> {
    check_size(text)?;
    if text.contains('\0') {
        return Err(Invalid::new(
            "the value has a NUL character, which text cannot hold",
        ));
    }
    Ok(())
}

/// Accepts text of any number of lines; their ends become LF.
pub(super) fn accept_lines(text: &str) -> Result<String, Invalid> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    check_controls(&lines)?;
    Ok(lines)
}

pub(super) fn check_size(text: &str) -> Result<(), Invalid> {
    if text.len() > MAX_VALUE {
        return Err(Invalid::new(format!(
            "the value has {} bytes; {MAX_VALUE} are allowed",
            text.len()
        )));
    }
    Ok(())
}

/// Refuses control characters save tabs and LF.
pub(super) fn check_controls(text: &str) -> Result<(), Invalid> {
    let found = text
        .chars()
        .enumerate()
        .find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n'));
    match found {
        None => Ok(()),
        Some((index, c)) => Err(Invalid::new(format!(
            "the value has a control character ({}, its character {})",
            code_point(c),
            index + 1
        ))),
    }
}

/// Says why a typed value is not one line of visible text.
pub(super) fn one_line(text: &str) -> Result<(), String> {
    if text.chars().any(is_line_break) {
        return Err("it has a line break inside".into());
    }
    match text.chars().find(|c| c.is_control() && *c != '\t') {
        Some(c) => Err(format!("it has a control character ({})", code_point(c))),
        None => Ok(()),
    }
}

/// A typed value without the white space and format characters that a paste brings along at its ends.
pub(super) fn trim_pasted(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_format(c))
}

fn is_line_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        accept_text(text).expect_err("refused").to_string()
    }

    #[test]
    fn a_line_keeps_its_inside_and_loses_its_ends() {
        assert_eq!(accept_text("  a \t b \r\n").as_deref(), Ok("a \t b"));
        assert_eq!(accept_text("").as_deref(), Ok(""));
        assert_eq!(accept_text(" \n ").as_deref(), Ok(""));
        assert_eq!(accept_text("<script>[VAR:x]").as_deref(), Ok("<script>[VAR:x]"));
    }

    #[test]
    fn a_line_is_one_line() {
        for text in ["a\nb", "a\rb", "a\r\nb", "a\u{2028}b", "a\u{85}b"] {
            assert_eq!(
                refused(text),
                "the value has more than one line; a field of type long text takes several"
            );
        }
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(
            refused("a\0b"),
            "the value has a control character (U+0000, its character 2)"
        );
        assert_eq!(
            refused("ä\u{1b}[31m"),
            "the value has a control character (U+001B, its character 2)"
        );
        assert!(accept_lines("a\u{9b}").is_err());
    }

    #[test]
    fn lines_end_in_line_feeds() {
        assert_eq!(accept_lines("  a\r\nb\rc\n\n").as_deref(), Ok("  a\nb\nc\n\n"));
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(
            accept_text(&"x".repeat(MAX_VALUE)).map(|text| text.len()),
            Ok(MAX_VALUE)
        );
        assert_eq!(
            refused(&"x".repeat(MAX_VALUE + 1)),
            "the value has 65537 bytes; 65536 are allowed"
        );
        assert!(keepable(&"x".repeat(MAX_VALUE + 1)).is_err());
    }

    #[test]
    fn nearly_anything_may_be_kept() {
        assert!(keepable("not a host\n\u{7}").is_ok());
        assert!(keepable("").is_ok());
        assert!(keepable("a\0").is_err());
    }
}
