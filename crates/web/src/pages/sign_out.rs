//! `POST /sign-out`: ends the login of this browser, and clears what pages kept on the device.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, logins};

use crate::auth::login;
use crate::auth::peer::Peer;
use crate::context::{App, seed};
use crate::error::Result;

/// Signs out; whoever is not signed in has nothing to lose.
///
/// The cookie is taken away with the login that it carries, and only then: what comes late, behind a request that gave the
/// browser another login, carries the old cookie and would take the new one. A dead cookie that stays opens nothing.
pub async fn sign_out(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Result<Response> {
    let clear = (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"storage\""),
    );
    let shown = login::digest(&headers, &app.settings);
    let ended = match shown {
        Some(digest) => end(&app, peer, digest).await?,
        None => false,
    };
    // Where it came late the browser may be signed in still, and home shows that; else home asks to sign in.
    let late = shown.is_some() && !ended;
    let home = HeaderValue::from_static(if late { "/" } else { "/sign-in" });
    let mut answer = (StatusCode::SEE_OTHER, [(LOCATION, home), clear]).into_response();
    if ended {
        let cookie = login::forget_cookie(&app.settings);
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Ends the login with this digest; `false` where it was none that somebody was still signed in by.
async fn end(app: &App, peer: Peer, digest: Hash) -> Result<bool> {
    let (now, seed) = (app.now(), seed());
    let idle_since = now - app.settings.auth.login_idle;
    app.write(move |tx| {
        let peer = peer.clone();
        async move {
            let is_living = logins::holder(tx, &digest, idle_since, now).await?.is_some();
            let Some(ended) = logins::end_by_hash(tx, &digest).await? else {
                return Ok(false);
            };
            let mut random = Random::new(seed);
            let object = Object::new("login", ended.login_id.uuid());
            let who = (Some(ended.user_id), Some(By::Login(ended.login_id)));
            let entry = peer.entry((now, &mut random), who, AuditAction::SignedOut, object, &[]);
            audit::write(tx, ended.account_id, &entry).await?;
            Ok(is_living)
        }
        .boxed()
    })
    .await
}
