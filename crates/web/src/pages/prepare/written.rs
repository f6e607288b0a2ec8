//! The form as it was sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::variable::Outline;
use uuid::Uuid;

use super::base::minute;
use super::words;
use crate::pages::runner::variables::{Sent, digest};
use crate::request::IdempotencyKey;

/// What a session has beside its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pages) enum Detail {
    AssignedTo,
    Title,
    Due,
    Client,
    Ticket,
    TicketUrl,
    Note,
}

impl Detail {
    pub(super) const ALL: [Self; 7] = [
        Self::AssignedTo,
        Self::Title,
        Self::Due,
        Self::Client,
        Self::Ticket,
        Self::TicketUrl,
        Self::Note,
    ];

    /// The name of its control.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AssignedTo => "assigned_to",
            Self::Title => "title",
            Self::Due => "due",
            Self::Client => "client",
            Self::Ticket => "ticket",
            Self::TicketUrl => "ticket_url",
            Self::Note => "note",
        }
    }

    /// What people read for it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::AssignedTo => words::ASSIGN,
            Self::Title => words::SESSION_TITLE,
            Self::Due => words::DUE,
            Self::Client => words::CLIENT,
            Self::Ticket => words::TICKET,
            Self::TicketUrl => words::TICKET_URL,
            Self::Note => words::NOTE,
        }
    }

    /// The detail that a member of a request to the API is.
    pub(super) fn of_pointer(pointer: &str) -> Option<Self> {
        match pointer {
            "/assigned_to_id" => Some(Self::AssignedTo),
            "/due_at" => Some(Self::Due),
            _ => Self::ALL
                .into_iter()
                .find(|detail| pointer.strip_prefix('/') == Some(detail.name())),
        }
    }
}

/// What the form is sent for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    /// To keep it.
    #[default]
    Save,
    /// To look for values in a ticket.
    Look,
    /// To put those that were chosen into the fields.
    Fill,
    /// To take the values of a past session.
    Copy(SessionId),
    /// To be told what is wrong so far.
    Check,
}

/// The form.
#[derive(Debug, Default)]
pub(in crate::pages) struct Written {
    pub(super) wish: Wish,
    /// The variables.
    pub(in crate::pages) values: Sent,
    /// The details, as they were typed.
    details: BTreeMap<Detail, String>,
    /// A print of each detail as the form showed it first.
    before: BTreeMap<Detail, String>,
    /// How many minutes UTC is ahead of where the form was filled.
    pub(super) offset: String,
    /// The version of the flow that the form was made for.
    pub(super) version: Option<i64>,
    /// The text of a ticket.
    pub(super) ticket: String,
    /// What was chosen in it, by the name of the variable.
    pub(super) picks: Vec<(String, String)>,
    /// Texts for variables that the version does not have.
    pub(super) strays: Vec<(String, String)>,
}

impl Written {
    /// Reads it.
    pub(in crate::pages) fn read(outline: &Outline, pairs: Vec<(String, String)>) -> Self {
        let mut written = Self::default();
        for (name, text) in &pairs {
            // Browsers send two bytes for each end of a line.
            let text = text.replace("\r\n", "\n");
            match name.split_once(':') {
                Some(("before", name)) => {
                    if let Some(detail) = detail(name) {
                        written.before.insert(detail, text);
                    }
                }
                Some(("pick", name)) if !text.is_empty() => written.picks.push((name.to_owned(), text)),
                Some(("panel", name)) if !text.is_empty() && outline.variable(name).is_none() => {
                    written.strays.push((name.to_owned(), text));
                }
                Some(_) => {}
                None => match name.as_str() {
                    "do" => written.wish = Wish::of(&text),
                    "copy" => written.wish = text.parse().map_or(Wish::Check, Wish::Copy),
                    "offset" => written.offset = text,
                    "flow_version" => written.version = text.parse().ok(),
                    "text" => written.ticket = text,
                    name => {
                        if let Some(detail) = detail(name) {
                            written.details.insert(detail, text);
                        }
                    }
                },
            }
        }
        written.values = Sent::read(outline, pairs);
        written
    }

    /// As a link says it: values by the names of variables, in any case. What the flow does not have is a stray.
    pub(in crate::pages) fn of_link(outline: &Outline, pairs: Vec<(String, String)>) -> Self {
        let mut written = Self::default();
        for (name, text) in pairs {
            if outline.variable(&name).is_some() {
                written.put(outline, &name, &text, true);
            } else {
                written.strays.push((name, text));
            }
        }
        written
    }

    /// Puts a value into a variable, beside what is there or in its place.
    pub(super) fn put(&mut self, outline: &Outline, name: &str, text: &str, beside: bool) {
        if let Some((key, _)) = outline.variable(name) {
            let said = self.values.said.entry(key).or_default();
            said.seen.get_or_insert(0);
            if !beside {
                said.panel.clear();
            }
            said.panel.push(text.to_owned());
        }
    }

    /// A detail as it was typed, where it was sent.
    pub(super) fn detail(&self, detail: Detail) -> Option<&str> {
        self.details.get(&detail).map(String::as_str)
    }

    /// The details that differ from what the form showed first.
    pub(super) fn changed(&self) -> BTreeMap<Detail, String> {
        let changed = self.details.iter().filter(|(detail, _)| {
            let before = self.before.get(detail);
            digest(&self.normal(**detail)) != before.cloned().unwrap_or_else(|| digest(""))
        });
        changed.map(|(detail, text)| (*detail, text.clone())).collect()
    }

    /// Whether the form first showed another text for a detail than this one.
    pub(super) fn showed_other(&self, detail: Detail, text: &str) -> bool {
        self.before
            .get(&detail)
            .is_some_and(|before| *before != digest(text))
    }

    /// A detail as it is compared: a time in UTC.
    pub(super) fn normal(&self, detail: Detail) -> String {
        let text = self.detail(detail).unwrap_or_default();
        match (detail, self.due()) {
            (Detail::Due, Ok(due)) => due.map(minute).unwrap_or_default(),
            _ => text.to_owned(),
        }
    }

    /// When it is due, or why what was typed is no time.
    pub(super) fn due(&self) -> Result<Option<DateTime<Utc>>, &'static str> {
        let text = self.detail(Detail::Due).unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f"];
        let local = formats
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let offset = TimeDelta::minutes(self.offset.parse().unwrap_or(0_i64).clamp(-1_440, 1_440));
        local
            .and_then(|local| local.and_utc().checked_add_signed(offset))
            .filter(|at| (1970..10_000).contains(&at.year()))
            .map_or(Err(words::BAD_DUE), |at| Ok(Some(at)))
    }

    /// Who is to run it, if it is anybody in particular.
    pub(super) fn assignee(&self) -> Option<Uuid> {
        self.detail(Detail::AssignedTo)?.parse().ok()
    }

    /// The key of a change; a form that is sent twice makes each of its changes once.
    pub(in crate::pages) fn key(&self, of: &str) -> Option<IdempotencyKey> {
        let key = self.values.key.as_deref().filter(|key| !key.is_empty())?;
        IdempotencyKey::parse(&format!("{key}{of}"))
    }
}

impl Wish {
    fn of(text: &str) -> Self {
        match text {
            "look" => Self::Look,
            "fill" => Self::Fill,
            "check" => Self::Check,
            _ => Self::Save,
        }
    }
}

fn detail(name: &str) -> Option<Detail> {
    Detail::ALL.into_iter().find(|detail| detail.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(text: &str, offset: &str) -> Result<Option<String>, &'static str> {
        let written = Written {
            details: BTreeMap::from([(Detail::Due, text.to_owned())]),
            offset: offset.to_owned(),
            ..Written::default()
        };
        written.due().map(|due| due.map(minute))
    }

    #[test]
    fn a_time_is_where_it_was_typed_and_in_utc_where_that_is_not_known() {
        let at = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(due("2026-11-28T20:00", ""), at("2026-11-28T20:00"));
        assert_eq!(due("2026-11-28T20:00", "-60"), at("2026-11-28T19:00"));
        assert_eq!(due(" 2026-11-28 20:00 ", "300"), at("2026-11-29T01:00"));
        assert_eq!(due("", "300"), Ok(None));
        for wrong in ["soon", "2026-02-30T10:00", "0001-01-01T00:00", "2026-11-28"] {
            assert_eq!(due(wrong, "0"), Err(words::BAD_DUE), "{wrong}");
        }
    }
}
