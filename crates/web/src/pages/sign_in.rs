//! `/sign-in`: an address and a password for a login.

use axum::extract::State;
use axum::http::header::{ACCEPT, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::components::form::Line;
use super::refusal::Refusal;
use super::shell;
use super::words::door as words;
use super::words::sign_up;
use crate::auth::peer::Peer;
use crate::auth::visitor::Look;
use crate::auth::{device, login, sign_in as passwords};
use crate::config::SignupMode;
use crate::context::App;
use crate::error::{Error, Result};
use crate::mail;
use crate::request::{Form, Query};

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    /// A path of this server.
    #[serde(default)]
    next: String,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// A path of this server; anything else leads home, so that no link can send people elsewhere from here.
fn path(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && HeaderValue::from_str(next).is_ok();
    if ours { next } else { "/" }
}

/// The address of the page, with the way back to where somebody was.
pub fn address(next: &str) -> String {
    if next == "/" {
        return "/sign-in".to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("/sign-in?{query}")
}

/// Shows the form.
pub async fn show(State(app): State<App>, look: Look, Query(query): Query<Next>) -> Result<Response> {
    if app.setup.waits(&app.db).await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(form(&app, look, "", path(&query.next), None).into_response())
}

/// What was wrong with a try.
enum Wrong {
    /// The password, or the address, or that nobody showed yet whose the address is.
    Password,
    /// That there were so many; says when to try again.
    TooMany(String),
    /// Neither; says what.
    Other(String),
}

/// Signs in: a new login, and the one that the browser had before ends.
pub async fn sign_in(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    headers: HeaderMap,
    Form(form_): Form<SignIn>,
) -> Result<Response> {
    let (email, next) = (form_.email, path(&form_.next).to_owned());
    let script = headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let known = device::digest(&headers, &app.settings);
    let found = match passwords::verify(&app, &peer, known, email.clone(), form_.password).await {
        Err(error) if !script => {
            let refusal = Refusal::of(error)?;
            let wrong = match refusal.error() {
                Error::TooManyRequests { detail, .. } => Wrong::TooMany(detail.clone()),
                _ => Wrong::Other(refusal.text()),
            };
            return Ok(refusal.answer(form(&app, look, &email, &next, Some(&wrong))));
        }
        found => found?,
    };
    let mut cookies = None;
    if let Some(person) = found {
        let opening = login::open(&app, (person.user_id, person.auth_epoch), &headers, &peer.place());
        let before = login::digest(&headers, &app.settings);
        let device = device::prepare(&app, &headers);
        let kept = login::keep(&app, &person, &opening.login, device, before).await?;
        cookies = kept.map(|device| [(SET_COOKIE, opening.cookie), (SET_COOKIE, device)]);
    }
    Ok(match cookies {
        Some(cookies) if script => (StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response(),
        Some(cookies) => {
            let to = HeaderValue::from_str(&next).map_err(Error::internal)?;
            (StatusCode::SEE_OTHER, [(LOCATION, to)], AppendHeaders(cookies)).into_response()
        }
        None if script => Error::Unauthorized(not_let_in(&app).0).into_response(),
        None => {
            let page = form(&app, look, &email, &next, Some(&Wrong::Password));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    })
}

/// What to say to whoever is not let in, and what helps.
fn not_let_in(app: &App) -> (&'static str, &'static str) {
    if mail::available(app) {
        (words::WRONG_OR_UNCONFIRMED, words::WRONG_OR_UNCONFIRMED_HELP)
    } else {
        (words::WRONG, words::WRONG_HELP)
    }
}

fn form(app: &App, look: Look, email: &str, next: &str, wrong: Option<&Wrong>) -> Markup {
    let (summary, help) = match wrong {
        None => (None, None),
        Some(Wrong::Password) => {
            let (summary, help) = not_let_in(app);
            (Some(summary), Some(help))
        }
        Some(Wrong::TooMany(detail)) => (Some(detail.as_str()), Some(words::TOO_MANY_HELP)),
        Some(Wrong::Other(text)) => (Some(text.as_str()), None),
    };
    let content = html! {
        div class="door-mark" { (super::components::icon::mark()) span { (super::words::shell::PRODUCT) } }
        h1 { (words::SIGN_IN) }
        @if let Some(summary) = summary {
            div class="error-summary" role="alert" { p { (summary) } }
        }
        form class="stack" method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            (Line { name: "email", label: words::EMAIL, kind: "email", value: email, autocomplete: "username",
                focus: email.is_empty(), ..Line::default() }.draw())
            (Line { name: "password", label: words::PASSWORD, kind: "password", autocomplete: "current-password",
                error: help, focus: !email.is_empty(), ..Line::default() }.draw())
            button class="button primary block" type="submit" { (words::SIGN_IN) }
        }
        p class="door-links" {
            a href="/forgot" { (sign_up::FORGOT_LINK) }
            @if app.settings.signup.mode != SignupMode::Closed { a href="/sign-up" { (sign_up::CREATE_LINK) } }
        }
    };
    shell::plain(app, look, words::SIGN_IN, "sign-in", &content)
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn the_way_on_stays_on_this_server() {
        assert_eq!(path("/sessions/1?step=a"), "/sessions/1?step=a");
        for foreign in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:x",
            "/a\r\nb",
        ] {
            assert_eq!(path(foreign), "/", "{foreign:?}");
        }
    }
}
