//! `PATCH /sessions/{id}`: title, note, ticket, client, assignee, due time and outcome.

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::{SessionId, UserId};
use resolutionflow_core::session::{self, Details, Outcome};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::command::{Reads, Standing, command};
use super::prepare::assignee;
use super::view::SessionView;
use crate::api::answers::{Conflicts, Refusals, outcomes};
use crate::auth::caller::{May, MayChangeDetails};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, IfMatch, Json, Path};

/// What to change; what is absent is not touched.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSession {
    /// What it is called; empty means like its flow.
    pub title: Option<String>,
    /// What the assignee should know.
    pub note: Option<String>,
    /// The reference of the ticket that it is for, in one line; empty takes it away.
    pub ticket: Option<String>,
    /// Where that ticket is: an absolute http or https address; empty takes it away.
    pub ticket_url: Option<String>,
    /// For whom it is, in one line; empty takes it away.
    pub client: Option<String>,
    /// Who is to run it: an engineer or above; `null` leaves it for anyone in the team.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Uuid>)]
    pub assigned_to_id: Option<Option<Uuid>>,
    /// What to tell whoever goes on; goes with `assigned_to_id`, and stands in the history.
    pub handover_note: Option<String>,
    /// When it should be done; `null` takes the time away.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub due_at: Option<Option<DateTime<Utc>>>,
    /// How it went so far; `null` takes it back.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(schema_with = outcomes)]
    pub outcome: Option<Option<Outcome>>,
    /// What there is to say about that.
    pub outcome_note: Option<String>,
    /// What is to be done next.
    pub next_steps: Option<String>,
}

/// Keeps `null` apart from an absent member.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Change a session
///
/// With `If-Match: "VERSION"` only where nothing else changed since; else 412.
#[utoipa::path(patch, path = "/sessions/{id}", operation_id = "change_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("If-Match" = Option<String>, Header, description = "The session's version that was seen, in quotes"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = ChangeSession, example = json!({"title": "Contoso, Saturday window"})),
    responses((status = 200, body = SessionView), Refusals, Conflicts,
        (status = 412, description = "Another version stands.")))]
pub async fn change(
    State(app): State<App>,
    May(caller): MayChangeDetails,
    Path(id): Path<SessionId>,
    if_match: Option<IfMatch>,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangeSession>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("PATCH /sessions/{id}"), &body)?;
    let assignee = match body.assigned_to_id {
        None => None,
        Some(None) => Some(None),
        Some(Some(user)) => Some(Some(assignee(&app, &caller, UserId::from_uuid(user)).await?)),
    };
    let details = Details {
        title: body.title,
        note: body.note,
        ticket: body.ticket,
        ticket_url: body.ticket_url,
        client: body.client,
        assignee,
        handover_note: body.handover_note,
        due_at: body.due_at,
        outcome: body.outcome,
        outcome_note: body.outcome_note,
        next_steps: body.next_steps,
        expected_versions: if_match.and_then(|if_match| match if_match {
            IfMatch::Any => None,
            IfMatch::Versions(versions) => Some(versions),
        }),
    };
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        session::change_details(&standing.session, &details, act)
    };
    command(&app, &caller, id, key, Reads::All, rule, |standing, _| {
        standing.answer()
    })
    .await
}
