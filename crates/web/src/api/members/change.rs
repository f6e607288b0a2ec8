//! `PATCH /members/{id}`: a member's role, team, and whether they can sign in.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::member::{MemberChange, Untouchable};
use resolutionflow_core::random::Random;
use resolutionflow_store::{Tx, audit, members, sessions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Member, require, rule, standing};
use crate::api::answers::{Conflicts, Refusals, roles};
use crate::api::invites::revoke;
use crate::auth::caller::{Caller, May, MayManageMembers};
use crate::context::{App, seed};
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::mail;
use crate::once::{self, Answer};
use crate::pages::words::counted;
use crate::request::{IdempotencyKey, Json, Path};

/// What to change; what is absent is not touched.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMember {
    /// What they are in the account. Only an owner makes or changes owners, and one always stays.
    #[schema(schema_with = roles)]
    pub role: Option<Role>,
    /// The team whose queue they see.
    pub team_id: Option<Uuid>,
    /// Whether they are kept from signing in. All that they are signed in with in this account ends, for good.
    pub disabled: Option<bool>,
}

impl ChangeMember {
    /// The names of what changes, for the audit log.
    fn names(self) -> Vec<&'static str> {
        [
            self.role.map(|_| "role"),
            self.team_id.map(|_| "team_id"),
            self.disabled.map(|_| "disabled"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Change a member
///
/// For admins and owners. It holds from the member's next request on; their live streams end within five seconds. The
/// pending invites that they made are revoked, as far as they may not give them any more; so are those of others whose
/// link they saw until now, where it lets in whoever has it: without an address, or where the server sends no mail. Who
/// has open sessions is made no viewer: hand them over first.
#[utoipa::path(patch, path = "/members/{id}", operation_id = "change_member", tag = "members",
    params(("id" = Uuid, Path, description = "The member"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = ChangeMember, responses((status = 200, body = Member), Refusals, Conflicts))]
pub async fn change(
    State(app): State<App>,
    May(caller): MayManageMembers,
    Path(id): Path<UserId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangeMember>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("PATCH /members/{id}"), &body)?;
    let object = Object::new("member", id.uuid());
    let action = AuditAction::MemberChanged;
    let entry = caller.entry(app.now(), &mut app.random(), action, object, &body.names());
    let (now, seed, mailed) = (app.now(), seed(), mail::available(&app));
    once::write(&app, key, move |tx| {
        let (caller, entry, mut random) = (caller.clone(), entry.clone(), Random::new(seed));
        Box::pin(async move {
            let account = caller.account_id;
            // 404 for who is none, also where nothing is asked.
            let whom = standing(tx, &caller, id).await?;
            if let Some(role) = body.role {
                require(tx, &caller, whom, MemberChange::Role(role)).await?;
                kept(members::set_role(tx, account, id, role).await?)?;
                let change = (whom, Some(role));
                revoke::left_by(tx, &caller, change, mailed, (now, &mut random)).await?;
                if role == Role::Viewer && whom.role != Role::Viewer {
                    require_nothing_held(tx, account, id).await?;
                }
            }
            if let Some(team) = body.team_id {
                set_team(tx, &caller, id, TeamId::from_uuid(team)).await?;
            }
            if let Some(disabled) = body.disabled {
                let change = if disabled {
                    MemberChange::Disable
                } else {
                    MemberChange::Enable
                };
                let whom = standing(tx, &caller, id).await?;
                require(tx, &caller, whom, change).await?;
                kept(members::set_disabled(tx, account, id, disabled, now).await?)?;
                if disabled {
                    revoke::left_by(tx, &caller, (whom, None), mailed, (now, &mut random)).await?;
                }
            }
            if !entry.changed.is_empty() {
                audit::write(tx, account, &entry).await?;
            }
            let member = members::find(tx, account, id).await?.ok_or(Error::NotFound)?;
            Answer::new(StatusCode::OK, &Member::from(member))
        })
    })
    .await
}

/// Refuses to leave open sessions with somebody who runs none any more. Whoever gives them one holds their row, so that
/// after the change of it nothing is missed.
async fn require_nothing_held(tx: &mut Tx, account: AccountId, id: UserId) -> Result<()> {
    let held = sessions::count_held(tx, account, id).await?;
    match held.prepared + held.active {
        0 => Ok(()),
        open => {
            let many = counted(open, "open session", "open sessions");
            let detail = format!("This member has {many}, which a viewer cannot run. Hand them over first.");
            Err(Error::conflict(Kind::Conflict, detail))
        }
    }
}

async fn set_team(tx: &mut Tx, caller: &Caller, id: UserId, team: TeamId) -> Result<()> {
    let whom = standing(tx, caller, id).await?;
    require(tx, caller, whom, MemberChange::Team).await?;
    if members::set_team(tx, caller.account_id, id, team).await? {
        Ok(())
    } else {
        Err(Error::unprocessable("/team_id", "the account has no such team"))
    }
}

/// The rules agreed, under the same lock; what the statement refuses in spite of them is the last owner's going.
fn kept(changed: bool) -> Result<()> {
    if changed {
        Ok(())
    } else {
        Err(rule::refused(Untouchable::LastOwner))
    }
}
