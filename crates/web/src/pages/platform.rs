//! `/platform`: the accounts of this server, their plans, and how the server does; for who runs it, and not there for
//! anybody else.

use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use resolutionflow_core::plan::{Limits, Resource, Usage};

use super::shell::{self, Frame, Section};
use super::words::platform as words;
use crate::auth::visitor::Visitor;
use crate::context::App;

mod accounts;
mod invites;
mod plans;
mod server;

/// The routes of these pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/platform", get(accounts::list))
        .route("/platform/accounts/{id}", get(accounts::show))
        .route("/platform/accounts/{id}/plan", post(accounts::set_plan))
        .route("/platform/plans", get(plans::list).post(plans::create))
        .route("/platform/plans/{id}", get(plans::show).post(plans::change))
        .route("/platform/invites", get(invites::list).post(invites::create))
        .route("/platform/invites/{id}/revoke", post(invites::revoke))
        .route("/platform/server", get(server::show))
}

/// Which of the pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Accounts,
    Plans,
    Invites,
    Server,
}

impl Part {
    const ALL: [Self; 4] = [Self::Accounts, Self::Plans, Self::Invites, Self::Server];

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Accounts => ("/platform", words::ACCOUNTS),
            Self::Plans => ("/platform/plans", words::PLANS),
            Self::Invites => ("/platform/invites", words::INVITES),
            Self::Server => ("/platform/server", words::SERVER),
        }
    }
}

/// A page of this part; `name` is what it is about, where it is about one thing.
fn page(app: &App, visitor: &Visitor, part: Part, name: Option<&str>, content: &Markup) -> Markup {
    let (path, title) = part.row();
    let content = html! {
        div class="page-head" { div { h1 { (name.unwrap_or(title)) } p class="page-sub" { (words::HELP) } } }
        nav class="tabs" aria-label=(words::TITLE) {
            @for one in Part::ALL {
                @let (path, title) = one.row();
                a href=(path) aria-current=[(one == part).then_some("page")] { (title) }
            }
        }
        (content)
    };
    let mut frame = Frame::new(name.unwrap_or(title), "platform", Section::Settings);
    frame.crumbs = html! {
        a href="/platform" { (words::TITLE) }
        @if name.is_some() { a href=(path) { (title) } }
        span aria-current="page" { (name.unwrap_or(title)) }
    };
    shell::page(app, visitor, &frame, &content)
}

/// What an account has of what it may have, one resource a line.
pub(in crate::pages) fn usage(limits: &Limits, usage: &Usage) -> Markup {
    html! {
        dl class="facts" {
            @for resource in Resource::ALL {
                @let (used, limit) = (usage.of(resource), limits.of(resource));
                dt { (words::resource(resource)) }
                dd {
                    (words::used(used, limit))
                    @if limit.is_some_and(|limit| used >= limit) { " " span class="chip warn" { (words::REACHED) } }
                }
            }
        }
    }
}
