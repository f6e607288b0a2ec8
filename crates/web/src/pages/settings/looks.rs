//! How pages look and which keys they hear, kept by the browser in cookies that hold nothing else.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{end, words};
use crate::auth::login;
use crate::auth::visitor::{self, Look, Theme, Visit, VisitRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::icon::{Icon, icon};
use crate::request::Form;

/// For how long a browser remembers, in seconds.
const A_YEAR: u64 = 365 * 24 * 60 * 60;

/// The choice of a theme.
#[derive(Deserialize)]
pub(super) struct ThemeForm {
    theme: String,
}

/// The choice of keys; a switch that is off sends nothing.
#[derive(Deserialize)]
pub(super) struct KeysForm {
    #[serde(default)]
    keys: String,
}

/// `POST /settings/theme`
pub(super) async fn set_theme(
    State(app): State<App>,
    Visit(_): VisitRead,
    Form(form): Form<ThemeForm>,
) -> Result<Response> {
    let theme = Theme::parse(&form.theme)
        .ok_or_else(|| Error::unprocessable("/theme", "must be system, dark or light"))?;
    Ok(keep(&app, visitor::THEME, theme.as_str(), "/settings#appearance"))
}

/// `POST /settings/keys`
pub(super) async fn set_keys(
    State(app): State<App>,
    Visit(_): VisitRead,
    Form(form): Form<KeysForm>,
) -> Response {
    let keys = if form.keys == "on" { "on" } else { "off" };
    keep(&app, visitor::KEYS, keys, "/settings#keyboard")
}

/// Sets a cookie that no script reads, and goes back.
fn keep(app: &App, name: &str, value: &'static str, to: &'static str) -> Response {
    let settings = &app.settings;
    let cookie = login::set_cookie(settings, &login::own_name(settings, name), value, A_YEAR);
    let to = HeaderValue::from_static(to);
    (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response()
}

pub(super) fn appearance(look: Look) -> Markup {
    let picture = |theme| match theme {
        Theme::System => Icon::Monitor,
        Theme::Dark => Icon::Moon,
        Theme::Light => Icon::Sun,
    };
    html! {
        section class="section" id="appearance" aria-labelledby="appearance-title" {
            h2 id="appearance-title" { (words::APPEARANCE) }
            form method="post" action="/settings/theme" data-setting="theme" {
                div class="setting" {
                    span id="theme-label" { (words::THEME) }
                    (end(&html! {
                        div class="segment" role="radiogroup" aria-labelledby="theme-label" {
                            @for theme in Theme::ALL {
                                label {
                                    input type="radio" name="theme" value=(theme.as_str()) checked[look.theme == theme];
                                    span { (icon(picture(theme))) } (words::theme(theme))
                                }
                            }
                        }
                    }))
                }
            }
        }
    }
}

pub(super) fn keyboard(look: Look) -> Markup {
    html! {
        section class="section" id="keyboard" aria-labelledby="keyboard-title" {
            h2 id="keyboard-title" { (words::KEYBOARD) }
            form method="post" action="/settings/keys" data-setting="keys" {
                div class="setting" {
                    div {
                        label for="keys" { (words::SINGLE_KEYS) }
                        p class="help" id="keys-help" { (words::SINGLE_KEYS_HELP) }
                    }
                    (end(&html! {
                        input type="checkbox" class="switch" id="keys" name="keys" value="on" checked[look.keys]
                            aria-describedby="keys-help";
                    }))
                }
            }
            div class="keys-list" {
                @for (what, keys) in words::KEYS {
                    div { span { (what) } span class="keys" { @for key in keys { kbd { (key) } } } }
                }
            }
        }
    }
}
