//! Everything that can go wrong between the rules and the disk, in kinds that a caller can act on.
//!
//! The drivers' own errors are sorted here, once, so that both engines answer alike: a duplicate key is a
//! [`Error::Duplicate`] on either.

use std::error::Error as _;
use std::path::PathBuf;

use resolutionflow_core::plan::Resource;
use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The one row asked for is not there.
    #[error("there is no such row")]
    NoRow,
    /// One row was asked for, and more came.
    #[error("one row was asked for, and more came")]
    ManyRows,
    /// A row with the same key is there already.
    #[error("a row with the same key is there already")]
    Duplicate,
    /// The account has as many as its plan allows.
    #[error("the plan allows {limit} {}", resource.as_str())]
    PlanLimit {
        /// Of what.
        resource: Resource,
        /// How many it allows.
        limit: i64,
    },
    /// A foreign key, a check or a required column refused the row.
    #[error("the database refused the row: {0}")]
    Constraint(String),
    /// A column does not hold what the code reads from it.
    #[error("column {index} is not a {wanted}")]
    Column {
        /// Which column of the row, from 0.
        index: usize,
        /// The Rust type that was asked for.
        wanted: &'static str,
    },
    /// What was kept cannot be read back; somebody else wrote it, or the disk changed it.
    #[error("{0} holds what this program never wrote")]
    Corrupt(&'static str),
    /// A text holds the character NUL, which PostgreSQL cannot keep; so neither engine does.
    #[error("a text holds the character NUL")]
    Nul,
    /// Too much is waiting, or a lock is held too long; nothing was changed, trying again later may help.
    #[error("the database is busy")]
    Busy,
    /// The work took longer than is allowed, and was undone.
    #[error("the work took longer than the database allows, and was undone")]
    TooSlow,
    /// The work met another's at the same rows and was undone; [`crate::Db::write`] repeats it by itself.
    #[error("the work met other work at the same rows")]
    Contended,
    /// A read tried to change something.
    #[error("a read may not change anything")]
    ReadOnly,
    /// A transaction acts in one account, and a statement of it named another.
    #[error("a transaction acts in one account, and a statement of it named another")]
    OtherAccount,
    /// The disk is full; nothing of the work was kept.
    #[error("the disk of the database is full")]
    Full,
    /// The database cannot be reached or its disk fails. Where the connection broke during a commit, whether
    /// the work was kept is unknown: callers repeat it under the same `Idempotency-Key`.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A statement failed, and the closure went on as if it had not; nothing of it was kept.
    #[error("a statement failed and its error was dropped; the work was undone")]
    Swallowed,
    /// A closure waited for something else than the database, which on SQLite would hold up every writer.
    #[error("database work may wait for nothing but the database; it was undone")]
    Waited,
    /// A closure panicked and was undone.
    #[error("database work panicked and was undone: {0}")]
    Panicked(String),
    /// The address of the database makes no sense.
    #[error("{0}")]
    Address(String),
    /// Another server holds the SQLite file.
    #[error("{} is in use by another resolutionflow{}", path.display(), holder(*by))]
    Locked {
        /// The database file.
        path: PathBuf,
        /// The process that holds it, where it is known.
        by: Option<u32>,
    },
    /// The database file or its directory cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is no database, is damaged, or belongs to another program.
    #[error("{}: {reason}", path.display())]
    NotOurs {
        /// The database file.
        path: PathBuf,
        /// What was found in it.
        reason: &'static str,
    },
    /// The database was written by a newer version of this program.
    #[error(
        "the database has schema version {found}, and this program knows versions up to {known}: \
         start the newer program, or restore a backup"
    )]
    Newer {
        /// The version that was found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database has to be migrated first.
    #[error(
        "the database has schema version {found}, and this program needs {known}: run `resolutionflow migrate`"
    )]
    Older {
        /// The version that was found.
        found: i64,
        /// The version this program needs.
        known: i64,
    },
    /// A migration that was applied differs from the one this program carries.
    #[error("migration {version} ({name}) was applied in another form than this program carries")]
    ChangedMigration {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration failed; the database is as it was before it.
    #[error("migration {version} ({name}) failed, and nothing of it was kept: {cause}")]
    Migration {
        /// Its number.
        version: i64,
        /// Its name.
        name: &'static str,
        /// Why it failed.
        cause: Box<Error>,
    },
    /// SQLite is not set up as durability needs it.
    #[error("SQLite is not as it must be: {0}")]
    Setting(String),
    /// SQLite refused a statement.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
    /// PostgreSQL refused a statement.
    #[error("PostgreSQL: {}", chain(.0))]
    Postgres(tokio_postgres::Error),
}

fn holder(by: Option<u32>) -> String {
    by.map_or_else(String::new, |process| {
        format!(" (process {process}); stop it first, or send the command to it with --server")
    })
}

/// A driver error with its causes: `tokio_postgres` alone says only "db error".
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    // PostgreSQL puts its detail on a line of its own.
    text.replace('\n', " ")
}

/// What a failed statement means for the transaction it stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The statement is at fault; only its own work is undone.
    Statement,
    /// Worth repeating at once.
    Contended,
    /// It ran out of time.
    TooSlow,
    /// The disk failed or is full; a whole batch may be gone.
    Disk,
    /// The connection is gone.
    Lost,
}

impl Error {
    /// What was kept in `place` cannot be read back.
    pub(crate) fn corrupt(place: &'static str) -> Self {
        Self::Corrupt(place)
    }

    /// What the transaction has to do about it; `None` where the transaction is untouched.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::NoRow
            | Self::ManyRows
            | Self::Column { .. }
            | Self::Corrupt(_)
            | Self::PlanLimit { .. } => None,
            Self::Contended => Some(Failure::Contended),
            Self::TooSlow => Some(Failure::TooSlow),
            Self::Full => Some(Failure::Disk),
            Self::Unavailable(_) => Some(Failure::Lost),
            _ => Some(Failure::Statement),
        }
    }
}

/// A text with NUL in it, on its way to a driver.
#[derive(Debug, thiserror::Error)]
#[error("a text holds the character NUL")]
pub(crate) struct NulInText;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let (code, extended) = match &error {
            rusqlite::Error::SqliteFailure(cause, _) => (cause.code, cause.extended_code),
            rusqlite::Error::SqlInputError { error, .. } => (error.code, error.extended_code),
            rusqlite::Error::ToSqlConversionFailure(cause) if cause.is::<NulInText>() => return Self::Nul,
            _ => return Self::Sqlite(error),
        };
        match code {
            ErrorCode::ConstraintViolation => match extended {
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID => Self::Duplicate,
                _ => Self::Constraint(error.to_string()),
            },
            ErrorCode::OperationInterrupted => Self::TooSlow,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            let cause = error.source();
            if cause.is_some_and(<dyn std::error::Error>::is::<NulInText>) {
                return Self::Nul;
            }
            // Closed, refused, reset, timed out: everything that never was an answer of the server.
            let no_answer =
                error.is_closed() || cause.is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            return if no_answer {
                Self::Unavailable(chain(&error))
            } else {
                Self::Postgres(error)
            };
        };
        match *state {
            SqlState::UNIQUE_VIOLATION => Self::Duplicate,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Contended,
            SqlState::QUERY_CANCELED | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::TooSlow,
            SqlState::LOCK_NOT_AVAILABLE => Self::Busy,
            SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            SqlState::DISK_FULL => Self::Full,
            SqlState::CHARACTER_NOT_IN_REPERTOIRE => Self::Nul,
            _ => match state.code().get(..2) {
                Some("23") => Self::Constraint(chain(&error)),
                // Connection exceptions, exhausted resources, and the server being stopped or started.
                Some("08" | "53" | "57" | "58") => Self::Unavailable(chain(&error)),
                _ => Self::Postgres(error),
            },
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(cause) => match Self::from(cause) {
                Self::Postgres(cause) => Self::Unavailable(chain(&cause)),
                sorted => sorted,
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}
