//! `POST /invites/{id}/resend`: new links and a new end for an invite; the links that it had are dead.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use resolutionflow_core::access::may_invite_as;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::InviteId;
use resolutionflow_core::random::Random;
use resolutionflow_store::{account_invites, audit, members};

use super::{InviteView, SentInvite, answer, kept, letter};
use crate::api::answers::{Letters, Refusals};
use crate::auth::caller::{May, MayManageInvites};
use crate::auth::letters;
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::Codes;
use crate::mail;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Path};

/// Send an invite again
///
/// With other links and as much time as a new one, expired or not; the links that it had are dead. Where it has an
/// address and the server sends mail, a letter goes there.
#[utoipa::path(post, path = "/invites/{id}/resend", operation_id = "resend_invite", tag = "members",
    params(("id" = Uuid, Path, description = "The invite"),
           ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    responses((status = 200, body = SentInvite), Refusals, Letters))]
pub async fn resend(
    State(app): State<App>,
    May(caller): MayManageInvites,
    key: Option<IdempotencyKey>,
    Path(id): Path<InviteId>,
) -> Result<Response> {
    let key = once::key(&caller, key, format!("POST /invites/{id}/resend"), &())?;
    let (told, now, seed) = (app.clone(), app.now(), seed());
    let renewed = once::write(&app, key, move |tx| {
        let (app, caller) = (told.clone(), caller.clone());
        Box::pin(async move {
            let account = caller.account_id;
            // Whoever is demoted or removed at this moment would get another link.
            if !members::still_is(tx, account, caller.user_id, caller.role).await? {
                return Err(Error::Forbidden(
                    "Your role in this account does not allow that.".to_owned(),
                ));
            }
            let invite = account_invites::lock(tx, account, id)
                .await?
                .ok_or(Error::NotFound)?;
            if !may_invite_as(caller.role, invite.role) {
                return Err(Error::Forbidden("You can invite up to your own role.".to_owned()));
            }
            if invite.email.is_some() && mail::available(&app) {
                letters::reserve_invites(tx, &app, account, 1, now).await?;
            }
            let codes = Codes::of(&app, id, invite.generation + 1);
            let expires_at = now + app.settings.signup.invite_life;
            let this = (id, invite.generation);
            let renewed = account_invites::renew(tx, account, this, &codes.secrets(), expires_at)
                .await?
                .ok_or(Error::NotFound)?;
            let object = Object::new("invite", id.uuid());
            let action = AuditAction::InviteResent;
            let entry = caller.entry(now, &mut Random::new(seed), action, object, &[]);
            audit::write(tx, account, &entry).await?;
            if renewed.email.is_some() {
                let name = members::account_name(tx, account).await?;
                let inviter = members::find(tx, account, caller.user_id).await?;
                let inviter = inviter.ok_or(Error::NotFound)?.name;
                let to = (renewed.email.as_deref(), renewed.role, renewed.expires_at);
                if let Some(letter) = letter(&app, (&name, &inviter), &codes, to) {
                    mail::send_later(tx, &letter, now).await?;
                }
            }
            Answer::new(StatusCode::OK, &InviteView::from(renewed))
        })
    })
    .await?;
    answer(StatusCode::OK, &SentInvite::of(&app, kept(&renewed)?))
}
