//! `DELETE /members/{id}`: a person is no member any more, and their open sessions are others'.
//!
//! The sessions go first, a few in each transaction, and the member with the last one: where the server stops between,
//! a member has fewer sessions, and nothing is lost.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::UserId;
use resolutionflow_core::member::{MemberChange, Untouchable};
use resolutionflow_core::problem::{Place, Problem};
use resolutionflow_core::random::Random;
use resolutionflow_store::members::Removed;
use resolutionflow_store::{audit, members, sessions};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{require, rule, standing};
use crate::api::answers::{Conflicts, Refusals};
use crate::api::invites::revoke;
use crate::api::sessions::hand_over::{self, To};
use crate::auth::caller::{Caller, May, MayManageMembers};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::mail;
use crate::request::{Path, Query};

/// Where the sessions go.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RemoveQuery {
    /// Who gets the member's open sessions: a member's id, or `team`, which leaves what is prepared for anyone in its
    /// team. Needed where there are any.
    #[param(example = "team")]
    pub sessions_to: Option<String>,
    /// Who gets the active ones, where that is somebody else: a member's id.
    pub active_to: Option<Uuid>,
}

/// Remove a member
///
/// For admins and owners; oneself leaves by `POST /account/leave`. What they did keeps their name. Everything that they
/// are signed in with in this account ends, and their personal tokens of it and the pending invites that they made are
/// revoked; so are those of others whose link they saw, where it lets in whoever has it: without an address, or where the
/// server sends no mail. In other accounts nothing changes. With many sessions this takes a moment; where it breaks off,
/// send it again.
#[utoipa::path(delete, path = "/members/{id}", operation_id = "remove_member", tag = "members",
    params(("id" = Uuid, Path, description = "The member"), RemoveQuery),
    responses((status = 204, description = "They are no member any more."), Refusals, Conflicts))]
pub async fn remove(
    State(app): State<App>,
    May(caller): MayManageMembers,
    Path(id): Path<UserId>,
    Query(query): Query<RemoveQuery>,
) -> Result<StatusCode> {
    let to = To::parse(query.sessions_to.as_deref(), query.active_to).map_err(by_parameter)?;
    let entry = AuditAction::MemberRemoved;
    go(&app, &caller, id, to, entry).await.map_err(by_parameter)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same faults, at the parameter that has them.
fn by_parameter(error: Error) -> Error {
    match error {
        Error::Unprocessable(problems) => {
            let Some(Problem {
                place: Place::Pointer { pointer },
                detail,
            }) = problems.into_iter().next()
            else {
                return Error::unprocessable("", "the request does not fit");
            };
            Error::UnprocessableParameter {
                name: pointer.trim_start_matches('/').to_owned(),
                detail,
            }
        }
        other => other,
    }
}

/// Hands over a member's sessions and removes them; also who leaves by themselves goes this way.
pub async fn go(app: &App, caller: &Caller, whom: UserId, to: To, action: AuditAction) -> Result<()> {
    let account = caller.account_id;
    let asking = caller.clone();
    let held = app
        .read(move |tx| {
            let caller = asking.clone();
            Box::pin(async move {
                let standing = members::standing(tx, account, whom)
                    .await?
                    .ok_or(Error::NotFound)?;
                require(tx, &caller, standing, MemberChange::Remove).await?;
                Ok(sessions::count_held(tx, account, whom).await?)
            })
        })
        .await?;
    to.check(held)?;
    // Somebody may give them a session while they go; then it is handed over like the others.
    loop {
        while hand_over::some(app, caller, whom, to).await? {}
        if finish(app, caller, whom, action).await? {
            return Ok(());
        }
    }
}

/// The last transaction: the member goes, unless a session is theirs again.
async fn finish(app: &App, caller: &Caller, whom: UserId, action: AuditAction) -> Result<bool> {
    let (caller, now, seed) = (caller.clone(), app.now(), seed());
    let mailed = mail::available(app);
    let done = app
        .db
        .write(move |tx| {
            let caller = caller.clone();
            Box::pin(async move {
                let account = caller.account_id;
                let found = standing(tx, &caller, whom).await?;
                require(tx, &caller, found, MemberChange::Remove).await?;
                match members::remove(tx, account, whom, now).await? {
                    Removed::Done => {}
                    Removed::Stays => return Err(Undone::Refused(rule::refused(Untouchable::LastOwner))),
                    Removed::Holds => return Err(Undone::Holds),
                }
                let mut random = Random::new(seed);
                let object = Object::new("member", whom.uuid());
                let entry = caller.entry(now, &mut random, action, object, &[]);
                audit::write(tx, account, &entry).await?;
                revoke::left_by(tx, &caller, (found, None), mailed, (now, &mut random)).await?;
                Ok(())
            })
        })
        .await;
    match done {
        Ok(()) => Ok(true),
        Err(Undone::Holds) => Ok(false),
        Err(Undone::Refused(error)) => Err(error),
    }
}

/// Why the last transaction is undone.
enum Undone {
    /// Sessions are theirs still.
    Holds,
    Refused(Error),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<resolutionflow_store::Error> for Undone {
    fn from(error: resolutionflow_store::Error) -> Self {
        Self::Refused(error.into())
    }
}
