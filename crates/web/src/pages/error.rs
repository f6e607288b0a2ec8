//! What a person sees where something went wrong: what happened, what is safe, what to do.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::components::icon::mark;
use super::shell;
use super::words::error as words;
use crate::auth::visitor::Look;
use crate::context::App;
use crate::error::Error;
use crate::error::kinds::Kind;

/// The page for an error that came of asking for a path, or of what was sent there.
pub fn page(
    app: &App,
    look: Look,
    error: &Error,
    (path, was_sent): (&str, bool),
    request_id: &str,
) -> Markup {
    let kind = error.kind();
    let (title, help) = if kind == Kind::NotFound {
        (words::not_found(what(path)), words::NOT_FOUND_HELP.to_owned())
    } else {
        (kind.title().to_owned(), help(error))
    };
    // No browser promises that going back finds what was typed: pages are nobody's to keep. Each sends a form again that
    // its answer is reloaded of.
    let again = again(kind).filter(|_| was_sent);
    let content = html! {
        a class="door-mark" href="/" aria-label=(super::words::shell::HOME) { (mark()) span { (super::words::shell::PRODUCT) } }
        h1 { (title) }
        p { (help) }
        @if let Some(again) = again {
            p { @if error.leaves_open() { (words::UNSURE) " " } (again) }
        }
        @if let Some(problems) = problems(error) { (problems) }
        p { a class="button" href="/" { (words::HOME) } }
        p class="small" { (words::request(request_id)) }
    };
    shell::plain(app, look, &title, "error", &content)
}

/// How a form gets through that is sent again by reloading, where it may.
fn again(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::OtherAccount => Some(words::GO_BACK_TO_ACCOUNT),
        Kind::Unauthorized => Some(words::SIGN_IN_ELSEWHERE),
        _ => {
            let status = kind.status();
            let may_help = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            may_help.then_some(words::SEND_AGAIN)
        }
    }
}

/// What happened, on a page of its own: the form is not there, and reloading sends it under the key that it had.
fn help(error: &Error) -> String {
    match error {
        Error::IdempotencyKeyReused => words::SENT_BEFORE.to_owned(),
        other => said(other),
    }
}

/// What happened, for a person: the API's words speak of headers where a page has none.
pub fn said(error: &Error) -> String {
    let text = match error {
        Error::Timeout => words::TOO_LONG,
        Error::Database(_) if error.leaves_open() => words::NO_DATABASE,
        Error::NotFound => words::GONE,
        Error::PreconditionFailed { .. } => words::CHANGED,
        Error::IdempotencyKeyReused => return format!("{} {}", words::SENT_BEFORE, words::ADD_THESE),
        other => return other.detail(),
    };
    text.to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_its_own_has_no_form_to_send_once_more() {
        let twice = Error::IdempotencyKeyReused;
        assert_eq!(help(&twice), words::SENT_BEFORE);
        assert!(said(&twice).ends_with(words::ADD_THESE));
        assert_eq!(again(twice.kind()), None);
    }

    #[test]
    fn what_keeps_a_form_from_getting_through_goes_first() {
        for (kind, expected) in [
            (Kind::OtherAccount, Some(words::GO_BACK_TO_ACCOUNT)),
            (Kind::Unauthorized, Some(words::SIGN_IN_ELSEWHERE)),
            (Kind::Timeout, Some(words::SEND_AGAIN)),
            (Kind::NewerValue, None),
        ] {
            assert_eq!(again(kind), expected);
        }
    }
}
