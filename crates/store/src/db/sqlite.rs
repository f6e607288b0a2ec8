//! One SQLite file: who may open it, how a connection is set up, and the transaction on it.
//!
//! The settings that durability rests on are read back and asserted, not assumed.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::placeholder::Texts;
use super::tx::{FromRow, Notes, Row};
use super::value::Parameter;
use crate::{Error, Result};

/// Prepared statements kept for each connection.
const STATEMENTS: usize = 512;
/// How long a connection waits for another process, which should not be there at all.
const BUSY: Duration = Duration::from_secs(5);
/// A bug in older versions can corrupt a database when its WAL is reset.
const OLDEST: i32 = 3_051_003;
/// Steps of SQLite's machine between two looks at the clock: some 50 microseconds.
const STEPS: i32 = 4096;

/// A transaction on SQLite.
pub struct SqliteTx {
    pub(crate) connection: Connection,
    pub(super) notes: Notes,
    texts: Texts,
    limit: Limit,
}

impl SqliteTx {
    pub(super) fn execute(&mut self, sql: &str, parameters: &[&dyn Parameter]) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(self.texts.rewritten(sql))?;
        let changed = statement.execute(params_from_iter(parameters.iter().map(|one| one.value())))?;
        Ok(changed as u64)
    }

    pub(super) fn all<R: FromRow>(&mut self, sql: &str, parameters: &[&dyn Parameter]) -> Result<Vec<R>> {
        let mut statement = self.connection.prepare_cached(self.texts.rewritten(sql))?;
        let mut rows = statement.query(params_from_iter(parameters.iter().map(|one| one.value())))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(R::from_row(&Row::Sqlite(row))?);
        }
        Ok(all)
    }

    /// Runs one of our own words: BEGIN, SAVEPOINT, COMMIT and the like.
    pub(super) fn word(&self, word: &str) -> Result<()> {
        self.connection.prepare_cached(word)?.execute([])?;
        Ok(())
    }

    /// Whether a transaction is open: a failing disk ends it without being asked.
    pub(super) fn is_open(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Starts the clock of one closure.
    pub(super) fn start_clock(&self, allowed: Duration) {
        self.limit.start(allowed);
    }

    /// Stops it, and says whether it had run out.
    pub(super) fn stop_clock(&self) -> bool {
        self.limit.stop()
    }
}

/// The moment after which SQLite gives up what it is doing.
#[derive(Clone)]
struct Limit {
    base: Instant,
    micros: Arc<AtomicU64>,
}

impl Limit {
    fn new() -> Self {
        Self {
            base: Instant::now(),
            micros: Arc::new(AtomicU64::new(u64::MAX)),
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn start(&self, allowed: Duration) {
        let allowed = u64::try_from(allowed.as_micros()).unwrap_or(u64::MAX);
        self.micros
            .store(self.elapsed().saturating_add(allowed), Ordering::Relaxed);
    }

    fn stop(&self) -> bool {
        self.micros.swap(u64::MAX, Ordering::Relaxed) < self.elapsed()
    }

    fn is_over(&self) -> bool {
        let micros = self.micros.load(Ordering::Relaxed);
        micros != u64::MAX && micros < self.elapsed()
    }
}

/// The right to use a file, held until the last connection to it is closed.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// A database file that this process holds.
#[derive(Clone)]
pub(crate) struct SqliteFile {
    path: PathBuf,
    most_pages: Option<u32>,
    _lock: Arc<Lock>,
}

impl SqliteFile {
    /// Takes the file: makes it and its directory where they are missing, readable for this user only, and
    /// locks it against every other server.
    pub(crate) fn take(path: &Path, most_pages: Option<u32>) -> Result<Self> {
        let failed = |path: &Path, what: &str, error: &std::io::Error| Error::File {
            path: path.to_owned(),
            reason: format!("{what}: {error}"),
        };
        if path.is_dir() {
            return Err(Error::File {
                path: path.to_owned(),
                reason: "this is a directory; name a file in it".to_owned(),
            });
        }
        if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty())
            && !directory.exists()
        {
            DirBuilder::new()
                .mode(0o700)
                .create(directory)
                .map_err(|error| failed(directory, "the data directory cannot be made", &error))?;
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let lock = Lock::take(path, &lock_path)
            .map_err(|error| error.unwrap_or_else(|error| failed(&lock_path, "cannot be written", &error)))?;
        open_private(path).map_err(|error| failed(path, "cannot be written", &error))?;
        Ok(Self {
            path: path.to_owned(),
            most_pages,
            _lock: Arc::new(lock),
        })
    }

    /// Opens the one connection that writes.
    pub(crate) fn writer(&self) -> Result<SqliteTx> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        self.refuse_foreign(&connection)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
        )?;
        if let Some(pages) = self.most_pages {
            connection.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
        }
        assert_settings(&connection)?;
        Self::ready(connection)
    }

    /// Opens a connection that only reads.
    pub(super) fn reader(&self) -> Result<SqliteTx> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;",
        )?;
        Self::ready(connection)
    }

    fn connect(&self, access: OpenFlags) -> Result<Connection> {
        // Each connection is used by one thread at a time, which rusqlite's types see to.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Plans do not depend on bound values; without this every statement is planned again for new ones.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // The first look into the file.
        connection
            .query_row("PRAGMA schema_version", [], |_| Ok(()))
            .map_err(|error| self.sorted(error))?;
        Ok(connection)
    }

    fn ready(mut connection: Connection) -> Result<SqliteTx> {
        let limit = Limit::new();
        let clock = limit.clone();
        connection.progress_handler(STEPS, Some(move || clock.is_over()))?;
        Ok(SqliteTx {
            connection,
            notes: Notes::default(),
            texts: Texts::default(),
            limit,
        })
    }

    /// Another program's database is left exactly as it is.
    fn refuse_foreign(&self, connection: &Connection) -> Result<()> {
        let (tables, ours): (i64, i64) = connection.query_row(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE name = 'schema_migrations') FROM sqlite_schema",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if tables > 0 && ours == 0 {
            let reason = "this SQLite database belongs to another program";
            return Err(Error::NotOurs {
                path: self.path.clone(),
                reason,
            });
        }
        Ok(())
    }

    fn sorted(&self, error: rusqlite::Error) -> Error {
        let reason = match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => "this is not an SQLite database",
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => "this SQLite database is damaged; restore a backup",
            _ => return error.into(),
        };
        Error::NotOurs {
            path: self.path.clone(),
            reason,
        }
    }
}

impl Lock {
    fn take(path: &Path, lock_path: &Path) -> Result<Self, Result<Error, std::io::Error>> {
        let mut file = open_private(lock_path).map_err(Err)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The holder's process number is a courtesy; without it the message says less.
                let by = file
                    .read_to_string(&mut text)
                    .ok()
                    .and_then(|_| text.trim().parse().ok());
                return Err(Ok(Error::Locked {
                    path: path.to_owned(),
                    by,
                }));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(Err(error)),
        }
        file.set_len(0).map_err(Err)?;
        file.write_all(std::process::id().to_string().as_bytes())
            .map_err(Err)?;
        Ok(Self { _file: file })
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn assert_settings(connection: &Connection) -> Result<()> {
    if rusqlite::version_number() < OLDEST {
        return Err(Error::Setting(format!(
            "version {} is too old, 3.51.3 is needed",
            rusqlite::version()
        )));
    }
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    let foreign_keys: i64 = connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0))?;
    for (name, found, wanted) in [
        ("journal_mode", mode, "wal"),
        ("synchronous", synchronous.to_string(), "2"),
        ("foreign_keys", foreign_keys.to_string(), "1"),
    ] {
        if found != wanted {
            return Err(Error::Setting(format!("{name} is {found} and must be {wanted}")));
        }
    }
    Ok(())
}
