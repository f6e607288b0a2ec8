//! The sealer of the audit log: puts what is committed into the chain of its account. One server at a time does it.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use resolutionflow_store::audit::{self, Sealer};
use resolutionflow_store::{Error, Result};
use uuid::Uuid;

use crate::context::App;
use crate::housekeeping::repeat;

/// How often it is looked whether something waits.
const EVERY: Duration = Duration::from_secs(5);

/// For how long nobody else seals; then another server takes over.
const HOLD: TimeDelta = TimeDelta::seconds(30);

/// How many entries go in one transaction, so that requests never wait long.
const BATCH: i64 = 200;

/// Seals at the start and then every few seconds, until the server is told to stop.
pub async fn run(app: App) {
    let holder = Uuid::from_bytes(app.random().bytes());
    repeat(&app, EVERY, "sealing the audit log", || seal(&app, holder)).await;
}

/// Seals everything that waits, and answers how many entries that were; none where another server seals.
pub async fn seal(app: &App, holder: Uuid) -> Result<u64> {
    let mut entries = 0;
    // Most of the time nothing waits, and then nothing is written.
    while app.db.read::<_, Error, _>(|tx| audit::waits(tx).boxed()).await? {
        let now = app.now();
        let sealer = Sealer {
            holder,
            until: now + HOLD,
        };
        let batch = app
            .db
            .write::<_, Error, _>(move |tx| {
                async move { audit::seal_next(tx, &sealer, now, BATCH).await }.boxed()
            })
            .await?;
        if batch == 0 {
            break;
        }
        entries += batch;
    }
    Ok(entries)
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
