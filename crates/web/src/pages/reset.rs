//! `/reset`: a new password, for whoever shows the secret that was mailed to them. Looking burns nothing, so that no mail
//! scanner does; it opens no login.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::{self, Holder, Purpose};
use resolutionflow_store::{audit, users};
use serde::Deserialize;

use super::components::form::Line;
use super::letter_door as door;
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::peer::Peer;
use crate::auth::secret::{self, InLink};
use crate::auth::visitor::Look;
use crate::auth::{letters, password};
use crate::context::{App, seed};
use crate::error::Result;
use crate::request::{Form, Query};

/// What stands in the link.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    #[serde(default)]
    token: String,
}

impl Shown {
    /// The secret.
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Reset {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

/// Whose secret this is, as long as it is good.
pub(super) async fn holder(app: &App, kind: InLink, purpose: Purpose, token: &str) -> Result<Option<Holder>> {
    if InLink::parse(token) != Some(kind) {
        return Ok(None);
    }
    let (hash, now) = (secret::digest(token), app.now());
    app.read(move |tx| Box::pin(async move { Ok(mail_tokens::holder(tx, &hash, purpose, now).await?) }))
        .await
}

/// Shows the form.
pub async fn show(State(app): State<App>, look: Look, Query(shown): Query<Shown>) -> Result<Response> {
    let holder = holder(&app, InLink::Reset, Purpose::Reset, &shown.token).await?;
    Ok(match holder {
        Some(holder) => form(&app, look, &shown.token, &holder, None).into_response(),
        None => gone(&app, look),
    })
}

/// Sets the password, once, and ends everything that the person is signed in with.
pub async fn set(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    Form(typed): Form<Reset>,
) -> Result<Response> {
    let Some(holder) = holder(&app, InLink::Reset, Purpose::Reset, &typed.token).await? else {
        return Ok(gone(&app, look));
    };
    let known = [holder.name.as_str(), holder.email.as_str()];
    if let Some(wrong) = password::fault(&typed.password, &known) {
        let page = form(&app, look, &typed.token, &holder, Some(&wrong));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let password = app.passwords.hash(typed.password, &mut app.random()).await?;
    let (hash, now, seed) = (secret::digest(&typed.token), app.now(), seed());
    let (told, email) = (app.clone(), holder.email.clone());
    let done = app
        .write(move |tx| {
            let (password, peer) = (password.clone(), peer.clone());
            let (told, email) = (told.clone(), email.clone());
            Box::pin(async move {
                let Some(user) = mail_tokens::consume(tx, &hash, Purpose::Reset, now).await? else {
                    return Ok(false);
                };
                users::reset_password(tx, user, &password, now).await?;
                let (at, who) = ((now, &mut Random::new(seed)), (user, (Some(user), None)));
                let (action, accounts) = (AuditAction::PasswordSet, users::accounts(tx, user).await?);
                let entries = peer.entries_of(at, who, action, &accounts, &["password"]);
                audit::write_all(tx, &entries).await?;
                letters::tell_of_change(tx, &told, &email, now).await?;
                Ok(true)
            })
        })
        .await?;
    if !done {
        return Ok(gone(&app, look));
    }
    let said = (words::RESET_DONE, Some(("/sign-in", common::SIGN_IN)));
    Ok(door::said(
        &app,
        look,
        StatusCode::OK,
        (words::RESET_DONE_TITLE, "reset"),
        said,
    ))
}

fn gone(app: &App, look: Look) -> Response {
    let said = (words::LINK_GONE, Some(("/forgot", words::ANOTHER_LETTER)));
    door::said(
        app,
        look,
        StatusCode::GONE,
        (words::LINK_GONE_TITLE, "reset"),
        said,
    )
}

fn form(app: &App, look: Look, token: &str, holder: &Holder, wrong: Option<&str>) -> Markup {
    let line = Line {
        name: "password",
        label: words::NEW_PASSWORD,
        kind: "password",
        help: common::PASSWORD_HELP,
        autocomplete: "new-password",
        error: wrong,
        focus: true,
        ..Line::default()
    };
    let content = html! {
        @if let Some(wrong) = wrong { (door::summary_of(&[("password", wrong)])) }
        p { (words::reset_for(&holder.email)) }
        form class="stack" method="post" action="/reset" {
            input type="hidden" name="token" value=(token);
            // So that password managers know whose it is.
            input type="email" name="username" autocomplete="username" value=(holder.email) hidden;
            (line.draw())
            button class="button primary block" type="submit" { (words::SET_PASSWORD) }
        }
    };
    door::page(app, look, (words::RESET, "reset"), &content)
}
