//! Where a person is signed in, in browsers and by programs, and ending that.

use axum::extract::State;
use axum::response::Redirect;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{FamilyId, LoginId};
use resolutionflow_core::random::Random;
use resolutionflow_store::families::{self, Family, Why};
use resolutionflow_store::logins::{self, Ended, Login};
use resolutionflow_store::{Tx, audit};

use super::{back, words};
use crate::auth::caller::Caller;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::{App, seed};
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
    let (caller, now, seed) = (visitor.caller, app.now(), seed());
    app.write(move |tx| {
        let caller = caller.clone();
        Box::pin(async move {
            let ended = logins::end(tx, caller.user_id, login).await?;
            let ended = ended.ok_or(Error::NotFound)?;
            note(tx, &caller, now, &mut Random::new(seed), &ended).await
        })
    })
    .await?;
    Ok(back("security"))
}

/// Says in the log of the login's account that it was ended.
async fn note(
    tx: &mut Tx,
    caller: &Caller,
    now: DateTime<Utc>,
    random: &mut Random,
    ended: &Ended,
) -> Result<()> {
    let object = Object::new("login", ended.login_id.uuid());
    let entry = caller.entry(now, random, AuditAction::LoginEnded, object, &[]);
    Ok(audit::write_all(tx, &[(ended.account_id, entry)]).await?)
}

/// `POST /settings/programs/{id}/end`
pub(super) async fn end_program(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(family): Path<FamilyId>,
) -> Result<Redirect> {
    let (caller, now, seed) = (visitor.caller, app.now(), seed());
    app.write(move |tx| {
        let caller = caller.clone();
        Box::pin(async move {
            let (account, user) = (caller.account_id, caller.user_id);
            if !families::end(tx, account, user, family, Why::SignedOut, now).await? {
                return Err(Error::NotFound);
            }
            let object = Object::new("program", family.uuid());
            let entry = caller.entry(now, &mut Random::new(seed), AuditAction::LoginEnded, object, &[]);
            Ok(audit::write(tx, account, &entry).await?)
        })
    })
    .await?;
    Ok(back("security"))
}

/// `POST /settings/logins/end-others`
pub(super) async fn end_others(State(app): State<App>, Visit(visitor): VisitRead) -> Result<Redirect> {
    let (caller, keep) = (visitor.caller, visitor.login_id);
    let (now, seed) = (app.now(), seed());
    app.write(move |tx| {
        let caller = caller.clone();
        Box::pin(async move {
            let mut random = Random::new(seed);
            // Each is a line of its own in the log, and they are few: a person's browsers.
            for ended in logins::end_others(tx, caller.user_id, keep).await? {
                note(tx, &caller, now, &mut random, &ended).await?;
            }
            Ok(())
        })
    })
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
