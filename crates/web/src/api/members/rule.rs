//! Who may touch whom, asked in the transaction of the change.

use resolutionflow_core::id::UserId;
use resolutionflow_core::member::{MemberChange, Standing, Untouchable, may_change};
use resolutionflow_store::{Tx, members};

use crate::auth::caller::Caller;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::pages::words::sentence;

/// How a member stands, under the account's row lock; 404 where they are none.
pub async fn standing(tx: &mut Tx, caller: &Caller, whom: UserId) -> Result<Standing> {
    let found = members::standing_locked(tx, caller.account_id, whom).await?;
    found.ok_or(Error::NotFound)
}

/// Refuses what the caller, as they stand now, may not do to a member.
///
/// Under the account's row lock the answer holds until the transaction ends; without it, it is what a longer work may
/// begin with.
pub async fn require(tx: &mut Tx, caller: &Caller, whom: Standing, change: MemberChange) -> Result<()> {
    const GONE: Error = Error::Unauthorized("You are no member of this account any more.");
    let account = caller.account_id;
    let who = members::standing(tx, account, caller.user_id).await?;
    let who = who.filter(|who| who.enabled).ok_or(GONE)?;
    let owners = members::other_owners(tx, account, whom.user_id).await?;
    may_change(who, whom, change, owners).map_err(refused)
}

/// A refusal of the rules as an answer.
pub(super) fn refused(refusal: Untouchable) -> Error {
    let detail = sentence(&refusal.to_string());
    match refusal {
        Untouchable::LastOwner => Error::conflict(Kind::LastOwner, detail),
        Untouchable::NotAllowed | Untouchable::OwnersOnly | Untouchable::OnlyOwnersMakeOwners => {
            Error::Forbidden(detail)
        }
        Untouchable::Oneself | Untouchable::OwnAlready | Untouchable::Disabled => {
            Error::conflict(Kind::Conflict, detail)
        }
    }
}
