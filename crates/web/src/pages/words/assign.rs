//! Giving a session to somebody else.

pub const REASSIGN: &str = "Reassign this session";
pub const HAND_OVER: &str = "Hand this session over";
pub const TO: &str = "To";
pub const ANYBODY: &str = "Anyone in the team";
pub const NOBODY: &str = "Nobody in particular";
pub const NOTE: &str = "Note";
pub const NOTE_HELP: &str = "What whoever goes on should know. It stands in the session's history.";
pub const SEND: &str = "Hand over";
pub const ASSIGN: &str = "Reassign";
pub const BACK: &str = "Back to the session";
pub const CHANGED: &str =
    "This session was changed since you opened it. Look at it again before you give it away.";

/// Who has it now.
pub fn now_with(name: &str) -> String {
    format!("{name} has it now.")
}

pub fn failed(count: usize) -> &'static str {
    if count == 1 {
        "One thing needs a look"
    } else {
        "Some things need a look"
    }
}
