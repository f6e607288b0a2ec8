//! The head of the document: what ran, where it stands, who and when.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::duration::counted;
use super::escape::{Place, inline};
use super::{Options, Report, duration, moment};
use crate::event::EventKind;
use crate::id::UserId;
use crate::session::Status;

/// What a status is called in a report.
const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Prepared => "Prepared, not started",
        Status::Active => "In progress",
        Status::Completed => "Completed",
        Status::Discarded => "Discarded",
    }
}

pub(super) fn write(report: &Report<'_>, options: Options, out: &mut String) {
    let session = report.session;
    let flow_title = &report.compiled.title().markdown;
    out.push_str("# ");
    if session.title.trim().is_empty() {
        flow_title.markdown(&report.shown(), options.unset, out);
    } else {
        inline(&session.title, Place::Line, out);
    }
    let status = session.status();
    let _ = write!(out, "\n\nSession {:04}: {}", session.number, status_name(status));
    if matches!(status, Status::Prepared | Status::Active) {
        let _ = write!(out, ", as of {}", moment(report.now));
    }
    out.push_str(".\n\n- Flow: ");
    flow_title.markdown(&report.shown(), options.unset, out);
    let _ = writeln!(out, ", version {}", session.flow_version);
    people(report, out);
    times(report, out);
    progress(report, out);
    out.push('\n');
}

fn people(report: &Report<'_>, out: &mut String) {
    let session = report.session;
    if let Some(id) = session.prepared_by_id {
        line(report, "Prepared by", id, Some(session.created_at), out);
    }
    match session.assigned_to_id {
        Some(id) => line(report, "Assigned to", id, None, out),
        None if session.status() == Status::Prepared => out.push_str("- Assigned to: anyone in the team\n"),
        None => {}
    }
    if let Some(id) = session.owner_id {
        line(report, "Started by", id, session.started_at, out);
    }
    let (word, kind) = match session.status() {
        Status::Completed => ("Completed by", EventKind::Completed),
        Status::Discarded => ("Discarded by", EventKind::Discarded),
        Status::Prepared | Status::Active => return,
    };
    if let Some(event) = report.events.iter().rfind(|event| event.kind == kind) {
        line(report, word, event.actor_id, report.ended_at(), out);
    }
}

fn line(report: &Report<'_>, word: &str, who: UserId, at: Option<DateTime<Utc>>, out: &mut String) {
    let _ = write!(out, "- {word}: ");
    inline(report.name(who), Place::Line, out);
    if let Some(at) = at {
        let _ = write!(out, ", {}", moment(at));
    }
    out.push('\n');
}

fn times(report: &Report<'_>, out: &mut String) {
    let session = report.session;
    if let Some(due_at) = session.due_at {
        let _ = writeln!(out, "- Due: {}", moment(due_at));
    }
    if let Some(started_at) = session.started_at {
        let (until, so_far) = match report.ended_at() {
            Some(ended_at) => (ended_at, ""),
            None => (report.now, " so far"),
        };
        let _ = writeln!(out, "- Duration: {}{so_far}", duration(until - started_at));
    }
}

fn progress(report: &Report<'_>, out: &mut String) {
    let steps = report.compiled.steps().len();
    let (finished, of) = (report.session.finished_steps, counted(steps, "step", "steps"));
    let _ = writeln!(out, "- Finished: {finished} of {of}");
    let missing: Vec<_> = report.outline.missing_required(report.variables).collect();
    if !missing.is_empty() {
        let _ = write!(
            out,
            "- Still unset: {}, ",
            counted(missing.len(), "required variable", "required variables")
        );
        for (number, name) in missing.iter().enumerate() {
            // A name holds nothing that is markup in code.
            let _ = write!(out, "{}`{name}`", if number > 0 { ", " } else { "" });
        }
        out.push('\n');
    }
}
