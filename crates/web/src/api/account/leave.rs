//! `POST /account/leave`: the caller is no member any more, and their open sessions are others'.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::AuditAction;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::{Conflicts, Refusals};
use crate::api::members::remove;
use crate::api::sessions::hand_over::To;
use crate::auth::caller::{May, MayLeaveAccount};
use crate::context::App;
use crate::error::Result;
use crate::request::Json;

/// Where the caller's open sessions go.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveAccount {
    /// Who gets them: a member's id, or `team`, which leaves what is prepared for anyone in its team. Needed where there
    /// are any.
    #[schema(example = "team")]
    pub sessions_to: Option<String>,
    /// Who gets the active ones, where that is somebody else: a member's id.
    pub active_to: Option<Uuid>,
}

/// Leave the account
///
/// The last owner stays: 409. Everything that the caller is signed in with in this account ends, this token included.
#[utoipa::path(post, path = "/account/leave", operation_id = "leave_account", tag = "account",
    request_body = LeaveAccount,
    responses((status = 204, description = "The caller is no member any more."), Refusals, Conflicts))]
pub async fn leave(
    State(app): State<App>,
    May(caller): MayLeaveAccount,
    Json(body): Json<LeaveAccount>,
) -> Result<StatusCode> {
    let to = To::parse(body.sessions_to.as_deref(), body.active_to)?;
    remove::go(&app, &caller, caller.user_id, to, AuditAction::MemberLeft).await?;
    Ok(StatusCode::NO_CONTENT)
}
