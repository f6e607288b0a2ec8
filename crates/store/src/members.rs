//! Accounts and the people in them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::plan::Resource;

use crate::db::{Engine, FromRow, Parameter, Row, Topic, Tx};
use crate::sql::{at_least_none, padded, placeholders};
use crate::{Error, Result, limits, platform, teams};

mod change;
mod places;
mod remove;

pub use change::{
    other_owners, set_disabled, set_role, set_team, standing, standing_locked, still_is, still_runs, transfer,
};
pub use places::{Place, Thing, place_of, places};
pub use remove::{Removed, remove};

/// A person as a member of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// Their mail address, as they wrote it.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role in the account.
    pub role: Role,
    /// Their team in the account.
    pub team_id: TeamId,
    /// Since when they are a member.
    pub created_at: DateTime<Utc>,
    /// Since when they, or their membership, are disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When they last used the account in a browser or signed in to it, to within five minutes.
    pub used_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "m.user_id, u.email, u.name, m.role, m.team_id, m.created_at, \
    COALESCE(m.disabled_at, u.disabled_at), m.used_at";

impl FromRow for Member {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let role: String = row.get(3)?;
        Ok(Self {
            user_id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            role: Role::parse(&role).ok_or_else(|| Error::corrupt("members.role"))?,
            team_id: row.get(4)?,
            created_at: row.get(5)?,
            disabled_at: row.get(6)?,
            used_at: row.get(7)?,
        })
    }
}

/// An address as it is compared: without surrounding space, in lower case.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Makes an account with one team.
pub async fn create_account(
    tx: &mut Tx,
    id: AccountId,
    name: &str,
    team: TeamId,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3)",
        &[&id, &name, &now],
    )
    .await?;
    teams::create_first(tx, id, team, "Everyone").await
}

/// The oldest account, with its first team; `None` on a new database.
pub async fn first_account(tx: &mut Tx) -> Result<Option<(AccountId, TeamId)>> {
    tx.across_accounts()
        .optional(
        "SELECT a.id, t.id FROM accounts a JOIN teams t ON t.account_id = a.id ORDER BY a.id, t.id LIMIT 1",
        &[],
    )
    .await
}

/// An account, with what it has decided for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// After how many days a prepared session is old; 0 is never.
    pub stale_days: i64,
}

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            created_at: row.get(1)?,
            stale_days: row.get(2)?,
        })
    }
}

/// The account.
pub async fn account(tx: &mut Tx, account: AccountId) -> Result<Account> {
    tx.one(
        "SELECT name, created_at, stale_days FROM accounts WHERE id = $1",
        &[&account],
    )
    .await
}

/// Says after how many days, 0 to [`MOST_STALE_DAYS`](resolutionflow_core::session::MOST_STALE_DAYS), a prepared session is old; 0 is never.
pub async fn set_stale_days(tx: &mut Tx, account: AccountId, days: i64) -> Result<Account> {
    let changed = tx
        .one(
            "UPDATE accounts SET stale_days = $2 WHERE id = $1 RETURNING name, created_at, stale_days",
            &[&account, &days],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok(changed)
}

/// What an account is called.
pub async fn account_name(tx: &mut Tx, account: AccountId) -> Result<String> {
    let name: (String,) = tx
        .one("SELECT name FROM accounts WHERE id = $1", &[&account])
        .await?;
    Ok(name.0)
}

/// A new person.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their identifier.
    pub id: UserId,
    /// Their mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The PHC string of their password's argon2id hash.
    pub password_hash: Option<String>,
}

/// Makes a person whose address is known to be theirs; `false` when somebody has that address.
pub async fn create_user(tx: &mut Tx, user: &NewUser, now: DateTime<Utc>) -> Result<bool> {
    create_person(tx, user, Some(now), now).await
}

/// Makes a person who has still to show that the address is theirs; `false` when somebody has it.
pub async fn create_unverified(tx: &mut Tx, user: &NewUser, now: DateTime<Utc>) -> Result<bool> {
    create_person(tx, user, None, now).await
}

async fn create_person(
    tx: &mut Tx,
    user: &NewUser,
    verified_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let made = tx
        .execute(
            "INSERT INTO users (id, email, email_key, name, password_hash, created_at, verified_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email_key) DO NOTHING",
            &[
                &user.id,
                &user.email.trim(),
                &email_key(&user.email),
                &user.name,
                &user.password_hash,
                &now,
                &verified_at,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// Whether there is anybody at all; nobody on a new database, which still has to be set up.
pub async fn anybody(tx: &mut Tx) -> Result<bool> {
    let found: Option<(i64,)> = tx.optional("SELECT 1 FROM users LIMIT 1", &[]).await?;
    Ok(found.is_some())
}

/// What a new database is set up with.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The account's identifier.
    pub account_id: AccountId,
    /// What the account is called.
    pub account_name: String,
    /// The identifier of its team.
    pub team_id: TeamId,
    /// Its owner.
    pub owner: NewUser,
}

/// Sets a new database up: the account, its team, and its owner, who also runs the server; `false`, and nothing done, when there is
/// somebody already. Of several at once one wins.
pub async fn found(tx: &mut Tx, founding: &Founding, now: DateTime<Utc>) -> Result<bool> {
    if anybody(tx).await? {
        return Ok(false);
    }
    if tx.engine() == Engine::Postgres {
        // No row is there to be locked. Readers go on; who makes a person waits, and then is not the first.
        tx.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE", &[])
            .await?;
        if anybody(tx).await? {
            return Ok(false);
        }
    }
    let Founding {
        account_id,
        account_name,
        team_id,
        owner,
    } = founding;
    create_account(tx, *account_id, account_name, *team_id, now).await?;
    if !create_user(tx, owner, now).await? {
        return Err(Error::Duplicate);
    }
    if !add(tx, *account_id, owner.id, Role::Owner, *team_id, now).await? {
        return Err(Error::Duplicate);
    }
    platform::set_platform_admin(tx, &owner.email, true).await?;
    Ok(true)
}

/// Makes a person a member of an account, or a member again who was one; `false`, and nothing done, where they are one.
/// [`Error::PlanLimit`] where the account's plan allows no more.
pub async fn add(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    role: Role,
    team: TeamId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let added = tx
        .execute(
            "INSERT INTO members (account_id, user_id, role, team_id, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id, user_id) DO UPDATE SET role = excluded.role, team_id = excluded.team_id, \
                 created_at = excluded.created_at, disabled_at = NULL, removed_at = NULL, used_at = NULL \
             WHERE members.removed_at IS NOT NULL",
            &[&account, &user, &role.as_str(), &team, &now],
        )
        .await?;
    if added == 0 {
        return Ok(false);
    }
    limits::count(tx, account, Resource::Members).await?;
    tx.wake(Topic::Account(account));
    Ok(true)
}

/// Which of these addresses, as they are compared, belong to active members of the account; at most 100 are asked for.
pub async fn addresses_among(tx: &mut Tx, account: AccountId, emails: &[String]) -> Result<Vec<String>> {
    let keys: Vec<String> = emails.iter().take(100).map(|email| email_key(email)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters: Vec<&dyn Parameter> = vec![&account];
    parameters.extend(keys.iter().map(|key| key as &dyn Parameter));
    let sql = format!(
        "SELECT u.email_key FROM users u JOIN members m ON m.account_id = $1 AND m.user_id = u.id \
         WHERE u.email_key IN ({}) AND m.removed_at IS NULL AND u.disabled_at IS NULL",
        placeholders(2, keys.len())
    );
    let rows: Vec<(String,)> = tx.all(&sql, &parameters).await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// One member of an account, disabled or not; nobody who was removed.
pub async fn find(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Option<Member>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.account_id = $1 AND m.user_id = $2 AND m.removed_at IS NULL"
    );
    tx.optional(&sql, &[&account, &user]).await
}

/// The members of an account in the order in which these people were first known, from after the member `after` on.
pub async fn list(tx: &mut Tx, account: AccountId, after: Option<UserId>, limit: i64) -> Result<Vec<Member>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.account_id = $1 AND m.user_id > $2 AND m.removed_at IS NULL ORDER BY m.user_id LIMIT $3"
    );
    let after = after.unwrap_or(UserId::from_uuid(uuid::Uuid::nil()));
    tx.all(&sql, &[&account, &after, &at_least_none(limit)]).await
}

/// What these people are called, as far as they are or were members of the account.
pub async fn names(tx: &mut Tx, account: AccountId, people: &[UserId]) -> Result<BTreeMap<UserId, String>> {
    let mut names = BTreeMap::new();
    for chunk in people.chunks(100) {
        let chunk = padded(chunk);
        let mut parameters: Vec<&dyn Parameter> = vec![&account];
        parameters.extend(chunk.iter().map(|user| user as &dyn Parameter));
        let sql = format!(
            "SELECT m.user_id, u.name FROM members m JOIN users u ON u.id = m.user_id \
             WHERE m.account_id = $1 AND m.user_id IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<(UserId, String)> = tx.all(&sql, &parameters).await?;
        names.extend(rows);
    }
    Ok(names)
}

/// What a sign-in must know of the person with an address, in the account that they used last, or else joined first.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The person.
    pub user_id: UserId,
    /// The PHC string of their password's hash.
    pub password_hash: Option<String>,
    /// Counts what ends all their tokens.
    pub auth_epoch: i64,
    /// The account they act in.
    pub account_id: AccountId,
}

impl FromRow for Credentials {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.get(0)?,
            password_hash: row.get(1)?,
            auth_epoch: row.get(2)?,
            account_id: row.get(3)?,
        })
    }
}

/// The credentials of an enabled person by address.
pub async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<Credentials>> {
    tx.across_accounts()
        .optional(
            "SELECT u.id, u.password_hash, u.auth_epoch, m.account_id FROM users u \
             JOIN members m ON m.user_id = u.id AND m.disabled_at IS NULL AND m.removed_at IS NULL \
             WHERE u.email_key = $1 AND u.disabled_at IS NULL \
             ORDER BY m.used_at IS NULL, m.used_at DESC, m.created_at, m.account_id LIMIT 1",
            &[&email_key(email)],
        )
        .await
}

/// Sets a person's password and ends all that they signed in with, everywhere; `false` when that was done since the
/// epoch in which they were known.
pub async fn change_password(tx: &mut Tx, user: UserId, epoch: i64, password_hash: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE users SET password_hash = $3, auth_epoch = auth_epoch + 1 WHERE id = $1 AND auth_epoch = $2",
            &[&user, &epoch, &password_hash],
        )
        .await?;
    Ok(changed == 1)
}

/// The most accounts that [`accounts`] answers.
const MOST_ACCOUNTS: i64 = 1_000;

/// The accounts that the person with an address belongs to, disabled or not, and who that is; at most a thousand.
pub async fn accounts(tx: &mut Tx, email: &str) -> Result<Vec<(AccountId, UserId)>> {
    tx.across_accounts()
        .all(
            "SELECT m.account_id, m.user_id FROM users u JOIN members m ON m.user_id = u.id \
             WHERE u.email_key = $1 AND m.removed_at IS NULL ORDER BY m.account_id LIMIT $2",
            &[&email_key(email), &MOST_ACCOUNTS],
        )
        .await
}

/// Says what a person is called, in every account.
pub async fn set_name(tx: &mut Tx, user: UserId, name: &str) -> Result<()> {
    tx.execute("UPDATE users SET name = $2 WHERE id = $1", &[&user, &name])
        .await?;
    Ok(())
}

/// Notes that a member uses the account, and holds their row until the transaction ends, so that whoever removes or
/// disables them finds what this transaction lets them in by; `false` when they are no enabled member.
pub(crate) async fn enter(tx: &mut Tx, account: AccountId, user: UserId, now: DateTime<Utc>) -> Result<bool> {
    let entered = tx
        .execute(
            "UPDATE members SET used_at = $3 WHERE account_id = $1 AND user_id = $2 AND disabled_at IS NULL \
                 AND removed_at IS NULL AND EXISTS (SELECT 1 FROM users u WHERE u.id = $2 AND u.disabled_at IS NULL)",
            &[&account, &user, &now],
        )
        .await?;
    Ok(entered == 1)
}

/// Sets a password and ends every token of the person; `false` when nobody has that address.
pub async fn set_password(tx: &mut Tx, email: &str, password_hash: &str) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE users SET password_hash = $2, auth_epoch = auth_epoch + 1 WHERE email_key = $1",
            &[&email_key(email), &password_hash],
        )
        .await?;
    Ok(changed == 1)
}
