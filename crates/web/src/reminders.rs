//! What time itself tells: sessions that are due soon, and sessions that should be done.

use std::time::Duration;

use futures_util::FutureExt;
use resolutionflow_store::{Error, Result, notifications};
use tokio::time::{MissedTickBehavior, interval};

use crate::context::App;

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(1);

/// How many sessions go in one transaction, so that requests never wait long.
const BATCH: i64 = 100;

/// Reminds at the start and then every minute, until the server is told to stop.
pub async fn run(app: App) {
    let mut minutes = interval(EVERY);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = minutes.tick() => {}
            () = app.stopped() => return,
        }
        tokio::select! {
            reminded = remind(&app) => match reminded {
                Ok(sessions) => tracing::debug!(sessions, "reminded of due times"),
                // The next minute tries again.
                Err(error) => tracing::warn!(%error, "nobody was reminded of due times"),
            },
            () = app.stopped() => return,
        }
    }
}

/// Reminds of everything that is due, in small batches, and answers of how many sessions that was.
pub async fn remind(app: &App) -> Result<u64> {
    let (now, mut sessions) = (app.now(), 0);
    loop {
        let told = app
            .db
            .write::<_, Error, _>(move |tx| notifications::remind(tx, now, BATCH).boxed())
            .await?;
        sessions += told;
        if told < BATCH.unsigned_abs() {
            return Ok(sessions);
        }
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_store::testing;

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    #[tokio::test]
    async fn it_ends_when_the_server_stops() {
        let test = testing::sqlite(|_| {}).await;
        let app = App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
        let running = tokio::spawn(run(app.clone()));
        app.stop();
        running.await.unwrap();
    }
}
