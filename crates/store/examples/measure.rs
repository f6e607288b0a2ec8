//! Measures the ground alone: writes of three statements, and reads of one row, in place and on threads.
//!
//! `cargo run --release -p resolutionflow-store --example measure`; with
//! `TEST_POSTGRES_URL` it also measures PostgreSQL.

use std::time::{Duration, Instant};

use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Db, Result};

const ROWS: i64 = 1000;
const TIME: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<()> {
    for test in databases().await {
        println!("{:?}", test.engine);
        prepare(&test).await?;
        for tasks in [1, 8, 32, 64] {
            report(
                &test.db,
                "write, three statements",
                tasks,
                |db, number| async move { write(&db, number).await },
            )
            .await;
        }
        let metrics = test.db.metrics();
        println!("  {} writes in {} batches", metrics.batched, metrics.batches);
        for tasks in [1, 32] {
            report(&test.db, "read in place", tasks, |db, number| async move {
                read(&db, number, false).await
            })
            .await;
            report(&test.db, "read on a thread", tasks, |db, number| async move {
                read(&db, number, true).await
            })
            .await;
        }
        // Reads while somebody writes.
        let db = test.db.clone();
        let writing =
            tokio::spawn(
                async move { load(&db, 8, |db, number| async move { write(&db, number).await }).await },
            );
        report(&test.db, "read in place, 8 write", 32, |db, number| async move {
            read(&db, number, false).await
        })
        .await;
        writing.await.expect("the writers end");
        let db = test.db.clone();
        let writing =
            tokio::spawn(
                async move { load(&db, 8, |db, number| async move { write(&db, number).await }).await },
            );
        report(
            &test.db,
            "read on a thread, 8 write",
            32,
            |db, number| async move { read(&db, number, true).await },
        )
        .await;
        writing.await.expect("the writers end");
    }
    Ok(())
}

async fn prepare(test: &TestDb) -> Result<()> {
    let (items, log) = match test.engine {
        Engine::Sqlite => (
            "CREATE TABLE items (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
            "CREATE TABLE log (id INTEGER, version INTEGER, value TEXT, PRIMARY KEY (id, version)) STRICT, WITHOUT ROWID",
        ),
        Engine::Postgres => (
            "CREATE TABLE items (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, value TEXT NOT NULL)",
            "CREATE TABLE log (id BIGINT, version BIGINT, value TEXT, PRIMARY KEY (id, version))",
        ),
    };
    test.as_owner(items).await?;
    test.as_owner(log).await?;
    test.db
        .write(move |tx| {
            Box::pin(async move {
                for id in 0..ROWS {
                    tx.execute(
                        "INSERT INTO items (id, version, value) VALUES ($1, 0, '')",
                        &[&id],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

/// What a change of one variable does: bump, set, log.
async fn write(db: &Db, number: i64) -> Result<()> {
    let id = number % ROWS;
    db.write(move |tx| {
        Box::pin(async move {
            let bump = "UPDATE items SET version = version + 1 WHERE id = $1 RETURNING version";
            let (version,): (i64,) = tx.one(bump, &[&id]).await?;
            tx.execute(
                "UPDATE items SET value = $2 WHERE id = $1",
                &[&id, &"dc01.example.net"],
            )
            .await?;
            let log = "INSERT INTO log (id, version, value) VALUES ($1, $2, $3)";
            tx.execute(log, &[&id, &version, &"dc01.example.net"]).await?;
            Ok(())
        })
    })
    .await
}

async fn read(db: &Db, number: i64, long: bool) -> Result<()> {
    let id = number % ROWS;
    let sql = "SELECT version, value FROM items WHERE id = $1";
    let row: Result<(i64, String)> = if long {
        db.read_long(move |tx| Box::pin(async move { tx.one(sql, &[&id]).await }))
            .await
    } else {
        db.read(move |tx| Box::pin(async move { tx.one(sql, &[&id]).await }))
            .await
    };
    row.map(drop)
}

async fn report<F>(db: &Db, name: &str, tasks: i64, work: impl Fn(Db, i64) -> F + Copy + Send + 'static)
where
    F: Future<Output = Result<()>> + Send,
{
    let mut times = load(db, tasks, work).await;
    times.sort_unstable();
    let rate = times.len() as u128 * 1_000_000 / TIME.as_micros();
    let [middle, late] = [50, 99].map(|percent| times[times.len() * percent / 100]);
    println!("  {name:26} {tasks:3} tasks: {rate:7} a second, p50 {middle:?}, p99 {late:?}");
}

async fn load<F>(db: &Db, tasks: i64, work: impl Fn(Db, i64) -> F + Copy + Send + 'static) -> Vec<Duration>
where
    F: Future<Output = Result<()>> + Send,
{
    let end = Instant::now() + TIME;
    let all = (0..tasks).map(|task| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            let mut number = task * 7919;
            while Instant::now() < end {
                let begin = Instant::now();
                work(db.clone(), number).await.expect("nothing stands in the way");
                times.push(begin.elapsed());
                number += 1;
            }
            times
        })
    });
    let mut times = Vec::new();
    for task in all.collect::<Vec<_>>() {
        times.extend(task.await.expect("the task ends"));
    }
    times
}
