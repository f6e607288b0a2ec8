//! `GET /sessions/{id}/export`: what was done, by whom, with which values, as one document.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use resolutionflow_core::event::Event;
use resolutionflow_core::export::{self, Options, Report};
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::render;
use resolutionflow_core::session::{Session, StepRecords};
use resolutionflow_core::variable::Variables;
use resolutionflow_store::{Tx, events, members, sessions, steps, variables};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Path, Query};

/// The most events that an export holds; a session with more is exported through the list of events.
const MOST_EVENTS: i64 = 100_000;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionFormat {
    /// For people.
    #[default]
    Markdown,
    /// For programs; holds what verifying the history needs.
    Json,
}

/// What stands for an unset variable.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unset {
    /// `[VAR:name]`.
    #[default]
    Placeholder,
    /// Nothing.
    Blank,
}

/// How to export.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// The form; Markdown unless said.
    #[serde(default)]
    #[param(inline)]
    format: SessionFormat,
    /// What stands for an unset variable; the placeholder unless said.
    #[serde(default)]
    #[param(inline)]
    unset: Unset,
}

/// Export a session
///
/// Title, people, times, values with who and when, each step with its text, state, note and output, the outcome
/// and the activity. One that still runs says "In progress".
#[utoipa::path(get, path = "/sessions/{id}/export", operation_id = "export_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"), ExportQuery),
    responses((status = 200, content((String = "text/markdown"), (Object = "application/json"))), Refusals))]
pub async fn export(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let account = caller.account_id;
    let kept = app
        .read_long(move |tx| Box::pin(async move { read(tx, account, id).await }))
        .await?;
    let version = app
        .versions
        .get(&app.db, account, kept.session.flow_id, kept.session.flow_version)
        .await?;
    let report = Report {
        session: &kept.session,
        document: &version.document,
        outline: &version.outline,
        compiled: &version.compiled,
        variables: &kept.variables,
        steps: &kept.steps,
        events: &kept.events,
        names: &kept.names,
        now: app.now(),
    };
    let unset = match query.unset {
        Unset::Placeholder => render::Unset::Placeholder,
        Unset::Blank => render::Unset::Blank,
    };
    let options = Options { unset };
    let (kind, ending, text) = match query.format {
        SessionFormat::Markdown => {
            let mut text = String::new();
            export::markdown(&report, &options, &mut text);
            ("text/markdown; charset=utf-8", "md", text)
        }
        SessionFormat::Json => {
            let text = serde_json::to_string(&export::json(&report, &options)).map_err(Error::internal)?;
            ("application/json", "json", text)
        }
    };
    let name = format!(
        "attachment; filename=\"session-{:04}.{ending}\"",
        kept.session.number
    );
    Ok((
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)],
        text,
    )
        .into_response())
}

/// All that is kept of a session, at one moment.
struct Kept {
    session: Session,
    variables: Variables,
    steps: StepRecords,
    events: Vec<Event>,
    names: BTreeMap<UserId, String>,
}

async fn read(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Kept> {
    let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
    let variables = variables::all(tx, account, id).await?;
    let steps = steps::all(tx, account, id).await?;
    let events = events::after(tx, account, id, 0, MOST_EVENTS).await?;
    // Whoever set a value, worked a step or was assigned did so in an event, or stands in the session's row.
    let mut people: BTreeSet<UserId> = events.iter().map(|event| event.actor_id).collect();
    people.extend(
        [session.prepared_by_id, session.assigned_to_id, session.owner_id]
            .into_iter()
            .flatten(),
    );
    let assigned = events
        .iter()
        .filter_map(|event| event.payload.facts.get("assigned_to_id"));
    people.extend(assigned.filter_map(|id| id.parse::<UserId>().ok()));
    let people: Vec<_> = people.into_iter().collect();
    let names = members::names(tx, account, &people).await?;
    Ok(Kept {
        session,
        variables,
        steps,
        events,
        names,
    })
}
