//! `POST /auth/login`: a password for an access token and a refresh token.

use axum::extract::State;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::ToSchema;

use super::LoggedIn;
use crate::api::answers::Refusals;
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
}

/// Sign in
///
/// Answers tokens for the account that the person joined first. Whether an address exists shows in neither the answer
/// nor its timing.
#[utoipa::path(post, path = "/auth/login", operation_id = "login", tag = "auth", security(()),
    request_body = Login, responses((status = 200, body = LoggedIn), Refusals))]
pub async fn login(State(app): State<App>, parts: Parts, Json(login): Json<Login>) -> Result<Json<LoggedIn>> {
    const REFUSED: Error = Error::Unauthorized("The address or the password is wrong.");
    let Some(person) = sign_in::verify(&app, login.email, login.password).await? else {
        return Err(REFUSED);
    };
    let (device, place) = (login::program(&parts.headers), login::place(&parts));
    let pair = refresh::begin(&app, person.account_id, person.user_id, device, place).await?;
    Ok(Json(LoggedIn::of(&app, pair.ok_or(REFUSED)?)))
}
