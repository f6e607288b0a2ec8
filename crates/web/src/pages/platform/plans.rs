//! `/platform/plans`: the plans that accounts can have.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{Id, PlanId};
use resolutionflow_core::plan::{Limits, MAX_LIMIT, MAX_NAME, Plan, Resource};
use resolutionflow_core::problem::{Place, Problem};
use resolutionflow_core::random::Random;
use resolutionflow_store::limits::{self, Changed};
use resolutionflow_store::{Tx, audit};
use serde::Deserialize;
use serde_json::json;

use super::{Part, page, words};
use crate::api::page as listed;
use crate::auth::caller::Caller;
use crate::auth::visitor::{VisitPlatform, Visitor};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::pages::components::filter::address;
use crate::pages::components::form;
use crate::pages::letter_door::summary;
use crate::pages::refusal::Refusal;
use crate::pages::words::sentence;
use crate::request::{Form, IdempotencyKey, Path, Query};

/// The most accounts whose logs tell of a change of their plan; of a plan that more have, the log tells of which
/// account whoever changed it acts in.
const MOST_TOLD: u16 = 1_000;

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

/// A plan as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    flows: String,
    sessions: String,
    members: String,
    key: String,
}

impl Typed {
    fn of(plan: &Plan) -> Self {
        let text = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            name: plan.name.clone(),
            flows: text(plan.limits.flows),
            sessions: text(plan.limits.sessions),
            members: text(plan.limits.members),
            key: String::new(),
        }
    }

    fn limit(&self, resource: Resource) -> &str {
        match resource {
            Resource::Flows => &self.flows,
            Resource::Sessions => &self.sessions,
            Resource::Members => &self.members,
        }
    }

    /// The plan, or what is wrong with each line.
    fn check(&self, id: PlanId) -> Result<Plan, Vec<Problem>> {
        // What is no number is refused like one that is too small.
        let read = |text: &str| match text.trim() {
            "" => None,
            text => Some(text.parse().unwrap_or(-1)),
        };
        let limits = Limits {
            flows: read(&self.flows),
            sessions: read(&self.sessions),
            members: read(&self.members),
        };
        Plan::check(id, &self.name, limits)
    }
}

/// `GET /platform/plans`
pub(super) async fn list(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Query(place): Query<After>,
) -> Result<Markup> {
    draw_list(&app, &visitor, place.after, &Typed::default(), &[]).await
}

async fn draw_list(
    app: &App,
    visitor: &Visitor,
    after: String,
    typed: &Typed,
    wrong: &[Problem],
) -> Result<Markup> {
    let limit = listed::limit(app, None)?;
    let begins = after.is_empty();
    let mut plans = app
        .read(move |tx| {
            let after = after.clone();
            Box::pin(async move { Ok(limits::plans(tx, &after, limit + 1).await?) })
        })
        .await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = plans.len() > shown;
    plans.truncate(shown);
    let next = plans.last().filter(|_| more).map(|plan| plan.name.as_str());
    let content = html! {
        ul class="list plans" {
            @for plan in &plans {
                li class="row" {
                    div class="row-title" { a href={ "/platform/plans/" (plan.id) } { (plan.name) } }
                    span class="row-cell" { (words::limits(&plan.limits)) }
                }
            }
        }
        @if next.is_some() || !begins {
            div class="more-rows" {
                @if !begins { a class="button" href="/platform/plans" { (words::FIRST) } }
                @if let Some(name) = next {
                    a class="button" href=(address("/platform/plans", &[("after", name)])) { (words::MORE) }
                }
            }
        }
        section class="section" aria-labelledby="new-title" {
            h2 id="new-title" { (words::NEW_PLAN) }
            (form("/platform/plans", words::CREATE_PLAN, &form::key(app), typed, wrong))
        }
    };
    Ok(page(app, visitor, Part::Plans, None, &content))
}

/// `POST /platform/plans`
pub(super) async fn create(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match keep_new(&app, &visitor, &typed).await {
        Ok(()) => Ok(Redirect::to("/platform/plans").into_response()),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let wrong = problems(&refusal);
            let page = draw_list(&app, &visitor, String::new(), &typed, &wrong).await?;
            Ok(refusal.answer(page))
        }
    }
}

/// Makes the plan, once for its key.
async fn keep_new(app: &App, visitor: &Visitor, typed: &Typed) -> Result<()> {
    let now = app.now();
    let id = Id::new(now, &mut app.random());
    let plan = typed.check(id).map_err(Error::Unprocessable)?;
    let object = Object::new("plan", plan.id.uuid());
    let (account, action) = (visitor.caller.account_id, AuditAction::PlanCreated);
    let entry = visitor.caller.entry(now, &mut app.random(), action, object, &[]);
    let Limits {
        flows,
        sessions,
        members,
    } = plan.limits;
    let body = (&plan.name, flows, sessions, members);
    let key = IdempotencyKey::parse(&typed.key);
    let key = once::key(&visitor.caller, key, "POST /platform/plans", &body)?;
    once::write(app, key, move |tx| {
        let (plan, entry) = (plan.clone(), entry.clone());
        Box::pin(async move {
            if !limits::create_plan(tx, &plan, now).await? {
                return Err(taken());
            }
            audit::write(tx, account, &entry).await?;
            Answer::new(StatusCode::CREATED, &json!({ "id": plan.id }))
        })
    })
    .await?;
    Ok(())
}

/// What to show of a refusal; what is at no line has none.
fn problems(refusal: &Refusal) -> Vec<Problem> {
    match refusal.problems() {
        [] => vec![Problem::at("", refusal.text())],
        problems => problems.to_vec(),
    }
}

fn taken() -> Error {
    Error::unprocessable("/name", words::NAME_TAKEN)
}

/// `GET /platform/plans/{id}`
pub(super) async fn show(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Path(id): Path<PlanId>,
) -> Result<Markup> {
    let plan = find(&app, id).await?;
    Ok(draw(&app, &visitor, &plan, &Typed::of(&plan), &[]))
}

async fn find(app: &App, id: PlanId) -> Result<Plan> {
    app.read(move |tx| Box::pin(async move { limits::plan(tx, id).await?.ok_or(Error::NotFound) }))
        .await
}

fn draw(app: &App, visitor: &Visitor, plan: &Plan, typed: &Typed, wrong: &[Problem]) -> Markup {
    let action = format!("/platform/plans/{}", plan.id);
    let content = html! {
        section class="section" aria-labelledby="change-title" {
            h2 id="change-title" { (words::CHANGE_PLAN) }
            p class="help" { (words::CHANGE_HELP) }
            (form(&action, words::SAVE_PLAN, &Markup::default(), typed, wrong))
        }
    };
    page(app, visitor, Part::Plans, Some(&plan.name), &content)
}

/// `POST /platform/plans/{id}`
pub(super) async fn change(
    State(app): State<App>,
    VisitPlatform(visitor): VisitPlatform,
    Path(id): Path<PlanId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let standing = find(&app, id).await?;
    match keep(&app, &visitor, id, &typed).await {
        Ok(()) => Ok(Redirect::to("/platform/plans").into_response()),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let page = draw(&app, &visitor, &standing, &typed, &problems(&refusal));
            Ok(refusal.answer(page))
        }
    }
}

async fn keep(app: &App, visitor: &Visitor, id: PlanId, typed: &Typed) -> Result<()> {
    let plan = typed.check(id).map_err(Error::Unprocessable)?;
    let (caller, now, seed) = (visitor.caller.clone(), app.now(), seed());
    let changed = app
        .write(move |tx| {
            let (plan, caller) = (plan.clone(), caller.clone());
            Box::pin(async move {
                let changed = limits::change_plan(tx, &plan).await?;
                if let Changed::Done(had) = &changed {
                    let at = (now, &mut Random::new(seed));
                    write_down(tx, &caller, (had, &plan), at).await?;
                }
                Ok(changed)
            })
        })
        .await?;
    match changed {
        Changed::Done(_) => Ok(()),
        Changed::Missing => Err(Error::NotFound),
        Changed::NameTaken => Err(taken()),
    }
}

/// Tells of a change in the log of the account that the caller acts in and, where limits changed, in that of each
/// account that has the plan.
async fn write_down(
    tx: &mut Tx,
    caller: &Caller,
    (had, has): (&Plan, &Plan),
    (now, random): (DateTime<Utc>, &mut Random),
) -> Result<()> {
    let mut changed = had.differences(has);
    if changed.is_empty() {
        return Ok(());
    }
    let concerned = if had.limits == has.limits {
        Some(Vec::new())
    } else {
        limits::accounts_with(tx, has.id, MOST_TOLD).await?
    };
    let many = format!("more than {MOST_TOLD} accounts");
    if concerned.is_none() {
        changed.push(&many);
    }
    let mut accounts = concerned.unwrap_or_default();
    if !accounts.contains(&caller.account_id) {
        accounts.push(caller.account_id);
    }
    let object = Object::new("plan", has.id.uuid());
    let entries: Vec<_> = accounts
        .into_iter()
        .map(|account| {
            let entry = caller.entry(now, random, AuditAction::PlanEdited, object.clone(), &changed);
            (account, entry)
        })
        .collect();
    Ok(audit::write_all(tx, &entries).await?)
}

fn form(action: &str, button: &str, key: &Markup, typed: &Typed, wrong: &[Problem]) -> Markup {
    let whole = wrong
        .iter()
        .find(|problem| matches!(&problem.place, Place::Pointer { pointer } if pointer.is_empty()));
    let wrong = |member: &str| {
        wrong.iter().find_map(|problem| match &problem.place {
            Place::Pointer { pointer } if pointer.strip_prefix('/') == Some(member) => {
                Some(problem.detail.as_str())
            }
            _ => None,
        })
    };
    html! {
        @if let Some(whole) = whole { (summary(&whole.detail)) }
        form class="stack" method="post" action=(action) {
            (key)
            (line("name", words::PLAN_NAME, "", wrong("name"), &html! {
                input class="control" id="name" name="name" type="text" value=(typed.name) required maxlength=(MAX_NAME)
                    autocomplete="off" aria-invalid=[wrong("name").map(|_| "true")]
                    aria-describedby=[wrong("name").map(|_| "name-error")];
            }))
            @for resource in Resource::ALL {
                @let name = resource.as_str();
                (line(name, words::limit(resource), words::EMPTY_IS_UNLIMITED, wrong(name), &html! {
                    input class="control" id=(name) name=(name) type="number" min="0" max=(MAX_LIMIT) step="1"
                        value=(typed.limit(resource)) aria-invalid=[wrong(name).map(|_| "true")]
                        aria-describedby={ @if wrong(name).is_some() { (name) "-error " } (name) "-help" };
                }))
            }
            button class="button" type="submit" { (button) }
        }
    }
}

fn line(name: &str, label: &str, help: &str, wrong: Option<&str>, control: &Markup) -> Markup {
    html! {
        div class={ "field" @if wrong.is_some() { " bad" } } {
            label for=(name) { (label) }
            (control)
            @if let Some(wrong) = wrong { p class="error" id={ (name) "-error" } { (sentence(wrong)) } }
            @if !help.is_empty() { p class="help" id={ (name) "-help" } { (help) } }
        }
    }
}
