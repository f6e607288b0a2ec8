//! Sessions: their rows, the lock that every change takes first, and the lists.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, FlowId, SessionId, UserId};
use resolutionflow_core::session::{Change, Outcome, Session, Status};

use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::{Narrowed, at_least_none, contains, for_update, search_key};
use crate::{Error, Result, events, steps, variables};

const COLUMNS: &str = "id, number, flow_id, flow_version, team_id, title, note, version, head, \
    prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at, discarded_at, due_at, \
    updated_at, outcome, outcome_note, next_steps, filled, variables, missing, finished_steps, steps";

impl FromRow for Session {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let head: Vec<u8> = row.get(8)?;
        let outcome: Option<String> = row.get(18)?;
        Ok(Self {
            id: row.get(0)?,
            number: row.get(1)?,
            flow_id: row.get(2)?,
            flow_version: row.get(3)?,
            team_id: row.get(4)?,
            title: row.get(5)?,
            note: row.get(6)?,
            version: row.get(7)?,
            head: head.try_into().map_err(|_| Error::corrupt("sessions.head"))?,
            prepared_by_id: row.get(9)?,
            assigned_to_id: row.get(10)?,
            owner_id: row.get(11)?,
            created_at: row.get(12)?,
            started_at: row.get(13)?,
            completed_at: row.get(14)?,
            discarded_at: row.get(15)?,
            due_at: row.get(16)?,
            updated_at: row.get(17)?,
            outcome: outcome
                .map(|name| Outcome::parse(&name).ok_or_else(|| Error::corrupt("sessions.outcome")))
                .transpose()?,
            outcome_note: row.get(19)?,
            next_steps: row.get(20)?,
            filled: row.get(21)?,
            variables: row.get(22)?,
            missing: row.get(23)?,
            finished_steps: row.get(24)?,
            steps: row.get(25)?,
        })
    }
}

/// Counts a new session into the account and answers its number, from 1.
pub async fn next_number(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let counted: (i64,) = tx
        .one(
            "UPDATE accounts SET session_count = session_count + 1 WHERE id = $1 RETURNING session_count",
            &[&account],
        )
        .await?;
    Ok(counted.0)
}

/// Keeps a new session with all that its first command did.
pub async fn create(tx: &mut Tx, account: AccountId, change: &Change) -> Result<()> {
    let s = &change.session;
    tx.execute(
        "INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note, \
             version, head, prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at, \
             discarded_at, due_at, updated_at, outcome, outcome_note, next_steps, filled, variables, missing, \
             finished_steps, steps) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21, $22, $23, $24, $25, $26, $27, $28)",
        &[
            &account,
            &s.id,
            &s.number,
            &s.flow_id,
            &s.flow_version,
            &s.team_id,
            &s.title,
            &search_key(&s.title),
            &s.note,
            &s.version,
            &s.head,
            &s.prepared_by_id,
            &s.assigned_to_id,
            &s.owner_id,
            &s.created_at,
            &s.started_at,
            &s.completed_at,
            &s.discarded_at,
            &s.due_at,
            &s.updated_at,
            &s.outcome.map(Outcome::as_str),
            &s.outcome_note,
            &s.next_steps,
            &s.filled,
            &s.variables,
            &s.missing,
            &s.finished_steps,
            &s.steps,
        ],
    )
    .await?;
    save_rest(tx, account, change).await
}

/// Takes the session's row lock, which every change of a session does first, and answers it as it stands.
///
/// On PostgreSQL others wait at the row; on SQLite the writer is alone. [`save`] checks once more that nothing
/// came in between.
pub async fn lock(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Option<Session>> {
    let lock = for_update(tx);
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE account_id = $1 AND id = $2{lock}");
    tx.optional(&sql, &[&account, &id]).await
}

/// Keeps what a command changed of a locked session; [`Error::NoRow`] when there is no such session at the
/// version that the command saw.
pub async fn save(tx: &mut Tx, account: AccountId, change: &Change) -> Result<()> {
    if change.events.is_empty() {
        return Ok(());
    }
    let events = i64::try_from(change.events.len()).map_err(|_| Error::corrupt("a change"))?;
    let seen = change.session.version - events;
    let found = if change.moves_session() {
        save_whole(tx, account, &change.session, seen).await?
    } else {
        save_counts(tx, account, &change.session, seen).await?
    };
    if found == 0 {
        return Err(Error::NoRow);
    }
    save_rest(tx, account, change).await
}

/// Writes every column of the session that can change.
async fn save_whole(tx: &mut Tx, account: AccountId, s: &Session, seen: i64) -> Result<u64> {
    tx.execute(
        "UPDATE sessions SET title = $3, note = $4, version = $5, head = $6, assigned_to_id = $7, owner_id = $8, \
             started_at = $9, completed_at = $10, discarded_at = $11, due_at = $12, updated_at = $13, \
             outcome = $14, outcome_note = $15, next_steps = $16, filled = $17, missing = $18, \
             finished_steps = $19, title_key = $20 \
         WHERE account_id = $1 AND id = $2 AND version = $21",
        &[
            &account,
            &s.id,
            &s.title,
            &s.note,
            &s.version,
            &s.head,
            &s.assigned_to_id,
            &s.owner_id,
            &s.started_at,
            &s.completed_at,
            &s.discarded_at,
            &s.due_at,
            &s.updated_at,
            &s.outcome.map(Outcome::as_str),
            &s.outcome_note,
            &s.next_steps,
            &s.filled,
            &s.missing,
            &s.finished_steps,
            &search_key(&s.title),
            &seen,
        ],
    )
    .await
}

/// Writes what working on a session changes. No index has one of these columns, so none is written.
async fn save_counts(tx: &mut Tx, account: AccountId, s: &Session, seen: i64) -> Result<u64> {
    tx.execute(
        "UPDATE sessions SET version = $3, head = $4, updated_at = $5, filled = $6, missing = $7, \
             finished_steps = $8 \
         WHERE account_id = $1 AND id = $2 AND version = $9",
        &[
            &account,
            &s.id,
            &s.version,
            &s.head,
            &s.updated_at,
            &s.filled,
            &s.missing,
            &s.finished_steps,
            &seen,
        ],
    )
    .await
}

async fn save_rest(tx: &mut Tx, account: AccountId, change: &Change) -> Result<()> {
    let id = change.session.id;
    variables::save(tx, account, id, &change.variables).await?;
    steps::save(tx, account, id, &change.steps).await?;
    events::append(tx, account, id, &change.events).await?;
    if !change.events.is_empty() {
        tx.wake(Topic::Session(account, id));
        tx.wake(Topic::Account(account));
    }
    Ok(())
}

/// One session.
pub async fn find(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE account_id = $1 AND id = $2");
    tx.optional(&sql, &[&account, &id]).await
}

/// Which assignee a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// This person.
    To(UserId),
    /// Nobody.
    Nobody,
}

/// What a list of sessions is narrowed to; what is `None` does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Where they are in their life.
    pub status: Option<Status>,
    /// Who is to run them.
    pub assigned: Option<Assigned>,
    /// Who prepared them.
    pub prepared_by_id: Option<UserId>,
    /// Who started them.
    pub owner_id: Option<UserId>,
    /// Of which flow they are.
    pub flow_id: Option<FlowId>,
    /// Started at or after.
    pub started_after: Option<DateTime<Utc>>,
    /// Started before.
    pub started_before: Option<DateTime<Utc>>,
    /// Completed at or after.
    pub completed_after: Option<DateTime<Utc>>,
    /// Completed before.
    pub completed_before: Option<DateTime<Utc>>,
    /// Words in the title of the session or its flow, or the session's number.
    pub text: Option<String>,
}

/// A session in a list, with the title of its flow.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The session.
    pub session: Session,
    /// What its flow is called now.
    pub flow_title: String,
}

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            session: Session::from_row(row)?,
            flow_title: row.get(26)?,
        })
    }
}

/// The sessions that fit, newest first, from after the session `after` on.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<SessionId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let columns: Vec<_> = COLUMNS
        .split(", ")
        .map(|column| format!("s.{}", column.trim()))
        .collect();
    // CROSS JOIN is a plain join to PostgreSQL; SQLite takes it as the order, and so never begins with the flows.
    let mut query = Narrowed::new(
        format!(
            "SELECT {}, f.title FROM sessions s CROSS JOIN flows f \
             WHERE s.account_id = $1 AND f.account_id = s.account_id AND f.id = s.flow_id",
            columns.join(", ")
        ),
        &account,
    );
    let limit = at_least_none(limit);
    let (number, pattern);
    match &filter.assigned {
        Some(Assigned::To(user)) => query.with(" AND s.assigned_to_id = ?", user),
        Some(Assigned::Nobody) => query.sql.push_str(" AND s.assigned_to_id IS NULL"),
        None => {}
    }
    if let Some(user) = &filter.prepared_by_id {
        query.with(" AND s.prepared_by_id = ?", user);
    }
    if let Some(user) = &filter.owner_id {
        query.with(" AND s.owner_id = ?", user);
    }
    if let Some(flow) = &filter.flow_id {
        query.with(" AND s.flow_id = ?", flow);
    }
    for (condition, time) in [
        (" AND s.started_at >= ?", &filter.started_after),
        (" AND s.started_at < ?", &filter.started_before),
        (" AND s.completed_at >= ?", &filter.completed_after),
        (" AND s.completed_at < ?", &filter.completed_before),
    ] {
        if let Some(time) = time {
            query.with(condition, time);
        }
    }
    if let Some(text) = &filter.text {
        number = text.trim().parse::<i64>().unwrap_or(-1);
        pattern = contains(text.trim());
        query.with(" AND (s.number = ?", &number);
        query.with(
            " OR s.title_key LIKE ? ESCAPE '!' OR f.title_key LIKE ? ESCAPE '!')",
            &pattern,
        );
    }
    query.sql.push_str(filter.status.map_or("", status_condition));
    if let Some(after) = &after {
        query.with(" AND s.id < ?", after);
    }
    query.with(" ORDER BY s.id DESC LIMIT ?", &limit);
    tx.all(&query.sql, &query.parameters).await
}

/// The timestamps that [`Status::of`] reads, as SQL that the partial indexes know.
const fn status_condition(status: Status) -> &'static str {
    match status {
        Status::Prepared => " AND s.started_at IS NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL",
        Status::Active => {
            " AND s.started_at IS NOT NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL"
        }
        Status::Completed => " AND s.completed_at IS NOT NULL AND s.discarded_at IS NULL",
        Status::Discarded => " AND s.discarded_at IS NOT NULL",
    }
}
