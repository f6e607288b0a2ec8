//! Removing a member: their row stays, since events and sessions refer to it, and they are nobody in the account.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, UserId};

use super::change::{AN_OWNER_STAYS, end_all};
use crate::Result;
use crate::db::{Topic, Tx};
use crate::{limits, sessions};

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// They are nobody in the account any more, and all that they were signed in with there has ended.
    Done,
    /// They are no member, or the account would have no owner; nothing is done.
    Stays,
    /// Sessions are still theirs: the transaction must be undone, and they handed over first.
    Holds,
}

/// Removes a member whose open sessions were handed over; see [`Removed`]. The account's row must be locked.
pub async fn remove(tx: &mut Tx, account: AccountId, user: UserId, now: DateTime<Utc>) -> Result<Removed> {
    let sql = format!(
        "UPDATE members SET removed_at = $3, disabled_at = NULL WHERE account_id = $1 AND user_id = $2 \
             AND removed_at IS NULL AND {AN_OWNER_STAYS}"
    );
    if tx.execute(&sql, &[&account, &user, &now]).await? == 0 {
        return Ok(Removed::Stays);
    }
    // Whoever gives them a session holds their row: what was given before is seen here, and afterwards nothing is.
    if !sessions::held_by(tx, account, user, 1).await?.is_empty() {
        return Ok(Removed::Holds);
    }
    limits::count_member_out(tx, account).await?;
    end_all(tx, account, user, now).await?;
    for table in ["presence", "notification_choices"] {
        let sql = format!("DELETE FROM {table} WHERE account_id = $1 AND user_id = $2");
        tx.execute(&sql, &[&account, &user]).await?;
    }
    tx.wake(Topic::Account(account));
    Ok(Removed::Done)
}
