//! `POST /sessions/{id}/steps/{step}`: marks a step and keeps what was written about it, for who runs no scripts.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::StepState;
use resolutionflow_core::step::StepId;

use super::refused::{self, Refused, TypedStep};
use super::snapshot::Snapshot;
use super::variables::address;
use crate::api::sessions::steps::{WorkStep, work_step};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, Visitor};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::pages::refusal::Refusal;
use crate::request::{IdempotencyKey, Json, Pairs, Path};
use crate::versions::Version;

/// Works a step.
pub(super) async fn work(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::WorkSteps as usize }>,
    Path((id, step)): Path<(SessionId, String)>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let sent = Sent::read(pairs)?;
    let here = address(id, Some(&step));
    let blank = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
    // To ask for a place to write changes nothing, and must not start a prepared session.
    if sent.opens_note && blank(&sent.work.note) && blank(&sent.work.output) {
        return Ok(Redirect::to(&format!("{here}#note-{step}")).into_response());
    }
    let finishes = matches!(sent.work.state, Some(StepState::Done | StepState::Skipped));
    let (choice, opens_note) = (sent.work.choice.clone(), sent.opens_note);
    let typed = TypedStep {
        step: step.clone(),
        note: sent.work.note.clone(),
        output: sent.work.output.clone(),
        reason: sent.reason,
    };
    let path = Path((id, step.clone()));
    let caller = May(visitor.caller.clone());
    if let Err(error) = work_step(State(app.clone()), caller, path, sent.key, Json(sent.work)).await {
        let refusal = Refusal::of(error)?;
        let refused = Refused {
            what: Some(refused::text(&refusal)),
            step: Some(typed),
            is_newer: refusal.error().kind() == Kind::NewerValue,
            ..Refused::default()
        };
        let page = refused::again(&app, &visitor, id, Some(step), refused).await?;
        return Ok(refusal.answer(page));
    }
    let to = match finishes {
        true => address(
            id,
            Some(&next(&app, &visitor, id, &step, choice.as_deref()).await?),
        ),
        false if opens_note => format!("{here}#note-{step}"),
        false => here,
    };
    Ok(Redirect::to(&to).into_response())
}

/// Where a finished step leads: to the one that was chosen, else to the next open one, else it stays.
async fn next(
    app: &App,
    visitor: &Visitor,
    id: SessionId,
    step: &str,
    choice: Option<&str>,
) -> Result<String> {
    let account = visitor.caller.account_id;
    let snapshot = Snapshot::read(app, account, id, None).await?;
    let session = &snapshot.session;
    let version = app
        .versions
        .get(&app.db, account, session.flow_id, session.flow_version)
        .await?;
    let chosen = choice.and_then(|choice| target(&version, step, choice));
    let steps = version.outline.steps();
    let at = steps
        .iter()
        .position(|known| known.id.as_str() == step)
        .unwrap_or_default();
    let is_open = |id: &StepId| {
        snapshot
            .steps
            .get(id)
            .is_none_or(|record| record.state == StepState::Open)
    };
    let mut others = steps[at..].iter().chain(&steps[..at]).map(|known| &known.id);
    let to = chosen.or_else(|| others.find(|id| is_open(id)).cloned());
    Ok(to.map_or_else(|| step.to_owned(), |to| to.to_string()))
}

fn target(version: &Version, step: &str, choice: &str) -> Option<StepId> {
    let choices = &version.outline.step(step)?.choices;
    let chosen = choices.iter().find(|known| known.label == choice)?;
    Some(chosen.step.clone())
}

/// A form that was sent.
struct Sent {
    key: Option<IdempotencyKey>,
    work: WorkStep,
    opens_note: bool,
    /// As it was typed.
    reason: Option<String>,
}

impl Sent {
    fn read(pairs: Vec<(String, String)>) -> Result<Self> {
        let mut work = WorkStep::default();
        let (mut key, mut opens_note, mut reason) = (None, false, None);
        let mut checks: BTreeMap<u16, bool> = BTreeMap::new();
        for (name, text) in pairs {
            match name.as_str() {
                "key" => key = IdempotencyKey::parse(&text),
                "state" => {
                    let state = StepState::parse(&text);
                    work.state =
                        Some(state.ok_or_else(|| Error::unprocessable("/state", "is no state of a step"))?);
                }
                "choice" => {
                    work.state = Some(StepState::Done);
                    work.choice = Some(text);
                }
                "note" => work.note = Some(text.replace("\r\n", "\n")),
                "output" => work.output = Some(text.replace("\r\n", "\n")),
                "reason" => reason = Some(text),
                "step_version" => work.expected_version = text.parse().ok(),
                "note-open" => opens_note = true,
                // Each box that could be ticked is named, and those that are stand twice.
                "box" => {
                    checks.entry(item(&text)?).or_insert(false);
                }
                "check" => {
                    checks.insert(item(&text)?, true);
                }
                _ => {}
            }
        }
        if work.state == Some(StepState::Skipped) {
            let said = reason
                .as_deref()
                .map(str::trim)
                .filter(|reason| !reason.is_empty());
            work.reason = said.map(str::to_owned);
        }
        if work.state == Some(StepState::Open) {
            work.choice = Some(String::new());
        }
        work.checks = checks;
        Ok(Self {
            key,
            work,
            opens_note,
            reason,
        })
    }
}

fn item(text: &str) -> Result<u16> {
    text.parse()
        .map_err(|_| Error::unprocessable("/checks", "is no number of an item"))
}
