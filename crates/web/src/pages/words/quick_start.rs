//! Quick start.

use super::counted;

pub const TITLE: &str = "Quick start";
pub const FIND: &str = "Find anything";
pub const PREPARED: &str = "Prepared for you";
pub const PREPARED_EMPTY: &str =
    "Nothing is prepared for you. When a colleague prepares a session, it appears here.";
pub const UNASSIGNED: &str = "Unassigned in your team";
pub const BY_YOU: &str = "Prepared by you";
pub const CONTINUE: &str = "Continue";
pub const START: &str = "Start a flow";
pub const SEE_ALL: &str = "See all";
pub const ALL_DONE: &str = "All steps are finished";

pub const FIRST: &str = "Begin here";
pub const IMPORT: &str = "Bring a flow";
pub const IMPORT_HELP: &str = "A Markdown file, or the text of a page that you already have.";
pub const IMPORT_ACTION: &str = "Import";
pub const PEOPLE: &str = "Your colleagues";
pub const PEOPLE_HELP: &str = "Who is in this account, and what they may do.";
pub const PEOPLE_ACTION: &str = "People";
pub const NO_FLOWS: &str = "There are no flows yet. An engineer of your account can import the first one.";

pub fn greeting(name: &str) -> String {
    format!("Hello, {name}")
}

pub fn step(number: usize, of: usize) -> String {
    format!("step {number} of {of}")
}

pub fn flow(steps: i64, used: i64) -> String {
    let steps = counted(steps, "step", "steps");
    if used == 0 {
        format!("{steps}, not used yet")
    } else {
        format!("{steps}, used {used}×")
    }
}

pub fn assigned(name: &str) -> String {
    format!("for {name}")
}

pub fn started(name: &str) -> String {
    format!("{name} started this")
}

pub fn taken(name: &str) -> String {
    format!("{name} took this")
}
