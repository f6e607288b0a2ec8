//! What a server forgets by itself: idempotency keys that nobody repeats any more, expired tokens and logins, who is not
//! here any more, notifications that were read and mail that was sent long ago, throttles that hold nobody up, devices
//! that did not come back, invites and mailed secrets that nobody followed, and sign-ups that nobody confirmed.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use resolutionflow_store::presence::AWAY;
use resolutionflow_store::{
    Error, Result, Tx, account_invites, devices, families, idempotency, logins, mail_tokens, notifications,
    outbox, presence, sign_ups, throttles, tokens,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::context::App;
use crate::mail;

/// How often it is done.
const EVERY: Duration = Duration::from_hours(1);

/// How long an idempotency key is kept.
const KEYS: TimeDelta = TimeDelta::days(7);

/// How long a notification is kept after it was read.
const READ: TimeDelta = TimeDelta::days(90);

/// How long what was sent, or given up, stays in the outbox.
const MAILED: TimeDelta = TimeDelta::days(30);

/// How long an invite into an account that has expired still says so.
const INVITES: TimeDelta = TimeDelta::days(90);

/// How many rows go in one transaction, so that requests never wait long.
const BATCH: i64 = 500;

/// Forgets once at the start and then every hour, until the server is told to stop.
pub async fn run(app: App) {
    repeat(&app, EVERY, "forgetting what is old", || forget(&app)).await;
}

/// Does some work at once and then at every interval, until the server is told to stop. What fails is logged, and tried
/// again at the next.
pub(crate) async fn repeat<W>(app: &App, every: Duration, name: &str, work: impl Fn() -> W)
where
    W: Future<Output = Result<u64>>,
{
    let mut times = interval(every);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            () = app.stopped() => return,
        }
        tokio::select! {
            done = work() => match done {
                Ok(rows) => tracing::debug!(rows, "{name} is done"),
                Err(error) => tracing::warn!(%error, "{name} failed"),
            },
            () = app.stopped() => return,
        }
    }
}

/// Forgets everything that is due, in small batches, and answers how many rows that were.
pub async fn forget(app: &App) -> Result<u64> {
    let now = app.now();
    let idempotency_keys = batches(app, BATCH, move |tx| {
        idempotency::forget(tx, now - KEYS, BATCH).boxed()
    })
    .await?;
    let tokens = batches(app, BATCH, move |tx| tokens::forget(tx, now, BATCH).boxed()).await?;
    let families = batches(app, BATCH, move |tx| families::forget(tx, now, BATCH).boxed()).await?;
    let logins = batches(app, BATCH, move |tx| logins::forget(tx, now, BATCH).boxed()).await?;
    let presence = batches(app, BATCH, move |tx| {
        presence::forget(tx, now - AWAY, BATCH).boxed()
    })
    .await?;
    let read = batches(app, BATCH, move |tx| {
        notifications::forget(tx, now - READ, BATCH).boxed()
    })
    .await?;
    let mailed = batches(app, BATCH, move |tx| {
        outbox::forget(tx, now - MAILED, BATCH).boxed()
    })
    .await?;
    // Where no mail is sent, what would wait is old news on the day that it is.
    let unsent = if mail::available(app) {
        0
    } else {
        batches(app, BATCH, move |tx| {
            outbox::forget_waiting(tx, now, BATCH).boxed()
        })
        .await?
    };
    let throttles = batches(app, BATCH, move |tx| throttles::forget(tx, now, BATCH).boxed()).await?;
    let devices = batches(app, BATCH, move |tx| devices::forget(tx, now, BATCH).boxed()).await?;
    let invites = batches(app, BATCH, move |tx| {
        account_invites::forget(tx, now - INVITES, BATCH).boxed()
    })
    .await?;
    let mail_tokens = batches(app, BATCH, move |tx| mail_tokens::forget(tx, now, BATCH).boxed()).await?;
    let sign_ups = batches(app, BATCH, move |tx| sign_ups::forget(tx, now, BATCH).boxed()).await?;
    Ok(idempotency_keys
        + tokens
        + families
        + logins
        + presence
        + read
        + mailed
        + unsent
        + throttles
        + devices
        + invites
        + mail_tokens
        + sign_ups)
}

/// Repeats until a batch is not full.
pub(crate) async fn batches<F>(app: &App, size: i64, work: F) -> Result<u64>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<u64>> + Copy + Send + 'static,
{
    let mut rows = 0;
    loop {
        let gone = app.db.write::<_, Error, _>(work).await?;
        rows += gone;
        if gone < size.unsigned_abs() {
            return Ok(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::access::{Role, Scopes};
    use resolutionflow_core::id::{AccountId, Id, TeamId, UserId};
    use resolutionflow_core::random::Random;
    use resolutionflow_store::idempotency::{Claim, Key};
    use resolutionflow_store::members::{self, NewUser};
    use resolutionflow_store::testing;
    use resolutionflow_store::tokens::{NewToken, TokenKind};

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    #[tokio::test]
    async fn what_is_old_goes_in_batches_and_the_rest_stays() {
        for test in testing::databases().await {
            let now = testing::now();
            let clock = Clock::fixed(now);
            let app = App::new(Settings::default(), clock.clone(), test.db.clone());
            let count = u16::try_from(BATCH).unwrap() + 20;
            fill(&app, count).await;
            assert_eq!(forget(&app).await.unwrap(), 0);
            clock.advance(TimeDelta::days(8));
            assert_eq!(forget(&app).await.unwrap(), u64::from(count) + 1);
            assert_eq!(forget(&app).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn it_ends_when_the_server_stops() {
        let test = testing::sqlite(|_| {}).await;
        let app = App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
        let running = tokio::spawn(run(app.clone()));
        app.stop();
        running.await.unwrap();
    }

    /// So many keys, a token that ends in an hour and one that ends in a year.
    async fn fill(app: &App, keys: u16) {
        let (now, random) = (app.now(), &mut Random::new([7; 32]));
        let (account, team, user) = (
            AccountId::new(now, random),
            TeamId::new(now, random),
            UserId::new(now, random),
        );
        let token = |hours: i64, random: &mut Random| NewToken {
            hash: random.bytes(),
            id: Id::new(now, random),
            kind: TokenKind::Access,
            user_id: user,
            auth_epoch: 0,
            name: String::new(),
            expires_at: now + TimeDelta::hours(hours),
            family_id: None,
            scopes: Scopes::ALL,
        };
        let tokens = [token(1, random), token(24 * 365, random)];
        let fill = app.db.write::<_, Error, _>(move |tx| {
            let tokens = tokens.clone();
            async move {
                members::create_account(tx, account, "Contoso", team, now).await?;
                let person = NewUser {
                    id: user,
                    email: "a@contoso.example".to_owned(),
                    name: "A".to_owned(),
                    password_hash: None,
                };
                assert!(members::create_user(tx, &person, now).await?);
                members::add(tx, account, user, Role::Owner, team, now).await?;
                for token in &tokens {
                    assert!(tokens::create(tx, account, token, now).await?);
                }
                for number in 0..keys {
                    let key = Key {
                        account_id: account,
                        user_id: user,
                        route: "POST /flows".to_owned(),
                        key: number.to_string(),
                        body_hash: [0; 32],
                    };
                    assert_eq!(idempotency::claim(tx, &key, now).await?, Claim::New);
                }
                Ok(())
            }
            .boxed()
        });
        fill.await.unwrap();
    }
}
