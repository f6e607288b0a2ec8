//! Bodies: the Markdown source of a description, a section or a step, and the one shape that both forms share.

use super::limits::check_nesting;
use super::outline::{Outline, outline};
use crate::step::{Choice, StepId};

/// Something that cannot stand in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyProblem {
    /// The line of the body, from 1.
    pub(crate) line: usize,
    /// What, as a sentence without a full stop.
    pub(crate) detail: String,
}

impl BodyProblem {
    /// The problem as one sentence with its line, for a place that names the body only.
    pub(crate) fn sentence(&self) -> String {
        format!("line {}: {}", self.line, self.detail)
    }

    /// Takes such a sentence apart again.
    pub(crate) fn from_sentence(sentence: &str) -> Option<Self> {
        let (line, detail) = sentence.strip_prefix("line ")?.split_once(": ")?;
        Some(Self {
            line: line.parse().ok()?,
            detail: detail.to_owned(),
        })
    }
}

/// Gives a text the line ends that flows have: `\n`.
pub(crate) fn normalise_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Gives a body its one shape: line ends are `\n`, and no blank line stands at its beginning or end.
pub(crate) fn normalise_body(text: &mut String) {
    if text.contains('\r') {
        *text = normalise_lines(text);
    }
    let (trimmed, _) = trim_blank_lines(text);
    if trimmed.len() != text.len() {
        *text = trimmed.to_owned();
    }
}

/// The text without blank lines at its beginning and end, and how many were at the beginning.
pub(crate) fn trim_blank_lines(mut text: &str) -> (&str, usize) {
    let is_blank = |line: &str| line.bytes().all(|b| b" \t".contains(&b));
    let mut dropped = 0;
    while let Some((_, rest)) = text.split_once('\n').filter(|(line, _)| is_blank(line)) {
        (text, dropped) = (rest, dropped + 1);
    }
    while let Some((rest, _)) = text.rsplit_once('\n').filter(|(_, line)| is_blank(line)) {
        text = rest;
    }
    if is_blank(text) {
        ("", dropped)
    } else {
        (text, dropped)
    }
}

/// Says what in a normalised body would be read differently in the Markdown form of its flow.
pub(crate) fn check_body_structure(text: &str) -> Vec<BodyProblem> {
    if text.is_empty() {
        return Vec::new();
    }
    if let Err(sentence) = check_nesting(text) {
        return vec![BodyProblem::from_sentence(&sentence).unwrap_or(BodyProblem {
            line: 1,
            detail: sentence,
        })];
    }
    let Outline {
        headings,
        quotes,
        unclosed,
    } = outline(text);
    let mut problems: Vec<_> = headings
        .iter()
        .map(|heading| {
            let detail = if heading.end - heading.start > 1 {
                "the line of dashes or equals signs makes a heading of the text above it, and a body cannot have a \
                 heading of level 1 or 2; put a blank line between them, or use ###"
            } else {
                "a body cannot have a heading of level 1 or 2; use ###"
            };
            BodyProblem { line: heading.start + 1, detail: detail.into() }
        })
        .collect();
    if let Some((line, name)) = unclosed {
        problems.push(BodyProblem {
            line: line + 1,
            detail: format!("the {name} that opens here is never closed"),
        });
    }
    let lines: Vec<&str> = text.split('\n').collect();
    for (start, end) in quotes {
        for (offset, line) in lines[start..end].iter().enumerate() {
            if quoted(line).is_some_and(|text| text.starts_with("choice:") && text.contains("->")) {
                problems.push(BodyProblem {
                    line: start + offset + 1,
                    detail: "a choice is `> choice: label -> #step-id`, one of the last lines of a step, and kept \
                             with the step's choices, not in a body"
                        .into(),
                });
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// Cuts the choices off the end of a step's text: the last lines of a quote that ends it.
pub(crate) fn split_choices(text: &str) -> (&str, Vec<(Choice, usize)>) {
    let (trimmed, dropped) = trim_blank_lines(text);
    let lines: Vec<&str> = trimmed.split('\n').collect();
    // Most steps have none, and need no parse to see it.
    if lines.last().and_then(|line| quoted(line)).is_none() {
        return (text, Vec::new());
    }
    let Some(&(start, end)) = outline(trimmed)
        .quotes
        .last()
        .filter(|quote| quote.1 == lines.len())
    else {
        return (text, Vec::new());
    };
    let mut choices = Vec::new();
    let mut length = trimmed.len();
    for index in (start..end).rev() {
        let Some(text) = quoted(lines[index]) else { break };
        match choice(text) {
            Some(choice) => choices.push((choice, dropped + index)),
            None if text.is_empty() => {}
            None => break,
        }
        length -= lines[index].len() + usize::from(index > 0);
    }
    if choices.is_empty() {
        return (text, choices);
    }
    choices.reverse();
    let offset = trimmed.as_ptr() as usize - text.as_ptr() as usize;
    (&text[..offset + length], choices)
}

/// What stands behind the `>` of a quoted line.
fn quoted(line: &str) -> Option<&str> {
    line.trim_start_matches(' ')
        .strip_prefix('>')
        .map(|text| text.trim_matches([' ', '\t']))
}

/// `choice: label -> #step-id`
fn choice(text: &str) -> Option<Choice> {
    let (label, step) = text.strip_prefix("choice:")?.rsplit_once("->")?;
    let step = StepId::parse(step.trim().strip_prefix('#')?).ok()?;
    Some(Choice {
        label: label.trim().replace('\t', " "),
        step,
    })
}
