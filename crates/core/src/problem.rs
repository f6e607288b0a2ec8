//! What is wrong with an input, and where.

use std::fmt;

use serde::Serialize;

/// The place of a problem in its input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// A JSON pointer (RFC 6901), empty for the whole document.
    Pointer {
        /// For example `/fields/0/name`.
        pointer: String,
    },
    /// A place in a text, both counted from 1; the column counts characters.
    Text {
        /// The line.
        line: usize,
        /// The character in the line.
        column: usize,
    },
}

/// One thing that is wrong, said so that the author can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What, as a sentence without a full stop.
    pub detail: String,
}

impl Problem {
    /// A problem at a member of a JSON document.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Pointer {
                pointer: pointer.into(),
            },
            detail: detail.into(),
        }
    }

    /// A problem at a place in a text.
    pub fn in_text(line: usize, column: usize, detail: impl Into<String>) -> Self {
        Self {
            place: Place::Text { line, column },
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Pointer { pointer } if pointer.is_empty() => f.write_str(&self.detail),
            Place::Pointer { pointer } => write!(f, "{pointer}: {}", self.detail),
            Place::Text { line, column } => write!(f, "line {line}, column {column}: {}", self.detail),
        }
    }
}
