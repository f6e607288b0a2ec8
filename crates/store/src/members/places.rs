//! The accounts that a person can act in.

use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, UserId};

use crate::db::{FromRow, Row, Tx};
use crate::{Error, Result};

/// An account that a person can act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account_id: AccountId,
    /// What it is called.
    pub name: String,
    /// Their role in it.
    pub role: Role,
}

impl FromRow for Place {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let role: String = row.get(2)?;
        Ok(Self {
            account_id: row.get(0)?,
            name: row.get(1)?,
            role: Role::parse(&role).ok_or_else(|| Error::corrupt("members.role"))?,
        })
    }
}

/// The most accounts that [`places`] answers.
const MOST_PLACES: i64 = 100;

/// The accounts that a person can act in, the longest known first; at most a hundred.
pub async fn places(tx: &mut Tx, user: UserId) -> Result<Vec<Place>> {
    tx.across_accounts().all(
        "SELECT m.account_id, (SELECT name FROM accounts WHERE id = m.account_id), m.role FROM members m \
         WHERE m.user_id = $1 AND m.disabled_at IS NULL AND m.removed_at IS NULL ORDER BY m.account_id LIMIT $2",
        &[&user, &MOST_PLACES],
    )
    .await
}

/// What may be looked for in every account of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A session.
    Session,
    /// A flow.
    Flow,
}

/// The account of a person that has this; nothing where none that they can act in has it.
pub async fn place_of(tx: &mut Tx, user: UserId, thing: Thing, id: uuid::Uuid) -> Result<Option<Place>> {
    let table = match thing {
        Thing::Session => "sessions",
        Thing::Flow => "flows",
    };
    let sql = format!(
        "SELECT m.account_id, (SELECT name FROM accounts WHERE id = m.account_id), m.role FROM members m \
         JOIN {table} t ON t.account_id = m.account_id AND t.id = $2 \
         WHERE m.user_id = $1 AND m.disabled_at IS NULL AND m.removed_at IS NULL LIMIT 1"
    );
    tx.across_accounts().optional(&sql, &[&user, &id]).await
}
