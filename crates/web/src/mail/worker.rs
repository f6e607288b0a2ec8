//! The worker that empties the outbox: claim a few rows, send them, say what became of them.
//!
//! Every server runs one, and a row is claimed by one of them at a time. What was sent and not marked, because the
//! server died in between, is sent again with the same `Message-ID`: at least once, never lost.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use futures_util::future::join_all;
use lettre::Message;
use resolutionflow_core::id::LetterId;
use resolutionflow_store::db::Topic;
use resolutionflow_store::outbox::{self, Claimed, Told, What};
use resolutionflow_store::{Error, Result};
use sha2::{Digest, Sha256};

use super::backoff::{MOST_ATTEMPTS, pause};
use super::post::{Failure, MOST_CONNECTIONS, Post};
use super::{later, notice};
use crate::context::App;

/// How often the outbox is looked at where no wake-up comes: what was put off, and what another server left.
const POLL: Duration = Duration::from_secs(15);

/// How many messages are sent at a time, beside a letter of the day: none waits for a connection.
const BATCH: i64 = MOST_CONNECTIONS as i64 - 1;

/// The most that one letter of the day tells; what is over goes in another one.
const DIGEST: i64 = 100;

/// How much longer than sending may take a row is claimed for, so that what became of it can be said.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// Sends what waits, whenever something does, until the server is told to stop; what is being sent then has as long as
/// requests have.
pub async fn run(app: App, post: Post) {
    let mut woken = app.live.watch(Topic::Outbox);
    loop {
        woken.mark_unchanged();
        tokio::select! {
            done = deliver(&app, &post) => match done {
                Ok(messages) => tracing::debug!(messages, "sending mail is done"),
                Err(error) => tracing::warn!(%error, "sending mail failed"),
            },
            () = cut_off(&app) => {
                tracing::warn!("mail that was being sent was cut off; it will be sent again");
                return;
            }
        }
        tokio::select! {
            biased;
            () = app.stopped() => return,
            _ = woken.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn cut_off(app: &App) {
    app.stopped().await;
    tokio::time::sleep(app.settings.server.stop_timeout).await;
}

/// Sends what is due, a few messages at a time, and answers how many it tried. It takes up no more when the server is
/// told to stop.
pub async fn deliver(app: &App, post: &Post) -> Result<usize> {
    let mut tried = 0;
    loop {
        let (bundles, lease) = claim(app).await?;
        if bundles.is_empty() {
            return Ok(tried);
        }
        tried += bundles.len();
        let sent = join_all(bundles.iter().map(|bundle| deliver_one(app, post, bundle, lease))).await;
        sent.into_iter().collect::<Result<()>>()?;
        if app.stopped().now_or_never().is_some() {
            return Ok(tried);
        }
    }
}

/// The rows of one message: one, or those of a member's letter of the day.
struct Bundle {
    rows: Vec<Claimed>,
    digest: bool,
}

/// Claims the next messages, and says until when.
async fn claim(app: &App) -> Result<(Vec<Bundle>, DateTime<Utc>)> {
    let now = app.now();
    let timeout = TimeDelta::from_std(app.settings.mail.timeout).unwrap_or(TimeDelta::MAX);
    let lease = now + timeout.min(TimeDelta::hours(1)) + SLACK;
    let claim = app.db.write::<_, Error, _>(move |tx| {
        async move {
            let single = outbox::claim(tx, now, lease, BATCH).await?;
            let daily = outbox::claim_digest(tx, now, lease, DIGEST).await?;
            Ok((single, daily))
        }
        .boxed()
    });
    let (single, daily) = claim.await?;
    let mut bundles: Vec<_> = single
        .into_iter()
        .map(|row| Bundle {
            rows: vec![row],
            digest: false,
        })
        .collect();
    if !daily.is_empty() {
        bundles.push(Bundle {
            rows: daily,
            digest: true,
        });
    }
    Ok((bundles, lease))
}

/// Sends one message and keeps what became of it.
async fn deliver_one(app: &App, post: &Post, bundle: &Bundle, lease: DateTime<Utc>) -> Result<()> {
    let name = bundle.name();
    let attempts = bundle.rows.iter().map(|row| row.attempts).max().unwrap_or(0);
    let sent = send(app, post, bundle, &name).await;
    let (now, ids) = (app.now(), bundle.ids());
    match sent {
        Ok(()) => {
            tracing::info!(letter = name, "mail was sent");
            app.metrics.mailed("sent");
            let mark = app.db.write::<_, Error, _>(move |tx| {
                let ids = ids.clone();
                async move { outbox::sent(tx, &ids, now).await }.boxed()
            });
            mark.await?;
        }
        Err(failure) if failure.permanent || attempts >= MOST_ATTEMPTS => {
            let Failure { logged, reason, .. } = failure;
            tracing::warn!(letter = name, attempts, reason = logged, "mail was given up");
            app.metrics.mailed("given_up");
            let mark = app.db.write::<_, Error, _>(move |tx| {
                let (ids, reason) = (ids.clone(), reason.clone());
                async move { outbox::give_up(tx, &ids, lease, now, &reason).await }.boxed()
            });
            mark.await?;
        }
        Err(Failure { logged, reason, .. }) => {
            let again = now + pause(attempts, &mut app.random());
            tracing::warn!(letter = name, attempts, reason = logged, %again, "mail was not sent");
            app.metrics.mailed("put_off");
            let mark = app.db.write::<_, Error, _>(move |tx| {
                let (ids, reason) = (ids.clone(), reason.clone());
                async move { outbox::put_off(tx, &ids, lease, again, &reason).await }.boxed()
            });
            mark.await?;
        }
    }
    Ok(())
}

async fn send(app: &App, post: &Post, bundle: &Bundle, name: &str) -> std::result::Result<(), Failure> {
    let now = app.now();
    if bundle.rows.iter().all(|row| row.good_until <= now) {
        return Err(Failure::permanent("it could not be sent while anybody cared"));
    }
    let message = bundle
        .message(app, name)
        .map_err(|reason| Failure::permanent(&reason))?;
    tokio::time::timeout(app.settings.mail.timeout, post.send(name, message))
        .await
        .unwrap_or_else(|_| Err(Failure::passing("it took longer than mail.timeout")))
}

impl Bundle {
    fn ids(&self) -> Vec<LetterId> {
        self.rows.iter().map(|row| row.id).collect()
    }

    /// What the message is called, the same however often it is sent: after its row, or after all of them.
    fn name(&self) -> String {
        match (self.rows.as_slice(), self.digest) {
            ([row], false) => row.id.to_string(),
            (rows, _) => {
                let mut hasher = Sha256::new();
                hasher.update(b"resolutionflow digest 1\0");
                for row in rows {
                    hasher.update(row.id.uuid().as_bytes());
                }
                let digest: [u8; 32] = hasher.finalize().into();
                format!("day-{}", data_encoding::HEXLOWER.encode(&digest[..16]))
            }
        }
    }

    fn message(&self, app: &App, name: &str) -> std::result::Result<Message, String> {
        let settings = &app.settings;
        let (Some(from), Some(origin)) = (settings.mail.from.mailbox(), settings.server.public_url.origin())
        else {
            return Err("mail.from and server.public_url are missing".to_owned());
        };
        let told: Vec<&Told> = self
            .rows
            .iter()
            .filter_map(|row| match &row.what {
                What::Notice(told) => Some(&**told),
                What::Letter { .. } => None,
            })
            .collect();
        let letter = match (self.rows.as_slice(), told.as_slice()) {
            ([row], []) => match &row.what {
                What::Letter { address, payload } => later::read(address, payload)?,
                What::Notice(_) => return Err("a notice tells nothing".to_owned()),
            },
            (_, []) => return Err("nothing is told".to_owned()),
            (_, [first, ..]) => {
                let to = first
                    .email
                    .parse()
                    .map_err(|_| "mail cannot be sent to that address".to_owned())?;
                let draft = if self.digest {
                    notice::digest(&told)
                } else {
                    notice::one(first)
                };
                draft.draw(to, &origin)
            }
        };
        let written_at = self.rows.iter().map(|row| row.created_at).max();
        letter.message(from, name, written_at.unwrap_or_else(|| app.now()))
    }
}

#[cfg(test)]
mod tests {
    use resolutionflow_store::testing;

    use super::*;
    use crate::config::{Settings, Transport};
    use crate::context::Clock;

    #[tokio::test]
    async fn it_ends_when_the_server_stops() {
        let test = testing::sqlite(|_| {}).await;
        let place = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.mail.transport = Transport::File;
        settings.mail.directory = place.path().to_owned();
        let post = Post::new(&settings).unwrap().unwrap();
        let app = App::new(settings, Clock::fixed(testing::now()), test.db.clone());
        let running = tokio::spawn(run(app.clone(), post));
        app.stop();
        running.await.unwrap();
    }
}
