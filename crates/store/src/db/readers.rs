//! Reads of an SQLite file, each in one transaction of its own, so that it sees one moment.
//!
//! They never wait for the writer. A short read runs in place; one that may be long goes to a thread of its
//! own (`docs/adr/0006-sqlite-reads.md` has the figures).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sqlite::SqliteFile;
use super::tx::{Notes, Tx};
use super::writer::{closed, in_place};
use crate::error::Failure;
use crate::{Error, Result};

/// The connections that read.
#[derive(Clone)]
pub(super) struct Readers {
    open: Arc<Mutex<Open>>,
    places: Arc<Semaphore>,
    allowed: Duration,
}

/// What closing takes away.
struct Open {
    /// `None` once it is closed.
    file: Option<SqliteFile>,
    free: Vec<Tx>,
}

impl Readers {
    /// Opens the first of at most `most` connections; the others open when they are needed.
    pub(super) fn open(file: SqliteFile, most: usize, allowed: Duration) -> Result<Self> {
        let first = Tx::Sqlite(file.reader()?);
        let open = Open {
            file: Some(file),
            free: vec![first],
        };
        Ok(Self {
            open: Arc::new(Mutex::new(open)),
            places: Arc::new(Semaphore::new(most)),
            allowed,
        })
    }

    /// Runs the closure on this thread, when a connection is free.
    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    {
        let place = self.place().await?;
        let result = self.run(&work);
        drop(place);
        result
    }

    /// Runs the closure on a thread that may be held up.
    pub(super) async fn read_on_thread<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let place = self.place().await?;
        let readers = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let result = readers.run(&work);
            drop(place);
            result
        });
        // It does not panic, so it can only have been given up when everything is.
        task.await.unwrap_or_else(|_| Err(closed().into()))
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| closed())
    }

    fn run<T, E, F>(&self, work: &F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    {
        let (file, free) = {
            let mut open = self.now_open();
            (open.file.clone().ok_or_else(closed)?, open.free.pop())
        };
        let mut tx = match free {
            Some(tx) => tx,
            None => Tx::Sqlite(file.reader()?),
        };
        self.begin(&mut tx)?;
        let result = in_place(work, &mut tx);
        let (slow, failure) = Self::end(&mut tx)?;
        if !matches!(failure, Some(Failure::Disk | Failure::Lost)) {
            let mut open = self.now_open();
            if open.file.is_some() {
                open.free.push(tx);
            }
        }
        match failure {
            _ if slow => Err(Error::TooSlow.into()),
            Some(_) if result.is_ok() => Err(Error::Swallowed.into()),
            _ => result,
        }
    }

    fn begin(&self, tx: &mut Tx) -> Result<()> {
        *tx.notes() = Notes::default();
        if let Tx::Sqlite(sqlite) = tx {
            sqlite.word("BEGIN")?;
            sqlite.start_clock(self.allowed);
        }
        Ok(())
    }

    fn end(tx: &mut Tx) -> Result<(bool, Option<Failure>)> {
        let mut slow = false;
        if let Tx::Sqlite(sqlite) = tx {
            slow = sqlite.stop_clock();
            if sqlite.is_open() {
                sqlite.word("ROLLBACK")?;
            }
        }
        Ok((slow, tx.notes().failure))
    }

    /// Closes every connection that is free; the others follow when they are.
    pub(super) fn close(&self) {
        self.places.close();
        let mut open = self.now_open();
        open.file = None;
        open.free.clear();
    }

    fn now_open(&self) -> MutexGuard<'_, Open> {
        // Nothing can panic while it is held.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
