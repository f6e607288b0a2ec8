//! `/settings`: how pages look and sound to keys, where one is signed in, and what programs may act for one.

mod logins;
mod looks;
mod tokens;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};

use super::shell::{self, Frame, Section};
use super::words::settings as words;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use tokens::Making;

/// The routes of the settings.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/theme", post(looks::set_theme))
        .route("/settings/keys", post(looks::set_keys))
        .route("/settings/logins/end-others", post(logins::end_others))
        .route("/settings/logins/{id}/end", post(logins::end))
        .route("/settings/tokens", post(tokens::create))
        .route("/settings/tokens/{id}/revoke", post(tokens::revoke))
}

async fn show(State(app): State<App>, Visit(visitor): VisitRead) -> Result<Markup> {
    page(&app, &visitor, &Making::default()).await
}

/// Back to a part of the page after a change.
fn back(part: &str) -> Redirect {
    Redirect::to(&format!("/settings#{part}"))
}

async fn page(app: &App, visitor: &Visitor, making: &Making) -> Result<Markup> {
    let logins = logins::section(app, visitor).await?;
    let tokens = tokens::section(app, visitor, making).await?;
    let parts = [
        ("profile", words::PROFILE),
        ("appearance", words::APPEARANCE),
        ("keyboard", words::KEYBOARD),
        ("security", words::LOGINS),
        ("tokens", words::TOKENS),
    ];
    let content = html! {
        div class="page-head" { h1 { (words::TITLE) } }
        div class="settings" {
            nav class="settings-nav" aria-label=(words::TITLE) {
                @for (id, label) in parts { a href={ "#" (id) } { (label) } }
            }
            (profile(visitor))
            (looks::appearance(visitor.look))
            (looks::keyboard(visitor.look))
            (logins)
            (tokens)
        }
    };
    let frame = Frame {
        crumbs: html! { span aria-current="page" { (words::TITLE) } },
        ..Frame::new(words::TITLE, "settings", Section::Settings)
    };
    Ok(shell::page(app, visitor, &frame, &content))
}

fn profile(visitor: &Visitor) -> Markup {
    let lines = [
        (words::NAME, visitor.name.as_str()),
        (words::EMAIL, visitor.email.as_str()),
        (words::ACCOUNT, visitor.account_name.as_str()),
        (words::ROLE, words::role(visitor.role())),
    ];
    html! {
        section class="section" id="profile" aria-labelledby="profile-title" {
            h2 id="profile-title" { (words::PROFILE) }
            dl class="facts" { @for (name, value) in lines { dt { (name) } dd { (value) } } }
        }
    }
}
