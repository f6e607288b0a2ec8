//! `/verify`: shows that an address is somebody's, by the secret that was mailed there. Looking burns nothing; it opens no
//! login. `confirm.rs` is for who signed up, and becomes somebody by it.

mod confirm;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::{self, Purpose};
use resolutionflow_store::{audit, users};
use serde::Deserialize;

use super::letter_door as door;
use super::reset::{Shown, holder};
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::peer::Peer;
use crate::auth::secret::{self, InLink};
use crate::auth::visitor::Look;
use crate::context::{App, seed};
use crate::error::Result;
use crate::request::{Form, Query};

/// The form.
#[derive(Debug, Deserialize)]
pub struct Verify {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

/// Shows the address and a button.
pub async fn show(State(app): State<App>, look: Look, Query(shown): Query<Shown>) -> Result<Response> {
    if InLink::parse(shown.token()) == Some(InLink::SignUp) {
        return confirm::show(&app, look, shown.token()).await;
    }
    let Some(holder) = holder(&app, InLink::Verify, Purpose::Verify, shown.token()).await? else {
        return Ok(gone(&app, look, words::VERIFY_GONE));
    };
    let content = html! {
        p { (words::verify_help(&holder.email)) }
        form class="stack" method="post" action="/verify" {
            input type="hidden" name="token" value=(shown.token());
            button class="button primary block" type="submit" autofocus { (words::VERIFY) }
        }
    };
    Ok(door::page(&app, look, (words::VERIFY_TITLE, "verify"), &content).into_response())
}

/// Keeps that the address is theirs, once.
pub async fn verify(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    Form(typed): Form<Verify>,
) -> Result<Response> {
    let kind = InLink::parse(&typed.token);
    if kind == Some(InLink::SignUp) {
        return confirm::confirm(&app, look, peer, typed).await;
    }
    let good = kind == Some(InLink::Verify);
    let (hash, now, seed) = (secret::digest(&typed.token), app.now(), seed());
    let done = good
        && app
            .write(move |tx| {
                let peer = peer.clone();
                Box::pin(async move {
                    let Some(user) = mail_tokens::consume(tx, &hash, Purpose::Verify, now).await? else {
                        return Ok(false);
                    };
                    if users::verify(tx, user, now).await? {
                        let (at, who) = ((now, &mut Random::new(seed)), (user, (Some(user), None)));
                        let (action, accounts) =
                            (AuditAction::AddressVerified, users::accounts(tx, user).await?);
                        let entries = peer.entries_of(at, who, action, &accounts, &[]);
                        audit::write_all(tx, &entries).await?;
                    }
                    Ok(true)
                })
            })
            .await?;
    if !done {
        return Ok(gone(&app, look, words::VERIFY_GONE));
    }
    Ok(said(
        &app,
        look,
        (StatusCode::OK, words::VERIFIED_TITLE),
        words::VERIFIED,
    ))
}

fn said(app: &App, look: Look, (status, title): (StatusCode, &str), text: &str) -> Response {
    let said = (text, Some(("/sign-in", common::SIGN_IN)));
    door::said(app, look, status, (title, "verify"), said)
}

fn gone(app: &App, look: Look, why: &str) -> Response {
    said(app, look, (StatusCode::GONE, words::LINK_GONE_TITLE), why)
}
