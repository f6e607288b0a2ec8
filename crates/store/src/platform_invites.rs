//! Invites to open new accounts, where signing up is by invitation. Only digests of their codes are kept.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{PlatformInviteId, UserId};

use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::sql::at_least_none;

/// How many accounts one invite opens at most.
pub const MOST_USES: i64 = 1_000;
/// For how many days one is good at most.
pub const MOST_DAYS: i64 = 366;

/// An invite to keep.
#[derive(Clone, Debug)]
pub struct NewPlatformInvite {
    /// Its identifier.
    pub id: PlatformInviteId,
    /// SHA-256 of its code.
    pub hash: Hash,
    /// How many accounts it opens.
    pub uses: i64,
    /// From when on it opens none.
    pub expires_at: DateTime<Utc>,
    /// What whoever made it wants to remember; may be empty.
    pub note: String,
    /// Who made it; nobody where a command did.
    pub created_by_id: Option<UserId>,
}

/// Keeps an invite.
pub async fn create(tx: &mut Tx, invite: &NewPlatformInvite, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO platform_invites (id, hash, uses, uses_left, expires_at, note, created_by_id, created_at) \
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7)",
        &[
            &invite.id,
            &invite.hash,
            &invite.uses,
            &invite.expires_at,
            &invite.note,
            &invite.created_by_id,
            &now,
        ],
    )
    .await?;
    Ok(())
}

/// An invite as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformInvite {
    /// Its identifier.
    pub id: PlatformInviteId,
    /// How many accounts it opens in all.
    pub uses: i64,
    /// How many more it opens.
    pub uses_left: i64,
    /// From when on it opens none.
    pub expires_at: DateTime<Utc>,
    /// Since when it opens none, where somebody took it back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// What whoever made it wanted to remember.
    pub note: String,
    /// Who made it; nobody where a command did.
    pub created_by_id: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl PlatformInvite {
    /// Whether it opens an account now.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.uses_left > 0 && self.revoked_at.is_none() && self.expires_at > now
    }
}

impl FromRow for PlatformInvite {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            uses: row.get(1)?,
            uses_left: row.get(2)?,
            expires_at: row.get(3)?,
            revoked_at: row.get(4)?,
            note: row.get(5)?,
            created_by_id: row.get(6)?,
            created_at: row.get(7)?,
        })
    }
}

const COLUMNS: &str = "id, uses, uses_left, expires_at, revoked_at, note, created_by_id, created_at";

/// All invites, the newest first, from behind `after` on.
pub async fn list(tx: &mut Tx, after: Option<PlatformInviteId>, limit: i64) -> Result<Vec<PlatformInvite>> {
    let sql = format!("SELECT {COLUMNS} FROM platform_invites WHERE id < $1 ORDER BY id DESC LIMIT $2");
    let after = after.unwrap_or(PlatformInviteId::from_uuid(uuid::Uuid::max()));
    tx.all(&sql, &[&after, &at_least_none(limit)]).await
}

/// The invite whose code has this digest. Uses nothing.
pub async fn look(tx: &mut Tx, hash: &Hash) -> Result<Option<PlatformInvite>> {
    let sql = format!("SELECT {COLUMNS} FROM platform_invites WHERE hash = $1");
    tx.optional(&sql, &[hash]).await
}

/// Takes an invite back; `false` where there is none or it was taken back.
pub async fn revoke(tx: &mut Tx, id: PlatformInviteId, now: DateTime<Utc>) -> Result<bool> {
    let revoked = tx
        .execute(
            "UPDATE platform_invites SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            &[&id, &now],
        )
        .await?;
    Ok(revoked == 1)
}

/// Uses the invite with this code once, in the transaction that makes the account; `None` where it is unknown, used up,
/// expired or taken back.
pub async fn redeem(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<PlatformInviteId>> {
    let used: Option<(PlatformInviteId,)> = tx
        .optional(
            "UPDATE platform_invites SET uses_left = uses_left - 1 \
             WHERE hash = $1 AND uses_left > 0 AND revoked_at IS NULL AND expires_at > $2 RETURNING id",
            &[hash, &now],
        )
        .await?;
    Ok(used.map(|(id,)| id))
}
