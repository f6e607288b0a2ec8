//! A ticket's text as a source of values: what its lines name, and what else in it could fit a field.
//!
//! Nothing here fills anything. Each variable gets candidates, and a person chooses.

mod found;
mod named;
#[cfg(test)]
mod tests;

use crate::field::{Field, FieldName};
use crate::variable::{Known, Outline};

/// The longest text that is looked through, in bytes.
pub const MAX_TICKET: usize = 64 * 1024;
/// The most candidates of one variable.
pub const MAX_CANDIDATES: usize = 6;

/// How a candidate was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// A line says `name: value`, with the name or the label of the variable.
    Named,
    /// Its looks fit the variable's type, or what the variable is called.
    Found,
}

/// A text that could be the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The value in its normal form; as it was written where it does not fit.
    pub value: String,
    /// How it was come by.
    pub how: How,
    /// The line that it stands in, from 1.
    pub line: usize,
    /// Why it does not fit the field. Only what a line names is shown all the same.
    pub problem: Option<String>,
}

/// The candidates of one variable, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The variable.
    pub name: FieldName,
    /// At least one, and at most [`MAX_CANDIDATES`].
    pub candidates: Vec<Candidate>,
}

/// What a text offers for the variables of a flow, in the order in which a person reads them. Of a text longer than
/// [`MAX_TICKET`] only the beginning counts.
pub fn offers(text: &str, outline: &Outline) -> Vec<Offer> {
    let text = &text[..text.floor_char_boundary(MAX_TICKET)];
    let lines: Vec<&str> = text.lines().collect();
    let lowered: Vec<String> = lines.iter().map(|line| line.to_lowercase()).collect();
    let named = named::find(&lines, outline);
    let found = found::find(&lines);
    let variables = outline.variables();
    variables
        .filter_map(|(key, known)| {
            let words = words_of(known);
            let mut likely: Vec<(usize, &found::Piece)> = found
                .iter()
                .filter(|piece| found::fits(piece, known, &words))
                .map(|piece| (nearness(&piece.around, &words), piece))
                .collect();
            // Stable: among equals the order of the text stays.
            likely.sort_by_key(|(near, _)| std::cmp::Reverse(*near));
            let mut candidates: Vec<Candidate> = named
                .get(key)
                .into_iter()
                .flatten()
                .map(|(line, text)| judged(known, text, *line))
                .collect();
            let options = options(&lowered, known.field.as_ref());
            let likely = likely
                .into_iter()
                .map(|(_, piece)| (piece.line, piece.text.as_str()));
            candidates.extend(likely.chain(options).filter_map(|(line, text)| {
                Some(Candidate {
                    value: known.accept(text).ok()?,
                    how: How::Found,
                    line: line + 1,
                    problem: None,
                })
            }));
            let mut seen = std::collections::HashSet::new();
            candidates.retain(|candidate| seen.insert(candidate.value.clone()));
            candidates.truncate(MAX_CANDIDATES);
            (!candidates.is_empty()).then(|| Offer {
                name: known.name.clone(),
                candidates,
            })
        })
        .collect()
}

fn judged(known: &Known, text: &str, line: usize) -> Candidate {
    let (value, problem) = match known.accept(text) {
        Ok(value) => (value, None),
        Err(problem) => (text.to_owned(), Some(problem.to_string())),
    };
    Candidate {
        value,
        how: How::Named,
        line: line + 1,
        problem,
    }
}

/// What a variable is called, word by word in lower case: its name and its label.
fn words_of(known: &Known) -> Vec<String> {
    let label = known.field.as_ref().map_or("", Field::label);
    let text = format!("{} {label}", known.name).to_lowercase();
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// How many of a variable's words stand around a piece.
fn nearness(around: &str, words: &[String]) -> usize {
    words
        .iter()
        .filter(|word| word.len() > 2 && around.contains(*word))
        .count()
}

/// The options of a field that stand in the text as whole words.
fn options<'t>(lowered: &[String], field: Option<&'t Field>) -> Vec<(usize, &'t str)> {
    let options = field.map_or(&[][..], |field| &field.options);
    let mut standing = Vec::new();
    for option in options.iter().filter(|option| !option.trim().is_empty()) {
        let wanted = option.to_lowercase();
        let stands = |line: &String| {
            let is_word = |edge: Option<char>| edge.is_some_and(char::is_alphanumeric);
            line.match_indices(&wanted).any(|(at, found)| {
                !is_word(line[..at].chars().next_back()) && !is_word(line[at + found.len()..].chars().next())
            })
        };
        if let Some(line) = lowered.iter().position(stands) {
            standing.push((line, option.as_str()));
        }
    }
    standing
}
