//! Proves that counters equal the rows they count, and mends those that do not.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use resolutionflow_core::id::{AccountId, FlowId};
use uuid::Uuid;

use crate::db::{FromRow, Row, Tx};
use crate::flows::one_by_one;
use crate::sql::for_update;
use crate::{Error, Result};

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// The flows of an account.
    Flows,
    /// Its sessions, which also gives the next one its number.
    Sessions,
    /// Those that were started in the calendar month of the last start.
    Started,
    /// Its members.
    Members,
    /// The sessions of a flow.
    Used(FlowId),
    /// The flows that carry a tag.
    Tag(String),
}

/// A counter that does not equal its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub counter: Counter,
    /// What it says.
    pub kept: i64,
    /// How many rows there are.
    pub counted: i64,
}

/// The most flows, and the most tags, that one look finds to differ.
const MOST: i64 = 1_000;
/// How many flows are read at a time.
const BATCH: i64 = 500;

struct Counts {
    kept: [i64; 4],
    month: i64,
    counted: [i64; 3],
}

impl FromRow for Counts {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            kept: [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?],
            month: row.get(4)?,
            counted: [row.get(5)?, row.get(6)?, row.get(7)?],
        })
    }
}

/// Every counter of an account that does not equal its rows. It reads all that the account has, so it takes long.
pub async fn differences(tx: &mut Tx, account: AccountId) -> Result<Vec<Difference>> {
    let counts: Counts = tx
        .one(
            "SELECT flow_count, session_count, member_count, started_count, started_month, \
                 (SELECT COUNT(*) FROM flows WHERE account_id = $1), \
                 (SELECT COUNT(*) FROM sessions WHERE account_id = $1), \
                 (SELECT COUNT(*) FROM members WHERE account_id = $1 AND removed_at IS NULL) \
             FROM accounts WHERE id = $1",
            &[&account],
        )
        .await?;
    let (from, until) = bounds(counts.month)?;
    let (started,): (i64,) = tx
        .one(
            "SELECT COUNT(*) FROM sessions WHERE account_id = $1 AND started_at >= $2 AND started_at < $3",
            &[&account, &from, &until],
        )
        .await?;
    let [flows, sessions, members, kept_started] = counts.kept;
    let [flow_rows, session_rows, member_rows] = counts.counted;
    let mut found = vec![
        (Counter::Flows, flows, flow_rows),
        (Counter::Sessions, sessions, session_rows),
        (Counter::Members, members, member_rows),
        (Counter::Started, kept_started, started),
    ];
    let uses: Vec<(FlowId, i64, i64)> = tx
        .all(
            "SELECT u.flow_id, u.used_count, COUNT(s.id) FROM flow_uses u \
             LEFT JOIN sessions s ON s.account_id = u.account_id AND s.flow_id = u.flow_id \
             WHERE u.account_id = $1 GROUP BY u.flow_id, u.used_count \
             HAVING COUNT(s.id) <> u.used_count ORDER BY u.flow_id LIMIT $2",
            &[&account, &MOST],
        )
        .await?;
    found.extend(
        uses.into_iter()
            .map(|(flow, kept, counted)| (Counter::Used(flow), kept, counted)),
    );
    let mut tags: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let kept: Vec<(String, i64)> = tx
        .all(
            "SELECT tag, flow_count FROM tags WHERE account_id = $1",
            &[&account],
        )
        .await?;
    for (tag, count) in kept {
        tags.entry(tag).or_default().0 = count;
    }
    let mut after = FlowId::from_uuid(Uuid::nil());
    loop {
        let rows: Vec<(FlowId, String)> = tx
            .all(
                "SELECT id, tags FROM flows WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                &[&account, &after, &BATCH],
            )
            .await?;
        let Some((last, _)) = rows.last() else { break };
        after = *last;
        for tag in rows.iter().flat_map(|(_, tags)| one_by_one(tags)) {
            tags.entry(tag.to_owned()).or_default().1 += 1;
        }
    }
    found.extend(
        tags.into_iter()
            .map(|(tag, (kept, counted))| (Counter::Tag(tag), kept, counted)),
    );
    let differ = found.into_iter().filter(|(_, kept, counted)| kept != counted);
    Ok(differ
        .map(|(counter, kept, counted)| Difference {
            counter,
            kept,
            counted,
        })
        .collect())
}

/// The beginning and the end of a calendar month, as [`resolutionflow_core::plan::month`] numbers it.
fn bounds(month: i64) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let begin = |month: i64| {
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        let day = NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    begin(month)
        .zip(begin(month + 1))
        .ok_or_else(|| Error::corrupt("accounts.started_month"))
}

/// Sets every counter of an account to what it counts, and answers those that differed. Whoever counts waits.
pub async fn repair(tx: &mut Tx, account: AccountId) -> Result<Vec<Difference>> {
    let lock = format!("SELECT id FROM accounts WHERE id = $1{}", for_update(tx));
    let _locked: (AccountId,) = tx.one(&lock, &[&account]).await?;
    let differences = differences(tx, account).await?;
    for Difference { counter, counted, .. } in &differences {
        match counter {
            Counter::Used(flow) => {
                tx.execute(
                    "UPDATE flow_uses SET used_count = $3 WHERE account_id = $1 AND flow_id = $2",
                    &[&account, flow, counted],
                )
                .await?;
            }
            Counter::Tag(tag) => {
                tx.execute(
                    "INSERT INTO tags (account_id, tag, flow_count) VALUES ($1, $2, $3) \
                     ON CONFLICT (account_id, tag) DO UPDATE SET flow_count = excluded.flow_count",
                    &[&account, tag, counted],
                )
                .await?;
            }
            Counter::Flows | Counter::Sessions | Counter::Started | Counter::Members => {
                let column = match counter {
                    Counter::Flows => "flow_count",
                    Counter::Sessions => "session_count",
                    Counter::Started => "started_count",
                    _ => "member_count",
                };
                let sql = format!("UPDATE accounts SET {column} = $2 WHERE id = $1");
                tx.execute(&sql, &[&account, counted]).await?;
            }
        }
    }
    Ok(differences)
}
