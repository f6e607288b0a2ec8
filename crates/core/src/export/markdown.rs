//! The Markdown form: what a reader wants first stands first, what happened in detail last.

use super::escape::{Place, inline, quote};
use super::{Options, Report, activity, head, moment, steps, variables};
use crate::event::EventKind;
use crate::session::Outcome;

/// Appends the session as a Markdown document.
pub fn markdown(report: &Report<'_>, options: &Options, out: &mut String) {
    head::write(report, *options, out);
    outcome(report, out);
    if !report.session.note.trim().is_empty() {
        out.push_str("## Note for the assignee\n\n");
        quote(&report.session.note, out);
    }
    variables::write(report, *options, out);
    steps::write(report, *options, out);
    notes(report, out);
    activity::write(report, *options, out);
    out.truncate(out.trim_end_matches('\n').len());
    out.push('\n');
}

/// What an outcome is called.
pub(super) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Resolved => "Resolved",
        Outcome::Escalated => "Escalated",
        Outcome::Workaround => "Workaround",
        Outcome::Unresolved => "Unresolved",
    }
}

fn outcome(report: &Report<'_>, out: &mut String) {
    let session = report.session;
    let (note, next) = (session.outcome_note.trim(), session.next_steps.trim());
    if session.outcome.is_some() || !note.is_empty() {
        out.push_str("## Outcome\n\n");
        if let Some(outcome) = session.outcome {
            out.push_str(outcome_name(outcome));
            out.push_str(".\n\n");
        }
        quote(&session.outcome_note, out);
    }
    if !next.is_empty() {
        out.push_str("## Next steps\n\n");
        quote(&session.next_steps, out);
    }
}

/// The notes on the session as a whole, which only its events keep.
fn notes(report: &Report<'_>, out: &mut String) {
    let is_note = |kind| matches!(kind, EventKind::NoteAdded | EventKind::LateNoteAdded);
    let mut is_first = true;
    for event in report.events.iter().filter(|event| is_note(event.kind)) {
        if is_first {
            out.push_str("## Notes\n\n");
            is_first = false;
        }
        inline(report.name(event.actor_id), Place::Line, out);
        out.push_str(", ");
        out.push_str(&moment(event.at));
        if event.kind == EventKind::LateNoteAdded {
            out.push_str(", after completion");
        }
        out.push_str(":\n\n");
        quote(event.payload.typed("text"), out);
    }
}
