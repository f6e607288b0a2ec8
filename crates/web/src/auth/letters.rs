//! Letters that anybody can ask for by an address: how often, and those that hold a secret which shows whose it is.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::AccountId;
use resolutionflow_core::throttle::Rate;
use resolutionflow_store::Tx;
use resolutionflow_store::mail_tokens::{self, NewMailToken, Purpose};
use resolutionflow_store::members::email_key;
use resolutionflow_store::sign_ups::{self, Proof, SignUp};
use resolutionflow_store::throttles::{self, Bucket, Counting};
use resolutionflow_store::users::{self, Address, Person};

use super::peer::Peer;
use super::secret::{self, InLink};
use super::sign_in::{HOUR, bucket, by_address, number, take, too_many_of};
use crate::context::App;
use crate::error::Result;
use crate::mail::{self, CannotMail, Draft, Prepared};

/// How long a link is good that shows whose an address is.
const VERIFY_LIFE: TimeDelta = TimeDelta::hours(24);

/// How long a link is good that sets a new password.
const RESET_LIFE: TimeDelta = TimeDelta::minutes(10);

/// Reserves a letter to an address that somebody asks for from there, or says when there is one again: alike for every
/// address, whether somebody has it or not.
pub async fn reserve(app: &App, peer: &Peer, email: &str) -> Result<()> {
    let from = bucket(
        "letters-from",
        &[&peer.block()],
        by_address(&app.settings.throttle),
    );
    take(app, "letters", [from, to(app, email)]).await
}

/// Reserves the letters of so many invites in the caller's transaction, all of them or none; the refusal undoes it. What
/// an account sends to strangers goes out in this server's name.
pub async fn reserve_invites(
    tx: &mut Tx,
    app: &App,
    account: AccountId,
    count: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let limits = &app.settings.throttle;
    let rate = Rate::new(
        number(limits.invites_per_hour),
        HOUR,
        number(limits.invites_burst),
    );
    let Bucket { key, .. } = bucket("invites-of", &[account.uuid().as_bytes()], Counting::Steady(rate));
    match throttles::reserve_many(tx, &key, (&rate, number(count)), now).await? {
        None => Ok(()),
        Some(until) => Err(too_many_of("invites by mail", now, until)),
    }
}

/// What counts the letters to an address.
fn to(app: &App, email: &str) -> Bucket {
    let limits = &app.settings.throttle;
    let rate = Rate::new(
        number(limits.letters_per_hour),
        HOUR,
        number(limits.letters_burst),
    );
    bucket(
        "letters-to",
        &[email_key(email).as_bytes()],
        Counting::Steady(rate),
    )
}

/// Where a letter of this purpose leads, and for how long.
fn place(purpose: Purpose, secret: &str) -> (String, TimeDelta) {
    match purpose {
        Purpose::Verify => (format!("/verify?token={secret}"), VERIFY_LIFE),
        Purpose::Reset => (format!("/reset?token={secret}"), RESET_LIFE),
    }
}

/// A secret for a letter, and what the letter says of it.
#[derive(Clone)]
pub struct Secret {
    purpose: Purpose,
    secret: String,
}

impl Secret {
    /// A new one.
    pub fn new(app: &App, purpose: Purpose) -> Self {
        let kind = match purpose {
            Purpose::Verify => InLink::Verify,
            Purpose::Reset => InLink::Reset,
        };
        let secret = kind.make(&mut app.random());
        Self { purpose, secret }
    }

    /// Sends it to whoever has the address, in the caller's transaction; the one that was sent before is dead. For an
    /// address that nobody has, the same is done, and no letter goes out.
    ///
    /// It goes to the address as its owner wrote it, never as somebody typed it: two texts may be compared as one, and
    /// lead to two mailboxes.
    pub async fn send(&self, tx: &mut Tx, app: &App, email: &str, now: DateTime<Utc>) -> Result<()> {
        let person = users::by_address(tx, email).await?;
        let (path, life) = place(self.purpose, &self.secret);
        let token = NewMailToken {
            hash: secret::digest(&self.secret),
            purpose: self.purpose,
            expires_at: now + life,
        };
        mail_tokens::issue(tx, email, &token, now).await?;
        let draft = match self.purpose {
            Purpose::Verify => mail::verify(path),
            Purpose::Reset => mail::reset(path),
        };
        let to = person.as_ref().map(|person| person.email.as_str());
        write(tx, app, to, email, &draft, token.expires_at, now).await
    }
}

/// Writes a letter to `to`, which goes before those that nobody waits for; where there is nobody, the same work is done
/// for what was `typed`.
async fn write(
    tx: &mut Tx,
    app: &App,
    to: Option<&str>,
    typed: &str,
    draft: &Draft,
    good_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let letter = mail::prepare(app, to.unwrap_or(typed), draft, good_until);
    match letter.map(Prepared::urgent) {
        Ok(letter) if to.is_some() => Ok(mail::send_later(tx, &letter, now).await?),
        Ok(letter) => Ok(mail::send_nothing(tx, &letter, now).await?),
        // Whoever asks was told that there is no mail; and no letter reaches what is no address.
        Err(CannotMail::NoTransport | CannotMail::NoAddress) => Ok(()),
    }
}

/// Keeps a sign-up until whoever has its address confirms it, and sends the letter that asks to. Where somebody has the
/// address they are told that it was tried; the same is done, and nobody gets the secret.
pub async fn keep(app: &App, sign_up: SignUp) -> Result<()> {
    let (told, now) = (app.clone(), app.now());
    let secret = InLink::SignUp.make(&mut app.random());
    let proof = Proof {
        hash: secret::digest(&secret),
        expires_at: now + VERIFY_LIFE,
    };
    app.write(move |tx| {
        let (told, sign_up) = (told.clone(), sign_up.clone());
        let path = format!("/verify?token={secret}");
        Box::pin(async move {
            let email = sign_up.email.as_str();
            sign_ups::keep(tx, &sign_up, &proof, now).await?;
            let (to, draft) = match users::address(tx, email).await? {
                Address::Free => (Some(email.to_owned()), mail::confirm(path)),
                Address::Taken(to) => (to, mail::tried()),
            };
            write(tx, &told, to.as_deref(), email, &draft, proof.expires_at, now).await
        })
    })
    .await
}

/// The letter again by which somebody shows that their address is theirs.
#[derive(Clone)]
pub struct Reminder {
    secret: Secret,
    bucket: Bucket,
    email: String,
}

impl Reminder {
    /// One to this person.
    pub fn new(app: &App, person: &Person) -> Self {
        Self {
            secret: Secret::new(app, Purpose::Verify),
            bucket: to(app, &person.email),
            email: person.email.clone(),
        }
    }

    /// Sends it in the caller's transaction; or says when there may be one again, where there were too many.
    pub async fn send(&self, tx: &mut Tx, app: &App, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let until = throttles::reserve(tx, &[self.bucket], now).await?;
        if until.is_none() {
            self.secret.send(tx, app, &self.email, now).await?;
        }
        Ok(until)
    }
}

/// Sends the letter again by which somebody shows that their address is theirs, or refuses where there were too many.
pub async fn remind(app: &App, person: &Person) -> Result<()> {
    let (told, reminder, now) = (app.clone(), Reminder::new(app, person), app.now());
    app.write(move |tx| {
        let (told, reminder) = (told.clone(), reminder.clone());
        Box::pin(async move {
            match reminder.send(tx, &told, now).await? {
                None => Ok(()),
                Some(until) => Err(too_many_of("letters", now, until)),
            }
        })
    })
    .await
}

/// Tells somebody that their password was changed, in the transaction that changes it.
pub async fn tell_of_change(tx: &mut Tx, app: &App, email: &str, now: DateTime<Utc>) -> Result<()> {
    write(
        tx,
        app,
        Some(email),
        email,
        &mail::changed(now),
        now + VERIFY_LIFE,
        now,
    )
    .await
}
