//! What every handler gets: the settings, the clock, the metrics. Time and randomness enter the program here and
//! nowhere else.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::future::BoxFuture;
use resolutionflow_core::random::Random;
use resolutionflow_store::{Db, Tx};
use tokio::sync::watch;

use crate::assets::Assets;
use crate::auth::keys::Keys;
use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::config::{MasterKey, Settings};
use crate::error::Result;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::versions::Versions;

/// The state of the program, shared by all requests; a clone is the same one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
pub struct Parts {
    /// As they were at the start.
    pub settings: Settings,
    /// Where everything is kept.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// When the program started.
    pub started: DateTime<Utc>,
    /// What is counted.
    pub metrics: Metrics,
    /// Published flow versions, compiled.
    pub versions: Versions,
    /// Who watches what.
    pub live: Live,
    /// What hashes and verifies passwords.
    pub passwords: Passwords,
    /// What is derived from the master key.
    pub keys: Keys,
    /// What pages load.
    pub assets: Assets,
    /// The way in for the first person of a new server.
    pub setup: Setup,
    /// Set once, when the server is told to stop.
    stopping: watch::Sender<bool>,
}

impl App {
    /// The state of a program that just starts. Settings without a master key are those of a server that is alone and
    /// forgets: it takes a new one.
    pub fn new(settings: Settings, clock: Clock, db: Db) -> Self {
        let key = settings.secrets.key.clone();
        let key = key.unwrap_or_else(|| MasterKey::from_bytes(Random::new(seed()).bytes()));
        let metrics = Metrics::new(db.clone());
        Self(Arc::new(Parts {
            settings,
            db,
            started: clock.now(),
            clock,
            metrics,
            versions: Versions::default(),
            live: Live::default(),
            passwords: Passwords::default(),
            keys: Keys::of(&key),
            assets: Assets::default(),
            setup: Setup::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// The time of this request, in microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A generator with a fresh seed from the operating system.
    pub fn random(&self) -> Random {
        Random::new(seed())
    }

    /// Reads from the database, failing as this crate does; see [`Db::read`].
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.db.read(work).await
    }

    /// As [`App::read`], for what may take milliseconds.
    pub async fn read_long<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.db.read_long(work).await
    }

    /// Writes to the database, failing as this crate does; see [`Db::write`].
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.db.write(work).await
    }

    /// Tells everything that runs on, such as a live stream, to end.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the server was told to stop.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the server is told to stop; a live stream ends then.
    pub async fn stopped(&self) {
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stop| *stop).await;
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The computer's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at a time until a test moves it.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Moves a fixed clock, and every clone of it; the computer's clock stays as it is.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Some(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// The time in microseconds, as the databases keep it.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Some(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed))
                .unwrap_or(DateTime::UNIX_EPOCH),
            None => system_now(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the computer's clock"
)]
fn system_now() -> DateTime<Utc> {
    DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(6)
}

/// A fresh 256-bit seed from the operating system.
#[expect(clippy::disallowed_methods, reason = "the one place where randomness enters")]
pub fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system gives random bytes");
    seed
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_system_clock_counts_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.clone().advance(TimeDelta::minutes(10));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH + TimeDelta::minutes(10));
    }

    #[test]
    fn two_seeds_differ() {
        assert_ne!(seed(), seed());
    }
}
