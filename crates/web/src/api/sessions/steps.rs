//! `PUT /sessions/{id}/steps/{step}`: works one step, so nobody overwrites another's.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{self, Change, StepState, StepWork};
use resolutionflow_core::step::StepId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::{Reads, Standing, command};
use super::view::{self, StepView};
use crate::api::answers::{Conflicts, Refusals, statuses, step_states};
use crate::auth::caller::{May, MayWorkSteps};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// What to do with a step; what is absent is not touched.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkStep {
    /// Where it stands.
    #[schema(schema_with = step_states)]
    pub state: Option<StepState>,
    /// What people write about it.
    pub note: Option<String>,
    /// What a command printed.
    pub output: Option<String>,
    /// Why it is skipped; goes with `"state": "skipped"`.
    pub reason: Option<String>,
    /// The label of a choice, where the step branches; empty takes it back.
    pub choice: Option<String>,
    /// Items of its body to tick or clear, counted from 0.
    #[serde(default)]
    #[schema(example = json!({"0": true}))]
    pub checks: BTreeMap<u16, bool>,
    /// The step's version that was seen, to change only what was seen; 0 stands for untouched.
    pub expected_version: Option<i64>,
}

/// What working a step did.
#[derive(Serialize, ToSchema)]
pub struct WorkedStep {
    /// The session's version now.
    version: i64,
    /// The session's status now; the first work on a prepared one starts it.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// The step as it stands now.
    step: StepView,
}

/// Work a step
///
/// Marks it done, skipped or open, and keeps its note and output. The first work on a prepared session starts it.
#[utoipa::path(put, path = "/sessions/{id}/steps/{step}", operation_id = "work_step", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("step" = String, Path, description = "The step's id in the flow"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = WorkStep, example = json!({"state": "done", "note": "took two tries"})),
    responses((status = 200, body = WorkedStep), Refusals, Conflicts))]
pub async fn work_step(
    State(app): State<App>,
    May(caller): MayWorkSteps,
    Path((id, step)): Path<(SessionId, String)>,
    key: Option<IdempotencyKey>,
    Json(body): Json<WorkStep>,
) -> Result<Answer> {
    let step = StepId::parse(&step).map_err(|_| Error::NotFound)?;
    let key = once::key(&caller, key, format!("PUT /sessions/{id}/steps/{step}"), &body)?;
    let version = super::command::version_of(&app, &caller, id).await?;
    version.compiled.position(&step).ok_or(Error::NotFound)?;
    let work = StepWork {
        state: body.state,
        note: body.note,
        output: body.output,
        reason: body.reason,
        choice: body.choice,
        checks: body.checks,
        expected_version: body.expected_version,
    };
    let (worked, answered) = (step.clone(), step.clone());
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        // It moved to another version since: one without this step.
        let known = standing.version.outline.step(worked.as_str());
        let known = known.ok_or(session::Refusal::SessionConflict(standing.session.version))?;
        session::work_step(
            &standing.session,
            known,
            standing.steps.get(&known.id),
            &work,
            act,
        )
    };
    let answer = move |standing: &Standing, _: &Change| {
        let record = standing.steps.get(&answered);
        let position = standing
            .version
            .compiled
            .position(&answered)
            .ok_or(Error::NotFound)?;
        let answer = WorkedStep {
            version: standing.session.version,
            status: standing.session.status().as_str(),
            step: view::step(&standing.version, position, record, &standing.variables),
        };
        Answer::new(StatusCode::OK, &answer)
    };
    command(&app, &caller, id, key, Reads::Step(step), rule, answer).await
}
