//! The steps: what was to be done, with its values, and what came of it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::escape::{Place, fence, inline, quote};
use super::{Options, Report, moment};
use crate::render::{CompiledStep, MarkdownTemplate, Text};
use crate::session::{StepRecord, StepState};

pub(super) fn write(report: &Report<'_>, options: Options, out: &mut String) {
    let steps = report.compiled.steps();
    let nothing = BTreeSet::new();
    for (section, source) in report
        .compiled
        .sections()
        .iter()
        .zip(&report.document.parts().sections)
    {
        out.push_str("## ");
        if source.title.trim().is_empty() {
            out.push_str("Steps");
        } else {
            section
                .title
                .markdown
                .markdown(&report.shown(), options.unset, out);
        }
        out.push_str("\n\n");
        body(report, options, &section.body.markdown, &nothing, out);
        for (position, step) in section.steps.clone().zip(&source.steps) {
            let record = report.steps.get(&step.id);
            heading(report, options, position, &steps[position], out);
            state(report, options, position, record, out);
            let ticked = record.map_or(&nothing, |record| &record.checked);
            body(report, options, &steps[position].body.markdown, ticked, out);
            if let Some(record) = record {
                written(record, out);
            }
        }
    }
}

fn heading(report: &Report<'_>, options: Options, position: usize, step: &CompiledStep, out: &mut String) {
    let _ = write!(out, "### {}. ", position + 1);
    step.title.markdown.markdown(&report.shown(), options.unset, out);
    out.push_str("\n\n");
}

/// A text of the flow as a block of its own.
fn body(
    report: &Report<'_>,
    options: Options,
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

fn state(
    report: &Report<'_>,
    options: Options,
    position: usize,
    record: Option<&StepRecord>,
    out: &mut String,
) {
    let state = record.map(|record| record.state).unwrap_or_default();
    out.push_str(match state {
        StepState::Open => "Open",
        StepState::Done => "Done",
        StepState::Skipped => "Skipped",
    });
    let Some(record) = record else {
        out.push_str(".\n\n");
        return;
    };
    if let (Some(by), Some(at)) = (record.finished_by_id, record.finished_at) {
        out.push_str(" by ");
        inline(report.name(by), Place::Line, out);
        let _ = write!(out, ", {}", moment(at));
    }
    if !record.choice.is_empty() {
        out.push_str(", chosen: ");
        match choice(report, position, &record.choice) {
            Some(text) => text.markdown.markdown(&report.shown(), options.unset, out),
            None => inline(&record.choice, Place::Line, out),
        }
    }
    if record.reason.trim().is_empty() {
        out.push_str(".\n\n");
    } else {
        out.push_str(", because:\n\n");
        quote(&record.reason, out);
    }
}

/// The text of the choice of that label, of the step at that position.
pub(super) fn choice<'a>(report: &Report<'a>, position: usize, label: &str) -> Option<&'a Text> {
    let choices = &report.outline.steps().get(position)?.choices;
    let number = choices.iter().position(|choice| choice.label == label)?;
    report.compiled.steps().get(position)?.choices.get(number)
}

/// What people wrote about the step.
fn written(record: &StepRecord, out: &mut String) {
    if !record.note.trim().is_empty() {
        out.push_str("Note:\n\n");
        quote(&record.note, out);
    }
    if !record.output.trim().is_empty() {
        out.push_str("Output:\n\n");
        fence(&record.output, out);
    }
}
