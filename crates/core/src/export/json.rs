//! The JSON form: the session as the API names it, with everything that is needed to verify its events.
//!
//! Each event's hash covers the one before it (`crate::event`): whoever has this document can compute the chain
//! from `id` and `events`, and compare its end with `head` and `event_count`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Options, Report, mask};
use crate::event::{EventKind, SaltedText, hexadecimal};
use crate::field::FieldName;
use crate::id::{FlowId, SessionId, TeamId, UserId};
use crate::render::{MarkdownTemplate, Unset};
use crate::session::{Outcome, Status, StepRecord, StepState};
use crate::step::{StepId, StepKind};

/// What the member `format` says; another shape would get another number.
pub const FORMAT: &str = "resolutionflow.session/1";

/// A session as one JSON document. Texts of the flow are Markdown with their values.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SessionExport<'a> {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// When the export was made. As with every time, null where times are left out.
    pub exported_at: Option<DateTime<Utc>>,
    /// What stands for an unset variable in texts: `placeholder` or `blank`.
    pub unset: &'static str,
    /// The last step that is shown; null where all are.
    pub up_to: Option<&'a StepId>,
    /// What was masked: `addresses`, `mail`, `tokens`.
    pub masked: Vec<&'static str>,
    /// The session.
    pub id: SessionId,
    /// Its number in the account.
    pub number: i64,
    /// Where it is in its life.
    pub status: Status,
    /// The flow.
    pub flow_id: FlowId,
    /// The version of it that ran.
    pub flow_version: i64,
    /// What the flow is called, with its values.
    pub flow_title: String,
    /// What the session is called; empty means like its flow.
    pub title: &'a str,
    /// What whoever prepared it wanted the assignee to know.
    pub note: &'a str,
    /// The reference of the ticket that it is for; empty where there is none.
    pub ticket: &'a str,
    /// Where that ticket is; empty where that is not known.
    pub ticket_url: &'a str,
    /// For whom it is; empty where that is not said.
    pub client: &'a str,
    /// The team whose queue it was in.
    pub team_id: TeamId,
    /// Who prepared it.
    pub prepared_by_id: Option<UserId>,
    /// Who was to run it.
    pub assigned_to_id: Option<UserId>,
    /// Who started it.
    pub owner_id: Option<UserId>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it became active.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was discarded.
    pub discarded_at: Option<DateTime<Utc>>,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// From its start to its end, or to this export while it is active; absent while prepared.
    pub duration_seconds: Option<i64>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What there is to say about that.
    pub outcome_note: &'a str,
    /// What is to be done next.
    pub next_steps: &'a str,
    /// The number of its last event.
    pub version: i64,
    /// The variables that are set, by name; an unset one is absent.
    pub variables: BTreeMap<&'a str, VariableExport<'a>>,
    /// The defaults that show for variables that nobody set, by name.
    pub defaults: BTreeMap<&'a str, &'a str>,
    /// The required variables for which nothing shows.
    pub missing_required: Vec<&'a str>,
    /// The sections, in order.
    pub sections: Vec<SectionExport<'a>>,
    /// All steps, in order.
    pub steps: Vec<StepExport<'a>>,
    /// The names of the people whose ids stand in this document, where they are known.
    pub people: BTreeMap<UserId, &'a str>,
    /// All events, in order.
    pub events: Vec<EventExport<'a>>,
    /// How many events there are.
    pub event_count: i64,
    /// The hash of the last event, in hexadecimal; null where times are left out.
    pub head: Option<String>,
}

/// A variable that is set.
#[derive(Clone, Debug, Serialize)]
pub(super) struct VariableExport<'a> {
    /// What a person reads.
    pub label: &'a str,
    /// The value; empty when it was set to nothing on purpose.
    pub value: &'a str,
    /// Whether it fits its type.
    pub valid: bool,
    /// Counts the writes.
    pub version: i64,
    /// Who set it.
    pub set_by_id: UserId,
    /// When.
    pub set_at: Option<DateTime<Utc>>,
}

/// A section.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SectionExport<'a> {
    /// The heading; empty only for steps before the first one.
    pub title: String,
    /// What stands before the first step.
    pub body: String,
    /// Its steps.
    pub step_ids: Vec<&'a StepId>,
}

/// A step with what came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StepExport<'a> {
    /// The step.
    pub id: &'a StepId,
    /// Its number as people count.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// What it asks of the engineer.
    pub kind: StepKind,
    /// What was to be done.
    pub body: String,
    /// Where it stands.
    pub state: StepState,
    /// Why it was skipped.
    pub reason: &'a str,
    /// The label of the choice that was made.
    pub choice: Cow<'a, str>,
    /// What people wrote about it.
    pub note: &'a str,
    /// What a command printed.
    pub output: &'a str,
    /// How many checkable items it has.
    pub items: usize,
    /// The ticked ones, counted from 0.
    pub checked: Vec<u16>,
    /// Counts the changes to this step; 0 when nobody touched it.
    pub version: i64,
    /// Who changed it last.
    pub changed_by_id: Option<UserId>,
    /// When.
    pub changed_at: Option<DateTime<Utc>>,
    /// Who did or skipped it.
    pub finished_by_id: Option<UserId>,
    /// When.
    pub finished_at: Option<DateTime<Utc>>,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub(super) struct EventExport<'a> {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Who.
    pub actor_id: UserId,
    /// What.
    pub kind: EventKind,
    /// Names, states and ids.
    pub facts: BTreeMap<&'a str, &'a str>,
    /// What people typed.
    pub texts: BTreeMap<&'a str, TextExport<'a>>,
    /// The hash over all of this and the previous event's hash, in hexadecimal; null where times are
    /// left out, as it covers the time.
    pub hash: Option<String>,
}

/// A typed text with its commitment; `text` and `salt` are null in a masked export.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TextExport<'a> {
    /// What was typed.
    pub text: Option<&'a str>,
    /// What was hashed with it.
    pub salt: Option<&'a str>,
    /// The commitment, in hexadecimal.
    pub commitment: Option<&'a str>,
}

/// Appends the session as a JSON document.
pub fn json(report: &Report<'_>, options: &Options, out: &mut String) {
    let text = mask::masked(report, options.mask, |report| {
        serde_json::to_string(&document(report, options))
    });
    out.push_str(&text.expect("all names in the document are texts"));
}

/// The session as it is written, of a report that is masked already.
pub(super) fn document<'a>(report: &Report<'a>, options: &'a Options) -> SessionExport<'a> {
    let session = report.session;
    let time = |at: DateTime<Utc>| options.times.then_some(at);
    SessionExport {
        format: FORMAT,
        exported_at: time(report.now),
        unset: match options.unset {
            Unset::Placeholder => "placeholder",
            Unset::Blank => "blank",
        },
        up_to: options.up_to.as_ref(),
        masked: options.mask.names().collect(),
        id: session.id,
        number: session.number,
        status: session.status(),
        flow_id: session.flow_id,
        flow_version: session.flow_version,
        flow_title: resolved(report, options, &report.compiled.title().markdown),
        title: &session.title,
        note: &session.note,
        ticket: &session.ticket,
        ticket_url: &session.ticket_url,
        client: &session.client,
        team_id: session.team_id,
        prepared_by_id: session.prepared_by_id,
        assigned_to_id: session.assigned_to_id,
        owner_id: session.owner_id,
        created_at: time(session.created_at),
        started_at: session.started_at.and_then(time),
        completed_at: session.completed_at.and_then(time),
        discarded_at: session.discarded_at.and_then(time),
        due_at: session.due_at.and_then(time),
        updated_at: time(session.updated_at),
        duration_seconds: session.started_at.and_then(time).map(|started_at| {
            let until = report.ended_at().unwrap_or(report.now);
            (until - started_at).num_seconds().max(0)
        }),
        outcome: session.outcome,
        outcome_note: &session.outcome_note,
        next_steps: &session.next_steps,
        version: session.version,
        variables: variables(report, options),
        defaults: defaults(report),
        missing_required: report
            .outline
            .missing_required(report.variables)
            .map(FieldName::as_str)
            .collect(),
        sections: sections(report, options),
        steps: steps(report, options),
        people: people(report),
        events: events(report, options),
        event_count: session.version,
        head: options.times.then(|| hexadecimal(&session.head)),
    }
}

fn resolved(report: &Report<'_>, options: &Options, text: &MarkdownTemplate) -> String {
    let mut out = String::new();
    text.markdown(&report.shown(), options.unset, &mut out);
    out
}

fn variables<'a>(report: &Report<'a>, options: &Options) -> BTreeMap<&'a str, VariableExport<'a>> {
    let set = report.outline.variables().filter_map(|(key, known)| {
        let variable = report.variables.get(key)?;
        let name = known.name.as_str();
        let label = known.field.as_ref().map(|field| field.label.as_str());
        let export = VariableExport {
            label: label.filter(|label| !label.is_empty()).unwrap_or(name),
            value: variable.value.as_deref()?,
            valid: variable.valid,
            version: variable.version,
            set_by_id: variable.set_by_id,
            set_at: options.times.then_some(variable.set_at),
        };
        Some((name, export))
    });
    set.collect()
}

fn defaults<'a>(report: &Report<'a>) -> BTreeMap<&'a str, &'a str> {
    let is_set = |key: &str| {
        report
            .variables
            .get(key)
            .is_some_and(|variable| variable.value.is_some())
    };
    let unset = report.outline.variables().filter(|(key, _)| !is_set(key));
    unset
        .filter_map(|(_, known)| Some((known.name.as_str(), known.default()?)))
        .collect()
}

fn sections<'a>(report: &Report<'a>, options: &Options) -> Vec<SectionExport<'a>> {
    let steps = &report.compiled.steps()[..report.steps_shown(options)];
    let sections = report.sections_shown(options).map(|(section, _)| SectionExport {
        title: resolved(report, options, &section.title.markdown),
        body: resolved(report, options, &section.body.markdown),
        step_ids: section
            .steps
            .clone()
            .filter_map(|position| steps.get(position).map(|step| &step.id))
            .collect(),
    });
    sections.collect()
}

fn steps<'a>(report: &Report<'a>, options: &Options) -> Vec<StepExport<'a>> {
    let time = |at: DateTime<Utc>| options.times.then_some(at);
    let sources = report.document.steps().map(|(_, step)| step);
    let compiled = report.compiled.steps()[..report.steps_shown(options)].iter();
    let export = compiled.zip(sources).zip(1..).map(|((step, source), number)| {
        let record = report.steps.get(&step.id);
        let text = |text: fn(&StepRecord) -> &str| record.map(text).unwrap_or_default();
        StepExport {
            id: &step.id,
            number,
            title: resolved(report, options, &step.title.markdown),
            kind: source.kind,
            body: resolved(report, options, &step.body.markdown),
            state: record.map(|record| record.state).unwrap_or_default(),
            reason: text(|record| &record.reason),
            choice: options.mask.text(text(|record| &record.choice)),
            note: text(|record| &record.note),
            output: text(|record| &record.output),
            items: step.tasks,
            checked: record
                .map(|record| record.checked.iter().copied().collect())
                .unwrap_or_default(),
            version: record.map_or(0, |record| record.version),
            changed_by_id: record.map(|record| record.changed_by_id),
            changed_at: record.and_then(|record| time(record.changed_at)),
            finished_by_id: record.and_then(|record| record.finished_by_id),
            finished_at: record.and_then(|record| record.finished_at).and_then(time),
        }
    });
    export.collect()
}

fn people<'a>(report: &Report<'a>) -> BTreeMap<UserId, &'a str> {
    let session = report.session;
    let mut ids: BTreeSet<UserId> = [session.prepared_by_id, session.assigned_to_id, session.owner_id]
        .into_iter()
        .flatten()
        .collect();
    ids.extend(report.variables.values().map(|variable| variable.set_by_id));
    for step in report.steps.values() {
        ids.insert(step.changed_by_id);
        ids.extend(step.finished_by_id);
    }
    for event in report.events {
        ids.insert(event.actor_id);
        let assigned = event.payload.facts.get("assigned_to_id");
        ids.extend(assigned.and_then(|id| id.parse::<UserId>().ok()));
    }
    ids.into_iter()
        .filter_map(|id| Some((id, report.names.get(&id)?.as_str())))
        .collect()
}

fn events<'a>(report: &Report<'a>, options: &Options) -> Vec<EventExport<'a>> {
    let is_shown = |name: &str| options.times || name != "due_at";
    let export = report.events.iter().map(|event| EventExport {
        number: event.number,
        at: options.times.then_some(event.at),
        actor_id: event.actor_id,
        kind: event.kind,
        facts: event
            .payload
            .facts
            .iter()
            .filter(|(name, _)| is_shown(name))
            .map(|(name, fact)| (name.as_str(), fact.as_str()))
            .collect(),
        texts: event
            .payload
            .texts
            .iter()
            .map(|(name, salted)| (name.as_str(), text(salted, options)))
            .collect(),
        hash: options.times.then(|| hexadecimal(&event.hash)),
    });
    export.collect()
}

/// A text without its salt is not what was committed to. Where nothing can be verified, salts would only keep two
/// runs from comparing.
fn text<'a>(salted: &'a SaltedText, options: &Options) -> TextExport<'a> {
    TextExport {
        text: salted.salt.as_ref().and(salted.text.as_deref()),
        salt: salted.salt.as_deref().filter(|_| options.times),
        commitment: options.times.then_some(salted.commitment.as_str()),
    }
}
