//! `/flows/import`: a file or a pasted text becomes a flow, after a look at what would become of it.

mod preview;
mod upload;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use resolutionflow_core::problem::{Place, Problem};

use super::components::icon::{Icon, icon};
use super::error::said;
use super::refusal::Refusal;
use super::shell::{self, Frame, Section};
use super::words::import as words;
use crate::api::flows::import::{self, ImportQuery};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitWriteFlow, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Markdown, Query};
use upload::Upload;

/// The routes of importing; the form counts its bytes itself, document by document.
pub fn routes() -> Router<App> {
    Router::new().route(
        "/flows/import",
        get(show).post(submit).layer(DefaultBodyLimit::disable()),
    )
}

async fn show(State(app): State<App>, Visit(visitor): VisitWriteFlow) -> Markup {
    page(&app, &visitor, &form("", None))
}

/// Shows what would become of the document, or imports it where the person has seen that.
async fn submit(
    State(app): State<App>,
    Visit(visitor): VisitWriteFlow,
    mut upload: Upload,
) -> Result<Response> {
    let answer = match upload.refused.take() {
        Some(refused) => Err(refused),
        None if upload.confirm => import(&app, &visitor, &upload)
            .await
            .map(IntoResponse::into_response),
        None => preview::preview(&app, &visitor, &upload)
            .await
            .map(|content| page(&app, &visitor, &content).into_response()),
    };
    match answer {
        Err(error) => {
            let refusal = Refusal::of(error)?;
            let content = form(&upload.text, Some(refusal.error()));
            Ok(refusal.answer(page(&app, &visitor, &content)))
        }
        answer => answer,
    }
}

async fn import(app: &App, visitor: &Visitor, upload: &Upload) -> Result<Redirect> {
    let styles: Vec<&str> = upload.styles.iter().map(|style| style.name()).collect();
    let query = ImportQuery {
        placeholders: Some(styles.join(",")),
        file_name: upload.file_name.clone(),
        ..ImportQuery::default()
    };
    let answer = import::import(
        State(app.clone()),
        May(visitor.caller.clone()),
        Query(query),
        upload.key.clone(),
        Markdown(upload.text.clone()),
    )
    .await?
    .value()?;
    let id = answer["flow"]["id"].as_str().ok_or(Error::NotFound)?;
    Ok(Redirect::to(&format!("/flows/{id}")))
}

fn page(app: &App, visitor: &Visitor, content: &Markup) -> Markup {
    let frame = Frame {
        crumbs: html! { a href="/flows" { (super::words::shell::FLOWS) } " / " span aria-current="page" { (words::CRUMB) } },
        ..Frame::new(words::TITLE, "import", Section::Flows)
    };
    shell::page(app, visitor, &frame, content)
}

/// Where a document comes in, with what is wrong with the one that just did.
fn form(text: &str, wrong: Option<&Error>) -> Markup {
    html! {
        div class="narrow" id="import" {
            div class="page-head" { h1 { (words::TITLE) } }
            @if let Some(error) = wrong { (problems(error, text.is_empty())) }
            form method="post" action="/flows/import" enctype="multipart/form-data" {
                label class="drop-zone" for="file" {
                    (icon(Icon::Upload)) span { (words::DROP) }
                    input type="file" id="file" name="file" accept=".md,.markdown,.txt,text/markdown,text/plain";
                }
                p class="or" { (words::OR) }
                div class="field" {
                    label for="text" { (words::PASTE) }
                    (source(text))
                    p class="help" id="text-help" { (words::PASTE_HELP) }
                }
                button class="button primary" type="submit" { (words::PREVIEW) }
            }
        }
    }
}

/// The text of the document. Browsers drop a line break right behind the tag, so one of ours stands there.
fn source(text: &str) -> Markup {
    html! {
        textarea class="control source" id="text" name="text" spellcheck="false" aria-describedby="text-help" {
            "\n" (text)
        }
    }
}

/// What is wrong, place by place.
fn problems(error: &Error, is_gone: bool) -> Markup {
    let one = |problem: &Problem| match &problem.place {
        Place::Text { line, column } => format!("{}: {}", words::place(*line, *column), problem.detail),
        Place::Pointer { .. } => problem.to_string(),
    };
    let said: Vec<String> = match error {
        Error::Unprocessable(problems) => problems.iter().take(MOST_PROBLEMS).map(one).collect(),
        Error::BadRequest {
            detail,
            place: Some((line, column)),
        } => vec![format!("{}: {detail}", words::place(*line, *column))],
        Error::PayloadTooLarge { limit } => vec![words::too_large(limit)],
        other => vec![said(other)],
    };
    html! {
        div class="error-summary" role="alert" tabindex="-1" {
            h2 { (words::LOOK) }
            ul { @for text in &said { li { (text) } } }
            @if is_gone && !matches!(error, Error::Unprocessable(_)) { p { (words::NO_FILE_KEPT) } }
        }
    }
}

/// The most problems that are named at once; mending those usually mends the others.
const MOST_PROBLEMS: usize = 20;
