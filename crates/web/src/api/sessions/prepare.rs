//! `POST /sessions/prepare`: sets a session up ahead, for somebody or for anyone in the team.

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::{FlowId, UserId};
use resolutionflow_core::session::{self, Assignee, Preparation};
use resolutionflow_store::members;
use resolutionflow_store::sessions::Begins;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::start::make;
use super::view::SessionView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{Caller, May, MayPrepareSession};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// A session to prepare; nothing but the flow is compulsory.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrepareSession {
    /// The flow; its newest published version will run.
    pub flow_id: Uuid,
    /// Values that are known already.
    #[serde(default)]
    #[schema(example = json!({"server_name": "srv-01"}))]
    pub variables: BTreeMap<String, Option<String>>,
    /// Whether a value that does not fit its type is kept, marked `valid: false`.
    #[serde(default)]
    pub keep_invalid: bool,
    /// Who is to run it: an engineer or above. Absent or `null` leaves it for anyone in the team.
    pub assigned_to_id: Option<Uuid>,
    /// What it is called; like its flow unless said.
    #[schema(example = "Contoso, Saturday window")]
    pub title: Option<String>,
    /// What the assignee should know.
    pub note: Option<String>,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// The reference of the ticket that it is for, in one line.
    #[schema(example = "INC-4711")]
    pub ticket: Option<String>,
    /// Where that ticket is: an absolute http or https address.
    #[schema(example = "https://desk.example.com/tickets/4711")]
    pub ticket_url: Option<String>,
    /// For whom it is, in one line.
    #[schema(example = "Contoso")]
    pub client: Option<String>,
}

/// Prepare a session
///
/// It is not started: `started_at` stays `null` until somebody starts it.
#[utoipa::path(post, path = "/sessions/prepare", operation_id = "prepare_session", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = PrepareSession, responses((status = 201, body = SessionView), Refusals, Conflicts))]
pub async fn prepare(
    State(app): State<App>,
    May(caller): MayPrepareSession,
    key: Option<IdempotencyKey>,
    Json(body): Json<PrepareSession>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /sessions/prepare", &body)?;
    let assignee = match body.assigned_to_id {
        Some(id) => Some(assignee(&app, &caller, UserId::from_uuid(id)).await?),
        None => None,
    };
    let preparation = Preparation {
        values: body.variables,
        keep_invalid: body.keep_invalid,
        assignee,
        title: body.title.unwrap_or_default(),
        note: body.note.unwrap_or_default(),
        due_at: body.due_at,
        ticket: body.ticket.unwrap_or_default(),
        ticket_url: body.ticket_url.unwrap_or_default(),
        client: body.client.unwrap_or_default(),
    };
    let flow = FlowId::from_uuid(body.flow_id);
    make(
        &app,
        &caller,
        key,
        flow,
        Begins::Prepared,
        move |new, outline, act| session::prepare(new, outline, &preparation, act),
    )
    .await
}

/// Somebody to assign a session to, as they stand in the caller's account; a stranger stands nowhere.
pub(super) async fn assignee(app: &App, caller: &Caller, user_id: UserId) -> Result<Assignee> {
    let account = caller.account_id;
    let member = app
        .read(move |tx| Box::pin(async move { Ok(members::find(tx, account, user_id).await?) }))
        .await?;
    let role = member
        .filter(|member| member.disabled_at.is_none())
        .map(|member| member.role);
    Ok(Assignee { user_id, role })
}
