//! What a person sees where something went wrong: what happened, what is safe, what to do.

use maud::{Markup, html};

use super::components::icon::mark;
use super::shell;
use super::words::error as words;
use crate::auth::visitor::Look;
use crate::context::App;
use crate::error::Error;
use crate::error::kinds::Kind;

/// The page for an error that came of asking for a path.
pub fn page(app: &App, look: Look, error: &Error, path: &str, request_id: &str) -> Markup {
    let kind = error.kind();
    let (title, help) = if kind == Kind::NotFound {
        (words::not_found(what(path)), words::NOT_FOUND_HELP.to_owned())
    } else {
        (kind.title().to_owned(), error.detail())
    };
    let content = html! {
        a class="door-mark" href="/" aria-label=(super::words::shell::HOME) { (mark()) span { (super::words::shell::PRODUCT) } }
        h1 { (title) }
        p { (help) }
        @if let Some(problems) = problems(error) { (problems) }
        p { a class="button" href="/" { (words::HOME) } }
        p class="small" { (words::request(request_id)) }
    };
    shell::plain(app, look, &title, "error", &content)
}

/// What a path leads to, for people.
fn what(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("sessions") => words::SESSION,
        Some("flows") => words::FLOW,
        _ => words::PAGE,
    }
}

fn problems(error: &Error) -> Option<Markup> {
    match error {
        Error::Unprocessable(problems) => Some(html! {
            ul { @for problem in problems { li { (problem) } } }
        }),
        Error::UnprocessableParameter { name, detail } => Some(html! { p { code { (name) } " " (detail) } }),
        _ => None,
    }
}
