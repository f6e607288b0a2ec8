//! The command palette.

pub const IMPORT: &str = "Import a flow";
pub const PEOPLE: &str = "People";
pub const SETTINGS: &str = "Settings";
pub const DRAFT: &str = "draft";

pub fn flows_with(words: &str) -> String {
    format!("Search flows for “{words}”")
}

pub fn sessions_with(words: &str) -> String {
    format!("Search sessions for “{words}”")
}
