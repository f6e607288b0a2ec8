//! `/sign-up`: a new account with its owner, open to anybody, to whoever has a code, or to nobody, as `signup.mode` says.
//!
//! Where there is mail, known and unknown addresses are answered alike, after the same work: a letter goes out, by which
//! a new person shows that the address is theirs, and somebody who is here learns that it was tried.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::access::Role;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::{AccountId, Id, TeamId};
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::Purpose;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::{Tx, audit, platform_invites};
use serde::Deserialize;

use super::components::form::Line;
use super::letter_door as door;
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::device::{self, Device};
use crate::auth::letters::{self, Secret};
use crate::auth::login::{self, FIRST_EPOCH, Opening};
use crate::auth::password;
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::secret::{self, InLink};
use crate::auth::visitor::Look;
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

/// What became of a sign-up.
enum Outcome {
    /// The account is there; the cookie by which the browser is known, where its owner is signed in.
    Made(Option<HeaderValue>),
    /// Somebody has the address.
    Taken,
}

/// Makes account, team and owner; all of it or nothing.
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
    let email = typed.email.trim().to_owned();
    if let Err(error) = letters::reserve(&app, &peer, &email).await {
        return door::too_many(error, |detail| {
            form(&app, look, &typed, &Wrong::default(), Some(detail))
        });
    }
    let hash = app
        .passwords
        .hash(typed.password.clone(), &mut app.random())
        .await?;
    let founding = Founding::new(&app, &typed, hash, code, peer, &headers);
    let opening = founding.opening.cookie.clone();
    let made = app
        .write(move |tx| {
            let founding = founding.clone();
            Box::pin(async move { founding.keep(tx).await })
        })
        .await;
    let told = |text: &str| {
        let title = (words::LETTER, "sign-up");
        door::said(
            &app,
            look,
            StatusCode::OK,
            title,
            (text, Some(("/sign-in", words::BACK))),
        )
    };
    Ok(match made {
        // The code was used up or taken back at this very moment.
        Err(Error::Gone(_)) => {
            let wrong = Wrong {
                code: Some(words::CODE_WRONG),
                ..Wrong::default()
            };
            let page = form(&app, look, &typed, &wrong, None);
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Err(error) => return Err(error),
        Ok(_) if mail::available(&app) => told(&words::sent_verification(&email)),
        Ok(Outcome::Taken) => {
            let wrong = Wrong {
                email: Some(words::TAKEN),
                ..Wrong::default()
            };
            let page = form(&app, look, &typed, &wrong, None);
            (StatusCode::CONFLICT, page).into_response()
        }
        Ok(Outcome::Made(device)) => {
            let home = [(LOCATION, HeaderValue::from_static("/"))];
            let device = device.ok_or_else(|| Error::internal("a new owner was not let in"))?;
            let cookies = AppendHeaders([(SET_COOKIE, opening), (SET_COOKIE, device)]);
            (StatusCode::SEE_OTHER, home, cookies).into_response()
        }
    })
}

/// The code that was typed.
#[derive(Clone, Copy)]
enum Code {
    /// Anybody signs up.
    NotNeeded,
    /// It has not the form of one.
    Malformed,
    /// The digest of one.
    Of(Hash),
}

impl Code {
    fn read(app: &App, typed: &str) -> Self {
        let typed = typed.trim();
        if app.settings.signup.mode != SignupMode::Invite {
            Self::NotNeeded
        } else if InLink::parse(typed) == Some(InLink::PlatformInvite) {
            Self::Of(secret::digest(typed))
        } else {
            Self::Malformed
        }
    }

    /// Whether it opens an account, as far as looking tells.
    async fn is_open(self, app: &App) -> Result<bool> {
        match self {
            Self::NotNeeded => Ok(true),
            Self::Malformed => Ok(false),
            Self::Of(hash) => is_open(app, hash).await,
        }
    }
}

async fn is_open(app: &App, hash: Hash) -> Result<bool> {
    let now = app.now();
    let invite = app
        .read(move |tx| Box::pin(async move { Ok(platform_invites::look(tx, &hash).await?) }))
        .await?;
    Ok(invite.is_some_and(|invite| invite.is_open(now)))
}

/// What is to be made.
#[derive(Clone)]
struct Founding {
    app: App,
    account: (AccountId, String, TeamId),
    owner: NewUser,
    code: Code,
    verification: Secret,
    peer: Peer,
    opening: std::sync::Arc<Opening>,
    device: Device,
    seed: [u8; 32],
}

impl Founding {
    fn new(app: &App, typed: &SignUp, hash: String, code: Code, peer: Peer, headers: &HeaderMap) -> Self {
        let (now, mut random) = (app.now(), app.random());
        let owner = NewUser {
            id: Id::new(now, &mut random),
            email: typed.email.trim().to_owned(),
            name: typed.name.trim().to_owned(),
            password_hash: Some(hash),
        };
        let name = typed.account.trim().to_owned();
        Self {
            account: (Id::new(now, &mut random), name, Id::new(now, &mut random)),
            opening: login::open(app, (owner.id, FIRST_EPOCH), headers, &peer.place()).into(),
            owner,
            code,
            verification: Secret::new(app, Purpose::Verify),
            peer,
            device: device::prepare(app, headers),
            seed: seed(),
            app: app.clone(),
        }
    }

    /// Makes it, in one transaction; an address that somebody has, a code that is used up and whatever else goes wrong
    /// leave nothing behind, and the code its use.
    async fn keep(&self, tx: &mut Tx) -> Result<Outcome> {
        let (app, now) = (&self.app, self.app.now());
        if !members::create_unverified(tx, &self.owner, now).await? {
            if mail::available(app) {
                letters::tell_of_try(tx, app, &self.owner.email, now).await?;
            }
            return Ok(Outcome::Taken);
        }
        if let Code::Of(code) = self.code
            && platform_invites::redeem(tx, &code, now).await?.is_none()
        {
            return Err(Error::Gone(words::CODE_WRONG.to_owned()));
        }
        let (account, name, team) = &self.account;
        members::create_account(tx, *account, name, *team, now).await?;
        if !members::add(tx, *account, self.owner.id, Role::Owner, *team, now).await? {
            return Err(Error::internal("a new account had a member"));
        }
        let mut random = Random::new(self.seed);
        let user = Some(self.owner.id);
        let entry = self.peer.entry(
            (now, &mut random),
            (user, None),
            AuditAction::SignedUp,
            Object::new("account", account.uuid()),
            &[],
        );
        audit::write(tx, *account, &entry).await?;
        if mail::available(app) {
            self.verification.send(tx, app, &self.owner.email, now).await?;
            return Ok(Outcome::Made(None));
        }
        let entry = self.peer.entry(
            (now, &mut random),
            (user, Some(By::Login(self.opening.login.id))),
            AuditAction::SignedIn,
            Object::new("user", self.owner.id.uuid()),
            &[],
        );
        let login = (&self.opening.login, &self.device);
        Ok(Outcome::Made(
            login::begin(tx, *account, login, &entry, now).await?,
        ))
    }
}

fn check(app: &App, typed: &SignUp) -> Wrong {
    let weak = || {
        let others = [typed.account.as_str(), typed.name.as_str(), typed.email.as_str()];
        password::is_weak(&typed.password, &others).then(|| common::PASSWORD_WEAK.to_owned())
    };
    Wrong {
        code: None,
        account: one_line(&typed.account).err().map(|_| common::COMPANY_WRONG),
        name: one_line(&typed.name).err().map(|_| common::NAME_WRONG),
        email: (email(&typed.email).is_err() || !mail::reaches(app, typed.email.trim()))
            .then_some(common::EMAIL_WRONG),
        password: password::check(&typed.password).err().or_else(weak),
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
        Line {
            autocomplete: "new-password",
            kind: "password",
            ..line(
                "password",
                common::PASSWORD,
                "",
                common::PASSWORD_HELP,
                wrong.password.as_deref(),
            )
        },
    ];
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
            @for line in &lines { (Line { focus: line.name == focus, ..*line }.draw()) }
            button class="button primary block" type="submit" { (words::CREATE) }
        }
        p class="door-links" { a href="/sign-in" { (words::HAVE_ONE) } }
    };
    door::page(app, look, (words::SIGN_UP, "sign-up"), &content)
}
