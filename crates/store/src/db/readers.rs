//! Reads of an SQLite file, each in one transaction of its own, so that it sees one moment.
//!
//! They never wait for the writer. A short read runs in place; one that may be long goes to a thread of its
//! own (`docs/adr/0006-sqlite-reads.md` has the figures).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use super::Sqlite;
use super::sqlite::SqliteFile;
use super::tx::{Notes, Tx};
use super::writer::{closed, in_place};
use crate::error::Failure;
use crate::{Error, Result};

/// The connections that read.
pub(super) struct Readers {
    file: SqliteFile,
    free: Mutex<Vec<Tx>>,
    places: Semaphore,
    allowed: Duration,
}

impl Readers {
    /// Opens the first of at most `most` connections; the others open when they are needed.
    pub(super) fn open(file: SqliteFile, most: usize, allowed: Duration) -> Result<Self> {
        let first = Tx::Sqlite(file.reader()?);
        Ok(Self {
            file,
            free: Mutex::new(vec![first]),
            places: Semaphore::new(most),
            allowed,
        })
    }

    /// Runs the closure on this thread, when a connection is free.
    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    {
        let place = self.places.acquire().await.map_err(|_| closed())?;
        let result = self.run(&work);
        drop(place);
        result
    }

    /// Runs the closure on a thread that may be held up.
    pub(super) async fn read_on_thread<T, E, F>(sqlite: Arc<Sqlite>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let task = tokio::task::spawn_blocking(move || {
            let places = &sqlite.readers.places;
            let place = tokio::runtime::Handle::current().block_on(places.acquire());
            let result = match place {
                Ok(_) => sqlite.readers.run(&work),
                Err(_) => Err(closed().into()),
            };
            drop(place);
            result
        });
        task.await.unwrap_or_else(|_| Err(closed().into()))
    }

    fn run<T, E, F>(&self, work: &F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tx = match free {
            Some(tx) => tx,
            None => Tx::Sqlite(self.file.reader()?),
        };
        self.begin(&mut tx)?;
        let result = in_place(work, &mut tx);
        let (slow, failure) = Self::end(&mut tx)?;
        if !matches!(failure, Some(Failure::Disk | Failure::Lost)) {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
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

    /// Closes every connection.
    pub(super) fn close(&self) {
        self.places.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
