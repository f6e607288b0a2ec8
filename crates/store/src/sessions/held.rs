//! The open sessions that would be nobody's without a person, as core's `held_by` says it of one.

use resolutionflow_core::id::{AccountId, SessionId, UserId};

use super::counts::MOST_COUNTED;
use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::sql::at_least_none;

const PREPARED: &str = "SELECT id FROM sessions WHERE account_id = $1 AND assigned_to_id = $2 \
    AND started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL";

const ACTIVE: &str = "SELECT id FROM sessions WHERE account_id = $1 AND assigned_to_id = $2 \
    AND started_at IS NOT NULL AND completed_at IS NULL AND discarded_at IS NULL";

/// Theirs, since they started it and it is assigned to nobody: said so that no engine takes the index by assignee.
const OWNED: &str = "SELECT id FROM sessions WHERE account_id = $1 AND owner_id = $2 \
    AND COALESCE(assigned_to_id, id) = id \
    AND started_at IS NOT NULL AND completed_at IS NULL AND discarded_at IS NULL";

/// Open sessions of a person, at most `limit` of each kind.
pub async fn held_by(tx: &mut Tx, account: AccountId, user: UserId, limit: i64) -> Result<Vec<SessionId>> {
    let parts = [PREPARED, ACTIVE, OWNED].map(|text| format!("SELECT id FROM ({text} LIMIT $3) AS found"));
    let sql = parts.join(" UNION ALL ");
    let found: Vec<(SessionId,)> = tx.all(&sql, &[&account, &user, &at_least_none(limit)]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// How many open sessions a person has; each is counted to [`MOST_COUNTED`] and one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Waiting to be started by them.
    pub prepared: i64,
    /// Being worked on by them.
    pub active: i64,
}

impl FromRow for Held {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (assigned, owned): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(Self {
            prepared: row.get(0)?,
            active: assigned + owned,
        })
    }
}

/// How many open sessions a person has.
pub async fn count_held(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Held> {
    let parts =
        [PREPARED, ACTIVE, OWNED].map(|text| format!("(SELECT COUNT(*) FROM ({text} LIMIT $3) AS found)"));
    let sql = format!("SELECT {} FROM accounts WHERE id = $1", parts.join(", "));
    tx.one(&sql, &[&account, &user, &(MOST_COUNTED + 1)]).await
}
