//! Looking at what a newer version of a flow means for a prepared session.

use resolutionflow_core::flow::difference::Fate;

use super::counted;

pub const STEPS: &str = "Steps";
pub const FIELDS: &str = "Fields";
pub const TEXTS: &str = "Title and description";
pub const DROPPED: &str = "Values that do not come along";
pub const DISCARD: &str = "Discard";
pub const RUN_AS_PREPARED: &str = "Run as prepared";
pub const BACK: &str = "Back to the session";
pub const MOVED: &str = "moved";
pub const NEW_BELOW: &str = "New in this version.";
pub const GONE: &str = "Not in this version any more.";

pub fn title(number: &str) -> String {
    format!("Review session {number}")
}

pub fn summary(from: i64, to: i64, words: &str) -> String {
    if words.is_empty() {
        format!("Prepared on v{from}. The flow is now v{to}, with the same text.")
    } else {
        format!("Prepared on v{from}. The flow is now v{to}: {words}.")
    }
}

pub fn update(to: i64) -> String {
    format!("Update to v{to}")
}

pub fn kept(count: usize) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    format!("{} along.", counted(count, "value comes", "values come"))
}

pub const fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
        Fate::Moved => MOVED,
    }
}

pub fn place(before: Option<usize>, after: Option<usize>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before != after => format!("Step {before}, now {after}"),
        (_, Some(step)) => format!("Step {step}"),
        (Some(step), None) => format!("Was step {step}"),
        (None, None) => String::new(),
    }
}

/// The part that changed, as people call it.
pub fn part(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

pub fn version(number: i64) -> String {
    format!("v{number}")
}

pub fn same_lines(count: usize) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    format!("{} the same", counted(count, "line", "lines"))
}
