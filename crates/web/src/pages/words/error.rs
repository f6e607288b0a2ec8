//! Pages for what went wrong.

pub const HOME: &str = "Go to Quick start";
pub const SESSION: &str = "session";
pub const FLOW: &str = "flow";
pub const PAGE: &str = "page";
pub const NOT_FOUND_HELP: &str = "The address may be mistyped, or what was here belongs to another account.";
pub const NO_DATABASE: &str = "The database cannot be reached at this moment.";
pub const TOO_LONG: &str = "The server stopped waiting for its own work.";
pub const UNSURE: &str = "Whether what you sent was kept is not known.";
pub const SEND_AGAIN: &str = "Reload this page to send it once more, as you typed it.";
pub const GO_BACK_TO_ACCOUNT: &str = "Go back to the account that you were in, in another tab. Then reload this page to send it once more, as you typed it.";
pub const SIGN_IN_ELSEWHERE: &str =
    "Sign in in another tab. Then reload this page to send it once more, as you typed it.";
pub const GONE: &str = "What this is about is not there any more.";
pub const CHANGED: &str = "Somebody changed this at this very moment. Look at it and send it again.";
pub const SENT_BEFORE: &str = "This form was sent before with other words, and those were kept.";
pub const ADD_THESE: &str = "Send it once more to add these.";

pub fn not_found(what: &str) -> String {
    format!("This {what} doesn't exist or isn't shared with you")
}

pub fn request(id: &str) -> String {
    format!("Request {id}")
}
