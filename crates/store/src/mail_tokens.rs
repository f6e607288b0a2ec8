//! Secrets that were sent to an address, to be shown again: each is good once, for one purpose, and only the newest.
//!
//! For an address that nobody has one is kept, too: so asking for it does the same work, and tells nothing.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::UserId;

use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::members::email_key;
use crate::sql::at_least_none;

/// What a secret is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Shows that the address is the person's.
    Verify,
    /// Sets a new password.
    Reset,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }
}

/// A secret to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewMailToken {
    /// Its SHA-256.
    pub hash: Hash,
    /// What for.
    pub purpose: Purpose,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a secret for whoever has the address, and answers who that is. The one that was sent there before for the same
/// purpose is dead.
pub async fn issue(
    tx: &mut Tx,
    email: &str,
    token: &NewMailToken,
    now: DateTime<Utc>,
) -> Result<Option<UserId>> {
    let (user,): (Option<UserId>,) = tx
        .one(
            "INSERT INTO mail_tokens (address, purpose, hash, user_id, created_at, expires_at) \
             VALUES ($1, $2, $3, (SELECT id FROM users WHERE email_key = $1 AND disabled_at IS NULL), $4, $5) \
             ON CONFLICT (address, purpose) DO UPDATE SET hash = excluded.hash, user_id = excluded.user_id, \
                 created_at = excluded.created_at, expires_at = excluded.expires_at, consumed_at = NULL \
             RETURNING user_id",
            &[
                &email_key(email),
                &token.purpose.as_str(),
                &token.hash,
                &now,
                &token.expires_at,
            ],
        )
        .await?;
    Ok(user)
}

/// Whom a secret was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub user_id: UserId,
    /// Their mail address, as they wrote it.
    pub email: String,
    /// Their name.
    pub name: String,
}

impl FromRow for Holder {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
        })
    }
}

/// Whose secret this is, where it would be taken now. Takes nothing.
pub async fn holder(
    tx: &mut Tx,
    hash: &Hash,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<Option<Holder>> {
    tx.optional(
        "SELECT u.id, u.email, u.name FROM mail_tokens t \
         JOIN users u ON u.id = t.user_id AND u.email_key = t.address AND u.disabled_at IS NULL \
         WHERE t.hash = $1 AND t.purpose = $2 AND t.consumed_at IS NULL AND t.expires_at > $3",
        &[hash, &purpose.as_str(), &now],
    )
    .await
}

/// Takes a secret, once, and answers whose it was; `None` where it is unknown, used, expired, for something else, or
/// the person has another address by now.
pub async fn consume(
    tx: &mut Tx,
    hash: &Hash,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<Option<UserId>> {
    let taken: Option<(UserId,)> = tx
        .optional(
            "UPDATE mail_tokens SET consumed_at = $3 \
             WHERE hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3 \
                 AND EXISTS (SELECT 1 FROM users u WHERE u.id = mail_tokens.user_id \
                     AND u.email_key = mail_tokens.address AND u.disabled_at IS NULL) \
             RETURNING user_id",
            &[hash, &purpose.as_str(), &now],
        )
        .await?;
    Ok(taken.map(|(user,)| user))
}

/// Forgets what expired before `before`, at most `limit` rows, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM mail_tokens WHERE expires_at < $1 AND (address, purpose) IN \
             (SELECT address, purpose FROM mail_tokens WHERE expires_at < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}
