//! A report of which everything that a person typed is masked before any form is made of it.
//!
//! The flow's own texts are masked in their source: what gives way becomes a placeholder, with the word in brackets
//! for its value, so that it is escaped for wherever it stands, like any value.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Mask;
use super::find::{What, find, is_secret_name};
use crate::event::{Event, EventKind};
use crate::export::Report;
use crate::filter::apply_all;
use crate::flow::FlowParts;
use crate::id::{Id, UserId};
use crate::placeholder::{Token, tokens};
use crate::render::{CompiledFlow, Values, compile_parts};
use crate::session::{Session, StepRecords};
use crate::variable::{Known, Outline, Shown, Variable, Variables};

/// The longest value that is looked at together with what stands around it, in bytes; a longer one is masked alone.
const SHORT: usize = 1024;

/// Writes a report, masked where that was asked for.
pub(in crate::export) fn masked<T>(
    report: &Report<'_>,
    mask: Mask,
    write: impl FnOnce(&Report<'_>) -> T,
) -> T {
    if mask == Mask::default() {
        return write(report);
    }
    let masker = Masker::new(report, mask);
    let outline = masker.outline();
    let session = masker.session();
    let compiled = masker.compiled();
    let variables = masker.variables();
    let steps = masker.steps();
    let events: Vec<Event> = report.events.iter().map(|event| masker.event(event)).collect();
    let names: BTreeMap<UserId, String> = report
        .names
        .iter()
        .map(|(id, name)| (*id, masker.text(name)))
        .collect();
    write(&Report {
        session: &session,
        document: report.document,
        outline: &outline,
        compiled: &compiled,
        variables: &variables,
        steps: &steps,
        events: &events,
        names: &names,
        now: report.now,
    })
}

struct Masker<'a> {
    report: &'a Report<'a>,
    mask: Mask,
    /// The names of the placeholders that stand for what was masked, in the order of [`What::ALL`].
    names: [String; 3],
}

impl<'a> Masker<'a> {
    fn new(report: &'a Report<'a>, mask: Mask) -> Self {
        let names = What::ALL.map(|what| {
            let mut name = format!("masked_{}", what.shown().trim_matches(['[', ']']));
            while report.outline.variable(&name).is_some() {
                name.push('_');
            }
            name
        });
        Self { report, mask, names }
    }

    fn text(&self, text: &str) -> String {
        self.mask.text(text).into_owned()
    }

    /// The value of a variable: all of it, where its name says that it is a secret.
    fn value(&self, known: Option<&Known>, value: &str) -> String {
        let is_secret = |known: &Known| {
            let label = known.field.as_ref().map_or("", |field| &field.label);
            is_secret_name(known.name.as_str()) || is_secret_name(label)
        };
        if self.mask.tokens && !value.is_empty() && known.is_some_and(is_secret) {
            return What::Token.shown().to_owned();
        }
        self.text(value)
    }

    fn outline(&self) -> Outline {
        let mut outline = self.report.outline.clone();
        for known in outline.known_mut() {
            let default = known.default().map(|default| self.value(Some(known), default));
            if let Some(field) = &mut known.field {
                field.label = self.text(&field.label);
                field.default = default;
            }
        }
        outline
    }

    fn session(&self) -> Session {
        let session = self.report.session;
        Session {
            title: self.text(&session.title),
            note: self.text(&session.note),
            ticket: self.text(&session.ticket),
            ticket_url: self.text(&session.ticket_url),
            client: self.text(&session.client),
            outcome_note: self.text(&session.outcome_note),
            next_steps: self.text(&session.next_steps),
            ..session.clone()
        }
    }

    fn variables(&self) -> Variables {
        let mut variables = self.report.variables.clone();
        for (key, variable) in &mut variables {
            let known = self.report.outline.variable(key).map(|(_, known)| known);
            variable.value = variable.value.as_ref().map(|value| self.value(known, value));
        }
        for (name, what) in self.names.iter().zip(What::ALL) {
            let stand_in = Variable {
                key: name.clone(),
                value: Some(what.shown().to_owned()),
                valid: true,
                version: 0,
                set_by_id: Id::from_uuid(uuid::Uuid::nil()),
                set_at: self.report.now,
            };
            variables.insert(name.clone(), stand_in);
        }
        variables
    }

    fn steps(&self) -> StepRecords {
        let mut steps = self.report.steps.clone();
        for record in steps.values_mut() {
            for text in [&mut record.note, &mut record.output, &mut record.reason] {
                *text = self.text(text);
            }
        }
        steps
    }

    /// An event with other texts has no salt for them: it verifies by their commitments alone.
    fn event(&self, event: &Event) -> Event {
        let mut event = event.clone();
        let name = event
            .payload
            .facts
            .get("name")
            .filter(|_| event.kind == EventKind::VariableSet);
        let known = name.and_then(|name| Some(self.report.outline.variable(name)?.1));
        for salted in event.payload.texts.values_mut() {
            if let Some(text) = &mut salted.text {
                let masked = self.value(known, text);
                if masked != *text {
                    *text = masked;
                    salted.salt = None;
                }
            }
        }
        event
    }

    fn compiled(&self) -> CompiledFlow {
        let parts = self.report.document.parts();
        let masked = changed(parts, |source| self.source(source));
        compile_parts(&masked).unwrap_or_else(|_| {
            // A text may grow beyond what is allowed: then nothing of it is left.
            let masked = changed(parts, |source| {
                if self.source(source) == source {
                    source.to_owned()
                } else {
                    format!("[VAR:{}]", self.names[2])
                }
            });
            compile_parts(&masked).expect("each text was compiled before, or is one placeholder")
        })
    }

    /// A source of which everything that is masked is a placeholder, also where it is made of text and values.
    fn source(&self, source: &str) -> String {
        let resolved = Resolved::of(source, &self.shown());
        let mut masked = String::with_capacity(source.len());
        let mut at = 0;
        for (range, what) in find(&resolved.text, self.mask) {
            let Some(range) = resolved.source_of(&range, what) else {
                continue;
            };
            if range.start < at {
                continue;
            }
            masked.push_str(&source[at..range.start]);
            at = range.end;
            let backslashes = masked.len() - masked.trim_end_matches('\\').len();
            if backslashes % 2 == 1 {
                // One alone would make the placeholder literal text.
                masked.push('\\');
            }
            let place = What::ALL
                .iter()
                .position(|other| *other == what)
                .unwrap_or_default();
            let _ = write!(masked, "[VAR:{}]", self.names[place]);
        }
        masked.push_str(&source[at..]);
        masked
    }

    fn shown(&self) -> Shown<'a> {
        self.report.shown()
    }
}

/// A flow of which every text that is compiled is another.
fn changed(parts: &FlowParts, text: impl Fn(&str) -> String) -> FlowParts {
    let mut parts = parts.clone();
    let change = |source: &mut String| *source = text(source);
    change(&mut parts.title);
    change(&mut parts.description);
    for section in &mut parts.sections {
        change(&mut section.title);
        change(&mut section.body);
        for step in &mut section.steps {
            change(&mut step.title);
            change(&mut step.body);
            step.choices
                .iter_mut()
                .for_each(|choice| change(&mut choice.label));
        }
    }
    parts
}

/// A source with its values, and where they came from.
struct Resolved {
    text: String,
    /// For each placeholder where it stands in the text and in the source.
    holes: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
}

impl Resolved {
    fn of(source: &str, values: &impl Values) -> Self {
        let mut text = String::with_capacity(source.len());
        let mut holes = Vec::new();
        let mut at = 0;
        for token in tokens(source) {
            let Token::Placeholder(placeholder) = token else {
                continue;
            };
            text.push_str(&source[at..placeholder.range.start]);
            let start = text.len();
            match values.value(&placeholder.name.key()) {
                Some(value) if value.len() > SHORT => text.push(' '),
                Some(value) => text.push_str(&apply_all(&placeholder.filters, value)),
                None => text.push_str(&source[placeholder.range.clone()]),
            }
            at = placeholder.range.end;
            holes.push((start..text.len(), placeholder.range));
        }
        text.push_str(&source[at..]);
        Self { text, holes }
    }

    /// The part of the source that a part of the text came from, placeholders whole; nothing for a part of one
    /// value, which is masked where it stands.
    fn source_of(&self, range: &std::ops::Range<usize>, what: What) -> Option<std::ops::Range<usize>> {
        let around = |at: usize| {
            let next = self.holes.partition_point(|(hole, _)| hole.end <= at);
            self.holes.get(next).filter(|(hole, _)| hole.start <= at)
        };
        let (first, last) = (around(range.start), around(range.end - 1));
        if let (Some((hole, _)), Some((other, _))) = (first, last)
            && hole == other
            && hole != range
        {
            // What stands before a value may be what says that it is a secret.
            let is_named = what == What::Token && hole.start == range.start;
            if !is_named {
                return None;
            }
        }
        let start = first.map_or_else(|| self.literal(range.start), |(_, place)| place.start);
        let end = last.map_or_else(|| self.literal(range.end - 1) + 1, |(_, place)| place.end);
        Some(start..end)
    }

    /// The place in the source of a byte of the text that is in no value.
    fn literal(&self, at: usize) -> usize {
        let next = self.holes.partition_point(|(hole, _)| hole.end <= at);
        match next.checked_sub(1).map(|before| &self.holes[before]) {
            Some((hole, place)) => place.end + (at - hole.end),
            None => at,
        }
    }
}
