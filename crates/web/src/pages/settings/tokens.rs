//! What a person's programs show to act for them: making one, whose secret is shown once, and revoking.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::Scope;
use resolutionflow_core::id::TokenId;
use resolutionflow_core::problem::Place;
use resolutionflow_store::tokens::{self, Personal};
use serde::Deserialize;

use super::{Refused, back, page, words};
use crate::api::tokens::create::{self, CreateToken, CreatedToken};
use crate::api::tokens::revoke;
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::time::{absolute, relative};
use crate::pages::letter_door::summary;
use crate::pages::refusal::Refusal;
use crate::request::{Form, IdempotencyKey, Path};

/// The most tokens that are listed; the API lists all.
const MOST: i64 = 200;

/// How long a token is good for unless said, in days.
const USUAL_LIFE: i64 = 90;

/// The form of a new token.
#[derive(Deserialize)]
pub(super) struct NewToken {
    #[serde(default)]
    name: String,
    /// Missing where no form of ours sent it.
    days: Option<String>,
    #[serde(default)]
    read: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    admin: String,
    #[serde(default)]
    key: String,
}

impl NewToken {
    /// For how many days it is to be good. What is no number is refused like one that is too small.
    fn days(&self) -> i64 {
        let days = self.days.as_ref();
        days.map_or(USUAL_LIFE, |days| days.trim().parse().unwrap_or(0))
    }

    /// The scopes that are ticked.
    fn scopes(&self) -> Vec<Scope> {
        let ticked = |scope: &Scope| {
            let control = match scope {
                Scope::Read => &self.read,
                Scope::Run => &self.run,
                Scope::Author => &self.author,
                Scope::Admin => &self.admin,
            };
            !control.is_empty()
        };
        Scope::ALL.into_iter().filter(ticked).collect()
    }
}

/// What was typed for a token that could not be made, and what is wrong with it.
pub(super) struct Typed {
    name: String,
    scopes: Vec<Scope>,
    days: i64,
    wrong_name: bool,
    wrong_scopes: bool,
    wrong_days: bool,
    /// Why it was refused, where no line is at fault.
    whole: Option<String>,
}

impl Typed {
    fn of(form: NewToken, refusal: &Refusal) -> Self {
        let wrong = |member: &str| {
            let mut problems = refusal.problems().iter();
            problems.any(|problem| matches!(&problem.place, Place::Pointer { pointer } if pointer == member))
        };
        Self {
            scopes: form.scopes(),
            days: form.days(),
            name: form.name,
            wrong_name: wrong("/name"),
            wrong_scopes: wrong("/scopes"),
            wrong_days: wrong("/expires_in_days"),
            whole: refusal.problems().is_empty().then(|| refusal.text()),
        }
    }
}

/// Where the making of a token stands.
#[derive(Default)]
pub(super) enum Making {
    /// Nobody asked for one.
    #[default]
    Nothing,
    /// It was just made.
    Created(CreatedToken),
    /// The one of this name was made when the form was sent before.
    Before(String),
    /// It could not be made.
    Refused(Typed),
}

/// `POST /settings/tokens`: the answer is the page with the secret in it, the only time that it is shown.
pub(super) async fn create(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Form(form): Form<NewToken>,
) -> Result<Response> {
    let body = CreateToken {
        name: form.name.clone(),
        expires_in_days: Some(form.days()),
        scopes: Some(form.scopes()),
    };
    let key = IdempotencyKey::parse(&form.key);
    let (making, refusal) = match create::make(&app, &visitor.caller, key, body).await {
        Ok(Some(created)) => (Making::Created(created), None),
        Ok(None) => (Making::Before(form.name.trim().to_owned()), None),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            (Making::Refused(Typed::of(form, &refusal)), Some(refusal))
        }
    };
    let shown = Refused {
        making,
        ..Refused::default()
    };
    let page = page(&app, &visitor, &shown).await?;
    Ok(match refusal {
        Some(refusal) => refusal.answer(page),
        None => page.into_response(),
    })
}

/// `POST /settings/tokens/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<TokenId>,
) -> Result<Redirect> {
    revoke::revoke(State(app), May(visitor.caller), Path(id)).await?;
    Ok(back("tokens"))
}

pub(super) async fn section(app: &App, visitor: &Visitor, making: &Making) -> Result<Markup> {
    let (account, user, now) = (visitor.caller.account_id, visitor.user_id(), app.now());
    let tokens = app
        .read(move |tx| Box::pin(async move { Ok(tokens::personal(tx, account, user, None, MOST).await?) }))
        .await?;
    Ok(html! {
        section class="section" id="tokens" aria-labelledby="tokens-title" {
            h2 id="tokens-title" { (words::TOKENS) }
            p class="help" { (words::TOKENS_HELP) }
            @match making {
                Making::Created(created) => (shown(created)),
                Making::Before(name) => (before(name)),
                Making::Nothing | Making::Refused(_) => {},
            }
            @if tokens.is_empty() {
                p class="empty" { (words::NO_TOKENS) }
            } @else {
                ul class="list logins" { @for token in &tokens { (row(token, now)) } }
            }
            (new_token(app, making))
        }
    })
}

/// What a token may, in words.
fn scopes(token: &Personal) -> String {
    let names: Vec<_> = token.scopes.iter().map(words::scope).collect();
    names.join(", ")
}

/// The secret, once.
fn shown(created: &CreatedToken) -> Markup {
    html! {
        div class="bar new-token" role="status" {
            (icon(Icon::Check))
            div {
                p { (words::created(&created.name)) " " (words::CREATED) }
                input class="control mono" type="text" readonly value=(created.token) aria-label=(created.name)
                    autofocus spellcheck="false";
            }
        }
    }
}

/// What is left to say to who sent the form twice.
fn before(name: &str) -> Markup {
    html! {
        div class="bar new-token" role="status" {
            (icon(Icon::Note))
            div {
                p { (words::created_before(name)) }
                p { a href="/settings#tokens" { (words::TO_TOKENS) } }
            }
        }
    }
}

fn row(token: &Personal, now: DateTime<Utc>) -> Markup {
    html! {
        li class="row" {
            (icon(Icon::Key))
            div class="row-title" {
                (token.name)
                @if token.expires_at <= now { span class="chip warn" { (words::EXPIRED) } }
                span class="faint" { (scopes(token)) }
            }
            span class="row-cell" {
                @if let Some(at) = token.last_used_at { (words::USED) " " (relative(at)) } @else { (words::NEVER_USED) }
                ", " (words::GOOD_UNTIL) " " (absolute(token.expires_at))
            }
            div class="row-end" {
                form method="post" action={ "/settings/tokens/" (token.id) "/revoke" } {
                    button class="button small danger" type="submit" aria-label=(words::revoke(&token.name)) {
                        (words::REVOKE)
                    }
                }
            }
        }
    }
}

fn new_token(app: &App, making: &Making) -> Markup {
    let refused = match making {
        Making::Refused(typed) => Some(typed),
        _ => None,
    };
    let name = refused.map_or("", |typed| typed.name.as_str());
    let life = refused.map_or(USUAL_LIFE, |typed| typed.days);
    let bad_name = refused.is_some_and(|typed| typed.wrong_name);
    let bad_days = refused.is_some_and(|typed| typed.wrong_days);
    let bad_scopes = refused.is_some_and(|typed| typed.wrong_scopes);
    html! {
        @if let Some(why) = refused.and_then(|typed| typed.whole.as_ref()) { (summary(why)) }
        form class="token-form" method="post" action="/settings/tokens#tokens" {
            (form::key(app))
            div class={ "field" @if bad_name { " bad" } } {
                label for="token-name" { (words::TOKEN_NAME) }
                input class="control" id="token-name" name="name" type="text" value=(name)
                    maxlength="200" required autocomplete="off" autofocus[bad_name]
                    aria-invalid=[bad_name.then_some("true")] aria-describedby=[bad_name.then_some("token-name-error")];
                @if bad_name { p class="error" id="token-name-error" { (words::TOKEN_NAME_WRONG) } }
            }
            div class={ "field" @if bad_days { " bad" } } {
                label for="token-days" { (words::TOKEN_LIFE) }
                select class="control" id="token-days" name="days" aria-invalid=[bad_days.then_some("true")]
                    aria-describedby=[bad_days.then_some("token-days-error")] {
                    @for (days, label) in words::LIVES {
                        option value=(days) selected[days == life] { (label) }
                    }
                }
                @if bad_days { p class="error" id="token-days-error" { (words::TOKEN_LIFE_WRONG) } }
            }
            fieldset class="token-scopes" aria-describedby=[bad_scopes.then_some("token-scopes-error")] {
                legend { (words::SCOPES) }
                @for scope in Scope::ALL {
                    @let ticked = refused.map_or(scope == Scope::Read, |typed| typed.scopes.contains(&scope));
                    label class="check" {
                        input type="checkbox" name=(scope.as_str()) value="on" checked[ticked];
                        (words::scope(scope))
                    }
                }
                @if bad_scopes { p class="error" id="token-scopes-error" { (words::SCOPES_NONE) } }
            }
            button class="button" type="submit" { (words::CREATE) }
        }
    }
}
