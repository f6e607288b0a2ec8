//! Confirming a sign-up: whoever reads the mail of its address chooses a password, and only then they and what they signed
//! up for are there. So nobody else's password opens it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::sign_ups::{self, Aim, SignUp};
use resolutionflow_store::{Tx, audit};

use super::{Verify, gone, said};
use crate::auth::password;
use crate::auth::peer::Peer;
use crate::auth::secret;
use crate::auth::sign_up::{self, Code};
use crate::auth::visitor::Look;
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting;
use crate::pages::components::form::Line;
use crate::pages::letter_door as door;
use crate::pages::words::door as common;
use crate::pages::words::sign_up as words;

/// What is to be confirmed.
struct Waiting {
    sign_up: SignUp,
    /// What the account is called that they will be in.
    account: String,
}

/// The sign-up of a secret, as long as it and its invite are good.
async fn waiting(app: &App, token: &str) -> Result<Option<Waiting>> {
    let (hash, now) = (secret::digest(token), app.now());
    app.read(move |tx| {
        Box::pin(async move {
            let Some(sign_up) = sign_ups::look(tx, &hash, now).await? else {
                return Ok(None);
            };
            let account = match &sign_up.aim {
                Aim::NewAccount { name, .. } => name.clone(),
                Aim::Invite { code } => inviting::Code::copied(*code).look(tx, now).await?.account_name,
            };
            Ok(Some(Waiting { sign_up, account }))
        })
    })
    .await
}

/// Shows what it is, and asks for a password.
pub(super) async fn show(app: &App, look: Look, token: &str) -> Result<Response> {
    match waiting(app, token).await {
        Ok(Some(waiting)) => Ok(form(app, look, &waiting, token, None, None).into_response()),
        Ok(None) => Ok(gone(app, look, words::CONFIRM_GONE)),
        Err(error) => too_late(app, look, error),
    }
}

/// What is said where the code or the invite is not good any more; or the error itself.
fn too_late(app: &App, look: Look, error: Error) -> Result<Response> {
    match error {
        Error::Gone(why) => Ok(gone(app, look, &why)),
        Error::NotFound => Ok(gone(app, look, words::INVITE_GONE)),
        error => Err(error),
    }
}

/// Makes them, and what they signed up for, once.
pub(super) async fn confirm(app: &App, look: Look, peer: Peer, typed: Verify) -> Result<Response> {
    let Verify { token, password } = typed;
    let waiting = match waiting(app, &token).await {
        Ok(Some(waiting)) => waiting,
        Ok(None) => return Ok(gone(app, look, words::CONFIRM_GONE)),
        Err(error) => return too_late(app, look, error),
    };
    let sign_up = &waiting.sign_up;
    let known = [
        sign_up.name.as_str(),
        sign_up.email.as_str(),
        waiting.account.as_str(),
    ];
    if let Some(wrong) = password::fault(&password, &known) {
        let page = form(app, look, &waiting, &token, Some(&wrong), None);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    match keep(app, peer, &token, password).await {
        Ok(Done::Confirmed) => Ok(said(
            app,
            look,
            (StatusCode::OK, words::VERIFIED_TITLE),
            words::VERIFIED,
        )),
        Ok(Done::Taken) => Ok(said(
            app,
            look,
            (StatusCode::CONFLICT, words::TAKEN_SINCE_TITLE),
            words::TAKEN_SINCE,
        )),
        Ok(Done::Gone) => Ok(gone(app, look, words::CONFIRM_GONE)),
        Err(error @ (Error::Gone(_) | Error::NotFound)) => too_late(app, look, error),
        // It waits: there may be room before it expires.
        Err(error @ Error::PlanLimit { .. }) => {
            error.log();
            let status = error.kind().status();
            Ok(said(app, look, (status, words::FULL_TITLE), words::FULL))
        }
        Err(error) => door::refused(error, |text| form(app, look, &waiting, &token, None, Some(text))),
    }
}

/// What became of confirming.
enum Done {
    /// They are there.
    Confirmed,
    /// Somebody has the address by now.
    Taken,
    /// There is nothing to confirm.
    Gone,
}

async fn keep(app: &App, peer: Peer, token: &str, password: String) -> Result<Done> {
    let password_hash = app.passwords.hash(password, &mut app.random()).await?;
    let confirming = Confirming {
        app: app.clone(),
        peer,
        hash: secret::digest(token),
        password_hash,
        // Hashing may have waited.
        now: app.now(),
        seed: seed(),
    };
    app.write(move |tx| {
        let confirming = confirming.clone();
        Box::pin(async move { confirming.keep(tx).await })
    })
    .await
}

/// Somebody who brings a secret that was mailed, and a password.
#[derive(Clone)]
struct Confirming {
    app: App,
    peer: Peer,
    hash: Hash,
    password_hash: String,
    now: DateTime<Utc>,
    seed: [u8; 32],
}

impl Confirming {
    /// Makes whoever signed up, and what they signed up for; all of it or nothing, and then it goes on waiting.
    async fn keep(&self, tx: &mut Tx) -> Result<Done> {
        let (now, random) = (self.now, &mut Random::new(self.seed));
        let Some(waited) = sign_ups::take(tx, &self.hash, now).await? else {
            return Ok(Done::Gone);
        };
        let user = NewUser {
            id: Id::new(now, random),
            email: waited.email,
            name: waited.name,
            password_hash: Some(self.password_hash.clone()),
        };
        if !members::create_user(tx, &user, now).await? {
            return Ok(Done::Taken);
        }
        match waited.aim {
            Aim::NewAccount { name, code } => {
                let what = (user.id, name.as_str(), Code::kept(&self.app, code));
                sign_up::open_account(tx, what, (&self.peer, None), (now, random)).await?;
            }
            Aim::Invite { code } => {
                let invite = inviting::Code::copied(code);
                let accepted = invite.join(tx, (user.id, &user.email), now).await?;
                let who = (Some(user.id), None);
                let entry = inviting::joined(&self.peer, (now, random), who, &accepted);
                audit::write(tx, accepted.account_id, &entry).await?;
            }
        }
        Ok(Done::Confirmed)
    }
}

fn form(
    app: &App,
    look: Look,
    waiting: &Waiting,
    token: &str,
    wrong: Option<&str>,
    refused: Option<&str>,
) -> Markup {
    let SignUp { name, email, .. } = &waiting.sign_up;
    let line = Line {
        name: "password",
        label: common::PASSWORD,
        kind: "password",
        help: common::PASSWORD_HELP,
        autocomplete: "new-password",
        error: wrong,
        focus: true,
        ..Line::default()
    };
    let content = html! {
        @if let Some(refused) = refused { (door::summary(refused)) }
        @if let Some(wrong) = wrong { (door::summary_of(&[("password", wrong)])) }
        p { (words::signed_up(name, email, &waiting.account)) " " (words::CONFIRM_HELP) }
        form class="stack" method="post" action="/verify" {
            input type="hidden" name="token" value=(token);
            // So that password managers know whose it is.
            input type="email" name="username" autocomplete="username" value=(email) hidden;
            (line.draw())
            button class="button primary block" type="submit" { (words::VERIFY) }
        }
    };
    door::page(app, look, (words::VERIFY_TITLE, "verify"), &content)
}
