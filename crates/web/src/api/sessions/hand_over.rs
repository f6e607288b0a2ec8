//! Handing over the open sessions of somebody who leaves the account, a few in each transaction.

use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::event::EventKind;
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::member::MemberChange;
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{self, Assignee, Heirs, Refusal};
use resolutionflow_store::sessions::Held;
use resolutionflow_store::{Tx, audit, members, sessions};
use uuid::Uuid;

use super::command::{Moment, require_people};
use crate::api::members::require;
use crate::auth::caller::Caller;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::words::{counted, sentence};

/// How many sessions of each kind go in one transaction.
const BATCH: i64 = 10;

/// Where somebody's open sessions go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct To {
    /// Who gets what is prepared; nobody is not said.
    prepared: Option<Heir>,
    /// Who gets what is active.
    active: Option<UserId>,
}

/// Who gets what is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heir {
    /// Anyone in its team.
    Team,
    /// A member.
    Member(UserId),
}

impl To {
    /// Reads a member's id or `team`, and who gets what is active where that is somebody else.
    pub fn parse(sessions_to: Option<&str>, active_to: Option<Uuid>) -> Result<Self> {
        let prepared = match sessions_to {
            None => None,
            Some("team") => Some(Heir::Team),
            Some(id) => {
                let id = id.parse().map_err(|_| {
                    Error::unprocessable("/sessions_to", "this is neither a member's id nor team")
                })?;
                Some(Heir::Member(id))
            }
        };
        let same = match prepared {
            Some(Heir::Member(user)) => Some(user),
            Some(Heir::Team) | None => None,
        };
        Ok(Self {
            prepared,
            active: active_to.map(UserId::from_uuid).or(same),
        })
    }

    /// Refuses to begin where it is not said who gets what there is.
    pub fn check(self, held: Held) -> Result<()> {
        if held.prepared > 0 && self.prepared.is_none() {
            let many = counted(held.prepared, "session is", "sessions are");
            let detail = format!("{many} prepared for this member: say who gets them, a member's id or team");
            return Err(Error::unprocessable("/sessions_to", detail));
        }
        if held.active > 0 && self.active.is_none() {
            let many = counted(held.active, "active session needs", "active sessions need");
            let detail = format!("{many} somebody to go on: name a member");
            let at = if self.prepared.is_none() {
                "/sessions_to"
            } else {
                "/active_to"
            };
            return Err(Error::unprocessable(at, detail));
        }
        Ok(())
    }

    async fn heirs(self, tx: &mut Tx, account: AccountId) -> Result<Heirs> {
        let prepared = match self.prepared {
            Some(Heir::Member(user)) => Some(assignee(tx, account, user).await?),
            Some(Heir::Team) | None => None,
        };
        let active = match self.active {
            Some(user) => Some(assignee(tx, account, user).await?),
            None => None,
        };
        Ok(Heirs { prepared, active })
    }
}

/// Somebody to hand sessions to, as they stand in the account.
async fn assignee(tx: &mut Tx, account: AccountId, user_id: UserId) -> Result<Assignee> {
    let standing = members::standing(tx, account, user_id).await?;
    let role = standing
        .filter(|standing| standing.enabled)
        .map(|standing| standing.role);
    Ok(Assignee { user_id, role })
}

/// Hands over some of a member's open sessions, in one transaction; `false` when there are no more.
pub async fn some(app: &App, caller: &Caller, leaver: UserId, to: To) -> Result<bool> {
    let (moment, caller) = (Moment::of(app, caller), caller.clone());
    app.write(move |tx| {
        let caller = caller.clone();
        Box::pin(async move {
            let account = caller.account_id;
            let ids = sessions::held_by(tx, account, leaver, BATCH).await?;
            if ids.is_empty() {
                return Ok(false);
            }
            // As whoever asks stands by now: between two of these they may have been removed themselves.
            let whom = members::standing(tx, account, leaver)
                .await?
                .ok_or(Error::NotFound)?;
            require(tx, &caller, whom, MemberChange::Remove).await?;
            let heirs = to.heirs(tx, account).await?;
            let mut random = moment.random();
            // Each is locked, asked and kept by itself, like any other command; they are thirty at most, in one order.
            let mut ids = ids;
            ids.sort_unstable();
            for id in ids {
                one(tx, &caller, &moment, &mut random, id, leaver, &heirs).await?;
            }
            Ok(true)
        })
    })
    .await
}

async fn one(
    tx: &mut Tx,
    caller: &Caller,
    moment: &Moment,
    random: &mut Random,
    id: SessionId,
    leaver: UserId,
    heirs: &Heirs,
) -> Result<()> {
    let account = caller.account_id;
    let session = sessions::lock(tx, account, id).await?.ok_or(Error::NotFound)?;
    let change = session::hand_over(&session, leaver, heirs, &mut moment.act(random)).map_err(refused)?;
    sessions::save(tx, account, &change).await?;
    require_people(tx, account, &change).await?;
    if change
        .events
        .iter()
        .any(|event| event.kind == EventKind::Assigned)
    {
        let (action, object) = (AuditAction::SessionReassigned, Object::new("session", id.uuid()));
        let entry = caller.entry(moment.now(), random, action, object, &["assigned_to_id"]);
        audit::write(tx, account, &entry).await?;
    }
    Ok(())
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Invalid(problems) => Error::Unprocessable(problems),
        other => Error::Forbidden(sentence(&other.to_string())),
    }
}
