//! Why a value does not fit: one sentence for the person who typed it.
//!
//! The value is quoted in part only, and with its unseen characters spelt out, since they are often the cause.

use thiserror::Error;

/// How many characters of a value a message quotes.
const QUOTED: usize = 80;

/// What is wrong with a value, as a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    /// A sentence of its own.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// "VALUE is not NOUN: WHY".
    pub(super) fn not(value: &str, noun: &str, why: &str) -> Self {
        Self(format!("{} is not {noun}: {why}", quote(value)))
    }
}

/// The beginning of a text as a message shows it.
pub(super) fn quote(text: &str) -> String {
    let mut characters = text.chars();
    let mut quoted: String = characters
        .by_ref()
        .take(QUOTED)
        .map(|c| {
            if c != ' ' && is_unseen(c) {
                format!("<{}>", code_point(c))
            } else {
                c.to_string()
            }
        })
        .collect();
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted
}

/// One character as a message names it.
pub(super) fn name(c: char) -> String {
    match c {
        ' ' => "a space".into(),
        '\t' => "a tab".into(),
        '\u{a0}' => "a no-break space".into(),
        '\u{200b}' => "a zero-width space".into(),
        c if is_unseen(c) => format!("the unseen character {}", code_point(c)),
        c => c.to_string(),
    }
}

/// The notation of the Unicode standard: U+200B.
pub(super) fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// White space, control and format characters: what a reader cannot tell from nothing or from a space.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_format(c)
}

/// Format characters that come along when text is copied from mail, chat and word processors.
pub(super) fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut() {
        let quoted = quote(&"ä".repeat(100));
        assert_eq!(quoted.chars().count(), QUOTED + 1);
        assert!(quoted.ends_with("ä…"));
        assert_eq!(quote(&"a".repeat(QUOTED)), "a".repeat(QUOTED));
    }

    #[test]
    fn unseen_characters_are_spelt_out() {
        assert_eq!(quote("a b\u{200b}\u{202e}c\n"), "a b<U+200B><U+202E>c<U+000A>");
        assert_eq!(name('\u{7}'), "the unseen character U+0007");
        assert_eq!(name('_'), "_");
    }
}
