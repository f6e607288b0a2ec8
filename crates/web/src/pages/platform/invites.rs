//! `/platform/invites`: the codes that open new accounts. A code is shown once, when it is made.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::PlatformInviteId;
use resolutionflow_store::audit;
use resolutionflow_store::platform_invites::{self, MOST_DAYS, MOST_USES, NewPlatformInvite, PlatformInvite};
use serde::Deserialize;
use serde_json::json;

use super::{Part, page, words};
use crate::api::page::{self as listed, Page};
use crate::auth::secret::{self, InLink};
use crate::auth::visitor::{VisitPlatform, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::pages::components::filter::address;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::time;
use crate::pages::letter_door::summary;
use crate::pages::refusal::Refusal;
use crate::request::{Form, IdempotencyKey, Path, Query};

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Place {
    cursor: Option<String>,
}

/// The form, as typed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    uses: String,
    days: String,
    note: String,
    key: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            uses: "1".to_owned(),
            days: "7".to_owned(),
            note: String::new(),
            key: String::new(),
        }
    }
}

impl Typed {
    /// How many accounts, and for how many days.
    fn read(&self) -> Result<(i64, i64)> {
        let read = |text: &str, most: i64| {
            let number = text.trim().parse().ok();
            number.filter(|number| (1..=most).contains(number))
        };
        let note = self.note.trim();
        let is_line = note.chars().count() <= words::MOST_NOTE && !note.chars().any(char::is_control);
        read(&self.uses, MOST_USES)
            .zip(read(&self.days, MOST_DAYS))
            .filter(|_| is_line)
            .ok_or_else(|| Error::unprocessable("", words::invite_wrong(MOST_USES, MOST_DAYS)))
    }
}

/// What is shown beside the list.
#[derive(Default)]
struct Shown {
    typed: Typed,
    /// Why it was refused.
    wrong: Option<String>,
    /// What was just made.
    made: Option<Made>,
}

/// What became of asking for a code.
enum Made {
    /// This is it.
    Now(String),
    /// It was made when the form was sent before.
    Before,
}

/// `GET /platform/invites`
pub(super) async fn list(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Query(place): Query<Place>,
) -> Result<Markup> {
    draw(&app, &visitor, &place, &Shown::default()).await
}

async fn draw(app: &App, visitor: &Visitor, place: &Place, shown: &Shown) -> Result<Markup> {
    let (now, limit) = (app.now(), listed::limit(app, None)?);
    let after = listed::id_cursor(place.cursor.as_deref())?;
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(platform_invites::list(tx, after, limit + 1).await?) }))
        .await?;
    let invites: Page<PlatformInvite> = listed::page(rows, limit, |row| listed::after_id(&row.id), |row| row);
    let content = html! {
        @match &shown.made {
            Some(Made::Now(code)) => (made(app, code)),
            Some(Made::Before) => (before()),
            None => {},
        }
        @if invites.items.is_empty() {
            p class="empty" { (words::NO_INVITES) }
        } @else {
            ul class="list tenants" { @for invite in &invites.items { (row(invite, now)) } }
        }
        @if invites.next_cursor.is_some() || after.is_some() {
            div class="more-rows" {
                @if after.is_some() { a class="button" href="/platform/invites" { (words::FIRST) } }
                @if let Some(cursor) = &invites.next_cursor {
                    a class="button" href=(address("/platform/invites", &[("cursor", cursor)])) { (words::MORE) }
                }
            }
        }
        section class="section" aria-labelledby="new-title" {
            h2 id="new-title" { (words::NEW_INVITE) }
            p class="help" { (words::sign_up(app.settings.signup.mode)) }
            (new_code(app, shown))
        }
    };
    Ok(page(app, visitor, Part::Invites, None, &content))
}

/// The code, once, and its link where the server knows its own address.
fn made(app: &App, code: &str) -> Markup {
    let link = app.settings.server.public_url.origin();
    let link = link.map(|origin| format!("{origin}/sign-up?code={code}"));
    html! {
        div class="bar new-token" role="status" {
            (icon(Icon::Check))
            div {
                p { (words::CODE_MADE) }
                input class="control mono" type="text" readonly value=(code) aria-label=(words::CODE) autofocus
                    spellcheck="false";
                @if let Some(link) = &link {
                    input class="control mono" type="text" readonly value=(link) aria-label=(words::LINK)
                        spellcheck="false";
                }
            }
        }
    }
}

/// What is left to say to who sent the form twice.
fn before() -> Markup {
    html! {
        div class="bar new-token" role="status" {
            (icon(Icon::Note))
            div {
                p { (words::CODE_MADE_BEFORE) }
                p { a href="/platform/invites" { (words::TO_CODES) } }
            }
        }
    }
}

fn row(invite: &PlatformInvite, now: DateTime<Utc>) -> Markup {
    html! {
        li class={ "row" @if !invite.is_open(now) { " gone" } } {
            div class="row-title" {
                (if invite.note.is_empty() { words::NO_NOTE } else { &invite.note })
                @if let Some(why) = words::over(invite, now) { span class="chip" { (why) } }
            }
            span class="row-cell" { (words::uses_left(invite.uses_left, invite.uses)) }
            span class="row-cell" { (words::UNTIL) " " (time::absolute(invite.expires_at)) }
            div class="row-end" {
                @if invite.is_open(now) {
                    form method="post" action={ "/platform/invites/" (invite.id) "/revoke" } {
                        button class="button small danger" type="submit" aria-label=(words::revoke(&invite.note)) {
                            (words::REVOKE)
                        }
                    }
                }
            }
        }
    }
}

fn new_code(app: &App, shown: &Shown) -> Markup {
    let number = |name: &str, label: &str, most: i64, value: &str| {
        html! {
            div class="field" {
                label for=(name) { (label) }
                input class="control" id=(name) name=(name) type="number" min="1" max=(most) step="1" required
                    value=(value);
            }
        }
    };
    html! {
        form class="stack" method="post" action="/platform/invites" {
            (form::key(app))
            @if let Some(wrong) = &shown.wrong { (summary(wrong)) }
            (number("uses", words::USES, MOST_USES, &shown.typed.uses))
            (number("days", words::DAYS, MOST_DAYS, &shown.typed.days))
            div class="field" {
                label for="note" { (words::NOTE) }
                input class="control" id="note" name="note" type="text" maxlength=(words::MOST_NOTE)
                    value=(shown.typed.note) autocomplete="off";
            }
            button class="button" type="submit" { (words::CREATE_INVITE) }
        }
    }
}

/// `POST /platform/invites`
pub(super) async fn create(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (shown, refusal) = match make(&app, &visitor, &typed).await {
        Ok(made) => {
            let made = Some(made);
            (
                Shown {
                    made,
                    ..Shown::default()
                },
                None,
            )
        }
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let shown = Shown {
                typed,
                wrong: Some(refusal.text()),
                made: None,
            };
            (shown, Some(refusal))
        }
    };
    let page = draw(&app, &visitor, &Place::default(), &shown).await?;
    Ok(match refusal {
        Some(refusal) => refusal.answer(page),
        None => page.into_response(),
    })
}

/// Makes a code, once for its key. It is kept nowhere, so a repeat has none to show.
async fn make(app: &App, visitor: &Visitor, typed: &Typed) -> Result<Made> {
    let (uses, days) = typed.read()?;
    let (now, random) = (app.now(), &mut app.random());
    let code = InLink::PlatformInvite.make(random);
    let invite = NewPlatformInvite {
        id: PlatformInviteId::new(now, random),
        hash: secret::digest(&code),
        uses,
        expires_at: now + TimeDelta::days(days),
        note: typed.note.trim().to_owned(),
        created_by_id: Some(visitor.user_id()),
    };
    let (id, account) = (invite.id.uuid(), visitor.caller.account_id);
    let (action, object) = (
        AuditAction::PlatformInviteCreated,
        Object::new("platform_invite", id),
    );
    let entry = visitor.caller.entry(now, random, action, object, &[]);
    let body = (uses, days, &invite.note);
    let key = IdempotencyKey::parse(&typed.key);
    let key = once::key(&visitor.caller, key, "POST /platform/invites", &body)?;
    let answer = once::write(app, key, move |tx| {
        let (invite, entry) = (invite.clone(), entry.clone());
        Box::pin(async move {
            platform_invites::create(tx, &invite, now).await?;
            audit::write(tx, account, &entry).await?;
            Answer::new(StatusCode::CREATED, &json!({ "id": id }))
        })
    })
    .await?;
    if answer.id()? != id {
        return Ok(Made::Before);
    }
    Ok(Made::Now(code))
}

/// `POST /platform/invites/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Path(id): Path<PlatformInviteId>,
) -> Result<Redirect> {
    let (account, now) = (visitor.caller.account_id, app.now());
    let object = Object::new("platform_invite", id.uuid());
    let action = AuditAction::PlatformInviteRevoked;
    let entry = visitor.caller.entry(now, &mut app.random(), action, object, &[]);
    let revoked = app
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let revoked = platform_invites::revoke(tx, id, now).await?;
                if revoked {
                    audit::write(tx, account, &entry).await?;
                }
                Ok(revoked)
            })
        })
        .await?;
    if revoked {
        Ok(Redirect::to("/platform/invites"))
    } else {
        Err(Error::NotFound)
    }
}
