//! `POST /invites/accept`: follows an invite into another account.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, members};
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};
use uuid::Uuid;

use crate::api::answers::{Conflicts, ProblemDocument, Refusals, roles};
use crate::auth::caller::{May, MayJoinAccount};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::Code;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// An invite to follow.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvite {
    /// The code in its link.
    #[schema(example = "rf_ic_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    pub code: String,
}

/// The account that the caller is a member of now.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Joined {
    /// The account.
    pub account_id: Uuid,
    /// What it is called.
    #[schema(example = "Contoso")]
    pub account_name: String,
    /// The caller's role there.
    #[schema(schema_with = roles)]
    role: String,
}

impl Joined {
    /// Reads an answer.
    pub(crate) fn of(answer: &Answer) -> Result<Self> {
        serde_json::from_value(answer.value()?).map_err(Error::internal)
    }

    /// The caller's role there.
    pub(crate) fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }
}

/// The refusal of an invite that was good once.
#[derive(IntoResponses)]
pub enum Over {
    /// It has expired, was used up or was revoked; `detail` says whom to ask for another one.
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(ProblemDocument),
}

/// Follow an invite
///
/// Makes the caller a member of the account that they are invited to. Their token goes on acting in the account that it
/// is of: sign in there with a token of that account.
#[utoipa::path(post, path = "/invites/accept", operation_id = "accept_invite", tag = "members",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = AcceptInvite, responses((status = 200, body = Joined), Refusals, Conflicts, Over))]
pub async fn accept(
    State(app): State<App>,
    May(caller): MayJoinAccount,
    key: Option<IdempotencyKey>,
    Json(body): Json<AcceptInvite>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /invites/accept", &body)?;
    let code = Code::parse(&body.code)?;
    let (now, seed) = (app.now(), seed());
    once::write(&app, key, move |tx| {
        let caller = caller.clone();
        Box::pin(async move {
            let me = members::find(tx, caller.account_id, caller.user_id).await?;
            let me = me.ok_or(Error::NotFound)?;
            let accepted = code.join(tx, (caller.user_id, &me.email), now).await?;
            let object = Object::new("invite", accepted.id.uuid());
            let action = AuditAction::InviteAccepted;
            let entry = caller.entry(now, &mut Random::new(seed), action, object, &[]);
            audit::write(tx, accepted.account_id, &entry).await?;
            let joined = Joined {
                account_id: accepted.account_id.uuid(),
                account_name: members::account_name(tx, accepted.account_id).await?,
                role: accepted.role.as_str().to_owned(),
            };
            // The answer is kept where the caller asked.
            tx.go_on_in(caller.account_id);
            Answer::new(StatusCode::OK, &joined)
        })
    })
    .await
}
