//! Sign-ins of programs: families of refresh tokens. Each token is presented once and replaced by a successor; one
//! that is presented again much later was stolen, and ends its family. Only digests are kept.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, FamilyId, TokenId, UserId};

use crate::db::{FromRow, Row, Tx};
use crate::sql::at_least_none;
use crate::{Result, members};

/// A family to begin, with its first token.
#[derive(Clone, Debug)]
pub struct NewFamily {
    /// Its identifier, which is no secret.
    pub id: FamilyId,
    /// Whose it is.
    pub user_id: UserId,
    /// Their epoch as it stood when they showed who they are.
    pub auth_epoch: i64,
    /// What the program calls itself.
    pub device: String,
    /// The address that it signed in from.
    pub place: String,
    /// From when on it is refused, however much it is used.
    pub expires_at: DateTime<Utc>,
    /// The first token.
    pub token: NewRefreshToken,
}

/// A refresh token to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewRefreshToken {
    /// SHA-256 of the secret.
    pub hash: Hash,
    /// Its identifier, which is no secret.
    pub id: TokenId,
    /// From when on it is refused where nobody uses it; its family may expire earlier.
    pub expires_at: DateTime<Utc>,
}

/// Begins a family; `false` when its owner is no enabled member of the account, or what they showed has ended since.
pub async fn begin(tx: &mut Tx, account: AccountId, family: &NewFamily, now: DateTime<Utc>) -> Result<bool> {
    if !members::enter(tx, account, family.user_id, now).await? {
        return Ok(false);
    }
    let made = tx
        .execute(
            "INSERT INTO token_families (account_id, user_id, id, auth_epoch, device, place, created_at, \
                 last_used_at, expires_at) \
             SELECT m.account_id, m.user_id, $3, u.auth_epoch, $4, $5, $6, $6, $7 \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = $1 AND m.user_id = $2 \
                 AND m.disabled_at IS NULL AND m.removed_at IS NULL AND u.disabled_at IS NULL AND u.auth_epoch = $8",
            &[
                &account,
                &family.user_id,
                &family.id,
                &family.device,
                &family.place,
                &now,
                &family.expires_at,
                &family.auth_epoch,
            ],
        )
        .await?;
    if made == 0 {
        return Ok(false);
    }
    keep(tx, family.id, &family.token, family.expires_at, now).await?;
    Ok(true)
}

async fn keep(
    tx: &mut Tx,
    family: FamilyId,
    token: &NewRefreshToken,
    latest: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO refresh_tokens (hash, id, family_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            &token.hash,
            &token.id,
            &family,
            &now,
            &token.expires_at.min(latest),
        ],
    )
    .await?;
    Ok(())
}

/// Whose family a token is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    /// The account that is acted in.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// The family.
    pub family_id: FamilyId,
    /// The epoch that it is bound to.
    pub auth_epoch: i64,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It is consumed, and its successor is the one that was brought along.
    Rotated(Of),
    /// It was consumed a moment ago, and its successor, this one, was not presented yet.
    Again(Of, TokenId),
    /// It was consumed a moment ago, and its successor was presented since; nothing changed.
    Overtaken(Of),
    /// It was consumed long ago: somebody has a copy. Its family has ended.
    Reused(Of),
    /// It is unknown or expired, its family has ended, or its owner is disabled.
    Refused,
}

/// Consumes a refresh token and keeps its successor; see [`Rotation`]. `grace` is how long after that the same
/// token still gets the same successor.
///
/// The transaction must be committed whatever the answer is: a reused token has ended its family in it.
pub async fn rotate(
    tx: &mut Tx,
    presented: &Hash,
    successor: &NewRefreshToken,
    grace: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Rotation> {
    let consumed: Option<(FamilyId,)> = tx
        .optional(
            "UPDATE refresh_tokens SET consumed_at = $2, successor_id = $3 \
             WHERE hash = $1 AND consumed_at IS NULL AND expires_at > $2 RETURNING family_id",
            &[presented, &now, &successor.id],
        )
        .await?;
    if let Some((family,)) = consumed {
        let Some(alive) = use_family(tx, family, now).await? else {
            return Ok(Rotation::Refused);
        };
        keep(tx, family, successor, alive.expires_at, now).await?;
        return Ok(Rotation::Rotated(alive.of));
    }
    let Some(known) = consumed_token(tx, presented).await? else {
        return Ok(Rotation::Refused);
    };
    let Some(alive) = use_family(tx, known.family_id, now).await? else {
        return Ok(Rotation::Refused);
    };
    if now - known.consumed_at > grace {
        end(
            tx,
            alive.of.account_id,
            alive.of.user_id,
            known.family_id,
            Why::Reused,
            now,
        )
        .await?;
        return Ok(Rotation::Reused(alive.of));
    }
    Ok(if known.replaced_again {
        Rotation::Overtaken(alive.of)
    } else {
        Rotation::Again(alive.of, known.successor_id)
    })
}

/// A family that is still good.
struct Alive {
    of: Of,
    expires_at: DateTime<Utc>,
}

impl FromRow for Alive {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            of: Of {
                account_id: row.get(0)?,
                user_id: row.get(1)?,
                family_id: row.get(2)?,
                auth_epoch: row.get(3)?,
            },
            expires_at: row.get(4)?,
        })
    }
}

/// Takes the family's row lock and notes that it was used; nothing where it is not good any more. Whoever ends the
/// family waits for the lock, and so finds every access token that was made in it.
async fn use_family(tx: &mut Tx, family: FamilyId, now: DateTime<Utc>) -> Result<Option<Alive>> {
    tx.across_accounts()
        .optional(
            "UPDATE token_families SET last_used_at = $2 \
         WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 AND EXISTS (SELECT 1 FROM users u \
             JOIN members m ON m.account_id = token_families.account_id AND m.user_id = u.id \
             WHERE u.id = token_families.user_id AND u.auth_epoch = token_families.auth_epoch \
                 AND u.disabled_at IS NULL AND m.disabled_at IS NULL AND m.removed_at IS NULL) \
         RETURNING account_id, user_id, id, auth_epoch, expires_at",
            &[&family, &now],
        )
        .await
}

/// A token that was consumed.
struct Spent {
    family_id: FamilyId,
    consumed_at: DateTime<Utc>,
    successor_id: TokenId,
    replaced_again: bool,
}

impl FromRow for Spent {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            family_id: row.get(0)?,
            consumed_at: row.get(1)?,
            successor_id: row.get(2)?,
            replaced_again: row.get(3)?,
        })
    }
}

async fn consumed_token(tx: &mut Tx, hash: &Hash) -> Result<Option<Spent>> {
    tx.optional(
        "SELECT r.family_id, r.consumed_at, r.successor_id, s.consumed_at IS NOT NULL FROM refresh_tokens r \
         JOIN refresh_tokens s ON s.id = r.successor_id WHERE r.hash = $1 AND r.consumed_at IS NOT NULL",
        &[hash],
    )
    .await
}

/// Why a family ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its owner signed out.
    SignedOut,
    /// One of its tokens was presented a second time.
    Reused,
}

impl Why {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Reused => "reused",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::SignedOut, Self::Reused]
            .into_iter()
            .find(|why| why.as_str() == name)
    }
}

/// Ends a person's family with its access tokens; `false` when there is none of that id that is good.
pub async fn end(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    family: FamilyId,
    why: Why,
    now: DateTime<Utc>,
) -> Result<bool> {
    let ended = tx
        .execute(
            "UPDATE token_families SET ended_at = $4, ended_why = $5 \
             WHERE account_id = $1 AND user_id = $2 AND id = $3 AND ended_at IS NULL",
            &[&account, &user, &family, &now, &why.as_str()],
        )
        .await?;
    if ended == 1 {
        tx.execute("DELETE FROM tokens WHERE family_id = $1", &[&family])
            .await?;
    }
    Ok(ended == 1)
}

/// Ends every family of a person in one account; the access tokens that came from them end with the others.
pub(crate) async fn end_all_in(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE token_families SET ended_at = $3, ended_why = 'signed_out' \
         WHERE account_id = $1 AND user_id = $2 AND ended_at IS NULL",
        &[&account, &user, &now],
    )
    .await?;
    Ok(())
}

/// Whose family the token with this digest is of, whatever became of it.
pub async fn of_token(tx: &mut Tx, hash: &Hash) -> Result<Option<Of>> {
    let found: Option<(AccountId, UserId, FamilyId, i64)> = tx
        .across_accounts()
        .optional(
            "SELECT f.account_id, f.user_id, f.id, f.auth_epoch FROM refresh_tokens r \
             JOIN token_families f ON f.id = r.family_id WHERE r.hash = $1",
            &[hash],
        )
        .await?;
    Ok(found.map(|(account_id, user_id, family_id, auth_epoch)| Of {
        account_id,
        user_id,
        family_id,
        auth_epoch,
    }))
}

/// A family as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its identifier.
    pub id: FamilyId,
    /// What the program calls itself.
    pub device: String,
    /// The address that it signed in from.
    pub place: String,
    /// When it signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// When it ended, and why.
    pub ended: Option<(DateTime<Utc>, Why)>,
}

impl FromRow for Family {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (ended_at, why): (Option<DateTime<Utc>>, Option<String>) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            id: row.get(0)?,
            device: row.get(1)?,
            place: row.get(2)?,
            created_at: row.get(3)?,
            last_used_at: row.get(4)?,
            ended: ended_at.zip(why.as_deref().and_then(Why::parse)),
        })
    }
}

/// The most families that are listed.
const MOST_LISTED: i64 = 100;

/// A person's programs in an account, the last used first: those that are signed in, and those whose token was
/// stolen.
pub async fn list(tx: &mut Tx, account: AccountId, user: UserId, now: DateTime<Utc>) -> Result<Vec<Family>> {
    tx.all(
        "SELECT f.id, f.device, f.place, f.created_at, f.last_used_at, f.ended_at, f.ended_why \
         FROM token_families f JOIN users u ON u.id = f.user_id \
         WHERE f.account_id = $1 AND f.user_id = $2 AND f.expires_at > $3 \
             AND (f.ended_why = 'reused' OR f.ended_at IS NULL AND f.auth_epoch = u.auth_epoch) \
         ORDER BY f.last_used_at DESC LIMIT $4",
        &[&account, &user, &now, &MOST_LISTED],
    )
    .await
}

/// Forgets tokens and families that expired before `before`, at most `limit` of each, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let limit = at_least_none(limit);
    let tokens = tx
        .execute(
            "DELETE FROM refresh_tokens WHERE hash IN \
                 (SELECT hash FROM refresh_tokens WHERE expires_at < $1 LIMIT $2)",
            &[&before, &limit],
        )
        .await?;
    let families = tx
        .across_accounts()
        .execute(
            "DELETE FROM token_families WHERE id IN (SELECT f.id FROM token_families f WHERE f.expires_at < $1 \
                 AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.family_id = f.id) LIMIT $2)",
            &[&before, &limit],
        )
        .await?;
    Ok(tokens.max(families))
}
