//! `POST /sessions/{id}/discard`: discards a prepared or active session.

use axum::extract::State;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session;

use super::command::{Reads, command};
use super::view::SessionView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayDiscardSession};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Path};

/// Discard a session
///
/// It can be reopened for 24 hours.
#[utoipa::path(post, path = "/sessions/{id}/discard", operation_id = "discard_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    responses((status = 200, body = SessionView), Refusals, Conflicts))]
pub async fn discard(
    State(app): State<App>,
    May(caller): MayDiscardSession,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /sessions/{id}/discard"), &())?;
    let rule = |standing: &mut super::command::Standing, act: &mut session::Act<'_>| {
        session::discard(&standing.session, act)
    };
    command(&app, &caller, id, key, Reads::All, rule, |standing, _| {
        standing.answer()
    })
    .await
}
