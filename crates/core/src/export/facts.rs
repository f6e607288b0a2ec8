//! The head of a document: what ran, where it stands, who and when.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::duration::counted;
use super::pen::Pen;
use super::{Options, Report, duration, moment, variables};
use crate::event::EventKind;
use crate::id::UserId;
use crate::session::Status;
use crate::variable::Known;

/// What a status is called in a report.
const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Prepared => "Prepared, not started",
        Status::Active => "In progress",
        Status::Completed => "Completed",
        Status::Discarded => "Discarded",
    }
}

/// Appends what the session is called: its title, else the flow's.
pub(super) fn title(report: &Report<'_>, options: &Options, pen: &dyn Pen, out: &mut String) {
    if report.session.title.trim().is_empty() {
        pen.flow(report, options, report.compiled.title(), out);
    } else {
        pen.typed(&report.session.title, out);
    }
}

/// The session's number and where it stands.
pub(super) fn status(report: &Report<'_>, options: &Options) -> String {
    let session = report.session;
    let status = session.status();
    let mut text = format!("Session {:04}: {}", session.number, status_name(status));
    if options.times && matches!(status, Status::Prepared | Status::Active) {
        let _ = write!(text, ", as of {}", moment(report.now));
    }
    text.push('.');
    text
}

/// What there is to know at first sight, each with its word.
pub(super) fn facts(report: &Report<'_>, options: &Options, pen: &dyn Pen) -> Vec<(&'static str, String)> {
    let mut flow = String::new();
    pen.flow(report, options, report.compiled.title(), &mut flow);
    let _ = write!(flow, ", version {}", report.session.flow_version);
    let mut facts = vec![("Flow", flow)];
    reason(report, pen, &mut facts);
    people(report, options, pen, &mut facts);
    if options.times {
        times(report, &mut facts);
    }
    progress(report, options, pen, &mut facts);
    facts
}

/// For whom and because of what it ran.
fn reason(report: &Report<'_>, pen: &dyn Pen, facts: &mut Vec<(&'static str, String)>) {
    let session = report.session;
    let (client, ticket) = (session.client.trim(), session.ticket.trim());
    if !client.is_empty() {
        let mut text = String::new();
        pen.typed(client, &mut text);
        facts.push(("Client", text));
    }
    let mut text = String::new();
    pen.typed(ticket, &mut text);
    if !session.ticket_url.is_empty() {
        text.push_str(if ticket.is_empty() { "" } else { ", " });
        pen.exact(&session.ticket_url, &mut text);
    }
    if !text.is_empty() {
        facts.push(("Ticket", text));
    }
}

fn people(report: &Report<'_>, options: &Options, pen: &dyn Pen, facts: &mut Vec<(&'static str, String)>) {
    let mut add = |word, who: UserId, at: Option<DateTime<Utc>>| {
        let mut text = String::new();
        pen.typed(report.name(who), &mut text);
        if let Some(at) = at.filter(|_| options.times) {
            let _ = write!(text, ", {}", moment(at));
        }
        facts.push((word, text));
    };
    let session = report.session;
    if let Some(id) = session.prepared_by_id {
        add("Prepared by", id, Some(session.created_at));
    }
    if let Some(id) = session.assigned_to_id {
        add("Assigned to", id, None);
    } else if session.status() == Status::Prepared {
        facts.push(("Assigned to", "anyone in the team".to_owned()));
        return;
    }
    if let Some(id) = session.owner_id {
        add("Started by", id, session.started_at);
    }
    let (word, kind) = match session.status() {
        Status::Completed => ("Completed by", EventKind::Completed),
        Status::Discarded => ("Discarded by", EventKind::Discarded),
        Status::Prepared | Status::Active => return,
    };
    if let Some(event) = report.events.iter().rfind(|event| event.kind == kind) {
        add(word, event.actor_id, report.ended_at());
    }
}

fn times(report: &Report<'_>, facts: &mut Vec<(&'static str, String)>) {
    let session = report.session;
    if let Some(due_at) = session.due_at {
        facts.push(("Due", moment(due_at)));
    }
    if let Some(started_at) = session.started_at {
        let (until, so_far) = match report.ended_at() {
            Some(ended_at) => (ended_at, ""),
            None => (report.now, " so far"),
        };
        facts.push(("Duration", format!("{}{so_far}", duration(until - started_at))));
    }
}

fn progress(report: &Report<'_>, options: &Options, pen: &dyn Pen, facts: &mut Vec<(&'static str, String)>) {
    let steps = report.compiled.steps().len();
    let (finished, of) = (report.session.finished_steps, counted(steps, "step", "steps"));
    facts.push(("Finished", format!("{finished} of {of}")));
    let shown = report.steps_shown(options);
    if shown < steps {
        facts.push(("Shown", format!("up to step {shown}")));
    }
    if options.summary_first {
        return;
    }
    let missing: Vec<_> = missing(report).collect();
    if !missing.is_empty() {
        let mut text = counted(missing.len(), "required variable", "required variables");
        for known in missing {
            text.push_str(", ");
            pen.exact(known.name.as_str(), &mut text);
        }
        facts.push(("Still unset", text));
    }
}

/// The required variables for which nothing shows, in order.
fn missing<'a>(report: &Report<'a>) -> impl Iterator<Item = &'a Known> {
    let outline = report.outline;
    let missing = outline.missing_required(report.variables);
    missing.filter_map(|name| outline.variable(name.as_str()).map(|(_, known)| known))
}

/// What is still unset, each with the steps that wait for it: a part of its own where the summary stands first.
pub(super) fn still_unset(report: &Report<'_>, options: &Options, pen: &dyn Pen) -> Vec<String> {
    if !options.summary_first {
        return Vec::new();
    }
    let line = |known: &Known| {
        let mut line = String::new();
        variables::name(known, pen, &mut line);
        if variables::label(known).is_some() {
            line.push_str(" (");
            pen.exact(known.name.as_str(), &mut line);
            line.push(')');
        }
        let key = known.name.key();
        let steps = report.compiled.steps().iter().zip(1..);
        let numbers: Vec<String> = steps
            .filter(|(step, _)| step.keys.contains(&key))
            .map(|(_, number)| number.to_string())
            .collect();
        match numbers.as_slice() {
            [] => {}
            [number] => {
                let _ = write!(line, ", used in step {number}");
            }
            numbers => {
                let _ = write!(line, ", used in steps {}", numbers.join(", "));
            }
        }
        line
    };
    missing(report).map(line).collect()
}
