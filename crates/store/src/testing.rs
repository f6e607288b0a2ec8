//! Databases for tests: a fresh one of each engine, gone when the test ends.
//!
//! `TEST_POSTGRES_URL` names a cluster where databases and roles may be created; `cargo xtask test` provides one. Where
//! it is missing the tests run on SQLite alone and say so, unless `REQUIRE_POSTGRES=1` forbids that. As with a real
//! server, one role owns the tables and another one, which row security binds, is what is tested.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::db::{Db, DbConfig, Engine, postgres};
use crate::migrate::{self, Migration};
use crate::{Error, Result};

/// Who owns the tables. The password is the name.
const OWNER: &str = "resolutionflow_owner";

/// Who the server signs in as. The password is the name.
const SERVER: &str = "resolutionflow";

/// The moment at which tests happen: 2026-01-05 08:00 UTC.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_600_000, 0).expect("this is a time")
}

/// A database of a test's own.
pub struct TestDb {
    /// The open database.
    pub db: Db,
    /// Which engine it is on.
    pub engine: Engine,
    /// How to open it again.
    pub config: DbConfig,
    place: Place,
}

impl TestDb {
    /// The same database as the owner of the tables opens it, who applies migrations.
    pub fn owned(&self) -> DbConfig {
        match &self.place {
            Place::Directory { .. } => self.config.clone(),
            Place::Database { database } => database.owned(&self.config),
        }
    }

    /// The same database as a superuser opens it, whom row security does not bind.
    pub fn all_powerful(&self) -> DbConfig {
        match &self.place {
            Place::Directory { .. } => self.config.clone(),
            Place::Database { database } => database.all_powerful(&self.config),
        }
    }

    /// Runs what the server may not: statements of the owner, such as making a table, who goes across accounts. On SQLite
    /// one statement.
    pub async fn as_owner(&self, sql: &str) -> Result<()> {
        match &self.place {
            Place::Directory { .. } => {
                let sql = sql.to_owned();
                let write = self.db.write::<_, Error, _>(move |tx| {
                    let sql = sql.clone();
                    Box::pin(async move { tx.execute(&sql, &[]).await })
                });
                write.await.map(|_| ())
            }
            Place::Database { database } => {
                let own = format!("SET ROLE {OWNER}; SET app.across = 'on'");
                run(&in_cluster(&database.cluster, &database.name), &[&own, sql]).await
            }
        }
    }

    /// Runs what only a superuser may, past row security; nothing of it on SQLite.
    pub async fn as_superuser(&self, sql: &str) -> Result<()> {
        match &self.place {
            Place::Directory { .. } => Ok(()),
            Place::Database { database } => run(&in_cluster(&database.cluster, &database.name), &[sql]).await,
        }
    }
}

/// What has to go when the test ends.
enum Place {
    Directory { _directory: TempDir },
    Database { database: Database },
}

/// A database in the cluster.
pub(crate) struct Database {
    cluster: String,
    name: String,
}

impl Database {
    /// Makes it, with nothing in it.
    #[cfg(test)]
    pub(crate) async fn create(&self) -> Result<()> {
        create(&self.cluster, &self.name).await
    }

    /// How a superuser opens it, whom row security does not bind.
    pub(crate) fn all_powerful(&self, config: &DbConfig) -> DbConfig {
        DbConfig {
            url: in_cluster(&self.cluster, &self.name),
            ..config.clone()
        }
    }

    /// How its owner opens it.
    pub(crate) fn owned(&self, config: &DbConfig) -> DbConfig {
        DbConfig {
            url: as_role(&in_cluster(&self.cluster, &self.name), OWNER),
            ..config.clone()
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let cluster = self.cluster.clone();
        // A destructor cannot wait, and this may run inside a runtime: so on a thread of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime starts")
                .block_on(run(&cluster, &[&statement]))
        });
        if let Ok(Err(error)) | Err(error) = dropping.join().map_err(|_| Error::Panicked(String::new())) {
            eprintln!("{} stays behind: {error}", self.name);
        }
    }
}

/// A fresh, migrated database on each engine there is.
pub async fn databases() -> Vec<TestDb> {
    let mut all = vec![sqlite(|_| {}).await];
    all.extend(postgres(|_| {}).await);
    all
}

/// A fresh SQLite database, set up further by `change`.
pub async fn sqlite(change: impl FnOnce(&mut DbConfig)) -> TestDb {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut config = DbConfig::new(
        format!("sqlite:{}/test.sqlite", directory.path().display()),
        now(),
    );
    change(&mut config);
    let db = Db::open(&config).await.expect("a fresh SQLite database opens");
    TestDb {
        db,
        engine: Engine::Sqlite,
        config,
        place: Place::Directory {
            _directory: directory,
        },
    }
}

/// Lets an SQLite file grow to this many pages and no further, as a full disk would.
pub fn full_disk(config: &mut DbConfig, pages: u32) {
    config.most_pages = Some(pages);
}

/// A fresh PostgreSQL database, set up further by `change`; `None` where there is no cluster.
pub async fn postgres(change: impl FnOnce(&mut DbConfig)) -> Option<TestDb> {
    Some(postgres_in(&cluster()?, change).await)
}

/// A fresh PostgreSQL database in the cluster that this address of a superuser names, set up further by `change`.
pub async fn postgres_in(cluster: &str, change: impl FnOnce(&mut DbConfig)) -> TestDb {
    let (mut config, database) = empty_in(cluster).await;
    change(&mut config);
    let template = template(&database.cluster, &config)
        .await
        .expect("the template database can be made");
    let create = format!(
        "CREATE DATABASE {} TEMPLATE {template} OWNER {OWNER}",
        database.name
    );
    run(&database.cluster, &[&create])
        .await
        .expect("a database can be made");
    let db = Db::open(&config)
        .await
        .expect("a fresh PostgreSQL database opens");
    TestDb {
        db,
        engine: Engine::Postgres,
        config,
        place: Place::Database { database },
    }
}

/// The cluster for tests, where there is one.
fn cluster() -> Option<String> {
    let Ok(cluster) = std::env::var("TEST_POSTGRES_URL") else {
        assert!(
            std::env::var_os("REQUIRE_POSTGRES").is_none_or(|value| value != "1"),
            "REQUIRE_POSTGRES=1, and TEST_POSTGRES_URL names no cluster"
        );
        eprintln!("PostgreSQL is skipped: TEST_POSTGRES_URL names no cluster");
        return None;
    };
    Some(cluster)
}

/// The address of a database that is not there yet, and what drops it.
#[cfg(test)]
pub(crate) async fn empty_postgres() -> Option<(DbConfig, Database)> {
    Some(empty_in(&cluster()?).await)
}

async fn empty_in(cluster: &str) -> (DbConfig, Database) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!(
        "rf_test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let config = DbConfig::new(as_role(&in_cluster(cluster, &name), SERVER), now());
    // An earlier run may have had the same process number.
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let [owner, server] = [OWNER, SERVER].map(make_role);
    run(cluster, &[&drop, &owner, &server])
        .await
        .expect("the cluster answers");
    let cluster = cluster.to_owned();
    (config, Database { cluster, name })
}

/// The address of another database in the same cluster.
fn in_cluster(cluster: &str, name: &str) -> String {
    let mut url = url::Url::parse(cluster).expect("TEST_POSTGRES_URL is an address");
    url.set_path(name);
    url.into()
}

/// The same address, for another role.
fn as_role(url: &str, role: &str) -> String {
    let mut url = url::Url::parse(url).expect("this is an address");
    let set = url.set_username(role).and_then(|()| url.set_password(Some(role)));
    set.expect("it has a host");
    url.into()
}

/// Makes a role where there is none of that name; another process may be about to.
fn make_role(role: &str) -> String {
    format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
             CREATE ROLE {role} LOGIN PASSWORD '{role}'; END IF; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
}

/// Makes an empty database, in which the server may use whatever tables its owner makes.
async fn create(cluster: &str, name: &str) -> Result<()> {
    run(cluster, &[&format!("CREATE DATABASE {name} OWNER {OWNER}")]).await?;
    let grant = format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVER}"
    );
    run(&in_cluster(cluster, name), &[&grant]).await
}

async fn run(url: &str, statements: &[&str]) -> Result<()> {
    let (client, driver) = postgres::connect(url).await?;
    let driver = tokio::spawn(driver);
    let mut result = Ok(());
    for statement in statements {
        result = result.and(client.batch_execute(statement).await);
    }
    driver.abort();
    Ok(result?)
}

/// Migrates a database once for all tests, of all processes, that carry the same migrations.
async fn template(cluster: &str, config: &DbConfig) -> Result<String> {
    let name = format!("rf_template_{}", fingerprint(config.migrations));
    let (client, driver) = postgres::connect(cluster).await?;
    let driver = tokio::spawn(driver);
    let made = async {
        client.batch_execute("SELECT pg_advisory_lock(7269)").await?;
        let there = client
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
            .await?;
        if there.is_none() {
            // Under another name until it is complete: a process may be killed in between.
            let unfinished = format!("{name}_unfinished");
            client
                .batch_execute(&format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"))
                .await?;
            create(cluster, &unfinished).await?;
            let config = DbConfig {
                url: as_role(&in_cluster(cluster, &unfinished), OWNER),
                ..config.clone()
            };
            migrate::migrate(&config).await?;
            rename(&client, &unfinished, &name).await?;
        }
        Ok(())
    };
    let result: Result<()> = made.await;
    drop(client);
    driver.abort();
    result.map(|()| name)
}

/// The server ends a connection a moment after the client does, and renames no database in use.
async fn rename(client: &tokio_postgres::Client, from: &str, to: &str) -> Result<()> {
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    client.query(end, &[&from]).await?;
    Ok(client
        .batch_execute(&format!("ALTER DATABASE {from} RENAME TO {to}"))
        .await?)
}

fn fingerprint(migrations: &[Migration]) -> String {
    let mut digest = Sha256::new();
    for migration in migrations {
        digest.update(migration.checksum(Engine::Postgres));
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
