//! `POST /switch`: goes on in another account that one is a member of.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::AccountId;
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, logins};
use serde::Deserialize;

use crate::auth::login;
use crate::auth::peer::Peer;
use crate::auth::visitor::{Visit, VisitRead};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::request::Form;

/// The form.
#[derive(Debug, Deserialize)]
pub struct Switch {
    /// Where to.
    to: AccountId,
}

/// A new login in the other account, which ends when the one would have ended that the browser had, since no password was
/// asked for. Not there and not a member of it are the same.
pub async fn switch(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    peer: Peer,
    headers: HeaderMap,
    Form(form): Form<Switch>,
) -> Result<Response> {
    const ENDED: Error = Error::Unauthorized("Sign in again; you were signed out.");
    let opening = login::open(
        &app,
        (visitor.user_id(), visitor.caller.auth_epoch),
        &headers,
        &peer.place(),
    );
    let before = login::digest(&headers, &app.settings).ok_or(ENDED)?;
    let (caller, now, seed, login) = (visitor.caller, app.now(), seed(), opening.login);
    app.write(move |tx| {
        let (caller, mut login) = (caller.clone(), login.clone());
        Box::pin(async move {
            login.expires_at = logins::expires_at(tx, &before).await?.ok_or(ENDED)?;
            if !logins::create(tx, form.to, &login, now).await? {
                return Err(Error::NotFound);
            }
            // It may have been ended meanwhile, and then lets nobody go on.
            logins::end_by_hash(tx, &before).await?.ok_or(ENDED)?;
            // Each account's log says it of itself alone.
            let mut random = Random::new(seed);
            let entries = [(caller.account_id, "left"), (form.to, "entered")].map(|(account, what)| {
                let object = Object::new("account", account.uuid());
                let action = AuditAction::AccountSwitched;
                let mut entry = caller.entry(now, &mut random, action, object, &[what]);
                entry.by = Some(By::Login(login.id));
                (account, entry)
            });
            Ok(audit::write_all(tx, &entries).await?)
        })
    })
    .await?;
    let head = [
        (LOCATION, HeaderValue::from_static("/")),
        (SET_COOKIE, opening.cookie),
    ];
    Ok((StatusCode::SEE_OTHER, head).into_response())
}
