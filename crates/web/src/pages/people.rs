//! `GET /people`: who is in the account.

use axum::extract::State;
use maud::{Markup, html};
use resolutionflow_store::members::{self, Member};
use serde::Deserialize;

use super::components::filter::address;
use super::components::{avatar, time};
use super::shell::{self, Frame, Section};
use super::words::people as words;
use crate::api::page::{self, Page};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::request::Query;

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    cursor: Option<String>,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Query(place): Query<Place>,
) -> Result<Markup> {
    let (account, limit) = (visitor.caller.account_id, page::limit(&app, None)?);
    let after = page::id_cursor(place.cursor.as_deref())?;
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(members::list(tx, account, after, limit + 1).await?) }))
        .await?;
    let people: Page<Member> = page::page(rows, limit, |row| page::after_id(&row.user_id), |row| row);
    let content = html! {
        div class="page-head" { div { h1 { (words::TITLE) } p class="page-sub" { (visitor.account_name) } } }
        ul class="list people" { @for member in &people.items { (row(&visitor, member)) } }
        @if people.next_cursor.is_some() || after.is_some() {
            div class="more-rows" {
                @if after.is_some() { a class="button" href="/people" { (words::FIRST) } }
                @if let Some(cursor) = &people.next_cursor {
                    a class="button" href=(address("/people", &[("cursor", cursor)])) { (words::MORE) }
                }
            }
        }
    };
    let mut frame = Frame::new(words::TITLE, "people", Section::People);
    frame.crumbs = html! { span aria-current="page" { (words::TITLE) } };
    Ok(shell::page(&app, &visitor, &frame, &content))
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
