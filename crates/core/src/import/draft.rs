//! A flow while it is drafted: no ids yet, nothing checked.

use super::bodies::body;
use super::outline::Lead;
use super::text::{dedent, indentation, same_words};
use crate::step::StepKind;

/// A section as it is drafted.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The heading.
    pub(super) title: String,
    /// What stands before the first step.
    pub(super) body: String,
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// The region whose heading it is; `None` for steps before the first heading.
    pub(super) owner: Option<usize>,
}

/// A step as it is drafted.
#[derive(Debug)]
pub(super) struct Step {
    /// One line.
    pub(super) title: String,
    /// What it asks.
    pub(super) kind: StepKind,
    /// Markdown.
    pub(super) body: String,
}

/// A document as it is drafted.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The title that the document itself has.
    pub(super) title: Option<String>,
    /// What stands before the first structure.
    pub(super) description: String,
    /// The work.
    pub(super) sections: Vec<Section>,
    /// What was decided, as sentences.
    pub(super) notes: Vec<String>,
}

/// Adds text to the body of the last step.
pub(super) fn append(steps: &mut [Step], text: &str) {
    if let Some(step) = steps.last_mut().filter(|_| !text.is_empty()) {
        step.body = join(&[std::mem::take(&mut step.body), text.to_owned()]);
    }
}

/// The parts that are not empty, with a blank line between them.
pub(super) fn join(parts: &[String]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n\n")
}

/// The lines as a body; without the lead where the title has every word of it.
pub(super) fn without<T: AsRef<str>>(lines: &[T], first: usize, lead: &Lead, title: &str) -> String {
    let from = lead.lines.start.saturating_sub(first).min(lines.len());
    let to = lead.lines.end.saturating_sub(first).clamp(from, lines.len());
    let source: Vec<&str> = lines[from..to].iter().map(AsRef::as_ref).collect();
    let others = lines[..from].iter().all(|line| line.as_ref().trim().is_empty());
    if !(others && same_words(&source.join("\n"), title)) {
        return body(lines);
    }
    // What is left may stand further in than it needs to; four columns and more are code.
    let rest: Vec<&str> = lines[to..].iter().map(AsRef::as_ref).collect();
    let common = rest
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| indentation(line))
        .min()
        .unwrap_or(0);
    if common == 0 || common > 3 {
        return body(&rest);
    }
    body(&rest.iter().map(|line| dedent(line, common)).collect::<Vec<_>>())
}
