//! `DELETE /tokens/{id}`: ends a personal token.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::TokenId;
use resolutionflow_store::tokens;

use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayManageOwnTokens};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Path;

/// Revoke a token
///
/// One's own; it fails at the next request.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "revoke_token", tag = "auth",
    params(("id" = Uuid, Path, description = "The token")),
    responses((status = 204, description = "It is revoked."), Refusals))]
pub async fn revoke(
    State(app): State<App>,
    May(caller): MayManageOwnTokens,
    Path(id): Path<TokenId>,
) -> Result<StatusCode> {
    let (account, user) = (caller.account_id, caller.user_id);
    let ended = app
        .write(move |tx| Box::pin(async move { Ok(tokens::revoke(tx, account, user, id).await?) }))
        .await?;
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound)
    }
}
