//! Pages for what went wrong.

pub const HOME: &str = "Go to Quick start";
pub const NOT_FOUND: &str = "This page doesn't exist or isn't shared with you";
pub const NOT_FOUND_HELP: &str = "The address may be mistyped, or what was here belongs to another account.";

pub fn request(id: &str) -> String {
    format!("Request {id}")
}
