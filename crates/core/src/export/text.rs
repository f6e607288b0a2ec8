//! The text form: for a ticket. No markup, no tables; words and indents alone say what is what, so that it reads in
//! any font. All that was typed is indented, so none of it can be taken for a heading of ours.

mod wrap;

use std::collections::BTreeSet;
use std::fmt::Write;

use super::pen::Pen;
use super::variables::{Row, Value, label, rows};
use super::{Options, Report, activity, facts, mask, moment, notes, outcome_name, state};
use crate::event::EventKind;
use crate::render::{PlainTemplate, Text, Unset};
use crate::session::StepRecord;
use wrap::{clean, verbatim, wrapped};

/// How far what belongs to a heading is indented.
const INDENT: &str = "  ";

/// Appends the session as plain text.
pub fn text(report: &Report<'_>, options: &Options, out: &mut String) {
    mask::masked(report, options.mask, |report| write(report, options, out));
}

/// Writes text as it is, on one line.
struct TextPen;

impl Pen for TextPen {
    fn typed(&self, text: &str, out: &mut String) {
        for (number, line) in clean(text).lines().enumerate() {
            out.push_str(if number > 0 { " " } else { "" });
            out.push_str(line.trim());
        }
    }

    fn exact(&self, line: &str, out: &mut String) {
        self.typed(line, out);
    }

    fn flow(&self, report: &Report<'_>, options: &Options, text: &Text, out: &mut String) {
        let mut plain = String::new();
        text.plain.text(&report.shown(), options.unset, &mut plain);
        self.typed(&plain, out);
    }
}

fn write(report: &Report<'_>, options: &Options, out: &mut String) {
    let mut title = String::new();
    facts::title(report, options, &TextPen, &mut title);
    wrapped(&title, "", out);
    wrapped(&facts::status(report, options), "", out);
    out.push('\n');
    for (word, text) in facts::facts(report, options, &TextPen) {
        wrapped(&format!("{word}: {text}"), "", out);
    }
    outcome(report, out);
    let unset = facts::still_unset(report, options, &TextPen);
    if !unset.is_empty() {
        heading("STILL UNSET", out);
        for line in unset {
            wrapped(&format!("- {line}"), "", out);
        }
    }
    if !report.session.note.trim().is_empty() {
        heading("NOTE FOR THE ASSIGNEE", out);
        typed(&report.session.note, out);
    }
    variables(report, options, out);
    steps(report, options, out);
    session_notes(report, options, out);
    happened(report, options, out);
}

/// A heading is set apart by capitals and an empty line.
fn heading(words: &str, out: &mut String) {
    let _ = write!(out, "\n\n{words}\n\n");
}

/// What people typed, line by line.
fn typed(text: &str, out: &mut String) {
    wrapped(clean(text).trim_matches('\n').trim_end(), INDENT, out);
}

fn outcome(report: &Report<'_>, out: &mut String) {
    let session = report.session;
    if session.outcome.is_some() || !session.outcome_note.trim().is_empty() {
        heading("OUTCOME", out);
        if let Some(outcome) = session.outcome {
            out.push_str(outcome_name(outcome));
            out.push_str(".\n");
        }
        if !session.outcome_note.trim().is_empty() {
            typed(&session.outcome_note, out);
        }
    }
    if !session.next_steps.trim().is_empty() {
        heading("NEXT STEPS", out);
        typed(&session.next_steps, out);
    }
}

fn variables(report: &Report<'_>, options: &Options, out: &mut String) {
    let rows = rows(report);
    if rows.is_empty() {
        return;
    }
    heading("VARIABLES", out);
    for row in rows {
        variable(&row, options, out);
    }
}

/// One line; a value of several lines stands below its name.
fn variable(row: &Row<'_>, options: &Options, out: &mut String) {
    let name = row.known.name.as_str();
    if let Some(label) = label(row.known) {
        TextPen.typed(label, out);
        let _ = write!(out, " ({name}):");
    } else {
        let _ = write!(out, "{name}:");
    }
    let mut behind = String::new();
    if let Some((by, at)) = row.set {
        behind.push_str("set by ");
        TextPen.typed(by, &mut behind);
        if options.times {
            let _ = write!(behind, ", {}", moment(at));
        }
    }
    let (value, said) = match row.value {
        Value::Set("", _) => ("", "(empty)"),
        Value::Set(value, true) => (value, ""),
        Value::Set(value, false) => (value, "(does not fit, kept)"),
        Value::Default(value) => (value, "(default)"),
        Value::Unset if options.unset == Unset::Placeholder => {
            let _ = writeln!(out, " [VAR:{name}]");
            return;
        }
        Value::Unset => ("", ""),
    };
    let value = clean(value);
    if value.contains('\n') {
        out.push('\n');
        verbatim(&value, INDENT, out);
        out.push_str(INDENT);
    } else {
        out.push_str(if value.is_empty() { "" } else { " " });
        out.push_str(&value);
        out.push_str(if said.is_empty() { "" } else { " " });
    }
    out.push_str(said);
    if !behind.is_empty() {
        if !value.contains('\n') {
            out.push_str("\n  ");
        } else if !said.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&behind);
    }
    out.push('\n');
}

fn steps(report: &Report<'_>, options: &Options, out: &mut String) {
    let shown = report.steps_shown(options);
    for (section, source) in report.sections_shown(options) {
        let mut words = "STEPS".to_owned();
        if !source.title.trim().is_empty() {
            words.push_str(": ");
            TextPen.flow(report, options, &section.title, &mut words);
        }
        heading(&words, out);
        let has_text = body(report, options, &section.body.plain, &BTreeSet::new(), out);
        for position in section.steps.clone().take_while(|position| *position < shown) {
            if has_text || position > section.steps.start {
                out.push('\n');
            }
            step(report, options, position, out);
        }
    }
}

fn step(report: &Report<'_>, options: &Options, position: usize, out: &mut String) {
    let step = &report.compiled.steps()[position];
    let record = report.steps.get(&step.id);
    let mut line = format!("Step {}: ", position + 1);
    TextPen.flow(report, options, &step.title, &mut line);
    wrapped(&line, "", out);
    line.clear();
    state::state(report, options, &TextPen, position, record, &mut line);
    match record {
        Some(record) if !record.reason.trim().is_empty() => {
            wrapped(&(line + ", because:"), "", out);
            typed(&record.reason, out);
        }
        _ => wrapped(&(line + "."), "", out),
    }
    let nothing = BTreeSet::new();
    let start = out.len();
    out.push('\n');
    let ticked = record.map_or(&nothing, |record| &record.checked);
    if !body(report, options, &step.body.plain, ticked, out) {
        out.truncate(start);
    }
    if let Some(record) = record {
        written(record, out);
    }
}

/// What people wrote about a step.
fn written(record: &StepRecord, out: &mut String) {
    if !record.note.trim().is_empty() {
        out.push_str("\nNote:\n");
        typed(&record.note, out);
    }
    if !record.output.trim().is_empty() {
        out.push_str("\nOutput:\n");
        verbatim(clean(&record.output).trim_matches('\n'), INDENT, out);
    }
}

/// A text of the flow; says whether there is one.
fn body(
    report: &Report<'_>,
    options: &Options,
    text: &PlainTemplate,
    ticked: &BTreeSet<u16>,
    out: &mut String,
) -> bool {
    let plain = text.ticked(&report.shown(), options.unset, ticked);
    if plain.text.trim().is_empty() {
        return false;
    }
    wrap::plain(&plain, INDENT, out);
    true
}

fn session_notes(report: &Report<'_>, options: &Options, out: &mut String) {
    for (number, event) in notes(report).enumerate() {
        if number == 0 {
            heading("NOTES", out);
        } else {
            out.push('\n');
        }
        let mut line = String::new();
        TextPen.typed(report.name(event.actor_id), &mut line);
        if options.times {
            let _ = write!(line, ", {}", moment(event.at));
        }
        if event.kind == EventKind::LateNoteAdded {
            line.push_str(", after completion");
        }
        line.push(':');
        wrapped(&line, "", out);
        typed(event.payload.typed("text"), out);
    }
}

fn happened(report: &Report<'_>, options: &Options, out: &mut String) {
    for (number, day) in activity::days(report, options, &TextPen).into_iter().enumerate() {
        if number == 0 {
            heading("ACTIVITY", out);
        } else {
            out.push('\n');
        }
        if let Some(date) = day.date {
            let _ = writeln!(out, "{date}, UTC");
        }
        for (time, line) in day.lines {
            let line = match time {
                Some(time) => format!("{time} {line}"),
                None => line,
            };
            wrapped(&line, "", out);
        }
    }
}
