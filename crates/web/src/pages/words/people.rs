//! The members of an account.

use resolutionflow_core::access::Role;

pub const TITLE: &str = "People";
pub const YOU: &str = "you";
pub const LEFT: &str = "cannot sign in any more";
pub const SINCE: &str = "since";
pub const MORE: &str = "Show more";
pub const FIRST: &str = "Back to the first";

pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Engineer => "Engineer",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}
