//! Invites into accounts. Each has two secrets: one in the link that people copy, and one in the link that is mailed,
//! which shows that its address is read by whoever brings it. Only digests are kept.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, InviteId, TeamId, UserId};

use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::{at_least_none, for_update, placeholders, values};
use crate::{Error, Result};

/// An invite to keep.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// Its identifier.
    pub id: InviteId,
    /// Its secrets.
    pub secrets: Secrets,
    /// What whoever follows it becomes.
    pub role: Role,
    /// Which team they are put in.
    pub team_id: TeamId,
    /// Whom alone it lets in; nobody in particular where there is none.
    pub email: Option<String>,
    /// How many people it lets in.
    pub uses: i64,
    /// From when on it lets nobody in.
    pub expires_at: DateTime<Utc>,
}

/// The digests of an invite's secrets.
#[derive(Clone, Copy, Debug)]
pub struct Secrets {
    /// SHA-256 of the one in the link that is copied.
    pub copied: Hash,
    /// SHA-256 of the one in the link that is mailed.
    pub mailed: Hash,
}

/// Which of the two links somebody followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The one that is copied.
    Copied,
    /// The one that is mailed: who has it reads what comes to the invite's address.
    Mailed,
}

impl Way {
    const fn column(self) -> &'static str {
        match self {
            Self::Copied => "hash",
            Self::Mailed => "mailed_hash",
        }
    }
}

/// Keeps invites of one person into an account.
pub async fn create(
    tx: &mut Tx,
    account: AccountId,
    by: UserId,
    invites: &[NewInvite],
    now: DateTime<Utc>,
) -> Result<()> {
    const WIDTH: usize = 13;
    for chunk in invites.chunks(100) {
        let rows: Vec<_> = chunk.iter().map(|one| (one, one.role.as_str())).collect();
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(rows.len() * WIDTH);
        for (invite, role) in &rows {
            parameters.extend_from_slice(&[
                &account as &dyn Parameter,
                &invite.id,
                &1_i64,
                &invite.secrets.copied,
                &invite.secrets.mailed,
                role,
                &invite.team_id,
                &invite.email,
                &invite.uses,
                &invite.uses,
                &by,
                &now,
                &invite.expires_at,
            ]);
        }
        let sql = format!(
            "INSERT INTO account_invites (account_id, id, generation, hash, mailed_hash, role, team_id, email, uses, \
                 uses_left, created_by_id, created_at, expires_at) VALUES {}",
            values(rows.len(), WIDTH)
        );
        tx.execute(&sql, &parameters).await?;
    }
    Ok(())
}

/// An invite as those see it who look after the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its identifier.
    pub id: InviteId,
    /// How often it was sent.
    pub generation: i64,
    /// What whoever follows it becomes.
    pub role: Role,
    /// Which team they are put in.
    pub team_id: TeamId,
    /// Whom alone it lets in.
    pub email: Option<String>,
    /// How many people it lets in, in all.
    pub uses: i64,
    /// How many more.
    pub uses_left: i64,
    /// Who invites.
    pub created_by_id: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it lets nobody in.
    pub expires_at: DateTime<Utc>,
}

impl FromRow for Invite {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            generation: row.get(1)?,
            role: role(row, 2)?,
            team_id: row.get(3)?,
            email: row.get(4)?,
            uses: row.get(5)?,
            uses_left: row.get(6)?,
            created_by_id: row.get(7)?,
            created_at: row.get(8)?,
            expires_at: row.get(9)?,
        })
    }
}

fn role(row: &Row<'_>, column: usize) -> Result<Role> {
    let name: String = row.get(column)?;
    Role::parse(&name).ok_or_else(|| Error::corrupt("account_invites.role"))
}

const COLUMNS: &str =
    "id, generation, role, team_id, email, uses, uses_left, created_by_id, created_at, expires_at";

/// What is neither used up nor taken back; it may be expired.
const PENDING: &str = "uses_left > 0 AND revoked_at IS NULL";

/// The invites that still let somebody in, or would if they were sent again, the newest first, from behind `after` on.
pub async fn pending(
    tx: &mut Tx,
    account: AccountId,
    after: Option<InviteId>,
    limit: i64,
) -> Result<Vec<Invite>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM account_invites WHERE account_id = $1 AND id < $2 AND {PENDING} \
         ORDER BY id DESC LIMIT $3"
    );
    let after = after.unwrap_or(InviteId::from_uuid(uuid::Uuid::max()));
    tx.all(&sql, &[&account, &after, &at_least_none(limit)]).await
}

/// One pending invite, which nobody else changes until the transaction ends.
pub async fn lock(tx: &mut Tx, account: AccountId, id: InviteId) -> Result<Option<Invite>> {
    let lock = for_update(tx);
    let sql = format!(
        "SELECT {COLUMNS} FROM account_invites WHERE account_id = $1 AND id = $2 AND {PENDING}{lock}"
    );
    tx.optional(&sql, &[&account, &id]).await
}

/// Gives a pending invite other secrets and another end, where it is still of that generation: the links that it had are
/// dead.
pub async fn renew(
    tx: &mut Tx,
    account: AccountId,
    (id, generation): (InviteId, i64),
    secrets: &Secrets,
    expires_at: DateTime<Utc>,
) -> Result<Option<Invite>> {
    let sql = format!(
        "UPDATE account_invites SET generation = generation + 1, hash = $4, mailed_hash = $5, expires_at = $6 \
         WHERE account_id = $1 AND id = $2 AND generation = $3 AND {PENDING} RETURNING {COLUMNS}"
    );
    let parameters: [&dyn Parameter; 6] = [
        &account,
        &id,
        &generation,
        &secrets.copied,
        &secrets.mailed,
        &expires_at,
    ];
    tx.optional(&sql, &parameters).await
}

/// Takes a pending invite back; `false` where there is none.
pub async fn revoke(tx: &mut Tx, account: AccountId, id: InviteId, now: DateTime<Utc>) -> Result<bool> {
    let sql =
        format!("UPDATE account_invites SET revoked_at = $3 WHERE account_id = $1 AND id = $2 AND {PENDING}");
    Ok(tx.execute(&sql, &[&account, &id, &now]).await? == 1)
}

/// What somebody would leave behind who may not invite any more as they might.
#[derive(Clone, Debug)]
pub struct Left {
    /// Who.
    pub by: UserId,
    /// The roles that they may not give any more.
    pub given: Vec<Role>,
    /// Those of them whose invites they saw the links of, whoever made them.
    pub seen: Vec<Role>,
    /// Whether somebody who follows a link has to show by mail that the invite's address is theirs. Where not, the copied
    /// link of any invite lets in whoever has it.
    pub mailed: bool,
}

/// Takes back the pending invites that one person made, and those of others whose links they may have copied and come
/// back by, and answers which. The member's row is changed before, so that whoever makes another in their name at this
/// moment is waited for.
pub async fn revoke_left(
    tx: &mut Tx,
    account: AccountId,
    left: &Left,
    now: DateTime<Utc>,
) -> Result<Vec<InviteId>> {
    if left.given.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<_> = left
        .given
        .iter()
        .chain(&left.seen)
        .map(|role| role.as_str())
        .collect();
    let mut parameters: Vec<&dyn Parameter> = vec![&account, &left.by, &now];
    parameters.extend(names.iter().map(|name| name as &dyn Parameter));
    let given = placeholders(4, left.given.len());
    let others = match left.seen.len() {
        0 => String::new(),
        many => {
            let whom = if left.mailed { " AND email IS NULL" } else { "" };
            let seen = placeholders(4 + left.given.len(), many);
            // One that has expired gets another link before it lets anybody in again.
            format!(" OR role IN ({seen}) AND expires_at > $3{whom}")
        }
    };
    let sql = format!(
        "UPDATE account_invites SET revoked_at = $3 WHERE account_id = $1 AND {PENDING} \
             AND (created_by_id = $2 AND role IN ({given}){others}) RETURNING id"
    );
    let revoked: Vec<(InviteId,)> = tx.all(&sql, &parameters).await?;
    Ok(revoked.into_iter().map(|(id,)| id).collect())
}

/// An invite as whoever has a link of it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Into which account.
    pub account_id: AccountId,
    /// What that is called.
    pub account_name: String,
    /// Its identifier.
    pub id: InviteId,
    /// What whoever follows it becomes.
    pub role: Role,
    /// Whom alone it lets in.
    pub email: Option<String>,
    /// What whoever made it is called.
    pub inviter: String,
    /// How many more people it lets in.
    pub uses_left: i64,
    /// From when on it lets nobody in.
    pub expires_at: DateTime<Utc>,
    /// Since when it lets nobody in, where it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl FromRow for Shown {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            account_id: row.get(0)?,
            account_name: row.get(1)?,
            id: row.get(2)?,
            role: role(row, 3)?,
            email: row.get(4)?,
            inviter: row.get(5)?,
            uses_left: row.get(6)?,
            expires_at: row.get(7)?,
            revoked_at: row.get(8)?,
        })
    }
}

/// The invite whose secret has this digest, whatever became of it. Uses nothing.
pub async fn look(tx: &mut Tx, hash: &Hash, way: Way) -> Result<Option<Shown>> {
    let sql = format!(
        "SELECT i.account_id, (SELECT name FROM accounts WHERE id = i.account_id), i.id, i.role, i.email, \
             (SELECT name FROM users WHERE id = i.created_by_id), i.uses_left, i.expires_at, i.revoked_at \
         FROM account_invites i WHERE i.{} = $1",
        way.column()
    );
    tx.across_accounts().optional(&sql, &[hash]).await
}

/// What an invite gave to whoever followed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Into which account.
    pub account_id: AccountId,
    /// The invite.
    pub id: InviteId,
    /// What they become.
    pub role: Role,
    /// Which team they are put in.
    pub team_id: TeamId,
    /// Whom alone it lets in.
    pub email: Option<String>,
}

impl FromRow for Accepted {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            account_id: row.get(0)?,
            id: row.get(1)?,
            role: role(row, 2)?,
            team_id: row.get(3)?,
            email: row.get(4)?,
        })
    }
}

/// Uses the invite with this secret once, in the transaction that makes the member; `None` where it is unknown, used up,
/// expired or taken back.
pub async fn redeem(tx: &mut Tx, hash: &Hash, way: Way, now: DateTime<Utc>) -> Result<Option<Accepted>> {
    let sql = format!(
        "UPDATE account_invites SET uses_left = uses_left - 1 \
         WHERE {} = $1 AND {PENDING} AND expires_at > $2 RETURNING account_id, id, role, team_id, email",
        way.column()
    );
    tx.across_accounts().optional(&sql, &[hash, &now]).await
}

/// Forgets what expired before `before`, at most `limit` rows, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.across_accounts()
        .execute(
            "DELETE FROM account_invites WHERE (account_id, id) IN \
             (SELECT account_id, id FROM account_invites WHERE expires_at < $1 LIMIT $2)",
            &[&before, &at_least_none(limit)],
        )
        .await
}
