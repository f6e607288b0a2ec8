//! The problem types: stable names that clients may decide by, each explained at its own address.

use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;

use crate::error::{Error, Result};
use crate::request::Path;

/// The kind of a refusal; its URI reference `/problems/NAME` is the `type` of the problem document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the meaning of each stands in the table below, which is served too"
)]
pub enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    PlanLimit,
    AddressNotVerified,
    ScopeMissing,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    SlowBody,
    Conflict,
    NewerValue,
    AlreadyStarted,
    AlreadyTaken,
    SessionClosed,
    LimitReached,
    Gone,
    LastOwner,
    NameTaken,
    OtherAccount,
    PreconditionFailed,
    PayloadTooLarge,
    UnsupportedMediaType,
    Unprocessable,
    IdempotencyKeyReused,
    TooManyRequests,
    TooManyAttempts,
    Unavailable,
    Timeout,
    Internal,
}

/// Name, status, title and meaning.
type Row = (&'static str, StatusCode, &'static str, &'static str);

impl Kind {
    /// Every kind, in the order of its status.
    pub const ALL: [Self; 30] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::PlanLimit,
        Self::AddressNotVerified,
        Self::ScopeMissing,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::SlowBody,
        Self::Conflict,
        Self::NewerValue,
        Self::AlreadyStarted,
        Self::AlreadyTaken,
        Self::SessionClosed,
        Self::LimitReached,
        Self::Gone,
        Self::LastOwner,
        Self::NameTaken,
        Self::OtherAccount,
        Self::PreconditionFailed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::Unprocessable,
        Self::IdempotencyKeyReused,
        Self::TooManyRequests,
        Self::TooManyAttempts,
        Self::Unavailable,
        Self::Timeout,
        Self::Internal,
    ];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        use StatusCode as S;
        match self {
            Self::BadRequest => ("bad-request", S::BAD_REQUEST, "The request cannot be read",
                "The request is not well formed. Errors give the line and column, or the header."),
            Self::Unauthorized => ("unauthorized", S::UNAUTHORIZED, "Sign in first",
                "The request carries no valid token. Sign in at /api/v1/auth/login, or use a personal token."),
            Self::Forbidden => ("forbidden", S::FORBIDDEN, "Not allowed",
                "Who asks may not do this here; asking again does not help."),
            Self::PlanLimit => ("plan-limit", S::FORBIDDEN, "Your plan is used up",
                "The account has as many of these as its plan allows; resource and limit say of what. Nothing was \
                 changed. Whoever runs the server can give the account another plan."),
            Self::AddressNotVerified => ("address-not-verified", S::FORBIDDEN, "Verify your address first",
                "The password is right, and nobody has shown yet that mail to the address reaches them. A letter with a \
                 link was sent there; open it, then sign in."),
            Self::ScopeMissing => ("scope-missing", S::FORBIDDEN, "The token lacks a scope",
                "The token's owner may do this, and the token may not: scope says what it lacks. Make a token that has it."),
            Self::NotFound => ("not-found", S::NOT_FOUND, "Not found",
                "There is nothing at this address that you may see."),
            Self::MethodNotAllowed => ("method-not-allowed", S::METHOD_NOT_ALLOWED, "Method not allowed",
                "The address exists, and does not know this method; Allow lists those it knows."),
            Self::NotAcceptable => ("not-acceptable", S::NOT_ACCEPTABLE, "Not acceptable",
                "The answer exists in no form that the request accepts."),
            Self::SlowBody => ("slow-body", S::REQUEST_TIMEOUT, "The body came too slowly",
                "The body of the request did not arrive in time. Nothing was changed."),
            Self::Conflict => ("conflict", S::CONFLICT, "Conflict",
                "What stands contradicts the request. Nothing was changed."),
            Self::NewerValue => ("newer-value", S::CONFLICT, "A newer value stands",
                "Someone else changed the value since the version that the request expected; current shows it. \
                 Nothing of the request was applied."),
            Self::AlreadyStarted => ("already-started", S::CONFLICT, "Already started",
                "The session was started before, and only one may start it; current shows who did."),
            Self::AlreadyTaken => ("already-taken", S::CONFLICT, "Already taken",
                "The session is assigned to someone; current shows to whom."),
            Self::SessionClosed => ("session-closed", S::CONFLICT, "The session is closed",
                "The session is completed or discarded and takes no more of this. It can be reopened within 24 hours."),
            Self::LimitReached => ("limit-reached", S::CONFLICT, "Limit reached",
                "The account has as many of these as it may have."),
            Self::Gone => ("gone", S::GONE, "Not good any more",
                "The invite was good once, and has expired, was used up or was taken back. Ask for a new one."),
            Self::LastOwner => ("last-owner", S::CONFLICT, "The last owner stays",
                "An account always has an owner who can sign in. Make somebody else an owner first."),
            Self::NameTaken => ("name-taken", S::CONFLICT, "The name is taken",
                "Another one in the account has this name, whatever its case."),
            Self::OtherAccount => ("other-account", S::CONFLICT, "You are in another account now",
                "The page is of an account that you have left for another one since. Reload it. Nothing was changed."),
            Self::PreconditionFailed => ("precondition-failed", S::PRECONDITION_FAILED, "Another version stands",
                "If-Match names a version that is not the current one. Nothing was changed."),
            Self::PayloadTooLarge => ("payload-too-large", S::PAYLOAD_TOO_LARGE, "Too large",
                "The body of the request is over the limit."),
            Self::UnsupportedMediaType => ("unsupported-media-type", S::UNSUPPORTED_MEDIA_TYPE, "Media type not supported",
                "The body is of a type that is not read here."),
            Self::Unprocessable => ("unprocessable", S::UNPROCESSABLE_ENTITY, "Something in the request is wrong",
                "The request is well formed and says something that cannot be; errors point at each wrong member. \
                 Nothing was changed."),
            Self::IdempotencyKeyReused => ("idempotency-key-reused", S::UNPROCESSABLE_ENTITY,
                "The Idempotency-Key belongs to another request",
                "The key was used before with another body. Take a new key for a new request."),
            Self::TooManyRequests => ("too-many-requests", S::TOO_MANY_REQUESTS, "Too many requests",
                "Too much in too short a time; Retry-After says in how many seconds it may be tried again."),
            Self::TooManyAttempts => ("too-many-attempts", S::TOO_MANY_REQUESTS, "Too many attempts",
                "Too many passwords were tried; Retry-After says in how many seconds to try again. Nothing is locked."),
            Self::Unavailable => ("unavailable", S::SERVICE_UNAVAILABLE, "Not available right now",
                "The server cannot do this for the moment; Retry-After says in how many seconds to try again."),
            Self::Timeout => ("timeout", S::SERVICE_UNAVAILABLE, "The request took too long",
                "The server stopped waiting. The change may still take effect: repeat the request with the same \
                 Idempotency-Key to learn of it without doing it twice."),
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "Internal error",
                "The fault is ours and was logged under the request id."),
        }
    }

    /// The last part of the type's address, which never changes.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The URI reference that a problem document carries as its `type`.
    pub fn uri(self) -> String {
        format!("/problems/{}", self.name())
    }

    /// The status that goes with it.
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The same short words for every problem of the kind.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// What it means for who asked.
    pub const fn meaning(self) -> &'static str {
        self.row().3
    }
}

/// `GET /problems/{name}`: what a problem type means, in plain text.
pub(crate) async fn explain(Path(name): Path<String>) -> Result<impl IntoResponse> {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or(Error::NotFound)?;
    let text = format!("{} ({})\n\n{}\n", kind.title(), kind.status(), kind.meaning());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_fit_an_address() {
        let names: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        );
    }
}
