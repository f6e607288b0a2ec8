//! The table of variables: what stands, who set it and when.

use super::escape::{Place, cell, inline};
use super::{Options, Report, moment};
use crate::render::Unset;
use crate::variable::Known;

pub(super) fn write(report: &Report<'_>, options: Options, out: &mut String) {
    let mut variables = report.outline.variables().peekable();
    if variables.peek().is_none() {
        return;
    }
    out.push_str("## Variables\n\n| Variable | Value | Set by | Set at |\n| --- | --- | --- | --- |\n");
    for (key, known) in variables {
        out.push_str("| ");
        name(known, Place::Cell, out);
        if known
            .field
            .as_ref()
            .is_some_and(|field| !field.label.trim().is_empty())
        {
            out.push_str(" (`");
            out.push_str(known.name.as_str());
            out.push_str("`)");
        }
        out.push_str(" | ");
        row(report, options, key, known, out);
        out.push_str(" |\n");
    }
    out.push('\n');
}

/// What a person calls a variable: its label, else its name.
pub(super) fn name(known: &Known, place: Place, out: &mut String) {
    match known.field.as_ref().map(|field| field.label.trim()) {
        None | Some("") => {
            out.push('`');
            out.push_str(known.name.as_str());
            out.push('`');
        }
        Some(label) => inline(label, place, out),
    }
}

fn row(report: &Report<'_>, options: Options, key: &str, known: &Known, out: &mut String) {
    let set = report
        .variables
        .get(key)
        .and_then(|variable| Some((variable.value.as_deref()?, variable)));
    match (set, known.default()) {
        (Some((value, variable)), _) => {
            if value.is_empty() {
                out.push_str("(empty)");
            }
            cell(value, out);
            if !variable.valid {
                out.push_str(" (does not fit, kept)");
            }
            out.push_str(" | ");
            inline(report.name(variable.set_by_id), Place::Cell, out);
            out.push_str(" | ");
            out.push_str(&moment(variable.set_at));
        }
        (None, Some(default)) if !default.is_empty() => {
            cell(default, out);
            out.push_str(" (default) | |");
        }
        (None, _) => {
            if options.unset == Unset::Placeholder {
                out.push_str("[VAR:");
                out.push_str(known.name.as_str());
                out.push(']');
            }
            out.push_str(" | |");
        }
    }
}
