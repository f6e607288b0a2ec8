//! `/flows/{id}/start`: starts a flow and leads to its session, with nothing in between.
//!
//! A link may name values. Then they are shown first, for whoever follows a link has not typed them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows::{self, Flow};

use crate::api::sessions::start::{StartFlow, start as start_session};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitStartFlow, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::Answer;
use crate::pages::components::form;
use crate::pages::components::icon::{Icon, icon};
use crate::pages::components::labels::Labels;
use crate::pages::prepare::base::newest;
use crate::pages::prepare::draw::{Row, left, news_bar, row};
use crate::pages::prepare::sheet::strays;
use crate::pages::prepare::written::Written;
use crate::pages::refusal::Refusal;
use crate::pages::runner::scene::label;
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::flows as library;
use crate::pages::words::prepare as words;
use crate::request::{IdempotencyKey, Json, Pairs, Path, Query};
use crate::versions::Version;

/// The values that a link names, with the button that starts; nothing is started by a link.
pub async fn show(
    State(app): State<App>,
    Visit(visitor): VisitStartFlow,
    Path(id): Path<FlowId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup> {
    let flow = find(&app, &visitor, id).await?;
    let version = newest(&app, &visitor, &flow).await?;
    let written = Written::of_link(&version.outline, pairs);
    Ok(page(&app, &visitor, &version, &written, (false, None)))
}

/// Starts the flow; a form that is sent twice leads to one session.
pub async fn start(
    State(app): State<App>,
    Visit(visitor): VisitStartFlow,
    Path(id): Path<FlowId>,
    Pairs(pairs): Pairs,
) -> Result<Response> {
    let flow = find(&app, &visitor, id).await?;
    let mut body = StartFlow {
        flow_id: id.uuid(),
        variables: std::collections::BTreeMap::new(),
        keep_invalid: false,
    };
    if !pairs.iter().any(|(name, _)| name.starts_with("panel:")) {
        let key = pairs.iter().find(|(name, _)| name == "key");
        let key = key.and_then(|(_, key)| IdempotencyKey::parse(key));
        let started = start_session(State(app), May(visitor.caller), key, Json(body));
        return to_session(&started.await?);
    }
    let version = newest(&app, &visitor, &flow).await?;
    let written = Written::read(&version.outline, pairs);
    let (texts, faults) = written.values.changes(&version.outline);
    if !faults.is_empty() {
        let page = page(&app, &visitor, &version, &written, (true, None));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let values = written.values.patch(&texts);
    body.variables = values.variables;
    body.keep_invalid = values.keep_invalid;
    let caller = May(visitor.caller.clone());
    match start_session(State(app.clone()), caller, written.key(""), Json(body)).await {
        Ok(started) => to_session(&started),
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let why = refusal.text();
            Ok(refusal.answer(page(&app, &visitor, &version, &written, (true, Some(&why)))))
        }
    }
}

fn to_session(started: &Answer) -> Result<Response> {
    Ok(Redirect::to(&format!("/sessions/{}", started.id()?)).into_response())
}

async fn find(app: &App, visitor: &Visitor, id: FlowId) -> Result<Flow> {
    let account = visitor.caller.account_id;
    app.read(move |tx| Box::pin(async move { flows::find(tx, account, id).await?.ok_or(Error::NotFound) }))
        .await
}

/// The page; where it was sent and refused, with why, unless the values say it themselves.
fn page(
    app: &App,
    visitor: &Visitor,
    version: &Version,
    written: &Written,
    (is_refused, why): (bool, Option<&str>),
) -> Markup {
    let outline = &version.outline;
    let flow = Labels::plain(outline, &version.compiled.title().plain);
    let (texts, faults) = written.values.changes(outline);
    let named: Vec<_> = outline
        .variables()
        .filter(|(key, _)| written.values.said.contains_key(*key))
        .collect();
    let fault = |key: &str| faults.iter().find(|fault| fault.key == key);
    let strays = strays(written);
    let here = format!("/flows/{}", version.flow_id);
    let content = html! {
        form class="prepare" method="post" action={ (here) "/start" } novalidate {
            (form::key(app))
            div class="page-head" {
                div {
                    h1 { (words::START_TITLE) }
                    p class="page-sub" dir="auto" { (flow) " " span class="faint" { (words::version(version.number)) } }
                }
                div class="page-actions" {
                    a class="button" href=(here) { (words::CANCEL) }
                    button class="button primary" type="submit" { (icon(Icon::Play)) (words::START) }
                }
            }
            @if is_refused {
                @let labels: Vec<_> = named.iter().filter(|(key, _)| fault(key).is_some()).map(|(_, known)| label(known)).collect();
                div class="error-summary" id="refused" role="alert" tabindex="-1" autofocus {
                    h2 { @if labels.is_empty() { (words::NOT_STARTED) } @else { (words::look(&labels)) } }
                    @if let Some(why) = why { p { (why) } }
                    ul {
                        @for (key, known) in &named {
                            @if let Some(fault) = fault(key) {
                                li { a href={ "#panel-" (key) } { (label(known)) } ": " (words::wrong(&fault.why)) }
                            }
                        }
                    }
                }
            } @else if named.is_empty() && strays.is_empty() {
                p class="muted" { (words::NO_VALUES) }
            } @else {
                (news_bar(&words::from_link(named.len()), words::GO_ON_START))
            }
            (left(&strays))
            div class="prepare-rows" {
                @for (key, known) in &named {
                    (row(&Row {
                        key,
                        known,
                        text: texts.get(*key).map_or_else(|| known.default().unwrap_or_default(), |(text, _)| text),
                        stands: known.default().unwrap_or_default(),
                        seen: 0,
                        fault: fault(key),
                        is_kept: written.values.keep.contains(*key),
                        check: "",
                    }))
                }
            }
        }
    };
    let frame = Frame {
        crumbs: html! {
            a href="/flows" { (library::TITLE) } " / " a href=(here) dir="auto" { (flow) } " / "
            span aria-current="page" { (words::START_TITLE) }
        },
        ..Frame::new(format!("{}: {flow}", words::START_TITLE), "start", Section::Flows)
    };
    shell::page(app, visitor, &frame, &content)
}
