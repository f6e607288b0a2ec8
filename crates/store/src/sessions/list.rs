//! The list of sessions, narrowed by filters.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, FlowId, SessionId, TeamId, UserId};
use resolutionflow_core::session::{Session, Stale, Status, staleness};

use super::COLUMNS;
use super::path::{Asked, Order, Words, made_before};
use crate::Result;
use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::{Narrowed, at_least_none, padded, placeholders};

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
    /// Whose they are: started by this person or assigned to them.
    pub mine: Option<UserId>,
    /// Its number.
    pub number: Option<i64>,
    /// Who is to run them.
    pub assigned: Option<Assigned>,
    /// Who prepared them.
    pub prepared_by_id: Option<UserId>,
    /// Who started them.
    pub owner_id: Option<UserId>,
    /// In whose queue they are.
    pub team_id: Option<TeamId>,
    /// Of which flow they are.
    pub flow_id: Option<FlowId>,
    /// For which client they are, whether in capitals or not; no name does not narrow.
    pub client: Option<String>,
    /// Due at or after.
    pub due_after: Option<DateTime<Utc>>,
    /// Due before.
    pub due_before: Option<DateTime<Utc>>,
    /// Started at or after.
    pub started_after: Option<DateTime<Utc>>,
    /// Started before.
    pub started_before: Option<DateTime<Utc>>,
    /// Completed at or after.
    pub completed_after: Option<DateTime<Utc>>,
    /// Completed before.
    pub completed_before: Option<DateTime<Utc>>,
    /// Only those that lack a required value.
    pub missing: bool,
    /// Words in the title of the session or its flow, in its ticket or its client, or the session's number.
    pub text: Option<String>,
}

/// A session in a list, with what its flow and its people are called now.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The session.
    pub session: Session,
    /// What its flow is called.
    pub flow_title: String,
    /// The flow's newest version, which may be newer than the session's.
    pub flow_latest_version: i64,
    /// What who prepared it is called.
    pub prepared_by: Option<String>,
    /// What who is to run it is called.
    pub assigned_to: Option<String>,
    /// What who started it is called.
    pub owner: Option<String>,
    /// Whether who is to run it is still an active engineer of the account, or above.
    pub assignee_is_active: bool,
    /// After how many days the account calls a prepared session old; 0 is never.
    pub stale_days: i64,
}

impl Listed {
    /// Why it needs a look before it runs; nothing where it is not prepared.
    pub fn stale(&self, now: DateTime<Utc>) -> Vec<Stale> {
        staleness(
            &self.session,
            self.flow_latest_version,
            self.stale_days,
            self.assignee_is_active,
            now,
        )
    }
}

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            session: Session::from_row(row)?,
            flow_title: row.get(29)?,
            flow_latest_version: row.get(30)?,
            prepared_by: None,
            assigned_to: None,
            owner: None,
            assignee_is_active: false,
            stale_days: row.get(31)?,
        })
    }
}

/// Some of the sessions that fit a filter.
#[derive(Clone, Debug)]
pub struct Found<P> {
    /// As many as were asked for, or fewer.
    pub sessions: Vec<Listed>,
    /// Behind which place there may be more; a list that looks far leaves off in between, even with nothing found.
    pub next: Option<P>,
}

/// `SELECT` and its columns, from `sessions` that are called `s`, of the account `$1`; conditions follow. Who the
/// people are is said by [`listed`].
pub(super) fn select(sessions: &str) -> String {
    let columns: Vec<_> = COLUMNS
        .split(", ")
        .map(|column| format!("s.{}", column.trim()))
        .collect();
    format!(
        "SELECT {}, f.title AS flow_title, f.latest_version, \
             (SELECT stale_days FROM accounts WHERE id = $1) AS stale_days FROM {}",
        columns.join(", "),
        with_flows(sessions),
    )
}

/// Reads sessions with what their people are called; the statement begins with [`select`].
pub(super) async fn listed(tx: &mut Tx, account: AccountId, query: &Narrowed<'_>) -> Result<Vec<Listed>> {
    let mut rows: Vec<Listed> = tx.all(&query.sql, &query.parameters).await?;
    name_people(tx, account, &mut rows).await?;
    Ok(rows)
}

/// Reads what the people of these sessions are called.
pub(super) async fn name_people(tx: &mut Tx, account: AccountId, rows: &mut [Listed]) -> Result<()> {
    let people = |row: &Listed| {
        let session = &row.session;
        [session.prepared_by_id, session.assigned_to_id, session.owner_id]
    };
    let mut asked: Vec<UserId> = rows.iter().flat_map(people).flatten().collect();
    asked.sort_unstable();
    asked.dedup();
    let mut known: HashMap<UserId, (String, bool)> = HashMap::new();
    for chunk in asked.chunks(100) {
        let chunk = padded(chunk);
        let mut parameters: Vec<&dyn Parameter> = vec![&account];
        parameters.extend(chunk.iter().map(|user| user as &dyn Parameter));
        let sql = format!(
            "SELECT u.id, u.name, COALESCE({CAN_RUN}, FALSE) FROM users u \
             LEFT JOIN members m ON m.account_id = $1 AND m.user_id = u.id WHERE u.id IN ({})",
            placeholders(2, chunk.len())
        );
        let found: Vec<(UserId, String, bool)> = tx.all(&sql, &parameters).await?;
        known.extend(found.into_iter().map(|(id, name, can_run)| (id, (name, can_run))));
    }
    for row in rows {
        let [prepared_by, assigned_to, owner] = people(row).map(|id| id.and_then(|id| known.get(&id)));
        row.assignee_is_active = assigned_to.is_some_and(|(_, can_run)| *can_run);
        [row.prepared_by, row.assigned_to, row.owner] =
            [prepared_by, assigned_to, owner].map(|person| person.map(|(name, _)| name.clone()));
    }
    Ok(())
}

/// Whether a member `m`, who is the person `u`, can run what is assigned to them.
const CAN_RUN: &str =
    "m.role <> 'viewer' AND m.disabled_at IS NULL AND m.removed_at IS NULL AND u.disabled_at IS NULL";

/// The sessions with their flows; conditions follow.
///
/// CROSS JOIN is a plain join to PostgreSQL; SQLite takes it as the order, and so never begins with the flows.
pub(super) fn with_flows(sessions: &str) -> String {
    format!(
        "{sessions} CROSS JOIN flows f \
         WHERE s.account_id = $1 AND f.account_id = s.account_id AND f.id = s.flow_id"
    )
}

/// The sessions that fit, newest first, from after the session `after` on.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<SessionId>,
    limit: i64,
) -> Result<Found<SessionId>> {
    let (words, engine) = (Words::of(filter), tx.engine());
    let (before, one_more) = (made_before(filter), at_least_none(limit).saturating_add(1));
    let before = after.into_iter().chain(before).min();
    let asked = Asked {
        filter,
        words: &words,
        status: filter.status,
    };
    let paths = asked.paths(Order::Newest);
    // No path goes on behind where another one leaves off.
    let mut end: Option<SessionId> = None;
    for path in paths.iter().filter(|path| path.has_rest()) {
        let mut query = Narrowed::new(String::new(), &account);
        path.found(&mut query);
        if let Some(before) = &before {
            query.with(" AND s.id < ?", before);
        }
        query.with(" ORDER BY s.id DESC LIMIT 1 OFFSET ?", path.last());
        let (sessions, conditions) = (path.sessions(engine), query.sql);
        let sql = format!("SELECT s.id FROM {sessions} WHERE s.account_id = $1{conditions}");
        let last: Option<(SessionId,)> = tx.optional(&sql, &query.parameters).await?;
        end = end.max(last.map(|(id,)| id));
    }
    let mut query = Narrowed::new(String::new(), &account);
    let mut parts = Vec::new();
    for path in &paths {
        path.found(&mut query);
        path.rest(&mut query);
        if let Some(before) = &before {
            query.with(" AND s.id < ?", before);
        }
        if let Some(end) = &end {
            query.with(" AND s.id >= ?", end);
        }
        query.with(" ORDER BY s.id DESC LIMIT ?", &one_more);
        let conditions = std::mem::take(&mut query.sql);
        parts.push(format!("{}{conditions}", select(&path.sessions(engine))));
    }
    query.sql = match parts.as_slice() {
        [part] => part.clone(),
        parts => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| format!("SELECT * FROM ({part}) AS part"))
                .collect();
            format!(
                "{} ORDER BY id DESC LIMIT {}",
                parts.join(" UNION ALL "),
                query.bind(&one_more)
            )
        }
    };
    let mut sessions = listed(tx, account, &query).await?;
    let next = cut(&mut sessions, limit).map(|last| last.id).or(end);
    Ok(Found { sessions, next })
}

/// Leaves `limit` sessions, and answers the last one where there were more.
pub(super) fn cut(sessions: &mut Vec<Listed>, limit: i64) -> Option<&Session> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    sessions.last().filter(|_| more).map(|listed| &listed.session)
}

/// One session as a list would show it.
pub async fn find_listed(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Option<Listed>> {
    let mut query = Narrowed::new(select("sessions s"), &account);
    query.with(" AND s.id = ?", &id);
    Ok(listed(tx, account, &query).await?.pop())
}

/// The newest active session of a flow that this person started or is assigned to.
pub async fn active_of(
    tx: &mut Tx,
    account: AccountId,
    flow: FlowId,
    user: UserId,
) -> Result<Option<Listed>> {
    let filter = Filter {
        status: Some(Status::Active),
        flow_id: Some(flow),
        mine: Some(user),
        ..Filter::default()
    };
    Ok(list(tx, account, &filter, None, 1).await?.sessions.pop())
}
