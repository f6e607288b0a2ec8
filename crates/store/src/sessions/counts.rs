//! How many sessions there are, for the tabs of their list.

use resolutionflow_core::id::{AccountId, FlowId};
use resolutionflow_core::session::Status;

use super::list::{Filter, OF_ACCOUNT, WITH_FLOWS, Words, narrow, status_condition, theirs};
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
    /// Whether there are more.
    pub more: bool,
}

impl Count {
    fn of(found: i64) -> Self {
        Self {
            number: found.min(MOST_COUNTED),
            more: found > MOST_COUNTED,
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
            active: Count::of(row.get(0)?),
            prepared: Count::of(row.get(1)?),
            completed: Count::of(row.get(2)?),
        })
    }
}

/// How many sessions of each status fit a filter, whose own status is left aside.
pub async fn counts(tx: &mut Tx, account: AccountId, filter: &Filter) -> Result<Counts> {
    let words = Words::of(filter);
    let limit = MOST_COUNTED + 1;
    let mut query = Narrowed::new(String::new(), &account);
    narrow(&mut query, filter, &words);
    let conditions = std::mem::take(&mut query.sql);
    // The flow matters only to a search.
    let from = if words.search() {
        format!("{WITH_FLOWS} WHERE {OF_ACCOUNT}")
    } else {
        "sessions s WHERE s.account_id = $1".to_owned()
    };
    // The order makes no difference to a count; SQLite takes it as a reason not to begin with another account's.
    let (whose, order) = match &filter.mine {
        Some(user) => (theirs(&query.bind(user)).to_vec(), ""),
        None => (vec![String::new()], " ORDER BY s.id DESC"),
    };
    let limit = query.bind(&limit);
    let columns = [Status::Active, Status::Prepared, Status::Completed].map(|status| {
        let status = status_condition(status);
        let rows: Vec<_> = whose
            .iter()
            .map(|whose| format!("SELECT 1 FROM {from}{whose}{conditions}{status}"))
            .collect();
        let rows = rows.join(" UNION ALL ");
        format!("(SELECT COUNT(*) FROM ({rows}{order} LIMIT {limit}) AS found)")
    });
    query.sql = format!("SELECT {}", columns.join(", "));
    tx.one(&query.sql, &query.parameters).await
}

/// How many sessions of each status a flow has.
pub async fn of_flow_counts(tx: &mut Tx, account: AccountId, flow: FlowId) -> Result<Counts> {
    let filter = Filter {
        flow_id: Some(flow),
        ..Filter::default()
    };
    counts(tx, account, &filter).await
}
