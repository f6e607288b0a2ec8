//! Settings.

use resolutionflow_core::access::{Role, Scope};

use crate::auth::visitor::Theme;

pub const TITLE: &str = "Settings";
pub const SAVE: &str = "Save";

pub const PROFILE: &str = "Profile";
pub const NAME: &str = "Name";
pub const EMAIL: &str = "Email";
pub const ACCOUNT: &str = "Account";
pub const ROLE: &str = "Role";
pub const EMAIL_FIXED: &str = "The email address is what you sign in with, and cannot be changed here.";
pub const ACCOUNTS: &str = "Your other accounts";

pub const APPEARANCE: &str = "Appearance";
pub const THEME: &str = "Theme";

pub const KEYBOARD: &str = "Keyboard";
pub const SINGLE_KEYS: &str = "Single-key shortcuts";
pub const SINGLE_KEYS_HELP: &str = "D, S, N, J, K and the others; never while you type";
/// What the keys do, for those who look here for them.
pub const KEYS: [(&str, &[&str]); 9] = [
    ("Command palette", &["Ctrl", "K"]),
    ("Finish, send the form", &["Ctrl", "Enter"]),
    ("Search this page", &["/"]),
    ("Next, previous step or row", &["J", "K"]),
    ("Next, previous unfilled prompt", &["]", "["]),
    ("Mark done, skip", &["D", "S"]),
    ("Add note", &["N"]),
    ("Copy the step's command", &["C"]),
    ("All shortcuts", &["?"]),
];

pub const NOTIFICATIONS: &str = "Notifications";
pub const NOTIFICATIONS_HELP: &str =
    "What the bell and mail tell you. A change holds for what happens from now on.";
pub const NOTIFICATIONS_HELP_NO_MAIL: &str = "What the bell tells you. A change holds for what happens from now on. \
     This server sends no mail; whoever runs it can set that up.";
pub const BY_BELL: &str = "Bell";
pub const BY_MAIL: &str = "Mail";
pub const DAILY: &str = "One mail a day";
pub const DAILY_HELP: &str = "All of it together at 07:00 UTC, in every account of yours; else each at once";

pub const AUDIT: &str = super::audit::TITLE;

pub const DEFAULTS: &str = "Account defaults";
pub const PLAN: &str = "Plan";
pub const PLAN_HELP: &str = "What the account has, and may have. A prepared session counts when it starts; a month \
     begins at midnight UTC.";
pub const STALE_DAYS: &str = "Days until a prepared session is old";
pub const STALE_DAYS_HELP: &str = "For everybody in the account. With 0 it is never old.";

pub const PASSWORD: &str = "Password";
pub const PASSWORD_HELP: &str =
    "Changing it signs you out everywhere else, and ends your programs and API tokens.";
pub const CURRENT: &str = "Current password";
pub const CURRENT_WRONG: &str = "That is not your password.";
pub const NEW_PASSWORD: &str = "New password";
pub const CHANGE_PASSWORD: &str = "Change password";
pub const PASSWORD_CHANGED: &str = "Your password is changed. Everything else is signed out.";

pub const LOGINS: &str = "Where you are signed in";
pub const OTHERS: &str = "Sign out elsewhere";
pub const THIS: &str = "this browser";
pub const NOW: &str = "active now";
pub const END: &str = "Sign out";
pub const UNKNOWN_DEVICE: &str = "Unknown browser";
pub const PROGRAM: &str = "A program";
pub const STOLEN: &str = "signed out: a copy of its token was used";

pub const TOKENS: &str = "API tokens";
pub const TOKENS_HELP: &str =
    "For programs that work for you. A token may what you may, within what you tick for it.";
pub const NO_TOKENS: &str = "No program has a token of yours.";
pub const REVOKE: &str = "Revoke";
pub const EXPIRED: &str = "expired";
pub const USED: &str = "used";
pub const GOOD_UNTIL: &str = "good until";
pub const NEVER_USED: &str = "never used";
pub const TOKEN_NAME: &str = "What it is for";
pub const TOKEN_NAME_WRONG: &str = "A name has 1 to 200 characters.";
pub const TOKEN_LIFE: &str = "Good for";
pub const TOKEN_LIFE_WRONG: &str = "Choose one of these.";
pub const SCOPES: &str = "What it may";
pub const SCOPES_NONE: &str = "Tick at least one.";
pub const CREATE: &str = "Create token";
pub const CREATED: &str = "Copy it now. It is not shown again.";
pub const TO_TOKENS: &str = "Go to the tokens";

/// How long a new token may be good for, in days.
pub const LIVES: [(i64, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")];

pub const fn theme(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "System",
        Theme::Dark => "Dark",
        Theme::Light => "Light",
    }
}

pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Engineer => "Engineer",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

pub fn plan(name: &str) -> String {
    format!("Plan: {name}")
}

pub fn end(device: &str) -> String {
    format!("Sign out {device}")
}

pub fn revoke(name: &str) -> String {
    format!("Revoke {name}")
}

pub fn created(name: &str) -> String {
    format!("The token “{name}” was made.")
}

/// To who sent the form twice: what was shown the first time may have gone by.
pub fn created_before(name: &str) -> String {
    format!(
        "The token “{name}” was made when you sent this form before, and shown then. It is not shown again: if you have \
         no copy of it, revoke it and create another one."
    )
}

pub fn stale_days_wrong(most: i64) -> String {
    format!("This must be a number from 0 to {most}.")
}

pub const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read",
        Scope::Run => "Run sessions",
        Scope::Author => "Write flows",
        Scope::Admin => "Administer",
    }
}
