//! `POST /sign-out`: ends the login of this browser, and clears what pages kept on the device.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, logins};

use crate::auth::login;
use crate::auth::peer::Peer;
use crate::context::{App, seed};
use crate::error::Result;

/// Signs out; whoever is not signed in has nothing to lose.
pub async fn sign_out(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Result<Response> {
    if let Some(digest) = login::digest(&headers, &app.settings) {
        let (now, seed) = (app.now(), seed());
        app.write(move |tx| {
            let peer = peer.clone();
            async move {
                let Some(ended) = logins::end_by_hash(tx, &digest).await? else {
                    return Ok(());
                };
                let mut random = Random::new(seed);
                let object = Object::new("login", ended.login_id.uuid());
                let who = (Some(ended.user_id), Some(By::Login(ended.login_id)));
                let entry = peer.entry((now, &mut random), who, AuditAction::SignedOut, object, &[]);
                Ok(audit::write(tx, ended.account_id, &entry).await?)
            }
            .boxed()
        })
        .await?;
    }
    let clear = (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"storage\""),
    );
    let cookie = login::forget_cookie(&app.settings);
    let home = (LOCATION, HeaderValue::from_static("/sign-in"));
    Ok((StatusCode::SEE_OTHER, [home, (SET_COOKIE, cookie), clear]).into_response())
}
