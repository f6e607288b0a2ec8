//! `/sign-up`: a new account with its owner, open to anybody, to whoever has a code, or to nobody, as `signup.mode` says.
//!
//! Where there is mail, nothing of it is there before the address is confirmed.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::sign_ups::{self, Aim};
use serde::Deserialize;

use super::components::form::Line;
use super::letter_door as door;
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::login::{self, FIRST_EPOCH};
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::sign_up::{self, Code};
use crate::auth::visitor::Look;
use crate::auth::{device, letters, password};
use crate::config::SignupMode;
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::mail;
use crate::request::{Form, Query};

/// What stands in the link of an invite.
#[derive(Debug, Default, Deserialize)]
pub struct Link {
    #[serde(default)]
    code: String,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
pub struct SignUp {
    #[serde(default)]
    code: String,
    #[serde(default)]
    account: String,
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
    code: Option<&'static str>,
    account: Option<&'static str>,
    name: Option<&'static str>,
    email: Option<&'static str>,
    password: Option<String>,
}

impl Wrong {
    fn all(&self) -> Vec<(&'static str, &str)> {
        [
            ("code", self.code),
            ("account", self.account),
            ("name", self.name),
            ("email", self.email),
            ("password", self.password.as_deref()),
        ]
        .into_iter()
        .filter_map(|(line, wrong)| Some((line, wrong?)))
        .collect()
    }
}

/// Shows the form, or that there is none.
pub async fn show(State(app): State<App>, look: Look, Query(link): Query<Link>) -> Result<Response> {
    if let Some(elsewhere) = elsewhere(&app, look).await? {
        return Ok(elsewhere);
    }
    let typed = SignUp {
        code: link.code,
        ..SignUp::default()
    };
    Ok(form(&app, look, &typed, &Wrong::default(), None).into_response())
}

/// The answer where nobody signs up: on a server that still has to be set up, and where the mode is closed.
async fn elsewhere(app: &App, look: Look) -> Result<Option<Response>> {
    if app.setup.waits(&app.db).await? {
        return Ok(Some(Redirect::to("/setup").into_response()));
    }
    let closed = (app.settings.signup.mode == SignupMode::Closed).then(|| {
        let said = (words::CLOSED, Some(("/sign-in", words::BACK)));
        door::said(
            app,
            look,
            StatusCode::NOT_FOUND,
            (words::CLOSED_TITLE, "sign-up"),
            said,
        )
    });
    Ok(closed)
}

/// Signs somebody up, or keeps what they typed until they confirm their address.
pub async fn sign_up(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    headers: HeaderMap,
    Form(typed): Form<SignUp>,
) -> Result<Response> {
    if let Some(elsewhere) = elsewhere(&app, look).await? {
        return Ok(elsewhere);
    }
    let code = Code::read(&app, &typed.code);
    let wrong = Wrong {
        code: (!code.is_open(&app).await?).then_some(words::CODE_WRONG),
        ..check(&app, &typed)
    };
    if !wrong.all().is_empty() {
        let page = form(&app, look, &typed, &wrong, None);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    // As it is kept: what people paste may hold more than they see.
    let email = email(&typed.email).unwrap_or_default();
    let done = if mail::available(&app) {
        wait(&app, look, &peer, (&typed, email), code).await
    } else {
        open(&app, peer, &headers, (&typed, email), code).await
    };
    let again = |status: StatusCode, wrong: &Wrong| {
        let page = form(&app, look, &typed, wrong, None);
        Ok((status, page).into_response())
    };
    match done {
        Ok(Done::Answered(response)) => Ok(response),
        Ok(Done::Taken) => again(
            StatusCode::CONFLICT,
            &Wrong {
                email: Some(words::TAKEN),
                ..Wrong::default()
            },
        ),
        // The code was used up or taken back at this very moment.
        Err(Error::Gone(_)) => again(
            StatusCode::UNPROCESSABLE_ENTITY,
            &Wrong {
                code: Some(words::CODE_WRONG),
                ..Wrong::default()
            },
        ),
        Err(error) => door::refused(error, |detail| {
            form(&app, look, &typed, &Wrong::default(), Some(detail))
        }),
    }
}

/// What became of a sign-up.
enum Done {
    Answered(Response),
    /// Somebody has the address.
    Taken,
}

/// Keeps the sign-up until its address is confirmed. Known and unknown addresses are answered alike, after the same work,
/// and no code is used yet: a new person confirms by the letter, and chooses a password then; somebody who is here learns
/// that it was tried.
async fn wait(
    app: &App,
    look: Look,
    peer: &Peer,
    (typed, email): (&SignUp, String),
    code: Code,
) -> Result<Done> {
    letters::reserve(app, peer, &email).await?;
    let aim = Aim::NewAccount {
        name: typed.account.trim().to_owned(),
        code: code.hash(),
    };
    let sign_up = sign_ups::SignUp {
        email: email.clone(),
        name: typed.name.trim().to_owned(),
        aim,
    };
    letters::keep(app, sign_up).await?;
    Ok(Done::Answered(letter_sent(app, look, "sign-up", &email)))
}

/// Says that a letter is on its way, whoever has the address.
pub(super) fn letter_sent(app: &App, look: Look, page: &'static str, email: &str) -> Response {
    let text = words::sent_verification(email);
    let said = (text.as_str(), Some(("/sign-in", words::BACK)));
    door::said(app, look, StatusCode::OK, (words::LETTER, page), said)
}

/// Makes account, team and owner at once, and lets the owner in; all of it or nothing. An address that somebody has, a
/// code that is used up and whatever else goes wrong leave nothing behind, and the code its use.
async fn open(
    app: &App,
    peer: Peer,
    headers: &HeaderMap,
    (typed, email): (&SignUp, String),
    code: Code,
) -> Result<Done> {
    letters::reserve(app, &peer, &email).await?;
    let mut random = app.random();
    let hash = app.passwords.hash(typed.password.clone(), &mut random).await?;
    let now = app.now();
    let owner = NewUser {
        id: Id::new(now, &mut random),
        email,
        name: typed.name.trim().to_owned(),
        password_hash: Some(hash),
    };
    let opening = login::open(app, (owner.id, FIRST_EPOCH), headers, &peer.place());
    let (login, device) = (opening.login, device::prepare(app, headers));
    let (name, seed) = (typed.account.trim().to_owned(), seed());
    let made = app
        .write(move |tx| {
            let (owner, name, peer) = (owner.clone(), name.clone(), peer.clone());
            let (login, device) = (login.clone(), device.clone());
            Box::pin(async move {
                if !members::create_unverified(tx, &owner, now).await? {
                    return Ok(None);
                }
                let random = &mut Random::new(seed);
                let what = (owner.id, name.as_str(), code);
                let account = sign_up::open_account(tx, what, (&peer, None), (now, random)).await?;
                let entry = peer.entry(
                    (now, random),
                    (Some(owner.id), Some(By::Login(login.id))),
                    AuditAction::SignedIn,
                    Object::new("user", owner.id.uuid()),
                    &[],
                );
                let device = login::begin(tx, account, (&login, &device), &entry, now).await?;
                Ok(Some(device))
            })
        })
        .await?;
    let Some(device) = made else {
        return Ok(Done::Taken);
    };
    let device = device.ok_or_else(|| Error::internal("a new owner was not let in"))?;
    let home = [(LOCATION, HeaderValue::from_static("/"))];
    let cookies = AppendHeaders([(SET_COOKIE, opening.cookie), (SET_COOKIE, device)]);
    let response = (StatusCode::SEE_OTHER, home, cookies).into_response();
    Ok(Done::Answered(response))
}

fn check(app: &App, typed: &SignUp) -> Wrong {
    let others = [typed.account.as_str(), typed.name.as_str(), typed.email.as_str()];
    let reaches = email(&typed.email).is_ok_and(|email| mail::reaches(app, &email));
    // Where there is mail, it is chosen when the address is confirmed.
    let password = (!mail::available(app)).then(|| password::fault(&typed.password, &others));
    Wrong {
        code: None,
        account: one_line(&typed.account).err().map(|_| common::COMPANY_WRONG),
        name: one_line(&typed.name).err().map(|_| common::NAME_WRONG),
        email: (!reaches).then_some(common::EMAIL_WRONG),
        password: password.flatten(),
    }
}

fn form(app: &App, look: Look, typed: &SignUp, wrong: &Wrong, too_many: Option<&str>) -> Markup {
    let by_code = app.settings.signup.mode == SignupMode::Invite;
    let all = wrong.all();
    let line = |name, label, value, help, error| Line {
        name,
        label,
        value,
        help,
        error,
        kind: "text",
        autocomplete: "off",
        ..Line::default()
    };
    let code = line("code", words::CODE, &typed.code, words::CODE_HELP, wrong.code);
    let lines = [
        Line {
            autocomplete: "organization",
            ..line(
                "account",
                common::COMPANY,
                &typed.account,
                common::COMPANY_HELP,
                wrong.account,
            )
        },
        Line {
            autocomplete: "name",
            ..line("name", common::NAME, &typed.name, "", wrong.name)
        },
        Line {
            autocomplete: "username",
            kind: "email",
            ..line("email", common::EMAIL, &typed.email, "", wrong.email)
        },
    ];
    let password = Line {
        autocomplete: "new-password",
        kind: "password",
        ..line(
            "password",
            common::PASSWORD,
            "",
            common::PASSWORD_HELP,
            wrong.password.as_deref(),
        )
    };
    let lines = lines.iter().chain((!mail::available(app)).then_some(&password));
    let first = if by_code && typed.code.is_empty() {
        "code"
    } else {
        "account"
    };
    let focus = all.first().map_or(first, |(line, _)| *line);
    let content = html! {
        p { (words::SIGN_UP_HELP) }
        @if let Some(detail) = too_many { (door::summary(detail)) }
        (door::summary_of(&all))
        form class="stack" method="post" action="/sign-up" {
            @if by_code { (Line { focus: focus == "code", ..code }.draw()) }
            @for line in lines { (Line { focus: line.name == focus, ..*line }.draw()) }
            button class="button primary block" type="submit" { (words::CREATE) }
        }
        p class="door-links" { a href="/sign-in" { (words::HAVE_ONE) } }
    };
    door::page(app, look, (words::SIGN_UP, "sign-up"), &content)
}
