//! Starting: a flow at once, with nothing filled in, or a session that somebody prepared.

use super::variables::{SetVariables, apply};
use super::{Act, Change, NewSession, Refusal, Session, Status, fresh};
use crate::access::{Action, Relation, may};
use crate::event::{EventKind, Payload};
use crate::variable::{Outline, Variables};

/// Starts a flow with the values that are known. No variable is compulsory.
pub fn start(
    make: &NewSession,
    outline: &Outline,
    set: &SetVariables,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    if !may(act.who.role, Relation::Member, Action::StartFlow) {
        return Err(Refusal::Forbidden("your role does not allow starting flows"));
    }
    let mut change = Change::to(fresh(make, outline, act));
    change.session.started_at = Some(act.now);
    change.session.owner_id = Some(act.who.user_id);
    change.record(act, EventKind::Started, Payload::default());
    let mut standing = Variables::new();
    apply(&mut change, outline, &mut standing, set, act)?;
    change.count(outline, &standing);
    Ok(change)
}

/// Starts a prepared session; exactly one caller does, every other is told who did.
pub fn start_prepared(session: &Session, act: &mut Act<'_>) -> Result<Change, Refusal> {
    if !may(act.who.role, Relation::Member, Action::StartFlow) {
        return Err(Refusal::Forbidden("your role does not allow starting sessions"));
    }
    if session.status() == Status::Discarded {
        return Err(Refusal::Ended(Status::Discarded));
    }
    if let (Some(by), Some(at)) = (session.owner_id, session.started_at) {
        return Err(Refusal::AlreadyStarted { by, at });
    }
    session.require(&act.who, Action::StartSession)?;
    let mut change = Change::to(session.clone());
    change.session.started_at = Some(act.now);
    change.session.owner_id = Some(act.who.user_id);
    change.record(act, EventKind::Started, Payload::default());
    Ok(change)
}
