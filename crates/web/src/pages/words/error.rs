//! Pages for what went wrong.

pub const HOME: &str = "Go to Quick start";
pub const SESSION: &str = "session";
pub const FLOW: &str = "flow";
pub const PAGE: &str = "page";
pub const NOT_FOUND_HELP: &str = "The address may be mistyped, or what was here belongs to another account.";

pub fn not_found(what: &str) -> String {
    format!("This {what} doesn't exist or isn't shared with you")
}

pub fn request(id: &str) -> String {
    format!("Request {id}")
}
