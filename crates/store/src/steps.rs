//! Steps of a session: one row for each that somebody touched.

use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::session::{StepRecord, StepRecords, StepState};
use resolutionflow_core::step::StepId;

use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::placeholders;
use crate::{Error, Result};

const COLUMNS: &str = "step_id, state, note, output, reason, choice, checked, version, changed_by_id, \
    changed_at, finished_at, finished_by_id";

impl FromRow for StepRecord {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (id, state, checked): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(6)?);
        Ok(Self {
            step_id: StepId::parse(&id).map_err(|_| Error::corrupt("session_steps.step_id"))?,
            state: StepState::parse(&state).ok_or_else(|| Error::corrupt("session_steps.state"))?,
            note: row.get(2)?,
            output: row.get(3)?,
            reason: row.get(4)?,
            choice: row.get(5)?,
            checked: checked
                .split_ascii_whitespace()
                .map(|item| item.parse().map_err(|_| Error::corrupt("session_steps.checked")))
                .collect::<Result<_>>()?,
            version: row.get(7)?,
            changed_by_id: row.get(8)?,
            changed_at: row.get(9)?,
            finished_at: row.get(10)?,
            finished_by_id: row.get(11)?,
        })
    }
}

/// Every touched step of a session.
pub async fn all(tx: &mut Tx, account: AccountId, session: SessionId) -> Result<StepRecords> {
    let sql = format!("SELECT {COLUMNS} FROM session_steps WHERE account_id = $1 AND session_id = $2");
    let rows: Vec<StepRecord> = tx.all(&sql, &[&account, &session]).await?;
    Ok(rows
        .into_iter()
        .map(|step| (step.step_id.clone(), step))
        .collect())
}

/// The steps of these sessions that are done or skipped, each with its session; without what stands in them.
pub async fn finished(
    tx: &mut Tx,
    account: AccountId,
    sessions: &[SessionId],
) -> Result<Vec<(SessionId, StepId)>> {
    let mut found = Vec::new();
    for chunk in sessions.chunks(100) {
        let mut parameters: Vec<&dyn Parameter> = vec![&account];
        parameters.extend(chunk.iter().map(|session| session as &dyn Parameter));
        let sql = format!(
            "SELECT session_id, step_id FROM session_steps \
             WHERE account_id = $1 AND session_id IN ({}) AND state <> 'open'",
            placeholders(2, chunk.len())
        );
        let rows: Vec<(SessionId, String)> = tx.all(&sql, &parameters).await?;
        for (session, step) in rows {
            let step = StepId::parse(&step).map_err(|_| Error::corrupt("session_steps.step_id"))?;
            found.push((session, step));
        }
    }
    Ok(found)
}

/// One step of a session, if somebody touched it.
pub async fn find(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    step: &StepId,
) -> Result<Option<StepRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session_steps WHERE account_id = $1 AND session_id = $2 AND step_id = $3"
    );
    tx.optional(&sql, &[&account, &session, &step.as_str()]).await
}

/// Keeps the changed steps of a locked session; a command changes one at the most.
pub(crate) async fn save(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    changed: &[StepRecord],
) -> Result<()> {
    for step in changed {
        let checked: Vec<_> = step.checked.iter().map(ToString::to_string).collect();
        tx.execute(
            "INSERT INTO session_steps (account_id, session_id, step_id, state, note, output, reason, choice, \
                 checked, version, changed_by_id, changed_at, finished_at, finished_by_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             ON CONFLICT (account_id, session_id, step_id) DO UPDATE SET state = excluded.state, \
                 note = excluded.note, output = excluded.output, reason = excluded.reason, \
                 choice = excluded.choice, checked = excluded.checked, version = excluded.version, \
                 changed_by_id = excluded.changed_by_id, changed_at = excluded.changed_at, \
                 finished_at = excluded.finished_at, finished_by_id = excluded.finished_by_id",
            &[
                &account,
                &session,
                &step.step_id.as_str(),
                &step.state.as_str(),
                &step.note,
                &step.output,
                &step.reason,
                &step.choice,
                &checked.join(" "),
                &step.version,
                &step.changed_by_id,
                &step.changed_at,
                &step.finished_at,
                &step.finished_by_id,
            ],
        )
        .await?;
    }
    Ok(())
}
