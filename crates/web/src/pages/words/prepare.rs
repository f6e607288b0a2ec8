//! Preparing a session, and changing one that is prepared.

use super::counted;
pub use super::sentence;

pub const TITLE: &str = "Prepare session";
pub const EDIT_TITLE: &str = "Edit prepared session";
pub const PREPARE: &str = "Prepare";
pub const SAVE: &str = "Save";
pub const CANCEL: &str = "Cancel";
pub const FLOW: &str = "Flow";
pub const ASSIGN: &str = "Assign to";
pub const ANYONE: &str = "Anyone in the team";
pub const YOU: &str = "you";
pub const GONE: &str = "cannot run it any more";
pub const NOT_ASSIGN: &str = "Who prepared it and admins assign it.";
pub const SESSION_TITLE: &str = "Title";
pub const OPTIONAL: &str = "optional";
pub const DUE: &str = "Due";
pub const UTC: &str = "Without scripts this is in UTC.";
pub const CLIENT: &str = "Client";
pub const TICKET: &str = "Ticket";
pub const TICKET_HELP: &str = "Its reference, such as INC-4711";
pub const TICKET_URL: &str = "Link to the ticket";
pub const NOTE: &str = "Note for the assignee";
pub const VARIABLES: &str = "Variables";
pub const NO_VARIABLES: &str = "This flow asks for no values.";
pub const NOT_VALUES: &str = "Who prepared it and its assignee fill its values.";
pub const KEEP: &str = "Keep it anyway";

pub const PASTE: &str = "Paste from ticket…";
pub const TICKET_TEXT: &str = "Text of the ticket";
pub const TICKET_TEXT_HELP: &str =
    "Lines such as “Server name: srv-01” count most. Nothing is filled until you choose.";
pub const LOOK: &str = "Look for values";
pub const FILL: &str = "Fill the chosen ones";
pub const LEAVE: &str = "Leave it as it is";
pub const NO_OFFERS: &str = "Nothing in this text fits a variable.";
pub const LONG_TEXT: &str = "The text is long: only its beginning was looked through.";

pub const COPY: &str = "Copy from session";
pub const PAST: &str = "Last sessions of this flow";
pub const NO_PAST: &str = "No session of this flow yet.";
pub const UNCHANGED: &str = "What you typed stays";
pub const UNKNOWN: &str = "The flow has no variable of this name";
pub const LEFT: &str = "Not filled";
pub const GO_ON_START: &str = "Look at them before you start.";
pub const GO_ON: &str = "Look at them before you prepare.";

pub const BROUGHT_BACK: &str = "Brought back what you typed.";
pub const DISCARD: &str = "Discard it";

pub const NOTHING_SAVED: &str = "Nothing was saved yet. What you typed is kept here.";
pub const NOT_SAVED: &str = "This was not saved";
pub const BAD_DUE: &str = "This is no date and time, such as 2026-11-28 20:00";
pub const BAD_PERSON: &str = "Choose somebody from the list";
pub const SENT_BEFORE: &str = "This form was sent before with other words, and that session is prepared. Prepare once more to make another one";
pub const CHANGED: &str = "Somebody changed the session at this very moment. Look at it and save again";
pub const ONLY_DRAFT: &str = "This flow has only a draft. Publish it first.";
pub const NOT_YOURS: &str = "Only who prepared the session, its assignee and admins change it.";
pub const SOMEBODY: &str = "Somebody";

pub const START_TITLE: &str = "Start flow";
pub const START: &str = "Start";
pub const NOT_STARTED: &str = "This was not started";
pub const NO_VALUES: &str =
    "It starts at once. No value is compulsory: the session asks for each where it is needed.";

pub const MORE: &str = "More ways to prepare";
pub const FROM_PAST: &str = "Prepare from a past session…";
pub const AGAIN: &str = "Prepare again with these values";
pub const EDIT: &str = "Edit";
pub const OPEN: &str = "Open";

/// What is wrong with a value. It begins with the value, which stays as it was typed.
pub fn wrong(detail: &str) -> String {
    format!("{detail}.")
}

pub fn bad_url(why: &str) -> String {
    format!("This is not a web address: {why}")
}

pub fn filled(filled: usize, of: usize) -> String {
    format!("{filled} of {of} filled")
}

pub fn version(number: i64) -> String {
    format!("v{number}")
}

/// "2 values need a look: Port, Domain".
pub fn look(labels: &[&str]) -> String {
    let verb = if labels.len() == 1 { "needs" } else { "need" };
    let count = i64::try_from(labels.len()).unwrap_or(i64::MAX);
    format!(
        "{} {verb} a look: {}",
        counted(count, "value", "values"),
        labels.join(", ")
    )
}

fn values(count: usize) -> String {
    counted(i64::try_from(count).unwrap_or(i64::MAX), "value", "values")
}

pub fn from_link(count: usize) -> String {
    format!("From the link: {}.", values(count))
}

pub fn from_session(number: &str, count: usize) -> String {
    format!("From session {number}: {}.", values(count))
}

pub fn from_ticket(count: usize) -> String {
    format!("From the ticket: {}.", values(count))
}

pub fn line(number: usize) -> String {
    format!("line {number}")
}

/// What a variable shows already, where a ticket names another value.
pub fn stands(value: &str) -> String {
    format!("Now: {value}")
}

pub fn no_past_of(client: &str) -> String {
    format!("No session of this flow for {client} yet.")
}

pub fn past_of(client: &str) -> String {
    format!("Last sessions for {client}")
}

/// Somebody was faster.
pub fn newer(who: &str, text: &str) -> String {
    if text.is_empty() {
        format!("{who} cleared this meanwhile. Save again to put yours in its place")
    } else {
        format!("{who} set this to “{text}” meanwhile. Save again to put yours in its place")
    }
}

/// A detail was changed by somebody else.
pub fn newer_detail(text: &str) -> String {
    if text.is_empty() {
        "Somebody took this away meanwhile. Save again to put yours in its place".to_owned()
    } else {
        format!("Somebody set this to “{text}” meanwhile. Save again to put yours in its place")
    }
}

pub fn moved(version: i64) -> String {
    format!("The flow is now v{version}. Look at the values again, then send it once more")
}

pub fn ended(who: &str, is_started: bool) -> String {
    let did = if is_started { "started" } else { "discarded" };
    format!("{who} {did} this session meanwhile, so it cannot be edited here. What you typed is kept below")
}

pub fn prepared_for(who: Option<&str>) -> String {
    format!("Prepared for {}", who.unwrap_or("anyone in the team"))
}
