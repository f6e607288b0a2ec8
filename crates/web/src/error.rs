//! The one error of this crate, and what a client sees of it.
//!
//! A handler answers `Err(Error::…)`; the outermost layer turns it into a problem document (RFC 9457) with the
//! request's id, and logs the cause of what is our fault. Internal text never reaches a client.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use resolutionflow_core::access::Scope;
use resolutionflow_core::plan::Resource;
use resolutionflow_core::problem::Problem;
use resolutionflow_store::Error as StoreError;
use serde_json::{Map, Value, json};

use crate::config::Size;

pub mod kinds;

use kinds::Kind;

/// What a handler of this crate answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be read: broken JSON, invalid UTF-8.
    #[error("{detail}")]
    BadRequest {
        /// What is wrong with it.
        detail: String,
        /// Line and column in the body, counted from 1.
        place: Option<(usize, usize)>,
    },
    /// A header has a value that it cannot have.
    #[error("{name}: {detail}")]
    InvalidHeader {
        /// The header, as a standard spells it.
        name: &'static str,
        /// What was expected.
        detail: &'static str,
    },
    /// Nobody is signed in, or the token is not valid any more.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// Who asks may not do this here.
    #[error("{0}")]
    Forbidden(String),
    /// The account has as many as its plan allows.
    #[error("the plan allows {limit} {}", resource.as_str())]
    PlanLimit {
        /// Of what.
        resource: Resource,
        /// How many it allows.
        limit: i64,
    },
    /// The password is right, and the address is not known to be theirs.
    #[error("the address is not verified")]
    AddressNotVerified,
    /// It was good once.
    #[error("{0}")]
    Gone(String),
    /// The personal token lacks this scope.
    #[error("the token lacks the scope {}", .0.as_str())]
    ScopeMissing(Scope),
    /// There is no such thing, or it is another account's: the two answers are the same byte for byte.
    #[error("not found")]
    NotFound,
    /// The path exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// No form of the answer is one that the client accepts.
    #[error("{0}")]
    NotAcceptable(String),
    /// The body came too slowly.
    #[error("the body did not arrive in time")]
    SlowBody,
    /// What stands contradicts the request; which of the conflicts it is says the kind.
    #[error("{detail}")]
    Conflict {
        /// One of the kinds of status 409.
        kind: Kind,
        /// What stands against it.
        detail: String,
        /// Further members of the answer, such as the value that stands.
        members: Map<String, Value>,
    },
    /// `If-Match` named another version than the one that stands.
    #[error("the version is {current}")]
    PreconditionFailed {
        /// The version that stands.
        current: i64,
    },
    /// The body is over the limit.
    #[error("the body is over {limit}")]
    PayloadTooLarge {
        /// The limit.
        limit: Size,
    },
    /// The body is of a type that is not read here.
    #[error("expected {expected}")]
    UnsupportedMediaType {
        /// The type that is.
        expected: &'static str,
    },
    /// The body can be read, and says something that cannot be.
    #[error("{} problems", .0.len())]
    Unprocessable(Vec<Problem>),
    /// A parameter of the query has a value that it cannot have.
    #[error("{name}: {detail}")]
    UnprocessableParameter {
        /// The parameter.
        name: String,
        /// What was expected.
        detail: String,
    },
    /// A reserved idempotency key came again with another request.
    #[error("the Idempotency-Key belongs to another request")]
    IdempotencyKeyReused,
    /// Too much in too short a time.
    #[error("{detail}")]
    TooManyRequests {
        /// One of the kinds of status 429.
        kind: Kind,
        /// Of what.
        detail: String,
        /// When to come again.
        retry_after: Duration,
    },
    /// Something that the server needs is away or full for the moment.
    #[error("{detail}")]
    Unavailable {
        /// What a client may know of it.
        detail: String,
        /// When to come again.
        retry_after: Duration,
    },
    /// The database is busy, slow, full or away for the moment.
    #[error("database")]
    Database(#[source] StoreError),
    /// The request took longer than the server lets it.
    #[error("the request took too long")]
    Timeout,
    /// Our fault. The cause is logged with the request's id and never sent.
    #[error("internal error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// One thing that is wrong with the body.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Unprocessable(vec![Problem::at(pointer, detail)])
    }

    /// A conflict without further members.
    pub fn conflict(kind: Kind, detail: impl Into<String>) -> Self {
        Self::Conflict {
            kind,
            detail: detail.into(),
            members: Map::new(),
        }
    }

    /// A conflict that shows the client what stands, as the member `current`.
    pub fn conflict_with(kind: Kind, detail: impl Into<String>, current: Value) -> Self {
        let mut members = Map::new();
        members.insert("current".to_owned(), current);
        Self::Conflict {
            kind,
            detail: detail.into(),
            members,
        }
    }

    /// A broken promise of our own code or of what it stands on.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The problem type of the answer, which decides its status and title too.
    pub fn kind(&self) -> Kind {
        match self {
            Self::BadRequest { .. } | Self::InvalidHeader { .. } => Kind::BadRequest,
            Self::Unauthorized(_) => Kind::Unauthorized,
            Self::Forbidden(_) => Kind::Forbidden,
            Self::PlanLimit { .. } => Kind::PlanLimit,
            Self::AddressNotVerified => Kind::AddressNotVerified,
            Self::Gone(_) => Kind::Gone,
            Self::ScopeMissing(_) => Kind::ScopeMissing,
            Self::NotFound => Kind::NotFound,
            Self::MethodNotAllowed => Kind::MethodNotAllowed,
            Self::NotAcceptable(_) => Kind::NotAcceptable,
            Self::SlowBody => Kind::SlowBody,
            Self::Conflict { kind, .. } | Self::TooManyRequests { kind, .. } => *kind,
            Self::PreconditionFailed { .. } => Kind::PreconditionFailed,
            Self::PayloadTooLarge { .. } => Kind::PayloadTooLarge,
            Self::UnsupportedMediaType { .. } => Kind::UnsupportedMediaType,
            Self::Unprocessable(_) | Self::UnprocessableParameter { .. } => Kind::Unprocessable,
            Self::IdempotencyKeyReused => Kind::IdempotencyKeyReused,
            Self::Unavailable { .. } | Self::Database(_) => Kind::Unavailable,
            Self::Timeout => Kind::Timeout,
            Self::Internal(_) => Kind::Internal,
        }
    }

    /// The cause and its causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = String::new();
        let mut cause: Option<&dyn StdError> = Some(self);
        while let Some(error) = cause {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// Writes it to the log, as far as whoever runs the server should know of it.
    pub fn log(&self) {
        match self {
            Self::Internal(_) => tracing::error!(cause = self.chain(), "failed"),
            Self::Unavailable { .. } | Self::Database(_) | Self::Timeout => {
                tracing::warn!(cause = self.chain(), "not available");
            }
            // Details of a refusal may quote the request, which is nobody's business but its sender's.
            Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::ScopeMissing(_)
            | Self::PlanLimit { .. }
            | Self::AddressNotVerified
            | Self::TooManyRequests { .. } => {
                tracing::info!(kind = self.kind().name(), "refused");
            }
            _ => tracing::debug!(kind = self.kind().name(), "refused"),
        }
    }

    /// The whole answer.
    pub fn respond(&self, request_id: &str) -> Response {
        let kind = self.kind();
        let mut document = self.members();
        document.insert("type".to_owned(), json!(kind.uri()));
        document.insert("title".to_owned(), json!(kind.title()));
        document.insert("status".to_owned(), json!(kind.status().as_u16()));
        document.insert("detail".to_owned(), json!(self.detail()));
        document.insert("request_id".to_owned(), json!(request_id));
        let mut response = Response::new(Body::from(Value::Object(document).to_string()));
        *response.status_mut() = kind.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(after) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if kind == Kind::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(self, Self::SlowBody | Self::PayloadTooLarge { .. }) {
            // What is left of the body is not worth reading.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Whether the change that was asked for may have been made all the same.
    pub fn leaves_open(&self) -> bool {
        match self {
            Self::Timeout => true,
            Self::Database(error) => !matches!(
                error,
                StoreError::Busy | StoreError::Contended | StoreError::TooSlow | StoreError::Full
            ),
            _ => false,
        }
    }

    /// How long to wait before it is worth asking again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            Self::Timeout | Self::Database(StoreError::Busy | StoreError::Contended) => {
                Some(Duration::from_secs(1))
            }
            Self::Database(_) => Some(Duration::from_secs(5)),
            _ => None,
        }
    }

    /// What happened, for whoever asked.
    pub fn detail(&self) -> String {
        match self {
            Self::InvalidHeader { .. } => "A header of the request has a value that it cannot have.".to_owned(),
            Self::Unprocessable(_) | Self::UnprocessableParameter { .. } => {
                "The request was understood and says something that cannot be; see errors. Nothing was changed.".to_owned()
            }
            Self::BadRequest { detail, .. }
            | Self::Forbidden(detail)
            | Self::Gone(detail)
            | Self::NotAcceptable(detail)
            | Self::Conflict { detail, .. }
            | Self::TooManyRequests { detail, .. }
            | Self::Unavailable { detail, .. } => detail.clone(),
            Self::Unauthorized(detail) => (*detail).to_owned(),
            Self::PlanLimit { resource, limit } => plan_limit(*resource, *limit),
            Self::PreconditionFailed { current } => {
                format!("If-Match names another version than {current}, which stands.")
            }
            Self::ScopeMissing(scope) => {
                format!("This token lacks the scope {}. Make a token that has it.", scope.as_str())
            }
            Self::Database(error) => unavailable(error).to_owned(),
            Self::PayloadTooLarge { limit } => format!("The body is over the limit of {limit}."),
            Self::UnsupportedMediaType { expected } => format!("The body must have the Content-Type {expected}."),
            other => other.kind().meaning().to_owned(),
        }
    }

    fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let errors = match self {
            Self::BadRequest {
                detail,
                place: Some((line, column)),
            } => {
                json!([{ "line": line, "column": column, "detail": detail }])
            }
            Self::InvalidHeader { name, detail } => json!([{ "header": name, "detail": detail }]),
            Self::Unprocessable(problems) => json!(problems),
            Self::UnprocessableParameter { name, detail } => json!([{ "parameter": name, "detail": detail }]),
            Self::Conflict { members, .. } => return members.clone(),
            Self::PlanLimit { resource, limit } => {
                members.insert("resource".to_owned(), json!(resource));
                members.insert("limit".to_owned(), json!(limit));
                return members;
            }
            Self::ScopeMissing(scope) => {
                members.insert("scope".to_owned(), json!(scope.as_str()));
                return members;
            }
            Self::PreconditionFailed { current } => {
                members.insert("current_version".to_owned(), json!(current));
                return members;
            }
            _ => return members,
        };
        members.insert("errors".to_owned(), errors);
        members
    }
}

/// What is used up, and what can be done about it.
fn plan_limit(resource: Resource, limit: i64) -> String {
    let (one, many, help) = match resource {
        Resource::Flows => (
            "flow",
            "flows",
            "Nothing of this was kept, and what you have stays.",
        ),
        Resource::Sessions => (
            "started session a month",
            "started sessions a month",
            "Sessions can still be prepared, and those that run go on; the next month begins at nothing.",
        ),
        Resource::Members => ("member", "members", "Remove a member who is no longer needed."),
    };
    let used = if limit == 1 { one } else { many };
    format!(
        "Your plan allows {limit} {used}. {help} Whoever runs this server can give the account another plan."
    )
}

/// What a client is told of a database that cannot serve.
fn unavailable(error: &StoreError) -> &'static str {
    match error {
        StoreError::Busy | StoreError::Contended => {
            "Too much is waiting for the database. Nothing was changed."
        }
        StoreError::TooSlow => "The work took longer than the database allows. Nothing was changed.",
        StoreError::Full => "The disk of the database is full. Nothing was changed.",
        _ => {
            "The database cannot be reached. Whether a change was kept may be unknown: repeat it with the same \
             Idempotency-Key."
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy
            | StoreError::Contended
            | StoreError::TooSlow
            | StoreError::Full
            | StoreError::Unavailable(_) => Self::Database(error),
            // Readers of requests refuse NUL with its place; this catches what came another way.
            StoreError::Nul => Self::unprocessable("", "a text holds a NUL character, which cannot be kept"),
            StoreError::PlanLimit { resource, limit } => Self::PlanLimit { resource, limit },
            other => Self::internal(other),
        }
    }
}

/// Carries an error from the handler to the layer that knows the request's id.
#[derive(Clone)]
pub(crate) struct Refused(pub(crate) Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status: StatusCode = self.kind().status();
        let mut response = status.into_response();
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(error: Error) -> Value {
        let response = error.respond("r-1");
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn an_internal_error_tells_nothing() {
        let error = Error::internal("password of the database is hunter2");
        assert_eq!(
            error.chain(),
            "internal error: password of the database is hunter2"
        );
        let body = body(error).await;
        assert!(!body.to_string().contains("hunter2"));
        assert_eq!(body["request_id"], "r-1");
        assert_eq!(body["type"], "/problems/internal");
    }

    #[tokio::test]
    async fn validation_points_at_each_wrong_member() {
        let body = body(Error::unprocessable("/title", "is empty")).await;
        assert_eq!(
            body["errors"],
            json!([{ "pointer": "/title", "detail": "is empty" }])
        );
        assert_eq!(body["status"], 422);
    }

    #[tokio::test]
    async fn a_conflict_shows_what_stands() {
        let error = Error::conflict_with(Kind::NewerValue, "Morgan set it.", json!({ "version": 3 }));
        let body = body(error).await;
        assert_eq!(body["current"]["version"], 3);
        assert_eq!(body["type"], "/problems/newer-value");
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_no_fault_of_the_program() {
        let error = Error::from(StoreError::Unavailable(
            "connection to 10.0.0.5 refused".to_owned(),
        ));
        assert!(error.chain().contains("10.0.0.5"));
        assert_eq!(error.respond("").headers()[header::RETRY_AFTER], "5");
        let body = body(error).await;
        assert_eq!(body["type"], "/problems/unavailable");
        assert!(!body.to_string().contains("10.0.0.5"));
        assert_eq!(Error::from(StoreError::NoRow).kind(), Kind::Internal);
        assert_eq!(Error::from(StoreError::Nul).kind(), Kind::Unprocessable);
    }

    #[test]
    fn refusals_that_pass_say_when_to_come_again() {
        let error = Error::Unavailable {
            detail: String::new(),
            retry_after: Duration::from_millis(20),
        };
        assert_eq!(error.respond("").headers()[header::RETRY_AFTER], "1");
        assert_eq!(
            Error::Unauthorized("").respond("").headers()[header::WWW_AUTHENTICATE],
            "Bearer"
        );
    }
}
