//! `POST /tokens`: a personal token for a program.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::{Scope, Scopes};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::Id;
use resolutionflow_store::audit;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::{Refusals, scope_list};
use crate::auth::caller::{Caller, May, MayManageOwnTokens};
use crate::auth::secret;
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// The longest life of a personal token, in days.
pub const LONGEST: i64 = 366;

/// A token to make.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What to call it.
    #[schema(example = "nightly report", max_length = 200)]
    pub name: String,
    /// After how many days it is refused; 90 unless said.
    #[schema(minimum = 1, maximum = 366, example = 90)]
    pub expires_in_days: Option<i64>,
    /// What it may; all that the caller may unless said.
    #[schema(schema_with = scope_list)]
    pub scopes: Option<Vec<Scope>>,
}

/// A new token. This is the only time that its secret is shown.
#[derive(Serialize, ToSchema)]
pub struct CreatedToken {
    /// Its identifier, to revoke it by.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Send it as `Authorization: Bearer`.
    #[schema(example = "rf_pat_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    pub token: String,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
    /// What it may.
    #[schema(schema_with = scope_list)]
    pub scopes: Vec<Scope>,
}

/// Make a personal token
///
/// It acts as its owner, in this account, within its scopes: `read` sees, `run` prepares and runs sessions, `author`
/// writes flows, `admin` looks after the account and what is one's own. None is part of another, and a token hands on
/// no scope that it lacks. An `Idempotency-Key` is not taken, since no secret is ever kept in an
/// answer.
#[utoipa::path(post, path = "/tokens", operation_id = "create_token", tag = "auth", request_body = CreateToken,
    responses((status = 201, body = CreatedToken), Refusals))]
pub async fn create(
    State(app): State<App>,
    May(caller): MayManageOwnTokens,
    Json(body): Json<CreateToken>,
) -> Result<(StatusCode, Json<CreatedToken>)> {
    let made = make(&app, &caller, None, body).await?;
    let created = made.ok_or_else(|| Error::internal("a token without a key was made before"))?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Makes a token, once for its key; nothing where it was made before, since its secret is kept nowhere.
pub(crate) async fn make(
    app: &App,
    caller: &Caller,
    key: Option<IdempotencyKey>,
    body: CreateToken,
) -> Result<Option<CreatedToken>> {
    let key = once::key(caller, key, "POST /settings/tokens", &body)?;
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        return Err(Error::unprocessable(
            "/name",
            "must be one line of 1 to 200 bytes",
        ));
    }
    let days = body.expires_in_days.unwrap_or(90);
    if !(1..=LONGEST).contains(&days) {
        return Err(Error::unprocessable(
            "/expires_in_days",
            format!("must be 1 to {LONGEST}"),
        ));
    }
    let scopes: Scopes = match body.scopes {
        Some(scopes) => scopes.into_iter().collect(),
        None => caller.scopes,
    };
    if scopes.is_empty() {
        return Err(Error::unprocessable("/scopes", "name at least one scope"));
    }
    caller.require_scopes(scopes)?;
    let (now, mut random) = (app.now(), app.random());
    let secret = secret::make(TokenKind::Personal, &mut random);
    let token = NewToken {
        hash: secret::digest(&secret),
        id: Id::new(now, &mut random),
        kind: TokenKind::Personal,
        user_id: caller.user_id,
        auth_epoch: caller.auth_epoch,
        name: name.clone(),
        expires_at: now + TimeDelta::days(days),
        family_id: None,
        scopes,
    };
    let (account, id, expires_at) = (caller.account_id, token.id.uuid(), token.expires_at);
    let object = Object::new("token", id);
    let entry = caller.entry(now, &mut random, AuditAction::TokenCreated, object, &[]);
    let answer = once::write(app, key, move |tx| {
        let (token, entry) = (token.clone(), entry.clone());
        Box::pin(async move {
            if !tokens::create(tx, account, &token, now).await? {
                return Err(Error::NotFound);
            }
            audit::write(tx, account, &entry).await?;
            Answer::new(StatusCode::CREATED, &json!({ "id": id }))
        })
    })
    .await?;
    let created = CreatedToken {
        id,
        name,
        token: secret,
        expires_at,
        scopes: scopes.iter().collect(),
    };
    Ok((answer.id()? == id).then_some(created))
}
