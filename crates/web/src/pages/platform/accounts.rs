//! `/platform`: the accounts; `/platform/accounts/{id}`: one of them, with what it has and the plan it has it by.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{AccountId, PlanId};
use resolutionflow_core::plan::{Plan, Resource};
use resolutionflow_store::platform::{self, Tenant};
use resolutionflow_store::{audit, limits};
use serde::Deserialize;

use super::{Part, page, usage, words};
use crate::api::page::{self as listed, Page};
use crate::auth::visitor::VisitPlatform;
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::filter::address;
use crate::pages::components::time;
use crate::request::{Form, Path, Query};

/// How many plans there are to choose among.
const CHOICES: i64 = 200;

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Place {
    cursor: Option<String>,
}

/// `GET /platform`
pub(super) async fn list(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Query(place): Query<Place>,
) -> Result<Markup> {
    let (now, limit) = (app.now(), listed::limit(&app, None)?);
    let before = listed::id_cursor(place.cursor.as_deref())?;
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(platform::tenants(tx, before, limit + 1, now).await?) }))
        .await?;
    let tenants: Page<Tenant> = listed::page(rows, limit, |row| listed::after_id(&row.id), |row| row);
    let content = html! {
        ul class="list tenants" { @for tenant in &tenants.items { (row(tenant)) } }
        @if tenants.next_cursor.is_some() || before.is_some() {
            div class="more-rows" {
                @if before.is_some() { a class="button" href="/platform" { (words::FIRST) } }
                @if let Some(cursor) = &tenants.next_cursor {
                    a class="button" href=(address("/platform", &[("cursor", cursor)])) { (words::MORE) }
                }
            }
        }
    };
    Ok(page(&app, &visitor, Part::Accounts, None, &content))
}

fn row(tenant: &Tenant) -> Markup {
    let full = Resource::ALL.into_iter().any(|resource| {
        let limit = tenant.plan.limits.of(resource);
        limit.is_some_and(|limit| tenant.usage.of(resource) >= limit)
    });
    html! {
        li class="row" {
            div class="row-title" {
                a href={ "/platform/accounts/" (tenant.id) } { (tenant.name) }
                @if full { span class="chip warn" { (words::REACHED) } }
            }
            span class="row-cell" { (tenant.plan.name) }
            span class="row-cell" { (words::in_short(&tenant.usage)) }
            span class="row-cell" { (words::SINCE) " " (time::day(tenant.created_at)) }
        }
    }
}

/// `GET /platform/accounts/{id}`
pub(super) async fn show(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Path(id): Path<AccountId>,
) -> Result<Markup> {
    let now = app.now();
    let (tenant, plans) = app
        .read(move |tx| {
            Box::pin(async move {
                let tenant = platform::tenant(tx, id, now).await?.ok_or(Error::NotFound)?;
                Ok((tenant, limits::plans(tx, "", CHOICES).await?))
            })
        })
        .await?;
    let content = html! {
        section class="section" aria-labelledby="usage-title" {
            h2 id="usage-title" { (words::USAGE) }
            (usage(&tenant.plan.limits, &tenant.usage))
        }
        section class="section" aria-labelledby="plan-title" {
            h2 id="plan-title" { (words::PLAN) }
            p class="help" { (words::PLAN_HELP) }
            form class="stack" method="post" action={ "/platform/accounts/" (id) "/plan" } {
                div class="field" {
                    label for="plan" { (words::PLAN) }
                    select class="control" id="plan" name="plan" { (options(&plans, &tenant.plan)) }
                }
                button class="button primary" type="submit" { (words::SET_PLAN) }
            }
        }
    };
    Ok(page(&app, &visitor, Part::Accounts, Some(&tenant.name), &content))
}

/// The plans, with the account's own among them even where there are more than are shown.
fn options(plans: &[Plan], own: &Plan) -> Markup {
    html! {
        @if !plans.iter().any(|plan| plan.id == own.id) { option value=(own.id) selected { (own.name) } }
        @for plan in plans {
            option value=(plan.id) selected[plan.id == own.id] { (plan.name) " – " (words::limits(&plan.limits)) }
        }
    }
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Choice {
    plan: PlanId,
}

/// `POST /platform/accounts/{id}/plan`
pub(super) async fn set_plan(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Path(id): Path<AccountId>,
    Form(choice): Form<Choice>,
) -> Result<Response> {
    let (now, plan) = (app.now(), choice.plan);
    let object = Object::new("account", id.uuid());
    let action = AuditAction::PlanChanged;
    let entry = visitor
        .caller
        .entry(now, &mut app.random(), action, object, &["plan_id"]);
    let had = app
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move {
                let had = limits::set_plan(tx, id, plan).await?;
                if had.as_ref().is_some_and(|had| had.id != plan) {
                    audit::write(tx, id, &entry).await?;
                }
                Ok(had)
            })
        })
        .await?;
    match had {
        Some(_) => {
            let back = format!("/platform/accounts/{id}");
            Ok((StatusCode::SEE_OTHER, Redirect::to(&back)).into_response())
        }
        None => Err(Error::NotFound),
    }
}
