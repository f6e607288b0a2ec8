//! Notes on the session as a whole; the one thing besides reopening that a completed session still takes.

use super::{Act, Change, MAX_NOTE, Refusal, Session, Status, check_typed};
use crate::access::Action;
use crate::event::{EventKind, Payload};
use crate::problem::Problem;

/// Adds a note. After completion it is a late note and is marked as such.
pub fn add_note(session: &Session, text: &str, act: &mut Act<'_>) -> Result<Change, Refusal> {
    if session.status() == Status::Discarded {
        return Err(Refusal::Ended(Status::Discarded));
    }
    session.require(&act.who, Action::AddNote)?;
    let mut problems = Vec::new();
    if text.trim().is_empty() {
        problems.push(Problem::at("/text", "a note must say something"));
    }
    check_typed(text, "/text", MAX_NOTE, false, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems));
    }
    let late = session.status() == Status::Completed;
    let kind = if late {
        EventKind::LateNoteAdded
    } else {
        EventKind::NoteAdded
    };
    let mut change = Change::to(session.clone());
    let payload = Payload::default().text("text", text, act.random);
    change.record(act, kind, payload);
    Ok(change)
}
