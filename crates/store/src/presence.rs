//! Presence: who has a session open just now, and at which step.
//!
//! A page says so every few seconds; whoever has not said so for a minute is away. It is no history: a row goes
//! when its person leaves or has been away.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::step::StepId;

use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::at_least_none;
use crate::{Error, Result};

/// After how long without a word somebody is away.
pub const AWAY: TimeDelta = TimeDelta::seconds(60);

/// The most people that [`of`] answers.
const MOST: i64 = 100;

/// Notes that a person has a session open, at this step; `true`, and the session's watchers woken, when that is
/// news: they just came, came back, or went to another step.
pub async fn here(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    user: UserId,
    step: Option<&StepId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let step = step.map(StepId::as_str);
    let same = tx
        .execute(
            "UPDATE presence SET seen_at = $5 WHERE account_id = $1 AND session_id = $2 AND user_id = $3 \
                 AND step_id IS NOT DISTINCT FROM $4 AND seen_at >= $6",
            &[&account, &session, &user, &step, &now, &(now - AWAY)],
        )
        .await?;
    if same == 1 {
        return Ok(false);
    }
    let news = tx
        .execute(
            "INSERT INTO presence (account_id, session_id, user_id, step_id, seen_at) \
             SELECT account_id, id, $3, $4, $5 FROM sessions WHERE account_id = $1 AND id = $2 \
             ON CONFLICT (account_id, session_id, user_id) DO UPDATE SET step_id = excluded.step_id, \
                 seen_at = excluded.seen_at",
            &[&account, &session, &user, &step, &now],
        )
        .await?;
    if news == 1 {
        tx.wake(Topic::Session(account, session));
    }
    Ok(news == 1)
}

/// Notes that a person closed a session, and wakes its watchers; `false` when they were not there.
pub async fn leave(tx: &mut Tx, account: AccountId, session: SessionId, user: UserId) -> Result<bool> {
    let left = tx
        .execute(
            "DELETE FROM presence WHERE account_id = $1 AND session_id = $2 AND user_id = $3",
            &[&account, &session, &user],
        )
        .await?;
    if left == 1 {
        tx.wake(Topic::Session(account, session));
    }
    Ok(left == 1)
}

/// Somebody who has a session open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// The person.
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// The step they look at.
    pub step_id: Option<StepId>,
}

impl FromRow for Present {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let step: Option<String> = row.get(2)?;
        Ok(Self {
            user_id: row.get(0)?,
            name: row.get(1)?,
            step_id: step
                .map(|step| StepId::parse(&step).map_err(|_| Error::corrupt("presence.step_id")))
                .transpose()?,
        })
    }
}

/// Who has been in a session since then, in the order in which these people were first known; at most a hundred.
pub async fn of(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    since: DateTime<Utc>,
) -> Result<Vec<Present>> {
    tx.all(
        "SELECT p.user_id, u.name, p.step_id FROM presence p JOIN users u ON u.id = p.user_id \
         JOIN members m ON m.account_id = p.account_id AND m.user_id = p.user_id AND m.disabled_at IS NULL \
             AND m.removed_at IS NULL \
         WHERE p.account_id = $1 AND p.session_id = $2 AND p.seen_at >= $3 ORDER BY p.user_id LIMIT $4",
        &[&account, &session, &since, &MOST],
    )
    .await
}

/// Forgets who was last seen before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.across_accounts()
        .execute(
            "DELETE FROM presence WHERE (account_id, session_id, user_id) IN \
             (SELECT account_id, session_id, user_id FROM presence WHERE seen_at < $1 LIMIT $2)",
            &[&before, &at_least_none(limit)],
        )
        .await
}
