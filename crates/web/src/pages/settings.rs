//! `/settings`: how pages look and sound to keys, what one is told of, where one is signed in, and what programs may
//! act for one; for admins also what holds for the account, and what was done to it.

mod audit;
mod defaults;
mod logins;
mod looks;
mod notifications;
mod password;
mod profile;
mod tokens;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::shell::{self, Frame, Section};
use super::words::settings as words;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::request::Query;
use tokens::Making;

/// The routes of the settings.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/theme", post(looks::set_theme))
        .route("/settings/keys", post(looks::set_keys))
        .route("/settings/notifications/{kind}", post(notifications::choose))
        .route("/settings/mail", post(notifications::choose_daily))
        .route("/settings/account", post(defaults::change))
        .route("/settings/profile", post(profile::change))
        .route("/settings/password", post(password::change))
        .route("/settings/audit", get(audit::show))
        .route("/settings/audit.jsonl", get(audit::lines))
        .route("/settings/logins/end-others", post(logins::end_others))
        .route("/settings/logins/{id}/end", post(logins::end))
        .route("/settings/programs/{id}/end", post(logins::end_program))
        .route("/settings/tokens", post(tokens::create))
        .route("/settings/tokens/{id}/revoke", post(tokens::revoke))
}

/// What was done before the page is shown.
#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    password: String,
}

async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(before): Query<Before>,
) -> Result<Markup> {
    let shown = Refused {
        password_changed: before.password == "changed",
        ..Refused::default()
    };
    page(&app, &visitor, &shown).await
}

/// What the page shows beside what is kept: what was just made, and what was refused.
#[derive(Default)]
struct Refused {
    making: Making,
    password: password::Wrong,
    password_changed: bool,
    /// What was typed as a name, and what is wrong with it.
    name: Option<(String, String)>,
    /// What was typed for the days after which a prepared session is old, and what is wrong with it.
    stale_days: Option<(String, String)>,
}

/// The end of a setting: a control that is saved as soon as it changes, which is said beside it. Without scripts it is
/// saved by hand.
fn end(control: &Markup) -> Markup {
    html! {
        div class="setting-end" {
            span class="tick" role="status" {}
            (control)
            noscript { button class="button small" type="submit" { (words::SAVE) } }
        }
    }
}

/// Back to a part of the page after a change.
fn back(part: &str) -> Redirect {
    Redirect::to(&format!("/settings#{part}"))
}

async fn page(app: &App, visitor: &Visitor, refused: &Refused) -> Result<Markup> {
    let told = notifications::section(app, visitor).await?;
    let defaults = defaults::section(app, visitor, refused.stale_days.as_ref()).await?;
    let logins = logins::section(app, visitor).await?;
    let tokens = tokens::section(app, visitor, &refused.making).await?;
    let parts = [
        ("profile", words::PROFILE),
        ("appearance", words::APPEARANCE),
        ("keyboard", words::KEYBOARD),
        ("notifications", words::NOTIFICATIONS),
        ("password", words::PASSWORD),
        ("security", words::LOGINS),
        ("tokens", words::TOKENS),
        ("account", words::DEFAULTS),
        ("plan", words::PLAN),
        ("audit", words::AUDIT),
    ];
    let shown = |id: &str| match id {
        "account" | "plan" => defaults::concern(visitor),
        "audit" => audit::concerns(visitor),
        _ => true,
    };
    let content = html! {
        div class="page-head" { h1 { (words::TITLE) } }
        div class="settings" {
            nav class="settings-nav" aria-label=(words::TITLE) {
                @for (id, label) in parts.into_iter().filter(|(id, _)| shown(id)) { a href={ "#" (id) } { (label) } }
            }
            (profile::section(visitor, refused.name.as_ref()))
            (looks::appearance(visitor.look))
            (looks::keyboard(visitor.look))
            (told)
            (password::section(visitor, &refused.password, refused.password_changed))
            (logins)
            (tokens)
            (defaults)
            (audit::section(visitor))
        }
    };
    let frame = Frame {
        crumbs: html! { span aria-current="page" { (words::TITLE) } },
        ..Frame::new(words::TITLE, "settings", Section::Settings)
    };
    Ok(shell::page(app, visitor, &frame, &content))
}
