//! `POST /teams`: a new team.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::TeamId;
use resolutionflow_core::member::MOST_TEAMS;
use resolutionflow_store::{audit, teams};

use super::{NameTeam, Team, named, shown};
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayManageMembers};
use crate::context::App;
use crate::error::Error;
use crate::error::Result;
use crate::error::kinds::Kind;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// Make a team
///
/// For admins and owners. Members are moved into it one by one.
#[utoipa::path(post, path = "/teams", operation_id = "create_team", tag = "members",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = NameTeam, responses((status = 201, body = Team), Refusals, Conflicts))]
pub async fn create(
    State(app): State<App>,
    May(caller): MayManageMembers,
    key: Option<IdempotencyKey>,
    Json(body): Json<NameTeam>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /teams", &body)?;
    let name = body.checked()?;
    let (now, mut random) = (app.now(), app.random());
    let id = TeamId::new(now, &mut random);
    let object = Object::new("team", id.uuid());
    let entry = caller.entry(now, &mut random, AuditAction::TeamCreated, object, &["name"]);
    let account = caller.account_id;
    once::write(&app, key, move |tx| {
        let (name, entry) = (name.clone(), entry.clone());
        Box::pin(async move {
            named(teams::create(tx, account, id, &name).await?, &name, || {
                let detail = format!("An account has {MOST_TEAMS} teams at most.");
                Error::conflict(Kind::LimitReached, detail)
            })?;
            audit::write(tx, account, &entry).await?;
            Answer::new(StatusCode::CREATED, &shown(tx, account, id).await?)
        })
    })
    .await
}
