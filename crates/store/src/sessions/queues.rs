//! What waits for a person: prepared for them, for anybody of their team or by them, and what they have begun.

use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::session::Status;

use super::due::list_by_due;
use super::list::{Assigned, Filter, Found, Listed, cut, listed, select};
use super::path::{Asked, MOST_LOOKED_AT, Order, Words};
use crate::Result;
use crate::db::Tx;
use crate::sql::{Narrowed, at_least_none};

/// The beginning of a queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The first ones.
    pub sessions: Vec<Listed>,
    /// Whether there are more.
    pub more: bool,
}

impl Queue {
    fn of<P>(found: Found<P>) -> Self {
        Self {
            more: found.next.is_some(),
            sessions: found.sessions,
        }
    }
}

/// The queues of a person.
#[derive(Clone, Debug)]
pub struct Queues {
    /// Prepared and assigned to them: what is due first, then what waits longest.
    pub prepared_for_you: Queue,
    /// Prepared in their team and assigned to nobody, in the same order.
    pub unassigned: Queue,
    /// Prepared by them, for whomever, in the same order.
    pub prepared_by_you: Queue,
    /// Active, and started by them or assigned to them: the last changed first.
    pub continue_: Queue,
}

/// The beginnings of a person's queues, `per_list` sessions each.
pub async fn queues(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    team: TeamId,
    per_list: usize,
) -> Result<Queues> {
    let limit = i64::try_from(per_list).unwrap_or(i64::MAX);
    let prepared = || Filter {
        status: Some(Status::Prepared),
        ..Filter::default()
    };
    let assigned = Filter {
        assigned: Some(Assigned::To(user)),
        ..prepared()
    };
    let unassigned = Filter {
        assigned: Some(Assigned::Nobody),
        team_id: Some(team),
        ..prepared()
    };
    let by_them = Filter {
        prepared_by_id: Some(user),
        ..prepared()
    };
    let assigned = list_by_due(tx, account, &assigned, None, limit).await?;
    let unassigned = list_by_due(tx, account, &unassigned, None, limit).await?;
    let by_them = list_by_due(tx, account, &by_them, None, limit).await?;
    let begun = begun(tx, account, user, limit).await?;
    Ok(Queues {
        prepared_for_you: Queue::of(assigned),
        unassigned: Queue::of(unassigned),
        prepared_by_you: Queue::of(by_them),
        continue_: begun,
    })
}

/// What a person has begun or took over, the last changed first, of the newest that they have.
async fn begun(tx: &mut Tx, account: AccountId, user: UserId, limit: i64) -> Result<Queue> {
    let filter = Filter {
        mine: Some(user),
        ..Filter::default()
    };
    let words = Words::of(&filter);
    let asked = Asked {
        filter: &filter,
        words: &words,
        status: Some(Status::Active),
    };
    let one_more = at_least_none(limit).saturating_add(1);
    let mut query = Narrowed::new(String::new(), &account);
    let mut parts = Vec::new();
    for path in asked.paths(Order::Newest) {
        path.found(&mut query);
        path.rest(&mut query);
        query.with(" ORDER BY s.id DESC LIMIT ?", &MOST_LOOKED_AT);
        let (sessions, conditions) = (path.sessions(tx.engine()), std::mem::take(&mut query.sql));
        parts.push(format!(
            "SELECT * FROM (SELECT s.id, s.updated_at FROM {sessions} WHERE s.account_id = $1{conditions}) AS part"
        ));
    }
    // Only those that are shown are read whole.
    let limit_of_all = query.bind(&one_more);
    query.sql = format!(
        "{} AND s.id IN (SELECT id FROM ({} ORDER BY updated_at DESC, id DESC LIMIT {limit_of_all}) AS begun) \
         ORDER BY s.updated_at DESC, s.id DESC",
        select("sessions s"),
        parts.join(" UNION ALL "),
    );
    let mut sessions = listed(tx, account, &query).await?;
    let more = cut(&mut sessions, limit).is_some();
    Ok(Queue { sessions, more })
}
