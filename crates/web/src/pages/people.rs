//! `/people`: who is in the account, and who is invited.

mod invites;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};
use resolutionflow_store::members::{self, Member};
use serde::Deserialize;

use super::components::filter::address;
use super::components::{avatar, time};
use super::shell::{self, Frame, Section};
use super::words::invites as invited;
use super::words::people as words;
use crate::api::page::{self as list, Page};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::mail;
use crate::request::Query;

/// The routes of the page.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/people", get(show))
        // Whoever reloads what was refused comes back to the page.
        .route(
            "/people/invites",
            get(async || Redirect::to("/people")).post(invites::invite),
        )
        .route("/people/invites/{id}/resend", post(invites::renew))
        .route("/people/invites/{id}/revoke", post(invites::take_back))
}

/// Which part of the list, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    cursor: Option<String>,
    /// How many invites were made.
    invited: Option<usize>,
    /// What was done to an invite.
    done: Option<String>,
}

impl Place {
    /// What was just done, in words.
    fn done(&self, app: &App) -> Option<String> {
        match (self.invited, self.done.as_deref()) {
            (Some(count), _) => Some(invited::made(count, mail::available(app))),
            (None, Some("resent")) => Some(invited::RESENT.to_owned()),
            (None, Some("revoked")) => Some(invited::REVOKED.to_owned()),
            _ => None,
        }
    }
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(place): Query<Place>,
) -> Result<Markup> {
    page(&app, &visitor, &place, &invites::Refused::default()).await
}

async fn page(app: &App, visitor: &Visitor, place: &Place, refused: &invites::Refused) -> Result<Markup> {
    let (account, limit) = (visitor.caller.account_id, list::limit(app, None)?);
    let after = list::id_cursor(place.cursor.as_deref())?;
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(members::list(tx, account, after, limit + 1).await?) }))
        .await?;
    let people: Page<Member> = list::page(rows, limit, |row| list::after_id(&row.user_id), |row| row);
    let content = html! {
        div class="page-head" { div { h1 { (words::TITLE) } p class="page-sub" { (visitor.account_name) } }
            @if invites::may(visitor) { a class="button primary" href="#invite" { (invited::INVITE) } }
        }
        ul class="list people" { @for member in &people.items { (row(visitor, member)) } }
        @if people.next_cursor.is_some() || after.is_some() {
            div class="more-rows" {
                @if after.is_some() { a class="button" href="/people" { (words::FIRST) } }
                @if let Some(cursor) = &people.next_cursor {
                    a class="button" href=(address("/people", &[("cursor", cursor)])) { (words::MORE) }
                }
            }
        }
        (invites::section(app, visitor, refused).await?)
    };
    let mut frame = Frame::new(words::TITLE, "people", Section::People);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    if let Some(done) = place.done(app) {
        frame.toast = html! { span { (done) } };
    }
    Ok(shell::page(app, visitor, &frame, &content))
}

fn row(visitor: &Visitor, member: &Member) -> Markup {
    let colour = avatar::colour(member.user_id);
    html! {
        li class={ "row" @if member.disabled_at.is_some() { " gone" } } {
            span class={ "avatar " (colour) } aria-hidden="true" { (avatar::initials(&member.name)) }
            div class="row-title" {
                span { (member.name) }
                @if member.user_id == visitor.user_id() { span class="chip" { (words::YOU) } }
                span class="faint" { (member.email) }
            }
            span class="row-cell" { (words::role(member.role)) }
            span class="row-cell" {
                @if member.disabled_at.is_some() { (words::LEFT) } @else {
                    (words::SINCE) " " (time::day(member.created_at))
                }
            }
        }
    }
}
