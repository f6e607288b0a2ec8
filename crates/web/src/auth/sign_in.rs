//! Whether an address and a password belong together, and how often that may be asked; the API and the sign-in page ask
//! alike.
//!
//! Each try is reserved before the password is looked at, in buckets that all servers share. In a browser in which the
//! person signed in before, one bucket of its own stands for all of them, so that nobody is locked out by who guesses.

use std::time::Duration;

use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_core::throttle::{Growing, Rate};
use resolutionflow_store::members::{self, Credentials, email_key};
use resolutionflow_store::throttles::{self, Bucket, Counting};
use resolutionflow_store::users::{self, Person};
use resolutionflow_store::{Tx, audit, devices};
use sha2::{Digest, Sha256};

use super::letters;
use super::password::LONGEST;
use super::peer::Peer;
use crate::config::Throttle;
use crate::context::{App, seed};
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::mail;

const MINUTE: i64 = 60_000_000;

pub(super) const HOUR: i64 = 60 * MINUTE;

/// Somebody whose password was right, and who is not signed in yet.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub user_id: UserId,
    /// The account they act in.
    pub account_id: AccountId,
    /// Counts what ends all their tokens.
    pub auth_epoch: i64,
    attempt: Attempt,
}

/// Somebody whose password was right, whichever accounts they are in.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The person.
    pub person: Person,
    attempt: Attempt,
}

impl Proved {
    /// Notes that they come into an account, in the transaction that lets them in.
    pub async fn note(&self, tx: &mut Tx, account: AccountId, by: By) -> Result<()> {
        throttles::clear(tx, &self.attempt.own).await?;
        self.attempt
            .audit(tx, account, self.person.user_id, Some(by), AuditAction::SignedIn)
            .await
    }
}

/// One try.
#[derive(Clone, Debug)]
struct Attempt {
    peer: Peer,
    now: DateTime<Utc>,
    seed: [u8; 32],
    /// The bucket that grows with what goes wrong here, and is emptied by what does not.
    own: Hash,
}

impl SignedIn {
    /// Notes the sign-in, in the transaction that lets the person in by a login or a token.
    pub async fn note(&self, tx: &mut Tx, by: By) -> Result<()> {
        throttles::clear(tx, &self.attempt.own).await?;
        self.attempt
            .audit(tx, self.account_id, self.user_id, Some(by), AuditAction::SignedIn)
            .await
    }
}

impl Attempt {
    async fn audit(
        &self,
        tx: &mut Tx,
        account: AccountId,
        user: UserId,
        by: Option<By>,
        action: AuditAction,
    ) -> Result<()> {
        let mut random = Random::new(self.seed);
        let object = Object::new("user", user.uuid());
        let entry = self
            .peer
            .entry((self.now, &mut random), (Some(user), by), action, object, &[]);
        Ok(audit::write(tx, account, &entry).await?)
    }
}

/// The person with that address, where the password is theirs and they are in an account. Whether an address exists
/// shows in neither the answer nor its timing. `device` is the digest of what the browser showed to be known by.
///
/// Where there is mail, whoever did not show yet that the address is theirs is refused as for a wrong password, and sent
/// a letter to do so: another answer would tell who signs up with a stranger's address whether somebody has it.
pub async fn verify(
    app: &App,
    peer: &Peer,
    device: Option<Hash>,
    email: String,
    password: String,
) -> Result<Option<SignedIn>> {
    let Checked {
        person,
        credentials,
        attempt,
        right,
    } = check(app, peer, device, email, password).await?;
    let unverified = person.filter(|person| person.verified_at.is_none() && mail::available(app));
    match (credentials, unverified) {
        (
            Some(Credentials {
                user_id,
                account_id,
                auth_epoch,
                ..
            }),
            None,
        ) if right => Ok(Some(SignedIn {
            user_id,
            account_id,
            auth_epoch,
            attempt,
        })),
        (credentials, unverified) => {
            let unconfirmed = unverified.filter(|_| right && credentials.is_some());
            let letter = unconfirmed.map(|person| letters::Reminder::new(app, &person));
            note_failure(app, attempt, credentials, letter).await?;
            Ok(None)
        }
    }
}

/// What to say of a try that [`verify`] did not let in.
pub fn refusal(app: &App) -> &'static str {
    if mail::available(app) {
        "The address or the password is wrong, or the address is not confirmed yet; then we have sent a letter."
    } else {
        "The address or the password is wrong."
    }
}

/// As [`verify`], whether the person is in an account and the address known to be theirs or not: for whoever is invited.
pub async fn prove(
    app: &App,
    peer: &Peer,
    device: Option<Hash>,
    email: String,
    password: String,
) -> Result<Option<Proved>> {
    let checked = check(app, peer, device, email, password).await?;
    match checked.person {
        Some(person) if checked.right => Ok(Some(Proved {
            person,
            attempt: checked.attempt,
        })),
        _ => {
            note_failure(app, checked.attempt, checked.credentials, None).await?;
            Ok(None)
        }
    }
}

/// What became of a try.
struct Checked {
    person: Option<Person>,
    credentials: Option<Credentials>,
    attempt: Attempt,
    /// Whether the password is the person's.
    right: bool,
}

async fn check(
    app: &App,
    peer: &Peer,
    device: Option<Hash>,
    email: String,
    password: String,
) -> Result<Checked> {
    let buckets = look(app, peer, device, &email).await?;
    let place = app.passwords.queue()?;
    let attempt = reserve(app, peer, buckets).await?;
    let (person, credentials) = app
        .read(move |tx| {
            let email = email.clone();
            Box::pin(async move {
                let person = users::by_address(tx, &email).await?;
                Ok((person, members::credentials(tx, &email).await?))
            })
        })
        .await?;
    let hash = person.as_ref().and_then(|person| person.password_hash.clone());
    let right = password.chars().count() <= LONGEST && app.passwords.verify(place, password, hash).await?;
    Ok(Checked {
        person,
        credentials,
        attempt,
        right,
    })
}

/// Keeps that a try failed. One for an address that nobody has belongs to no account, and writes as much. A reminder to
/// whoever did not show yet whose the address is goes out in the same transaction.
async fn note_failure(
    app: &App,
    attempt: Attempt,
    credentials: Option<Credentials>,
    reminder: Option<letters::Reminder>,
) -> Result<()> {
    if credentials.is_none() {
        tracing::info!(
            place = attempt.peer.place(),
            "a sign-in failed: nobody has that address"
        );
    }
    let told = app.clone();
    app.write(move |tx| {
        let (attempt, credentials) = (attempt.clone(), credentials.clone());
        let (told, reminder) = (told.clone(), reminder.clone());
        Box::pin(async move {
            throttles::touch(tx, &attempt.own).await?;
            match credentials {
                Some(Credentials {
                    account_id, user_id, ..
                }) => {
                    let action = AuditAction::SignInFailed;
                    attempt.audit(tx, account_id, user_id, None, action).await?;
                }
                // As many writes as where there is a log to write to.
                None => throttles::touch(tx, &attempt.own).await?,
            }
            if let Some(reminder) = reminder {
                reminder.send(tx, &told, attempt.now).await?;
            }
            Ok(())
        })
    })
    .await
}

/// The buckets that a try counts in. Most of what is too much is turned away here, without a lock on anybody's row.
async fn look(app: &App, peer: &Peer, device: Option<Hash>, email: &str) -> Result<Vec<Bucket>> {
    let now = app.now();
    let name = email_key(email);
    let strangers = strangers(&app.settings.throttle, &peer.block(), &name);
    let known = device.map(|device| (device, own_device(&app.settings.throttle, &device, &name)));
    let (buckets, blocked) = app
        .read(move |tx| {
            let (name, mut buckets) = (name.clone(), strangers.clone());
            Box::pin(async move {
                if let Some((device, bucket)) = known
                    && devices::owner(tx, &device, &name, now).await?.is_some()
                {
                    buckets = vec![bucket];
                }
                let blocked = throttles::blocked_until(tx, &buckets, now).await?;
                Ok((buckets, blocked))
            })
        })
        .await?;
    match blocked {
        None => Ok(buckets),
        Some(until) => Err(too_many(now, until)),
    }
}

/// Takes a try out of every bucket, or says when there is one again.
async fn reserve(app: &App, peer: &Peer, buckets: Vec<Bucket>) -> Result<Attempt> {
    let now = app.now();
    let own = buckets.last().expect("there is at least one").key;
    app.write(move |tx| {
        let buckets = buckets.clone();
        Box::pin(async move {
            match throttles::reserve(tx, &buckets, now).await? {
                None => Ok(()),
                Some(until) => Err(too_many(now, until)),
            }
        })
    })
    .await?;
    Ok(Attempt {
        peer: peer.clone(),
        now,
        seed: seed(),
        own,
    })
}

/// Takes one out of every bucket, or says when there is one again. Most of what is too much is turned away without a
/// lock on anybody's row.
pub(super) async fn take<const N: usize>(app: &App, what: &'static str, buckets: [Bucket; N]) -> Result<()> {
    let now = app.now();
    let blocked = app
        .read(move |tx| Box::pin(async move { Ok(throttles::blocked_until(tx, &buckets, now).await?) }))
        .await?;
    match blocked {
        Some(until) => Err(too_many_of(what, now, until)),
        None => take_at_once(app, what, buckets).await,
    }
}

/// As [`take`], for who found room in all of them. The refusal undoes what the buckets before the full one gave.
async fn take_at_once<const N: usize>(app: &App, what: &'static str, buckets: [Bucket; N]) -> Result<()> {
    let now = app.now();
    app.write(move |tx| {
        Box::pin(async move {
            match throttles::reserve(tx, &buckets, now).await? {
                None => Ok(()),
                Some(until) => Err(too_many_of(what, now, until)),
            }
        })
    })
    .await
}

/// The refusal of one try too many at signing in.
fn too_many(now: DateTime<Utc>, until: DateTime<Utc>) -> Error {
    too_many_of("attempts to sign in", now, until)
}

/// The refusal of one too many of these.
pub(super) fn too_many_of(what: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Error {
    let micros = u64::try_from((until - now).num_microseconds().unwrap_or(i64::MAX)).unwrap_or(0);
    let seconds = micros.div_ceil(1_000_000).max(1);
    Error::TooManyRequests {
        kind: Kind::TooManyAttempts,
        detail: format!("Too many {what}. Try again in {}.", wait(seconds)),
        retry_after: Duration::from_secs(seconds),
    }
}

/// A time to wait in words, never too short.
fn wait(seconds: u64) -> String {
    match seconds {
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// How much may come from one address.
pub(super) fn by_address(limits: &Throttle) -> Counting {
    let (count, burst) = (number(limits.address_per_minute), number(limits.address_burst));
    Counting::Steady(Rate::new(count, MINUTE, burst))
}

/// The buckets of somebody who is not known: the address, the name, and both together.
fn strangers(limits: &Throttle, block: &[u8], name: &str) -> Vec<Bucket> {
    let from_everywhere = Rate::new(number(limits.name_per_hour), HOUR, number(limits.name_burst));
    let growing = Growing {
        free: number(limits.free_tries),
        first: micros(limits.first_wait),
        longest: micros(limits.longest_wait.max(limits.first_wait)),
    };
    vec![
        bucket("address", &[block], by_address(limits)),
        bucket("name", &[name.as_bytes()], Counting::Steady(from_everywhere)),
        bucket("pair", &[block, name.as_bytes()], Counting::Growing(growing)),
    ]
}

/// The one bucket of a person on a device that is known.
fn own_device(limits: &Throttle, device: &Hash, name: &str) -> Bucket {
    let count = number(limits.device_per_minute);
    let rate = Rate::new(count, MINUTE, count);
    bucket("device", &[device, name.as_bytes()], Counting::Steady(rate))
}

/// A bucket under the digest of what it counts: no name stands in the table.
pub(super) fn bucket(kind: &str, parts: &[&[u8]], counting: Counting) -> Bucket {
    let mut hasher = Sha256::new();
    hasher.update(b"resolutionflow throttle 1\0");
    for part in [kind.as_bytes()].iter().chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Bucket {
        key: hasher.finalize().into(),
        counting,
    }
}

pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use resolutionflow_store::testing;

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    #[tokio::test]
    async fn what_one_bucket_refuses_takes_nothing_from_those_before_it() {
        for test in testing::databases().await {
            let app = App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
            let of = |kind, burst| bucket(kind, &[], Counting::Steady(Rate::new(1, HOUR, burst)));
            let (from, to) = (of("letters-from", 2), of("letters-to", 1));
            take_at_once(&app, "letters", [from, to]).await.unwrap();
            for _ in 0..3 {
                let refused = take_at_once(&app, "letters", [from, to]).await;
                assert!(matches!(refused, Err(Error::TooManyRequests { .. })));
            }
            take_at_once(&app, "letters", [from]).await.unwrap();
            assert!(take_at_once(&app, "letters", [from]).await.is_err());
        }
    }

    #[test]
    fn buckets_are_told_apart() {
        let limits = Throttle::default();
        let mut keys: Vec<_> = [(&b"ab"[..], "c"), (b"a", "bc"), (b"ab", "d")]
            .iter()
            .flat_map(|(block, name)| strangers(&limits, block, name))
            .map(|bucket| bucket.key)
            .collect();
        keys.push(own_device(&limits, &[1; 32], "c").key);
        keys.sort_unstable();
        keys.dedup();
        // One address is there twice.
        assert_eq!(keys.len(), 9);
    }

    #[test]
    fn waits_are_said_as_people_say_them() {
        assert_eq!(wait(1), "a second");
        assert_eq!(wait(20), "20 seconds");
        assert_eq!(wait(121), "3 minutes");
    }
}
