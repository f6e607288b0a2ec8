//! `POST /sign-out`: ends the login of this browser, and clears what pages kept on the device.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use resolutionflow_store::logins;

use crate::auth::login;
use crate::context::App;
use crate::error::Result;

/// Signs out; whoever is not signed in has nothing to lose.
pub async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    if let Some(digest) = login::digest(&headers, &app.settings) {
        app.write(move |tx| async move { Ok(logins::end_by_hash(tx, &digest).await?) }.boxed())
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
