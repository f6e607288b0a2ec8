//! Logins: the browsers in which people are signed in. Only digests of the cookies' secrets are kept.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, LoginId, TeamId, UserId};

use crate::db::{FromRow, Row, Tx};
use crate::sql::at_least_none;
use crate::{Error, Result, members};

/// A login to keep.
#[derive(Clone, Debug)]
pub struct NewLogin {
    /// SHA-256 of the cookie's secret.
    pub hash: Hash,
    /// Its identifier, which is no secret.
    pub id: LoginId,
    /// Whose it is.
    pub user_id: UserId,
    /// Their epoch as it stood when they showed who they are.
    pub auth_epoch: i64,
    /// The browser and its system, as the person knows them.
    pub device: String,
    /// The address that they signed in from.
    pub place: String,
    /// From when on it is refused, however much it is used.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a login; `false` when its owner is no enabled member of the account, or what they showed has ended since.
pub async fn create(tx: &mut Tx, account: AccountId, login: &NewLogin, now: DateTime<Utc>) -> Result<bool> {
    if !members::enter(tx, account, login.user_id, now).await? {
        return Ok(false);
    }
    let made = tx
        .execute(
            "INSERT INTO logins (hash, id, account_id, user_id, auth_epoch, device, place, created_at, \
                 last_used_at, expires_at) \
             SELECT $1, $2, m.account_id, m.user_id, u.auth_epoch, $5, $6, $7, $7, $8 \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = $3 AND m.user_id = $4 \
                 AND m.disabled_at IS NULL AND m.removed_at IS NULL AND u.disabled_at IS NULL AND u.auth_epoch = $9",
            &[
                &login.hash,
                &login.id,
                &account,
                &login.user_id,
                &login.device,
                &login.place,
                &now,
                &login.expires_at,
                &login.auth_epoch,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// Who is signed in by a login, as they stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The login.
    pub login_id: LoginId,
    /// The account they act in.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their mail address, as they wrote it.
    pub email: String,
    /// Their role.
    pub role: Role,
    /// Their team.
    pub team_id: TeamId,
    /// What the account is called.
    pub account_name: String,
    /// When the login was last used, as far as it is kept.
    pub last_used_at: DateTime<Utc>,
    /// The epoch that the login is bound to.
    pub auth_epoch: i64,
}

impl FromRow for Holder {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let role: String = row.get(5)?;
        Ok(Self {
            login_id: row.get(0)?,
            account_id: row.get(1)?,
            user_id: row.get(2)?,
            name: row.get(3)?,
            email: row.get(4)?,
            role: Role::parse(&role).ok_or_else(|| Error::corrupt("members.role"))?,
            team_id: row.get(6)?,
            account_name: row.get(7)?,
            last_used_at: row.get(8)?,
            auth_epoch: row.get(9)?,
        })
    }
}

/// Who shows the cookie with this digest; `None` when it is unknown, expired, ended, unused since before
/// `idle_since`, or its owner is disabled.
pub async fn holder(
    tx: &mut Tx,
    hash: &Hash,
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Holder>> {
    tx.across_accounts()
        .optional(
        "SELECT l.id, l.account_id, l.user_id, u.name, u.email, m.role, m.team_id, a.name, l.last_used_at, \
             l.auth_epoch \
         FROM logins l \
         JOIN users u ON u.id = l.user_id AND u.auth_epoch = l.auth_epoch AND u.disabled_at IS NULL \
         JOIN members m ON m.account_id = l.account_id AND m.user_id = l.user_id AND m.disabled_at IS NULL AND m.removed_at IS NULL \
         JOIN accounts a ON a.id = l.account_id \
         WHERE l.hash = $1 AND l.last_used_at >= $2 AND l.expires_at > $3",
        &[hash, &idle_since, &now],
    )
    .await
}

/// Notes that a login was used, and its account with it; never moves back.
pub async fn touch(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<()> {
    // The member's row first, as whoever removes them takes it.
    tx.across_accounts().execute(
        "UPDATE members SET used_at = $2 WHERE account_id = (SELECT account_id FROM logins WHERE hash = $1) \
             AND user_id = (SELECT user_id FROM logins WHERE hash = $1) AND (used_at IS NULL OR used_at < $2)",
        &[hash, &now],
    )
    .await?;
    tx.execute(
        "UPDATE logins SET last_used_at = $2 WHERE hash = $1 AND last_used_at < $2",
        &[hash, &now],
    )
    .await?;
    Ok(())
}

/// A login as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its identifier.
    pub id: LoginId,
    /// The browser and its system.
    pub device: String,
    /// The address that they signed in from.
    pub place: String,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: DateTime<Utc>,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
}

impl FromRow for Login {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            device: row.get(1)?,
            place: row.get(2)?,
            created_at: row.get(3)?,
            last_used_at: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }
}

/// The most logins that [`list`] answers.
const MOST: i64 = 100;

/// The logins by which a person is signed in, in whichever account, the last used first; at most a hundred.
pub async fn list(
    tx: &mut Tx,
    user: UserId,
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Login>> {
    tx.across_accounts()
        .all(
            "SELECT l.id, l.device, l.place, l.created_at, l.last_used_at, l.expires_at FROM logins l \
         JOIN users u ON u.id = l.user_id AND u.auth_epoch = l.auth_epoch AND u.disabled_at IS NULL \
         JOIN members m ON m.account_id = l.account_id AND m.user_id = l.user_id AND m.disabled_at IS NULL AND m.removed_at IS NULL \
         WHERE l.user_id = $1 AND l.last_used_at >= $2 AND l.expires_at > $3 \
         ORDER BY l.last_used_at DESC, l.id DESC LIMIT $4",
            &[&user, &idle_since, &now, &MOST],
        )
        .await
}

/// A login that was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The login.
    pub login_id: LoginId,
    /// The account that it acted in.
    pub account_id: AccountId,
    /// Whose it was.
    pub user_id: UserId,
    /// From when on it would have been refused.
    pub expires_at: DateTime<Utc>,
}

impl FromRow for Ended {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            login_id: row.get(0)?,
            account_id: row.get(1)?,
            user_id: row.get(2)?,
            expires_at: row.get(3)?,
        })
    }
}

/// Ends a person's login; `None` when they have none of that id.
pub async fn end(tx: &mut Tx, user: UserId, login: LoginId) -> Result<Option<Ended>> {
    tx.optional(
        "DELETE FROM logins WHERE user_id = $1 AND id = $2 RETURNING id, account_id, user_id, expires_at",
        &[&user, &login],
    )
    .await
}

/// Ends everything that a person is signed in with but one login: programs and all their tokens, and other browsers,
/// which it answers.
pub async fn end_others(tx: &mut Tx, user: UserId, keep: LoginId) -> Result<Vec<Ended>> {
    tx.execute(
        "UPDATE users SET auth_epoch = auth_epoch + 1 WHERE id = $1",
        &[&user],
    )
    .await?;
    tx.execute(
        "UPDATE logins SET auth_epoch = (SELECT auth_epoch FROM users WHERE id = $1) WHERE user_id = $1 AND id = $2",
        &[&user, &keep],
    )
    .await?;
    tx.all(
        "DELETE FROM logins WHERE user_id = $1 AND id <> $2 RETURNING id, account_id, user_id, expires_at",
        &[&user, &keep],
    )
    .await
}

/// From when on the login with this digest is refused; `None` when there is none.
pub async fn expires_at(tx: &mut Tx, hash: &Hash) -> Result<Option<DateTime<Utc>>> {
    let found: Option<(DateTime<Utc>,)> = tx
        .optional("SELECT expires_at FROM logins WHERE hash = $1", &[hash])
        .await?;
    Ok(found.map(|(expires_at,)| expires_at))
}

/// Ends the login with this digest, as signing out does; `None` when there is none.
pub async fn end_by_hash(tx: &mut Tx, hash: &Hash) -> Result<Option<Ended>> {
    tx.optional(
        "DELETE FROM logins WHERE hash = $1 RETURNING id, account_id, user_id, expires_at",
        &[hash],
    )
    .await
}

/// Ends every login of a person in one account.
pub(crate) async fn end_all_in(tx: &mut Tx, account: AccountId, user: UserId) -> Result<()> {
    tx.execute(
        "DELETE FROM logins WHERE account_id = $1 AND user_id = $2",
        &[&account, &user],
    )
    .await?;
    Ok(())
}

/// Forgets logins that expired before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM logins WHERE hash IN (SELECT hash FROM logins WHERE expires_at < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}
