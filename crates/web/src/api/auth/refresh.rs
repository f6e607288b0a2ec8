//! `POST /auth/refresh`: a refresh token for the next pair of tokens.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::LoggedIn;
use crate::api::answers::Refusals;
use crate::auth::peer::Peer;
use crate::auth::refresh;
use crate::context::App;
use crate::error::Result;
use crate::request::Json;

/// What a program holds since it signed in, or since it came here last.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The newest refresh token.
    #[schema(example = "rf_rt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    pub(super) refresh_token: String,
}

/// Go on
///
/// Answers a new access token, and the refresh token that replaces the one presented. The same one presented again
/// within half a minute is answered the same successor, so a request whose answer was lost is sent again; 409 says that
/// the successor is in use already. Presented later than that, everything that came from the sign-in ends.
#[utoipa::path(post, path = "/auth/refresh", operation_id = "refresh", tag = "auth", security(()),
    request_body = Refresh, responses((status = 200, body = LoggedIn), Refusals))]
pub async fn refresh(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<Refresh>,
) -> Result<Json<LoggedIn>> {
    let pair = refresh::rotate(&app, &peer, &asked.refresh_token).await?;
    Ok(Json(LoggedIn::of(&app, pair)))
}
