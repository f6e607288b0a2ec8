//! Export: a session as one document, made from its state and its events.
//!
//! What people typed is text and stays text: it is escaped for where it stands, so that no note, name or value can
//! make a heading, a link or HTML. Nothing is parsed here; the flow's texts were compiled before.

mod activity;
mod duration;
mod escape;
mod head;
mod json;
mod markdown;
mod steps;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use duration::{duration, moment};
pub use json::{
    EventExport, FORMAT, SectionExport, SessionExport, StepExport, TextExport, VariableExport, json,
};
pub use markdown::markdown;

use crate::event::Event;
use crate::flow::FlowDocument;
use crate::id::UserId;
use crate::render::{CompiledFlow, Unset};
use crate::session::{Session, Status, StepRecords};
use crate::variable::{Outline, Shown, Variables};

/// All that an export is made of.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The session.
    pub session: &'a Session,
    /// The flow version that it runs.
    pub document: &'a FlowDocument,
    /// What the rules know of that version.
    pub outline: &'a Outline,
    /// The texts of that version.
    pub compiled: &'a CompiledFlow,
    /// The session's variables.
    pub variables: &'a Variables,
    /// The session's touched steps.
    pub steps: &'a StepRecords,
    /// All events of the session, in order.
    pub events: &'a [Event],
    /// What the people are called.
    pub names: &'a BTreeMap<UserId, String>,
    /// When the export is made.
    pub now: DateTime<Utc>,
}

/// What the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What stands for an unset variable.
    pub unset: Unset,
}

impl<'a> Report<'a> {
    fn shown(&self) -> Shown<'a> {
        Shown {
            outline: self.outline,
            variables: self.variables,
        }
    }

    /// When the session ended, if it has.
    fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self.session.status() {
            Status::Completed => self.session.completed_at,
            Status::Discarded => self.session.discarded_at,
            Status::Prepared | Status::Active => None,
        }
    }

    /// What somebody is called, as they wrote it.
    fn name(&self, id: UserId) -> &'a str {
        match self.names.get(&id).map(|name| name.trim()) {
            None | Some("") => "a former member",
            Some(name) => name,
        }
    }
}
