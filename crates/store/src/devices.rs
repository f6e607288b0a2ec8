//! Devices: browsers in which a person signed in before. Whoever shows one is still nobody, and only guesses apart from
//! everybody else. Only digests of the cookies' secrets are kept.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::UserId;

use crate::Result;
use crate::db::Tx;
use crate::members::email_key;
use crate::sql::at_least_none;

/// The person with that address, where they signed in with this device before.
pub async fn owner(tx: &mut Tx, hash: &Hash, email: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
    let found: Option<(UserId,)> = tx
        .optional(
            "SELECT d.user_id FROM devices d JOIN users u ON u.id = d.user_id \
             WHERE d.hash = $1 AND u.email_key = $2 AND d.expires_at > $3",
            &[hash, &email_key(email), &now],
        )
        .await?;
    Ok(found.map(|(user,)| user))
}

/// Keeps a device that shows a secret which a server gave out, for this person too where several share it; `false` when
/// the secret is no such one.
pub async fn know_again(
    tx: &mut Tx,
    user: UserId,
    hash: &Hash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let kept = tx
        .execute(
            "INSERT INTO devices (hash, user_id, created_at, expires_at) \
             SELECT hash, $2, $3, $4 FROM devices WHERE hash = $1 AND expires_at > $3 LIMIT 1 \
             ON CONFLICT (hash, user_id) DO UPDATE SET expires_at = excluded.expires_at",
            &[hash, &user, &now, &expires_at],
        )
        .await?;
    Ok(kept == 1)
}

/// Keeps a new device of a person.
pub async fn create(
    tx: &mut Tx,
    user: UserId,
    hash: &Hash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO devices (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        &[hash, &user, &now, &expires_at],
    )
    .await?;
    Ok(())
}

/// Forgets devices that expired before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM devices WHERE expires_at < $1 AND (hash, user_id) IN \
             (SELECT hash, user_id FROM devices WHERE expires_at < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}
