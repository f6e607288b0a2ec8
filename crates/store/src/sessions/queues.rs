//! What waits for a person: prepared for them, for anybody of their team, and what they have begun.

use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::session::Status;

use super::list::{Listed, select, status_condition, theirs};
use crate::Result;
use crate::db::Tx;

/// The beginning of a queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The first ones.
    pub sessions: Vec<Listed>,
    /// Whether there are more.
    pub more: bool,
}

impl Queue {
    /// Takes what was read, which is one more than is wanted where there are more.
    fn of(mut sessions: Vec<Listed>, wanted: usize) -> Self {
        let more = sessions.len() > wanted;
        sessions.truncate(wanted);
        Self { sessions, more }
    }
}

/// The queues of a person.
#[derive(Clone, Debug)]
pub struct Queues {
    /// Prepared and assigned to them: what is due first, then what waits longest.
    pub prepared_for_you: Queue,
    /// Prepared in their team and assigned to nobody, in the same order.
    pub unassigned: Queue,
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
    let limit = i64::try_from(per_list).map_or(i64::MAX, |wanted| wanted.saturating_add(1));
    let assigned = prepared(" AND s.assigned_to_id = $2");
    let assigned = tx.all(&assigned, &[&account, &user, &limit]).await?;
    let unassigned = prepared(" AND s.team_id = $2 AND s.assigned_to_id IS NULL");
    let unassigned = tx.all(&unassigned, &[&account, &team, &limit]).await?;
    let begun = tx.all(&begun(), &[&account, &user, &limit]).await?;
    Ok(Queues {
        prepared_for_you: Queue::of(assigned, per_list),
        unassigned: Queue::of(unassigned, per_list),
        continue_: Queue::of(begun, per_list),
    })
}

/// A queue of prepared sessions. Where the engines put what has no due time differs, so it is read by itself.
fn prepared(whose: &str) -> String {
    let (select, status) = (select(), status_condition(Status::Prepared));
    let part = |dated: &str, order: &str| format!("{select}{whose}{status}{dated} ORDER BY {order} LIMIT $3");
    format!(
        "SELECT d.*, 0 AS undated FROM ({}) AS d UNION ALL SELECT u.*, 1 AS undated FROM ({}) AS u \
         ORDER BY undated, due_at, id LIMIT $3",
        part(" AND s.due_at IS NOT NULL", "s.due_at, s.id"),
        part(" AND s.due_at IS NULL", "s.id"),
    )
}

/// What a person has begun or took over.
fn begun() -> String {
    let (select, status) = (select(), status_condition(Status::Active));
    let [owned, assigned] = theirs("$2");
    format!(
        "SELECT * FROM ({select}{owned}{status} UNION ALL {select}{assigned}{status}) AS begun \
         ORDER BY updated_at DESC, id DESC LIMIT $3"
    )
}
