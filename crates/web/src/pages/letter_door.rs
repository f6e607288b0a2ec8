//! What the pages share that lead from a letter into the program: a page for anybody, with a status and no login.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{AppendHeaders, IntoResponse, Response};
use maud::{Markup, html};

use super::components::icon::mark;
use super::shell;
use super::words::shell as words;
use crate::auth::visitor::Look;
use crate::context::App;
use crate::error::Error;

/// A page at the door: the mark, a heading, and what follows.
pub fn page(app: &App, look: Look, (title, name): (&str, &'static str), content: &Markup) -> Markup {
    let content = html! {
        div class="door-mark" { (mark()) span { (words::PRODUCT) } }
        h1 { (title) }
        (content)
    };
    shell::plain(app, look, title, name, &content)
}

/// A page that says one thing, and where to go from there.
pub fn said(
    app: &App,
    look: Look,
    status: StatusCode,
    title: (&str, &'static str),
    (text, way): (&str, Option<(&str, &str)>),
) -> Response {
    let content = html! {
        p { (text) }
        @if let Some((href, label)) = way { p { a class="button" href=(href) { (label) } } }
    };
    (status, page(app, look, title, &content)).into_response()
}

/// What is wrong with a form, above it.
pub fn summary(text: &str) -> Markup {
    html! { div class="error-summary" role="alert" { p { (text) } } }
}

/// What is wrong with the lines of a form, each with a way there.
pub fn summary_of(lines: &[(&str, &str)]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div class="error-summary" role="alert" {
                p { (super::words::door::LOOK) }
                ul { @for (line, text) in lines { li { a href={ "#" (line) } { (text) } } } }
            }
        }
    }
}

/// The page as it was typed, for what was refused because there is too much of it or no room; or the error itself.
pub fn refused(error: Error, page: impl FnOnce(&str) -> Markup) -> Result<Response, Error> {
    let kind = error.kind();
    match error {
        Error::TooManyRequests { .. } | Error::Unavailable { .. } | Error::PlanLimit { .. } => {}
        Error::Database(_) => tracing::warn!(cause = error.chain(), "a form was not taken"),
        error => return Err(error),
    }
    let again = error
        .retry_after()
        .map(|after| [(RETRY_AFTER, after.as_secs().max(1).to_string())]);
    let page = page(&error.detail());
    Ok((kind.status(), again.map(AppendHeaders), page).into_response())
}
