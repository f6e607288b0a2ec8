//! The one way to the database: `write` changes, `read` reads, and both engines behave alike.
//!
//! What a caller has to know stands at [`Db::write`]; the engines have files of their own.

mod listen;
mod metrics;
mod placeholder;
pub(crate) mod postgres;
pub(crate) mod reach;
mod readers;
mod row_security;
pub(crate) mod sqlite;
mod tx;
mod value;
mod wake;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::broadcast;

pub use metrics::{BATCH_SIZES, DbMetrics};
pub use postgres::PostgresTx;
pub use row_security::{Gap, RowSecurity};
pub use sqlite::SqliteTx;
pub use tx::{Engine, FromRow, Row, Tx};
pub use value::{FromColumn, Parameter, Value};
pub use wake::{Topic, Wake};

use self::metrics::Counters;
use self::postgres::Postgres;
use self::readers::Readers;
use self::sqlite::SqliteFile;
use self::writer::{Writer, WriterConfig};
use crate::migrate::{self, MIGRATIONS, Migration};
use crate::{Error, Result};

/// Wake-ups that a receiver may be behind before it is told that it lags.
const WAKES: usize = 4096;

/// Which database, and how it is used.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// `sqlite:PATH` or `postgres://user@host/database`.
    pub url: String,
    /// When the server starts; migrations are dated with it.
    pub now: DateTime<Utc>,
    /// Whether opening brings the schema up to date. If not, an older schema is an error.
    pub migrate: bool,
    /// How long one closure may take. Default 5 seconds.
    pub time_limit: Duration,
    /// How long a request waits for its turn, in the queue or at the pool. Default 3 seconds.
    pub patience: Duration,
    /// SQLite: how many changes may wait. Default 4096.
    pub queue: usize,
    /// SQLite: how many changes are committed together at most. Default 256.
    pub batch: usize,
    /// SQLite: how many connections read. Default: one a core, and four at least.
    pub readers: usize,
    /// PostgreSQL: how many connections there are at most. Default 8: with more than a few for each processor of the
    /// database, what waits there for a processor or a lock keeps the rest waiting.
    pub pool: usize,
    /// SQLite: the file does not grow over this many pages; how tests make a full disk.
    pub(crate) most_pages: Option<u32>,
    /// The schema.
    pub(crate) migrations: &'static [Migration],
}

impl DbConfig {
    /// The defaults: SQLite migrates when it is opened, PostgreSQL only when it is told to, since there the
    /// server's role may not.
    pub fn new(url: impl Into<String>, now: DateTime<Utc>) -> Self {
        let url = url.into();
        let cores = std::thread::available_parallelism().map_or(4, usize::from);
        Self {
            migrate: url.starts_with(SQLITE),
            url,
            now,
            time_limit: Duration::from_secs(5),
            patience: Duration::from_secs(3),
            queue: 4096,
            batch: 256,
            readers: cores.max(4),
            pool: 8,
            most_pages: None,
            migrations: MIGRATIONS,
        }
    }

    /// Which engine the address names.
    pub fn engine(&self) -> Result<Engine> {
        if self.url.starts_with(SQLITE) {
            Ok(Engine::Sqlite)
        } else if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            Ok(Engine::Postgres)
        } else {
            Err(Error::Address(
                "the address of a database is sqlite:PATH or postgres://user@host/database".to_owned(),
            ))
        }
    }

    /// The file that an SQLite address names.
    pub(crate) fn path(&self) -> Result<&Path> {
        let path = self.url.strip_prefix(SQLITE).unwrap_or_default();
        let path = path.strip_prefix("//").unwrap_or(path);
        let reason = match path {
            "" => "sqlite: is followed by the path of a file",
            _ if path.starts_with(':') => "a database in memory loses everything; name a file, sqlite:PATH",
            _ if path.contains(['?', '\0']) => "an SQLite address is sqlite:PATH, without parameters",
            _ => return Ok(Path::new(path)),
        };
        Err(Error::Address(reason.to_owned()))
    }
}

const SQLITE: &str = "sqlite:";

/// A database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Backend,
    wakes: broadcast::Sender<Wake>,
    counters: Arc<Counters>,
}

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

struct Sqlite {
    writer: Writer,
    readers: Readers,
}

impl Db {
    /// Opens the database, migrates it where `config` says so, and refuses one whose schema differs.
    pub async fn open(config: &DbConfig) -> Result<Self> {
        let (wakes, _) = broadcast::channel(WAKES);
        let counters = Arc::<Counters>::default();
        let engine = match config.engine()? {
            Engine::Sqlite => Backend::Sqlite(Arc::new(open_sqlite(
                config,
                Arc::clone(&counters),
                wakes.clone(),
            )?)),
            Engine::Postgres => {
                if config.migrate {
                    migrate::migrate(config).await?;
                }
                Backend::Postgres(Arc::new(
                    Postgres::open(config, Arc::clone(&counters), wakes.clone()).await?,
                ))
            }
        };
        Ok(Self {
            engine,
            wakes,
            counters,
        })
    }

    /// Changes something: the only way to.
    ///
    /// The closure gets a transaction, decides, and writes; where it returns an error, of the store or a
    /// refusal of its own, nothing of it is kept. When this returns a value, it is committed and on disk.
    ///
    /// It may run more than once (after a deadlock, or when a batch was lost), so it clones what it uses up,
    /// and does nothing but SQL and pure code: on SQLite it runs on the one writer thread, where waiting for
    /// anything else is [`Error::Waited`]. It runs to its end even when this future is dropped. One that takes
    /// longer than the limit is undone with [`Error::TooSlow`]; too many waiting is [`Error::Busy`].
    /// [`Error::Unavailable`] may hide a commit whose answer got lost: repeat under an idempotency key.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Backend::Sqlite(sqlite) => sqlite.writer.write(work).await,
            Backend::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// Reads one moment of the database, however many statements it takes; it can change nothing.
    ///
    /// For short reads: on SQLite the closure runs in place.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Backend::Sqlite(sqlite) => sqlite.readers.read(work).await,
            Backend::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// As [`Db::read`], by one `SELECT` [across accounts](Tx::across_accounts) and no more, which spares PostgreSQL a
    /// transaction; a second one, or another statement, is refused there with [`Error::ReadOnly`].
    pub async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Backend::Sqlite(sqlite) => sqlite.readers.read(work).await,
            Backend::Postgres(postgres) => postgres.read_one(work).await,
        }
    }

    /// As [`Db::read`], for what may take milliseconds: exports, searches, long lists.
    pub async fn read_long<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Backend::Sqlite(sqlite) => sqlite.readers.read_on_thread(work).await,
            Backend::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Listens to wake-ups. One may get lost, so a listener also polls slowly; where the receiver says that it
    /// lags, it looks at everything.
    pub fn wakes(&self) -> broadcast::Receiver<Wake> {
        self.wakes.subscribe()
    }

    /// Which engine serves.
    pub fn engine(&self) -> Engine {
        match &self.engine {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// How the database is doing.
    pub fn metrics(&self) -> DbMetrics {
        let mut metrics = self.counters.read();
        match &self.engine {
            Backend::Sqlite(sqlite) => metrics.writer_queue = sqlite.writer.waiting(),
            Backend::Postgres(postgres) => {
                (metrics.pool_size, metrics.pool_available, metrics.pool_waiting) = postgres.use_of_pool();
            }
        }
        metrics
    }

    /// Finishes the changes that were accepted and closes the database, for every clone.
    pub async fn close(self) {
        match &self.engine {
            Backend::Sqlite(sqlite) => {
                sqlite.readers.close();
                sqlite.writer.close().await;
            }
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

fn open_sqlite(config: &DbConfig, counters: Arc<Counters>, wakes: broadcast::Sender<Wake>) -> Result<Sqlite> {
    let file = SqliteFile::take(config.path()?, config.most_pages)?;
    let tx = file.writer()?;
    if config.migrate {
        migrate::on_sqlite(&tx.connection, config.migrations, config.now)?;
    } else {
        migrate::check_sqlite(&tx.connection, config.migrations)?;
    }
    let readers = Readers::open(file.clone(), config.readers.max(1), config.time_limit)?;
    let settings = WriterConfig {
        queue: config.queue.max(1),
        batch: config.batch,
        allowed: config.time_limit,
        patience: config.patience,
    };
    let writer = Writer::start(file, tx, settings, counters, wakes)?;
    Ok(Sqlite { writer, readers })
}
