//! What waits for a person: prepared for them, for anybody of their team or by them, and what they have begun.

use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::session::Status;

use super::due::list_by_due;
use super::list::{Assigned, Filter, Listed, select, status_condition, theirs};
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
    let limit = i64::try_from(per_list).map_or(i64::MAX, |wanted| wanted.saturating_add(1));
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
    let begun = tx.all(&begun(), &[&account, &user, &limit]).await?;
    Ok(Queues {
        prepared_for_you: Queue::of(assigned, per_list),
        unassigned: Queue::of(unassigned, per_list),
        prepared_by_you: Queue::of(by_them, per_list),
        continue_: Queue::of(begun, per_list),
    })
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
