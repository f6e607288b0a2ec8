//! Logins of browsers: an opaque secret in a cookie that no script sees, of which only the digest is kept.

use axum::http::header::{COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use futures_util::FutureExt;
use resolutionflow_core::audit::{By, Entry};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, Id, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::logins::{self, Holder, NewLogin};
use resolutionflow_store::{Tx, audit};

use super::device::Device;
use super::secret;
use super::sign_in::SignedIn;
use crate::config::Settings;
use crate::context::App;
use crate::error::{Error, Result};

/// How old the kept time of a login's last use may grow before it is written again.
const LAST_USE_STEP: TimeDelta = TimeDelta::minutes(5);

/// What a browser keeps only on its own host, and sends only there.
const HOST_ONLY: &str = "__Host-";

/// The name of the cookie.
pub(super) fn cookie_name(settings: &Settings) -> String {
    own_name(settings, settings.auth.cookie.as_str())
}

/// What a cookie of that name is called, so that no other host of the domain can set it; browsers take such names by
/// HTTPS and on localhost alone.
pub fn own_name(settings: &Settings, name: &str) -> String {
    if settings.server.insecure_http {
        name.to_owned()
    } else {
        format!("{HOST_ONLY}{name}")
    }
}

/// The value of a cookie of the request; the first, where there are several.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The digest of the secret in the request's cookie, if it has one.
pub fn digest(headers: &HeaderMap, settings: &Settings) -> Option<Hash> {
    cookie(headers, &cookie_name(settings)).map(secret::digest)
}

/// Whose login has this digest; notes its use now and then, without making the request wait for it.
pub async fn holder(app: &App, digest: Hash) -> Result<Option<Holder>> {
    let now = app.now();
    let idle_since = now - app.settings.auth.login_idle;
    let holder: Option<Holder> = app
        .db
        .read_one::<_, Error, _>(move |tx| {
            async move { Ok(logins::holder(tx, &digest, idle_since, now).await?) }.boxed()
        })
        .await?;
    if let Some(holder) = &holder
        && now - holder.last_used_at >= LAST_USE_STEP
    {
        let db = app.db.clone();
        tokio::spawn(async move {
            let touched = db.write::<_, resolutionflow_store::Error, _>(move |tx| {
                async move { logins::touch(tx, &digest, now).await }.boxed()
            });
            if let Err(error) = touched.await {
                tracing::warn!(%error, "the last use of a login was not kept");
            }
        });
    }
    Ok(holder)
}

/// The epoch of somebody who is new.
pub const FIRST_EPOCH: i64 = 0;

/// A new login and the cookie that carries its secret.
pub struct Opening {
    /// What is kept.
    pub login: NewLogin,
    /// `Set-Cookie`.
    pub cookie: HeaderValue,
}

/// Makes a login for a person, bound to the epoch at which they showed who they are; `headers` say with which browser.
pub fn open(app: &App, (user_id, auth_epoch): (UserId, i64), headers: &HeaderMap, place: &str) -> Opening {
    let (now, mut random) = (app.now(), app.random());
    let secret = new_secret(&mut random);
    let life = app.settings.auth.login_life;
    Opening {
        login: NewLogin {
            hash: secret::digest(&secret),
            id: Id::new(now, &mut random),
            user_id,
            auth_epoch,
            device: device(headers),
            place: place.to_owned(),
            expires_at: now + life,
        },
        cookie: set_cookie(
            &app.settings,
            &cookie_name(&app.settings),
            &secret,
            life.as_secs(),
        ),
    }
}

/// Keeps the login of somebody who signs in, and their device, and ends the login that the browser had; answers the
/// device's cookie, and nothing when the person may not sign in any more.
pub async fn keep(
    app: &App,
    person: &SignedIn,
    login: &NewLogin,
    device: Device,
    before: Option<Hash>,
) -> Result<Option<HeaderValue>> {
    let (now, person, login) = (app.now(), person.clone(), login.clone());
    app.write(move |tx| {
        let (person, login, device) = (person.clone(), login.clone(), device.clone());
        async move {
            // The member's row before a login's, as whoever removes them takes both.
            let made = logins::create(tx, person.account_id, &login, now).await?;
            if let Some(before) = &before {
                logins::end_by_hash(tx, before).await?;
            }
            if !made {
                return Ok(None);
            }
            person.note(tx, By::Login(login.id)).await?;
            device.keep(tx, person.user_id, now).await.map(Some)
        }
        .boxed()
    })
    .await
}

/// Keeps the first login of somebody who just came into an account, with its entry in the audit log, and their device;
/// answers the device's cookie, and nothing when they may not sign in.
pub async fn begin(
    tx: &mut Tx,
    account: AccountId,
    (login, device): (&NewLogin, &Device),
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<Option<HeaderValue>> {
    if !logins::create(tx, account, login, now).await? {
        return Ok(None);
    }
    audit::write(tx, account, entry).await?;
    device.keep(tx, login.user_id, now).await.map(Some)
}

fn new_secret(random: &mut Random) -> String {
    BASE64URL_NOPAD.encode(&random.bytes::<32>())
}

/// `Set-Cookie` that takes the secret away again.
pub fn forget_cookie(settings: &Settings) -> HeaderValue {
    set_cookie(settings, &cookie_name(settings), "", 0)
}

/// `Set-Cookie` for what no script may see.
pub fn set_cookie(settings: &Settings, name: &str, value: &str, seconds: u64) -> HeaderValue {
    let secure = if settings.server.insecure_http {
        ""
    } else {
        "; Secure"
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("names and secrets are plain ASCII")
}

/// What a program calls itself: the first product of its `User-Agent` (RFC 9110, section 10.1.5), or the browser that
/// it is.
pub fn program(headers: &HeaderMap) -> String {
    const LONGEST: usize = 60;
    let browser = device(headers);
    if !browser.is_empty() {
        return browser;
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let first = agent.and_then(|agent| agent.split_whitespace().next());
    first.unwrap_or_default().chars().take(LONGEST).collect()
}

/// The browser and its system in a few words, as people tell their devices apart.
fn device(headers: &HeaderMap) -> String {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let first = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    // In this order: most browsers also claim to be those that stand behind them.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(COOKIE, "theme=dark; __Host-rf=abc;other=1");
        assert_eq!(cookie(&headers, "__Host-rf"), Some("abc"));
        assert_eq!(cookie(&headers, "rf"), None);
        assert_eq!(
            digest(&headers, &Settings::default()),
            Some(secret::digest("abc"))
        );
    }

    #[test]
    fn the_cookie_is_bound_to_its_host_unless_told_otherwise() {
        let mut settings = Settings::default();
        let cookie = set_cookie(&settings, &cookie_name(&settings), "abc", 60);
        assert_eq!(
            cookie,
            "__Host-rf=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        settings.server.insecure_http = true;
        let cookie = set_cookie(&settings, &cookie_name(&settings), "abc", 60);
        assert_eq!(cookie, "rf=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    }

    #[test]
    fn devices_have_names_that_people_know() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";
        assert_eq!(device(&headers(USER_AGENT, edge)), "Edge on Windows");
        assert_eq!(device(&headers(USER_AGENT, "curl/8.0")), "");
        assert_eq!(program(&headers(USER_AGENT, "curl/8.0 x")), "curl/8.0");
        assert_eq!(program(&headers(USER_AGENT, edge)), "Edge on Windows");
        assert_eq!(program(&headers(USER_AGENT, &"x".repeat(99))).len(), 60);
    }
}
