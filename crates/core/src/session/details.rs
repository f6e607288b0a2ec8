//! Details: title, note, ticket, client, assignee, due time and outcome of an open session.

use chrono::{DateTime, Utc};

use super::{
    Act, Change, MAX_CLIENT, MAX_NOTE, MAX_SESSION_TITLE, MAX_TICKET, Outcome, Refusal, Session,
    check_ticket_url, check_typed,
};
use crate::access::{Action, Relation, Role, may};
use crate::event::{EventKind, Payload};
use crate::id::UserId;
use crate::problem::Problem;

/// Somebody to assign a session to, as they stand in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignee {
    /// The person.
    pub user_id: UserId,
    /// Their role; `None` when they are no active member of the account.
    pub role: Option<Role>,
}

/// What is asked; what is `None` is not touched.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// What it is called; empty means like its flow.
    pub title: Option<String>,
    /// What the assignee should know.
    pub note: Option<String>,
    /// The reference of the ticket that it is for.
    pub ticket: Option<String>,
    /// Where that ticket is: an absolute http or https address, or nothing.
    pub ticket_url: Option<String>,
    /// For whom it is.
    pub client: Option<String>,
    /// Who is to run it; `Some(None)` leaves it for anyone in the team.
    pub assignee: Option<Option<Assignee>>,
    /// What to tell whoever goes on; only together with an assignee.
    pub handover_note: Option<String>,
    /// When it should be done; `Some(None)` takes the time away.
    pub due_at: Option<Option<DateTime<Utc>>>,
    /// How it went so far.
    pub outcome: Option<Option<Outcome>>,
    /// What there is to say about that.
    pub outcome_note: Option<String>,
    /// What is to be done next.
    pub next_steps: Option<String>,
    /// The versions of the session that the request would accept; any where there is no list.
    pub expected_versions: Option<Vec<i64>>,
}

/// Changes details of an open session.
pub fn change_details(session: &Session, details: &Details, act: &mut Act<'_>) -> Result<Change, Refusal> {
    session.require_open()?;
    let others = details.title.is_some()
        || details.note.is_some()
        || details.ticket.is_some()
        || details.ticket_url.is_some()
        || details.client.is_some()
        || details.due_at.is_some()
        || details.outcome.is_some()
        || details.outcome_note.is_some()
        || details.next_steps.is_some();
    if others {
        session.require(&act.who, Action::ChangeDetails)?;
    }
    if details.assignee.is_some() || !others {
        session.require(&act.who, Action::AssignSession)?;
    }
    let ticket_url = check(details)?;
    if details
        .expected_versions
        .as_ref()
        .is_some_and(|versions| !versions.contains(&session.version))
    {
        return Err(Refusal::SessionConflict(session.version));
    }
    let mut change = Change::to(session.clone());
    write(&mut change, details, ticket_url.as_ref(), act);
    assign(&mut change, details, act);
    Ok(change)
}

/// Finds fault with an assignee who could not run the session.
pub(super) fn check_assignee(assignee: Option<Assignee>, problems: &mut Vec<Problem>) {
    let at = "/assigned_to_id";
    match assignee.map(|assignee| assignee.role) {
        Some(None) => problems.push(Problem::at(at, "this is not an active member of the account")),
        Some(Some(role)) if !may(role, Relation::Assignee, Action::StartSession) => {
            problems.push(Problem::at(at, "an assignee must be an engineer or above"));
        }
        _ => {}
    }
}

/// Finds fault with the request, and answers the ticket's address in its normal form where one is asked for.
fn check(details: &Details) -> Result<Option<String>, Refusal> {
    let mut problems = Vec::new();
    check_assignee(details.assignee.flatten(), &mut problems);
    for (text, at, max, one_line) in [
        (&details.title, "/title", MAX_SESSION_TITLE, true),
        (&details.note, "/note", MAX_NOTE, false),
        (&details.ticket, "/ticket", MAX_TICKET, true),
        (&details.client, "/client", MAX_CLIENT, true),
        (&details.handover_note, "/handover_note", MAX_NOTE, false),
        (&details.outcome_note, "/outcome_note", MAX_NOTE, false),
        (&details.next_steps, "/next_steps", MAX_NOTE, false),
    ] {
        check_typed(
            text.as_deref().unwrap_or_default(),
            at,
            max,
            one_line,
            &mut problems,
        );
    }
    if details.handover_note.is_some() && details.assignee.is_none() {
        let detail = "a note for whoever goes on belongs to an assignment";
        problems.push(Problem::at("/handover_note", detail));
    }
    let ticket_url = details.ticket_url.as_ref();
    let ticket_url = ticket_url.map(|url| check_ticket_url(url, "/ticket_url", &mut problems));
    if problems.is_empty() {
        Ok(ticket_url)
    } else {
        Err(Refusal::Invalid(problems))
    }
}

fn write(change: &mut Change, details: &Details, ticket_url: Option<&String>, act: &mut Act<'_>) {
    let mut payload = Payload::default();
    let mut changed = Vec::new();
    let session = &mut change.session;
    for (name, now, new) in [
        ("title", &mut session.title, details.title.as_ref()),
        ("note", &mut session.note, details.note.as_ref()),
        ("ticket", &mut session.ticket, details.ticket.as_ref()),
        ("ticket_url", &mut session.ticket_url, ticket_url),
        ("client", &mut session.client, details.client.as_ref()),
        (
            "outcome_note",
            &mut session.outcome_note,
            details.outcome_note.as_ref(),
        ),
        ("next_steps", &mut session.next_steps, details.next_steps.as_ref()),
    ] {
        if let Some(new) = new.filter(|new| *new != now) {
            now.clone_from(new);
            payload = payload.text(name, new, act.random);
            changed.push(name);
        }
    }
    if let Some(due_at) = details.due_at.filter(|due_at| *due_at != session.due_at) {
        session.due_at = due_at;
        payload = payload.fact("due_at", due_at.map(|at| at.to_rfc3339()).unwrap_or_default());
        changed.push("due_at");
    }
    if let Some(outcome) = details.outcome.filter(|outcome| *outcome != session.outcome) {
        session.outcome = outcome;
        payload = payload.fact("outcome", outcome.map(Outcome::as_str).unwrap_or_default());
        changed.push("outcome");
    }
    if !changed.is_empty() {
        payload = payload.fact("changed", changed.join(" "));
        change.record(act, EventKind::DetailsChanged, payload);
    }
}

fn assign(change: &mut Change, details: &Details, act: &mut Act<'_>) {
    let Some(assignee) = details.assignee else { return };
    let assigned_to_id = assignee.map(|assignee| assignee.user_id);
    if assigned_to_id == change.session.assigned_to_id {
        return;
    }
    change.session.assigned_to_id = assigned_to_id;
    let note = details.handover_note.as_deref().unwrap_or_default();
    let payload = Payload::default()
        .fact(
            "assigned_to_id",
            assigned_to_id.map(|id| id.to_string()).unwrap_or_default(),
        )
        .text("note", note, act.random);
    change.record(act, EventKind::Assigned, payload);
}
