//! Tokens: what API clients show to say who they are. Only digests are kept.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, FamilyId, TeamId, TokenId, UserId};

use crate::db::{FromRow, Row, Tx};
use crate::sql::{at_least_none, for_share_of};
use crate::{Error, Result};

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A short-lived one from a sign-in.
    Access,
    /// A long-lived one that a person made for a program.
    Personal,
}

impl TokenKind {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Personal => "personal",
        }
    }
}

/// A token to keep.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// SHA-256 of the secret.
    pub hash: Hash,
    /// Its identifier, which is no secret.
    pub id: TokenId,
    /// What it is for.
    pub kind: TokenKind,
    /// Whose it is.
    pub user_id: UserId,
    /// Their epoch as it stood when they showed who they are.
    pub auth_epoch: i64,
    /// What its owner calls it.
    pub name: String,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
    /// The refresh tokens that it came from, and ends with.
    pub family_id: Option<FamilyId>,
    /// What it may; one from a sign-in may all.
    pub scopes: Scopes,
}

/// Keeps a token; `false` when its owner is no enabled member of the account, or what they showed has ended since.
pub async fn create(tx: &mut Tx, account: AccountId, token: &NewToken, now: DateTime<Utc>) -> Result<bool> {
    // Whoever removes or disables the member waits for this transaction. One of a family waits for the family.
    let lock = match token.family_id {
        None => for_share_of(tx, "m"),
        Some(_) => String::new(),
    };
    let sql = format!(
        "INSERT INTO tokens (hash, id, kind, account_id, user_id, name, auth_epoch, created_at, expires_at, \
                 family_id, scopes) \
             SELECT $1, $2, $3, m.account_id, m.user_id, $6, u.auth_epoch, $7, $8, $9, $10 \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.account_id = $4 AND m.user_id = $5 \
                 AND m.disabled_at IS NULL AND m.removed_at IS NULL AND u.disabled_at IS NULL \
                 AND u.auth_epoch = $11{lock}"
    );
    let made = tx
        .execute(
            &sql,
            &[
                &token.hash,
                &token.id,
                &token.kind.as_str(),
                &account,
                &token.user_id,
                &token.name,
                &now,
                &token.expires_at,
                &token.family_id,
                &token.scopes.to_string(),
                &token.auth_epoch,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// The scopes in a column.
fn scopes(row: &Row<'_>, column: usize) -> Result<Scopes> {
    let names: String = row.get(column)?;
    Scopes::parse(&names).ok_or_else(|| Error::corrupt("tokens.scopes"))
}

/// Who shows a token, as they stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token.
    pub token_id: TokenId,
    /// Whether it is a personal one.
    pub personal: bool,
    /// The account they act in.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// Their role.
    pub role: Role,
    /// Their team.
    pub team_id: TeamId,
    /// When the token was last seen, as far as it is kept.
    pub last_used_at: Option<DateTime<Utc>>,
    /// What the token may.
    pub scopes: Scopes,
    /// The epoch that the token is bound to.
    pub auth_epoch: i64,
}

impl FromRow for Bearer {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (kind, role): (String, String) = (row.get(1)?, row.get(4)?);
        Ok(Self {
            token_id: row.get(0)?,
            personal: kind == TokenKind::Personal.as_str(),
            account_id: row.get(2)?,
            user_id: row.get(3)?,
            role: Role::parse(&role).ok_or_else(|| Error::corrupt("members.role"))?,
            team_id: row.get(5)?,
            last_used_at: row.get(6)?,
            scopes: scopes(row, 7)?,
            auth_epoch: row.get(8)?,
        })
    }
}

/// Who shows the token with this digest; `None` when it is unknown, expired, revoked or its owner is disabled.
pub async fn bearer(tx: &mut Tx, hash: &Hash, now: DateTime<Utc>) -> Result<Option<Bearer>> {
    tx.across_accounts()
        .optional(
            "SELECT t.id, t.kind, t.account_id, t.user_id, m.role, m.team_id, t.last_used_at, t.scopes, \
             t.auth_epoch \
         FROM tokens t \
         JOIN users u ON u.id = t.user_id AND u.auth_epoch = t.auth_epoch AND u.disabled_at IS NULL \
         JOIN members m ON m.account_id = t.account_id AND m.user_id = t.user_id AND m.disabled_at IS NULL AND m.removed_at IS NULL \
         WHERE t.hash = $1 AND t.expires_at > $2",
            &[hash, &now],
        )
        .await
}

/// Notes that a token was seen.
pub async fn touch(tx: &mut Tx, account: AccountId, token: TokenId, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE tokens SET last_used_at = $3 WHERE account_id = $1 AND id = $2",
        &[&account, &token, &now],
    )
    .await?;
    Ok(())
}

/// A personal token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Its identifier.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
    /// When it was last seen.
    pub last_used_at: Option<DateTime<Utc>>,
    /// What it may.
    pub scopes: Scopes,
}

impl FromRow for Personal {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            created_at: row.get(2)?,
            expires_at: row.get(3)?,
            last_used_at: row.get(4)?,
            scopes: scopes(row, 5)?,
        })
    }
}

/// A person's personal tokens in one account that did not end with a password, oldest first, from after the token `after` on.
pub async fn personal(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    after: Option<TokenId>,
    limit: i64,
) -> Result<Vec<Personal>> {
    let after = after.unwrap_or(TokenId::from_uuid(uuid::Uuid::nil()));
    tx.all(
        "SELECT t.id, t.name, t.created_at, t.expires_at, t.last_used_at, t.scopes FROM tokens t \
         JOIN users u ON u.id = t.user_id AND u.auth_epoch = t.auth_epoch \
         WHERE t.account_id = $1 AND t.user_id = $2 AND t.kind = 'personal' AND t.id > $3 ORDER BY t.id LIMIT $4",
        &[&account, &user, &after, &at_least_none(limit)],
    )
    .await
}

/// Ends a person's token; `false` when there is none of that id.
pub async fn revoke(tx: &mut Tx, account: AccountId, user: UserId, token: TokenId) -> Result<bool> {
    let ended = tx
        .execute(
            "DELETE FROM tokens WHERE account_id = $1 AND user_id = $2 AND id = $3",
            &[&account, &user, &token],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends every token of a person in one account.
pub(crate) async fn revoke_all_in(tx: &mut Tx, account: AccountId, user: UserId) -> Result<()> {
    tx.execute(
        "DELETE FROM tokens WHERE account_id = $1 AND user_id = $2",
        &[&account, &user],
    )
    .await?;
    Ok(())
}

/// Forgets tokens that expired before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.across_accounts()
        .execute(
            "DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE expires_at < $1 LIMIT $2)",
            &[&before, &at_least_none(limit)],
        )
        .await
}
