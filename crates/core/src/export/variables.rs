//! The variables: what stands, who set it and when.

use chrono::{DateTime, Utc};

use super::Report;
use super::pen::Pen;
use crate::variable::Known;

/// What shows for a variable.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// What somebody set, empty on purpose perhaps; and whether it fits.
    Set(&'a str, bool),
    /// What the flow says.
    Default(&'a str),
    Unset,
}

/// A variable.
pub(super) struct Row<'a> {
    pub known: &'a Known,
    pub value: Value<'a>,
    /// Who set it, and when.
    pub set: Option<(&'a str, DateTime<Utc>)>,
}

/// All variables, in the order in which a person reads them.
pub(super) fn rows<'a>(report: &Report<'a>) -> Vec<Row<'a>> {
    let row = |(key, known): (&str, &'a Known)| {
        let set = report
            .variables
            .get(key)
            .and_then(|variable| Some((variable.value.as_deref()?, variable)));
        match (set, known.default()) {
            (Some((value, variable)), _) => Row {
                known,
                value: Value::Set(value, variable.valid),
                set: Some((report.name(variable.set_by_id), variable.set_at)),
            },
            (None, Some(default)) if !default.is_empty() => Row {
                known,
                value: Value::Default(default),
                set: None,
            },
            (None, _) => Row {
                known,
                value: Value::Unset,
                set: None,
            },
        }
    };
    report.outline.variables().map(row).collect()
}

/// The label of a variable, if it has one.
pub(super) fn label(known: &Known) -> Option<&str> {
    let label = known.field.as_ref().map(|field| field.label.trim());
    label.filter(|label| !label.is_empty())
}

/// What a person calls a variable: its label, else its name.
pub(super) fn name(known: &Known, pen: &dyn Pen, out: &mut String) {
    match label(known) {
        Some(label) => pen.typed(label, out),
        None => pen.exact(known.name.as_str(), out),
    }
}
