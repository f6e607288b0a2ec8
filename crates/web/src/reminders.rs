//! What time itself tells: sessions that are due soon, and sessions that should be done.

use std::time::Duration;

use futures_util::FutureExt;
use resolutionflow_store::{Result, notifications};

use crate::context::App;
use crate::housekeeping::{batches, repeat};

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(1);

/// How many sessions go in one transaction, so that requests never wait long.
const BATCH: i64 = 100;

/// Reminds at the start and then every minute, until the server is told to stop.
pub async fn run(app: App) {
    repeat(&app, EVERY, "reminding of due times", || remind(&app)).await;
}

/// Reminds of everything that is due, in small batches, and answers of how many sessions that was.
pub async fn remind(app: &App) -> Result<u64> {
    let now = app.now();
    batches(app, BATCH, move |tx| {
        notifications::remind(tx, now, BATCH).boxed()
    })
    .await
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
