//! The activity: every event in words, in the order in which it happened.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};

use super::duration::counted;
use super::escape::lines;
use super::pen::Pen;
use super::{Options, Report, moment, outcome_name, state, variables};
use crate::event::{Event, EventKind, Payload};
use crate::id::UserId;
use crate::session::Outcome;

/// The most characters of a typed text in one line; all of it stands further up or in the JSON form.
const EXCERPT: usize = 120;

/// What happened on one day.
pub(super) struct Day {
    /// Nothing where times are left out; then there is one day.
    pub date: Option<NaiveDate>,
    /// The time of the day, and what happened.
    pub lines: Vec<(Option<String>, String)>,
}

/// All that happened, but for what happened in steps that are not shown.
pub(super) fn days(report: &Report<'_>, options: &Options, pen: &dyn Pen) -> Vec<Day> {
    let steps = report.outline.steps().iter().zip(1..);
    let activity = Activity {
        report,
        options,
        pen,
        numbers: steps.map(|(step, number)| (step.id.as_str(), number)).collect(),
    };
    let shown = report.steps_shown(options);
    let mut days: Vec<Day> = Vec::new();
    for event in report.events {
        let step = fact(&event.payload, "step").and_then(|id| activity.numbers.get(id));
        if step.is_some_and(|number| *number > shown) {
            continue;
        }
        let mut line = String::new();
        pen.typed(report.name(event.actor_id), &mut line);
        line.push(' ');
        activity.words(event, &mut line);
        let date = options.times.then(|| event.at.date_naive());
        let time = options.times.then(|| event.at.format("%H:%M").to_string());
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.lines.push((time, line)),
            None => days.push(Day {
                date,
                lines: vec![(time, line)],
            }),
        }
    }
    days
}

struct Activity<'a> {
    report: &'a Report<'a>,
    options: &'a Options,
    pen: &'a dyn Pen,
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
            EventKind::Assigned => self.assigned(payload, out),
            EventKind::VersionChanged => self.version_changed(payload, out),
            EventKind::DetailsChanged => self.details(payload, out),
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
                    self.excerpt(payload.typed("reason"), out);
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
            EventKind::Completed => self.completed(payload, out),
            EventKind::Discarded => out.push_str("discarded the session"),
            EventKind::Reopened => out.push_str("reopened the session"),
        }
    }

    fn assigned(&self, payload: &Payload, out: &mut String) {
        if let Some(name) = self.person(payload) {
            out.push_str("assigned the session to ");
            self.pen.typed(name, out);
        } else {
            out.push_str("left the session for anyone in the team");
        }
        if !payload.typed("note").trim().is_empty() {
            out.push_str(": ");
            self.excerpt(payload.typed("note"), out);
        }
    }

    fn prepared(&self, payload: &Payload, out: &mut String) {
        out.push_str("prepared the session");
        if let Some(name) = self.person(payload) {
            out.push_str(" for ");
            self.pen.typed(name, out);
        }
        if let Some(due_at) = fact(payload, "due_at").filter(|_| self.options.times) {
            out.push_str(", due ");
            self.time(due_at, out);
        }
    }

    fn version_changed(&self, payload: &Payload, out: &mut String) {
        let [from, to] = ["from", "to"].map(|name| fact(payload, name).unwrap_or("?"));
        let _ = write!(
            out,
            "moved the session from version {from} to version {to} of the flow"
        );
        let dropped = fact(payload, "dropped").unwrap_or_default();
        for (number, name) in dropped.split_whitespace().enumerate() {
            out.push_str(if number > 0 {
                ", "
            } else {
                ", without the values of "
            });
            self.pen.exact(name, out);
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
                self.excerpt_as_code(value, out);
            }
        }
        if fact(payload, "valid") == Some("false") {
            out.push_str(", which does not fit");
        }
    }

    fn variable(&self, payload: &Payload, out: &mut String) {
        let name = fact(payload, "name").unwrap_or_default();
        match self.report.outline.variable(name) {
            Some((_, known)) => variables::name(known, self.pen, out),
            None => self.pen.typed(name, out),
        }
    }

    fn step(&self, before: &str, payload: &Payload, out: &mut String) {
        out.push_str(before);
        let id = fact(payload, "step").unwrap_or_default();
        out.push_str("step ");
        if let Some(number) = self.numbers.get(id) {
            let _ = write!(out, "{number}");
        } else {
            self.pen.exact(id, out);
        }
    }

    /// The choice, with the values that show now, as everywhere in the document.
    fn chosen(&self, payload: &Payload, out: &mut String) {
        let Some(label) = fact(payload, "choice") else {
            return;
        };
        out.push_str(", chosen: ");
        let number = fact(payload, "step").and_then(|id| self.numbers.get(id));
        match number.and_then(|number| state::choice(self.report, number - 1, label)) {
            Some(choice) => {
                let mut text = String::new();
                choice
                    .plain
                    .text(&self.report.shown(), self.options.unset, &mut text);
                self.excerpt(&text, out);
            }
            None => self.excerpt(&self.options.mask.text(label), out),
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

    fn details(&self, payload: &Payload, out: &mut String) {
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
                    self.excerpt(typed, out);
                }
                ("note", _) => out.push_str("changed the note for the assignee"),
                ("ticket" | "client", _) if typed.trim().is_empty() => {
                    out.push_str("removed the ");
                    out.push_str(name);
                }
                ("ticket" | "client", _) => {
                    let _ = write!(out, "changed the {name} to ");
                    self.excerpt(typed, out);
                }
                ("ticket_url", _) => out.push_str("changed the address of the ticket"),
                ("outcome_note", _) => out.push_str("changed the note on the outcome"),
                ("next_steps", _) => out.push_str("changed the next steps"),
                ("due_at", None) => out.push_str("took the due time away"),
                ("due_at", Some(_)) if !self.options.times => out.push_str("set the due time"),
                ("due_at", Some(at)) => {
                    out.push_str("set the due time to ");
                    self.time(at, out);
                }
                ("outcome", None) => out.push_str("took the outcome back"),
                ("outcome", Some(outcome)) => {
                    out.push_str("set the outcome to ");
                    self.said_outcome(outcome, out);
                }
                (other, _) => {
                    out.push_str("changed ");
                    self.pen.exact(other, out);
                }
            }
        }
        if changed.is_empty() {
            out.push_str("changed the details");
        }
    }

    fn completed(&self, payload: &Payload, out: &mut String) {
        out.push_str("completed the session");
        if let Some(outcome) = fact(payload, "outcome") {
            out.push_str(" (");
            self.said_outcome(outcome, out);
            out.push(')');
        }
        let missing = fact(payload, "missing").and_then(|missing| missing.parse().ok());
        if let Some(missing) = missing.filter(|missing| *missing > 0) {
            let missing = counted(missing, "required variable", "required variables");
            let _ = write!(out, ", with {missing} unset");
        }
    }

    fn said_outcome(&self, name: &str, out: &mut String) {
        match Outcome::parse(name) {
            Some(outcome) => out.push_str(&outcome_name(outcome).to_lowercase()),
            None => self.pen.typed(name, out),
        }
    }

    fn time(&self, text: &str, out: &mut String) {
        match DateTime::parse_from_rfc3339(text) {
            Ok(at) => out.push_str(&moment(at.with_timezone(&Utc))),
            Err(_) => self.pen.typed(text, out),
        }
    }

    fn excerpt(&self, text: &str, out: &mut String) {
        let (beginning, is_all) = beginning(text);
        self.pen.typed(beginning, out);
        out.push_str(if is_all { "" } else { " …" });
    }

    fn excerpt_as_code(&self, text: &str, out: &mut String) {
        let (beginning, is_all) = beginning(text);
        self.pen.exact(beginning, out);
        out.push_str(if is_all { "" } else { " …" });
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
