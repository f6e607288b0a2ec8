//! Devices: a cookie that a browser keeps from one sign-in to the next. It lets nobody in; it sets the person apart from
//! whoever guesses their password elsewhere.

use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::UserId;
use resolutionflow_store::{Tx, devices};

use super::login::{cookie, cookie_name, set_cookie};
use super::secret;
use crate::config::Settings;
use crate::context::App;
use crate::error::Result;

/// How long a device is known, in days.
const LIFE: i64 = 365;

fn name(settings: &Settings) -> String {
    format!("{}-device", cookie_name(settings))
}

/// The digest of the secret in the request's cookie, if it has one.
pub fn digest(headers: &HeaderMap, settings: &Settings) -> Option<Hash> {
    cookie(headers, &name(settings)).map(secret::digest)
}

/// A device that is about to be known.
#[derive(Clone)]
pub struct Device {
    shown: Option<Hash>,
    old: Option<HeaderValue>,
    hash: Hash,
    new: HeaderValue,
    expires_at: DateTime<Utc>,
}

/// What the browser of this request will be known by.
pub fn prepare(app: &App, headers: &HeaderMap) -> Device {
    let secret = BASE64URL_NOPAD.encode(&app.random().bytes::<32>());
    let (settings, life) = (&app.settings, chrono::TimeDelta::days(LIFE));
    let made = |secret: &str| {
        set_cookie(
            settings,
            &name(settings),
            secret,
            life.num_seconds().unsigned_abs(),
        )
    };
    let shown = cookie(headers, &name(settings));
    Device {
        shown: shown.map(secret::digest),
        old: shown.map(made),
        hash: secret::digest(&secret),
        new: made(&secret),
        expires_at: app.now() + life,
    }
}

impl Device {
    /// Keeps the device for a person who just signed in, and answers the cookie for it: the one that it has, where a
    /// server of ours gave it out, else a new one.
    pub async fn keep(&self, tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<HeaderValue> {
        if let (Some(shown), Some(old)) = (&self.shown, &self.old)
            && devices::know_again(tx, user, shown, now, self.expires_at).await?
        {
            return Ok(old.clone());
        }
        devices::create(tx, user, &self.hash, now, self.expires_at).await?;
        Ok(self.new.clone())
    }
}
