//! Following an invite: as whoever is signed in, as somebody who is known by their password, or as somebody new.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::html;
use resolutionflow_core::audit::{AuditAction, By, Entry, Object};
use resolutionflow_core::id::{Id, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_store::account_invites::Accepted;
use resolutionflow_store::mail_tokens::Purpose;
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::{audit, logins};

use super::{Accept, PAGE, Seen, Wrong};
use crate::api::invites::accept::{self, AcceptInvite};
use crate::auth::caller::May;
use crate::auth::letters::{self, Secret};
use crate::auth::peer::Peer;
use crate::auth::person::{email, one_line};
use crate::auth::sign_in::{Proved, prove};
use crate::auth::visitor::{Look, Visitor};
use crate::auth::{device, login, password};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::inviting::Code;
use crate::mail;
use crate::pages::letter_door as door;
use crate::pages::words::door as common;
use crate::pages::words::invites as words;
use crate::pages::words::people::role;
use crate::pages::words::sign_up;
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
        if person.verified_at.is_none() && !code.is_mailed() && mail::available(app) {
            letters::remind(app, person).await?;
            return Err(Error::AddressNotVerified);
        }
        let opening = login::open(app, (person.user_id, person.auth_epoch), headers, &peer.place());
        let (login, device, before) = (
            opening.login.clone(),
            device::prepare(app, headers),
            login::digest(headers, &app.settings),
        );
        let (now, entropy) = (app.now(), seed());
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
                    let entry = joined(&peer, now, entropy, by, &accepted);
                    audit::write(tx, account, &entry).await?;
                    device.keep(tx, person.user_id, now).await.map(Some)
                })
            })
            .await?;
        enter(kept, opening.cookie)
    }

    /// Joins as somebody new. Who followed the mailed link is signed in; who followed the copied one has first to show that
    /// the address is theirs, where there is mail.
    pub(super) async fn new_person(self) -> Result<Done> {
        let Self {
            app,
            look,
            code,
            seen,
            peer,
            headers,
            typed,
        } = self;
        let address = seen.invite.email.clone();
        let address = address.unwrap_or_else(|| typed.email.trim().to_owned());
        let wrong = check(app, typed, &address, &seen.invite.account_name);
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
        let opening = login::open(app, (user.id, login::FIRST_EPOCH), headers, &peer.place());
        let (login, device) = (opening.login.clone(), device::prepare(app, headers));
        let (entropy, told, secret) = (seed(), app.clone(), Secret::new(app, Purpose::Verify));
        let kept = app
            .write(move |tx| {
                let (user, login, device) = (user.clone(), login.clone(), device.clone());
                let (peer, told, secret) = (peer.clone(), told.clone(), secret.clone());
                Box::pin(async move {
                    if !members::create_unverified(tx, &user, now).await? {
                        if !sends {
                            return Ok(Way::Taken);
                        }
                        letters::tell_of_try(tx, &told, &user.email, now).await?;
                        return Ok(Way::Letter);
                    }
                    let accepted = code.join(tx, (user.id, &user.email), now).await?;
                    let by = (!sends).then_some(By::Login(login.id));
                    let entry = joined(&peer, now, entropy, (Some(user.id), by), &accepted);
                    audit::write(tx, accepted.account_id, &entry).await?;
                    if sends {
                        secret.send(tx, &told, &user.email, now).await?;
                        return Ok(Way::Letter);
                    }
                    let mut random = Random::new(entropy);
                    // Another identifier than that of the entry before.
                    let _ = random.bytes::<32>();
                    let entry = peer.entry(
                        (now, &mut random),
                        (Some(user.id), by),
                        AuditAction::SignedIn,
                        Object::new("user", user.id.uuid()),
                        &[],
                    );
                    let cookie =
                        login::begin(tx, accepted.account_id, (&login, &device), &entry, now).await?;
                    Ok(Way::In(cookie))
                })
            })
            .await?;
        match kept {
            Way::In(cookie) => enter(cookie, opening.cookie),
            Way::Letter => {
                let text = sign_up::sent_verification(&address);
                let said = (text.as_str(), Some(("/sign-in", sign_up::BACK)));
                let title = (sign_up::LETTER, PAGE);
                Ok(Done::Answered(door::said(app, look, StatusCode::OK, title, said)))
            }
            Way::Taken => {
                let wrong = Wrong {
                    email: Some(words::TAKEN),
                    ..Wrong::default()
                };
                Ok(Done::Wrong(StatusCode::CONFLICT, wrong))
            }
        }
    }
}

/// How somebody new came in.
enum Way {
    /// Signed in; the cookie by which the browser is known.
    In(Option<HeaderValue>),
    /// They get a letter first, or whoever has the address does.
    Letter,
    /// Not at all: somebody has the address.
    Taken,
}

/// The entry in the audit log for somebody who joined.
fn joined(
    peer: &Peer,
    now: DateTime<Utc>,
    seed: [u8; 32],
    who: (Option<UserId>, Option<By>),
    accepted: &Accepted,
) -> Entry {
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

fn check(app: &App, typed: &Accept, address: &str, account: &str) -> Wrong {
    let weak = || {
        let known = [typed.name.as_str(), address, account];
        password::is_weak(&typed.password, &known).then(|| common::PASSWORD_WEAK.to_owned())
    };
    Wrong {
        name: one_line(&typed.name).err().map(|_| common::NAME_WRONG),
        email: (email(address).is_err() || !mail::reaches(app, address)).then_some(common::EMAIL_WRONG),
        password: password::check(&typed.password).err().or_else(weak),
    }
}
