//! `DELETE /invites/{id}`: takes an invite back.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, may_invite_as};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::InviteId;
use resolutionflow_core::member::Standing;
use resolutionflow_core::random::Random;
use resolutionflow_store::account_invites::{self, Left};
use resolutionflow_store::{Tx, audit};

use crate::api::answers::Refusals;
use crate::auth::caller::{Caller, May, MayManageInvites};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Path;

/// The most invites that are audited one by one, where they are revoked together.
const MOST_ENTRIES: usize = 100;

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

/// Revokes the pending invites of who stood so and whose role is this one now, as far as they may not give them any more;
/// all of them where they have none. So are those of others whose link they saw and which lets in whoever has it. Nobody
/// comes back by a link that they made or copied while they were more.
pub async fn left_by(
    tx: &mut Tx,
    caller: &Caller,
    (before, role): (Standing, Option<Role>),
    mailed: bool,
    (now, random): (DateTime<Utc>, &mut Random),
) -> Result<()> {
    let (account, whom) = (caller.account_id, before.user_id);
    let beyond = |given: &Role| !role.is_some_and(|own| may_invite_as(own, *given));
    let given: Vec<Role> = Role::ALL.into_iter().filter(beyond).collect();
    // Whoever was disabled has seen none since, and those from before were revoked then.
    let saw = |given: &Role| before.enabled && may_invite_as(before.role, *given);
    let left = Left {
        by: whom,
        seen: given.iter().copied().filter(saw).collect(),
        given,
        mailed,
    };
    let revoked = account_invites::revoke_left(tx, account, &left, now).await?;
    let action = AuditAction::InviteRevoked;
    let entries: Vec<_> = if revoked.len() > MOST_ENTRIES {
        let object = Object::new("member", whom.uuid());
        let count = format!("{} invites", revoked.len());
        vec![(account, caller.entry(now, random, action, object, &[&count]))]
    } else {
        let each = revoked.iter().map(|id| Object::new("invite", id.uuid()));
        each.map(|object| (account, caller.entry(now, random, action, object, &[])))
            .collect()
    };
    Ok(audit::write_all(tx, &entries).await?)
}
