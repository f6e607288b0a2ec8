//! Swaps every placeholder for a private-use character of its own, before Markdown is parsed.
//!
//! Markdown takes such a character for a letter and carries it through to wherever the placeholder belongs. All
//! of planes 15 and 16 is taken out of the text first, so a character that is found later is one of ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::filter::Filter;
use crate::placeholder::{Token, tokens};

/// The most placeholders in one text.
pub const MAX_PLACEHOLDERS: usize = 10_000;

/// The first character of plane 15; everything from here on is ours.
const FIRST: char = '\u{F0000}';
/// Characters that stand for something else than a placeholder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// A task that is open, in the place of its checkbox.
    pub task_open: char,
    /// A task that is done.
    pub task_done: char,
    /// An address that stands in the table of targets.
    pub target: char,
    /// Stands around the number of a block of code, at its beginning.
    pub command: char,
    /// What stands before a title, so that no block begins there.
    pub title: char,
}

/// One use of a variable in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name in lower case, by which values are looked up.
    pub key: String,
    /// The name as written here.
    pub name: String,
    /// What is done to the value.
    pub filters: Vec<Filter>,
    /// The placeholder as written, which is shown while the variable is unset.
    pub source: String,
}

/// What one of our characters stands for.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// The variable of that index.
    Variable(u32),
    /// Text that looks like a placeholder and is none.
    Literal(String),
}

/// A text without placeholders, and what was in their place.
pub(super) struct Swapped {
    pub text: String,
    pub variables: Arc<[Variable]>,
    /// In the order of the text, each with its character and its place in `text`.
    pub spots: Vec<(char, usize, Spot)>,
    pub marks: Marks,
    /// How much of the beginning of `text` is not the author's.
    pub prefix: usize,
}

impl Swapped {
    /// What a character stands for; nothing for any that is not ours.
    pub(super) fn spot(&self, character: char) -> Option<&Spot> {
        self.index(character).map(|index| &self.spots[index].2)
    }

    /// The number of a character's spot in the text.
    pub(super) fn index(&self, character: char) -> Option<usize> {
        if !is_ours(character) {
            return None;
        }
        self.spots.binary_search_by_key(&character, |spot| spot.0).ok()
    }
}

/// Whether a character is in the planes that the swap keeps for itself.
pub(super) fn is_ours(character: char) -> bool {
    character >= FIRST
}

/// Swaps the placeholders of a text, or says why it has too many. A title is one line of inline Markdown.
pub(super) fn swap(source: &str, is_title: bool) -> Result<Swapped, String> {
    let clean = clean(source);
    // An entity may decode to a private-use character; ours are others.
    let taken = decoded_characters(&clean);
    let too_many = || format!("there are more than {MAX_PLACEHOLDERS} placeholders");
    let mut characters = (FIRST..='\u{FFFFD}')
        .chain('\u{100000}'..='\u{10FFFD}')
        .filter(|character| !taken.contains(character));
    let mut text = String::with_capacity(clean.len());
    let mut spots = Vec::new();
    let mut variables = Vec::new();
    let prefix = if is_title { FIRST.len_utf8() + 1 } else { 0 };
    let mut at = 0;
    for token in tokens(&clean) {
        let (range, spot) = match token {
            Token::Malformed(..) => continue,
            Token::Literal(range) => {
                let text = clean[range.start + 1..range.end].to_owned();
                (range, Spot::Literal(text))
            }
            Token::Placeholder(placeholder) => {
                let index = u32::try_from(variables.len()).expect("placeholders are bounded");
                variables.push(Variable {
                    key: placeholder.name.key(),
                    name: placeholder.name.as_str().to_owned(),
                    filters: placeholder.filters,
                    source: clean[placeholder.range.clone()].to_owned(),
                });
                (placeholder.range, Spot::Variable(index))
            }
        };
        let Some(character) = characters.next().filter(|_| spots.len() < MAX_PLACEHOLDERS) else {
            return Err(too_many());
        };
        text.push_str(&clean[at..range.start]);
        spots.push((character, text.len() + prefix, spot));
        text.push(character);
        at = range.end;
    }
    text.push_str(&clean[at..]);
    let mut mark = || characters.next().ok_or_else(too_many);
    let marks = Marks {
        task_open: mark()?,
        task_done: mark()?,
        target: mark()?,
        command: mark()?,
        title: mark()?,
    };
    if is_title {
        text.insert(0, ' ');
        text.insert(0, marks.title);
    }
    Ok(Swapped {
        text,
        variables: variables.into(),
        spots,
        marks,
        prefix,
    })
}

/// The text without our characters and NUL, its lines ended by `\n`.
fn clean(source: &str) -> String {
    let mut clean = String::with_capacity(source.len());
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\0' => {}
            character if is_ours(character) => {}
            character => clean.push(character),
        }
    }
    clean
}

/// Our characters that numeric entities of the text decode to.
fn decoded_characters(text: &str) -> BTreeSet<char> {
    let mut characters = BTreeSet::new();
    for (at, _) in text.match_indices("&#") {
        let rest = &text.as_bytes()[at + 2..];
        let (radix, rest) = match rest.first() {
            Some(b'x' | b'X') => (16, &rest[1..]),
            _ => (10, rest),
        };
        let mut code: u32 = 0;
        for digit in rest.iter().map_while(|byte| char::from(*byte).to_digit(radix)) {
            code = code.saturating_mul(radix).saturating_add(digit);
        }
        characters.extend(char::from_u32(code).filter(|character| is_ours(*character)));
    }
    characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_characters_of_their_own() {
        let swapped = swap("a [VAR:x]\\[VAR:y][VAR:X|sh]\r\nb\u{F0000}", false).unwrap();
        assert_eq!(swapped.text, "a \u{F0000}\u{F0001}\u{F0002}\nb");
        assert_eq!(swapped.variables.len(), 2);
        assert_eq!(swapped.variables[1].source, "[VAR:X|sh]");
        assert!(matches!(swapped.spot('\u{F0001}'), Some(Spot::Literal(text)) if text == "[VAR:y]"));
        assert!(swapped.spot('\u{F0003}').is_none());
        assert_eq!(&swapped.text[swapped.spots[1].1..][..4], "\u{F0001}");
    }

    #[test]
    fn characters_that_entities_decode_to_are_left_out() {
        let swapped = swap("&#xF0000; &#983041 &#x0000000f0002; [VAR:a]", false).unwrap();
        assert_eq!(swapped.spots[0].0, '\u{F0003}');
    }

    #[test]
    fn too_many_placeholders_are_refused() {
        assert!(swap(&"[VAR:a]".repeat(MAX_PLACEHOLDERS), false).is_ok());
        let reason = swap(&"[VAR:a]".repeat(MAX_PLACEHOLDERS + 1), false)
            .err()
            .unwrap();
        assert_eq!(reason, "there are more than 10000 placeholders");
    }
}
