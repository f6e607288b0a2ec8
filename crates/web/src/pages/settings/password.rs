//! Changing one's own password, which ends everything else that one is signed in with.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::random::Random;
use resolutionflow_store::{audit, logins, members, users};
use serde::Deserialize;

use super::{Refused, page, words};
use crate::auth::peer::Peer;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::auth::{device, letters, login, password, sign_in};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::mail;
use crate::pages::components::form::Line;
use crate::pages::letter_door::summary;
use crate::pages::refusal::Refusal;
use crate::pages::words::door;
use crate::request::Form;

/// Where the page says that it is done.
const DONE: &str = "/settings?password=changed#password";

/// The form.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    current: String,
    #[serde(default, rename = "new-password")]
    password: String,
}

/// What is wrong with each line.
#[derive(Default)]
pub(super) struct Wrong {
    current: Option<String>,
    password: Option<String>,
    /// Why it was refused, where no line is at fault.
    whole: Option<String>,
}

/// `POST /settings/password`
pub(super) async fn change(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    peer: Peer,
    headers: HeaderMap,
    Form(form): Form<Change>,
) -> Result<Response> {
    let (wrong, refusal) = match keep(&app, &visitor, &peer, &headers, form).await {
        Ok(Ok(cookie)) => {
            let head = [(LOCATION, HeaderValue::from_static(DONE)), (SET_COOKIE, cookie)];
            return Ok((StatusCode::SEE_OTHER, head).into_response());
        }
        Ok(Err(wrong)) => (wrong, None),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let wrong = Wrong {
                whole: Some(refusal.text()),
                ..Wrong::default()
            };
            (wrong, Some(refusal))
        }
    };
    let refused = Refused {
        password: wrong,
        ..Refused::default()
    };
    let page = page(&app, &visitor, &refused).await?;
    Ok(match refusal {
        Some(refusal) => refusal.answer(page),
        None => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
    })
}

/// Keeps the new password and answers the cookie of the login that goes on, or what is wrong with the lines.
async fn keep(
    app: &App,
    visitor: &Visitor,
    peer: &Peer,
    headers: &HeaderMap,
    form: Change,
) -> Result<Result<HeaderValue, Wrong>> {
    let known = [
        visitor.name.as_str(),
        visitor.email.as_str(),
        visitor.account_name.as_str(),
    ];
    let mut wrong = Wrong {
        password: password::fault(&form.password, &known),
        ..Wrong::default()
    };
    let found = sign_in::prove(
        app,
        peer,
        device::digest(headers, &app.settings),
        visitor.email.clone(),
        form.current,
    )
    .await?;
    let person = found.map(|proved| proved.person);
    let person = person.filter(|person| person.user_id == visitor.user_id());
    // They are in already and the password is theirs: here it can be said what is missing.
    if let Some(person) = person.as_ref().filter(|person| person.verified_at.is_none())
        && mail::available(app)
    {
        letters::remind(app, person).await?;
        return Err(Error::AddressNotVerified);
    }
    if person.is_none() {
        wrong.current = Some(words::CURRENT_WRONG.to_owned());
    }
    let (Some(person), None) = (person, &wrong.password) else {
        return Ok(Err(wrong));
    };
    let hash = app.passwords.hash(form.password, &mut app.random()).await?;
    // A change of the password begins the next epoch.
    let opening = login::open(
        app,
        (person.user_id, person.auth_epoch + 1),
        headers,
        &peer.place(),
    );
    let (caller, now, login, seed) = (visitor.caller.clone(), app.now(), opening.login, seed());
    let (epoch, told, email) = (person.auth_epoch, app.clone(), visitor.email.clone());
    let changed = app
        .write(move |tx| {
            let (caller, login, hash) = (caller.clone(), login.clone(), hash.clone());
            let (told, email) = (told.clone(), email.clone());
            Box::pin(async move {
                let (account, user) = (caller.account_id, caller.user_id);
                let changed = members::change_password(tx, user, epoch, &hash).await?
                    && logins::create(tx, account, &login, now).await?;
                if changed {
                    let (at, accounts) = ((now, &mut Random::new(seed)), users::accounts(tx, user).await?);
                    let entries = caller.entries_of(at, AuditAction::PasswordSet, &accounts, &["password"]);
                    audit::write_all(tx, &entries).await?;
                    letters::tell_of_change(tx, &told, &email, now).await?;
                }
                Ok(changed)
            })
        })
        .await?;
    if !changed {
        return Err(Error::Unauthorized(
            "Sign in again; the password was changed elsewhere.",
        ));
    }
    Ok(Ok(opening.cookie))
}

pub(super) fn section(visitor: &Visitor, wrong: &Wrong, is_done: bool) -> Markup {
    let line = |name, label, help, error, autocomplete| Line {
        name,
        label,
        kind: "password",
        help,
        error,
        autocomplete,
        ..Line::default()
    };
    html! {
        section class="section" id="password" aria-labelledby="password-title" {
            h2 id="password-title" { (words::PASSWORD) }
            p class="help" { (words::PASSWORD_HELP) }
            @if is_done { p class="note-line" role="status" { (words::PASSWORD_CHANGED) } }
            @if let Some(why) = &wrong.whole { (summary(why)) }
            form class="stack" method="post" action="/settings/password#password" {
                // So that password managers know whose it is.
                input type="email" name="username" autocomplete="username" value=(visitor.email) hidden;
                (line("current", words::CURRENT, "", wrong.current.as_deref(), "current-password").draw())
                (line("new-password", words::NEW_PASSWORD, door::PASSWORD_HELP, wrong.password.as_deref(), "new-password").draw())
                button class="button" type="submit" { (words::CHANGE_PASSWORD) }
            }
        }
    }
}
