//! Reopening: undoing completion or discarding, for a while.

use chrono::TimeDelta;

use super::{Act, Change, Refusal, Session, Status};
use crate::access::Action;
use crate::event::{EventKind, Payload};

/// For how long after its end a session can be reopened.
pub const REOPEN_HOURS: i64 = 24;

/// Reopens an ended session, which goes on where it was.
pub fn reopen(session: &Session, act: &mut Act<'_>) -> Result<Change, Refusal> {
    let status = session.status();
    let ended_at = match status {
        Status::Prepared | Status::Active => return Err(Refusal::WrongStatus(status)),
        Status::Completed => session.completed_at,
        Status::Discarded => session.discarded_at,
    };
    session.require(&act.who, Action::ReopenSession)?;
    if ended_at.is_none_or(|ended_at| act.now - ended_at > TimeDelta::hours(REOPEN_HOURS)) {
        return Err(Refusal::TooLate);
    }
    let mut change = Change::to(session.clone());
    match status {
        Status::Discarded => change.session.discarded_at = None,
        _ => change.session.completed_at = None,
    }
    change.record(
        act,
        EventKind::Reopened,
        Payload::default().fact("was", status.as_str()),
    );
    Ok(change)
}
