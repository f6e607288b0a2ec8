//! Handing over: the open sessions of somebody who leaves the account go to others, so that none is nobody's.

use super::details::check_assignee;
use super::{Act, Assignee, Change, Refusal, Session, Status};
use crate::access::{Action, Relation, may};
use crate::event::{EventKind, Payload};
use crate::id::UserId;
use crate::problem::Problem;

/// Who gets the sessions of somebody who leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heirs {
    /// Who gets what is prepared; nobody is anyone in its team.
    pub prepared: Option<Assignee>,
    /// Who gets what is active; somebody must.
    pub active: Option<Assignee>,
}

/// Whether a session would be nobody's without this person: it is open and assigned to them, or they run it and it is
/// assigned to nobody else.
pub fn held_by(session: &Session, person: UserId) -> bool {
    match session.status() {
        Status::Prepared => session.assigned_to_id == Some(person),
        Status::Active => session.assigned_to_id.or(session.owner_id) == Some(person),
        Status::Completed | Status::Discarded => false,
    }
}

/// Gives a session of somebody who leaves to their heir; one that is not theirs any more stays as it is.
///
/// Who leaves may do it themselves, else whoever looks after members.
pub fn hand_over(
    session: &Session,
    leaver: UserId,
    heirs: &Heirs,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    let allowed = act.who.user_id == leaver || may(act.who.role, Relation::Member, Action::ManageMembers);
    if !allowed {
        return Err(Refusal::Forbidden("your role does not allow removing members"));
    }
    let mut change = Change::to(session.clone());
    if !held_by(session, leaver) {
        return Ok(change);
    }
    let heir = if session.status() == Status::Active {
        let missing = || {
            Refusal::invalid(
                "/active_to",
                "somebody must get the active sessions; name a member",
            )
        };
        Some(heirs.active.ok_or_else(missing)?)
    } else {
        heirs.prepared
    };
    check(heirs, leaver)?;
    change.session.assigned_to_id = heir.map(|heir| heir.user_id);
    let to = heir.map(|heir| heir.user_id.to_string()).unwrap_or_default();
    let payload = Payload::default()
        .fact("assigned_to_id", to)
        .text("note", "", act.random);
    change.record(act, EventKind::Assigned, payload);
    Ok(change)
}

/// Finds fault with heirs who could not run a session, or who leave themselves.
pub(super) fn check(heirs: &Heirs, leaver: UserId) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    for (heir, at) in [(heirs.prepared, "/sessions_to"), (heirs.active, "/active_to")] {
        let mut faults = Vec::new();
        check_assignee(heir, &mut faults);
        problems.extend(faults.into_iter().map(|fault| Problem::at(at, fault.detail)));
        if heir.is_some_and(|heir| heir.user_id == leaver) {
            problems.push(Problem::at(at, "this is who leaves; name somebody else"));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(problems))
    }
}
