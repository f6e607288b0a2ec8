//! PostgreSQL: the pool, the transaction, and the repetition of writes that met others.
//!
//! Work that was not committed is rolled back by the server whatever happens to the connection, so it may be
//! repeated. A commit whose answer got lost may not: whether it was kept is unknown, and the caller is told
//! that the database is unavailable.

use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use futures_util::future::{BoxFuture, FutureExt, join};
use futures_util::{TryStreamExt, pin_mut};
use tokio::sync::{RwLock, broadcast};
use tokio_postgres::error::SqlState;
use tokio_postgres::{NoTls, Row};

use super::DbConfig;
use super::listen::Notifier;
use super::metrics::Counters;
use super::reach::{ACROSS, Reach};
use super::tx::{Notes, Tx};
use super::value::{Parameter, Value};
use super::wake::{Topic, Wake};
use super::writer::message;
use crate::error::Failure;
use crate::{Error, Result};

/// How often a write is tried before it is given up.
const ATTEMPTS: u32 = 10;
/// The longest pause between two attempts; they are not jittered, the server's own timing sees to that.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How long the server may take to accept a connection, or to commit.
const PATIENCE: Duration = Duration::from_secs(5);
/// Prepared statements kept for each connection; static texts never come near it.
const STATEMENTS: usize = 512;

const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
// One moment for every statement of a read, as on SQLite.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// None: one statement is a moment of its own.
const ALONE: &str = "";

/// A transaction on PostgreSQL. Dropped without a commit it is rolled back.
pub struct PostgresTx {
    /// `None` only after the connection was given up.
    client: Option<Object>,
    /// What PostgreSQL was told of whose rows may be touched.
    known: Reach,
    /// Sent together with the first statement: a write of three statements is four round trips, not five.
    begin: Option<&'static str>,
    /// A question is on its way. A connection that is dropped meanwhile is of no more use.
    in_flight: bool,
    /// The server has answered in this transaction.
    answered: bool,
    pub(super) notes: Notes,
    /// Each statement that runs, and its plan, once a test asks for them.
    #[cfg(test)]
    pub(crate) plans: Option<Vec<(String, Vec<String>)>>,
    /// What a test makes of each statement before it runs.
    #[cfg(test)]
    pub(crate) rewrite: Option<fn(&str) -> String>,
}

impl PostgresTx {
    fn new(client: Object, begin: &'static str) -> Self {
        let notes = Notes::default();
        Self {
            client: Some(client),
            known: if begin == ALONE {
                Reach::ACROSS
            } else {
                Reach::default()
            },
            begin: Some(begin),
            in_flight: false,
            answered: false,
            notes,
            #[cfg(test)]
            plans: None,
            #[cfg(test)]
            rewrite: None,
        }
    }

    pub(super) async fn execute(
        &mut self,
        sql: &str,
        parameters: &[&dyn Parameter],
        reach: Reach,
    ) -> Result<u64> {
        Ok(self.run(sql, parameters, reach).await?.1)
    }

    pub(super) async fn query(
        &mut self,
        sql: &str,
        parameters: &[&dyn Parameter],
        reach: Reach,
    ) -> Result<Vec<Row>> {
        Ok(self.run(sql, parameters, reach).await?.0)
    }

    /// Runs one statement: its rows, and how many it changed.
    async fn run(
        &mut self,
        sql: &str,
        parameters: &[&dyn Parameter],
        reach: Reach,
    ) -> Result<(Vec<Row>, u64)> {
        let Some(client) = &self.client else {
            return Err(Error::Unavailable("the connection was given up".to_owned()));
        };
        if self.begin == Some(ALONE) && (self.answered || !reach.across || !sql.starts_with("SELECT ")) {
            return Err(Error::ReadOnly);
        }
        #[cfg(test)]
        let rewritten = self.rewrite.map(|rewrite| rewrite(sql));
        #[cfg(test)]
        let sql = rewritten.as_deref().unwrap_or(sql);
        self.in_flight = true;
        let settings = reach.settings(self.known);
        #[cfg(test)]
        if let Some(plans) = &mut self.plans {
            let nulls = vec!["NULL"; parameters.len()].join(", ");
            let run = if nulls.is_empty() {
                "explained".to_owned()
            } else {
                format!("explained ({nulls})")
            };
            let text =
                format!("{settings}PREPARE explained AS {sql}; EXPLAIN EXECUTE {run}; DEALLOCATE explained");
            let lines = client
                .simple_query(&text)
                .await?
                .into_iter()
                .filter_map(|message| match message {
                    tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                });
            plans.push((sql.to_owned(), lines.collect()));
        }
        let first = match self.begin.take_if(|begin| *begin != ALONE) {
            Some(begin) => format!("{begin};{settings}"),
            None => settings,
        };
        self.known = reach;
        let result = ask(client, &first, sql, parameters).await;
        self.in_flight = false;
        self.answered |= result.is_ok();
        result.map_err(|error| {
            // The tables changed under a prepared statement, by a migration: prepare again and repeat.
            let stale = matches!(
                error.code(),
                Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME)
            );
            if stale {
                client.statement_cache.clear();
                return Error::Contended;
            }
            error.into()
        })
    }

    /// Commits, and returns what is to be woken.
    async fn commit(mut self) -> Result<Vec<Topic>> {
        if let Some(client) = &self.client
            && self.begin.is_none()
        {
            self.in_flight = true;
            tokio::time::timeout(PATIENCE, client.batch_execute("COMMIT"))
                .await
                .map_err(|_| Error::Unavailable("no answer to a commit".to_owned()))??;
            self.in_flight = false;
            self.begin = Some(WRITE); // Nothing is open any more.
        }
        Ok(std::mem::take(&mut self.notes.wakes))
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if self.in_flight || self.notes.failure == Some(Failure::Lost) {
            // Out of the pool, and closed.
            drop(Object::take(client));
        } else if self.begin.is_none() {
            // Sent, not waited for: the connection keeps the order of what comes after it.
            drop(client.batch_execute("ROLLBACK").now_or_never());
        }
    }
}

/// Sends what comes first, if anything does, and the statement together, and reads the answer to its end.
async fn ask(
    client: &Object,
    first: &str,
    sql: &str,
    parameters: &[&dyn Parameter],
) -> Result<(Vec<Row>, u64), tokio_postgres::Error> {
    if client.statement_cache.size() >= STATEMENTS {
        client.statement_cache.clear();
    }
    let start = async {
        match first {
            "" => Ok(()),
            first => client.batch_execute(first).await,
        }
    };
    let statement = client.prepare_cached(sql).await?;
    let values: Vec<Value<'_>> = parameters.iter().map(|one| one.value()).collect();
    let answer = async {
        let stream = client.query_raw(&statement, values).await?;
        pin_mut!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok((rows, stream.rows_affected().unwrap_or(0)))
    };
    // The first is polled first, so it is the first on the wire.
    let (started, answer) = join(start, answer).await;
    started.and(answer)
}

/// A server and the connections to it.
pub(super) struct Postgres {
    pool: Pool,
    /// Connections that see all accounts from the start, and run nothing but single statements that go across them: who
    /// shows a token is asked with every request, and a transaction around that would be an eighth of a cheap one.
    across: Pool,
    notifier: Notifier,
    counters: Arc<Counters>,
    allowed: Duration,
    /// Read by every write while it runs; closing waits for all of them.
    writing: RwLock<()>,
}

impl Postgres {
    /// Connects, and fails where the server cannot be reached or has another schema than this program.
    pub(super) async fn open(
        config: &DbConfig,
        counters: Arc<Counters>,
        wakes: broadcast::Sender<Wake>,
    ) -> Result<Self> {
        let mut settings = settings(&config.url)?;
        let allowed = config.time_limit.as_millis().max(1);
        // A lock is given up before the statement, so the two can be told apart.
        let options = format!(
            "{} -c statement_timeout={allowed} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
            settings.get_options().unwrap_or_default(),
            (allowed * 4 / 5).max(1),
            allowed * 2,
        );
        settings.options(options.trim());
        let share = share_across(config.pool);
        let across = pool(settings.clone(), true, share, config.patience)?;
        let pool = pool(
            settings,
            false,
            config.pool.saturating_sub(share),
            config.patience,
        )?;
        let client = pool.get().await?;
        crate::migrate::check_postgres(&client, config.migrations).await?;
        drop(client);
        let notifier = Notifier::start(config.url.clone(), wakes);
        Ok(Self {
            pool,
            across,
            notifier,
            counters,
            allowed: config.time_limit,
            writing: RwLock::default(),
        })
    }

    /// Runs the closure in a task of its own, so that it ends even when this future is dropped.
    pub(super) async fn write<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let postgres = Arc::clone(self);
        let task = tokio::spawn(async move {
            let writing = postgres.writing.read().await;
            let result = postgres.attempts(WRITE, work).await;
            drop(writing);
            result
        });
        task.await.unwrap_or_else(|error| Err(ended(error).into()))
    }

    /// Runs the closure in the caller's task: a read that nobody waits for ends early.
    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<Error> + Send,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    {
        let caught = AssertUnwindSafe(self.attempts(READ, work)).catch_unwind().await;
        caught.unwrap_or_else(|panic| Err(Error::Panicked(message(panic.as_ref())).into()))
    }

    /// As [`Self::read`], where one statement across accounts is all, and needs no transaction around it.
    pub(super) async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<Error> + Send,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    {
        let caught = AssertUnwindSafe(self.attempts(ALONE, work)).catch_unwind().await;
        caught.unwrap_or_else(|panic| Err(Error::Panicked(message(panic.as_ref())).into()))
    }

    async fn attempts<T, E, F>(&self, begin: &'static str, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<Error> + Send,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    {
        let mut pause = Duration::from_millis(1);
        let mut last = Error::Busy;
        for _ in 0..ATTEMPTS {
            let pool = if begin == ALONE { &self.across } else { &self.pool };
            let client = pool.get().await.map_err(Error::from)?;
            let mut tx = Tx::Postgres(PostgresTx::new(client, begin));
            let future = work(&mut tx);
            let Ok(result) = tokio::time::timeout(self.allowed, future).await else {
                return Err(Error::TooSlow.into());
            };
            let Tx::Postgres(tx) = tx else {
                return Err(Error::Waited.into());
            };
            match (result, tx.notes.failure) {
                // A connection that had died in the pool has done nothing yet: take the next.
                (_, Some(Failure::Lost)) if !tx.answered => {
                    last = Error::Unavailable("every connection broke".to_owned());
                }
                (_, Some(Failure::Contended)) => last = Error::Busy,
                (Ok(_), Some(_)) => return Err(Error::Swallowed.into()),
                (Err(error), _) => return Err(error),
                (Ok(value), None) if begin != WRITE => return Ok(value),
                (Ok(value), None) => match tx.commit().await {
                    Ok(topics) => {
                        self.notifier.wake(topics);
                        return Ok(value);
                    }
                    Err(Error::Contended) => last = Error::Busy,
                    Err(error) => return Err(error.into()),
                },
            }
            self.counters.retry();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(last.into())
    }

    /// Connections, free ones, and requests that wait for one.
    pub(super) fn use_of_pool(&self) -> (usize, usize, usize) {
        let (one, other) = (self.pool.status(), self.across.status());
        (
            one.size + other.size,
            one.available + other.available,
            one.waiting + other.waiting,
        )
    }

    /// Waits for the writes that were accepted, then closes every connection; those that read follow.
    pub(super) async fn close(&self) {
        let _none_writes = self.writing.write().await;
        self.pool.close();
        self.across.close();
        self.notifier.stop();
    }
}

/// How many of so many connections are for what goes across accounts: a quarter, and one at least.
fn share_across(connections: usize) -> usize {
    (connections / 4).max(1)
}

/// A pool of at least one connection, each of which sees all accounts from the start where `across` says so.
fn pool(mut settings: tokio_postgres::Config, across: bool, size: usize, patience: Duration) -> Result<Pool> {
    if across {
        let given = settings.get_options().unwrap_or_default().to_owned();
        settings.options(format!("{given} -c {ACROSS}"));
    }
    let recycling_method = RecyclingMethod::Fast;
    let manager = Manager::from_config(settings, NoTls, ManagerConfig { recycling_method });
    let patience = Some(patience);
    Pool::builder(manager)
        .max_size(size.max(1))
        .timeouts(Timeouts {
            wait: patience,
            create: patience,
            recycle: patience,
        })
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| Error::Setting(error.to_string()))
}

fn ended(error: tokio::task::JoinError) -> Error {
    match error.try_into_panic() {
        Ok(panic) => Error::Panicked(message(panic.as_ref())),
        Err(_) => Error::Unavailable("the server is being stopped".to_owned()),
    }
}

/// Reads an address, with the limits that every connection has.
fn settings(url: &str) -> Result<tokio_postgres::Config> {
    let mut settings = tokio_postgres::Config::from_str(url)
        .map_err(|error| Error::Address(format!("this address of a PostgreSQL cannot be read: {error}")))?;
    settings
        .connect_timeout(PATIENCE)
        .tcp_user_timeout(2 * PATIENCE)
        .keepalives_idle(6 * PATIENCE);
    if settings.get_application_name().is_none() {
        settings.application_name("resolutionflow");
    }
    // Every statement finds its rows by an index, whatever its values; planning it anew for each takes longer than
    // running it.
    let given = settings.get_options().unwrap_or_default().to_owned();
    settings.options(format!("-c plan_cache_mode=force_generic_plan {given}"));
    Ok(settings)
}

/// The half of a connection that has to be driven.
pub(super) type Driver = tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>;

/// Opens a connection beside the pool.
pub(crate) async fn connect(url: &str) -> Result<(tokio_postgres::Client, Driver)> {
    Ok(settings(url)?.connect(NoTls).await?)
}
