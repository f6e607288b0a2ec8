//! Along which index a list is read, and how far at once.
//!
//! Any filters may come together, and no index serves them all. So a list is read along one index in its own order,
//! and where that leaves conditions to be asked of each session, it looks at [`MOST_LOOKED_AT`] sessions and answers
//! with what it has found and with the place to go on from.

use chrono::TimeDelta;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::Status;

use super::list::{Assigned, Filter};
use crate::db::Engine;
use crate::sql::{Narrowed, contains};

/// How many sessions a list looks at before it answers with what it has found.
pub const MOST_LOOKED_AT: i64 = 500;
/// How many it looks at where it searches texts, which takes several times as long.
const MOST_SEARCHED: i64 = 200;

/// How far the clocks of two servers may be apart.
const CLOCKS: TimeDelta = TimeDelta::days(1);

/// What an index of sessions begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// Started by whose list it is.
    StartedByThem,
    /// Assigned to whose list it is, and not started by them: that is the other path.
    AssignedToThem,
    Number,
    Client,
    Assigned,
    PreparedBy,
    Owner,
    Flow,
}

impl Key {
    /// What a filter may name, the narrowest first.
    const NAMED: [Self; 6] = [
        Self::Number,
        Self::Client,
        Self::Assigned,
        Self::PreparedBy,
        Self::Owner,
        Self::Flow,
    ];
}

/// What is compared with texts, in the form in which the rows keep it.
pub(super) struct Words {
    searched: Option<(i64, String)>,
    client: Option<String>,
}

impl Words {
    pub(super) fn of(filter: &Filter) -> Self {
        let text = filter.text.as_ref().map(|text| text.trim());
        let client = filter.client.as_deref().map(super::client_key);
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

/// A filter, and a status, as conditions.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) filter: &'a Filter,
    pub(super) words: &'a Words,
    pub(super) status: Option<Status>,
}

/// In which order a list is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Newest,
    Due,
}

/// One index that a list is read along.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    asked: Asked<'a>,
    key: Option<Key>,
    index: &'static str,
    /// Whether the index has only sessions of the status that is asked for.
    finds_status: bool,
    order: Order,
}

impl<'a> Asked<'a> {
    /// The paths on which all that is asked for is found, each session on one of them.
    pub(super) fn paths(self, order: Order) -> Vec<Path<'a>> {
        let keys = match self.filter.mine {
            // Nobody has started it.
            Some(_) if self.status == Some(Status::Prepared) => vec![Some(Key::AssignedToThem)],
            Some(_) => vec![Some(Key::StartedByThem), Some(Key::AssignedToThem)],
            None => vec![Key::NAMED.into_iter().find(|key| self.has(*key, order))],
        };
        keys.into_iter().map(|key| self.path(key, order)).collect()
    }

    fn has(self, key: Key, order: Order) -> bool {
        let filter = self.filter;
        match (key, order) {
            (Key::StartedByThem | Key::AssignedToThem, _) => filter.mine.is_some(),
            (Key::Assigned, _) => filter.assigned.is_some(),
            (Key::PreparedBy, _) => filter.prepared_by_id.is_some(),
            // No index of these has the order.
            (Key::Number | Key::Client | Key::Owner | Key::Flow, Order::Due) => false,
            (Key::Number, _) => filter.number.is_some(),
            (Key::Client, _) => self.words.client.is_some(),
            (Key::Owner, _) => filter.owner_id.is_some(),
            (Key::Flow, _) => filter.flow_id.is_some(),
        }
    }

    fn path(self, key: Option<Key>, order: Order) -> Path<'a> {
        use Status::{Active, Completed, Discarded, Prepared};
        let of_team = self.filter.assigned == Some(Assigned::Nobody) && self.filter.team_id.is_some();
        let (index, finds_status) = match (order, key, self.status) {
            (Order::Due, Some(Key::Assigned), _) if of_team => ("sessions_unassigned", true),
            (Order::Due, Some(Key::Assigned | Key::AssignedToThem), _) => ("sessions_prepared_for", true),
            (Order::Due, Some(Key::PreparedBy), _) => ("sessions_prepared_by", true),
            (Order::Due, ..) => ("sessions_prepared_due", true),
            (_, None, None) => ("sqlite_autoindex_sessions_1", true),
            (_, None, Some(Prepared)) => ("sessions_prepared", true),
            (_, None, Some(Active)) => ("sessions_active", true),
            (_, None, Some(Completed)) => ("sessions_completed", true),
            (_, None, Some(Discarded)) => ("sessions_discarded", true),
            (_, Some(Key::Number), status) => ("sqlite_autoindex_sessions_2", status.is_none()),
            (_, Some(Key::Client), status) => ("sessions_by_client", status.is_none()),
            (_, Some(Key::Assigned | Key::AssignedToThem), Some(Prepared)) => ("sessions_queue", true),
            (_, Some(Key::Assigned | Key::AssignedToThem), Some(Active)) => {
                ("sessions_active_by_assignee", true)
            }
            (_, Some(Key::Assigned | Key::AssignedToThem), status) => {
                ("sessions_by_assignee", status.is_none())
            }
            (_, Some(Key::PreparedBy), status) => ("sessions_by_preparer", status.is_none()),
            (_, Some(Key::Owner | Key::StartedByThem), Some(Active)) => ("sessions_active_by_owner", true),
            (_, Some(Key::Owner | Key::StartedByThem), status) => ("sessions_by_owner", status.is_none()),
            (_, Some(Key::Flow), Some(Active | Prepared)) => ("sessions_open_by_flow", false),
            (_, Some(Key::Flow), status) => ("sessions_by_flow", status.is_none()),
        };
        Path {
            asked: self,
            key,
            index,
            finds_status,
            order,
        }
    }
}

impl<'a> Path<'a> {
    /// The sessions `s`, read along this index. PostgreSQL chooses by what it has counted, and cannot be told.
    pub(super) fn sessions(&self, engine: Engine) -> String {
        match engine {
            Engine::Sqlite => format!("sessions s INDEXED BY {}", self.index),
            Engine::Postgres => "sessions s".to_owned(),
        }
    }

    /// What the index finds.
    pub(super) fn found(&self, query: &mut Narrowed<'a>) {
        let Asked { filter, status, .. } = self.asked;
        if let Some(key) = self.key {
            self.named(key, query);
        }
        match status {
            Some(status) if self.finds_status => query.sql.push_str(condition(status)),
            // It has what is open, which both engines want to be told.
            Some(_) if self.index == "sessions_open_by_flow" => {
                query
                    .sql
                    .push_str(" AND s.completed_at IS NULL AND s.discarded_at IS NULL");
            }
            _ => {}
        }
        if let (Some(team), true) = (&filter.team_id, self.index == "sessions_unassigned") {
            query.with(" AND s.team_id = ?", team);
        }
        if self.order == Order::Due {
            self.due(query);
        }
    }

    /// What is asked of each session that the index finds; nothing where it finds what is asked for.
    pub(super) fn rest(&self, query: &mut Narrowed<'a>) {
        let Asked {
            filter,
            words,
            status,
        } = self.asked;
        for key in Key::NAMED.into_iter().filter(|key| Some(*key) != self.key) {
            self.named(key, query);
        }
        if let (Some(user), Some(Key::AssignedToThem)) = (&filter.mine, self.key)
            && status != Some(Status::Prepared)
        {
            query.with(" AND s.owner_id IS DISTINCT FROM ?", user);
        }
        if let (Some(status), false) = (status, self.finds_status) {
            query.sql.push_str(condition(status));
        }
        if let (Some(team), false) = (&filter.team_id, self.index == "sessions_unassigned") {
            query.with(" AND s.team_id = ?", team);
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
        if self.order == Order::Newest {
            self.due(query);
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

    /// The offset of the last session that one list looks at.
    pub(super) fn last(&self) -> &'static i64 {
        const LAST: [i64; 2] = [MOST_LOOKED_AT - 1, MOST_SEARCHED - 1];
        &LAST[usize::from(self.asked.words.search())]
    }

    /// Whether anything is asked of each session.
    pub(super) fn has_rest(&self) -> bool {
        let mut query = Narrowed::new(String::new(), &0_i64);
        self.rest(&mut query);
        !query.sql.is_empty()
    }

    fn named(&self, key: Key, query: &mut Narrowed<'a>) {
        let Asked { filter, words, .. } = self.asked;
        match key {
            Key::StartedByThem => with(query, " AND s.owner_id = ?", filter.mine.as_ref()),
            Key::AssignedToThem => with(query, " AND s.assigned_to_id = ?", filter.mine.as_ref()),
            Key::Number => with(query, " AND s.number = ?", filter.number.as_ref()),
            // The index has no rows without a client, and both engines want to be told.
            Key::Client => with(
                query,
                " AND s.client_key = ? AND s.client_key <> ''",
                words.client.as_ref(),
            ),
            Key::Assigned => match &filter.assigned {
                Some(Assigned::To(user)) => query.with(" AND s.assigned_to_id = ?", user),
                Some(Assigned::Nobody) => query.sql.push_str(" AND s.assigned_to_id IS NULL"),
                None => {}
            },
            Key::PreparedBy => with(query, " AND s.prepared_by_id = ?", filter.prepared_by_id.as_ref()),
            Key::Owner => with(query, " AND s.owner_id = ?", filter.owner_id.as_ref()),
            Key::Flow => with(query, " AND s.flow_id = ?", filter.flow_id.as_ref()),
        }
    }

    fn due(&self, query: &mut Narrowed<'a>) {
        let filter = self.asked.filter;
        with(query, " AND s.due_at >= ?", filter.due_after.as_ref());
        with(query, " AND s.due_at < ?", filter.due_before.as_ref());
    }
}

fn with<'a, P: crate::db::Parameter>(query: &mut Narrowed<'a>, text: &str, parameter: Option<&'a P>) {
    if let Some(parameter) = parameter {
        query.with(text, parameter);
    }
}

/// Before which session those are that a filter's dates allow: what was started or completed before a time was made
/// before it, and ids are made from times.
pub(super) fn made_before(filter: &Filter) -> Option<SessionId> {
    let before = [filter.started_before, filter.completed_before];
    let earliest = before.into_iter().flatten().min()?;
    earliest.checked_add_signed(CLOCKS).map(SessionId::earliest)
}

/// The timestamps that [`Status::of`] reads, as SQL that the partial indexes know.
pub(super) const fn condition(status: Status) -> &'static str {
    match status {
        Status::Prepared => " AND s.started_at IS NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL",
        Status::Active => {
            " AND s.started_at IS NOT NULL AND s.completed_at IS NULL AND s.discarded_at IS NULL"
        }
        Status::Completed => " AND s.completed_at IS NOT NULL AND s.discarded_at IS NULL",
        Status::Discarded => " AND s.discarded_at IS NOT NULL",
    }
}
