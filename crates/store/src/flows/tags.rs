//! The tags that an account's flows carry, each with how many carry it.

use std::collections::BTreeMap;

use resolutionflow_core::id::{AccountId, FlowId};

use super::one_by_one;
use crate::Result;
use crate::db::{Parameter, Tx};
use crate::sql::{at_least_none, values};

/// The tags that most of an account's flows carry, each with how many.
pub async fn tags(tx: &mut Tx, account: AccountId, limit: i64) -> Result<Vec<(String, i64)>> {
    tx.all(
        "SELECT tag, flow_count FROM tags WHERE account_id = $1 AND flow_count > 0 \
         ORDER BY flow_count DESC, tag LIMIT $2",
        &[&account, &at_least_none(limit)],
    )
    .await
}

/// Counts what a locked flow carries no more, and what it carries from now on.
pub(super) async fn change(tx: &mut Tx, account: AccountId, flow: FlowId, now: &str) -> Result<()> {
    let (before,): (String,) = tx
        .one(
            "SELECT tags FROM flows WHERE account_id = $1 AND id = $2",
            &[&account, &flow],
        )
        .await?;
    count(tx, account, &before, now).await
}

/// Counts the difference between two lists of tags, as flows keep them.
pub(super) async fn count(tx: &mut Tx, account: AccountId, before: &str, now: &str) -> Result<()> {
    // In order, so that two flows with the same tags never wait for each other.
    let mut changes: BTreeMap<&str, i64> = BTreeMap::new();
    for tag in one_by_one(before) {
        *changes.entry(tag).or_default() -= 1;
    }
    for tag in one_by_one(now) {
        *changes.entry(tag).or_default() += 1;
    }
    changes.retain(|_, change| *change != 0);
    if changes.is_empty() {
        return Ok(());
    }
    let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(changes.len() * 3);
    for (tag, change) in &changes {
        parameters.extend([&account as &dyn Parameter, tag, change]);
    }
    let sql = format!(
        "INSERT INTO tags (account_id, tag, flow_count) VALUES {} \
         ON CONFLICT (account_id, tag) DO UPDATE SET flow_count = tags.flow_count + excluded.flow_count",
        values(changes.len(), 3)
    );
    tx.execute(&sql, &parameters).await?;
    Ok(())
}
