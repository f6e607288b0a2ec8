//! `POST /auth/logout`: the end of what a program signed in with.

use axum::extract::State;
use axum::http::StatusCode;

use super::refresh::Refresh;
use crate::api::answers::Refusals;
use crate::auth::peer::Peer;
use crate::auth::refresh;
use crate::context::App;
use crate::error::Result;
use crate::request::Json;

/// Sign out
///
/// Ends the sign-in that the refresh token came from, with every token of it; one that is not known is signed out
/// already.
#[utoipa::path(post, path = "/auth/logout", operation_id = "logout", tag = "auth", security(()),
    request_body = Refresh, responses((status = 204), Refusals))]
pub async fn logout(State(app): State<App>, peer: Peer, Json(asked): Json<Refresh>) -> Result<StatusCode> {
    refresh::end(&app, &peer, &asked.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}
