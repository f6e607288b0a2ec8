//! What accounts may have, and what they have: plans, and the counters that are held against them.
//!
//! A counter grows in the transaction that makes what it counts, by one `UPDATE` that asks for room in the same
//! breath; so no two that come at once ever pass a limit, and a counter always equals its rows.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, PlanId};
use resolutionflow_core::plan::{Limits, Plan, Resource, Usage, month};

use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::{at_least_none, for_no_key_update};
use crate::{Error, Result};

/// The condition that an account's plan has room, as far as `counted` goes.
///
/// A scalar subquery, which PostgreSQL asks again of the row as the one before left it. Of a `NOT EXISTS` it makes a
/// join, and that it takes as settled: many at once would pass the limit.
pub(crate) fn room(resource: Resource, counted: &str) -> String {
    let limit = resource.as_str();
    format!(
        "{counted} < COALESCE((SELECT p.{limit} FROM plans p WHERE p.id = accounts.plan_id), {})",
        i64::MAX
    )
}

/// Counts one more flow or member, or fails with [`Error::PlanLimit`] where the plan has no room.
pub(crate) async fn count(tx: &mut Tx, account: AccountId, resource: Resource) -> Result<()> {
    let column = match resource {
        Resource::Flows => "flow_count",
        Resource::Members => "member_count",
        Resource::Sessions => return Err(Error::corrupt("a count of sessions without a month")),
    };
    let sql = format!(
        "UPDATE accounts SET {column} = {column} + 1 WHERE id = $1 AND {}",
        room(resource, column)
    );
    match tx.execute(&sql, &[&account]).await? {
        0 => Err(reached(tx, account, resource).await),
        _ => Ok(()),
    }
}

/// Counts one member fewer.
pub(crate) async fn count_member_out(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET member_count = member_count - 1 WHERE id = $1",
        &[&account],
    )
    .await?;
    Ok(())
}

/// What an `UPDATE` sets to count a start in the month `$2`, and what it may count up to.
///
/// A server whose clock is behind starts in a month that is over: that is counted nowhere any more, and the month
/// that stands keeps equalling its rows.
const START: &str = "started_count = CASE WHEN started_month = $2 THEN started_count + 1 \
        WHEN started_month < $2 THEN 1 ELSE started_count END, \
    started_month = CASE WHEN started_month < $2 THEN $2 ELSE started_month END";
const STARTED: &str = "(CASE WHEN started_month < $2 THEN 0 ELSE started_count END)";

/// Counts the start of a session that was prepared.
pub(crate) async fn count_start(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    let sql = format!(
        "UPDATE accounts SET {START} WHERE id = $1 AND {}",
        room(Resource::Sessions, STARTED)
    );
    match tx.execute(&sql, &[&account, &month(at)]).await? {
        0 => Err(reached(tx, account, Resource::Sessions).await),
        _ => Ok(()),
    }
}

/// Counts a new session, and its start where it starts at once; answers its number in the account, from 1.
pub(crate) async fn count_session(
    tx: &mut Tx,
    account: AccountId,
    started: Option<DateTime<Utc>>,
) -> Result<i64> {
    let counted: Option<(i64,)> = if let Some(at) = started {
        let sql = format!(
            "UPDATE accounts SET session_count = session_count + 1, {START} WHERE id = $1 AND {} \
             RETURNING session_count",
            room(Resource::Sessions, STARTED)
        );
        tx.optional(&sql, &[&account, &month(at)]).await?
    } else {
        tx.optional(
            "UPDATE accounts SET session_count = session_count + 1 WHERE id = $1 RETURNING session_count",
            &[&account],
        )
        .await?
    };
    match counted {
        Some((number,)) => Ok(number),
        None => Err(reached(tx, account, Resource::Sessions).await),
    }
}

/// Why an account could not be counted into.
async fn reached(tx: &mut Tx, account: AccountId, resource: Resource) -> Error {
    match plan_of(tx, account).await {
        Ok(plan) => match plan.limits.of(resource) {
            Some(limit) => Error::PlanLimit { resource, limit },
            // The plan got room in between: worth another try.
            None => Error::Contended,
        },
        Err(error) => error,
    }
}

pub(crate) const COLUMNS: &str = "p.id, p.name, p.flows, p.sessions, p.members";

impl FromRow for Plan {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            limits: Limits {
                flows: row.get(2)?,
                sessions: row.get(3)?,
                members: row.get(4)?,
            },
        })
    }
}

/// The plan of an account.
async fn plan_of(tx: &mut Tx, account: AccountId) -> Result<Plan> {
    let sql =
        format!("SELECT {COLUMNS} FROM accounts a CROSS JOIN plans p WHERE p.id = a.plan_id AND a.id = $1");
    tx.one(&sql, &[&account]).await
}

/// An account's counters, as they stand at a moment.
pub(crate) struct Counters {
    flows: i64,
    started_month: i64,
    started: i64,
    members: i64,
}

impl Counters {
    /// The four columns from one on.
    pub(crate) fn read(row: &Row<'_>, from: usize) -> Result<Self> {
        Ok(Self {
            flows: row.get(from)?,
            started_month: row.get(from + 1)?,
            started: row.get(from + 2)?,
            members: row.get(from + 3)?,
        })
    }

    pub(crate) fn usage(&self, now: DateTime<Utc>) -> Usage {
        Usage {
            flows: self.flows,
            sessions: if self.started_month < month(now) {
                0
            } else {
                self.started
            },
            members: self.members,
        }
    }
}

/// The plan of an account with its counters.
struct Standing(Plan, Counters);

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Plan::from_row(row)?, Counters::read(row, 5)?))
    }
}

/// What an account may have, and what it has at a moment.
pub async fn standing(tx: &mut Tx, account: AccountId, now: DateTime<Utc>) -> Result<(Plan, Usage)> {
    let sql = format!(
        "SELECT {COLUMNS}, a.flow_count, a.started_month, a.started_count, a.member_count \
         FROM accounts a CROSS JOIN plans p WHERE p.id = a.plan_id AND a.id = $1"
    );
    let Standing(plan, counters) = tx.one(&sql, &[&account]).await?;
    Ok((plan, counters.usage(now)))
}

/// The plans by name, from behind a name on; `""` is the beginning.
pub async fn plans(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<Plan>> {
    let sql = format!("SELECT {COLUMNS} FROM plans p WHERE p.name_key > $1 ORDER BY p.name_key LIMIT $2");
    tx.all(&sql, &[&after.to_lowercase(), &at_least_none(limit)])
        .await
}

/// One plan.
pub async fn plan(tx: &mut Tx, id: PlanId) -> Result<Option<Plan>> {
    let sql = format!("SELECT {COLUMNS} FROM plans p WHERE p.id = $1");
    tx.optional(&sql, &[&id]).await
}

/// Keeps a new plan; `false` when another has its name, whether in capitals or not.
pub async fn create_plan(tx: &mut Tx, plan: &Plan, now: DateTime<Utc>) -> Result<bool> {
    let made = tx
        .execute(
            "INSERT INTO plans (id, name, name_key, flows, sessions, members, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name_key) DO NOTHING",
            &[
                &plan.id,
                &plan.name,
                &plan.name.to_lowercase(),
                &plan.limits.flows,
                &plan.limits.sessions,
                &plan.limits.members,
                &now,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was made; this is the plan as it was before.
    Done(Plan),
    /// There is no such thing.
    Missing,
    /// Another plan has that name.
    NameTaken,
}

/// Changes a plan for all accounts that have it. What they have beyond its limits they keep, and get no more.
pub async fn change_plan(tx: &mut Tx, plan: &Plan) -> Result<Changed> {
    let key = plan.name.to_lowercase();
    let namesake: Option<(PlanId,)> = tx
        .optional(
            "SELECT id FROM plans WHERE name_key = $1 AND id <> $2",
            &[&key, &plan.id],
        )
        .await?;
    if namesake.is_some() {
        return Ok(Changed::NameTaken);
    }
    let lock = for_no_key_update(tx);
    let sql = format!("SELECT {COLUMNS} FROM plans p WHERE p.id = $1{lock}");
    let Some(had) = tx.optional(&sql, &[&plan.id]).await? else {
        return Ok(Changed::Missing);
    };
    tx.execute(
        "UPDATE plans SET name = $2, name_key = $3, flows = $4, sessions = $5, members = $6 WHERE id = $1",
        &[
            &plan.id,
            &plan.name,
            &key,
            &plan.limits.flows,
            &plan.limits.sessions,
            &plan.limits.members,
        ],
    )
    .await?;
    Ok(Changed::Done(had))
}

/// The accounts that have a plan; `None` where more than `most` do.
pub async fn accounts_with(tx: &mut Tx, plan: PlanId, most: u16) -> Result<Option<Vec<AccountId>>> {
    let rows: Vec<(AccountId,)> = tx
        .across_accounts()
        .all(
            "SELECT id FROM accounts WHERE plan_id = $1 LIMIT $2",
            &[&plan, &(i64::from(most) + 1)],
        )
        .await?;
    let all = rows.len() <= usize::from(most);
    Ok(all.then(|| rows.into_iter().map(|(id,)| id).collect()))
}

/// Gives an account a plan; `None` when there is no such account or plan, else the plan that it had.
pub async fn set_plan(tx: &mut Tx, account: AccountId, plan: PlanId) -> Result<Option<Plan>> {
    let lock = format!("SELECT id FROM accounts WHERE id = $1{}", for_no_key_update(tx));
    let locked: Option<(AccountId,)> = tx.optional(&lock, &[&account]).await?;
    if locked.is_none() {
        return Ok(None);
    }
    let had = plan_of(tx, account).await?;
    let changed = tx
        .execute(
            "UPDATE accounts SET plan_id = $2 WHERE id = $1 AND EXISTS (SELECT 1 FROM plans WHERE id = $2)",
            &[&account, &plan],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok((changed == 1).then_some(had))
}
