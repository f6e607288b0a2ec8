//! What came of a step, in words.

use std::fmt::Write;

use super::pen::Pen;
use super::{Options, Report, moment};
use crate::render::Text;
use crate::session::{StepRecord, StepState};

/// Appends where a step stands, without a mark at the end: `Done by Lena Koch, 2026-11-28 20:09 UTC, chosen: yes`.
pub(super) fn state(
    report: &Report<'_>,
    options: &Options,
    pen: &dyn Pen,
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
        return;
    };
    if let (Some(by), Some(at)) = (record.finished_by_id, record.finished_at) {
        out.push_str(" by ");
        pen.typed(report.name(by), out);
        if options.times {
            let _ = write!(out, ", {}", moment(at));
        }
    }
    if !record.choice.is_empty() {
        out.push_str(", chosen: ");
        match choice(report, position, &record.choice) {
            Some(text) => pen.flow(report, options, text, out),
            None => pen.typed(&options.mask.text(&record.choice), out),
        }
    }
}

/// The text of the choice of that label, of the step at that position.
pub(super) fn choice<'a>(report: &Report<'a>, position: usize, label: &str) -> Option<&'a Text> {
    let choices = &report.outline.steps().get(position)?.choices;
    let number = choices.iter().position(|choice| choice.label == label)?;
    report.compiled.steps().get(position)?.choices.get(number)
}
