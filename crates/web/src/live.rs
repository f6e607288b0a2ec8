//! Who watches what: wake-ups from the store are handed to the watchers of their topic and to nobody else.

mod telling;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use resolutionflow_core::id::UserId;
use resolutionflow_store::Db;
use resolutionflow_store::db::{Topic, Wake};
use tokio::sync::{broadcast, watch};

use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};

pub use telling::{Source, Told, tell};

type Topics = HashMap<Topic, watch::Sender<()>>;

/// The watchers of one server.
#[derive(Clone, Default)]
pub struct Live {
    topics: Arc<Mutex<Topics>>,
    streams: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Live {
    /// Watches a topic; the receiver is marked as changed at each wake-up.
    pub fn watch(&self, topic: Topic) -> watch::Receiver<()> {
        let mut topics = lock(&self.topics);
        if topics.len() > 1_000 && topics.len().is_power_of_two() {
            topics.retain(|_, sender| sender.receiver_count() > 0);
        }
        topics
            .entry(topic)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    /// Counts a stream of a user, also on the gauge, or answers `None` where they have `most` already.
    fn open(&self, user: UserId, most: usize, all: &Gauge) -> Option<OpenStream> {
        let mut streams = lock(&self.streams);
        let count = streams.entry(user).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        all.inc();
        Some(OpenStream {
            live: self.clone(),
            user,
            all: all.clone(),
        })
    }

    /// Hands wake-ups on for as long as the database is open.
    pub async fn run(self, db: Db) {
        let mut wakes = db.wakes();
        drop(db);
        loop {
            match wakes.recv().await {
                Ok(Wake::Topic(topic)) => self.wake(topic),
                Ok(Wake::Everything) | Err(broadcast::error::RecvError::Lagged(_)) => self.wake_all(),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    fn wake(&self, topic: Topic) {
        let mut topics = lock(&self.topics);
        if let Some(sender) = topics.get(&topic)
            && sender.receiver_count() > 0
        {
            sender.send_replace(());
        } else {
            topics.remove(&topic);
        }
    }

    /// Wakes everybody, and forgets topics that nobody watches any more.
    fn wake_all(&self) {
        lock(&self.topics).retain(|_, sender| {
            sender.send_replace(());
            sender.receiver_count() > 0
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is guarded is whole after every statement; a panic elsewhere spoils nothing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a stream of a user, or refuses it where they have as many as the settings allow.
pub fn open_stream(app: &App, user: UserId) -> Result<OpenStream> {
    let most = app.settings.limits.streams_per_user;
    let open = app.live.open(user, most, &app.metrics.live_streams);
    open.ok_or_else(|| Error::TooManyRequests {
        kind: Kind::TooManyRequests,
        detail: format!("One person may have {most} live streams."),
        retry_after: Duration::from_secs(10),
    })
}

/// A counted stream; dropping it counts it out.
pub struct OpenStream {
    live: Live,
    user: UserId,
    all: Gauge,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.all.dec();
        let mut streams = lock(&self.live.streams);
        if let Some(count) = streams.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::id::Id;

    use super::*;

    fn topic(number: u128) -> Topic {
        Topic::Account(Id::from_uuid(uuid::Uuid::from_u128(number)))
    }

    #[test]
    fn only_the_watchers_of_a_topic_are_woken() {
        let live = Live::default();
        let (one, two) = (live.watch(topic(1)), live.watch(topic(2)));
        live.wake(topic(1));
        assert!(one.has_changed().unwrap());
        assert!(!two.has_changed().unwrap());
        drop(one);
        live.wake_all();
        assert!(two.has_changed().unwrap());
        assert_eq!(
            lock(&live.topics).len(),
            1,
            "a topic without watchers is forgotten"
        );
    }

    #[test]
    fn a_user_has_a_bounded_number_of_streams() {
        let live = Live::default();
        let (user, all) = (Id::from_uuid(uuid::Uuid::nil()), Gauge::default());
        let first = live.open(user, 1, &all);
        assert!(first.is_some());
        assert!(live.open(user, 1, &all).is_none());
        assert_eq!(all.get(), 1);
        drop(first);
        assert_eq!(all.get(), 0);
        assert!(live.open(user, 1, &all).is_some());
    }
}
