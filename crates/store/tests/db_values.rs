//! Every type that a statement takes and a row gives, on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use resolutionflow_core::id::{Id, SessionId};
use resolutionflow_store::Result;
use resolutionflow_store::db::{Engine, Tx};
use resolutionflow_store::testing::{TestDb, databases, now};
use uuid::Uuid;

/// Tells the compiler what a closure is that is not written in its place.
fn work<T, F>(work: F) -> F
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>>,
{
    work
}

type Everything = (
    (Option<i64>, Option<bool>, Option<String>, Option<Vec<u8>>),
    (Option<SessionId>, Option<DateTime<Utc>>, Option<i64>),
);

async fn round_trip(test: &TestDb, row: Everything) -> Everything {
    let work = work(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            let ((number, yes, words, bytes), (id, time, small)) = &row;
            tx.execute("DELETE FROM kinds", &[]).await?;
            let sql = "INSERT INTO kinds (number, yes, text, bytes, id, time, small)
                VALUES ($1, $2, $3, $4, $5, $6, $7)";
            tx.execute(sql, &[number, yes, words, bytes, id, time, small])
                .await?;
            let first = tx
                .one("SELECT number, yes, text, bytes FROM kinds LIMIT $1", &[&1_u32])
                .await?;
            let second = tx.one("SELECT id, time, small FROM kinds", &[]).await?;
            // And each is found again by its value.
            let found: (i64,) = tx
                .one(
                    "SELECT COUNT(*) FROM kinds WHERE id = $1 AND time = $2 AND yes = $3",
                    &[id, time, yes],
                )
                .await?;
            assert_eq!(
                found.0,
                i64::from(id.is_some() && time.is_some() && yes.is_some())
            );
            Ok((first, second))
        })
    });
    test.db.write(work).await.unwrap()
}

#[tokio::test]
async fn every_type_comes_back_as_it_went() {
    for test in databases().await {
        test.as_owner(match test.engine {
            Engine::Sqlite => {
                "CREATE TABLE kinds (number INTEGER, yes INTEGER, text TEXT, bytes BLOB, id BLOB, time INTEGER,
                 small INTEGER) STRICT"
            }
            Engine::Postgres => {
                "CREATE TABLE kinds (number BIGINT, yes BOOLEAN, text TEXT, bytes BYTEA, id UUID,
                 time TIMESTAMPTZ, small INTEGER)"
            }
        })
        .await
        .unwrap();
        let nothing: Everything = ((None, None, None, None), (None, None, None));
        assert_eq!(round_trip(&test, nothing.clone()).await, nothing);
        let times = [
            0,
            1,
            -1,
            1_767_600_000_123_456,
            -62_135_596_800_000_000,
            253_402_300_799_999_999,
        ];
        for (index, micros) in times.into_iter().enumerate() {
            let row: Everything = (
                (
                    Some([i64::MIN, i64::MAX, 0, 1, -1, 42][index]),
                    Some(index % 2 == 0),
                    Some(
                        [
                            "",
                            "a",
                            "Zürich 🦀",
                            "'; DROP TABLE kinds; --",
                            "$1",
                            "\u{1}\u{ffff}",
                        ][index]
                            .to_owned(),
                    ),
                    Some(vec![0; index]),
                ),
                (
                    Some(Id::from_uuid(Uuid::from_u128(u128::MAX / (index as u128 + 1)))),
                    DateTime::from_timestamp_micros(micros),
                    Some([i64::from(i32::MIN), i64::from(i32::MAX), 0, 1, -1, 2][index]),
                ),
            );
            assert_eq!(round_trip(&test, row.clone()).await, row);
        }
        // Finer than a microsecond is cut off, in the same direction on both.
        for nanos in [999, 1_999] {
            for second in [-1_000_000_000, 0, 1_000_000_000] {
                let time = DateTime::from_timestamp(second, nanos).unwrap();
                let (_, (_, back, _)) =
                    round_trip(&test, ((None, None, None, None), (None, Some(time), None))).await;
                assert_eq!(
                    back,
                    DateTime::from_timestamp_micros(second * 1_000_000 + i64::from(nanos / 1000))
                );
            }
        }
        assert_eq!(now().timestamp_subsec_nanos(), 0);
        for (narrow, fits) in [(i64::from(u32::MAX), true), (-1, false), (i64::MAX, false)] {
            let read = test.db.read(move |tx| {
                Box::pin(async move { tx.one::<(u32,)>("SELECT CAST($1 AS BIGINT)", &[&narrow]).await })
            });
            let read: Result<_> = read.await;
            assert_eq!(read.is_ok(), fits);
        }
    }
}
