//! Idempotency keys: one effect for a request that is sent twice, and the same answer.
//!
//! The key's row is written first, in the transaction of the effect: who comes second waits for it at the unique
//! key and then finds the answer. A refusal keeps nothing, so that it can be tried again.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, UserId};

use crate::db::Tx;
use crate::sql::at_least_none;
use crate::{Error, Result};

/// A key as one user sent it to one route.
#[derive(Clone, Debug)]
pub struct Key {
    /// The account.
    pub account_id: AccountId,
    /// The user.
    pub user_id: UserId,
    /// Method and path.
    pub route: String,
    /// What the client chose.
    pub key: String,
    /// A digest of the request's body.
    pub body_hash: Hash,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new: have the effect, then [`keep`] the answer.
    New,
    /// It was used with the same body; this was the answer.
    Answered {
        /// The HTTP status.
        status: i64,
        /// The body.
        answer: String,
    },
    /// It was used with another body.
    OtherBody,
}

/// Claims a key, first thing in the transaction of its effect.
pub async fn claim(tx: &mut Tx, key: &Key, now: DateTime<Utc>) -> Result<Claim> {
    let claimed = tx
        .execute(
            "INSERT INTO idempotency_keys (account_id, user_id, route, key, body_hash, status, answer, created_at) \
             VALUES ($1, $2, $3, $4, $5, 0, '', $6) ON CONFLICT DO NOTHING",
            &[&key.account_id, &key.user_id, &key.route, &key.key, &key.body_hash, &now],
        )
        .await?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let found: Option<(Vec<u8>, i64, String)> = tx
        .optional(
            "SELECT body_hash, status, answer FROM idempotency_keys \
             WHERE account_id = $1 AND user_id = $2 AND route = $3 AND key = $4",
            &[&key.account_id, &key.user_id, &key.route, &key.key],
        )
        .await?;
    // Forgotten at this very moment: whoever tries again finds the key free.
    let (body_hash, status, answer) = found.ok_or(Error::Contended)?;
    if body_hash == key.body_hash {
        Ok(Claim::Answered { status, answer })
    } else {
        Ok(Claim::OtherBody)
    }
}

/// Keeps the answer of a claimed key.
pub async fn keep(tx: &mut Tx, key: &Key, status: i64, answer: &str) -> Result<()> {
    tx.execute(
        "UPDATE idempotency_keys SET status = $5, answer = $6 \
         WHERE account_id = $1 AND user_id = $2 AND route = $3 AND key = $4",
        &[
            &key.account_id,
            &key.user_id,
            &key.route,
            &key.key,
            &status,
            &answer,
        ],
    )
    .await?;
    Ok(())
}

/// Forgets keys from before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.across_accounts()
        .execute(
            "DELETE FROM idempotency_keys WHERE (account_id, user_id, route, key) IN \
             (SELECT account_id, user_id, route, key FROM idempotency_keys WHERE created_at < $1 LIMIT $2)",
            &[&before, &at_least_none(limit)],
        )
        .await
}
