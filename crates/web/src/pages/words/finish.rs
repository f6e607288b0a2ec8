//! Completing a session.

use resolutionflow_core::session::Outcome;

use super::counted;
pub use super::sentence;

pub const DONE: &str = "Complete";
pub const ANYWAY: &str = "Complete anyway";
pub const FILL: &str = "Fill and complete";
pub const BACK: &str = "Back to the session";
pub const CLOSE: &str = "Close";
pub const NOT_DONE: &str = "Not done";
pub const GO: &str = "Go to step";
pub const SKIPPED: &str = "skipped";
pub const OPEN: &str = "open";
pub const OUTCOME: &str = "Outcome";
pub const NO_OUTCOME: &str = "Not said";
pub const NOTE: &str = "Note";
pub const NEXT: &str = "Next steps";
pub const CHOOSE: &str = "Choose…";
pub const YES: &str = "Yes";
pub const NO: &str = "No";
pub const LOOK: &str = "Nothing was completed yet. Your text is kept here.";
pub const NOT_YOURS: &str = "Only the session's owner and its assignee can complete it.";
pub const SOMEBODY: &str = "Somebody";
pub const NOT_HERE: &str = "This session has not started yet, so there is nothing to complete.";

pub const LATE: &str = "This session ended before you completed it";
pub const LATE_HELP: &str = "Somebody was faster, and what you typed was not kept. Copy it from here.";
pub const NOT_KEPT: &str = "What you typed was not kept. Copy it from here.";
pub const TO_SESSION: &str = "Go to the session";
pub const TO_REPORT: &str = "Go to the report";

pub fn title(number: i64) -> String {
    format!("Finish session {number:04}?")
}

/// "4 of 5 steps done · 48 min".
pub fn facts(done: usize, of: usize, took: &str) -> String {
    let of = counted(i64::try_from(of).unwrap_or(i64::MAX), "step", "steps");
    format!("{done} of {of} done · {took}")
}

/// What is wrong with a value. It begins with the value, which stays as it was typed.
pub fn wrong(detail: &str) -> String {
    format!("{detail}.")
}

pub fn missing(count: usize) -> String {
    if count == 1 {
        "1 required value is empty. The report will show ".to_owned()
    } else {
        format!("{count} required values are empty. The report will show ")
    }
}

pub fn invalid(count: usize) -> String {
    if count == 1 {
        "1 value does not fit. The report will show it as it is.".to_owned()
    } else {
        format!("{count} values do not fit. The report will show them as they are.")
    }
}

pub fn need_look(count: usize) -> String {
    if count == 1 {
        "1 value needs a look".to_owned()
    } else {
        format!("{count} values need a look")
    }
}

/// Somebody was faster.
pub fn newer(who: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{who} set this to “{value}” meanwhile. Complete again to set yours over it"),
        None => format!("{who} cleared this meanwhile. Complete again to set yours"),
    }
}

pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Resolved => "Resolved",
        Outcome::Escalated => "Escalated",
        Outcome::Workaround => "Workaround",
        Outcome::Unresolved => "Unresolved",
    }
}
