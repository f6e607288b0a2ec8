//! Staleness: why a prepared session needs a look before it runs.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Session, Status};

/// The days after which a prepared session is old, unless its account says otherwise.
pub const STALE_DAYS: i64 = 7;
/// The most days that an account may say.
pub const MOST_STALE_DAYS: i64 = 365;

/// One reason for a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// The flow has a newer version than the one that would run.
    NewerVersion {
        /// The newest one.
        latest: i64,
    },
    /// It should have been done already.
    PastDue {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It was prepared long ago.
    Old {
        /// How many days, whole ones.
        days: i64,
    },
    /// Who is to run it is no active engineer of the account any more.
    AssigneeGone,
}

impl Stale {
    /// The names of all reasons.
    pub const NAMES: [&'static str; 4] = ["newer_version", "past_due", "old", "assignee_gone"];

    /// The newest version of the flow, where that is among the reasons.
    pub fn newer_version(reasons: &[Self]) -> Option<i64> {
        reasons.iter().find_map(|reason| match reason {
            Self::NewerVersion { latest } => Some(*latest),
            _ => None,
        })
    }

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewerVersion { .. } => Self::NAMES[0],
            Self::PastDue { .. } => Self::NAMES[1],
            Self::Old { .. } => Self::NAMES[2],
            Self::AssigneeGone => Self::NAMES[3],
        }
    }
}

/// Why a session needs a look before it runs; only a prepared one ever does.
///
/// It is old after more than `stale_days` days, and never where that is 0. Whether its assignee is an active
/// engineer or above counts only where there is one.
pub fn staleness(
    session: &Session,
    flow_latest_version: i64,
    stale_days: i64,
    assignee_is_active: bool,
    now: DateTime<Utc>,
) -> Vec<Stale> {
    if session.status() != Status::Prepared {
        return Vec::new();
    }
    let newer = flow_latest_version > session.flow_version;
    let due = session.due_at.filter(|due_at| *due_at < now);
    let age = now - session.created_at;
    let old = TimeDelta::try_days(stale_days).is_some_and(|days| stale_days > 0 && age > days);
    let gone = session.assigned_to_id.is_some() && !assignee_is_active;
    [
        newer.then_some(Stale::NewerVersion {
            latest: flow_latest_version,
        }),
        due.map(|since| Stale::PastDue { since }),
        old.then_some(Stale::Old { days: age.num_days() }),
        gone.then_some(Stale::AssigneeGone),
    ]
    .into_iter()
    .flatten()
    .collect()
}
