//! A flow while it is drafted: no ids yet, nothing checked.

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
