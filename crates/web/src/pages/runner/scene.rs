//! What every part of the runner is drawn from: a snapshot, the text that it runs, and who looks at it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::{SessionId, UserId};
use resolutionflow_core::render::{CompiledSection, Unset, Values};
use resolutionflow_core::session::{Actor, REOPEN_HOURS, Status, StepRecord, StepState};
use resolutionflow_core::step::Step;
use resolutionflow_core::variable::{Known, Shown, Variable};

use super::refused::Refused;
use super::snapshot::Snapshot;
use crate::context::App;
use crate::pages::words::runner as words;
use crate::versions::Version;

/// What somebody may do to a session as it stands; each is a word of the page's `data-may`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for itself, and all of them are a list"
)]
pub(super) struct Rights {
    pub fill: bool,
    pub work: bool,
    pub note: bool,
    pub complete: bool,
    pub reopen: bool,
    pub discard: bool,
    pub start: bool,
    pub take: bool,
    pub edit: bool,
    pub assign: bool,
    pub update: bool,
    pub prepare: bool,
}

impl Rights {
    fn of(snapshot: &Snapshot, who: &Actor, now: DateTime<Utc>) -> Self {
        let session = &snapshot.session;
        let status = session.status();
        let may = |action| session.may(who, action);
        let (prepared, active) = (status == Status::Prepared, status == Status::Active);
        let open = prepared || active;
        let ended_at = session.discarded_at.or(session.completed_at);
        let recent = ended_at.is_some_and(|at| now - at <= TimeDelta::hours(REOPEN_HOURS));
        Self {
            fill: open && may(Action::SetVariables),
            // The first work on a prepared session starts it.
            work: active && may(Action::WorkSteps) || prepared && may(Action::StartSession),
            note: status != Status::Discarded && may(Action::AddNote),
            complete: active && may(Action::CompleteSession),
            reopen: !open && recent && may(Action::ReopenSession),
            discard: open && may(Action::DiscardSession),
            start: prepared && may(Action::StartSession),
            take: prepared && may(Action::TakeSession),
            edit: prepared && may(Action::ChangeDetails),
            assign: open && may(Action::AssignSession),
            update: prepared && may(Action::UpdateVersion),
            prepare: may(Action::PrepareSession),
        }
    }

    /// The words, with spaces between.
    pub(super) fn words(self) -> String {
        let all = [
            (self.fill, "fill"),
            (self.work, "work"),
            (self.note, "note"),
            (self.complete, "complete"),
            (self.reopen, "reopen"),
            (self.discard, "discard"),
            (self.start, "start"),
            (self.take, "take"),
            (self.edit, "edit"),
            (self.assign, "assign"),
            (self.update, "update"),
        ];
        let words: Vec<_> = all
            .into_iter()
            .filter_map(|(may, word)| may.then_some(word))
            .collect();
        words.join(" ")
    }
}

/// What the page is asked to show first.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The step.
    pub step: Option<String>,
    /// The key of the variable whose values stand in prompts.
    pub edit: Option<String>,
    /// Whether a note was just kept.
    pub noted: bool,
    /// What was just refused.
    pub refused: Option<Refused>,
}

/// Everything that is drawn from.
pub(super) struct Scene<'a> {
    pub app: &'a App,
    pub snapshot: &'a Snapshot,
    pub version: &'a Version,
    pub viewer: Actor,
    pub rights: Rights,
    pub view: &'a View,
    /// The place of the step that is shown.
    pub current: usize,
    /// The steps of the document, in order.
    pub steps: Vec<&'a Step>,
    /// The titles of the steps with their values, without markup.
    pub titles: Vec<String>,
    /// The keys of the variables of each step, with those of what stands before the first step of its section.
    pub keys: Vec<BTreeSet<&'a str>>,
    /// The steps that use each variable.
    pub uses: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        app: &'a App,
        snapshot: &'a Snapshot,
        version: &'a Version,
        viewer: Actor,
        view: &'a View,
    ) -> Self {
        let compiled = version.compiled.steps();
        let labelled = Labelled { version, snapshot };
        let titles = compiled.iter().map(|step| {
            let mut title = String::new();
            step.title.plain.text(&labelled, Unset::Placeholder, &mut title);
            title
        });
        let mut keys: Vec<BTreeSet<&str>> = compiled
            .iter()
            .map(|step| step.keys.iter().map(String::as_str).collect())
            .collect();
        for section in version.compiled.sections() {
            if let Some(first) = keys
                .get_mut(section.steps.start)
                .filter(|_| !section.steps.is_empty())
            {
                let body = &section.body.html;
                first.extend(body.holes().map(|hole| hole.variable.key.as_str()));
                first.extend(body.target_variables().map(|variable| variable.key.as_str()));
            }
        }
        let mut uses: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, keys) in keys.iter().enumerate() {
            for key in keys {
                uses.entry(key).or_default().push(position);
            }
        }
        let asked = view.step.as_deref();
        let asked = asked.and_then(|id| compiled.iter().position(|step| step.id.as_str() == id));
        let open = || {
            compiled.iter().position(|step| {
                snapshot
                    .steps
                    .get(&step.id)
                    .is_none_or(|record| record.state == StepState::Open)
            })
        };
        Self {
            app,
            snapshot,
            version,
            viewer,
            rights: Rights::of(snapshot, &viewer, app.now()),
            view,
            current: asked.or_else(open).unwrap_or_default(),
            steps: version.document.steps().map(|(_, step)| step).collect(),
            titles: titles.collect(),
            keys,
            uses,
        }
    }

    pub(super) fn id(&self) -> SessionId {
        self.snapshot.session.id
    }

    /// Where the session is.
    pub(super) fn path(&self) -> String {
        format!("/sessions/{}", self.id())
    }

    /// The version that is shown.
    pub(super) fn shown_version(&self) -> i64 {
        self.snapshot.session.version
    }

    pub(super) fn shown(&self) -> Shown<'a> {
        Shown {
            outline: &self.version.outline,
            variables: &self.snapshot.variables,
        }
    }

    /// What shows for a variable.
    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        self.version.outline.shown(key, &self.snapshot.variables)
    }

    pub(super) fn variable(&self, key: &str) -> Option<&'a Variable> {
        self.snapshot.variables.get(key)
    }

    pub(super) fn known(&self, key: &str) -> Option<&'a Known> {
        self.version.outline.variable(key).map(|(_, known)| known)
    }

    /// Whether a variable is required and shows nothing.
    pub(super) fn is_missing(&self, key: &str) -> bool {
        self.known(key).is_some_and(is_required) && self.value(key).is_none_or(str::is_empty)
    }

    /// Whether a value was kept although it does not fit.
    pub(super) fn is_invalid(&self, key: &str) -> bool {
        self.variable(key)
            .is_some_and(|variable| variable.value.is_some() && !variable.valid)
    }

    /// How many required variables of a step show nothing.
    pub(super) fn missing_in(&self, position: usize) -> usize {
        self.keys[position]
            .iter()
            .filter(|key| self.is_missing(key))
            .count()
    }

    /// How many required variables show nothing.
    pub(super) fn missing(&self) -> usize {
        self.version
            .outline
            .missing_required(&self.snapshot.variables)
            .count()
    }

    pub(super) fn record(&self, position: usize) -> Option<&'a StepRecord> {
        self.snapshot
            .steps
            .get(&self.version.compiled.steps()[position].id)
    }

    pub(super) fn state(&self, position: usize) -> StepState {
        self.record(position)
            .map_or(StepState::Open, |record| record.state)
    }

    /// How many steps are done or skipped.
    pub(super) fn finished(&self) -> usize {
        (0..self.steps.len())
            .filter(|position| self.state(*position) != StepState::Open)
            .count()
    }

    /// The section that a step is the first one of.
    pub(super) fn section_before(&self, position: usize) -> Option<(usize, &'a CompiledSection)> {
        let mut sections = self.version.compiled.sections().iter().enumerate();
        sections.find(|(_, section)| section.steps.start == position && !section.steps.is_empty())
    }

    /// The variable whose values stand in prompts.
    pub(super) fn editing(&self) -> Option<&str> {
        self.view.edit.as_deref()
    }

    /// What people call somebody for short; the viewer is "You".
    pub(super) fn short_name(&self, id: UserId) -> &'a str {
        if id == self.viewer.user_id {
            return words::YOU;
        }
        self.first_name(id)
    }

    /// As [`Scene::short_name`], inside a sentence.
    pub(super) fn by_name(&self, id: UserId) -> &'a str {
        if id == self.viewer.user_id {
            return words::BY_YOU;
        }
        self.first_name(id)
    }

    /// The first of somebody's names.
    pub(super) fn first_name(&self, id: UserId) -> &'a str {
        let name = self
            .snapshot
            .name(id)
            .and_then(|name| name.split_whitespace().next());
        name.unwrap_or(words::SOMEBODY)
    }

    /// Why the viewer may not fill what a label asks for.
    pub(super) fn only_others(&self) -> String {
        let session = &self.snapshot.session;
        let first = match session.status() {
            Status::Prepared => session.prepared_by_id,
            Status::Active => session.owner_id,
            Status::Completed | Status::Discarded => return words::ENDED_HINT.to_owned(),
        };
        let second = session.assigned_to_id.filter(|id| Some(*id) != first);
        match (first.or(second), second.filter(|_| first.is_some())) {
            (Some(first), second) => {
                words::only_fill(self.first_name(first), second.map(|id| self.first_name(id)))
            }
            (None, _) => words::watching(None),
        }
    }
}

/// Whether a variable is asked for.
pub(in crate::pages) fn is_required(known: &Known) -> bool {
    known.field.as_ref().is_some_and(|field| field.required)
}

/// What people read for a variable.
pub(in crate::pages) fn label(known: &Known) -> &str {
    known
        .field
        .as_ref()
        .map_or(known.name.as_str(), |field| field.label())
}

/// Values for titles: what is unset shows its label.
struct Labelled<'a> {
    version: &'a Version,
    snapshot: &'a Snapshot,
}

impl Values for Labelled<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        let outline = &self.version.outline;
        outline
            .shown(key, &self.snapshot.variables)
            .filter(|value| !value.is_empty())
            .or_else(|| outline.variable(key).map(|(_, known)| label(known)))
    }
}
