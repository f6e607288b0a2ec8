//! `/forgot`: a letter with a link that sets a new password, for whoever has the address. Whether somebody has it shows
//! in neither the answer nor its timing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_store::mail_tokens::Purpose;
use serde::Deserialize;

use super::components::form::Line;
use super::letter_door as door;
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::letters::{self, Secret};
use crate::auth::peer::Peer;
use crate::auth::person::email;
use crate::auth::visitor::Look;
use crate::context::App;
use crate::error::Result;
use crate::mail;
use crate::request::Form;

/// The form.
#[derive(Debug, Default, Deserialize)]
pub struct Forgot {
    #[serde(default)]
    email: String,
}

/// Shows the form, or whom to ask where there is no mail.
pub async fn show(State(app): State<App>, look: Look) -> Response {
    if mail::available(&app) {
        form(&app, look, "", None, None).into_response()
    } else {
        no_mail(&app, look)
    }
}

/// Sends a letter, or does as much.
pub async fn send(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    Form(typed): Form<Forgot>,
) -> Result<Response> {
    if !mail::available(&app) {
        return Ok(no_mail(&app, look));
    }
    let Ok(email) = email(&typed.email) else {
        let page = form(&app, look, &typed.email, None, Some(common::EMAIL_WRONG));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    if let Err(error) = letters::reserve(&app, &peer, &email).await {
        return door::refused(error, |detail| form(&app, look, &email, Some(detail), None));
    }
    let (secret, told, to, now) = (
        Secret::new(&app, Purpose::Reset),
        app.clone(),
        email.clone(),
        app.now(),
    );
    app.write(move |tx| {
        let (secret, told, to) = (secret.clone(), told.clone(), to.clone());
        Box::pin(async move { secret.send(tx, &told, &to, now).await })
    })
    .await?;
    let text = words::sent_reset(&email);
    let title = (words::LETTER, "forgot");
    Ok(door::said(
        &app,
        look,
        StatusCode::OK,
        title,
        (&text, Some(("/sign-in", words::BACK))),
    ))
}

fn no_mail(app: &App, look: Look) -> Response {
    let said = (words::FORGOT_NO_MAIL, Some(("/sign-in", words::BACK)));
    door::said(app, look, StatusCode::OK, (words::FORGOT, "forgot"), said)
}

fn form(app: &App, look: Look, email: &str, wrong: Option<&str>, error: Option<&str>) -> Markup {
    let line = Line {
        name: "email",
        label: common::EMAIL,
        kind: "email",
        value: email,
        autocomplete: "username",
        error,
        focus: true,
        ..Line::default()
    };
    let content = html! {
        @if let Some(wrong) = wrong { (door::summary(wrong)) } @else { p { (words::FORGOT_HELP) } }
        form class="stack" method="post" action="/forgot" {
            (line.draw())
            button class="button primary block" type="submit" { (words::SEND_LETTER) }
        }
        p class="door-links" { a href="/sign-in" { (words::BACK) } }
    };
    door::page(app, look, (words::FORGOT, "forgot"), &content)
}
