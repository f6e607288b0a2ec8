//! Sign-ups that wait until whoever made them shows that the address is theirs. Before that there is no person, no
//! account and no use of an invite: what they typed is kept under their address, the newest alone. They choose a password
//! when they confirm, so that nobody else's opens what whoever reads the mail confirms.
//!
//! For an address that somebody has one is kept, too: so it takes as long, and tells nothing. Nobody gets its secret.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;

use crate::db::{FromRow, Row, Tx};
use crate::members::email_key;
use crate::sql::at_least_none;
use crate::{Error, Result};

/// What somebody signs up for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// An account of their own.
    NewAccount {
        /// What it is called.
        name: String,
        /// SHA-256 of the code that opens it, where one is needed.
        code: Option<Hash>,
    },
    /// The account that an invite leads into.
    Invite {
        /// SHA-256 of the secret in the link that was copied.
        code: Hash,
    },
}

/// Who signs up, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Their mail address, as they wrote it.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What for.
    pub aim: Aim,
}

impl FromRow for SignUp {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (account, code): (Option<String>, Option<Hash>) = (row.get(2)?, row.get(3)?);
        let aim = match (account, code) {
            (Some(name), code) => Aim::NewAccount { name, code },
            (None, Some(code)) => Aim::Invite { code },
            (None, None) => return Err(Error::corrupt("sign_ups.code_hash")),
        };
        Ok(Self {
            email: row.get(0)?,
            name: row.get(1)?,
            aim,
        })
    }
}

const COLUMNS: &str = "email, name, account_name, code_hash";

/// What shows whose the address is.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// SHA-256 of the secret that is mailed.
    pub hash: Hash,
    /// From when on it is refused, and the sign-up is forgotten.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a sign-up; the one before for the same address is gone, with its secret.
pub async fn keep(tx: &mut Tx, sign_up: &SignUp, proof: &Proof, now: DateTime<Utc>) -> Result<()> {
    let (account, code) = match &sign_up.aim {
        Aim::NewAccount { name, code } => (Some(name), code.as_ref()),
        Aim::Invite { code } => (None, Some(code)),
    };
    tx.execute(
        "INSERT INTO sign_ups (address, hash, email, name, account_name, code_hash, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (address) DO UPDATE SET hash = excluded.hash, email = excluded.email, name = excluded.name, \
             account_name = excluded.account_name, code_hash = excluded.code_hash, \
             created_at = excluded.created_at, expires_at = excluded.expires_at",
        &[
            &email_key(&sign_up.email),
            &proof.hash,
            &sign_up.email.trim(),
            &sign_up.name,
            &account,
            &code,
            &now,
            &proof.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// The sign-up whose secret has this digest, where it would be taken now. Takes nothing.
pub async fn look(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<SignUp>> {
    let sql = format!("SELECT {COLUMNS} FROM sign_ups WHERE hash = $1 AND expires_at > $2");
    tx.optional(&sql, &[hash, &now]).await
}

/// Takes the sign-up whose secret has this digest, once, in the transaction that makes the person; `None` where it is
/// unknown, taken or expired.
pub async fn take(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<SignUp>> {
    let sql = format!("DELETE FROM sign_ups WHERE hash = $1 AND expires_at > $2 RETURNING {COLUMNS}");
    tx.optional(&sql, &[hash, &now]).await
}

/// Forgets what expired before `before`, at most `limit` rows, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM sign_ups WHERE expires_at < $1 AND address IN \
             (SELECT address FROM sign_ups WHERE expires_at < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}
