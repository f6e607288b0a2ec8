//! `/invite`: what a link into an account leads to. Looking uses nothing, so that no mail scanner does; the button joins,
//! as whoever is signed in, as somebody who is known by their password, or as somebody new.

mod joining;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_store::account_invites::Shown;
use resolutionflow_store::members::email_key;
use resolutionflow_store::users;
use serde::Deserialize;

use self::joining::{Arrival, Done};
use super::components::form::Line;
use super::letter_door as door;
use super::sign_in;
use super::words::door as common;
use super::words::invites as words;
use super::words::people::role;
use super::words::sign_up;
use crate::auth::peer::Peer;
use crate::auth::visitor::{Look, Visit, VisitJoinAccount, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::inviting::{self, Code};
use crate::mail;
use crate::request::{Form, Query};

const PAGE: &str = "invite";

/// What stands in the link.
#[derive(Debug, Default, Deserialize)]
pub struct Link {
    #[serde(default)]
    code: String,
}

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Accept {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// What is wrong with each line.
#[derive(Default)]
struct Wrong {
    name: Option<&'static str>,
    email: Option<&'static str>,
    password: Option<String>,
}

impl Wrong {
    fn all(&self) -> Vec<(&'static str, &str)> {
        [
            ("name", self.name),
            ("email", self.email),
            ("password", self.password.as_deref()),
        ]
        .into_iter()
        .filter_map(|(line, wrong)| Some((line, wrong?)))
        .collect()
    }
}

/// The invite, and whether somebody here has the address that it is bound to, as far as that is told: whoever made it has
/// the link that is copied, and would learn it of any address that they type.
struct Seen {
    invite: Shown,
    is_known: bool,
    /// Whether somebody new confirms their address first, and chooses a password then.
    waits: bool,
}

async fn see(app: &App, code: Code) -> Result<Seen> {
    let (now, waits) = (app.now(), mail::available(app) && !code.is_mailed());
    app.read(move |tx| {
        Box::pin(async move {
            let invite = code.look(tx, now).await?;
            let is_known = match &invite.email {
                Some(email) if !waits => users::by_address(tx, email).await?.is_some(),
                _ => false,
            };
            Ok(Seen {
                invite,
                is_known,
                waits,
            })
        })
    })
    .await
}

/// Says who invites into which account, as what, and how to follow.
pub async fn show(
    State(app): State<App>,
    look: Look,
    visit: Option<VisitJoinAccount>,
    Query(link): Query<Link>,
) -> Result<Response> {
    let seen = match see(&app, Code::parse(&link.code)?).await {
        Err(Error::Gone(why)) => return Ok(gone(&app, look, &why)),
        seen => seen?,
    };
    let typed = Accept {
        code: link.code,
        ..Accept::default()
    };
    let visitor = visit.map(|Visit(visitor)| visitor);
    Ok(page(
        &app,
        look,
        &seen,
        visitor.as_ref(),
        &typed,
        &Wrong::default(),
        None,
    )
    .into_response())
}

/// Follows the invite.
pub async fn accept(
    State(app): State<App>,
    look: Look,
    visit: Option<VisitJoinAccount>,
    peer: Peer,
    headers: HeaderMap,
    Form(typed): Form<Accept>,
) -> Result<Response> {
    let code = Code::parse(&typed.code)?;
    let seen = match see(&app, code).await {
        Err(Error::Gone(why)) => return Ok(gone(&app, look, &why)),
        seen => seen?,
    };
    let visitor = visit.map(|Visit(visitor)| visitor);
    let arrival = Arrival {
        app: &app,
        look,
        code,
        seen: &seen,
        peer,
        headers: &headers,
        typed: &typed,
    };
    let done = match visitor.clone() {
        Some(visitor) => arrival.member(visitor).await,
        None if seen.is_known => arrival.known().await,
        None => arrival.new_person().await,
    };
    let again =
        |wrong: &Wrong, text: Option<&str>| page(&app, look, &seen, visitor.as_ref(), &typed, wrong, text);
    let none = Wrong::default();
    match done {
        Ok(Done::Answered(response)) => Ok(response),
        Ok(Done::Wrong(status, wrong)) => Ok((status, again(&wrong, None)).into_response()),
        Err(Error::Gone(why)) => Ok(gone(&app, look, &why)),
        Err(error @ Error::PlanLimit { .. }) => {
            error.log();
            Ok((error.kind().status(), again(&none, Some(words::NO_ROOM))).into_response())
        }
        Err(error) => door::refused(error, |detail| again(&none, Some(detail))),
    }
}

fn gone(app: &App, look: Look, why: &str) -> Response {
    let said = (why, Some(("/", super::words::error::HOME)));
    door::said(app, look, StatusCode::GONE, (words::GONE, PAGE), said)
}

fn page(
    app: &App,
    look: Look,
    seen: &Seen,
    visitor: Option<&Visitor>,
    typed: &Accept,
    wrong: &Wrong,
    text: Option<&str>,
) -> Markup {
    let invite = &seen.invite;
    let is_others = |visitor: &Visitor| {
        let invited = invite.email.as_deref();
        invited.is_some_and(|invited| email_key(invited) != email_key(&visitor.email))
    };
    let content = html! {
        p { (words::what(&invite.inviter, &invite.account_name, role(invite.role))) }
        @if let Some(text) = text { (door::summary(text)) }
        @match visitor {
            Some(visitor) if is_others(visitor) => {
                p { (words::joining_as(&visitor.name, &visitor.email)) }
                @if text.is_none() { p { (words::OTHER_ADDRESS) } }
                form method="post" action="/sign-out" data-sign-out {
                    button class="button block" type="submit" { (words::SIGN_OUT) }
                }
            }
            Some(visitor) => {
                p { (words::joining_as(&visitor.name, &visitor.email)) }
                form class="stack" method="post" action="/invite" {
                    input type="hidden" name="code" value=(typed.code);
                    button class="button primary block" type="submit" { (words::JOIN) }
                }
            }
            None => { (form(app, seen, typed, wrong)) }
        }
    };
    door::page(app, look, (&words::title(&invite.account_name), PAGE), &content)
}

/// The form of somebody who is not signed in.
fn form(app: &App, seen: &Seen, typed: &Accept, wrong: &Wrong) -> Markup {
    let all = wrong.all();
    let fixed = seen.invite.email.as_deref();
    let first = if seen.is_known { "password" } else { "name" };
    let focus = all.first().map_or(first, |(line, _)| *line);
    let password = Line {
        name: "password",
        label: common::PASSWORD,
        kind: "password",
        autocomplete: if seen.is_known {
            "current-password"
        } else {
            "new-password"
        },
        help: if seen.is_known { "" } else { common::PASSWORD_HELP },
        error: wrong.password.as_deref(),
        focus: focus == "password",
        ..Line::default()
    };
    let name = Line {
        name: "name",
        label: common::NAME,
        kind: "text",
        value: &typed.name,
        autocomplete: "name",
        error: wrong.name,
        focus: focus == "name",
        ..Line::default()
    };
    let email = Line {
        name: "email",
        label: common::EMAIL,
        kind: "email",
        value: &typed.email,
        autocomplete: "username",
        error: wrong.email,
        focus: focus == "email",
        ..Line::default()
    };
    html! {
        @if seen.is_known { p { (words::KNOWN_HELP) } }
        (door::summary_of(&all))
        form class="stack" method="post" action="/invite" {
            input type="hidden" name="code" value=(typed.code);
            @if !seen.is_known { (name.draw()) }
            @if let Some(fixed) = fixed {
                div class="field" {
                    label for="email" { (common::EMAIL) }
                    input class="control" id="email" type="email" value=(fixed) readonly autocomplete="username";
                    @if let Some(wrong) = wrong.email { p class="error" { (wrong) } }
                }
            } @else {
                (email.draw())
            }
            @if !seen.waits { (password.draw()) }
            button class="button primary block" type="submit" {
                (if seen.is_known { words::JOIN_KNOWN } else { words::JOIN_NEW })
            }
        }
        @if !seen.is_known {
            p class="door-links" { a href=(sign_in::address(&inviting::path(&typed.code))) { (words::HAVE_ONE) } }
        } @else if mail::available(app) {
            p class="door-links" { a href="/forgot" { (sign_up::FORGOT_LINK) } }
        }
    }
}
