//! `POST /sessions/{id}/start`: starts a prepared session; exactly one caller does.

use axum::extract::State;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session;

use super::command::{Reads, command};
use super::view::SessionView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayStartSession};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Path};

/// Start a prepared session
///
/// Exactly one caller gets 200; every other gets 409 and is told who won.
#[utoipa::path(post, path = "/sessions/{id}/start", operation_id = "start_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    responses((status = 200, body = SessionView), Refusals, Conflicts))]
pub async fn start_prepared(
    State(app): State<App>,
    May(caller): MayStartSession,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /sessions/{id}/start"), &())?;
    let rule = |standing: &mut super::command::Standing, act: &mut session::Act<'_>| {
        session::start_prepared(&standing.session, act)
    };
    command(&app, &caller, id, key, Reads::All, rule, |standing, _| {
        standing.answer()
    })
    .await
}
