//! `PATCH /teams/{id}`: another name for a team.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::TeamId;
use resolutionflow_store::{audit, teams};

use super::{NameTeam, Team, named, shown};
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayManageMembers};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// Rename a team
///
/// For admins and owners.
#[utoipa::path(patch, path = "/teams/{id}", operation_id = "rename_team", tag = "members",
    params(("id" = Uuid, Path, description = "The team"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = NameTeam, responses((status = 200, body = Team), Refusals, Conflicts))]
pub async fn rename(
    State(app): State<App>,
    May(caller): MayManageMembers,
    Path(id): Path<TeamId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<NameTeam>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("PATCH /teams/{id}"), &body)?;
    let name = body.checked()?;
    let object = Object::new("team", id.uuid());
    let action = AuditAction::TeamChanged;
    let entry = caller.entry(app.now(), &mut app.random(), action, object, &["name"]);
    let account = caller.account_id;
    once::write(&app, key, move |tx| {
        let (name, entry) = (name.clone(), entry.clone());
        Box::pin(async move {
            // First, so that an id that is not there is 404 whatever the name.
            shown(tx, account, id).await?;
            named(teams::rename(tx, account, id, &name).await?, &name, || {
                Error::NotFound
            })?;
            audit::write(tx, account, &entry).await?;
            Answer::new(StatusCode::OK, &shown(tx, account, id).await?)
        })
    })
    .await
}
