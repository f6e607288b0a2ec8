//! What the pages share that lead from a letter into the program: a page for anybody, with a status and no login.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::components::icon::mark;
use super::refusal::Refusal;
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

/// The page as it was typed, with why it was refused; or the error itself, where it may have been done all the same.
pub fn refused(error: Error, page: impl FnOnce(&str) -> Markup) -> Result<Response, Error> {
    let refusal = Refusal::of(error)?;
    Ok(refusal.answer(page(&refusal.text())))
}
