//! The list of sessions by due time: what is due first comes first, what has no due time last, the oldest first.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::session::Session;

use super::list::{Filter, Listed, Words, narrow, select, status_condition, theirs};
use crate::Result;
use crate::db::Tx;
use crate::sql::{Narrowed, at_least_none};

/// A place in this order: right behind a session, as it was when it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When it was due.
    pub at: Option<DateTime<Utc>>,
    /// The session.
    pub id: SessionId,
}

impl Due {
    /// The place behind this session.
    pub fn behind(session: &Session) -> Self {
        Self {
            at: session.due_at,
            id: session.id,
        }
    }
}

/// The sessions that fit, by due time, from after a place on.
pub async fn list_by_due(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<Due>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (select, words, limit) = (select(), Words::of(filter), at_least_none(limit));
    let mut query = Narrowed::new(String::new(), &account);
    narrow(&mut query, filter, &words);
    query.sql.push_str(filter.status.map_or("", status_condition));
    let conditions = std::mem::take(&mut query.sql);
    let whose = match &filter.mine {
        Some(user) => theirs(&query.bind(user)).to_vec(),
        None => vec![String::new()],
    };
    let (mut dated, mut undated) = (
        String::from(" AND s.due_at IS NOT NULL"),
        String::from(" AND s.due_at IS NULL"),
    );
    if let Some(Due { at, id }) = &after {
        let id = query.bind(id);
        match at {
            Some(at) => dated = format!(" AND (s.due_at, s.id) > ({}, {id})", query.bind(at)),
            None => undated = format!("{undated} AND s.id > {id}"),
        }
    }
    let limit = query.bind(&limit);
    // Where the engines put what has no due time differs, so it is read by itself.
    let mut parts = Vec::new();
    for whose in &whose {
        let part = |number: i32, when: &str, order: &str| {
            format!(
                "SELECT part.*, {number} AS undated FROM \
                     ({select}{whose}{conditions}{when} ORDER BY {order} LIMIT {limit}) AS part"
            )
        };
        if after.is_none_or(|after| after.at.is_some()) {
            parts.push(part(0, &dated, "s.due_at, s.id"));
        }
        parts.push(part(1, &undated, "s.id"));
    }
    query.sql = format!(
        "{} ORDER BY undated, due_at, id LIMIT {limit}",
        parts.join(" UNION ALL ")
    );
    tx.all(&query.sql, &query.parameters).await
}
