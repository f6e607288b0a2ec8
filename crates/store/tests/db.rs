//! The ground: what `write` and `read` promise, on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use futures_util::future::BoxFuture;
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_store::db::{Engine, Topic, Tx, Wake};
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Error, Result};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A table to play with.
async fn with_table(test: &TestDb) {
    let sql = match test.engine {
        Engine::Sqlite => "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
        Engine::Postgres => "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    };
    test.as_owner(sql).await.unwrap();
}

async fn write(test: &TestDb, sql: &'static str) -> Result<u64> {
    test.db
        .write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }))
        .await
}

const INSERT: &str = "INSERT INTO things (id, name) VALUES ($1, $2)";

fn insert(tx: &mut Tx, id: i64) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        assert_eq!(tx.execute(INSERT, &[&id, &format!("thing {id}")]).await?, 1);
        Ok(())
    })
}

/// Tells the compiler what a closure is that is not written in its place.
fn work<T, F>(work: F) -> F
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>>,
{
    work
}

async fn ids(test: &TestDb) -> Vec<i64> {
    let sql = "SELECT id FROM things ORDER BY id";
    let rows: Result<Vec<(i64,)>> = test
        .db
        .read(move |tx| Box::pin(async move { tx.all(sql, &[]).await }))
        .await;
    rows.unwrap().into_iter().map(|(id,)| id).collect()
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    for test in databases().await {
        with_table(&test).await;
        test.db.write(|tx| insert(tx, 1)).await.unwrap();
        assert_eq!(ids(&test).await, [1]);
        let sql = "SELECT name FROM things WHERE id = $1";
        for long in [false, true] {
            let work = work(move |tx| Box::pin(async move { tx.one::<(String,)>(sql, &[&1]).await }));
            let (name,) = if long {
                test.db.read_long(work).await
            } else {
                test.db.read(work).await
            }
            .unwrap();
            assert_eq!(name, "thing 1");
        }
    }
}

#[tokio::test]
async fn the_row_functions_count_their_rows() {
    for test in databases().await {
        with_table(&test).await;
        let work = work(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                insert(tx, 2).await?;
                let by_id = "SELECT id FROM things WHERE id >= $1";
                assert!(matches!(tx.one::<(i64,)>(by_id, &[&3]).await, Err(Error::NoRow)));
                assert!(matches!(
                    tx.one::<(i64,)>(by_id, &[&1]).await,
                    Err(Error::ManyRows)
                ));
                assert!(matches!(
                    tx.optional::<(i64,)>(by_id, &[&1]).await,
                    Err(Error::ManyRows)
                ));
                assert_eq!(tx.optional::<(i64,)>(by_id, &[&3]).await?, None);
                assert_eq!(tx.one::<(i64,)>(by_id, &[&2]).await?, (2,));
                assert_eq!(tx.execute("UPDATE things SET id = id + 10", &[]).await?, 2);
                assert_eq!(tx.execute("DELETE FROM things WHERE id = $1", &[&99]).await?, 0);
                let returned: Vec<(i64, String)> = tx
                    .all("DELETE FROM things WHERE id > $1 RETURNING id, name", &[&11])
                    .await?;
                assert_eq!(returned, [(12, "thing 2".to_owned())]);
                // A placeholder in a text is none, and the order of placeholders is free.
                let (text, second, first): (String, i64, i64) = tx
                    .one(
                        "SELECT 'it''s $1', CAST($2 AS BIGINT), CAST($1 AS BIGINT) -- $9",
                        &[&1, &2],
                    )
                    .await?;
                assert_eq!((text.as_str(), second, first), ("it's $1", 2, 1));
                Ok(())
            })
        });
        test.db.write(work).await.unwrap();
        assert_eq!(ids(&test).await, [11]);
    }
}

/// A refusal of a rule, as the crates above have them.
#[derive(Debug)]
enum Refusal {
    NotToday,
    Store(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

#[tokio::test]
async fn a_refusal_undoes_and_comes_through() {
    for test in databases().await {
        with_table(&test).await;
        let refused = test.db.write(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                Err::<(), _>(Refusal::NotToday)
            })
        });
        assert!(matches!(refused.await, Err(Refusal::NotToday)));
        let twice = test.db.write(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                insert(tx, 1).await?;
                Ok::<_, Refusal>(())
            })
        });
        assert!(matches!(twice.await, Err(Refusal::Store(Error::Duplicate))));
        assert_eq!(ids(&test).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn failures_have_the_same_kind_on_both_engines() {
    for test in databases().await {
        with_table(&test).await;
        let null = write(&test, "INSERT INTO things (id, name) VALUES (1, NULL)").await;
        assert!(matches!(null, Err(Error::Constraint(_))), "{null:?}");
        write(&test, "INSERT INTO things (id, name) VALUES (1, 'a')")
            .await
            .unwrap();
        let same = write(&test, "INSERT INTO things (id, name) VALUES (2, 'a')").await;
        assert!(matches!(same, Err(Error::Duplicate)), "{same:?}");
        let nonsense = write(&test, "INSERT INTO nothing").await;
        assert!(
            matches!(nonsense, Err(Error::Sqlite(_) | Error::Postgres(_))),
            "{nonsense:?}"
        );
        for parameters in [0, 1, 3] {
            let count = test.db.write(move |tx| {
                Box::pin(async move {
                    let all: [&dyn resolutionflow_store::db::Parameter; 3] = [&7, &"x", &1];
                    tx.execute(INSERT, &all[..parameters]).await
                })
            });
            let count = count.await;
            assert!(
                matches!(count, Err(Error::Sqlite(_) | Error::Postgres(_))),
                "{count:?}"
            );
        }
        let nul = test
            .db
            .write(|tx| Box::pin(async move { tx.execute(INSERT, &[&3, &"a\0b"]).await }))
            .await;
        assert!(matches!(nul, Err(Error::Nul)), "{nul:?}");
        let wrong = test
            .db
            .read(|tx| Box::pin(async move { tx.one::<(bool,)>("SELECT name FROM things", &[]).await }));
        let wrong: Result<_> = wrong.await;
        assert!(
            matches!(
                wrong,
                Err(Error::Column {
                    index: 0,
                    wanted: "bool"
                })
            ),
            "{wrong:?}"
        );
        let beyond = test.db.read(|tx| {
            Box::pin(async move { tx.one::<(String, i64)>("SELECT name FROM things", &[]).await })
        });
        let beyond: Result<_> = beyond.await;
        assert!(
            matches!(beyond, Err(Error::Column { index: 1, .. })),
            "{beyond:?}"
        );
    }
}

#[tokio::test]
async fn an_error_that_is_dropped_spoils_the_write() {
    for test in databases().await {
        with_table(&test).await;
        let swallowed = test.db.write(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                drop(insert(tx, 1).await);
                Ok(())
            })
        });
        let swallowed: Result<()> = swallowed.await;
        assert!(matches!(swallowed, Err(Error::Swallowed)), "{swallowed:?}");
        assert_eq!(ids(&test).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_undone() {
    for test in databases().await {
        with_table(&test).await;
        let panicked = test.db.write(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                panic!("on purpose, {}", 7);
            })
        });
        let panicked: Result<()> = panicked.await;
        assert!(
            matches!(&panicked, Err(Error::Panicked(text)) if text == "on purpose, 7"),
            "{panicked:?}"
        );
        let panicked: Result<()> = test.db.read(|_| Box::pin(async { panic!("reading") })).await;
        assert!(
            matches!(&panicked, Err(Error::Panicked(text)) if text == "reading"),
            "{panicked:?}"
        );
        test.db.write(|tx| insert(tx, 2)).await.unwrap();
        assert_eq!(ids(&test).await, [2]);
    }
}

#[tokio::test]
async fn a_read_changes_nothing() {
    for test in databases().await {
        with_table(&test).await;
        let result = test.db.read(|tx| insert(tx, 1)).await;
        assert!(matches!(result, Err(Error::ReadOnly)), "{result:?}");
        let result = test.db.read_long(|tx| insert(tx, 1)).await;
        assert!(matches!(result, Err(Error::ReadOnly)), "{result:?}");
        assert_eq!(ids(&test).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn a_write_ends_even_when_nobody_waits() {
    for test in databases().await {
        with_table(&test).await;
        let mut wakes = test.db.wakes();
        let account = AccountId::from_uuid(Uuid::from_u128(1));
        let write = test.db.write(move |tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                insert(tx, 2).await?;
                tx.wake(Topic::Account(account));
                Ok::<_, Error>(())
            })
        });
        let gone = tokio::time::timeout(std::time::Duration::ZERO, write).await;
        assert_eq!(wakes.recv().await.unwrap(), Wake::Topic(Topic::Account(account)));
        assert_eq!(ids(&test).await, [1, 2]);
        drop(gone);
    }
}

#[tokio::test]
async fn watchers_are_woken_after_the_commit_and_only_then() {
    for test in databases().await {
        with_table(&test).await;
        let mut wakes = test.db.wakes();
        let account = AccountId::from_uuid(Uuid::from_u128(1));
        let session = move |number| Topic::Session(account, SessionId::from_uuid(Uuid::from_u128(number)));
        let refused: Result<(), Refusal> = test
            .db
            .write(move |tx| {
                Box::pin(async move {
                    tx.wake(session(1));
                    Err(Refusal::NotToday)
                })
            })
            .await;
        assert!(refused.is_err());
        test.db
            .write(move |tx| {
                Box::pin(async move {
                    insert(tx, 1).await?;
                    tx.wake(session(2));
                    tx.wake(session(3));
                    tx.wake(session(2));
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap();
        assert_eq!(wakes.recv().await.unwrap(), Wake::Topic(session(2)));
        assert_eq!(wakes.recv().await.unwrap(), Wake::Topic(session(3)));
        assert_eq!(wakes.try_recv(), Err(TryRecvError::Empty));
    }
}

#[tokio::test]
async fn a_read_sees_one_moment() {
    for test in databases().await {
        with_table(&test).await;
        test.db.write(|tx| insert(tx, 1)).await.unwrap();
        let (begun, mut has_begun) = mpsc::unbounded_channel();
        let (go_on, gate) = std::sync::mpsc::channel();
        let gate = std::sync::Arc::new(std::sync::Mutex::new(gate));
        let sql = "SELECT COUNT(*) FROM things";
        let db = test.db.clone();
        // Each has a thread of its own to wait in.
        let reading = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let work = work(move |tx| {
                let (begun, gate) = (begun.clone(), gate.clone());
                Box::pin(async move {
                    let (before,): (i64,) = tx.one(sql, &[]).await?;
                    begun.send(()).unwrap();
                    gate.lock().unwrap().recv().unwrap();
                    let (after,): (i64,) = tx.one(sql, &[]).await?;
                    Ok((before, after))
                })
            });
            runtime.block_on(db.read(work))
        });
        has_begun.recv().await.unwrap();
        test.db.write(|tx| insert(tx, 2)).await.unwrap();
        go_on.send(()).unwrap();
        let seen = tokio::task::spawn_blocking(move || reading.join().unwrap())
            .await
            .unwrap();
        assert_eq!(seen.unwrap(), (1, 1));
        assert_eq!(ids(&test).await, [1, 2]);
    }
}

#[tokio::test]
async fn parallel_writes_all_arrive() {
    for test in databases().await {
        with_table(&test).await;
        let tasks: Vec<_> = (0..200)
            .map(|id| {
                let db = test.db.clone();
                tokio::spawn(async move { db.write(move |tx| insert(tx, id)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(ids(&test).await, (0..200).collect::<Vec<_>>());
        let metrics = test.db.metrics();
        match test.engine {
            Engine::Sqlite => assert!(metrics.batched >= 201 && metrics.batches <= metrics.batched),
            Engine::Postgres => assert!(metrics.pool_size <= 8 && metrics.pool_waiting == 0),
        }
    }
}

#[tokio::test]
async fn a_closed_database_says_so() {
    for test in databases().await {
        with_table(&test).await;
        test.db.clone().close().await;
        let written = test.db.write(|tx| insert(tx, 1)).await;
        assert!(matches!(written, Err(Error::Unavailable(_))), "{written:?}");
        let read = test.db.read(|tx| insert(tx, 1)).await;
        assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
        test.db.clone().close().await;
    }
}
