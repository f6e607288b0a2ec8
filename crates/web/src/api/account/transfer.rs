//! `POST /account/transfer`: an owner makes somebody else the owner.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::UserId;
use resolutionflow_core::member::{MemberChange, Standing};
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, members};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::{Conflicts, Refusals};
use crate::api::invites::revoke;
use crate::api::members::{Member, require};
use crate::auth::caller::{May, MayManageMembers};
use crate::context::{App, seed};
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::mail;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// Who gets the account.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferAccount {
    /// A member who can sign in.
    pub to: Uuid,
}

/// Transfer ownership
///
/// The member becomes an owner, and the caller, who must be one, an admin. Pending invites that make owners are revoked
/// where the caller made them, or saw their link and it lets in whoever has it. Answers the new owner.
#[utoipa::path(post, path = "/account/transfer", operation_id = "transfer_account", tag = "account",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = TransferAccount, responses((status = 200, body = Member), Refusals, Conflicts))]
pub async fn transfer(
    State(app): State<App>,
    May(caller): MayManageMembers,
    key: Option<IdempotencyKey>,
    Json(body): Json<TransferAccount>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /account/transfer", &body)?;
    let to = UserId::from_uuid(body.to);
    let object = Object::new("member", to.uuid());
    let action = AuditAction::OwnershipTransferred;
    let (now, seed, mailed) = (app.now(), seed(), mail::available(&app));
    let entry = caller.entry(now, &mut app.random(), action, object, &["role"]);
    once::write(&app, key, move |tx| {
        let (caller, entry, mut random) = (caller.clone(), entry.clone(), Random::new(seed));
        Box::pin(async move {
            let account = caller.account_id;
            let whom = members::standing_locked(tx, account, to).await?;
            let whom = whom.ok_or_else(|| Error::unprocessable("/to", "the account has no such member"))?;
            require(tx, &caller, whom, MemberChange::MakeOwnerInstead).await?;
            if !members::transfer(tx, account, caller.user_id, to).await? {
                // The rules agreed under the same lock.
                let detail = "Ownership could not be transferred; read the members again.";
                return Err(Error::conflict(Kind::Conflict, detail));
            }
            audit::write(tx, account, &entry).await?;
            let owner = Standing {
                user_id: caller.user_id,
                role: Role::Owner,
                enabled: true,
            };
            let from = (owner, Some(Role::Admin));
            revoke::left_by(tx, &caller, from, mailed, (now, &mut random)).await?;
            let member = members::find(tx, account, to).await?.ok_or(Error::NotFound)?;
            Answer::new(StatusCode::OK, &Member::from(member))
        })
    })
    .await
}
