//! Events: the append-only history of each session.

use resolutionflow_core::event::{Event, EventKind};
use resolutionflow_core::id::{AccountId, SessionId};

use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::values;
use crate::{Error, Result};

impl FromRow for Event {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (kind, payload, hash): (String, String, Vec<u8>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        Ok(Self {
            number: row.get(0)?,
            at: row.get(1)?,
            actor_id: row.get(2)?,
            kind: EventKind::parse(&kind).ok_or_else(|| Error::corrupt("events.kind"))?,
            payload: serde_json::from_str(&payload).map_err(|_| Error::corrupt("events.payload"))?,
            hash: hash.try_into().map_err(|_| Error::corrupt("events.hash"))?,
        })
    }
}

/// The events of a session after the number `after`, oldest first.
pub async fn after(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    after: i64,
    limit: i64,
) -> Result<Vec<Event>> {
    tx.all(
        "SELECT number, at, actor_id, kind, payload, hash FROM events \
         WHERE account_id = $1 AND session_id = $2 AND number > $3 ORDER BY number LIMIT $4",
        &[&account, &session, &after, &limit],
    )
    .await
}

/// Adds what happened to a locked session.
pub(crate) async fn append(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    events: &[Event],
) -> Result<()> {
    for chunk in events.chunks(100) {
        let texts: Vec<_> = chunk
            .iter()
            .map(|event| serde_json::to_string(&event.payload).expect("a payload has only text keys"))
            .collect();
        let kinds: Vec<_> = chunk.iter().map(|event| event.kind.as_str()).collect();
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * 8);
        for ((event, text), kind) in chunk.iter().zip(&texts).zip(&kinds) {
            parameters.extend_from_slice(&[
                &account as &dyn Parameter,
                &session,
                &event.number,
                &event.at,
                &event.actor_id,
                kind,
                text,
                &event.hash,
            ]);
        }
        let sql = format!(
            "INSERT INTO events (account_id, session_id, number, at, actor_id, kind, payload, hash) VALUES {}",
            values(chunk.len(), 8)
        );
        tx.execute(&sql, &parameters).await?;
    }
    Ok(())
}
