//! What frames every page.

use resolutionflow_store::notifications::MOST_UNREAD;

pub const PRODUCT: &str = "ResolutionFlow";
pub const SKIP: &str = "Skip to content";
pub const HOME: &str = "ResolutionFlow, Quick start";
pub const BREADCRUMB: &str = "Breadcrumb";
pub const MAIN: &str = "Main";
pub const QUICK_START: &str = "Quick start";
pub const FLOWS: &str = "Flows";
pub const SESSIONS: &str = "Sessions";
pub const PEOPLE: &str = "People";
pub const SETTINGS: &str = "Settings";
pub const SHORTCUTS: &str = "All shortcuts";
pub const FIND: &str = "Find anything";
pub const SIGN_OUT: &str = "Sign out";
pub const NEW: &str = "Something new is prepared for you";
pub const NOTIFICATIONS: &str = "Notifications";

/// How many notifications are unread, as far as they are counted.
pub fn unread(count: i64) -> String {
    if count < MOST_UNREAD {
        count.to_string()
    } else {
        format!("{}+", MOST_UNREAD - 1)
    }
}

pub fn bell(unread: Option<&str>) -> String {
    unread.map_or(NOTIFICATIONS.to_owned(), |unread| {
        format!("{NOTIFICATIONS}, {unread} unread")
    })
}

pub fn account_menu(name: &str) -> String {
    format!("{name}, account menu")
}

pub fn document_title(title: &str) -> String {
    format!("{title} · {PRODUCT}")
}

pub fn switch(account: &str) -> String {
    format!("Switch to {account}")
}
