//! Refusals: why a command is not done, with what whoever asked needs to go on.

use chrono::{DateTime, Utc};

use super::{REOPEN_HOURS, Status, StepRecord};
use crate::id::UserId;
use crate::problem::Problem;
use crate::variable::Variable;

/// A variable that somebody else changed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The variable's name.
    pub name: String,
    /// As it stands; `None` when nobody ever set it.
    pub current: Option<Variable>,
}

/// Why a command is refused. Nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not with this role or in this relation; says who may.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The session has ended.
    #[error("the session is {}", .0.as_str())]
    Ended(Status),
    /// It can only be done to a session in another status; says what stands.
    #[error("the session is {}", .0.as_str())]
    WrongStatus(Status),
    /// Somebody was first to start it.
    #[error("the session is already started")]
    AlreadyStarted {
        /// Who.
        by: UserId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody was first to take it.
    #[error("the session is already assigned")]
    AlreadyAssigned {
        /// To whom.
        to: UserId,
    },
    /// A newer value stands than the one the request saw.
    #[error("a newer value stands")]
    Conflicts(Vec<Conflict>),
    /// The step changed since the request saw it.
    #[error("the step changed meanwhile")]
    StepConflict(Box<StepRecord>),
    /// The session changed since the request saw it; the version that stands.
    #[error("the session changed meanwhile")]
    SessionConflict(i64),
    /// The time for reopening is over.
    #[error("a session can be reopened for {REOPEN_HOURS} hours after it ended")]
    TooLate,
    /// Something in the request does not fit.
    #[error("the request does not fit: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Problem>),
}

impl Refusal {
    pub(super) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem::at(pointer, detail)])
    }
}
