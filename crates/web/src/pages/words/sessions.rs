//! Lists of sessions.

use resolutionflow_core::session::Status;
use resolutionflow_store::sessions::MOST_COUNTED;

use super::counted;

pub const TITLE: &str = "Sessions";
pub const TABS: &str = "Sessions by status";
pub const ACTIVE: &str = "Active";
pub const PREPARED: &str = "Prepared";
pub const COMPLETED: &str = "Completed";

pub const SEARCH: &str = "Search";
pub const SEARCH_LABEL: &str = "Search sessions";
pub const FLOW: &str = "Flow";
pub const ASSIGNED: &str = "Assigned to";
pub const PREPARED_BY: &str = "Prepared by";
pub const ME: &str = "me";
pub const NOBODY: &str = "nobody";
pub const MINE: &str = "Mine";
pub const MISSING: &str = "Missing values";
pub const DATES: &str = "Dates";
pub const FROM: &str = "From day";
pub const TO: &str = "To day";
pub const APPLY: &str = "Apply";
pub const UNKNOWN: &str = "unknown";

pub const NO_ACTIVE: &str = "No active sessions. Start a flow, and it appears here.";
pub const NO_PREPARED: &str = "No prepared sessions. What a colleague prepares appears here.";
pub const NO_COMPLETED: &str = "No completed sessions. What is finished stays here with its report.";
pub const NOTHING: &str = "Nothing matches.";
pub const CLEAR: &str = "Clear filters";
pub const LOOKING: &str = "Nothing here yet. Looking further…";
pub const LOOK_ON: &str = "Look further";
pub const OLDER: &str = "Older";
pub const NEWEST: &str = "Back to the newest";
pub const MORE: &str = "More";
pub const FIRST: &str = "Back to the first";
pub const NOBODY_YET: &str = "anyone";
pub const CLIENT: &str = "Client";
pub const DUE_DATES: &str = "Due";
pub const EXPORT: &str = "Export CSV";
pub const ANYONE: &str = "Anyone";

pub const START: &str = "Start";
pub const TAKE: &str = "Take";
pub const REVIEW: &str = "Review";
pub const RESUME: &str = "Resume";
pub const WATCH: &str = "Watch";
pub const DUE: &str = "due";

pub const FLOW_CHANGED: &str = "flow changed";
pub const PAST_DUE: &str = "past due";
pub const ASSIGNEE_GONE: &str = "assignee is gone";

pub fn prepared_days_ago(days: i64) -> String {
    format!("prepared {days} d ago")
}

pub fn missing(count: i64) -> String {
    format!("{count} missing")
}

pub fn filled(filled: i64, of: i64) -> String {
    format!("{filled} of {of} filled")
}

pub fn steps(finished: i64, of: i64) -> String {
    format!("{finished} of {}", counted(of, "step", "steps"))
}

/// What a button does, and to what.
pub fn about(label: &str, about: &str) -> String {
    format!("{label}: {about}")
}

pub fn chip(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

pub fn remove(filter: &str) -> String {
    format!("Remove filter {filter}")
}

pub fn count(number: i64, more: bool) -> String {
    let number = if number == MOST_COUNTED {
        "1,000".to_owned()
    } else {
        number.to_string()
    };
    if more { number + "+" } else { number }
}

pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Prepared => "prepared",
        Status::Active => "active",
        Status::Completed => "completed",
        Status::Discarded => "discarded",
    }
}
