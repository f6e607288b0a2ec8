//! `DELETE /invites/{id}`: takes an invite back.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::InviteId;
use resolutionflow_store::{account_invites, audit};

use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayManageInvites};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Path;

/// Revoke an invite
///
/// From then on it lets nobody in.
#[utoipa::path(delete, path = "/invites/{id}", operation_id = "revoke_invite", tag = "members",
    params(("id" = Uuid, Path, description = "The invite")),
    responses((status = 204, description = "It is revoked."), Refusals))]
pub async fn revoke(
    State(app): State<App>,
    May(caller): MayManageInvites,
    Path(id): Path<InviteId>,
) -> Result<StatusCode> {
    let (account, now) = (caller.account_id, app.now());
    let object = Object::new("invite", id.uuid());
    let entry = caller.entry(now, &mut app.random(), AuditAction::InviteRevoked, object, &[]);
    let revoked = app
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let revoked = account_invites::revoke(tx, account, id, now).await?;
                if revoked {
                    audit::write(tx, account, &entry).await?;
                }
                Ok(revoked)
            })
        })
        .await?;
    if revoked {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound)
    }
}
