//! People as such, whichever accounts they are in: who has an address, whether it is known to be theirs, and a new
//! password for who showed it.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, UserId};

use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::members::email_key;

/// What a sign-in must know of a person, whether they are in an account or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub user_id: UserId,
    /// Their mail address, as they wrote it.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The PHC string of their password's hash.
    pub password_hash: Option<String>,
    /// Counts what ends all their tokens.
    pub auth_epoch: i64,
    /// Since when the address is known to be theirs.
    pub verified_at: Option<DateTime<Utc>>,
}

impl FromRow for Person {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            password_hash: row.get(3)?,
            auth_epoch: row.get(4)?,
            verified_at: row.get(5)?,
        })
    }
}

/// The enabled person with an address.
pub async fn by_address(tx: &mut Tx, email: &str) -> Result<Option<Person>> {
    tx.optional(
        "SELECT id, email, name, password_hash, auth_epoch, verified_at FROM users \
         WHERE email_key = $1 AND disabled_at IS NULL",
        &[&email_key(email)],
    )
    .await
}

/// Whose an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nobody's.
    Free,
    /// Somebody's, who wrote it like this; nothing where they are disabled.
    Taken(Option<String>),
}

/// Whose an address is.
pub async fn address(tx: &mut Tx, email: &str) -> Result<Address> {
    let found: Option<(Option<String>,)> = tx
        .optional(
            "SELECT CASE WHEN disabled_at IS NULL THEN email END FROM users WHERE email_key = $1",
            &[&email_key(email)],
        )
        .await?;
    Ok(found.map_or(Address::Free, |(email,)| Address::Taken(email)))
}

/// Keeps that a person's address is theirs; `false` where that was known.
pub async fn verify(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE users SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL",
            &[&user, &now],
        )
        .await?;
    Ok(changed == 1)
}

/// Sets the password of somebody who showed that their address is theirs, and ends all that they signed in with.
pub async fn reset_password(
    tx: &mut Tx,
    user: UserId,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE users SET password_hash = $2, auth_epoch = auth_epoch + 1, verified_at = COALESCE(verified_at, $3) \
         WHERE id = $1",
        &[&user, &password_hash, &now],
    )
    .await?;
    Ok(())
}

/// The most accounts that [`accounts`] answers.
const MOST_ACCOUNTS: i64 = 1_000;

/// The accounts that a person belongs to, disabled or not; at most a thousand.
pub async fn accounts(tx: &mut Tx, user: UserId) -> Result<Vec<AccountId>> {
    let rows: Vec<(AccountId,)> = tx
        .across_accounts()
        .all(
            "SELECT account_id FROM members WHERE user_id = $1 AND removed_at IS NULL ORDER BY account_id LIMIT $2",
            &[&user, &MOST_ACCOUNTS],
        )
        .await?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}
