//! What the database alone can do: the three statements of a small change, straight through `Db::write`.
//!
//! `cargo xtask bench` runs it beside the server: `database_alone URL WRITERS SECONDS`. It makes tables of its own.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use resolutionflow_store::db::Engine;
use resolutionflow_store::{Db, DbConfig, Error, Tx};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const TABLES: [&str; 3] = [
    "CREATE TABLE alone_sessions (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)",
    "CREATE TABLE alone_variables (session_id BIGINT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        version BIGINT NOT NULL, PRIMARY KEY (session_id, name))",
    "CREATE TABLE alone_events (session_id BIGINT NOT NULL, number BIGINT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY (session_id, number))",
];

const BUMP: &str = "UPDATE alone_sessions SET version = version + 1 WHERE id = $1 RETURNING version";

const SET: &str = "INSERT INTO alone_variables (session_id, name, value, version) VALUES ($1, $2, $3, 1)
    ON CONFLICT (session_id, name)
    DO UPDATE SET value = excluded.value, version = alone_variables.version + 1";

const NOTE: &str = "INSERT INTO alone_events (session_id, number, payload) VALUES ($1, $2, $3)";

fn prepare(tx: &mut Tx, writers: i64) -> BoxFuture<'_, Result<(), Error>> {
    Box::pin(async move {
        for table in TABLES {
            tx.execute(table, &[]).await?;
        }
        for writer in 0..writers {
            tx.execute(
                "INSERT INTO alone_sessions (id, version) VALUES ($1, 0)",
                &[&writer],
            )
            .await?;
        }
        Ok(())
    })
}

fn change(tx: &mut Tx, writer: i64, name: String, value: String) -> BoxFuture<'_, Result<(), Error>> {
    Box::pin(async move {
        let (version,): (i64,) = tx.one(BUMP, &[&writer]).await?;
        tx.execute(SET, &[&writer, &name, &value]).await?;
        tx.execute(NOTE, &[&writer, &version, &value]).await?;
        Ok(())
    })
}

async fn write(db: Db, writer: i64, length: Duration) -> Result<Vec<Duration>, Error> {
    let began = Instant::now();
    let mut took = Vec::new();
    while began.elapsed() < length {
        let asked = Instant::now();
        let name = format!("value_{:02}", took.len() % 60);
        let value = format!("w{writer}-{}.example.net", took.len());
        db.write(move |tx| change(tx, writer, name.clone(), value.clone()))
            .await?;
        took.push(asked.elapsed());
    }
    Ok(took)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, writers, seconds] = arguments.as_slice() else {
        return Err("usage: database_alone URL WRITERS SECONDS".into());
    };
    let (writers, seconds): (i64, u32) = (writers.parse()?, seconds.parse()?);
    // Migrations are dated with it, and nothing here reads the date.
    let mut config = DbConfig::new(url, chrono::DateTime::UNIX_EPOCH);
    config.migrate = true;
    let db = Db::open(&config).await?;
    db.write(move |tx| prepare(tx, writers)).await?;
    let length = Duration::from_secs(seconds.into());
    let tasks: Vec<_> = (0..writers)
        .map(|writer| tokio::spawn(write(db.clone(), writer, length)))
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    took.sort_unstable();
    let millis = |percent: usize| {
        took.get(took.len() * percent / 100)
            .map_or(0.0, |t| t.as_secs_f64() * 1_000.0)
    };
    let per_second = f64::from(u32::try_from(took.len())?) / f64::from(seconds);
    let engine = if db.engine() == Engine::Sqlite {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    println!(
        "{engine}, {writers} writers: {per_second:.0} writes/s, p50 {:.2} ms, p99 {:.2} ms",
        millis(50),
        millis(99)
    );
    db.close().await;
    Ok(())
}
