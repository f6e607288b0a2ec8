//! Changes of a member: role, team, whether they can sign in. The account's row is locked first, so that of several
//! changes at once each sees what the one before did, and an owner always stays.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, TeamId, UserId};
use resolutionflow_core::member::Standing;

use crate::db::{FromRow, Row, Topic, Tx};
use crate::sql::{for_no_key_update, for_share_of};
use crate::{Error, Result, families, logins, tokens};

/// Somebody else owns the account and can sign in, where the member is its owner: part of an `UPDATE` of `members`.
pub(super) const AN_OWNER_STAYS: &str = "(members.role <> 'owner' OR EXISTS (SELECT 1 FROM members o \
    JOIN users ou ON ou.id = o.user_id AND ou.disabled_at IS NULL \
    WHERE o.account_id = $1 AND o.user_id <> $2 AND o.role = 'owner' AND o.disabled_at IS NULL \
        AND o.removed_at IS NULL))";

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (role, enabled): (String, bool) = (row.get(1)?, row.get(2)?);
        Ok(Self {
            user_id: row.get(0)?,
            role: Role::parse(&role).ok_or_else(|| Error::corrupt("members.role"))?,
            enabled,
        })
    }
}

/// How a member stands; nothing where they are none.
pub async fn standing(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Option<Standing>> {
    tx.optional(
        "SELECT m.user_id, m.role, m.disabled_at IS NULL AND u.disabled_at IS NULL \
         FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.account_id = $1 AND m.user_id = $2 AND m.removed_at IS NULL",
        &[&account, &user],
    )
    .await
}

/// Takes the account's row lock, under which its members change, and then says how one stands.
pub async fn standing_locked(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Option<Standing>> {
    let sql = format!("SELECT id FROM accounts WHERE id = $1{}", for_no_key_update(tx));
    let _: Option<(AccountId,)> = tx.optional(&sql, &[&account]).await?;
    standing(tx, account, user).await
}

/// How many others own the account and can sign in.
pub async fn other_owners(tx: &mut Tx, account: AccountId, user: UserId) -> Result<i64> {
    let (count,): (i64,) = tx
        .one(
            "SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL \
             WHERE m.account_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND m.removed_at IS NULL \
                 AND m.disabled_at IS NULL",
            &[&account, &user],
        )
        .await?;
    Ok(count)
}

/// Gives a member another role; `false`, and nothing done, where they are none or the account would have no owner.
/// The account's row must be locked.
pub async fn set_role(tx: &mut Tx, account: AccountId, user: UserId, role: Role) -> Result<bool> {
    let sql = format!(
        "UPDATE members SET role = $3 WHERE account_id = $1 AND user_id = $2 AND removed_at IS NULL \
             AND (CAST($3 AS TEXT) = 'owner' OR {AN_OWNER_STAYS})"
    );
    let changed = tx.execute(&sql, &[&account, &user, &role.as_str()]).await?;
    tx.wake(Topic::Account(account));
    Ok(changed == 1)
}

/// Moves a member to another team; `false` where one of the two is not there.
pub async fn set_team(tx: &mut Tx, account: AccountId, user: UserId, team: TeamId) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE members SET team_id = $3 WHERE account_id = $1 AND user_id = $2 AND removed_at IS NULL \
                 AND EXISTS (SELECT 1 FROM teams t WHERE t.account_id = $1 AND t.id = $3)",
            &[&account, &user, &team],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok(changed == 1)
}

/// Disables a member, which ends all that they are signed in with in this account, or enables them again; `false`, and
/// nothing done, where they are none or the account would have no owner. The account's row must be locked.
pub async fn set_disabled(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    disabled: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = if disabled {
        let sql = format!(
            "UPDATE members SET disabled_at = COALESCE(disabled_at, $3) \
             WHERE account_id = $1 AND user_id = $2 AND removed_at IS NULL AND {AN_OWNER_STAYS}"
        );
        tx.execute(&sql, &[&account, &user, &now]).await?
    } else {
        tx.execute(
            "UPDATE members SET disabled_at = NULL WHERE account_id = $1 AND user_id = $2 AND removed_at IS NULL",
            &[&account, &user],
        )
        .await?
    };
    if changed == 1 && disabled {
        end_all(tx, account, user, now).await?;
    }
    tx.wake(Topic::Account(account));
    Ok(changed == 1)
}

/// Makes another member the owner, and the owner an admin; `false`, and nothing done, where the one does not own the
/// account or the other is no member who can sign in. The account's row must be locked.
pub async fn transfer(tx: &mut Tx, account: AccountId, from: UserId, to: UserId) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE members SET role = CASE WHEN user_id = $3 THEN 'owner' ELSE 'admin' END \
             WHERE account_id = $1 AND user_id IN ($2, $3) AND $2 <> $3 \
                 AND EXISTS (SELECT 1 FROM members f WHERE f.account_id = $1 AND f.user_id = $2 \
                     AND f.role = 'owner' AND f.removed_at IS NULL) \
                 AND EXISTS (SELECT 1 FROM members t JOIN users u ON u.id = t.user_id AND u.disabled_at IS NULL \
                     WHERE t.account_id = $1 AND t.user_id = $3 AND t.disabled_at IS NULL AND t.removed_at IS NULL)",
            &[&account, &from, &to],
        )
        .await?;
    tx.wake(Topic::Account(account));
    Ok(changed == 2)
}

/// Whether somebody is a member who can run sessions, and stays one until the transaction ends: asked when a session
/// becomes theirs, so that it is nobody's who is being removed at that moment.
pub async fn still_runs(tx: &mut Tx, account: AccountId, user: UserId) -> Result<bool> {
    let lock = for_share_of(tx, "m");
    let sql = format!(
        "SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.account_id = $1 AND m.user_id = $2 AND m.role <> 'viewer' AND m.disabled_at IS NULL \
             AND m.removed_at IS NULL AND u.disabled_at IS NULL{lock}"
    );
    let found: Option<(UserId,)> = tx.optional(&sql, &[&account, &user]).await?;
    Ok(found.is_some())
}

/// Whether somebody is a member of this role who can sign in, and stays one until the transaction ends: asked when they
/// give what outlasts the request, so that nothing is given by whoever is demoted or removed at that moment.
pub async fn still_is(tx: &mut Tx, account: AccountId, user: UserId, role: Role) -> Result<bool> {
    let lock = for_share_of(tx, "m");
    let sql = format!(
        "SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.account_id = $1 AND m.user_id = $2 AND m.role = $3 AND m.disabled_at IS NULL \
             AND m.removed_at IS NULL AND u.disabled_at IS NULL{lock}"
    );
    let found: Option<(UserId,)> = tx.optional(&sql, &[&account, &user, &role.as_str()]).await?;
    Ok(found.is_some())
}

/// Ends all that a person is signed in with in one account: browsers, programs, personal tokens. The member's row is
/// changed before, so that whoever signs them in at this moment is waited for.
pub(super) async fn end_all(tx: &mut Tx, account: AccountId, user: UserId, now: DateTime<Utc>) -> Result<()> {
    families::end_all_in(tx, account, user, now).await?;
    tokens::revoke_all_in(tx, account, user).await?;
    logins::end_all_in(tx, account, user).await
}
