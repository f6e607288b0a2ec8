//! Where a person is signed in, in browsers and by programs, and ending that.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use resolutionflow_core::id::{FamilyId, LoginId};
use resolutionflow_store::families::{self, Family, Why};
use resolutionflow_store::logins::{self, Login};

use super::{back, words};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::time::relative;
use crate::request::Path;

/// `POST /settings/logins/{id}/end`
pub(super) async fn end(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(login): Path<LoginId>,
) -> Result<Redirect> {
    let user = visitor.user_id();
    let ended = app
        .write(move |tx| Box::pin(async move { Ok(logins::end(tx, user, login).await?) }))
        .await?;
    if ended {
        Ok(back("security"))
    } else {
        Err(Error::NotFound)
    }
}

/// `POST /settings/programs/{id}/end`
pub(super) async fn end_program(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(family): Path<FamilyId>,
) -> Result<Redirect> {
    let (account, user, now) = (visitor.caller.account_id, visitor.user_id(), app.now());
    let ended = app
        .write(move |tx| {
            Box::pin(async move { Ok(families::end(tx, account, user, family, Why::SignedOut, now).await?) })
        })
        .await?;
    if ended {
        Ok(back("security"))
    } else {
        Err(Error::NotFound)
    }
}

/// `POST /settings/logins/end-others`
pub(super) async fn end_others(State(app): State<App>, Visit(visitor): VisitRead) -> Result<Redirect> {
    let (user, keep) = (visitor.user_id(), visitor.login_id);
    app.write(move |tx| Box::pin(async move { Ok(logins::end_others(tx, user, keep).await?) }))
        .await?;
    Ok(back("security"))
}

pub(super) async fn section(app: &App, visitor: &Visitor) -> Result<Markup> {
    let (user, now) = (visitor.user_id(), app.now());
    let idle_since = now - app.settings.auth.login_idle;
    let account = visitor.caller.account_id;
    let (mut logins, programs) = app
        .read(move |tx| {
            Box::pin(async move {
                Ok((
                    logins::list(tx, user, idle_since, now).await?,
                    families::list(tx, account, user, now).await?,
                ))
            })
        })
        .await?;
    // The one that looks stands first.
    logins.sort_by_key(|login| login.id != visitor.login_id);
    Ok(html! {
        section class="section" id="security" aria-labelledby="security-title" {
            div class="section-head" {
                h2 id="security-title" { (words::LOGINS) }
                @if logins.len() > 1 || programs.iter().any(|program| program.ended.is_none()) {
                    form class="end" method="post" action="/settings/logins/end-others" {
                        button class="button small" type="submit" { (words::OTHERS) }
                    }
                }
            }
            ul class="list logins" {
                @for login in &logins { (row(login, login.id == visitor.login_id)) }
                @for program in &programs { (program_row(program)) }
            }
        }
    })
}

fn row(login: &Login, is_this: bool) -> Markup {
    let device = if login.device.is_empty() {
        words::UNKNOWN_DEVICE
    } else {
        &login.device
    };
    html! {
        li class="row" {
            (icon(Icon::Monitor))
            div class="row-title" {
                (device)
                @if is_this { span class="chip ok" { (words::THIS) } }
                span class="faint" { (login.place) }
            }
            span class="row-cell" { @if is_this { (words::NOW) } @else { (relative(login.last_used_at)) } }
            div class="row-end" {
                @if !is_this {
                    form method="post" action={ "/settings/logins/" (login.id) "/end" } {
                        button class="button small danger" type="submit" aria-label=(words::end(device)) { (words::END) }
                    }
                }
            }
        }
    }
}

fn program_row(program: &Family) -> Markup {
    let device = if program.device.is_empty() {
        words::PROGRAM
    } else {
        &program.device
    };
    html! {
        li class="row" {
            (icon(Icon::Key))
            div class="row-title" {
                (device)
                // Only a family whose token was stolen is shown after its end.
                @if program.ended.is_some() { span class="chip bad" { (words::STOLEN) } }
                span class="faint" { (program.place) }
            }
            span class="row-cell" { (relative(program.ended.map_or(program.last_used_at, |(at, _)| at))) }
            div class="row-end" {
                @if program.ended.is_none() {
                    form method="post" action={ "/settings/programs/" (program.id) "/end" } {
                        button class="button small danger" type="submit" aria-label=(words::end(device)) { (words::END) }
                    }
                }
            }
        }
    }
}
