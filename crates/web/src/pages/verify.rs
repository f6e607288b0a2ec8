//! `/verify`: shows that an address is somebody's, by the secret that was mailed there; who signed up with it becomes
//! somebody by that. Looking burns nothing; it opens no login.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::html;
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::event::Hash;
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_store::mail_tokens::{self, Purpose};
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::sign_ups::{self, Aim};
use resolutionflow_store::{Tx, audit, users};

use super::letter_door as door;
use super::reset::{Shown, holder};
use super::words::door as common;
use super::words::sign_up as words;
use crate::auth::peer::Peer;
use crate::auth::secret::{self, InLink};
use crate::auth::sign_up::{self, Code};
use crate::auth::visitor::Look;
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting;
use crate::request::{Form, Query};

/// Shows the address and a button.
pub async fn show(State(app): State<App>, look: Look, Query(shown): Query<Shown>) -> Result<Response> {
    let Some(email) = address(&app, shown.token()).await? else {
        return Ok(gone(&app, look, words::VERIFY_GONE));
    };
    let content = html! {
        p { (words::verify_help(&email)) }
        form class="stack" method="post" action="/verify" {
            input type="hidden" name="token" value=(shown.token());
            button class="button primary block" type="submit" autofocus { (words::VERIFY) }
        }
    };
    Ok(door::page(&app, look, (words::VERIFY_TITLE, "verify"), &content).into_response())
}

/// Whose address a secret shows, as long as it is good.
async fn address(app: &App, token: &str) -> Result<Option<String>> {
    if InLink::parse(token) != Some(InLink::SignUp) {
        let holder = holder(app, InLink::Verify, Purpose::Verify, token).await?;
        return Ok(holder.map(|holder| holder.email));
    }
    let (hash, now) = (secret::digest(token), app.now());
    let waits = app
        .read(move |tx| Box::pin(async move { Ok(sign_ups::look(tx, &hash, now).await?) }))
        .await?;
    Ok(waits.map(|sign_up| sign_up.email))
}

/// What became of confirming.
enum Done {
    /// The address is theirs.
    Confirmed,
    /// Somebody has the address by now.
    Taken,
    /// There is nothing to confirm.
    Gone,
}

/// Keeps that the address is theirs, once.
pub async fn verify(
    State(app): State<App>,
    look: Look,
    peer: Peer,
    Form(shown): Form<Shown>,
) -> Result<Response> {
    let confirming = Confirming {
        app: app.clone(),
        peer,
        hash: secret::digest(shown.token()),
        now: app.now(),
        seed: seed(),
    };
    let kind = InLink::parse(shown.token());
    let done = app
        .write(move |tx| {
            let confirming = confirming.clone();
            Box::pin(async move {
                match kind {
                    Some(InLink::SignUp) => confirming.sign_up(tx).await,
                    Some(InLink::Verify) => confirming.address(tx).await,
                    _ => Ok(Done::Gone),
                }
            })
        })
        .await;
    let said = |status: StatusCode, title: &str, text: &str| {
        let said = (text, Some(("/sign-in", common::SIGN_IN)));
        door::said(&app, look, status, (title, "verify"), said)
    };
    Ok(match done {
        Ok(Done::Confirmed) => said(StatusCode::OK, words::VERIFIED_TITLE, words::VERIFIED),
        Ok(Done::Taken) => said(StatusCode::CONFLICT, words::TAKEN_SINCE_TITLE, words::TAKEN_SINCE),
        Ok(Done::Gone) => gone(&app, look, words::VERIFY_GONE),
        // The code or the invite is not good any more.
        Err(Error::Gone(why)) => gone(&app, look, &why),
        Err(Error::NotFound) => gone(&app, look, words::INVITE_GONE),
        // It waits: there may be room before it expires.
        Err(error @ Error::PlanLimit { .. }) => said(error.kind().status(), words::FULL_TITLE, words::FULL),
        Err(error) => return Err(error),
    })
}

/// Somebody who brings a secret that was mailed.
#[derive(Clone)]
struct Confirming {
    app: App,
    peer: Peer,
    hash: Hash,
    now: DateTime<Utc>,
    seed: [u8; 32],
}

impl Confirming {
    /// Confirms the address of somebody who is here.
    async fn address(&self, tx: &mut Tx) -> Result<Done> {
        let (now, random) = (self.now, &mut Random::new(self.seed));
        let Some(user) = mail_tokens::consume(tx, &self.hash, Purpose::Verify, now).await? else {
            return Ok(Done::Gone);
        };
        if users::verify(tx, user, now).await? {
            let (who, accounts) = ((user, (Some(user), None)), users::accounts(tx, user).await?);
            let action = AuditAction::AddressVerified;
            let entries = self.peer.entries_of((now, random), who, action, &accounts, &[]);
            audit::write_all(tx, &entries).await?;
        }
        Ok(Done::Confirmed)
    }

    /// Makes whoever signed up, and what they signed up for; all of it or nothing, and then it goes on waiting.
    async fn sign_up(&self, tx: &mut Tx) -> Result<Done> {
        let (now, random) = (self.now, &mut Random::new(self.seed));
        let Some(waited) = sign_ups::take(tx, &self.hash, now).await? else {
            return Ok(Done::Gone);
        };
        let user = NewUser {
            id: Id::new(now, random),
            email: waited.email,
            name: waited.name,
            password_hash: Some(waited.password_hash),
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

fn gone(app: &App, look: Look, why: &str) -> Response {
    let said = (why, Some(("/sign-in", common::SIGN_IN)));
    door::said(
        app,
        look,
        StatusCode::GONE,
        (words::LINK_GONE_TITLE, "verify"),
        said,
    )
}
