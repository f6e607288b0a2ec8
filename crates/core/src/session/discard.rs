//! Discarding: giving up a prepared or active session.

use super::{Act, Change, Refusal, Session};
use crate::access::Action;
use crate::event::{EventKind, Payload};

/// Discards an open session; [`super::reopen`] undoes it.
pub fn discard(session: &Session, act: &mut Act<'_>) -> Result<Change, Refusal> {
    session.require_open()?;
    session.require(&act.who, Action::DiscardSession)?;
    let mut change = Change::to(session.clone());
    change.session.discarded_at = Some(act.now);
    change.record(act, EventKind::Discarded, Payload::default());
    Ok(change)
}
