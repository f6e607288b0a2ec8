//! The audit log of each account: entries, written with the change that they tell of, and their seals.
//!
//! Entries are written unchained, so that no row is hot, each with a mark that it is unsealed. One sealer puts what is
//! committed into the account's chain, in the order in which it finds it, and takes the marks away: an entry that
//! becomes visible late still has its mark, and is sealed then.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, By, Entry, Object, Seal};
use resolutionflow_core::id::{AccountId, AuditId, UserId};
use uuid::Uuid;

use crate::db::{FromRow, Parameter, Row, Tx};
use crate::sql::{Narrowed, at_least_none, padded, placeholders, values};
use crate::{Error, Result};

const COLUMNS: &str = "a.id, a.at, a.actor_id, a.by_kind, a.by_id, a.place, a.request_id, a.action, \
    a.object_kind, a.object_id, a.changed";

impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (kind, id): (Option<String>, Option<Uuid>) = (row.get(3)?, row.get(4)?);
        let by = match kind {
            Some(kind) => Some(By::parse(&kind, id).ok_or_else(|| Error::corrupt("audit.by_kind"))?),
            None => None,
        };
        let (action, changed): (String, String) = (row.get(7)?, row.get(10)?);
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            actor_id: row.get(2)?,
            by,
            place: row.get(5)?,
            request_id: row.get(6)?,
            action: AuditAction::parse(&action).ok_or_else(|| Error::corrupt("audit.action"))?,
            object: Object {
                kind: row.get(8)?,
                id: row.get(9)?,
            },
            changed: serde_json::from_str(&changed).map_err(|_| Error::corrupt("audit.changed"))?,
        })
    }
}

impl FromRow for Seal {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        seal(row, 0)
    }
}

/// The seal in the three columns from `first` on.
fn seal(row: &Row<'_>, first: usize) -> Result<Seal> {
    Ok(Seal {
        number: row.get(first)?,
        previous: row.get(first + 1)?,
        hash: row.get(first + 2)?,
    })
}

/// An entry with its place in the chain, where it has one already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The entry.
    pub entry: Entry,
    /// Its seal; `None` for the few moments until the sealer comes by.
    pub seal: Option<Seal>,
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let number: Option<i64> = row.get(11)?;
        Ok(Self {
            entry: Entry::from_row(row)?,
            seal: number.map(|_| seal(row, 11)).transpose()?,
        })
    }
}

/// Writes an entry, in the transaction of the change that it tells of.
pub async fn write(tx: &mut Tx, account: AccountId, entry: &Entry) -> Result<()> {
    insert(tx, &[(account, entry.clone())], false).await
}

/// Writes several entries, each in the log of its account: one change of a person may be told in those of all theirs.
pub async fn write_all(tx: &mut Tx, entries: &[(AccountId, Entry)]) -> Result<()> {
    insert(tx, entries, true).await
}

async fn insert(tx: &mut Tx, entries: &[(AccountId, Entry)], across: bool) -> Result<()> {
    const WIDTH: usize = 12;
    for chunk in entries.chunks(100) {
        let texts: Vec<_> = chunk
            .iter()
            .map(|(_, entry)| {
                let changed = serde_json::to_string(&entry.changed).expect("texts become JSON");
                let by = (entry.by.map(By::kind), entry.by.and_then(By::id));
                (by, entry.action.as_str(), changed)
            })
            .collect();
        let mut rows: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * WIDTH);
        let mut marks: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * 2);
        for ((account, entry), ((kind, id), action, changed)) in chunk.iter().zip(&texts) {
            rows.extend_from_slice(&[
                account as &dyn Parameter,
                &entry.id,
                &entry.at,
                &entry.actor_id,
                kind,
                id,
                &entry.place,
                &entry.request_id,
                action,
                &entry.object.kind,
                &entry.object.id,
                changed,
            ]);
            marks.extend_from_slice(&[account as &dyn Parameter, &entry.id]);
        }
        let sql = format!(
            "INSERT INTO audit (account_id, id, at, actor_id, by_kind, by_id, place, request_id, action, object_kind, \
                 object_id, changed) VALUES {}",
            values(chunk.len(), WIDTH)
        );
        tx.across_accounts_if(across).execute(&sql, &rows).await?;
        let sql = format!(
            "INSERT INTO audit_unsealed (account_id, id) VALUES {}",
            values(chunk.len(), 2)
        );
        tx.across_accounts_if(across).execute(&sql, &marks).await?;
    }
    Ok(())
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this person.
    pub actor_id: Option<UserId>,
    /// Of this kind.
    pub action: Option<AuditAction>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// The entries of an account that fit, the newest first, from behind the entry `after` on.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    filter: &Filter,
    after: Option<AuditId>,
    limit: i64,
) -> Result<Vec<Kept>> {
    let limit = at_least_none(limit);
    let action = filter.action.map(AuditAction::as_str);
    // Ids begin with the time.
    let (from, until) = (
        filter.from.map(AuditId::earliest),
        filter.until.map(AuditId::earliest),
    );
    let sql = format!(
        "SELECT {COLUMNS}, s.number, s.previous, s.hash FROM audit a \
         LEFT JOIN audit_seals s ON s.account_id = a.account_id AND s.entry_id = a.id WHERE a.account_id = $1"
    );
    let mut asked = Narrowed::new(sql, &account);
    if let Some(actor) = &filter.actor_id {
        asked.with(" AND a.actor_id = ?", actor);
    }
    if let Some(action) = &action {
        asked.with(" AND a.action = ?", action);
    }
    if let Some(from) = &from {
        asked.with(" AND a.id >= ?", from);
    }
    if let Some(until) = &until {
        asked.with(" AND a.id < ?", until);
    }
    if let Some(after) = &after {
        asked.with(" AND a.id < ?", after);
    }
    asked.with(" ORDER BY a.id DESC LIMIT ?", &limit);
    tx.all(&asked.sql, &asked.parameters).await
}

/// The sealed entries of an account in the order of its chain, from behind the number `after` on.
pub async fn chain(tx: &mut Tx, account: AccountId, after: i64, limit: i64) -> Result<Vec<Kept>> {
    let sql = format!(
        "SELECT {COLUMNS}, s.number, s.previous, s.hash FROM audit_seals s \
         JOIN audit a ON a.account_id = s.account_id AND a.id = s.entry_id \
         WHERE s.account_id = $1 AND s.number > $2 ORDER BY s.number LIMIT $3"
    );
    tx.all(&sql, &[&account, &after, &at_least_none(limit)]).await
}

/// The entries of an account that have no seal yet, oldest first.
pub async fn unsealed(tx: &mut Tx, account: AccountId, limit: i64) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_unsealed u JOIN audit a ON a.account_id = u.account_id AND a.id = u.id \
         WHERE u.account_id = $1 ORDER BY u.id LIMIT $2"
    );
    tx.all(&sql, &[&account, &at_least_none(limit)]).await
}

/// Whether anything waits for the sealer.
pub async fn waits(tx: &mut Tx) -> Result<bool> {
    let found: Option<(i64,)> = tx
        .across_accounts()
        .optional("SELECT 1 FROM audit_unsealed LIMIT 1", &[])
        .await?;
    Ok(found.is_some())
}

/// Who seals, and until when nobody else does.
#[derive(Clone, Copy, Debug)]
pub struct Sealer {
    /// A number that each server makes when it starts.
    pub holder: Uuid,
    /// From when on another server may take over.
    pub until: DateTime<Utc>,
}

/// Seals up to `limit` entries of the account that waits longest, and answers how many; none where nothing waits, or
/// another server seals.
pub async fn seal_next(tx: &mut Tx, sealer: &Sealer, now: DateTime<Utc>, limit: i64) -> Result<u64> {
    // The row stays locked to the end, so there is one sealer whatever the clocks say.
    let claimed = tx
        .execute(
            "UPDATE audit_sealer SET holder = $1, until = $2 WHERE id = 1 AND (holder = $1 OR until <= $3)",
            &[&sealer.holder, &sealer.until, &now],
        )
        .await?;
    if claimed == 0 {
        return Ok(0);
    }
    let waiting: Option<(AccountId,)> = tx
        .across_accounts()
        .optional(
            "SELECT account_id FROM audit_unsealed WHERE id > $1 ORDER BY id, account_id LIMIT 1",
            &[&Uuid::nil()],
        )
        .await?;
    let Some((account,)) = waiting else { return Ok(0) };
    let entries = unsealed(tx, account, limit).await?;
    let mut head: Option<Seal> = tx
        .optional(
            "SELECT number, previous, hash FROM audit_seals WHERE account_id = $1 ORDER BY number DESC LIMIT 1",
            &[&account],
        )
        .await?;
    for chunk in entries.chunks(100) {
        let seals: Vec<_> = chunk
            .iter()
            .map(|entry| {
                let seal = Seal::after(head.as_ref(), account, entry);
                head = Some(seal);
                seal
            })
            .collect();
        keep_seals(tx, account, chunk, &seals, now).await?;
    }
    Ok(entries.len().try_into().unwrap_or(u64::MAX))
}

/// Keeps the seals of these entries and takes their marks away.
async fn keep_seals(
    tx: &mut Tx,
    account: AccountId,
    entries: &[Entry],
    seals: &[Seal],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(entries.len() * 6);
    for (entry, seal) in entries.iter().zip(seals) {
        parameters.extend_from_slice(&[
            &account as &dyn Parameter,
            &seal.number,
            &entry.id,
            &seal.previous,
            &seal.hash,
            &now,
        ]);
    }
    let sql = format!(
        "INSERT INTO audit_seals (account_id, number, entry_id, previous, hash, sealed_at) VALUES {}",
        values(entries.len(), 6)
    );
    tx.execute(&sql, &parameters).await?;
    let ids = padded(&entries.iter().map(|entry| entry.id).collect::<Vec<_>>());
    let mut parameters: Vec<&dyn Parameter> = vec![&account];
    parameters.extend(ids.iter().map(|id| id as &dyn Parameter));
    let sql = format!(
        "DELETE FROM audit_unsealed WHERE account_id = $1 AND id IN ({})",
        placeholders(2, ids.len())
    );
    tx.execute(&sql, &parameters).await?;
    Ok(())
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no seal, or no entry, of this number.
    Missing(i64),
    /// What stands at this number is not what was sealed there: it was changed, or stands in another's place.
    Changed(i64),
    /// This entry is in no chain, and does not wait for its seal either.
    Unsealed(AuditId),
}

/// How far a chain was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last seal that holds.
    pub head: Option<Seal>,
    /// Whether there is more behind it.
    pub more: bool,
    /// What is wrong behind it.
    pub fault: Option<Fault>,
}

struct Link {
    seal: Seal,
    entry_id: AuditId,
}

impl FromRow for Link {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            seal: seal(row, 0)?,
            entry_id: row.get(3)?,
        })
    }
}

/// Looks whether the next `limit` seals of an account hold, behind those up to `head`; in the end, whether every entry
/// has one. That the last ones were taken away together with their entries shows only to who kept an export.
pub async fn verify(tx: &mut Tx, account: AccountId, head: Option<Seal>, limit: i64) -> Result<Verified> {
    let (after, limit) = (head.map_or(0, |seal| seal.number), at_least_none(limit));
    let links: Vec<Link> = tx
        .all(
            "SELECT number, previous, hash, entry_id FROM audit_seals \
             WHERE account_id = $1 AND number > $2 ORDER BY number LIMIT $3",
            &[&account, &after, &limit],
        )
        .await?;
    let kept = chain(tx, account, after, limit).await?;
    let entries: BTreeMap<_, _> = kept.iter().map(|kept| (kept.entry.id, &kept.entry)).collect();
    let mut verified = Verified {
        head,
        more: links.len() >= usize::try_from(limit).unwrap_or(usize::MAX),
        fault: None,
    };
    for link in &links {
        let expected = verified.head.map_or(1, |seal| seal.number + 1);
        let fault = match entries.get(&link.entry_id) {
            _ if link.seal.number != expected => Some(Fault::Missing(expected)),
            None => Some(Fault::Missing(expected)),
            Some(entry) if !link.seal.holds(verified.head.as_ref(), account, entry) => {
                Some(Fault::Changed(expected))
            }
            Some(_) => None,
        };
        if fault.is_some() {
            return Ok(Verified { fault, ..verified });
        }
        verified.head = Some(link.seal);
    }
    if !verified.more {
        let stray: Option<(AuditId,)> = tx
            .optional(
                "SELECT a.id FROM audit a WHERE a.account_id = $1 \
                 AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.account_id = a.account_id AND s.entry_id = a.id) \
                 AND NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.account_id = a.account_id AND u.id = a.id) \
                 ORDER BY a.id LIMIT 1",
                &[&account],
            )
            .await?;
        verified.fault = stray.map(|(id,)| Fault::Unsealed(id));
    }
    Ok(verified)
}
