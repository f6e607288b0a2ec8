//! The Markdown form: what a reader wants first stands first, what happened in detail last.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::escape::{Place, cell, fence, inline, quote};
use super::pen::{MarkdownPen, Pen};
use super::variables::{Value, label, rows};
use super::{Options, Report, activity, facts, mask, moment, notes, outcome_name, state};
use crate::event::EventKind;
use crate::render::{MarkdownTemplate, Unset};

/// Appends the session as a Markdown document.
pub fn markdown(report: &Report<'_>, options: &Options, out: &mut String) {
    mask::masked(report, options.mask, |report| write(report, options, out));
}

fn write(report: &Report<'_>, options: &Options, out: &mut String) {
    head(report, options, out);
    outcome(report, out);
    let unset = facts::still_unset(report, options, &MarkdownPen);
    if !unset.is_empty() {
        out.push_str("## Still unset\n\n");
        for line in unset {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
    }
    if !report.session.note.trim().is_empty() {
        out.push_str("## Note for the assignee\n\n");
        quote(&report.session.note, out);
    }
    variables(report, options, out);
    steps(report, options, out);
    session_notes(report, options, out);
    happened(report, options, out);
    out.truncate(out.trim_end_matches('\n').len());
    out.push('\n');
}

fn head(report: &Report<'_>, options: &Options, out: &mut String) {
    out.push_str("# ");
    facts::title(report, options, &MarkdownPen, out);
    let _ = write!(out, "\n\n{}\n\n", facts::status(report, options));
    for (word, text) in facts::facts(report, options, &MarkdownPen) {
        let _ = writeln!(out, "- {word}: {text}");
    }
    out.push('\n');
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

fn variables(report: &Report<'_>, options: &Options, out: &mut String) {
    let rows = rows(report);
    if rows.is_empty() {
        return;
    }
    out.push_str("## Variables\n\n");
    out.push_str(if options.times {
        "| Variable | Value | Set by | Set at |\n| --- | --- | --- | --- |\n"
    } else {
        "| Variable | Value | Set by |\n| --- | --- | --- |\n"
    });
    for row in rows {
        let name = row.known.name.as_str();
        out.push_str("| ");
        if let Some(label) = label(row.known) {
            inline(label, Place::Cell, out);
            let _ = write!(out, " (`{name}`)");
        } else {
            let _ = write!(out, "`{name}`");
        }
        out.push_str(" | ");
        match row.value {
            Value::Set(value, valid) => {
                if value.is_empty() {
                    out.push_str("(empty)");
                }
                cell(value, out);
                out.push_str(if valid { "" } else { " (does not fit, kept)" });
            }
            Value::Default(default) => {
                cell(default, out);
                out.push_str(" (default)");
            }
            Value::Unset if options.unset == Unset::Placeholder => {
                let _ = write!(out, "[VAR:{name}]");
            }
            Value::Unset => {}
        }
        out.push_str(" | ");
        if let Some((by, _)) = row.set {
            inline(by, Place::Cell, out);
            out.push(' ');
        }
        if options.times {
            out.push_str("| ");
            if let Some((_, at)) = row.set {
                out.push_str(&moment(at));
                out.push(' ');
            }
        }
        out.push_str("|\n");
    }
    out.push('\n');
}

fn steps(report: &Report<'_>, options: &Options, out: &mut String) {
    let shown = report.steps_shown(options);
    let nothing = BTreeSet::new();
    for (section, source) in report.sections_shown(options) {
        out.push_str("## ");
        if source.title.trim().is_empty() {
            out.push_str("Steps");
        } else {
            MarkdownPen.flow(report, options, &section.title, out);
        }
        out.push_str("\n\n");
        body(report, options, &section.body.markdown, &nothing, out);
        for position in section.steps.clone().take_while(|position| *position < shown) {
            let step = &report.compiled.steps()[position];
            let record = report.steps.get(&step.id);
            let _ = write!(out, "### {}. ", position + 1);
            MarkdownPen.flow(report, options, &step.title, out);
            out.push_str("\n\n");
            state::state(report, options, &MarkdownPen, position, record, out);
            match record {
                Some(record) if !record.reason.trim().is_empty() => {
                    out.push_str(", because:\n\n");
                    quote(&record.reason, out);
                }
                _ => out.push_str(".\n\n"),
            }
            let ticked = record.map_or(&nothing, |record| &record.checked);
            body(report, options, &step.body.markdown, ticked, out);
            let Some(record) = record else {
                continue;
            };
            if !record.note.trim().is_empty() {
                out.push_str("Note:\n\n");
                quote(&record.note, out);
            }
            if !record.output.trim().is_empty() {
                out.push_str("Output:\n\n");
                fence(&record.output, out);
            }
        }
    }
}

/// A text of the flow as a block of its own.
fn body(
    report: &Report<'_>,
    options: &Options,
    text: &MarkdownTemplate,
    ticked: &BTreeSet<u16>,
    out: &mut String,
) {
    let start = out.len();
    text.nested(&report.shown(), options.unset, ticked, out);
    let end = start + out[start..].trim_end().len();
    out.truncate(end);
    if end > start {
        out.push_str("\n\n");
    }
}

fn session_notes(report: &Report<'_>, options: &Options, out: &mut String) {
    let mut is_first = true;
    for event in notes(report) {
        if is_first {
            out.push_str("## Notes\n\n");
            is_first = false;
        }
        inline(report.name(event.actor_id), Place::Line, out);
        if options.times {
            let _ = write!(out, ", {}", moment(event.at));
        }
        if event.kind == EventKind::LateNoteAdded {
            out.push_str(", after completion");
        }
        out.push_str(":\n\n");
        quote(event.payload.typed("text"), out);
    }
}

fn happened(report: &Report<'_>, options: &Options, out: &mut String) {
    let days = activity::days(report, options, &MarkdownPen);
    if !days.is_empty() {
        out.push_str("## Activity\n\n");
    }
    for day in days {
        if let Some(date) = day.date {
            let _ = write!(out, "{date}, UTC:\n\n");
        }
        for (time, line) in day.lines {
            out.push_str("- ");
            if let Some(time) = time {
                out.push_str(&time);
                out.push(' ');
            }
            out.push_str(&line);
            out.push('\n');
        }
        out.push('\n');
    }
}
