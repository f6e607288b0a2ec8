//! Letters that are no notice: drawn before the transaction of their reason, written in it, sent when it is committed.

use std::fmt;

use chrono::{DateTime, Utc};
use lettre::Address;
use resolutionflow_core::id::LetterId;
use resolutionflow_store::outbox::{self, NewLetter};
use resolutionflow_store::{Result as StoreResult, Tx};
use serde::{Deserialize, Serialize};

use super::letter::{Draft, Letter};
use crate::config::Transport;
use crate::context::App;

/// Whether this server sends mail. Where it does not, a page says what to do instead.
pub fn available(app: &App) -> bool {
    app.settings.mail.transport != Transport::None
}

/// Why a letter cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotMail {
    /// This server sends no mail.
    NoTransport,
    /// That is no address that mail can be sent to.
    NoAddress,
}

impl fmt::Display for CannotMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTransport => "this server sends no mail",
            Self::NoAddress => "mail cannot be sent to that address",
        })
    }
}

impl std::error::Error for CannotMail {}

/// A letter that is drawn and waits for the transaction of its reason.
#[derive(Clone, Debug)]
pub struct Prepared(NewLetter);

impl Prepared {
    /// The same for somebody who waits for it or is warned by it: it goes before the rest.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.0.urgent = true;
        self
    }
}

/// What is kept of a drawn letter until it is sent.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    subject: String,
    plain: String,
    html: String,
}

/// Whether a letter can be addressed to that; where no mail is sent, any will do.
pub fn reaches(app: &App, address: &str) -> bool {
    !available(app) || address.parse::<Address>().is_ok()
}

/// Draws a letter for an address; from `good_until` on it will not be sent any more.
pub fn prepare(
    app: &App,
    to: &str,
    draft: &Draft,
    good_until: DateTime<Utc>,
) -> Result<Prepared, CannotMail> {
    let origin = app.settings.server.public_url.origin();
    let origin = origin.filter(|_| available(app)).ok_or(CannotMail::NoTransport)?;
    let address: Address = to.parse().map_err(|_| CannotMail::NoAddress)?;
    let Letter {
        to,
        subject,
        plain,
        html,
    } = draft.draw(address, &origin);
    let payload = Payload { subject, plain, html };
    Ok(Prepared(NewLetter {
        id: LetterId::new(app.now(), &mut app.random()),
        address: to.to_string(),
        payload: serde_json::to_string(&payload).expect("texts are JSON"),
        good_until,
        urgent: false,
    }))
}

/// Writes a letter in the caller's transaction: it is sent if and when that is committed. What it says is forgotten
/// once it was sent or given up, so it may hold a secret.
pub async fn send_later(tx: &mut Tx, letter: &Prepared, now: DateTime<Utc>) -> StoreResult<()> {
    outbox::add(tx, &letter.0, now).await
}

/// As [`send_later`], for several.
pub async fn send_all_later(tx: &mut Tx, letters: &[Prepared], now: DateTime<Utc>) -> StoreResult<()> {
    let letters: Vec<&NewLetter> = letters.iter().map(|letter| &letter.0).collect();
    outbox::add_all(tx, &letters, now).await
}

/// Does all the work of [`send_later`] for a letter that nobody is to get, so that it takes as long.
pub async fn send_nothing(tx: &mut Tx, letter: &Prepared, now: DateTime<Utc>) -> StoreResult<()> {
    outbox::add_nothing(tx, &letter.0, now).await
}

/// A letter as it was prepared.
pub(super) fn read(address: &str, payload: &str) -> Result<Letter, String> {
    let to = address
        .parse()
        .map_err(|_| "mail cannot be sent to that address".to_owned())?;
    let Payload { subject, plain, html } =
        serde_json::from_str(payload).map_err(|_| "the letter cannot be read".to_owned())?;
    Ok(Letter {
        to,
        subject,
        plain,
        html,
    })
}
