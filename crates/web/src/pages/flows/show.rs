//! `GET /flows/{id}`: one flow: what it does, what it asks for, and how often it ran.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::id::{FlowId, UserId};
use resolutionflow_core::render::Text;
use resolutionflow_core::variable::{Known, Outline};
use resolutionflow_store::flows::{self, Flow};
use resolutionflow_store::sessions::{self, Count, Counts, Listed};
use resolutionflow_store::{Tx, members};
use serde::Deserialize;

use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::filter::address;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::labels::Labels;
use crate::pages::components::{form, session, time};
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::flows as words;
use crate::pages::words::prepare as preparing;
use crate::pages::words::sessions::count;
use crate::request::{Path, Query};
use crate::versions::{self, Version};

/// What is known of a flow beside its document.
struct Head {
    flow: Flow,
    edited: Option<flows::Version>,
    names: BTreeMap<UserId, String>,
    counts: Counts,
    active: Option<Listed>,
    /// What the visitor has just prepared of it.
    prepared: Option<Listed>,
}

/// How the visitor came here.
#[derive(Debug, Default, Deserialize)]
pub struct Arrival {
    /// The session that they have just prepared.
    #[serde(default)]
    prepared: String,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<FlowId>,
    Query(arrival): Query<Arrival>,
) -> Result<Markup> {
    let prepared = arrival.prepared.parse().ok();
    let (account, user) = (visitor.caller.account_id, visitor.user_id());
    let head = app
        .read(move |tx: &mut Tx| {
            Box::pin(async move {
                let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                let edited = flows::versions(tx, account, id, flow.latest_version + 1, 1)
                    .await?
                    .pop();
                let editor = edited
                    .as_ref()
                    .map_or(flow.created_by_id, |version| version.published_by_id);
                Ok(Head {
                    names: members::names(tx, account, &[editor]).await?,
                    counts: sessions::of_flow_counts(tx, account, id).await?,
                    active: sessions::active_of(tx, account, id, user).await?,
                    prepared: match prepared {
                        Some(session) => sessions::find_listed(tx, account, session).await?,
                        None => None,
                    },
                    flow,
                    edited,
                })
            })
        })
        .await?;
    let version = version(&app, &visitor, &head.flow).await?;
    let title = Labels::plain(&version.outline, &version.compiled.title().plain);
    let content = html! {
        (top(&app, &visitor, &head, &version))
        (about(&version))
        div class="split" {
            (steps(&version))
            div {
                (fields(&version))
                (runs(&head))
            }
        }
    };
    let mut frame = Frame::new(title.clone(), "flow", Section::Flows);
    frame.crumbs = html! { a href="/flows" { (words::TITLE) } " / " span aria-current="page" { (title) } };
    if let Some(prepared) = &head.prepared {
        let whom = prepared.assigned_to.as_deref().map(session::first_name);
        frame.toast = html! {
            span { (preparing::prepared_for(whom)) }
            a class="button small" href={ "/sessions/" (prepared.session.id) } { (preparing::OPEN) }
        };
    }
    Ok(shell::page(&app, &visitor, &frame, &content))
}

/// The newest version, or the draft where none is published.
async fn version(app: &App, visitor: &Visitor, flow: &Flow) -> Result<Arc<Version>> {
    let (account, id) = (visitor.caller.account_id, flow.id);
    if flow.latest_version > 0 {
        return app.versions.get(&app.db, account, id, flow.latest_version).await;
    }
    let draft = app
        .read(move |tx| Box::pin(async move { Ok(flows::draft(tx, account, id).await?) }))
        .await?
        .ok_or(Error::NotFound)?;
    tokio::task::spawn_blocking(move || versions::compile(id, 0, draft))
        .await
        .map_err(Error::internal)?
        .map(Arc::new)
}

/// A text of the flow with labels where values will stand.
fn labelled(version: &Version, text: &Text) -> Markup {
    Labels::html(&version.outline, &text.html)
}

fn top(app: &App, visitor: &Visitor, head: &Head, version: &Version) -> Markup {
    let Head {
        flow, edited, names, ..
    } = head;
    let minutes: u32 = version
        .document
        .steps()
        .filter_map(|(_, step)| step.minutes.map(u32::from))
        .sum();
    let editor = edited
        .as_ref()
        .map_or(flow.created_by_id, |version| version.published_by_id);
    let editor = names.get(&editor).map_or("", |name| session::first_name(name));
    html! {
        div class="page-head" {
            div {
                h1 { (labelled(version, version.compiled.title())) }
                p class="meta-line" {
                    span { (words::steps(flow.step_count)) }
                    @if minutes > 0 { " · " span { (words::minutes(minutes)) } }
                    " · "
                    @if let Some(edited) = edited {
                        span { (words::edited_by(edited.version, editor)) " " (time::relative(edited.published_at)) }
                    } @else {
                        span class="chip outline" { (words::DRAFT) } " "
                        span { (words::draft_by(editor)) " " (time::relative(flow.updated_at)) }
                    }
                    @for tag in &flow.tags { " " a class="tag" href=(address("/flows", &[("tag", tag)])) { (tag) } }
                    " " a href={ "/flows/" (flow.id) "/export" } download { (words::EXPORT) }
                }
            }
            @if may(visitor.role(), Relation::Member, Action::StartFlow) && flow.latest_version > 0 {
                (start(app, head))
            }
        }
    }
}

/// To start the flow, or to go on with what of it the visitor has begun.
fn start(app: &App, head: &Head) -> Markup {
    let action = format!("/flows/{}/start", head.flow.id);
    let prepare = format!("/flows/{}/prepare", head.flow.id);
    html! {
        div class="page-actions" {
            @if let Some(active) = &head.active {
                a class="button primary" href=(session::address(active)) {
                    (words::resume(&session::number(active.session.number)))
                }
            }
            form method="post" action=(action) {
                (form::key(app))
                @if head.active.is_some() {
                    button class="button" { (words::START_ANOTHER) }
                } @else {
                    button class="button primary" { (icon(Icon::Play)) (words::START_FLOW) }
                }
            }
            span class="split-button" {
                a class="button" data-key="p" href=(prepare) { (words::PREPARE_SESSION) }
                details class="menu" {
                    summary class="button" aria-label=(preparing::MORE) { "▾" }
                    div class="menu-list" { a href={ (prepare) "#past" } { (preparing::FROM_PAST) } }
                }
            }
        }
    }
}

fn about(version: &Version) -> Markup {
    html! {
        @if !version.document.parts().description.trim().is_empty() {
            div class="section flow-about step-prose" { (labelled(version, version.compiled.description())) }
        }
    }
}

fn steps(version: &Version) -> Markup {
    let compiled = &version.compiled;
    let sections = version.document.parts().sections.iter().zip(compiled.sections());
    html! {
        section aria-labelledby="steps" {
            div class="section-head" { h2 id="steps" { (words::STEPS) } }
            ol class="outline" {
                @for (source, section) in sections {
                    @if !source.title.is_empty() {
                        li class="outline-section" { (labelled(version, &section.title)) }
                    }
                    @if !source.body.trim().is_empty() {
                        li class="outline-about" { div class="step-prose" { (labelled(version, &section.body)) } }
                    }
                    @for position in section.steps.clone() { (step(version, position)) }
                }
            }
        }
    }
}

fn step(version: &Version, position: usize) -> Markup {
    let step = &version.compiled.steps()[position];
    let source = version.document.steps().nth(position).map(|(_, step)| step);
    let empty = source.is_none_or(|step| step.body.trim().is_empty());
    html! {
        li {
            details {
                summary {
                    span class="outline-number" { (position + 1) }
                    span class="outline-title" { (labelled(version, &step.title)) }
                }
                // Its id stands inside, so that a link to it opens it.
                div class="step-prose" id={ "step-" (step.id) } {
                    @if empty { p class="faint" { (words::NO_BODY) } } @else { (labelled(version, &step.body)) }
                    @if !step.choices.is_empty() {
                        ul class="outline-choices" {
                            @for choice in &step.choices { li { (labelled(version, choice)) } }
                        }
                    }
                }
            }
        }
    }
}

fn fields(version: &Version) -> Markup {
    let outline = &version.outline;
    let known: Vec<_> = outline.variables().collect();
    let required = known.iter().filter(|(_, known)| is_required(known)).count();
    html! {
        section class="section" aria-labelledby="fields" {
            div class="section-head" {
                h2 id="fields" { (words::FIELDS) }
                @if !known.is_empty() { span class="section-count" { (words::field_count(known.len(), required)) } }
            }
            @if known.is_empty() { p class="muted" { (words::NO_FIELDS) } } @else {
                ul class="list fields-list" {
                    @for (key, known) in &known { (field(version, outline, key, known)) }
                }
            }
        }
    }
}

fn is_required(known: &Known) -> bool {
    known.field.as_ref().is_some_and(|field| field.required)
}

fn field(version: &Version, outline: &Outline, key: &str, known: &Known) -> Markup {
    let uses: Vec<_> = version
        .compiled
        .steps()
        .iter()
        .enumerate()
        .filter(|(_, step)| step.keys.contains(key))
        .map(|(position, step)| (position + 1, &step.id))
        .collect();
    let kind = known
        .field
        .as_ref()
        .map(|field| field.field_type)
        .unwrap_or_default();
    html! {
        li class="row" id={ "field-" (key) } {
            span class="row-title" {
                span { (Labels(outline).label(key)) @if is_required(known) { span class="star" role="img" aria-label=(words::REQUIRED) { "*" } } }
            }
            span class="row-cell" { (words::field_type(kind)) }
            span class="row-cell" { (words::steps(i64::try_from(uses.len()).unwrap_or(i64::MAX))) }
            @match &known.field {
                None => p class="row-line" { (words::UNDECLARED) },
                Some(field) => {
                    @if !field.help.is_empty() { p class="row-line" { (field.help) } }
                    @if let Some(default) = &field.default {
                        p class="row-line" { (words::DEFAULT) ": " code dir="auto" { (default) } }
                    }
                    @if !field.options.is_empty() {
                        p class="row-line" { (words::OPTIONS) ": " (field.options.join(", ")) }
                    }
                }
            }
            p class="row-line uses" {
                @if uses.is_empty() { (words::UNUSED) } @else {
                    (words::USED_IN)
                    @for (number, id) in &uses { " " a href={ "#step-" (id) } { (number) } }
                }
            }
        }
    }
}

fn runs(head: &Head) -> Markup {
    let flow = head.flow.id.to_string();
    let Counts {
        active,
        prepared,
        completed,
    } = head.counts;
    let link = |tab: &str, number: Count, say: fn(&str) -> String| {
        html! {
            a href=(address("/sessions", &[("tab", tab), ("flow", &flow)])) { (say(&count(number.number, number.more))) }
        }
    };
    html! {
        section class="section" aria-labelledby="sessions" {
            div class="section-head" {
                h2 id="sessions" { (words::SESSIONS) }
                a class="see-all" href=(address("/sessions", &[("flow", &flow)])) { (words::SEE_ALL) }
            }
            p class="muted" {
                (link("prepared", prepared, words::prepared)) " · " (link("active", active, words::active)) " · "
                (link("completed", completed, words::completed))
            }
        }
    }
}
