//! `POST /auth/login`: a password for an access token and a refresh token.

use axum::extract::State;
use axum::http::HeaderMap;
use resolutionflow_core::id::AccountId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::LoggedIn;
use crate::api::answers::{Attempts, Refusals};
use crate::auth::peer::Peer;
use crate::auth::{login, refresh, sign_in};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Json;

/// A sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The mail address.
    #[schema(example = "morgan@contoso.example")]
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// Which of the person's accounts to act in; without it the one that they used last.
    account_id: Option<Uuid>,
}

/// Sign in
///
/// Answers tokens for one account. An account that the person is no member of is refused like a wrong password. Whether
/// an address exists shows in neither the answer nor its timing: one that is not confirmed yet is refused like a wrong
/// password, and sent a letter. After too many tries it is 429, and `Retry-After` says in how many seconds to try again;
/// whether the password was right does not matter then.
#[utoipa::path(post, path = "/auth/login", operation_id = "login", tag = "auth", security(()),
    request_body = Login, responses((status = 200, body = LoggedIn), Refusals, Attempts))]
pub async fn login(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Json(login): Json<Login>,
) -> Result<Json<LoggedIn>> {
    let refused = || Error::Unauthorized(sign_in::refusal(&app));
    let Some(mut person) = sign_in::verify(&app, &peer, None, login.email, login.password).await? else {
        return Err(refused());
    };
    if let Some(account) = login.account_id {
        // Whether they are a member of it is asked where the tokens are kept.
        person.account_id = AccountId::from_uuid(account);
    }
    let pair = refresh::begin(&app, &person, login::program(&headers), peer.place()).await?;
    Ok(Json(LoggedIn::of(&app, pair.ok_or_else(refused)?)))
}
