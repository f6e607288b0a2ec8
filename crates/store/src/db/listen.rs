//! Wake-ups between servers on one PostgreSQL: one connection that both listens and notifies.
//!
//! What commits while a notification is on its way is put into the next one, so there is never more than one
//! under way. After a connection was lost, everybody is told to look at everything.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

use super::postgres::{Driver, connect};
use super::wake::{EVERYTHING, Topic, Wake, payload, wakes};
use crate::Result;

/// More topics than this are told as "everything".
const MOST: usize = 110;
/// The first and the longest pause before connecting again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long a notification may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Wakes the watchers of this server at once, and those of the others soon.
pub(super) struct Notifier {
    wakes: broadcast::Sender<Wake>,
    pending: Arc<Pending>,
    task: JoinHandle<()>,
}

/// What is to be told to the other servers.
#[derive(Default)]
struct Pending {
    topics: Mutex<HashSet<Topic>>,
    some: Notify,
}

impl Pending {
    fn add(&self, more: impl IntoIterator<Item = Topic>) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in more {
            // One more than fits is enough to know that they do not fit.
            if topics.len() <= MOST {
                topics.insert(topic);
            }
        }
        drop(topics);
        self.some.notify_one();
    }

    fn take(&self) -> HashSet<Topic> {
        std::mem::take(&mut *self.topics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Notifier {
    pub(super) fn start(url: String, wakes: broadcast::Sender<Wake>) -> Self {
        let pending = Arc::new(Pending::default());
        let task = tokio::spawn(keep_connected(url, Arc::clone(&pending), wakes.clone()));
        Self { wakes, pending, task }
    }

    /// To be called after a commit.
    pub(super) fn wake(&self, topics: Vec<Topic>) {
        if topics.is_empty() {
            return;
        }
        for topic in &topics {
            // Fails when nobody watches.
            drop(self.wakes.send(Wake::Topic(*topic)));
        }
        self.pending.add(topics);
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn keep_connected(url: String, pending: Arc<Pending>, wakes: broadcast::Sender<Wake>) {
    let mut pause = PAUSES.0;
    let mut missed = false;
    loop {
        let connected = connect(&url).await;
        let result = match connected {
            Ok((client, driver)) => {
                let session = Session {
                    client,
                    pending: &pending,
                    wakes: &wakes,
                };
                session.serve(driver, missed, &mut pause).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "wake-ups between servers are interrupted");
        }
        missed = true;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection, for as long as it lasts.
struct Session<'a> {
    client: tokio_postgres::Client,
    pending: &'a Pending,
    wakes: &'a broadcast::Sender<Wake>,
}

impl Session<'_> {
    async fn serve(self, driver: Driver, missed: bool, pause: &mut Duration) -> Result<()> {
        let own_process = Arc::new(AtomicI32::new(0));
        let mut receiving = AbortOnDrop(tokio::spawn(receive(
            driver,
            Arc::clone(&own_process),
            self.wakes.clone(),
        )));
        let row = self.client.query_one("SELECT pg_backend_pid()", &[]).await?;
        own_process.store(row.try_get(0)?, Ordering::Relaxed);
        // A notification is no data: it need not wait for the disk.
        self.client
            .batch_execute("SET synchronous_commit = off; LISTEN resolutionflow")
            .await?;
        let notify = self
            .client
            .prepare("SELECT pg_notify('resolutionflow', $1)")
            .await?;
        *pause = PAUSES.0;
        if missed {
            drop(self.wakes.send(Wake::Everything));
            self.client.execute(&notify, &[&EVERYTHING]).await?;
        }
        loop {
            tokio::select! {
                () = self.pending.some.notified() => {}
                _ = &mut receiving.0 => return Ok(()),
            }
            let topics = self.pending.take();
            if topics.is_empty() {
                continue;
            }
            let text = if topics.len() > MOST {
                EVERYTHING.to_owned()
            } else {
                payload(topics)
            };
            tokio::time::timeout(PATIENCE, self.client.execute(&notify, &[&text]))
                .await
                .map_err(|_| crate::Error::Unavailable("no answer to a notification".to_owned()))??;
        }
    }
}

/// Drives the connection, and hands on what other servers notify.
async fn receive(mut driver: Driver, own_process: Arc<AtomicI32>, sender: broadcast::Sender<Wake>) {
    loop {
        match poll_fn(|context| driver.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(note))) => {
                // This server's watchers were woken right after the commit.
                if note.process_id() != own_process.load(Ordering::Relaxed) {
                    for wake in wakes(note.payload()) {
                        drop(sender.send(wake));
                    }
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "the connection for wake-ups broke");
                return;
            }
            None => return,
        }
    }
}

/// A task that ends with whoever started it.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
