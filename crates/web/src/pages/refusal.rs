//! A form that is refused comes back as it was typed, with the reason above it and the status of the refusal.

use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use resolutionflow_core::problem::Problem;

use super::error::said;
use super::words::sentence;
use crate::error::{Error, Result};

/// Why a form was refused, and nothing of it done.
#[derive(Debug)]
pub struct Refusal(Error);

impl Refusal {
    /// The refusal that an error is.
    ///
    /// What is our fault stays an error, and so does what asks to sign in first. So does what may have been done all the
    /// same: its page is sent again under the same key by reloading it, and a form that is drawn anew has another key.
    pub fn of(error: Error) -> Result<Self> {
        match error {
            Error::Internal(_) | Error::Unauthorized(_) => Err(error),
            error if error.leaves_open() => Err(error),
            error => {
                error.log();
                Ok(Self(error))
            }
        }
    }

    /// The error that it is.
    pub fn error(&self) -> &Error {
        &self.0
    }

    /// What is wrong with what was typed, line by line; nothing where it was refused for another reason.
    pub fn problems(&self) -> &[Problem] {
        match &self.0 {
            Error::Unprocessable(problems) => problems,
            _ => &[],
        }
    }

    /// All of it for a person, as sentences.
    pub fn text(&self) -> String {
        if self.problems().is_empty() {
            return said(&self.0);
        }
        let details = self.problems().iter().map(|problem| sentence(&problem.detail));
        details.collect::<Vec<_>>().join(" ")
    }

    /// The page that shows it, with its status and when to try again.
    pub fn answer(&self, page: impl IntoResponse) -> Response {
        let mut response = page.into_response();
        *response.status_mut() = self.0.kind().status();
        if let Some(after) = self.0.retry_after() {
            let seconds = HeaderValue::from(after.as_secs().max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use resolutionflow_store::Error as StoreError;

    use super::*;

    #[test]
    fn what_was_not_done_leads_back_to_its_form_with_its_status() {
        let full = Refusal::of(Error::from(StoreError::Full)).unwrap();
        assert_eq!(
            full.text(),
            "The disk of the database is full. Nothing was changed."
        );
        let answer = full.answer("page");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[RETRY_AFTER]),
            (503, &HeaderValue::from_static("5"))
        );
        let queue = Error::Unavailable {
            detail: "Full.".to_owned(),
            retry_after: Duration::ZERO,
        };
        let answer = Refusal::of(queue).unwrap().answer("page");
        assert_eq!(answer.headers()[RETRY_AFTER], "1");
        let wrong = Refusal::of(Error::unprocessable("/name", "is empty")).unwrap();
        assert_eq!((wrong.text().as_str(), wrong.problems().len()), ("Is empty.", 1));
        assert!(wrong.answer("page").headers().get(RETRY_AFTER).is_none());
    }

    #[test]
    fn what_may_have_been_done_has_a_page_that_sends_it_again() {
        for error in [
            Error::from(StoreError::Unavailable("away".to_owned())),
            Error::Timeout,
            Error::internal("a bug"),
            Error::Unauthorized("Sign in first."),
        ] {
            let kind = error.kind();
            assert_eq!(Refusal::of(error).unwrap_err().kind(), kind);
        }
    }
}
