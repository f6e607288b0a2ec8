//! The activity: every event in words, in the order in which it happened.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};

use super::duration::counted;
use super::escape::{Place, code, inline, lines};
use super::markdown::outcome_name;
use super::{Options, Report, moment, steps, variables};
use crate::event::{Event, EventKind, Payload};
use crate::id::UserId;
use crate::session::Outcome;

/// The most characters of a typed text in one line; all of it stands further up or in the JSON form.
const EXCERPT: usize = 120;

pub(super) fn write(report: &Report<'_>, options: Options, out: &mut String) {
    let numbers = report
        .outline
        .steps()
        .iter()
        .zip(1..)
        .map(|(step, number)| (step.id.as_str(), number))
        .collect();
    let activity = Activity {
        report,
        options,
        numbers,
    };
    let mut day: Option<NaiveDate> = None;
    for event in report.events {
        if day.is_none() {
            out.push_str("## Activity\n\n");
        }
        let date = event.at.date_naive();
        if day != Some(date) {
            let _ = write!(out, "{}{date}, UTC:\n\n", if day.is_some() { "\n" } else { "" });
            day = Some(date);
        }
        let _ = write!(out, "- {} ", event.at.format("%H:%M"));
        inline(report.name(event.actor_id), Place::Line, out);
        out.push(' ');
        activity.words(event, out);
        out.push('\n');
    }
}

struct Activity<'a> {
    report: &'a Report<'a>,
    options: Options,
    /// The numbers of the steps, from 1.
    numbers: HashMap<&'a str, usize>,
}

impl Activity<'_> {
    fn words(&self, event: &Event, out: &mut String) {
        let payload = &event.payload;
        match event.kind {
            EventKind::Prepared => self.prepared(payload, out),
            EventKind::Started => out.push_str("started the session"),
            EventKind::Taken => out.push_str("took the session"),
            EventKind::Assigned => match self.person(payload) {
                Some(name) => {
                    out.push_str("assigned the session to ");
                    inline(name, Place::Line, out);
                }
                None => out.push_str("left the session for anyone in the team"),
            },
            EventKind::DetailsChanged => details(payload, out),
            EventKind::VariableSet => self.variable_set(payload, out),
            EventKind::VariableUnset => {
                out.push_str("cleared ");
                self.variable(payload, out);
            }
            EventKind::StepDone => {
                self.step("did ", payload, out);
                self.chosen(payload, out);
            }
            EventKind::StepSkipped => {
                self.step("skipped ", payload, out);
                self.chosen(payload, out);
                if !payload.typed("reason").trim().is_empty() {
                    out.push_str(": ");
                    excerpt(payload.typed("reason"), out);
                }
            }
            EventKind::StepOpened => {
                self.step("opened ", payload, out);
                self.chosen(payload, out);
            }
            EventKind::StepNoted if payload.texts.contains_key("note") => {
                self.step("wrote a note on ", payload, out);
            }
            EventKind::StepNoted => self.step("removed the note on ", payload, out),
            EventKind::StepOutput if payload.texts.contains_key("output") => {
                self.step("kept the output of ", payload, out);
            }
            EventKind::StepOutput => self.step("removed the output of ", payload, out),
            EventKind::ItemChecked => self.item(payload, out),
            EventKind::NoteAdded => out.push_str("wrote a note"),
            EventKind::LateNoteAdded => out.push_str("wrote a note after completion"),
            EventKind::Completed => completed(payload, out),
            EventKind::Discarded => out.push_str("discarded the session"),
            EventKind::Reopened => out.push_str("reopened the session"),
        }
    }

    fn prepared(&self, payload: &Payload, out: &mut String) {
        out.push_str("prepared the session");
        if let Some(name) = self.person(payload) {
            out.push_str(" for ");
            inline(name, Place::Line, out);
        }
        if let Some(due_at) = fact(payload, "due_at") {
            out.push_str(", due ");
            time(due_at, out);
        }
    }

    fn variable_set(&self, payload: &Payload, out: &mut String) {
        out.push_str("set ");
        self.variable(payload, out);
        match payload.texts.get("value").map(|salted| salted.text.as_deref()) {
            None => out.push_str(" to nothing"),
            // Masked: that it was set is all there is to say.
            Some(None) => {}
            Some(Some(value)) => {
                out.push_str(" to ");
                excerpt_as_code(value, out);
            }
        }
        if fact(payload, "valid") == Some("false") {
            out.push_str(", which does not fit");
        }
    }

    fn variable(&self, payload: &Payload, out: &mut String) {
        let name = fact(payload, "name").unwrap_or_default();
        match self.report.outline.variable(name) {
            Some((_, known)) => variables::name(known, Place::Line, out),
            None => inline(name, Place::Line, out),
        }
    }

    fn step(&self, before: &str, payload: &Payload, out: &mut String) {
        out.push_str(before);
        let id = fact(payload, "step").unwrap_or_default();
        out.push_str("step ");
        if let Some(number) = self.numbers.get(id) {
            let _ = write!(out, "{number}");
        } else {
            code(id, Place::Line, out);
        }
    }

    /// The choice, with the values that show now, as everywhere in the document.
    fn chosen(&self, payload: &Payload, out: &mut String) {
        let Some(label) = fact(payload, "choice") else {
            return;
        };
        out.push_str(", chosen: ");
        let number = fact(payload, "step").and_then(|id| self.numbers.get(id));
        match number.and_then(|number| steps::choice(self.report, number - 1, label)) {
            Some(choice) => {
                let mut text = String::new();
                choice
                    .plain
                    .text(&self.report.shown(), self.options.unset, &mut text);
                excerpt(&text, out);
            }
            None => excerpt(label, out),
        }
    }

    fn item(&self, payload: &Payload, out: &mut String) {
        let is_ticked = fact(payload, "checked") == Some("true");
        let item = fact(payload, "item").and_then(|item| item.parse::<u32>().ok());
        let item = item.map_or(0, |item| item.saturating_add(1));
        let words = format!("{} item {item} of ", if is_ticked { "ticked" } else { "cleared" });
        self.step(&words, payload, out);
    }

    fn person(&self, payload: &Payload) -> Option<&str> {
        let id = fact(payload, "assigned_to_id")?;
        Some(
            id.parse::<UserId>()
                .map_or("a former member", |id| self.report.name(id)),
        )
    }
}

fn details(payload: &Payload, out: &mut String) {
    let changed = payload
        .facts
        .get("changed")
        .map(String::as_str)
        .unwrap_or_default();
    for (number, name) in changed.split_whitespace().enumerate() {
        out.push_str(if number > 0 { ", " } else { "" });
        let typed = payload.typed(name);
        match (name, fact(payload, name)) {
            ("title", _) if typed.trim().is_empty() => out.push_str("removed the title"),
            ("title", _) => {
                out.push_str("changed the title to ");
                excerpt(typed, out);
            }
            ("note", _) => out.push_str("changed the note for the assignee"),
            ("outcome_note", _) => out.push_str("changed the note on the outcome"),
            ("next_steps", _) => out.push_str("changed the next steps"),
            ("due_at", None) => out.push_str("took the due time away"),
            ("due_at", Some(at)) => {
                out.push_str("set the due time to ");
                time(at, out);
            }
            ("outcome", None) => out.push_str("took the outcome back"),
            ("outcome", Some(outcome)) => {
                out.push_str("set the outcome to ");
                said_outcome(outcome, out);
            }
            (other, _) => {
                out.push_str("changed ");
                code(other, Place::Line, out);
            }
        }
    }
    if changed.is_empty() {
        out.push_str("changed the details");
    }
}

fn completed(payload: &Payload, out: &mut String) {
    out.push_str("completed the session");
    if let Some(outcome) = fact(payload, "outcome") {
        out.push_str(" (");
        said_outcome(outcome, out);
        out.push(')');
    }
    let missing = fact(payload, "missing").and_then(|missing| missing.parse().ok());
    if let Some(missing) = missing.filter(|missing| *missing > 0) {
        let missing = counted(missing, "required variable", "required variables");
        let _ = write!(out, ", with {missing} unset");
    }
}

fn said_outcome(name: &str, out: &mut String) {
    match Outcome::parse(name) {
        Some(outcome) => out.push_str(&outcome_name(outcome).to_lowercase()),
        None => inline(name, Place::Line, out),
    }
}

/// A fact that says something.
fn fact<'p>(payload: &'p Payload, name: &str) -> Option<&'p str> {
    payload
        .facts
        .get(name)
        .map(String::as_str)
        .filter(|fact| !fact.is_empty())
}

fn time(text: &str, out: &mut String) {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => out.push_str(&moment(at.with_timezone(&Utc))),
        Err(_) => inline(text, Place::Line, out),
    }
}

/// The beginning of a text, on one line, and whether it is all.
fn beginning(text: &str) -> (&str, bool) {
    let text = text.trim();
    let line = lines(text).next().unwrap_or_default();
    let end = line
        .char_indices()
        .nth(EXCERPT)
        .map_or(line.len(), |(end, _)| end);
    (&line[..end], end == text.len())
}

fn excerpt(text: &str, out: &mut String) {
    let (beginning, is_all) = beginning(text);
    inline(beginning, Place::Line, out);
    out.push_str(if is_all { "" } else { " …" });
}

fn excerpt_as_code(text: &str, out: &mut String) {
    let (beginning, is_all) = beginning(text);
    code(beginning, Place::Line, out);
    out.push_str(if is_all { "" } else { " …" });
}
