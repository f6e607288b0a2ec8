//! Completing: what is missing is a warning, never an obstacle.

use super::{Act, Change, MAX_NOTE, Outcome, Refusal, Session, Status, check_typed};
use crate::access::Action;
use crate::event::{EventKind, Payload};

/// What whoever completes says about it.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// How it ended; `None` leaves what was said before.
    pub outcome: Option<Outcome>,
    /// What there is to say about that; `None` leaves what was said before.
    pub outcome_note: Option<String>,
    /// What is to be done next; `None` leaves what was said before.
    pub next_steps: Option<String>,
}

/// Completes an active session, whatever is missing.
pub fn complete(session: &Session, completion: &Completion, act: &mut Act<'_>) -> Result<Change, Refusal> {
    session.require_open()?;
    session.require(&act.who, Action::CompleteSession)?;
    if session.status() == Status::Prepared {
        return Err(Refusal::WrongStatus(Status::Prepared));
    }
    let mut problems = Vec::new();
    for (text, at) in [
        (&completion.outcome_note, "/outcome_note"),
        (&completion.next_steps, "/next_steps"),
    ] {
        check_typed(
            text.as_deref().unwrap_or_default(),
            at,
            MAX_NOTE,
            false,
            &mut problems,
        );
    }
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems));
    }
    let mut change = Change::to(session.clone());
    let session = &mut change.session;
    session.completed_at = Some(act.now);
    session.outcome = completion.outcome.or(session.outcome);
    if let Some(note) = &completion.outcome_note {
        session.outcome_note.clone_from(note);
    }
    if let Some(next_steps) = &completion.next_steps {
        session.next_steps.clone_from(next_steps);
    }
    let mut payload = Payload::default()
        .text("outcome_note", &session.outcome_note, act.random)
        .text("next_steps", &session.next_steps, act.random)
        .fact("missing", session.missing.to_string());
    if let Some(outcome) = session.outcome {
        payload = payload.fact("outcome", outcome.as_str());
    }
    change.record(act, EventKind::Completed, payload);
    Ok(change)
}
