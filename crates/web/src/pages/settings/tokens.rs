//! What a person's programs show to act for them: making one, whose secret is shown once, and revoking.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::access::Scope;
use resolutionflow_core::id::TokenId;
use resolutionflow_store::tokens::{self, Personal};
use serde::Deserialize;

use super::{Refused, back, page, words};
use crate::api::tokens::create::{self, CreateToken, CreatedToken};
use crate::api::tokens::revoke;
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::time::{absolute, relative};
use crate::request::{Form, Json, Path};

/// The most tokens that are listed; the API lists all.
const MOST: i64 = 200;

/// How long a token is good for unless said, in days.
const USUAL_LIFE: i64 = 90;

/// The form of a new token.
#[derive(Deserialize)]
pub(super) struct NewToken {
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    admin: String,
}

impl NewToken {
    /// For how many days it is to be good.
    fn days(&self) -> i64 {
        self.days.parse().unwrap_or(USUAL_LIFE)
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

/// What was typed for a token that could not be made.
pub(super) struct Typed {
    name: String,
    scopes: Vec<Scope>,
    days: i64,
}

/// Where the making of a token stands.
#[derive(Default)]
pub(super) struct Making {
    /// The one that was just made.
    created: Option<CreatedToken>,
    /// What was typed for one that could not be made.
    refused: Option<Typed>,
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
    let caller = May(visitor.caller.clone());
    let (status, making) = match create::create(State(app.clone()), caller, Json(body)).await {
        Ok((_, Json(created))) => {
            let created = Some(created);
            (
                StatusCode::OK,
                Making {
                    created,
                    refused: None,
                },
            )
        }
        Err(Error::Unprocessable(_)) => {
            let refused = Some(Typed {
                scopes: form.scopes(),
                days: form.days(),
                name: form.name,
            });
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                Making {
                    created: None,
                    refused,
                },
            )
        }
        Err(error) => return Err(error),
    };
    let shown = Refused {
        making,
        ..Refused::default()
    };
    Ok((status, page(&app, &visitor, &shown).await?).into_response())
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
            @if let Some(created) = &making.created { (shown(created)) }
            @if tokens.is_empty() {
                p class="empty" { (words::NO_TOKENS) }
            } @else {
                ul class="list logins" { @for token in &tokens { (row(token, now)) } }
            }
            (form(making.refused.as_ref()))
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

fn form(refused: Option<&Typed>) -> Markup {
    let name = refused.map_or("", |typed| typed.name.as_str());
    let life = refused.map_or(USUAL_LIFE, |typed| typed.days);
    let bad_scopes = refused.is_some_and(|typed| typed.scopes.is_empty());
    let bad_name = refused.is_some() && !bad_scopes;
    html! {
        form class="token-form" method="post" action="/settings/tokens" {
            div class={ "field" @if bad_name { " bad" } } {
                label for="token-name" { (words::TOKEN_NAME) }
                input class="control" id="token-name" name="name" type="text" value=(name)
                    maxlength="200" required autocomplete="off" autofocus[bad_name]
                    aria-invalid=[bad_name.then_some("true")] aria-describedby=[bad_name.then_some("token-name-error")];
                @if bad_name { p class="error" id="token-name-error" { (words::TOKEN_NAME_WRONG) } }
            }
            div class="field" {
                label for="token-days" { (words::TOKEN_LIFE) }
                select class="control" id="token-days" name="days" {
                    @for (days, label) in words::LIVES {
                        option value=(days) selected[days == life] { (label) }
                    }
                }
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
