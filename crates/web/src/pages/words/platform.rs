//! The platform.

use chrono::{DateTime, Utc};
use resolutionflow_core::plan::{Limits, Resource, Usage};
use resolutionflow_store::db::{Engine, Gap};
use resolutionflow_store::platform::MOST_COUNTED;
use resolutionflow_store::platform_invites::PlatformInvite;

use super::counted;
use crate::config::SignupMode;

pub const TITLE: &str = "Platform";
pub const HELP: &str = "For who runs this server. Nothing here shows what is in an account.";
pub const OPEN: &str = "Open the platform pages";

pub const ACCOUNTS: &str = "Accounts";
pub const PLANS: &str = "Plans";
pub const SERVER: &str = "Server";

pub const FIRST: &str = "First page";
pub const MORE: &str = "More";
pub const SINCE: &str = "since";
pub const REACHED: &str = "used up";

pub const USAGE: &str = "Usage";
pub const PLAN: &str = "Plan";
pub const PLAN_HELP: &str =
    "It holds from now on. What the account has beyond it stays, and it gets no more.";
pub const SET_PLAN: &str = "Set plan";

pub const NEW_PLAN: &str = "New plan";
pub const CREATE_PLAN: &str = "Create plan";
pub const CHANGE_PLAN: &str = "Change the plan";
pub const CHANGE_HELP: &str =
    "For every account that has it, from now on. What an account has beyond it stays.";
pub const SAVE_PLAN: &str = "Save plan";
pub const PLAN_NAME: &str = "Name";
pub const NAME_TAKEN: &str = "another plan has this name";
pub const EMPTY_IS_UNLIMITED: &str = "Empty is unlimited.";

pub const INVITES: &str = "Invites";
pub const NO_INVITES: &str = "Nobody is invited to open an account.";
pub const NO_NOTE: &str = "Without a note";
pub const UNTIL: &str = "until";
pub const REVOKE: &str = "Revoke";
pub const NEW_INVITE: &str = "New code";
pub const CREATE_INVITE: &str = "Create code";
pub const CODE_MADE: &str = "The code was made. Copy it now. It is not shown again.";
/// To who sent the form twice: what was shown the first time may have gone by.
pub const CODE_MADE_BEFORE: &str = "The code was made when you sent this form before, and shown then. It is not shown again: if you have no copy of it, \
     revoke it and create another one.";
pub const TO_CODES: &str = "Go to the codes";
pub const CODE: &str = "Code for a new account";
pub const LINK: &str = "Link to sign up";
pub const USES: &str = "How many accounts it opens";
pub const DAYS: &str = "Good for so many days";
pub const NOTE: &str = "Note";
/// The most characters of a note.
pub const MOST_NOTE: usize = 200;

pub const STATE: &str = "State";
pub const VERSION: &str = "Version";
pub const RUNNING: &str = "Running";
pub const DATABASE: &str = "Database";
pub const APART: &str = "Accounts kept apart";
pub const KEPT_BY_PROGRAM: &str = "by the program";
pub const KEPT_BY_DATABASE: &str = "by the program, and by the database once more";
pub const LOAD: &str = "Load";
pub const REQUESTS: &str = "Requests";
pub const MAIL: &str = "Mail";
pub const NO_MAIL: &str = "This server sends no mail.";
pub const AUDIT: &str = "Audit logs";
pub const ELSEWHERE: &str = "Elsewhere";
pub const ELSEWHERE_HELP: &str = "/metrics has these figures and more for Prometheus; /livez and /readyz say whether the \
     server lives and serves. “resolutionflow admin reconcile” proves that usage equals what is there.";

/// What a code is good for, as sign-up stands.
pub const fn sign_up(mode: SignupMode) -> &'static str {
    match mode {
        SignupMode::Open => "Anybody may sign up for an account here, with a code or without.",
        SignupMode::Invite => "Whoever has a code may sign up for an account of their own.",
        SignupMode::Closed => {
            "Nobody may sign up here: signup.mode is closed, and codes are of no use until that changes."
        }
    }
}

/// Why a code opens nothing any more.
pub fn over(invite: &PlatformInvite, now: DateTime<Utc>) -> Option<&'static str> {
    if invite.revoked_at.is_some() {
        Some("revoked")
    } else if invite.uses_left == 0 {
        Some("used up")
    } else if invite.expires_at <= now {
        Some("expired")
    } else {
        None
    }
}

pub fn uses_left(left: i64, uses: i64) -> String {
    format!("{left} of {uses} left")
}

pub fn revoke(note: &str) -> String {
    format!("Revoke {}", if note.is_empty() { NO_NOTE } else { note })
}

pub fn invite_wrong(uses: i64, days: i64) -> String {
    format!(
        "A code opens 1 to {uses} accounts, is good for 1 to {days} days, and its note has {MOST_NOTE} characters."
    )
}

pub const fn resource(resource: Resource) -> &'static str {
    match resource {
        Resource::Flows => "Flows",
        Resource::Sessions => "Sessions started this month",
        Resource::Members => "Members",
    }
}

/// What a plan limits.
pub const fn limit(resource: Resource) -> &'static str {
    match resource {
        Resource::Flows => "Flows",
        Resource::Sessions => "Sessions started in a month",
        Resource::Members => "Members",
    }
}

pub fn used(used: i64, limit: Option<i64>) -> String {
    match limit {
        Some(limit) => format!("{used} of {limit}"),
        None => format!("{used}, unlimited"),
    }
}

/// “18 of 25 flows”, where flows are limited.
pub fn flows_of(used: i64, limit: i64) -> String {
    format!("{used} of {limit} flows")
}

pub fn in_short(usage: &Usage) -> String {
    let Usage {
        flows,
        sessions,
        members,
    } = usage;
    format!(
        "{}, {sessions} started this month, {}",
        counted(*flows, "flow", "flows"),
        counted(*members, "member", "members")
    )
}

pub fn limits(limits: &Limits) -> String {
    let part = |limit: Option<i64>, what: &str| limit.map(|limit| format!("{limit} {what}"));
    let parts: Vec<_> = [
        part(limits.flows, "flows"),
        part(limits.sessions, "sessions a month"),
        part(limits.members, "members"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "unlimited".to_owned()
    } else {
        parts.join(", ")
    }
}

pub const fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    }
}

pub fn schema(version: i64) -> String {
    format!("schema {version}")
}

pub fn not_kept_apart(role: &str, gaps: &[Gap]) -> String {
    let why: Vec<_> = gaps.iter().map(ToString::to_string).collect();
    let why = why.join(" and ");
    format!("by the program alone: the role {role} {why}. Give the server a role of its own.")
}

pub fn changes_waiting(waiting: usize) -> String {
    format!("{waiting} changes wait for the writer")
}

pub fn connections(busy: usize, all: usize, waiting: usize) -> String {
    format!("{busy} of {all} connections are busy, {waiting} requests wait for one")
}

pub fn requests(running: i64, connections: i64, streams: i64) -> String {
    format!("{running} running, {connections} connections, {streams} live streams")
}

fn at_most(number: i64) -> String {
    if number >= MOST_COUNTED {
        format!("{MOST_COUNTED} or more")
    } else {
        number.to_string()
    }
}

pub fn letters(waiting: i64, failed: i64) -> String {
    format!(
        "{} letters wait, {} were given up",
        at_most(waiting),
        at_most(failed)
    )
}

pub fn unsealed(number: i64) -> String {
    let noun = if number == 1 {
        "entry waits"
    } else {
        "entries wait"
    };
    format!("{} {noun} for its seal", at_most(number))
}
