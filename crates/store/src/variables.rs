//! Variables: one row each, so that two people who set different ones never touch each other's.

use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::variable::{Variable, Variables};

use crate::Result;
use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::values;

impl FromRow for Variable {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            value: row.get(1)?,
            valid: row.get(2)?,
            version: row.get(3)?,
            set_by_id: row.get(4)?,
            set_at: row.get(5)?,
        })
    }
}

/// Every variable of a session that was ever set.
pub async fn all(tx: &mut Tx, account: AccountId, session: SessionId) -> Result<Variables> {
    let rows: Vec<Variable> = tx
        .all(
            "SELECT name, value, valid, version, set_by_id, set_at FROM session_variables \
             WHERE account_id = $1 AND session_id = $2",
            &[&account, &session],
        )
        .await?;
    Ok(rows.into_iter().map(|variable| (variable.key.clone(), variable)).collect())
}

/// Keeps the changed variables of a locked session.
pub(crate) async fn save(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    changed: &[Variable],
) -> Result<()> {
    for chunk in changed.chunks(100) {
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * 8);
        for variable in chunk {
            parameters.extend_from_slice(&[
                &account as &dyn Parameter,
                &session,
                &variable.key,
                &variable.value,
                &variable.valid,
                &variable.version,
                &variable.set_by_id,
                &variable.set_at,
            ]);
        }
        let sql = format!(
            "INSERT INTO session_variables \
                 (account_id, session_id, name, value, valid, version, set_by_id, set_at) VALUES {} \
             ON CONFLICT (account_id, session_id, name) DO UPDATE SET value = excluded.value, \
                 valid = excluded.valid, version = excluded.version, set_by_id = excluded.set_by_id, \
                 set_at = excluded.set_at",
            values(chunk.len(), 8)
        );
        tx.execute(&sql, &parameters).await?;
    }
    Ok(())
}
