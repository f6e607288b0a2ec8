//! A session as clients see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use resolutionflow_core::event::{Event, hexadecimal};
use resolutionflow_core::render::Unset;
use resolutionflow_core::session::{Session, Stale, Status, StepRecord, StepRecords, StepState};
use resolutionflow_core::variable::{Outline, Shown, Variables};
use resolutionflow_store::sessions::Listed;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::{event_kinds, outcomes, stale_kinds, statuses, step_states};
use crate::versions::Version;

/// A variable that is set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariableView {
    /// Its value; empty on purpose is the empty text.
    #[schema(example = "srv-01")]
    pub value: String,
    /// Whether it fits its field; `false` only where it was kept anyway.
    pub valid: bool,
    /// Counts the writes to it; send it back as `expected` to write only over what you saw.
    #[schema(example = 1)]
    pub version: i64,
    /// Who set it.
    pub set_by_id: Uuid,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// The variables that are set, by name; an unset one is absent.
pub type VariableViews = BTreeMap<String, VariableView>;

/// The set ones among these variables, by the name that people read.
pub fn variables(outline: &Outline, variables: &Variables) -> VariableViews {
    let set = variables.iter().filter_map(|(key, variable)| {
        let name = outline
            .variable(key)
            .map_or_else(|| key.clone(), |(_, known)| known.name.to_string());
        let view = VariableView {
            value: variable.value.clone()?,
            valid: variable.valid,
            version: variable.version,
            set_by_id: variable.set_by_id.uuid(),
            set_at: variable.set_at,
        };
        Some((name, view))
    });
    set.collect()
}

/// The names of the required variables that show nothing.
pub fn missing(outline: &Outline, variables: &Variables) -> Vec<String> {
    outline
        .missing_required(variables)
        .map(ToString::to_string)
        .collect()
}

/// A step of a session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// Its identifier in the flow.
    #[schema(example = "promote-the-new-server")]
    pub id: String,
    /// Its title with the values in place, without markup.
    #[schema(example = "Promote srv-01")]
    pub title: String,
    /// Where it stands.
    #[schema(schema_with = step_states)]
    pub state: &'static str,
    /// What people wrote about it.
    pub note: String,
    /// What a command printed.
    pub output: String,
    /// Why it was skipped.
    pub reason: String,
    /// The choice that was made, where it branches.
    pub choice: String,
    /// The ticked items of its body, counted from 0.
    pub checked: Vec<u16>,
    /// How many items its body has.
    pub items: usize,
    /// Counts the changes to it; 0 for one that nobody touched.
    pub version: i64,
    /// Who changed it last.
    pub changed_by_id: Option<Uuid>,
    /// When.
    pub changed_at: Option<DateTime<Utc>>,
    /// When it was done or skipped.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who did or skipped it.
    pub finished_by_id: Option<Uuid>,
}

/// One step, touched or not, with the values in its title.
pub fn step(version: &Version, position: usize, record: Option<&StepRecord>, values: &Variables) -> StepView {
    let outline = &version.outline.steps()[position];
    let mut title = String::new();
    let shown = Shown {
        outline: &version.outline,
        variables: values,
    };
    version.compiled.steps()[position]
        .title
        .plain
        .text(&shown, Unset::Placeholder, &mut title);
    let text = |text: fn(&StepRecord) -> &String| record.map(text).cloned().unwrap_or_default();
    StepView {
        id: outline.id.to_string(),
        title,
        state: record.map_or(StepState::Open, |record| record.state).as_str(),
        note: text(|record| &record.note),
        output: text(|record| &record.output),
        reason: text(|record| &record.reason),
        choice: text(|record| &record.choice),
        checked: record
            .map(|record| record.checked.iter().copied().collect())
            .unwrap_or_default(),
        items: outline.items,
        version: record.map_or(0, |record| record.version),
        changed_by_id: record.map(|record| record.changed_by_id.uuid()),
        changed_at: record.map(|record| record.changed_at),
        finished_at: record.and_then(|record| record.finished_at),
        finished_by_id: record
            .and_then(|record| record.finished_by_id)
            .map(|id| id.uuid()),
    }
}

/// Why a prepared session needs a look before it runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StaleView {
    /// The reason.
    #[schema(schema_with = stale_kinds)]
    pub kind: &'static str,
    /// The flow's newest version, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_version: Option<i64>,
    /// Since when it is past due, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// How many days ago it was prepared, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
}

impl From<Stale> for StaleView {
    fn from(stale: Stale) -> Self {
        let mut view = Self {
            kind: stale.as_str(),
            latest_version: None,
            since: None,
            days: None,
        };
        match stale {
            Stale::NewerVersion { latest } => view.latest_version = Some(latest),
            Stale::PastDue { since } => view.since = Some(since),
            Stale::Old { days } => view.days = Some(days),
            Stale::AssigneeGone => {}
        }
        view
    }
}

/// A session in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionSummary {
    /// Its identifier.
    pub id: Uuid,
    /// Its number in the account, as people say it.
    #[schema(example = 417)]
    pub number: i64,
    /// Where it is in its life.
    #[schema(schema_with = statuses)]
    pub status: &'static str,
    /// The flow.
    pub flow_id: Uuid,
    /// The published version that runs.
    #[schema(example = 5)]
    pub flow_version: i64,
    /// What the flow is called.
    #[schema(example = "Domain controller cut-over")]
    pub flow_title: String,
    /// What the session is called; empty means like its flow.
    pub title: String,
    /// What whoever prepared it wants the assignee to know.
    pub note: String,
    /// The reference of the ticket that it is for; empty where there is none.
    #[schema(example = "INC-4711")]
    pub ticket: String,
    /// Where that ticket is; empty where that is not known.
    pub ticket_url: String,
    /// For whom it is; empty where that is not said.
    #[schema(example = "Contoso")]
    pub client: String,
    /// Who prepared it.
    pub prepared_by_id: Option<Uuid>,
    /// Who is to run it; `null` is anyone in the team.
    pub assigned_to_id: Option<Uuid>,
    /// Who started it.
    pub owner_id: Option<Uuid>,
    /// Whose queue it is in.
    pub team_id: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it became active.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was discarded.
    pub discarded_at: Option<DateTime<Utc>>,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How it ended.
    #[schema(schema_with = outcomes)]
    pub outcome: Option<&'static str>,
    /// How many variables show something.
    pub filled_count: i64,
    /// How many variables its version has.
    pub variable_count: i64,
    /// How many required variables show nothing.
    pub missing_count: i64,
    /// How many steps are done or skipped.
    pub finished_step_count: i64,
    /// How many steps its version has.
    pub step_count: i64,
    /// The number of its last event.
    pub version: i64,
    /// Why a prepared session needs a look before it runs; empty where it needs none. Only prepared sessions have it,
    /// and answers to commands do without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Vec<StaleView>>,
}

impl SessionSummary {
    fn new(session: &Session, flow_title: String) -> Self {
        Self {
            id: session.id.uuid(),
            number: session.number,
            status: session.status().as_str(),
            flow_id: session.flow_id.uuid(),
            flow_version: session.flow_version,
            flow_title,
            title: session.title.clone(),
            note: session.note.clone(),
            ticket: session.ticket.clone(),
            ticket_url: session.ticket_url.clone(),
            client: session.client.clone(),
            prepared_by_id: session.prepared_by_id.map(|id| id.uuid()),
            assigned_to_id: session.assigned_to_id.map(|id| id.uuid()),
            owner_id: session.owner_id.map(|id| id.uuid()),
            team_id: session.team_id.uuid(),
            created_at: session.created_at,
            started_at: session.started_at,
            completed_at: session.completed_at,
            discarded_at: session.discarded_at,
            due_at: session.due_at,
            updated_at: session.updated_at,
            outcome: session.outcome.map(resolutionflow_core::session::Outcome::as_str),
            filled_count: session.filled,
            variable_count: session.variables,
            missing_count: session.missing,
            finished_step_count: session.finished_steps,
            step_count: session.steps,
            version: session.version,
            stale: None,
        }
    }

    /// A session as a list shows it now.
    pub fn listed(listed: Listed, now: DateTime<Utc>) -> Self {
        Self {
            stale: stale(&listed, now),
            ..Self::new(&listed.session, listed.flow_title)
        }
    }
}

/// Why a session needs a look before it runs, where it is prepared.
pub fn stale(listed: &Listed, now: DateTime<Utc>) -> Option<Vec<StaleView>> {
    let reasons = || listed.stale(now).into_iter().map(StaleView::from).collect();
    (listed.session.status() == Status::Prepared).then(reasons)
}

/// A session, whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// What lists show of it, too.
    #[serde(flatten)]
    pub summary: SessionSummary,
    /// The variables that are set, by name.
    pub variables: VariableViews,
    /// The required variables that show nothing.
    #[schema(example = json!(["server_name"]))]
    pub missing_required: Vec<String>,
    /// The variables whose value was kept although it does not fit.
    pub invalid: Vec<String>,
    /// Every step of the flow, in order.
    pub steps: Vec<StepView>,
    /// What there is to say about the outcome.
    pub outcome_note: String,
    /// What is to be done next.
    pub next_steps: String,
}

/// A session, whole.
pub fn session(
    session: &Session,
    version: &Version,
    values: &Variables,
    records: &StepRecords,
) -> SessionView {
    let outline = &version.outline;
    let steps = outline.steps().iter().enumerate();
    SessionView {
        summary: SessionSummary::new(session, version.document.title().to_owned()),
        variables: variables(outline, values),
        missing_required: missing(outline, values),
        invalid: outline.invalid(values).map(ToString::to_string).collect(),
        steps: steps
            .map(|(position, known)| step(version, position, records.get(&known.id), values))
            .collect(),
        outcome_note: session.outcome_note.clone(),
        next_steps: session.next_steps.clone(),
    }
}

/// One thing that happened in a session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its place in the session's history, from 1, without gaps.
    #[schema(example = 7)]
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor_id: Uuid,
    /// What.
    #[schema(schema_with = event_kinds)]
    pub kind: &'static str,
    /// Names, states and ids that belong to it.
    #[schema(example = json!({"name": "server_name"}))]
    pub facts: BTreeMap<String, String>,
    /// What was typed.
    #[schema(example = json!({"value": "srv-01"}))]
    pub texts: BTreeMap<String, String>,
    /// The hash that binds it to the one before, in hexadecimal.
    pub hash: String,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let texts = event.payload.texts.into_iter();
        Self {
            number: event.number,
            at: event.at,
            actor_id: event.actor_id.uuid(),
            kind: event.kind.as_str(),
            facts: event.payload.facts,
            texts: texts
                .filter_map(|(name, salted)| Some((name, salted.text?)))
                .collect(),
            hash: hexadecimal(&event.hash),
        }
    }
}
