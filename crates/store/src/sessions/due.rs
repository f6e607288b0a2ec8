//! The list of what is prepared by due time: what is due first comes first, what has no due time last, the oldest
//! first.

use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::session::{Session, Status};

use super::list::{Filter, Found, Listed, cut, name_people, select};
use super::path::{Asked, Order, Path, Words};
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

/// The prepared sessions that fit, by due time, from after a place on; the filter's own status is left aside.
pub async fn list_by_due(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<Due>,
    limit: i64,
) -> Result<Found<Due>> {
    let words = Words::of(filter);
    let asked = Asked {
        filter,
        words: &words,
        status: Some(Status::Prepared),
    };
    let paths = asked.paths(Order::Due);
    let [path] = paths.as_slice() else {
        unreachable!("nobody has started what is prepared, so one path has all")
    };
    let (engine, one_more) = (tx.engine(), at_least_none(limit).saturating_add(1));
    // Where the engines put what has no due time differs, so it is read by itself, and only where a page reaches it.
    let halves: &[Half] = match after {
        Some(Due { at: None, .. }) => &[Half::Undated],
        _ => &[Half::Dated, Half::Undated],
    };
    let mut end = None;
    if path.has_rest() {
        for half in halves {
            let mut query = Narrowed::new(String::new(), &account);
            half.found(path, after.as_ref(), &mut query);
            query.with(" LIMIT 1 OFFSET ?", path.last());
            let (sessions, conditions) = (path.sessions(engine), query.sql);
            let sql = format!("SELECT s.due_at, s.id FROM {sessions} WHERE s.account_id = $1{conditions}");
            let last: Option<(Option<DateTime<Utc>>, SessionId)> =
                tx.optional(&sql, &query.parameters).await?;
            end = last.map(|(at, id)| Due { at, id });
            if end.is_some() {
                break;
            }
        }
    }
    let mut sessions = Vec::new();
    for half in halves {
        let left = one_more.saturating_sub(i64::try_from(sessions.len()).unwrap_or(i64::MAX));
        let mut query = Narrowed::new(select(&path.sessions(engine)), &account);
        path.rest(&mut query);
        if let Some(end) = &end {
            half.until(end, &mut query);
        }
        half.found(path, after.as_ref(), &mut query);
        query.with(" LIMIT ?", &left);
        let mut found: Vec<Listed> = tx.all(&query.sql, &query.parameters).await?;
        let full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= left;
        sessions.append(&mut found);
        if full || end.is_some_and(|end| half.has(&end)) {
            break;
        }
    }
    name_people(tx, account, &mut sessions).await?;
    let next = cut(&mut sessions, limit).map(Due::behind).or(end);
    Ok(Found { sessions, next })
}

/// What has a due time, and what has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Dated,
    Undated,
}

impl Half {
    fn has(self, place: &Due) -> bool {
        place.at.is_some() == (self == Self::Dated)
    }

    /// What a path finds behind a place, in order.
    fn found<'a>(self, path: &Path<'a>, after: Option<&'a Due>, query: &mut Narrowed<'a>) {
        path.found(query);
        query.sql.push_str(match self {
            Self::Dated => " AND s.due_at IS NOT NULL",
            Self::Undated => " AND s.due_at IS NULL",
        });
        if let Some(after) = after.filter(|after| self.has(after)) {
            compare(">", after, query);
        }
        // By both, even where one is always NULL: PostgreSQL would sort what its index has in order.
        query.sql.push_str(" ORDER BY s.due_at, s.id");
    }

    /// No further than this place.
    fn until<'a>(self, end: &'a Due, query: &mut Narrowed<'a>) {
        if self.has(end) {
            compare("<=", end, query);
        }
    }
}

/// Narrows to what stands in this relation to a place.
fn compare<'a>(relation: &str, place: &'a Due, query: &mut Narrowed<'a>) {
    match &place.at {
        Some(at) => {
            let id = query.bind(&place.id);
            query.with(&format!(" AND (s.due_at, s.id) {relation} (?, {id})"), at);
        }
        None => query.with(&format!(" AND s.id {relation} ?"), &place.id),
    }
}
