//! Sessions: their rows, the lock that every change takes first, and the lists.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::EventKind;
use resolutionflow_core::id::{AccountId, FlowId, SessionId};
use resolutionflow_core::session::{Change, Outcome, Session};

use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::{for_update, search_key};
use crate::{Error, Result, events, flows, limits, notifications, steps, variables};

mod counts;
mod due;
mod held;
mod list;
mod path;
mod queues;

pub use counts::{Count, Counts, MOST_COUNTED, counts, of_flow_counts};
pub use due::{Due, list_by_due};
pub use held::{Held, count_held, held_by};
pub use list::{Assigned, Filter, Found, Listed, active_of, find_listed, list};
pub use path::MOST_LOOKED_AT;
pub use queues::{Queue, Queues, queues};

const COLUMNS: &str = "id, number, flow_id, flow_version, team_id, title, note, version, head, \
    prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at, discarded_at, due_at, \
    updated_at, outcome, outcome_note, next_steps, filled, variables, missing, finished_steps, steps, ticket, \
    ticket_url, client";

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
            ticket: row.get(26)?,
            ticket_url: row.get(27)?,
            client: row.get(28)?,
        })
    }
}

/// A client's name as it is compared: in lower case, without blanks around it.
fn client_key(client: &str) -> String {
    search_key(client.trim())
}

/// Counts a new session into its flow and the account, with its start where it starts at once, and answers its number
/// there, from 1; [`Error::PlanLimit`] where the plan allows no more starts.
pub async fn next_number(
    tx: &mut Tx,
    account: AccountId,
    flow: FlowId,
    begins: Begins,
    now: DateTime<Utc>,
) -> Result<i64> {
    // In this order: the flow's row is locked before the account's.
    flows::used(tx, account, flow, now).await?;
    let started = (begins == Begins::Started).then_some(now);
    limits::count_session(tx, account, started).await
}

/// How a new session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// It waits, and counts as started when it is.
    Prepared,
    /// At once.
    Started,
}

/// Keeps a new session with all that its first command did.
pub async fn create(tx: &mut Tx, account: AccountId, change: &Change) -> Result<()> {
    let s = &change.session;
    tx.execute(
        "INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note, \
             version, head, prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at, \
             discarded_at, due_at, updated_at, outcome, outcome_note, next_steps, filled, variables, missing, \
             finished_steps, steps, ticket, ticket_key, ticket_url, client, client_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)",
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
            &s.ticket,
            &search_key(&s.ticket),
            &s.ticket_url,
            &s.client,
            &client_key(&s.client),
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
    save_rest(tx, account, change).await?;
    let started = change
        .events
        .iter()
        .find(|event| event.kind == EventKind::Started);
    match started {
        Some(event) => limits::count_start(tx, account, event.at).await,
        None => Ok(()),
    }
}

/// Writes every column of the session that can change.
async fn save_whole(tx: &mut Tx, account: AccountId, s: &Session, seen: i64) -> Result<u64> {
    tx.execute(
        "UPDATE sessions SET title = $3, note = $4, version = $5, head = $6, assigned_to_id = $7, owner_id = $8, \
             started_at = $9, completed_at = $10, discarded_at = $11, due_at = $12, updated_at = $13, \
             outcome = $14, outcome_note = $15, next_steps = $16, filled = $17, missing = $18, \
             finished_steps = $19, title_key = $20, ticket = $21, ticket_key = $22, ticket_url = $23, \
             client = $24, client_key = $25, flow_version = $26, variables = $27, steps = $28 \
         WHERE account_id = $1 AND id = $2 AND version = $29",
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
            &s.ticket,
            &search_key(&s.ticket),
            &s.ticket_url,
            &s.client,
            &client_key(&s.client),
            &s.flow_version,
            &s.variables,
            &s.steps,
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
    let notices = change.notices();
    if !notices.is_empty() {
        notifications::keep(tx, account, id, &notices, change.session.updated_at).await?;
    }
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
