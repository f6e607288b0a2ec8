//! Migrations: forward only, the same names on both engines, each in a transaction of its own.
//!
//! A shipped migration is never edited: the database remembers a checksum of each, and a program whose
//! migrations differ does not start on it.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::db::{DbConfig, Engine, postgres, sqlite::SqliteFile};
use crate::{Error, Result};

/// One step of the schema, on both engines.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number: 1, 2, 3, without gaps.
    pub version: i64,
    /// Its name, which is the file's without number and ending.
    pub name: &'static str,
    /// What SQLite runs.
    pub sqlite: &'static str,
    /// What PostgreSQL runs.
    pub postgres: &'static str,
}

/// Takes both files of a migration into the program.
macro_rules! migration {
    ($version:literal, $number:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $number, "_", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $number, "_", $name, ".sql")),
        }
    };
}

/// Every migration, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001", "ground"),
    migration!(2, "0002", "pages"),
    migration!(3, "0003", "prepared"),
    migration!(4, "0004", "lists"),
    migration!(5, "0005", "refresh"),
    migration!(6, "0006", "mail"),
    migration!(7, "0007", "door"),
    migration!(8, "0008", "plans"),
    migration!(9, "0009", "rows"),
    migration!(10, "0010", "invites"),
    migration!(11, "0011", "members"),
    migration!(12, "0012", "sign_ups"),
    migration!(13, "0013", "outbox"),
];

/// Two servers that start at once migrate one after the other.
const ADVISORY_LOCK: i64 = 0x7265_736f_6c76_6521;

/// What is remembered of a migration that was applied.
struct Applied {
    version: i64,
    name: String,
    checksum: Vec<u8>,
}

impl Migration {
    fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    pub(crate) fn checksum(&self, engine: Engine) -> Vec<u8> {
        Sha256::digest(self.text(engine)).to_vec()
    }

    fn failed(&self, cause: impl Into<Error>) -> Error {
        Error::Migration {
            version: self.version,
            name: self.name,
            cause: Box::new(cause.into()),
        }
    }
}

/// Compares what was applied with what this program carries, and returns what is still to do.
fn outstanding<'m>(engine: Engine, applied: &[Applied], known: &'m [Migration]) -> Result<&'m [Migration]> {
    let newest = known.last().map_or(0, |migration| migration.version);
    if let Some(newer) = applied.iter().find(|one| one.version > newest) {
        let found = applied.last().unwrap_or(newer).version;
        return Err(Error::Newer { found, known: newest });
    }
    for (was, is) in applied.iter().zip(known) {
        if was.version != is.version || was.checksum != is.checksum(engine) {
            return Err(Error::ChangedMigration {
                version: was.version,
                name: was.name.clone(),
            });
        }
    }
    Ok(known.get(applied.len()..).unwrap_or_default())
}

fn expect_none_outstanding(applied: &[Applied], outstanding: &[Migration]) -> Result<()> {
    match outstanding.last() {
        None => Ok(()),
        Some(newest) => {
            let found = applied.last().map_or(0, |one| one.version);
            Err(Error::Older {
                found,
                known: newest.version,
            })
        }
    }
}

/// Brings the database that `config` names up to date, and says how many migrations it applied.
///
/// On PostgreSQL it opens a connection of its own, as the owner of the tables. On SQLite no server may hold
/// the file. `config.migrate` is not looked at.
pub async fn migrate(config: &DbConfig) -> Result<usize> {
    match config.engine()? {
        Engine::Sqlite => {
            let file = SqliteFile::take(config.path()?, None)?;
            let writer = file.writer()?;
            on_sqlite(&writer.connection, config.migrations, config.now)
        }
        Engine::Postgres => on_postgres(config).await,
    }
}

const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    checksum BLOB NOT NULL
) STRICT";

const POSTGRES_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    checksum BYTEA NOT NULL
)";

const APPLIED: &str = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";

/// Applies what is outstanding, on the writer's connection before it serves.
pub(crate) fn on_sqlite(connection: &Connection, known: &[Migration], now: DateTime<Utc>) -> Result<usize> {
    connection.execute_batch(SQLITE_TABLE)?;
    let applied = applied_on_sqlite(connection)?;
    let todo = outstanding(Engine::Sqlite, &applied, known)?;
    // A table is rebuilt by dropping it, which would cascade; inside a transaction this pragma does nothing.
    connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    let result = todo.iter().try_for_each(|migration| {
        apply_on_sqlite(connection, migration, now).map_err(|error| migration.failed(error))
    });
    connection.execute_batch("PRAGMA foreign_keys = ON")?;
    result.map(|()| todo.len())
}

fn apply_on_sqlite(connection: &Connection, migration: &Migration, now: DateTime<Utc>) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(migration.sqlite)?;
    transaction.execute(
        "INSERT INTO schema_migrations (version, name, applied_at, checksum) VALUES (?1, ?2, ?3, ?4)",
        (
            migration.version,
            migration.name,
            now.timestamp_micros(),
            migration.checksum(Engine::Sqlite),
        ),
    )?;
    let dangling: Option<String> = transaction
        .prepare("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1")?
        .query_map([], |row| row.get(0))?
        .next()
        .transpose()?;
    if let Some(table) = dangling {
        return Err(Error::Constraint(format!(
            "it leaves rows of {table} without what they refer to"
        )));
    }
    Ok(transaction.commit()?)
}

fn applied_on_sqlite(connection: &Connection) -> Result<Vec<Applied>> {
    let mut statement = connection.prepare(APPLIED)?;
    let rows = statement.query_map([], |row| {
        Ok(Applied {
            version: row.get(0)?,
            name: row.get(1)?,
            checksum: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Fails unless the file is exactly as new as this program.
pub(crate) fn check_sqlite(connection: &Connection, known: &[Migration]) -> Result<()> {
    connection.execute_batch(SQLITE_TABLE)?;
    let applied = applied_on_sqlite(connection)?;
    expect_none_outstanding(&applied, outstanding(Engine::Sqlite, &applied, known)?)
}

async fn on_postgres(config: &DbConfig) -> Result<usize> {
    let (mut client, connection) = postgres::connect(&config.url).await?;
    let driver = tokio::spawn(connection);
    let result = apply_on_postgres(&mut client, config.migrations, config.now).await;
    drop(client);
    driver.abort();
    result
}

async fn apply_on_postgres(
    client: &mut tokio_postgres::Client,
    known: &[Migration],
    now: DateTime<Utc>,
) -> Result<usize> {
    // Building an index takes what it takes, and what changes rows changes those of every account: row security is
    // forced on the owner, too. Held until the connection ends.
    client
        .batch_execute(
            "SET statement_timeout = 0; SET lock_timeout = 0; SET client_min_messages = warning; \
             SET app.across = 'on'",
        )
        .await?;
    client
        .execute("SELECT pg_advisory_lock($1)", &[&ADVISORY_LOCK])
        .await?;
    // Whoever finds nothing to do needs no right to do it.
    if !has_table(client).await? {
        client.batch_execute(POSTGRES_TABLE).await?;
    }
    let applied = applied_on_postgres(client).await?;
    let todo = outstanding(Engine::Postgres, &applied, known)?;
    for migration in todo {
        let apply = async {
            let transaction = client.transaction().await?;
            transaction.batch_execute(migration.postgres).await?;
            let checksum = migration.checksum(Engine::Postgres);
            transaction
                .execute(
                    "INSERT INTO schema_migrations (version, name, applied_at, checksum) VALUES ($1, $2, $3, $4)",
                    &[&migration.version, &migration.name, &now, &checksum],
                )
                .await?;
            transaction.commit().await
        };
        apply.await.map_err(|error| migration.failed(error))?;
    }
    client
        .execute("SELECT pg_advisory_unlock($1)", &[&ADVISORY_LOCK])
        .await?;
    Ok(todo.len())
}

async fn has_table(client: &tokio_postgres::Client) -> Result<bool> {
    let row = client
        .query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[])
        .await?;
    Ok(row.try_get(0)?)
}

async fn applied_on_postgres(client: &tokio_postgres::Client) -> Result<Vec<Applied>> {
    let rows = client.query(APPLIED, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                version: row.try_get(0)?,
                name: row.try_get(1)?,
                checksum: row.try_get(2)?,
            })
        })
        .collect()
}

/// Fails unless the database is exactly as new as this program.
pub(crate) async fn check_postgres(client: &tokio_postgres::Client, known: &[Migration]) -> Result<()> {
    let applied = if has_table(client).await? {
        applied_on_postgres(client).await?
    } else {
        Vec::new()
    };
    expect_none_outstanding(&applied, outstanding(Engine::Postgres, &applied, known)?)
}

#[cfg(test)]
mod tests;
