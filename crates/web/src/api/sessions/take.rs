//! `POST /sessions/{id}/take`: takes an unassigned prepared session; exactly one caller does.

use axum::extract::State;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session;

use super::command::{Reads, command};
use super::view::SessionView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayTakeSession};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Path};

/// Take an unassigned session
///
/// Assigns it to the caller; exactly one gets 200, every other 409 and who won.
#[utoipa::path(post, path = "/sessions/{id}/take", operation_id = "take_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    responses((status = 200, body = SessionView), Refusals, Conflicts))]
pub async fn take(
    State(app): State<App>,
    May(caller): MayTakeSession,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /sessions/{id}/take"), &())?;
    let rule = |standing: &mut super::command::Standing, act: &mut session::Act<'_>| {
        session::take(&standing.session, act)
    };
    command(&app, &caller, id, key, Reads::All, rule, |standing, _| {
        standing.answer()
    })
    .await
}
