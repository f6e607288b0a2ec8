//! Following an invite: as whoever is signed in, as somebody who is known by their password, or as somebody new.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use maud::html;
use resolutionflow_core::audit::{AuditAction, By, Object};
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::sign_ups::{Aim, SignUp};
use resolutionflow_store::{audit, logins};

use super::{Accept, PAGE, Seen, Wrong};
use crate::api::invites::accept::{self, AcceptInvite};
use crate::auth::caller::May;
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::sign_in::{Proved, prove};
use crate::auth::visitor::{Look, Visitor};
use crate::auth::{device, letters, login, password};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::{self, Code};
use crate::mail;
use crate::pages::letter_door as door;
use crate::pages::sign_up::letter_sent;
use crate::pages::words::door as common;
use crate::pages::words::invites as words;
use crate::pages::words::people::role;
use crate::request::Json;

/// Somebody who follows an invite.
pub(super) struct Arrival<'a> {
    pub(super) app: &'a App,
    pub(super) look: Look,
    pub(super) code: Code,
    pub(super) seen: &'a Seen,
    pub(super) peer: Peer,
    pub(super) headers: &'a HeaderMap,
    pub(super) typed: &'a Accept,
}

/// What became of following.
pub(super) enum Done {
    Answered(Response),
    /// Something that was typed is.
    Wrong(StatusCode, Wrong),
}

impl Arrival<'_> {
    /// Joins as whoever is signed in.
    pub(super) async fn member(self, visitor: Visitor) -> Result<Done> {
        let (app, look, code) = (self.app, self.look, self.typed.code.clone());
        let body = AcceptInvite { code };
        let answer = accept::accept(State(app.clone()), May(visitor.caller), None, Json(body)).await?;
        let joined = accept::Joined::of(&answer)?;
        let title = (words::JOINED, PAGE);
        let content = html! {
            p { (words::joined(&joined.account_name, role(joined.role()))) }
            form class="stack" method="post" action="/switch" {
                input type="hidden" name="to" value=(joined.account_id);
                button class="button primary block" type="submit" { (words::switch(&joined.account_name)) }
            }
            p class="door-links" { a href="/" { (words::GO_ON) } }
        };
        Ok(Done::Answered(
            door::page(app, look, title, &content).into_response(),
        ))
    }

    /// Joins as somebody who has the invite's address, by their password, and signs them in there.
    pub(super) async fn known(self) -> Result<Done> {
        let Self {
            app,
            code,
            seen,
            peer,
            headers,
            typed,
            ..
        } = self;
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
        let opening = login::open(app, (person.user_id, person.auth_epoch), headers, &peer.place());
        let (login, device, before) = (
            opening.login.clone(),
            device::prepare(app, headers),
            login::digest(headers, &app.settings),
        );
        let (now, seed) = (app.now(), seed());
        let kept = app
            .write(move |tx| {
                let (proved, login, device, peer) =
                    (proved.clone(), login.clone(), device.clone(), peer.clone());
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
                    let entry = inviting::joined(&peer, (now, &mut Random::new(seed)), by, &accepted);
                    audit::write(tx, account, &entry).await?;
                    device.keep(tx, person.user_id, now).await.map(Some)
                })
            })
            .await?;
        enter(kept, opening.cookie)
    }

    /// Joins as somebody new. Who followed the copied link has first to confirm their address, where there is mail, and
    /// chooses a password then; nobody is there and nothing of the invite used before.
    pub(super) async fn new_person(self) -> Result<Done> {
        let Self { app, seen, typed, .. } = self;
        let bound = seen.invite.email.as_deref();
        let address = email(bound.unwrap_or(&typed.email)).unwrap_or_default();
        let wrong = check(app, seen, typed, &address);
        if !wrong.all().is_empty() {
            return Ok(Done::Wrong(StatusCode::UNPROCESSABLE_ENTITY, wrong));
        }
        if seen.waits {
            self.wait(address).await
        } else {
            self.join_at_once(address).await
        }
    }

    async fn wait(self, address: String) -> Result<Done> {
        let Self {
            app,
            look,
            code,
            peer,
            typed,
            ..
        } = self;
        letters::reserve(app, &peer, &address).await?;
        let sign_up = SignUp {
            email: address.clone(),
            name: typed.name.trim().to_owned(),
            aim: Aim::Invite { code: code.hash() },
        };
        letters::keep(app, sign_up).await?;
        Ok(Done::Answered(letter_sent(app, look, PAGE, &address)))
    }

    async fn join_at_once(self, email: String) -> Result<Done> {
        let Self {
            app,
            code,
            seen,
            peer,
            headers,
            typed,
            ..
        } = self;
        if seen.invite.email.is_none() {
            // Whoever has the link would learn of any address whether somebody has it.
            letters::reserve(app, &peer, &email).await?;
        }
        let mut random = app.random();
        let hash = app.passwords.hash(typed.password.clone(), &mut random).await?;
        // It may have waited, and the invite have expired.
        let now = app.now();
        let user = NewUser {
            id: Id::new(now, &mut random),
            email,
            name: typed.name.trim().to_owned(),
            password_hash: Some(hash),
        };
        let opening = login::open(app, (user.id, login::FIRST_EPOCH), headers, &peer.place());
        let (login, device, seed) = (opening.login.clone(), device::prepare(app, headers), seed());
        let kept = app
            .write(move |tx| {
                let (user, login, device, peer) = (user.clone(), login.clone(), device.clone(), peer.clone());
                Box::pin(async move {
                    if !members::create_unverified(tx, &user, now).await? {
                        return Ok(None);
                    }
                    let accepted = code.join(tx, (user.id, &user.email), now).await?;
                    let (random, who) = (&mut Random::new(seed), (Some(user.id), Some(By::Login(login.id))));
                    let entry = inviting::joined(&peer, (now, random), who, &accepted);
                    audit::write(tx, accepted.account_id, &entry).await?;
                    let object = Object::new("user", user.id.uuid());
                    let entry = peer.entry((now, random), who, AuditAction::SignedIn, object, &[]);
                    let begun = login::begin(tx, accepted.account_id, (&login, &device), &entry, now).await?;
                    Ok(Some(begun))
                })
            })
            .await?;
        if let Some(device) = kept {
            return enter(device, opening.cookie);
        }
        let wrong = Wrong {
            email: Some(words::TAKEN),
            ..Wrong::default()
        };
        Ok(Done::Wrong(StatusCode::CONFLICT, wrong))
    }
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

fn check(app: &App, seen: &Seen, typed: &Accept, address: &str) -> Wrong {
    let known = [typed.name.as_str(), address, seen.invite.account_name.as_str()];
    let password = (!seen.waits).then(|| password::fault(&typed.password, &known));
    Wrong {
        name: one_line(&typed.name).err().map(|_| common::NAME_WRONG),
        email: (address.is_empty() || !mail::reaches(app, address)).then_some(common::EMAIL_WRONG),
        password: password.flatten(),
    }
}
