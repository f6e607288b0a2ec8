//! How many sessions there are, for the tabs of their list.

use resolutionflow_core::id::{AccountId, FlowId, SessionId};
use resolutionflow_core::session::Status;
use uuid::Uuid;

use super::list::{Filter, with_flows};
use super::path::{Asked, Order, Words, made_before};
use crate::Result;
use crate::db::{FromRow, Row, Tx};
use crate::sql::Narrowed;

/// As far as is counted: an account may have a million sessions, and nobody reads more than "1,000+".
pub const MOST_COUNTED: i64 = 1_000;

/// A number that is counted only so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many; [`MOST_COUNTED`] at most.
    pub number: i64,
    /// Whether there are more, or there may be where nobody looked.
    pub more: bool,
}

impl Count {
    fn of(found: i64, left: i64) -> Self {
        Self {
            number: found.min(MOST_COUNTED),
            more: found > MOST_COUNTED || left > 0,
        }
    }
}

/// How many sessions are in each of the three lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Being worked on.
    pub active: Count,
    /// Waiting to be started.
    pub prepared: Count,
    /// Done.
    pub completed: Count,
}

impl FromRow for Counts {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            active: Count::of(row.get(0)?, row.get(1)?),
            prepared: Count::of(row.get(2)?, row.get(3)?),
            completed: Count::of(row.get(4)?, row.get(5)?),
        })
    }
}

/// How many sessions of each status fit a filter, whose own status is left aside.
pub async fn counts(tx: &mut Tx, account: AccountId, filter: &Filter) -> Result<Counts> {
    let (words, engine) = (Words::of(filter), tx.engine());
    let (before, most) = (made_before(filter), MOST_COUNTED + 1);
    let mut query = Narrowed::new(String::new(), &account);
    let mut columns = Vec::new();
    for status in [Status::Active, Status::Prepared, Status::Completed] {
        let asked = Asked {
            filter,
            words: &words,
            status: Some(status),
        };
        let (mut counted, mut left) = (Vec::new(), vec!["0".to_owned()]);
        for path in asked.paths(Order::Newest) {
            let sessions = path.sessions(engine);
            path.found(&mut query);
            if let Some(before) = &before {
                query.with(" AND s.id < ?", before);
            }
            let found = std::mem::take(&mut query.sql);
            path.rest(&mut query);
            let rest = std::mem::take(&mut query.sql);
            let looked_at = if rest.is_empty() {
                String::new()
            } else {
                // As far as a list looks, and whether there is more behind.
                let last = query.bind(path.last());
                let end = format!(
                    "(SELECT s.id FROM {sessions} WHERE s.account_id = $1{found} \
                        ORDER BY s.id DESC LIMIT 1 OFFSET {last})"
                );
                left.push(format!("(CASE WHEN {end} IS NULL THEN 0 ELSE 1 END)"));
                let first = query.bind(&FIRST);
                // A SELECT of its own: PostgreSQL's row security takes no COALESCE into an index.
                format!(" AND s.id >= (SELECT COALESCE({end}, {first}))")
            };
            // The flow matters only to a search.
            let from = if words.search() {
                with_flows(&sessions)
            } else {
                format!("{sessions} WHERE s.account_id = $1")
            };
            counted.push(format!("SELECT 1 FROM {from}{found}{rest}{looked_at}"));
        }
        let (counted, left) = (counted.join(" UNION ALL "), left.join(" + "));
        let most = query.bind(&most);
        columns.push(format!(
            "(SELECT COUNT(*) FROM ({counted} LIMIT {most}) AS found)"
        ));
        columns.push(format!("CAST({left} AS BIGINT)"));
    }
    query.sql = format!("SELECT {}", columns.join(", "));
    tx.one(&query.sql, &query.parameters).await
}

/// What no session's identifier comes before.
const FIRST: SessionId = SessionId::from_uuid(Uuid::nil());

/// How many sessions of each status a flow has.
pub async fn of_flow_counts(tx: &mut Tx, account: AccountId, flow: FlowId) -> Result<Counts> {
    let filter = Filter {
        flow_id: Some(flow),
        ..Filter::default()
    };
    counts(tx, account, &filter).await
}
