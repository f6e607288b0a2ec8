//! Preparing: setting a session up ahead, for somebody or for anyone in the team.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::details::{Assignee, check_assignee};
use super::variables::{SetVariables, apply};
use super::{
    Act, Change, MAX_CLIENT, MAX_NOTE, MAX_SESSION_TITLE, MAX_TICKET, NewSession, Refusal, check_ticket_url,
    check_typed, fresh,
};
use crate::access::{Action, Relation, may};
use crate::event::{EventKind, Payload};
use crate::variable::{Outline, Variables};

/// What is known ahead; nothing of it is compulsory.
#[derive(Clone, Debug, Default)]
pub struct Preparation {
    /// Values for any variables.
    pub values: BTreeMap<String, Option<String>>,
    /// Whether a value that does not fit its type is kept, marked as such.
    pub keep_invalid: bool,
    /// Who is to run it; `None` leaves it for anyone in the team.
    pub assignee: Option<Assignee>,
    /// What it is called; empty means like its flow.
    pub title: String,
    /// What the assignee should know.
    pub note: String,
    /// The reference of the ticket that it is for.
    pub ticket: String,
    /// Where that ticket is: an absolute http or https address, or nothing.
    pub ticket_url: String,
    /// For whom it is.
    pub client: String,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
}

/// Prepares a session. It is not started.
pub fn prepare(
    make: &NewSession,
    outline: &Outline,
    preparation: &Preparation,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    if !may(act.who.role, Relation::Member, Action::PrepareSession) {
        return Err(Refusal::Forbidden("your role does not allow preparing sessions"));
    }
    let mut problems = Vec::new();
    for (text, at, max, one_line) in [
        (&preparation.title, "/title", MAX_SESSION_TITLE, true),
        (&preparation.note, "/note", MAX_NOTE, false),
        (&preparation.ticket, "/ticket", MAX_TICKET, true),
        (&preparation.client, "/client", MAX_CLIENT, true),
    ] {
        check_typed(text, at, max, one_line, &mut problems);
    }
    let ticket_url = check_ticket_url(&preparation.ticket_url, "/ticket_url", &mut problems);
    check_assignee(preparation.assignee, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems));
    }
    let mut change = Change::to(fresh(make, outline, act));
    let session = &mut change.session;
    session.prepared_by_id = Some(act.who.user_id);
    session.assigned_to_id = preparation.assignee.map(|assignee| assignee.user_id);
    session.title.clone_from(&preparation.title);
    session.note.clone_from(&preparation.note);
    session.ticket.clone_from(&preparation.ticket);
    session.ticket_url.clone_from(&ticket_url);
    session.client.clone_from(&preparation.client);
    session.due_at = preparation.due_at;
    let mut payload = Payload::default()
        .text("title", &preparation.title, act.random)
        .text("note", &preparation.note, act.random)
        .text("ticket", &preparation.ticket, act.random)
        .text("ticket_url", &ticket_url, act.random)
        .text("client", &preparation.client, act.random);
    if let Some(assignee) = preparation.assignee {
        payload = payload.fact("assigned_to_id", assignee.user_id.to_string());
    }
    if let Some(due_at) = preparation.due_at {
        payload = payload.fact("due_at", due_at.to_rfc3339());
    }
    change.record(act, EventKind::Prepared, payload);
    let mut standing = Variables::new();
    let set = SetVariables {
        values: preparation.values.clone(),
        keep_invalid: preparation.keep_invalid,
        ..SetVariables::default()
    };
    apply(&mut change, outline, &mut standing, &set, act)?;
    change.count(outline, &standing);
    Ok(change)
}
