//! `PATCH /me`: what the caller is called.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::member;
use resolutionflow_core::random::Random;
use resolutionflow_store::db::Topic;
use resolutionflow_store::{audit, members, users};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Me, look};
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayChangeOwnProfile};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// What to change; what is absent is not touched.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMe {
    /// What to be called, in every account: one line.
    #[schema(example = "Morgan Osei", min_length = 1, max_length = 200)]
    pub name: Option<String>,
}

/// Change your profile
///
/// The name holds in every account. The mail address stays as it is.
#[utoipa::path(patch, path = "/me", operation_id = "change_me", tag = "auth",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = ChangeMe, responses((status = 200, body = Me), Refusals, Conflicts))]
pub async fn change(
    State(app): State<App>,
    May(caller): MayChangeOwnProfile,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangeMe>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "PATCH /me", &body)?;
    let name = body.name.as_deref().map(member::name).transpose();
    let name = name.map_err(|why| Error::unprocessable("/name", why))?;
    let (account, user, now, seed) = (caller.account_id, caller.user_id, app.now(), seed());
    once::write(&app, key, move |tx| {
        let (name, caller) = (name.clone(), caller.clone());
        Box::pin(async move {
            if let Some(name) = name {
                members::set_name(tx, user, &name).await?;
                let (at, accounts) = ((now, &mut Random::new(seed)), users::accounts(tx, user).await?);
                let entries = caller.entries_of(at, AuditAction::ProfileChanged, &accounts, &["name"]);
                audit::write_all(tx, &entries).await?;
                for account in accounts {
                    tx.wake(Topic::Account(account));
                }
            }
            Answer::new(StatusCode::OK, &look(tx, account, user).await?)
        })
    })
    .await
}
