//! Export: a session as one document, made from its state and its events.
//!
//! What people typed is text and stays text: it is escaped for where it stands, so that no note, name or value can
//! make a heading, a link or HTML. Nothing is parsed here; the flow's texts were compiled before.

mod activity;
mod duration;
mod escape;
mod facts;
mod html;
mod json;
mod markdown;
mod mask;
mod pen;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod variables;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use duration::{duration, moment};
pub use html::{html, html_body};
pub use json::{FORMAT, json};
pub use markdown::markdown;
pub use mask::Mask;
pub use text::text;

use crate::event::{Event, EventKind};
use crate::flow::FlowDocument;
use crate::id::UserId;
use crate::render::{CompiledFlow, CompiledSection, Unset};
use crate::session::{Outcome, Session, Status, StepRecords};
use crate::step::{Section, StepId};
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

/// What the reader chose; holds for every form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What stands for an unset variable.
    pub unset: Unset,
    /// The last step to show; later ones, and what happened in them, are left out. The JSON form keeps all events.
    pub up_to: Option<StepId>,
    /// Whether what is still unset stands behind the outcome, as a part of its own. JSON knows no such order.
    pub summary_first: bool,
    /// Whether times and durations are shown. Without them two runs compare; JSON then has no hashes either, as
    /// those are of the times too.
    pub times: bool,
    /// What gives way to a word in brackets.
    pub mask: Mask,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            unset: Unset::default(),
            up_to: None,
            summary_first: false,
            times: true,
            mask: Mask::default(),
        }
    }
}

impl<'a> Report<'a> {
    fn shown(&self) -> Shown<'a> {
        Shown {
            outline: self.outline,
            variables: self.variables,
        }
    }

    /// How many steps are shown, from the first.
    fn steps_shown(&self, options: &Options) -> usize {
        let last = options.up_to.as_ref().and_then(|id| self.compiled.position(id));
        last.map_or(self.compiled.steps().len(), |last| last + 1)
    }

    /// The sections that are shown, with their source.
    fn sections_shown(&self, options: &Options) -> impl Iterator<Item = (&'a CompiledSection, &'a Section)> {
        let (shown, all) = (self.steps_shown(options), self.compiled.steps().len());
        let sections = self.compiled.sections().iter();
        sections
            .zip(&self.document.parts().sections)
            .filter(move |(section, _)| section.steps.start < shown || shown == all)
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

/// What an outcome is called.
const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Resolved => "Resolved",
        Outcome::Escalated => "Escalated",
        Outcome::Workaround => "Workaround",
        Outcome::Unresolved => "Unresolved",
    }
}

/// The notes on the session as a whole, which only its events keep.
fn notes<'a>(report: &Report<'a>) -> impl Iterator<Item = &'a Event> {
    let is_note = |kind| matches!(kind, EventKind::NoteAdded | EventKind::LateNoteAdded);
    report.events.iter().filter(move |event| is_note(event.kind))
}
