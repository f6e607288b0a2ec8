//! What who runs the server sees: its accounts, and how it does. The only functions that answer for every account.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, UserId};
use resolutionflow_core::plan::{Plan, Usage};

use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::limits::{COLUMNS, Counters};
use crate::sql::at_least_none;

/// An account as who runs the server sees it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The account.
    pub id: AccountId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What it may have.
    pub plan: Plan,
    /// What it has.
    pub usage: Usage,
}

/// A row of [`tenants`], whose month is not known yet.
struct TenantRow {
    id: AccountId,
    name: String,
    created_at: DateTime<Utc>,
    plan: Plan,
    counters: Counters,
}

impl FromRow for TenantRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            plan: Plan::from_row(row)?,
            id: row.get(5)?,
            name: row.get(6)?,
            created_at: row.get(7)?,
            counters: Counters::read(row, 8)?,
        })
    }
}

impl TenantRow {
    fn at(self, now: DateTime<Utc>) -> Tenant {
        Tenant {
            id: self.id,
            name: self.name,
            created_at: self.created_at,
            plan: self.plan,
            usage: self.counters.usage(now),
        }
    }
}

const TENANT: &str = "found.id, found.name, found.created_at, found.flow_count, found.started_month, \
    found.started_count, found.member_count";

/// The accounts of the server, the newest first, from before `before` on.
pub async fn tenants(
    tx: &mut Tx,
    before: Option<AccountId>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Tenant>> {
    // Not as an account that the transaction acts in.
    let before = before.map_or(uuid::Uuid::max(), |account| account.uuid());
    let sql = format!(
        "SELECT {COLUMNS}, {TENANT} FROM (SELECT * FROM accounts WHERE id < $1 ORDER BY id DESC LIMIT $2) AS found \
         CROSS JOIN plans p WHERE p.id = found.plan_id ORDER BY found.id DESC"
    );
    let rows: Vec<TenantRow> = tx
        .across_accounts()
        .all(&sql, &[&before, &at_least_none(limit)])
        .await?;
    Ok(rows.into_iter().map(|row| row.at(now)).collect())
}

/// One account of the server.
pub async fn tenant(tx: &mut Tx, account: AccountId, now: DateTime<Utc>) -> Result<Option<Tenant>> {
    let sql = format!(
        "SELECT {COLUMNS}, {TENANT} FROM accounts found CROSS JOIN plans p WHERE p.id = found.plan_id AND found.id = $1"
    );
    let row: Option<TenantRow> = tx.optional(&sql, &[&account]).await?;
    Ok(row.map(|row| row.at(now)))
}

/// Whether a person runs the server.
pub async fn is_platform_admin(tx: &mut Tx, user: UserId) -> Result<bool> {
    let found: Option<(bool,)> = tx
        .optional(
            "SELECT platform_admin FROM users WHERE id = $1 AND disabled_at IS NULL",
            &[&user],
        )
        .await?;
    Ok(found.is_some_and(|(yes,)| yes))
}

/// What became of saying who runs the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It holds from now on, for this person.
    Done(UserId),
    /// It was so before.
    Already,
    /// Nobody has the address.
    Nobody,
}

/// Says whether the person with an address runs the server.
pub async fn set_platform_admin(tx: &mut Tx, email: &str, yes: bool) -> Result<Named> {
    let key = crate::members::email_key(email);
    let changed: Option<(UserId,)> = tx
        .optional(
            "UPDATE users SET platform_admin = $2 WHERE email_key = $1 AND platform_admin <> $2 RETURNING id",
            &[&key, &yes],
        )
        .await?;
    if let Some((user,)) = changed {
        return Ok(Named::Done(user));
    }
    let found: Option<(UserId,)> = tx
        .optional("SELECT id FROM users WHERE email_key = $1", &[&key])
        .await?;
    Ok(found.map_or(Named::Nobody, |_| Named::Already))
}

/// How far [`state`] counts.
pub const MOST_COUNTED: i64 = 1_000;

/// How a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The version of the schema.
    pub schema: i64,
    /// Letters that wait to be sent; [`MOST_COUNTED`] at most.
    pub letters_waiting: i64,
    /// Letters that were given up; [`MOST_COUNTED`] at most.
    pub letters_failed: i64,
    /// Entries of audit logs that are not sealed yet; [`MOST_COUNTED`] at most.
    pub unsealed: i64,
}

impl FromRow for State {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            schema: row.get(0)?,
            letters_waiting: row.get(1)?,
            letters_failed: row.get(2)?,
            unsealed: row.get(3)?,
        })
    }
}

/// How the server does at a moment.
pub async fn state(tx: &mut Tx, now: DateTime<Utc>) -> Result<State> {
    tx.across_accounts()
        .one(
            "SELECT (SELECT MAX(version) FROM schema_migrations), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM outbox \
                 WHERE sent_at IS NULL AND failed_at IS NULL AND not_before <= $1 LIMIT $2) AS found), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM outbox \
                 WHERE failed_at <= $1 LIMIT $2) AS found), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM audit_unsealed WHERE id < $3 LIMIT $2) AS found)",
            &[&now, &MOST_COUNTED, &uuid::Uuid::max()],
        )
        .await
}
