//! Throttles: buckets that count tries for all servers together.
//!
//! A try is reserved before it is made, by one conditional upsert a bucket: however many come at once, no more pass
//! than [`core`](resolutionflow_core::throttle) lets through one after the other.

use chrono::{DateTime, Utc};
use resolutionflow_core::event::Hash;
use resolutionflow_core::throttle::{Growing, QUIET, Rate};

use crate::db::{Parameter, Tx};
use crate::sql::{at_least_none, padded, placeholders};
use crate::{Error, Result};

/// How a bucket counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// So many in a time.
    Steady(Rate),
    /// With a wait that grows.
    Growing(Growing),
}

/// One bucket that a try has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The digest of what is counted.
    pub key: Hash,
    /// How.
    pub counting: Counting,
}

impl Bucket {
    /// From when on it takes a try, in microseconds.
    fn free_at(&self, tat: i64, wait: i64) -> i64 {
        match self.counting {
            Counting::Steady(rate) => rate.free_at(tat),
            Counting::Growing(_) if wait == 0 => i64::MIN,
            Counting::Growing(_) => tat,
        }
    }
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When a try may pass all of these, where it would not pass now; reserves nothing.
pub async fn blocked_until(
    tx: &mut Tx,
    buckets: &[Bucket],
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    if buckets.is_empty() {
        return Ok(None);
    }
    let keys: Vec<_> = buckets.iter().map(|bucket| bucket.key).collect();
    let keys = padded(&keys);
    let parameters: Vec<_> = keys.iter().map(|key| key as &dyn Parameter).collect();
    let sql = format!(
        "SELECT key, tat, wait FROM throttles WHERE key IN ({})",
        placeholders(1, keys.len())
    );
    let found: Vec<(Hash, i64, i64)> = tx.all(&sql, &parameters).await?;
    let free_at = buckets.iter().filter_map(|bucket| {
        let (_, tat, wait) = found.iter().find(|(key, ..)| *key == bucket.key)?;
        Some(bucket.free_at(*tat, *wait))
    });
    Ok(free_at
        .max()
        .filter(|free_at| *free_at > now.timestamp_micros())
        .map(time))
}

/// Reserves a try in each of the buckets, in their order; or answers when to try again, and then the transaction has
/// to be undone, so that a try that is refused takes nothing from anybody.
pub async fn reserve(tx: &mut Tx, buckets: &[Bucket], now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    for bucket in buckets {
        let reserved = match &bucket.counting {
            Counting::Steady(rate) => steady(tx, &bucket.key, (rate, 1), now.timestamp_micros()).await?,
            Counting::Growing(growing) => grow(tx, &bucket.key, growing, now.timestamp_micros()).await?,
        };
        if !reserved {
            let found: Option<(i64, i64)> = tx
                .optional("SELECT tat, wait FROM throttles WHERE key = $1", &[&bucket.key])
                .await?;
            let free_at = found.map(|(tat, wait)| bucket.free_at(tat, wait));
            let free_at = free_at.filter(|free_at| *free_at > now.timestamp_micros());
            // Forgotten or emptied at this very moment: whoever tries again finds it fresh.
            return Ok(Some(time(free_at.ok_or(Error::Contended)?)));
        }
    }
    Ok(None)
}

/// Reserves so many tries at once in a steady bucket, all of them or none; or answers when there are as many, and then
/// the transaction has to be undone. More than ever pass at once pass after a rest, and what comes next waits for them.
pub async fn reserve_many(
    tx: &mut Tx,
    key: &Hash,
    (rate, count): (&Rate, i64),
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    if count < 1 || steady(tx, key, (rate, count), now.timestamp_micros()).await? {
        return Ok(None);
    }
    let found: Option<(i64,)> = tx
        .optional("SELECT tat FROM throttles WHERE key = $1", &[key])
        .await?;
    let (tat,) = found.ok_or(Error::Contended)?;
    Ok(Some(time(
        rate.free_at(tat).saturating_add(beside_the_first(rate, count)),
    )))
}

/// What the tries of one reservation cost beside its first, as far as the bucket can ever hold them, in microseconds.
fn beside_the_first(rate: &Rate, count: i64) -> i64 {
    rate.interval.saturating_mul(count.clamp(1, rate.burst) - 1)
}

async fn steady(tx: &mut Tx, key: &Hash, (rate, count): (&Rate, i64), now: i64) -> Result<bool> {
    let cost = rate.interval.saturating_mul(count);
    let ahead = rate.tolerance().saturating_sub(beside_the_first(rate, count));
    let reserved: Option<(i64,)> = tx
        .optional(
            "INSERT INTO throttles (key, tat, tries, wait) VALUES ($1, $2, 1, 0) \
             ON CONFLICT (key) DO UPDATE SET tries = throttles.tries + 1, \
                 tat = CASE WHEN throttles.tat > $3 THEN throttles.tat ELSE $3 END + $4 \
             WHERE throttles.tat <= $5 RETURNING tat",
            &[
                key,
                &now.saturating_add(cost),
                &now,
                &cost,
                &now.saturating_add(ahead),
            ],
        )
        .await?;
    Ok(reserved.is_some())
}

async fn grow(tx: &mut Tx, key: &Hash, growing: &Growing, now: i64) -> Result<bool> {
    const WAIT: &str = "CASE WHEN throttles.tat <= $5 THEN $3 WHEN throttles.tries + 1 < $6 THEN 0 \
        WHEN throttles.wait = 0 THEN $7 WHEN throttles.wait > $8 THEN $9 ELSE throttles.wait * 2 END";
    let begun = growing.begin(now);
    let sql = format!(
        "INSERT INTO throttles (key, tat, tries, wait) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (key) DO UPDATE SET wait = {WAIT}, \
             tat = CASE WHEN throttles.tat > $4 THEN throttles.tat ELSE $4 END + {WAIT}, \
             tries = CASE WHEN throttles.tat <= $5 THEN 1 ELSE throttles.tries + 1 END \
         WHERE throttles.tat <= $4 OR throttles.wait = 0 RETURNING tat"
    );
    let reserved: Option<(i64,)> = tx
        .optional(
            &sql,
            &[
                key,
                &begun.until,
                &begun.wait,
                &now,
                &now.saturating_sub(QUIET),
                &growing.free,
                &growing.first,
                &(growing.longest / 2),
                &growing.longest,
            ],
        )
        .await?;
    Ok(reserved.is_some())
}

/// Writes to a bucket without changing it: a failure that is nobody's takes as long as one that is kept.
pub async fn touch(tx: &mut Tx, key: &Hash) -> Result<()> {
    tx.execute("UPDATE throttles SET tat = tat WHERE key = $1", &[key])
        .await?;
    Ok(())
}

/// Empties a bucket, as somebody who passes does.
pub async fn clear(tx: &mut Tx, key: &Hash) -> Result<()> {
    tx.execute("DELETE FROM throttles WHERE key = $1", &[key]).await?;
    Ok(())
}

/// Forgets buckets in which nothing was tried for so long that they are as good as new, at most `limit` of them, and
/// answers how many.
pub async fn forget(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64> {
    let before = now.timestamp_micros().saturating_sub(QUIET);
    tx.execute(
        "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE tat < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}
