//! `DELETE /tokens/{id}`: ends a personal token.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::TokenId;
use resolutionflow_store::{audit, tokens};

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
    let object = Object::new("token", id.uuid());
    let entry = caller.entry(
        app.now(),
        &mut app.random(),
        AuditAction::TokenRevoked,
        object,
        &[],
    );
    let ended = app
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let ended = tokens::revoke(tx, account, user, id).await?;
                if ended {
                    audit::write(tx, account, &entry).await?;
                }
                Ok(ended)
            })
        })
        .await?;
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound)
    }
}
