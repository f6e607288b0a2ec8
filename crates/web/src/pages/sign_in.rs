//! `/sign-in`: an address and a password for a login.

use axum::extract::{ConnectInfo, State};
use axum::http::header::{ACCEPT, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::SocketAddr;

use super::components::form::Line;
use super::shell;
use super::words::door as words;
use crate::auth::visitor::Look;
use crate::auth::{login, sign_in as passwords};
use crate::context::App;
use crate::error::{Error, Result};
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
pub async fn show(State(app): State<App>, look: Look, Query(query): Query<Next>) -> Response {
    if app.setup.is_open() {
        return Redirect::to("/setup").into_response();
    }
    form(&app, look, "", path(&query.next), false).into_response()
}

/// Signs in: a new login, and the one that the browser had before ends.
pub async fn sign_in(
    State(app): State<App>,
    look: Look,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form_): Form<SignIn>,
) -> Result<Response> {
    let (email, next) = (form_.email, path(&form_.next).to_owned());
    let script = headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let found = passwords::verify(&app, email.clone(), form_.password).await?;
    let mut cookie = None;
    if let Some(person) = found {
        let place = address.ip().to_canonical().to_string();
        let opening = login::open(&app, person.user_id, &headers, &place);
        let before = login::digest(&headers, &app.settings);
        if login::keep(&app, person.account_id, opening.login, before, app.now()).await? {
            cookie = Some(opening.cookie);
        }
    }
    Ok(match cookie {
        Some(cookie) if script => (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response(),
        Some(cookie) => {
            let to = HeaderValue::from_str(&next).map_err(Error::internal)?;
            (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response()
        }
        None if script => Error::Unauthorized(words::WRONG).into_response(),
        None => (StatusCode::UNAUTHORIZED, form(&app, look, &email, &next, true)).into_response(),
    })
}

fn form(app: &App, look: Look, email: &str, next: &str, wrong: bool) -> Markup {
    let content = html! {
        div class="door-mark" { (super::components::icon::mark()) span { (super::words::shell::PRODUCT) } }
        h1 { (words::SIGN_IN) }
        @if wrong {
            div class="error-summary" role="alert" { p { (words::WRONG) } }
        }
        form class="stack" method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            (Line { name: "email", label: words::EMAIL, kind: "email", value: email, autocomplete: "username",
                focus: email.is_empty(), ..Line::default() }.draw())
            (Line { name: "password", label: words::PASSWORD, kind: "password", autocomplete: "current-password",
                error: wrong.then_some(words::WRONG_HELP), focus: !email.is_empty(), ..Line::default() }.draw())
            button class="button primary block" type="submit" { (words::SIGN_IN) }
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
