//! `/notifications`: what the visitor was told, newest first. Reading it changes nothing; what is marked as read is
//! marked by a form.

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_core::session::Status;
use resolutionflow_store::notifications::{self, Notification};
use resolutionflow_store::sessions;
use serde::Deserialize;

use super::components::filter::address;
use super::components::{form, session, time};
use super::shell::{self, Frame, Section};
use super::words::notifications as words;
use crate::api::notifications::read::{self, ReadNotifications};
use crate::api::page::{self, Page};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitNotifications, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Form, Json, Path, Query};

/// The routes of the notifications.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/notifications", get(show))
        .route("/notifications/bell", get(bell))
        .route("/notifications/read", post(read_all))
        .route("/sessions/{id}/read", post(open))
}

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
struct Place {
    #[serde(default)]
    cursor: String,
}

async fn show(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Query(place): Query<Place>,
) -> Result<Markup> {
    let found = read(&app, &visitor, &place).await?;
    let content = html! {
        div class="page-head" {
            h1 { (words::TITLE) }
            @if visitor.bell.unread > 0 {
                form method="post" action="/notifications/read" {
                    (form::key(&app))
                    button class="button" { (words::READ_ALL) }
                }
            }
        }
        @if found.items.is_empty() {
            div class="empty" {
                p { (words::EMPTY) }
                a class="button small" href="/settings#notifications" { (words::CHOOSE) }
            }
        } @else {
            ul class="list notifications" { @for told in &found.items { (row(&visitor, told)) } }
        }
        @if found.next_cursor.is_some() || !place.cursor.is_empty() {
            div class="more-rows" {
                @if !place.cursor.is_empty() { a class="button" href="/notifications" { (words::NEWEST) } }
                @if let Some(cursor) = &found.next_cursor {
                    a class="button" href=(address("/notifications", &[("cursor", cursor)])) { (words::OLDER) }
                }
            }
        }
    };
    let mut frame = Frame::new(words::TITLE, "notifications", Section::Notifications);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    Ok(shell::page(&app, &visitor, &frame, &content))
}

async fn read(app: &App, visitor: &Visitor, place: &Place) -> Result<Page<Notification>> {
    let (account, user) = (visitor.caller.account_id, visitor.user_id());
    let limit = page::limit(app, None)?;
    let after = page::id_cursor(Some(place.cursor.as_str()).filter(|cursor| !cursor.is_empty()))?;
    let rows = app
        .read(move |tx| {
            Box::pin(
                async move { Ok(notifications::list(tx, account, user, false, after, limit + 1).await?) },
            )
        })
        .await?;
    Ok(page::page(
        rows,
        limit,
        |told| page::after_id(&told.id),
        |told| told,
    ))
}

/// What was told, which leads to its session; what is unread is marked as read on the way.
fn row(visitor: &Visitor, told: &Notification) -> Markup {
    let title = session::title(&told.flow_title, &told.session_title);
    let text = html! {
        span { (sentence(visitor, told)) ": " strong dir="auto" { (title) } }
    };
    let here = address_of(told.session_id, told.kind == NoticeKind::Completed);
    html! {
        li class={ "row" @if told.read_at.is_none() { " unread" } } id={ "notification-" (told.id) } {
            span class="row-mark" {
                @if told.read_at.is_none() { i class="dot" {} span class="visually-hidden" { (words::UNREAD) } }
            }
            @if told.read_at.is_none() {
                form class="row-title" method="post" action={ "/sessions/" (told.session_id) "/read" } {
                    button { (text) }
                }
            } @else {
                div class="row-title" { a href=(here) { (text) } }
            }
            span class="row-cell end" { (time::relative(told.created_at)) }
        }
    }
}

fn sentence(visitor: &Visitor, told: &Notification) -> Markup {
    let who = told.actor.as_deref().map_or(words::SOMEBODY, session::first_name);
    let due = told.due_at.map(time::relative);
    html! {
        @match told.kind {
            NoticeKind::PreparedForMe => (words::prepared(who)),
            NoticeKind::Taken => (words::taken(who)),
            NoticeKind::Reassigned => (words::reassigned(who, told.assigned_to_id == Some(visitor.user_id()))),
            NoticeKind::DueSoon => { (words::DUE) " " @if let Some(due) = due { (due) } },
            NoticeKind::Overdue => { (words::PAST_DUE) " " @if let Some(at) = told.due_at { (time::absolute(at)) } },
            NoticeKind::Completed => (words::completed(who)),
        }
    }
}

/// Where to read a session.
fn address_of(id: SessionId, completed: bool) -> String {
    format!("/sessions/{id}{}", if completed { "/report" } else { "" })
}

/// `GET /notifications/bell`: the way here as it stands in the top bar of every page.
async fn bell(Visit(visitor): VisitNotifications) -> Markup {
    shell::bell(visitor.bell)
}

/// `POST /notifications/read`: marks all as read.
async fn read_all(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Form(form): Form<form::Keyed>,
) -> Result<Redirect> {
    let all = ReadNotifications { ids: None, all: true };
    read::read(State(app), May(visitor.caller), form.key(), Json(all)).await?;
    Ok(Redirect::to("/notifications"))
}

/// `POST /sessions/{id}/read`: marks what the visitor was told of a session as read, and leads there.
async fn open(
    State(app): State<App>,
    Visit(visitor): VisitNotifications,
    Path(id): Path<SessionId>,
) -> Result<Redirect> {
    let (account, user, now) = (visitor.caller.account_id, visitor.user_id(), app.now());
    let status = app
        .write(move |tx| {
            Box::pin(async move {
                let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                notifications::read_of(tx, account, user, id, now).await?;
                Ok(session.status())
            })
        })
        .await?;
    Ok(Redirect::to(&address_of(id, status == Status::Completed)))
}
