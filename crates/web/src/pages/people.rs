//! `/people`: who is in the account, who is invited, what may be done to whom, and the teams.

mod change;
mod invites;
mod menu;
mod owner;
mod remove;
mod teams;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, Role, may, may_invite_as};
use resolutionflow_core::id::{TeamId, UserId};
use resolutionflow_core::member::Standing;
use resolutionflow_store::members::{self, Member};
use resolutionflow_store::teams::{self as kept_teams, Team};
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

/// How long after they were last here somebody counts as here.
const NOW: TimeDelta = TimeDelta::minutes(10);

/// The routes of the people.
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
        .route("/people/{id}/change", post(change::change))
        .route("/people/{id}/disable", post(change::disable))
        .route("/people/{id}/enable", post(change::enable))
        .route("/people/{id}/remove", get(remove::show).post(remove::remove))
        .route("/people/{id}/owner", get(owner::show).post(owner::transfer))
        .route("/teams", get(teams::show).post(teams::create))
        .route("/teams/{id}", get(teams::show).post(teams::rename))
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
    draw(&app, &visitor, &place, None, &invites::Refused::default()).await
}

/// The page with what was refused of an invite.
async fn page(app: &App, visitor: &Visitor, place: &Place, refused: &invites::Refused) -> Result<Markup> {
    draw(app, visitor, place, None, refused).await
}

/// What the rows need beside the members.
struct Around {
    visitor: Visitor,
    teams: Vec<Team>,
    /// How many own the account and can sign in.
    owners: i64,
    now: DateTime<Utc>,
}

impl Around {
    /// The visitor, as the rules know them.
    fn who(&self) -> Standing {
        Standing {
            user_id: self.visitor.user_id(),
            role: self.visitor.role(),
            enabled: true,
        }
    }

    /// How many own the account beside this member.
    fn other_owners(&self, member: &Member) -> i64 {
        let is_one = member.role == Role::Owner && member.disabled_at.is_none();
        self.owners - i64::from(is_one)
    }

    fn team(&self, id: TeamId) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }
}

/// Somebody, as the rules know them.
fn standing(member: &Member) -> Standing {
    Standing {
        user_id: member.user_id,
        role: member.role,
        enabled: member.disabled_at.is_none(),
    }
}

/// Whether somebody can copy links of invites, and loses that with their place.
fn sees_links(member: &Member) -> bool {
    member.disabled_at.is_none() && may_invite_as(member.role, Role::Viewer)
}

/// Whether the visitor looks after people.
fn manages(visitor: &Visitor) -> bool {
    may(visitor.role(), Relation::Member, Action::ManageMembers)
}

async fn draw(
    app: &App,
    visitor: &Visitor,
    place: &Place,
    wrong: Option<&teams::Wrong>,
    refused: &invites::Refused,
) -> Result<Markup> {
    let (account, limit) = (visitor.caller.account_id, list::limit(app, None)?);
    let after = list::id_cursor(place.cursor.as_deref())?;
    let (rows, teams, owners) = app
        .read(move |tx| {
            Box::pin(async move {
                let nobody = UserId::from_uuid(uuid::Uuid::nil());
                Ok((
                    members::list(tx, account, after, limit + 1).await?,
                    kept_teams::list(tx, account).await?,
                    members::other_owners(tx, account, nobody).await?,
                ))
            })
        })
        .await?;
    let around = Around {
        visitor: visitor.clone(),
        teams,
        owners,
        now: app.now(),
    };
    let people: Page<Member> = list::page(rows, limit, |row| list::after_id(&row.user_id), |row| row);
    let content = html! {
        div class="page-head" {
            div { h1 { (words::TITLE) } p class="page-sub" { (visitor.account_name) } }
            @if invites::may(visitor) { a class="button primary" href="#invite" { (invited::INVITE) } }
        }
        ul class="list people" { @for member in &people.items { (row(&around, member)) } }
        @if people.next_cursor.is_some() || after.is_some() {
            div class="more-rows" {
                @if after.is_some() { a class="button" href="/people" { (words::FIRST) } }
                @if let Some(cursor) = &people.next_cursor {
                    a class="button" href=(address("/people", &[("cursor", cursor)])) { (words::MORE) }
                }
            }
        }
        (invites::section(app, visitor, &around.teams, refused).await?)
        (teams::section(app, &around, wrong))
    };
    let mut frame = frame(words::TITLE);
    if let Some(done) = place.done(app) {
        frame.toast = html! { span { (done) } };
    }
    Ok(shell::page(app, visitor, &frame, &content))
}

/// The frame of the page, or of one that belongs to it.
fn frame(title: &str) -> Frame {
    let mut frame = Frame::new(title, "people", Section::People);
    frame.crumbs = html! {
        @if title == words::TITLE {
            span aria-current="page" { (title) }
        } @else {
            a href="/people" { (words::TITLE) } " / " span aria-current="page" { (title) }
        }
    };
    frame
}

fn row(around: &Around, member: &Member) -> Markup {
    let colour = avatar::colour(member.user_id);
    let is_disabled = member.disabled_at.is_some();
    html! {
        li class={ "row" @if is_disabled { " gone" } } {
            span class={ "avatar " (colour) } aria-hidden="true" { (avatar::initials(&member.name)) }
            div class="row-title" {
                span { (member.name) }
                @if member.user_id == around.visitor.user_id() { span class="chip" { (words::YOU) } }
                span class="faint" { (member.email) }
            }
            span class="row-cell" {
                (words::role(member.role))
                @if around.teams.len() > 1 && let Some(team) = around.team(member.team_id) { " · " (team.name) }
            }
            span class="row-cell" {
                @if is_disabled { (words::LEFT) } @else { (activity(member, around.now)) }
            }
            div class="row-end" { (menu::menu(around, member)) }
        }
    }
}

/// When somebody was last here.
fn activity(member: &Member, now: DateTime<Utc>) -> Markup {
    html! {
        @match member.used_at {
            Some(at) if now - at < NOW => { (words::ACTIVE_NOW) }
            Some(at) => { (words::ACTIVE) " " (time::relative(at)) }
            None => { (words::NEVER) }
        }
    }
}
