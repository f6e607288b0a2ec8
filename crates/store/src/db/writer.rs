//! The one writer of an SQLite file: it takes every waiting closure, runs each in a savepoint, and commits
//! them together. Nobody hears "saved" before that commit is on disk.
//!
//! Where the batch as a whole is lost, because the disk failed, is full, or a statement had to be stopped in
//! the middle, the writer opens anew and runs the batch one by one, each answered by its own commit.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::metrics::Counters;
use super::sqlite::{SqliteFile, SqliteTx};
use super::tx::{Notes, Tx};
use super::wake::{Topic, Wake};
use crate::error::Failure;
use crate::{Error, Result};

/// A batch is committed when it has run this long, even if more is waiting.
const LONGEST_BATCH: Duration = Duration::from_millis(20);

/// A closure with its answer, without its types.
trait Job: Send {
    /// Runs the closure to its end, in place. What it returned stays with the job; `true` means to keep it.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Puts an error in the place of what the closure returned.
    fn refuse(&mut self, error: Error);
    /// Tells whoever waits, if anyone still does.
    fn answer(self: Box<Self>);
}

struct Work<T, E, F> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        let result = in_place(&self.closure, tx);
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn refuse(&mut self, error: Error) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Whoever asked may have gone; the work is done all the same.
            drop(self.reply.send(result));
        }
    }
}

/// Runs a closure on SQLite, where nothing ever waits: one poll is all it takes.
pub(super) fn in_place<T, E, F>(work: &F, tx: &mut Tx) -> Result<T, E>
where
    E: From<Error>,
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    match catch_unwind(AssertUnwindSafe(|| work(tx).now_or_never())) {
        Ok(Some(result)) => result,
        Ok(None) => Err(Error::Waited.into()),
        Err(panic) => Err(Error::Panicked(message(panic.as_ref())).into()),
    }
}

/// What a panic said.
pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
        .to_owned()
}

enum Message {
    Run(Box<dyn Job>),
    Close,
}

/// The way to the writer.
pub(super) struct Writer {
    sender: mpsc::Sender<Message>,
    patience: Duration,
    closed: Mutex<Option<oneshot::Receiver<()>>>,
}

/// How the writer is set up.
pub(super) struct WriterConfig {
    /// How many changes may wait.
    pub(super) queue: usize,
    /// How many are committed together at most.
    pub(super) batch: usize,
    /// How long one of them may take.
    pub(super) allowed: Duration,
    /// How long a change waits for a place in the queue.
    pub(super) patience: Duration,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        file: SqliteFile,
        tx: SqliteTx,
        config: WriterConfig,
        counters: Arc<Counters>,
        wakes: broadcast::Sender<Wake>,
    ) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(config.queue);
        let (on_end, closed) = oneshot::channel();
        let patience = config.patience;
        let reader = file.reader()?;
        let mut thread = Thread {
            _reader: reader,
            file,
            tx: Some(Tx::Sqlite(tx)),
            receiver,
            config,
            counters,
            wakes,
        };
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                thread.serve();
                drop(thread);
                let _ = on_end.send(());
            })
            .map_err(|error| Error::Setting(format!("the writer thread cannot start: {error}")))?;
        Ok(Self {
            sender,
            patience,
            closed: Mutex::new(Some(closed)),
        })
    }

    /// Runs the closure in the writer; it runs to its end even when this future is dropped.
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Message::Run(Box::new(Work {
            closure: work,
            result: None,
            reply,
        }));
        match tokio::time::timeout(self.patience, self.sender.send(job)).await {
            Ok(Ok(())) => answer.await.unwrap_or_else(|_| Err(closed().into())),
            Ok(Err(_)) => Err(closed().into()),
            Err(_) => Err(Error::Busy.into()),
        }
    }

    /// How many changes wait.
    pub(super) fn waiting(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }

    /// Finishes what was accepted, then closes the file.
    pub(super) async fn close(&self) {
        // Both fail only when the thread has ended before.
        drop(self.sender.send(Message::Close).await);
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(closed) = closed {
            drop(closed.await);
        }
    }
}

/// What whoever comes after the end is told.
pub(super) fn closed() -> Error {
    Error::Unavailable("it was closed".to_owned())
}

struct Thread {
    /// Never used: while a reader is open, SQLite does not recover the log from the file when the writer opens
    /// anew. A commit that was refused might be found complete there, and come back beside its repetition.
    _reader: SqliteTx,
    file: SqliteFile,
    /// Missing while the file cannot be opened.
    tx: Option<Tx>,
    receiver: mpsc::Receiver<Message>,
    config: WriterConfig,
    counters: Arc<Counters>,
    wakes: broadcast::Sender<Wake>,
}

/// How a job left the transaction it ran in.
enum After {
    /// Its work is in the transaction; these are to be woken.
    Kept(Vec<Topic>),
    /// Its work is undone, the rest stands.
    Undone,
    /// The whole transaction is lost. The job is answered as it is where it is `guilty`, else run again.
    Lost { guilty: bool },
}

impl Thread {
    fn serve(&mut self) {
        while let Some(message) = self.receiver.blocking_recv() {
            match message {
                Message::Run(job) => self.batch(job),
                Message::Close => self.receiver.close(),
            }
        }
        if let Some(Tx::Sqlite(tx)) = &self.tx {
            // The next start is faster for it, and nothing depends on it.
            drop(
                tx.connection
                    .execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)"),
            );
        }
    }

    /// Runs `first` and what else is waiting in one transaction.
    fn batch(&mut self, first: Box<dyn Job>) {
        let started = Instant::now();
        if let Err(error) = self.word("BEGIN IMMEDIATE") {
            return self.one_by_one(vec![first], &error);
        }
        let mut done: Vec<Box<dyn Job>> = Vec::new();
        let mut topics = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            match self.in_savepoint(job.as_mut()) {
                After::Kept(more) => topics.extend(more),
                After::Undone => {}
                After::Lost { guilty } => {
                    if guilty {
                        job.answer();
                    } else {
                        done.push(job);
                    }
                    return self.one_by_one(done, &Error::TooSlow);
                }
            }
            done.push(job);
            next = None;
            if done.len() < self.config.batch && started.elapsed() < LONGEST_BATCH {
                match self.receiver.try_recv() {
                    Ok(Message::Run(job)) => next = Some(job),
                    Ok(Message::Close) => self.receiver.close(),
                    Err(_) => {}
                }
            }
        }
        match self.word("COMMIT") {
            Ok(()) => {
                self.counters.batch(done.len());
                self.wake(topics);
                for job in done {
                    job.answer();
                }
            }
            Err(error) => self.one_by_one(done, &error),
        }
    }

    fn in_savepoint(&mut self, job: &mut dyn Job) -> After {
        if self.word("SAVEPOINT one").is_err() {
            return After::Lost { guilty: false };
        }
        match self.run(job) {
            After::Kept(topics) if self.word("RELEASE one").is_ok() => After::Kept(topics),
            After::Undone if self.word("ROLLBACK TO one").is_ok() && self.word("RELEASE one").is_ok() => {
                After::Undone
            }
            After::Kept(_) | After::Undone => After::Lost { guilty: false },
            lost @ After::Lost { .. } => lost,
        }
    }

    /// Runs the job's closure under the clock, in whatever transaction is open.
    fn run(&mut self, job: &mut dyn Job) -> After {
        let Some(tx) = &mut self.tx else {
            return After::Lost { guilty: false };
        };
        *tx.notes() = Notes::default();
        if let Tx::Sqlite(sqlite) = tx {
            sqlite.start_clock(self.config.allowed);
        }
        let keep = job.run(tx);
        let Notes { failure, wakes, .. } = std::mem::take(tx.notes());
        let Tx::Sqlite(sqlite) = tx else {
            return After::Lost { guilty: false };
        };
        let slow = sqlite.stop_clock() || failure == Some(Failure::TooSlow);
        if slow {
            job.refuse(Error::TooSlow);
        } else if keep && failure.is_some() {
            job.refuse(Error::Swallowed);
        }
        match failure {
            _ if !sqlite.is_open() => After::Lost { guilty: slow },
            Some(Failure::Disk | Failure::Lost) => After::Lost { guilty: false },
            None if keep && !slow => After::Kept(wakes),
            _ => After::Undone,
        }
    }

    /// The batch is lost: opens anew, and gives each job a transaction and a commit of its own.
    fn one_by_one(&mut self, jobs: Vec<Box<dyn Job>>, cause: &Error) {
        tracing::warn!(%cause, changes = jobs.len(), "a batch was lost as a whole and is run one by one");
        self.counters.batch_repeated();
        self.reopen();
        for mut job in jobs {
            let topics = self.alone(job.as_mut()).unwrap_or_else(|error| {
                job.refuse(error);
                self.reopen();
                Vec::new()
            });
            self.wake(topics);
            job.answer();
        }
    }

    /// Runs one job in its own transaction. An error says that nothing of it was kept.
    fn alone(&mut self, job: &mut dyn Job) -> Result<Vec<Topic>> {
        self.word("BEGIN IMMEDIATE")?;
        let after = self.run(job);
        if let After::Kept(topics) = after {
            self.word("COMMIT")?;
            self.counters.batch(1);
            return Ok(topics);
        }
        // A failing disk may have ended the transaction already.
        if matches!(&self.tx, Some(Tx::Sqlite(tx)) if tx.is_open()) && self.word("ROLLBACK").is_err() {
            self.reopen();
        }
        Ok(Vec::new())
    }

    /// Opens the file anew.
    fn reopen(&mut self) {
        self.tx = None;
        match self.file.writer() {
            Ok(tx) => self.tx = Some(Tx::Sqlite(tx)),
            Err(error) => tracing::error!(%error, "the database cannot be opened for writing"),
        }
    }

    fn word(&mut self, word: &str) -> Result<()> {
        match &self.tx {
            Some(Tx::Sqlite(tx)) => tx.word(word),
            _ => Err(Error::Unavailable(
                "the file cannot be opened for writing".to_owned(),
            )),
        }
    }

    fn wake(&self, mut topics: Vec<Topic>) {
        let mut seen = std::collections::HashSet::new();
        topics.retain(|topic| seen.insert(*topic));
        for topic in topics {
            // Fails when nobody watches.
            drop(self.wakes.send(Wake::Topic(topic)));
        }
    }
}

#[cfg(test)]
mod tests;
