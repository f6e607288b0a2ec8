//! Taking: an engineer assigns an unassigned prepared session to themselves.

use super::{Act, Change, Refusal, Session, Status};
use crate::access::{Action, Relation, may};
use crate::event::{EventKind, Payload};

/// Takes a prepared session; exactly one caller does, every other is told who did.
pub fn take(session: &Session, act: &mut Act<'_>) -> Result<Change, Refusal> {
    if !may(act.who.role, Relation::Team, Action::TakeSession) {
        return Err(Refusal::Forbidden("your role does not allow taking sessions"));
    }
    match (session.status(), session.owner_id, session.started_at) {
        (Status::Prepared, ..) => {}
        (Status::Active, Some(by), Some(at)) => return Err(Refusal::AlreadyStarted { by, at }),
        (status, ..) => return Err(Refusal::Ended(status)),
    }
    if let Some(to) = session.assigned_to_id {
        return Err(Refusal::AlreadyAssigned { to });
    }
    session.require(&act.who, Action::TakeSession)?;
    let mut change = Change::to(session.clone());
    change.session.assigned_to_id = Some(act.who.user_id);
    change.record(act, EventKind::Taken, Payload::default());
    Ok(change)
}
