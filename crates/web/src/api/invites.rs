//! Invites into the account: who may come in, as what, until when.

pub mod accept;
pub mod create;
pub mod list;
pub mod resend;
pub mod revoke;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::InviteId;
use resolutionflow_store::account_invites::Invite;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::answers::roles;
use crate::context::App;
use crate::error::{Error, Result};
use crate::inviting::{self, Codes};
use crate::mail;
use crate::mail::Prepared;
use crate::once::Answer;
use crate::request::Json;

/// The operations on invites.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(accept::accept))
        .routes(routes!(revoke::revoke))
        .routes(routes!(resend::resend))
}

/// An invite, without what lets somebody in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InviteView {
    /// Its identifier.
    id: Uuid,
    /// Whom alone it lets in; anybody who has the link where there is none.
    #[schema(example = "ravi@contoso.example")]
    email: Option<String>,
    /// What whoever follows it becomes.
    #[schema(schema_with = roles)]
    role: String,
    /// Which team they are put in.
    team_id: Uuid,
    /// How many people it lets in, in all.
    uses: i64,
    /// How many more.
    uses_left: i64,
    /// How often it was sent; each time it gets new links, and the old ones are dead.
    times_sent: i64,
    /// Who invites.
    created_by_id: Uuid,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it lets nobody in.
    expires_at: DateTime<Utc>,
}

impl From<Invite> for InviteView {
    fn from(invite: Invite) -> Self {
        Self {
            id: invite.id.uuid(),
            email: invite.email,
            role: invite.role.as_str().to_owned(),
            team_id: invite.team_id.uuid(),
            uses: invite.uses,
            uses_left: invite.uses_left,
            times_sent: invite.generation,
            created_by_id: invite.created_by_id.uuid(),
            created_at: invite.created_at,
            expires_at: invite.expires_at,
        }
    }
}

/// An invite that was just sent, with the code that lets somebody in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SentInvite {
    /// The invite.
    #[serde(flatten)]
    invite: InviteView,
    /// Lets somebody in, by `POST /invites/accept` or behind `/invite?code=`.
    #[schema(example = "rf_ic_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    code: String,
    /// The link to hand on; absent where the server does not know its public address.
    #[schema(
        example = "https://flows.contoso.example/invite?code=rf_ic_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
    )]
    link: Option<String>,
}

impl SentInvite {
    /// Adds what is kept in no answer.
    fn of(app: &App, invite: InviteView) -> Self {
        let code = Codes::of(app, InviteId::from_uuid(invite.id), invite.times_sent).copied;
        let link = inviting::link(app, &code);
        Self { invite, code, link }
    }
}

/// Invites that were just sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SentInvites {
    /// The invites.
    items: Vec<SentInvite>,
}

/// Reads an answer as it was kept, without what lets somebody in.
fn kept<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T> {
    serde_json::from_value(answer.value()?).map_err(Error::internal)
}

/// The letter with the link of an invite; nothing where there is no mail, or nobody in particular is invited.
fn letter(
    app: &App,
    (account, inviter): (&str, &str),
    codes: &Codes,
    (email, role, expires_at): (Option<&str>, Role, DateTime<Utc>),
) -> Option<Prepared> {
    let path = inviting::path(&codes.mailed);
    let draft = mail::invited(account, inviter, role, path);
    // Each address was looked at when it was typed.
    mail::prepare(app, email?, &draft, expires_at).ok()
}

/// What is answered, whole.
fn answer(status: StatusCode, body: &impl Serialize) -> Result<Response> {
    Ok((status, Json(serde_json::to_value(body).map_err(Error::internal)?)).into_response())
}
