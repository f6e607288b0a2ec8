//! Notifications. A sentence ends where the name of the session follows.

use resolutionflow_core::notice::NoticeKind;

pub const TITLE: &str = "Notifications";
pub const EMPTY: &str = "Nothing yet. What colleagues prepare for you, take or complete appears here.";
pub const CHOOSE: &str = "Choose what you are told";
pub const READ_ALL: &str = "Mark all as read";
pub const UNREAD: &str = "Unread";
pub const OLDER: &str = "Older";
pub const NEWEST: &str = "Back to the newest";
pub const SOMEBODY: &str = "Somebody";
pub const DUE: &str = "Due";
pub const PAST_DUE: &str = "Past due since";

pub fn prepared(who: &str) -> String {
    format!("{who} prepared a session for you")
}

pub fn taken(who: &str) -> String {
    format!("{who} took a session that you prepared")
}

pub fn reassigned(who: &str, to_you: bool) -> String {
    let whom = if to_you { "you" } else { "somebody else" };
    format!("{who} assigned a session to {whom}")
}

pub fn completed(who: &str) -> String {
    format!("{who} completed a session that you prepared")
}

/// What somebody is told of, in their settings.
pub const fn kind(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::PreparedForMe => "A session is prepared for you",
        NoticeKind::Taken => "Somebody takes what you prepared",
        NoticeKind::Reassigned => "A session is assigned to you, or no longer yours",
        NoticeKind::DueSoon => "A session of yours is due within a day",
        NoticeKind::Overdue => "A session of yours is past due",
        NoticeKind::Completed => "What you prepared is completed",
    }
}
