//! The list of sessions, narrowed by filters.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, FlowId, SessionId, TeamId, UserId};
use resolutionflow_core::session::{Session, Stale, Status, staleness};

use super::{COLUMNS, client_key};
use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::sql::{Narrowed, at_least_none, contains};

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
            prepared_by: row.get(31)?,
            assigned_to: row.get(32)?,
            owner: row.get(33)?,
            assignee_is_active: row.get(34)?,
            stale_days: row.get(35)?,
        })
    }
}

/// `SELECT` and its columns, from the sessions `s` of the account `$1`; conditions follow.
pub(super) fn select() -> String {
    let columns: Vec<_> = COLUMNS
        .split(", ")
        .map(|column| format!("s.{}", column.trim()))
        .collect();
    // Names are looked up for the rows that come out, and leave the joins' order alone.
    let name = |id| format!("(SELECT name FROM users WHERE id = s.{id})");
    format!(
        "SELECT {}, f.title AS flow_title, f.latest_version, {} AS prepared_by, {} AS assigned_to, \
             {} AS owner, {ASSIGNEE_IS_ACTIVE} AS assignee_is_active, \
             (SELECT stale_days FROM accounts WHERE id = s.account_id) AS stale_days \
         FROM {WITH_FLOWS} WHERE {OF_ACCOUNT}",
        columns.join(", "),
        name("prepared_by_id"),
        name("assigned_to_id"),
        name("owner_id"),
    )
}

/// Whether the assignee of `s` can still run it.
const ASSIGNEE_IS_ACTIVE: &str = "EXISTS (SELECT 1 FROM members m JOIN users u ON u.id = m.user_id \
    WHERE m.account_id = s.account_id AND m.user_id = s.assigned_to_id AND m.role <> 'viewer' \
        AND m.disabled_at IS NULL AND u.disabled_at IS NULL)";

/// CROSS JOIN is a plain join to PostgreSQL; SQLite takes it as the order, and so never begins with the flows.
pub(super) const WITH_FLOWS: &str = "sessions s CROSS JOIN flows f";
/// What joins them.
pub(super) const OF_ACCOUNT: &str = "s.account_id = $1 AND f.account_id = s.account_id AND f.id = s.flow_id";

/// What is compared with texts, in the form in which the rows keep it.
pub(super) struct Words {
    searched: Option<(i64, String)>,
    client: Option<String>,
}

impl Words {
    pub(super) fn of(filter: &Filter) -> Self {
        let text = filter.text.as_ref().map(|text| text.trim());
        let client = filter.client.as_deref().map(client_key);
        Self {
            searched: text.map(|text| (text.parse().unwrap_or(-1), contains(text))),
            client: client.filter(|client| !client.is_empty()),
        }
    }

    /// Whether the titles of flows are looked at.
    pub(super) fn search(&self) -> bool {
        self.searched.is_some()
    }
}

/// Every condition of a filter but status and `mine`.
pub(super) fn narrow<'a>(query: &mut Narrowed<'a>, filter: &'a Filter, words: &'a Words) {
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
    if let Some(team) = &filter.team_id {
        query.with(" AND s.team_id = ?", team);
    }
    if let Some(client) = &words.client {
        // The index has no rows without a client, and both engines want to be told.
        query.with(" AND s.client_key = ? AND s.client_key <> ''", client);
    }
    if let Some(flow) = &filter.flow_id {
        query.with(" AND s.flow_id = ?", flow);
    }
    for (condition, time) in [
        (" AND s.started_at >= ?", &filter.started_after),
        (" AND s.started_at < ?", &filter.started_before),
        (" AND s.completed_at >= ?", &filter.completed_after),
        (" AND s.completed_at < ?", &filter.completed_before),
        (" AND s.due_at >= ?", &filter.due_after),
        (" AND s.due_at < ?", &filter.due_before),
    ] {
        if let Some(time) = time {
            query.with(condition, time);
        }
    }
    if filter.missing {
        query.sql.push_str(" AND s.missing > 0");
    }
    if let Some((number, pattern)) = &words.searched {
        query.with(" AND (s.number = ?", number);
        query.with(
            " OR s.title_key LIKE ? ESCAPE '!' OR f.title_key LIKE ? ESCAPE '!' \
                OR s.ticket_key LIKE ? ESCAPE '!' OR s.client_key LIKE ? ESCAPE '!')",
            pattern,
        );
    }
}

/// The two conditions that together say "this person's", and never both: each engine has an index for each, and
/// none for both at once.
pub(super) fn theirs(user: &str) -> [String; 2] {
    [
        format!(" AND s.owner_id = {user}"),
        format!(" AND s.assigned_to_id = {user} AND s.owner_id IS DISTINCT FROM {user}"),
    ]
}

/// The sessions that fit, newest first, from after the session `after` on.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<SessionId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (select, words, limit) = (select(), Words::of(filter), at_least_none(limit));
    let mut query = Narrowed::new(String::new(), &account);
    narrow(&mut query, filter, &words);
    query.sql.push_str(filter.status.map_or("", status_condition));
    if let Some(after) = &after {
        query.with(" AND s.id < ?", after);
    }
    query.with(" ORDER BY s.id DESC LIMIT ?", &limit);
    let rest = std::mem::take(&mut query.sql);
    query.sql = match &filter.mine {
        None => format!("{select}{rest}"),
        Some(user) => {
            let [owned, assigned] = theirs(&query.bind(user));
            let limit = query.bind(&limit);
            format!(
                "SELECT * FROM ({select}{owned}{rest}) AS owned \
                 UNION ALL SELECT * FROM ({select}{assigned}{rest}) AS assigned ORDER BY id DESC LIMIT {limit}"
            )
        }
    };
    tx.all(&query.sql, &query.parameters).await
}

/// One session as a list would show it.
pub async fn find_listed(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Option<Listed>> {
    let sql = format!("{} AND s.id = $2", select());
    tx.optional(&sql, &[&account, &id]).await
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
    Ok(list(tx, account, &filter, None, 1).await?.pop())
}

/// The timestamps that [`Status::of`] reads, as SQL that the partial indexes know.
pub(super) const fn status_condition(status: Status) -> &'static str {
    match status {
        Status::Prepared => " AND s.started_at IS NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL",
        Status::Active => {
            " AND s.started_at IS NOT NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL"
        }
        Status::Completed => " AND s.completed_at IS NOT NULL AND s.discarded_at IS NULL",
        Status::Discarded => " AND s.discarded_at IS NOT NULL",
    }
}
