//! The audit log.

use resolutionflow_core::audit::AuditAction;

pub const TITLE: &str = "Audit log";
pub const SETTINGS: &str = "Settings";
pub const HELP: &str = "Who did what to the account, from where. It cannot be changed, and each entry is bound to the one before.";
pub const EXPORT: &str = "Export";
pub const OPEN: &str = "Open the audit log";
pub const PERSON: &str = "Person";
pub const ACTION: &str = "What happened";
pub const DATES: &str = "Dates";
pub const FROM: &str = "From";
pub const TO: &str = "To";
pub const APPLY: &str = "Apply";
pub const NOTHING: &str = "Nothing here fits these filters.";
pub const EMPTY: &str = "Nothing happened yet.";
pub const CLEAR: &str = "Clear filters";
pub const NEWEST: &str = "Newest";
pub const OLDER: &str = "Older";
pub const NOBODY: &str = "The server's administrator";
pub const UNKNOWN: &str = "Unknown";
pub const COMMAND: &str = "command";
pub const SESSION: &str = "the session";
pub const FLOW: &str = "the flow";
pub const UNSEALED: &str = "not sealed yet";

/// What happened, as a filter and a row name it.
pub const fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SignedIn => "Signed in",
        AuditAction::SignInFailed => "Sign-in failed",
        AuditAction::SignedOut => "Signed out",
        AuditAction::LoginEnded => "Login ended",
        AuditAction::TokenCreated => "Token created",
        AuditAction::TokenRevoked => "Token revoked",
        AuditAction::SessionReassigned => "Session reassigned",
        AuditAction::FlowPublished => "Flow published",
        AuditAction::AccountChanged => "Account changed",
        AuditAction::PlanChanged => "Account got another plan",
        AuditAction::PasswordSet => "Password set",
        AuditAction::RefreshTokenReused => "Refresh token used twice",
        AuditAction::RefreshTokenLate => "Refresh token used late",
        AuditAction::SignedUp => "Signed up",
        AuditAction::AddressVerified => "Address verified",
        AuditAction::InviteCreated => "Invite sent",
        AuditAction::InviteResent => "Invite renewed",
        AuditAction::InviteRevoked => "Invite revoked",
        AuditAction::InviteAccepted => "Invite accepted",
        AuditAction::MemberAdded => "Member added",
        AuditAction::MemberChanged => "Member changed",
        AuditAction::MemberRemoved => "Member removed",
        AuditAction::MemberLeft => "Left the account",
        AuditAction::OwnershipTransferred => "Ownership transferred",
        AuditAction::TeamCreated => "Team made",
        AuditAction::TeamChanged => "Team renamed",
        AuditAction::ProfileChanged => "Profile changed",
        AuditAction::AccountSwitched => "Account switched",
        AuditAction::PlatformInviteCreated => "Code for new accounts made",
        AuditAction::PlatformInviteRevoked => "Code for new accounts revoked",
        AuditAction::PlatformAdminAdded => "Made to run the server",
        AuditAction::PlatformAdminRemoved => "Runs the server no longer",
        AuditAction::PlanCreated => "Plan made",
        AuditAction::PlanEdited => "Plan edited",
    }
}

pub fn seal(number: i64) -> String {
    format!("sealed as {number}")
}

pub fn chip(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

pub fn remove(said: &str) -> String {
    format!("Remove the filter {said}")
}
