//! What an account has decided for itself; for its admins.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::session::MOST_STALE_DAYS;
use resolutionflow_store::{limits, members};
use serde::Deserialize;

use super::{Refused, back, end, page, words};
use crate::api::account::{self, ChangeAccount};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitManageAccount, Visitor, runs_the_server};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::platform::usage;
use crate::pages::refusal::Refusal;
use crate::pages::words::platform;
use crate::request::{Form, Json};

/// The form, as typed.
#[derive(Deserialize)]
pub(super) struct Defaults {
    #[serde(default)]
    stale_days: String,
}

/// `POST /settings/account`
pub(super) async fn change(
    State(app): State<App>,
    Visit(visitor): VisitManageAccount,
    Form(form): Form<Defaults>,
) -> Result<Response> {
    // What is no number is refused like one that is too great.
    let days = form.stale_days.trim().parse().unwrap_or(i64::MAX);
    let body = ChangeAccount {
        stale_days: Some(days),
    };
    match account::change(State(app.clone()), May(visitor.caller.clone()), None, Json(body)).await {
        Ok(_) => Ok(back("account").into_response()),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let why = match refusal.error() {
                Error::Unprocessable(_) => words::stale_days_wrong(MOST_STALE_DAYS),
                _ => refusal.text(),
            };
            let refused = Refused {
                stale_days: Some((form.stale_days, why)),
                ..Refused::default()
            };
            Ok(refusal.answer(page(&app, &visitor, &refused).await?))
        }
    }
}

/// Whether the visitor is shown this part.
pub(super) fn concern(visitor: &Visitor) -> bool {
    may(visitor.role(), Relation::Member, Action::ManageAccount)
}

pub(super) async fn section(
    app: &App,
    visitor: &Visitor,
    refused: Option<&(String, String)>,
) -> Result<Markup> {
    if !concern(visitor) {
        return Ok(Markup::default());
    }
    let account = visitor.caller.account_id;
    let now = app.now();
    let (found, (plan, has)) = app
        .read(move |tx| {
            Box::pin(async move {
                let found = members::account(tx, account).await?;
                Ok((found, limits::standing(tx, account, now).await?))
            })
        })
        .await?;
    let runs_the_server = runs_the_server(app, visitor).await?;
    let days = found.stale_days.to_string();
    let described = if refused.is_some() {
        "stale-error stale-help"
    } else {
        "stale-help"
    };
    Ok(html! {
        section class="section" id="account" aria-labelledby="account-title" {
            h2 id="account-title" { (words::DEFAULTS) }
            form method="post" action="/settings/account" data-setting="account" {
                div class="setting" {
                    div {
                        label for="stale-days" { (words::STALE_DAYS) }
                        @if let Some((_, why)) = refused { p class="error" id="stale-error" { (why) } }
                        p class="help" id="stale-help" { (words::STALE_DAYS_HELP) }
                    }
                    (end(&html! {
                        input class="control days" type="number" id="stale-days" name="stale_days" required min="0"
                            max=(MOST_STALE_DAYS) step="1" value=(refused.map_or(&days, |(typed, _)| typed)) aria-describedby=(described)
                            aria-invalid=[refused.map(|_| "true")] autofocus[refused.is_some()];
                    }))
                }
            }
        }
        section class="section" id="plan" aria-labelledby="plan-title" {
            h2 id="plan-title" { (words::plan(&plan.name)) }
            p class="help" { (words::PLAN_HELP) }
            (usage(&plan.limits, &has))
            @if runs_the_server { a class="button" href="/platform" { (platform::OPEN) } }
        }
    })
}
