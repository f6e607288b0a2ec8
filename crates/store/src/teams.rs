//! Teams: groups of members inside an account, under distinct names.

use resolutionflow_core::id::{AccountId, TeamId};
use resolutionflow_core::member::MOST_TEAMS;

use crate::Result;
use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::{for_no_key_update, search_key};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its identifier.
    pub id: TeamId,
    /// What it is called.
    pub name: String,
    /// How many members are in it.
    pub members: i64,
}

impl FromRow for Team {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            members: row.get(2)?,
        })
    }
}

/// What became of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It is the team's.
    Done,
    /// Another team of the account has it.
    Taken,
    /// The account has as many teams as it may, or there is no such team.
    Refused,
}

/// The team that an account begins with.
pub(crate) async fn create_first(tx: &mut Tx, account: AccountId, team: TeamId, name: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO teams (account_id, id, name, name_key) VALUES ($1, $2, $3, $4)",
        &[&account, &team, &name, &search_key(name)],
    )
    .await?;
    Ok(())
}

/// Makes a team; refused where the account has [`MOST_TEAMS`].
pub async fn create(tx: &mut Tx, account: AccountId, team: TeamId, name: &str) -> Result<Named> {
    // Under the account's row lock, so that two at once are counted one after the other.
    let sql = format!("SELECT id FROM accounts WHERE id = $1{}", for_no_key_update(tx));
    let _: Option<(AccountId,)> = tx.optional(&sql, &[&account]).await?;
    if is_taken(tx, account, team, name).await? {
        return Ok(Named::Taken);
    }
    let made = tx
        .execute(
            "INSERT INTO teams (account_id, id, name, name_key) SELECT a.id, $2, $3, $4 FROM accounts a \
             WHERE a.id = $1 AND (SELECT COUNT(*) FROM teams t WHERE t.account_id = $1) < $5",
            &[&account, &team, &name, &search_key(name), &MOST_TEAMS],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok(if made == 1 { Named::Done } else { Named::Refused })
}

/// Gives a team another name; refused where there is none.
pub async fn rename(tx: &mut Tx, account: AccountId, team: TeamId, name: &str) -> Result<Named> {
    let sql = format!("SELECT id FROM accounts WHERE id = $1{}", for_no_key_update(tx));
    let _: Option<(AccountId,)> = tx.optional(&sql, &[&account]).await?;
    if is_taken(tx, account, team, name).await? {
        return Ok(Named::Taken);
    }
    let changed = tx
        .execute(
            "UPDATE teams SET name = $3, name_key = $4 WHERE account_id = $1 AND id = $2",
            &[&account, &team, &name, &search_key(name)],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok(if changed == 1 { Named::Done } else { Named::Refused })
}

/// Whether another team has that name, whatever its case.
async fn is_taken(tx: &mut Tx, account: AccountId, team: TeamId, name: &str) -> Result<bool> {
    let found: Option<(TeamId,)> = tx
        .optional(
            "SELECT id FROM teams WHERE account_id = $1 AND name_key = $2 AND id <> $3",
            &[&account, &search_key(name), &team],
        )
        .await?;
    Ok(found.is_some())
}

/// One team.
pub async fn find(tx: &mut Tx, account: AccountId, team: TeamId) -> Result<Option<Team>> {
    tx.optional(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM members m WHERE m.account_id = t.account_id \
             AND m.team_id = t.id AND m.removed_at IS NULL) \
         FROM teams t WHERE t.account_id = $1 AND t.id = $2",
        &[&account, &team],
    )
    .await
}

/// The teams of an account by name; at most [`MOST_TEAMS`], which is all of them.
pub async fn list(tx: &mut Tx, account: AccountId) -> Result<Vec<Team>> {
    tx.all(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM members m WHERE m.account_id = t.account_id \
             AND m.team_id = t.id AND m.removed_at IS NULL) \
         FROM teams t WHERE t.account_id = $1 ORDER BY t.name_key LIMIT $2",
        &[&account, &MOST_TEAMS],
    )
    .await
}
