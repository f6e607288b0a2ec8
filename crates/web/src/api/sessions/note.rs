//! `POST /sessions/{id}/notes`: a note on the session as a whole, also after its completion.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{self, Change};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::{Reads, Standing, command};
use super::view::EventView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayAddNote};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// A note to add.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNote {
    /// What it says.
    #[schema(example = "The old host stays up until Monday.")]
    pub text: String,
}

/// Add a note
///
/// After completion it is a late note, and the history says so.
#[utoipa::path(post, path = "/sessions/{id}/notes", operation_id = "add_note", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = AddNote, responses((status = 201, body = EventView), Refusals, Conflicts))]
pub async fn add_note(
    State(app): State<App>,
    May(caller): MayAddNote,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<AddNote>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /sessions/{id}/notes"), &body)?;
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        session::add_note(&standing.session, &body.text, act)
    };
    let answer = |_: &Standing, change: &Change| {
        let event = change
            .events
            .first()
            .cloned()
            .ok_or_else(|| Error::internal("a note has no event"))?;
        Answer::new(StatusCode::CREATED, &EventView::from(event))
    };
    command(&app, &caller, id, key, Reads::Session, rule, answer).await
}
