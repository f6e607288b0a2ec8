//! `/invite`: what a link into an account leads to. Looking uses nothing, so that no mail scanner does; the button joins,
//! as whoever is signed in, as somebody who is known by their password, or as somebody new.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_store::account_invites::{Accepted, Shown};
use resolutionflow_store::mail_tokens::Purpose;
use resolutionflow_store::members::{self, NewUser, email_key};
use resolutionflow_store::{audit, logins, users};
use serde::Deserialize;

use super::components::form::Line;
use super::letter_door as door;
use super::sign_in;
use super::words::door as common;
use super::words::invites as words;
use super::words::people::role;
use super::words::sign_up;
use crate::api::invites::accept::{self, AcceptInvite};
use crate::auth::caller::May;
use crate::auth::letters::{self, Secret};
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::sign_in::{Proved, prove};
use crate::auth::visitor::{Look, Visit, VisitJoinAccount, Visitor};
use crate::auth::{device, login, password};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::{self, Code};
use crate::mail;
use crate::request::{Form, Json, Query};

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

/// The invite, and whether somebody here has the address that it is bound to.
struct Seen {
    invite: Shown,
    is_known: bool,
}

async fn see(app: &App, code: Code) -> Result<Seen> {
    let now = app.now();
    app.read(move |tx| {
        Box::pin(async move {
            let invite = code.look(tx, now).await?;
            let is_known = match &invite.email {
                Some(email) => users::by_address(tx, email).await?.is_some(),
                None => false,
            };
            Ok(Seen { invite, is_known })
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
    let said = (visitor.is_none()).then(|| (peer, &headers));
    let done = match (visitor.clone(), said) {
        (Some(visitor), _) => member(&app, look, visitor, &typed.code).await,
        (None, Some((peer, headers))) if seen.is_known => {
            known(&app, code, &seen, peer, headers, &typed).await
        }
        (None, Some((peer, headers))) => new(&app, look, code, &seen, peer, headers, &typed).await,
        (None, None) => return Err(Error::NotFound),
    };
    let again = |status: StatusCode, wrong: &Wrong, text: Option<&str>| {
        (
            status,
            page(&app, look, &seen, visitor.as_ref(), &typed, wrong, text),
        )
            .into_response()
    };
    match done {
        Ok(Done::Answered(response)) => Ok(response),
        Ok(Done::Wrong(status, wrong)) => Ok(again(status, &wrong, None)),
        Err(Error::Gone(why)) => Ok(gone(&app, look, &why)),
        Err(error @ (Error::Conflict { .. } | Error::Forbidden(_))) => Ok(again(
            error.kind().status(),
            &Wrong::default(),
            Some(&error.detail()),
        )),
        Err(Error::AddressNotVerified) => {
            let text = format!("{} {}", sign_up::UNVERIFIED, sign_up::UNVERIFIED_HELP);
            Ok(again(StatusCode::FORBIDDEN, &Wrong::default(), Some(&text)))
        }
        Err(error) => door::too_many(error, |detail| {
            page(&app, look, &seen, None, &typed, &Wrong::default(), Some(detail))
        }),
    }
}

/// What became of following.
enum Done {
    Answered(Response),
    /// Something that was typed is.
    Wrong(StatusCode, Wrong),
}

/// Joins as whoever is signed in.
async fn member(app: &App, look: Look, visitor: Visitor, code: &str) -> Result<Done> {
    let body = AcceptInvite {
        code: code.to_owned(),
    };
    let answer = accept::accept(State(app.clone()), May(visitor.caller), None, Json(body)).await?;
    let joined = accept::Joined::of(&answer)?;
    let title = (words::JOINED, PAGE);
    let content = html! {
        p { (words::joined(&joined.account_name, role(joined.role()))) }
        form class="stack" method="post" action="/switch" {
            input type="hidden" name="account" value=(joined.account_id);
            button class="button primary block" type="submit" { (words::switch(&joined.account_name)) }
        }
        p class="door-links" { a href="/" { (words::GO_ON) } }
    };
    Ok(Done::Answered(
        door::page(app, look, title, &content).into_response(),
    ))
}

/// Joins as somebody who has the invite's address, by their password, and signs them in there.
async fn known(
    app: &App,
    code: Code,
    seen: &Seen,
    peer: Peer,
    headers: &HeaderMap,
    typed: &Accept,
) -> Result<Done> {
    let address = seen.invite.email.clone().unwrap_or_default();
    let device = device::digest(headers, &app.settings);
    let Some(proved) = prove(app, &peer, device, address, typed.password.clone()).await? else {
        let wrong = Wrong {
            password: Some(common::WRONG_HELP.to_owned()),
            ..Wrong::default()
        };
        return Ok(Done::Wrong(StatusCode::UNAUTHORIZED, wrong));
    };
    let person = &proved.person;
    if person.verified_at.is_none() && !code.is_mailed() && mail::available(app) {
        letters::remind(app, person).await?;
        return Err(Error::AddressNotVerified);
    }
    let opening = login::open(app, person.user_id, headers, &peer.place());
    let (login, device, before) = (
        opening.login.clone(),
        device::prepare(app, headers),
        login::digest(headers, &app.settings),
    );
    let (now, seed) = (app.now(), seed());
    let kept = app
        .write(move |tx| {
            let (proved, login, device, peer) = (proved.clone(), login.clone(), device.clone(), peer.clone());
            Box::pin(async move {
                let Proved { person, .. } = &proved;
                let accepted = code.join(tx, (person.user_id, &person.email), now).await?;
                let account = accepted.account_id;
                if let Some(before) = &before {
                    logins::end_by_hash(tx, before).await?;
                }
                if !logins::create(tx, account, &login, now).await? {
                    return Ok(None);
                }
                proved.note(tx, account, By::Login(login.id)).await?;
                let by = (Some(person.user_id), Some(By::Login(login.id)));
                let entry = joined(&peer, now, seed, by, &accepted);
                audit::write(tx, account, &entry).await?;
                device.keep(tx, person.user_id, now).await.map(Some)
            })
        })
        .await?;
    enter(kept, opening.cookie)
}

/// Joins as somebody new. Who followed the mailed link is signed in; who followed the copied one has first to show that
/// the address is theirs, where there is mail.
async fn new(
    app: &App,
    look: Look,
    code: Code,
    seen: &Seen,
    peer: Peer,
    headers: &HeaderMap,
    typed: &Accept,
) -> Result<Done> {
    let address = seen.invite.email.clone();
    let address = address.unwrap_or_else(|| typed.email.trim().to_owned());
    let wrong = check(app, typed, &address);
    if !wrong.all().is_empty() {
        return Ok(Done::Wrong(StatusCode::UNPROCESSABLE_ENTITY, wrong));
    }
    let verified = seen.invite.email.is_some() && code.is_mailed();
    let sends = !verified && mail::available(app);
    if sends {
        letters::reserve(app, &peer, &address).await?;
    }
    let (now, mut random) = (app.now(), app.random());
    let hash = app.passwords.hash(typed.password.clone(), &mut random).await?;
    let user = NewUser {
        id: Id::new(now, &mut random),
        email: address.clone(),
        name: typed.name.trim().to_owned(),
        password_hash: Some(hash),
    };
    let opening = login::open(app, user.id, headers, &peer.place());
    let (login, device) = (opening.login.clone(), device::prepare(app, headers));
    let (seed, told, secret) = (seed(), app.clone(), Secret::new(app, Purpose::Verify));
    let kept = app
        .write(move |tx| {
            let (user, login, device) = (user.clone(), login.clone(), device.clone());
            let (peer, told, secret) = (peer.clone(), told.clone(), secret.clone());
            Box::pin(async move {
                if !members::create_unverified(tx, &user, now).await? {
                    return Ok(Entry::Taken);
                }
                let accepted = code.join(tx, (user.id, &user.email), now).await?;
                let by = (!sends).then_some(By::Login(login.id));
                let entry = joined(&peer, now, seed, (Some(user.id), by), &accepted);
                audit::write(tx, accepted.account_id, &entry).await?;
                if sends {
                    secret.send(tx, &told, &user.email, now).await?;
                    return Ok(Entry::Letter);
                }
                let mut random = Random::new(seed);
                // Another identifier than that of the entry before.
                let _ = random.bytes::<32>();
                let entry = peer.entry(
                    (now, &mut random),
                    (Some(user.id), by),
                    AuditAction::SignedIn,
                    Object::new("user", user.id.uuid()),
                    &[],
                );
                let cookie = login::begin(tx, accepted.account_id, (&login, &device), &entry, now).await?;
                Ok(Entry::In(cookie))
            })
        })
        .await?;
    match kept {
        Entry::In(cookie) => enter(cookie, opening.cookie),
        Entry::Letter => {
            let text = sign_up::sent_verification(&address);
            let said = (text.as_str(), Some(("/sign-in", sign_up::BACK)));
            let title = (sign_up::LETTER, PAGE);
            Ok(Done::Answered(door::said(app, look, StatusCode::OK, title, said)))
        }
        Entry::Taken => {
            let wrong = Wrong {
                email: Some(words::TAKEN),
                ..Wrong::default()
            };
            Ok(Done::Wrong(StatusCode::CONFLICT, wrong))
        }
    }
}

/// How somebody new came in.
enum Entry {
    /// Signed in; the cookie by which the browser is known.
    In(Option<HeaderValue>),
    /// They get a letter first.
    Letter,
    /// Not at all: somebody has the address.
    Taken,
}

/// The entry in the audit log for somebody who joined.
fn joined(
    peer: &Peer,
    now: chrono::DateTime<chrono::Utc>,
    seed: [u8; 32],
    who: (Option<resolutionflow_core::id::UserId>, Option<By>),
    accepted: &Accepted,
) -> resolutionflow_core::audit::Entry {
    let object = Object::new("invite", accepted.id.uuid());
    let random = &mut Random::new(seed);
    peer.entry((now, random), who, AuditAction::InviteAccepted, object, &[])
}

/// Leads home, with the cookies of a login.
fn enter(device: Option<HeaderValue>, login: HeaderValue) -> Result<Done> {
    let device = device.ok_or(Error::Unauthorized("Sign in; you may not from here."))?;
    let home = [(LOCATION, HeaderValue::from_static("/"))];
    let cookies = AppendHeaders([(SET_COOKIE, login), (SET_COOKIE, device)]);
    Ok(Done::Answered(
        (StatusCode::SEE_OTHER, home, cookies).into_response(),
    ))
}

fn check(app: &App, typed: &Accept, address: &str) -> Wrong {
    let weak = || {
        let known = [typed.name.as_str(), address];
        password::is_weak(&typed.password, &known).then(|| common::PASSWORD_WEAK.to_owned())
    };
    Wrong {
        name: one_line(&typed.name).err().map(|_| common::NAME_WRONG),
        email: (email(address).is_err() || !mail::reaches(app, address)).then_some(common::EMAIL_WRONG),
        password: password::check(&typed.password).err().or_else(weak),
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
            None => { (form(seen, typed, wrong)) }
        }
    };
    door::page(app, look, (&words::title(&invite.account_name), PAGE), &content)
}

/// The form of somebody who is not signed in.
fn form(seen: &Seen, typed: &Accept, wrong: &Wrong) -> Markup {
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
            (password.draw())
            button class="button primary block" type="submit" {
                (if seen.is_known { words::JOIN_KNOWN } else { words::JOIN_NEW })
            }
        }
        @if !seen.is_known {
            p class="door-links" { a href=(sign_in::address(&inviting::path(&typed.code))) { (words::HAVE_ONE) } }
        }
    }
}
