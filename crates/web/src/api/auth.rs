//! `POST /auth/login`: a password for an access token.

use axum::extract::State;
use resolutionflow_core::audit::By;
use resolutionflow_core::id::Id;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answers::{Attempts, Refusals};
use crate::auth::peer::Peer;
use crate::auth::{secret, sign_in};
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

/// A token for the requests that follow.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// Send it as `Authorization: Bearer`.
    #[schema(example = "rf_at_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// After how many seconds it is refused.
    #[schema(example = 600)]
    expires_in: u64,
}

/// Sign in
///
/// Answers an access token for the account that the person joined first. Whether an address exists shows in
/// neither the answer nor its timing. After too many tries it is 429, and `Retry-After` says in how many seconds to
/// try again; whether the password was right does not matter then.
#[utoipa::path(post, path = "/auth/login", operation_id = "login", tag = "auth", security(()),
    request_body = Login, responses((status = 200, body = LoggedIn), Refusals, Attempts))]
pub async fn login(State(app): State<App>, peer: Peer, Json(login): Json<Login>) -> Result<Json<LoggedIn>> {
    const REFUSED: Error = Error::Unauthorized("The address or the password is wrong.");
    let Some(person) = sign_in::verify(&app, &peer, None, login.email, login.password).await? else {
        return Err(REFUSED);
    };

    let (now, mut random, life) = (app.now(), app.random(), app.settings.auth.access_token);
    let secret = secret::make(TokenKind::Access, &mut random);
    let token = NewToken {
        hash: secret::digest(&secret),
        id: Id::new(now, &mut random),
        kind: TokenKind::Access,
        user_id: person.user_id,
        name: String::new(),
        expires_at: now + life,
    };
    let made = app
        .write(move |tx| {
            let (person, token) = (person.clone(), token.clone());
            Box::pin(async move {
                let made = tokens::create(tx, person.account_id, &token, now).await?;
                if made {
                    person.note(tx, By::Token(token.id)).await?;
                }
                Ok(made)
            })
        })
        .await?;
    if !made {
        return Err(REFUSED);
    }
    Ok(Json(LoggedIn {
        access_token: secret,
        token_type: "Bearer",
        expires_in: life.as_secs(),
    }))
}
