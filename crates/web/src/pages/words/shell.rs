//! What frames every page.

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
pub const NEW: &str = "Something new";

pub fn account_menu(name: &str) -> String {
    format!("{name}, account menu")
}

pub fn document_title(title: &str) -> String {
    format!("{title} · {PRODUCT}")
}
