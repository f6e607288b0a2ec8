//! What the description of the API says of refusals, and of names that core defines.

use resolutionflow_core::access::{Role, Scope};
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::event::EventKind;
use resolutionflow_core::flow::difference::Fate;
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_core::session::{Outcome, Stale, Status, StepState};
use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::{IntoResponses, ToSchema};

/// A problem document (RFC 9457): why a request was refused.
#[derive(Serialize, ToSchema)]
pub struct ProblemDocument {
    /// A stable URI reference to decide by; it explains itself when opened.
    #[serde(rename = "type")]
    #[schema(example = "/problems/unprocessable")]
    kind: String,
    /// The kind in words.
    #[schema(example = "Something in the request is wrong")]
    title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What happened here.
    detail: String,
    /// Under which id the server logged the request.
    request_id: String,
    /// Where the request is at fault.
    errors: Option<Vec<ProblemPlace>>,
}

/// One fault of a request, with the place that applies.
#[derive(Serialize, ToSchema)]
pub struct ProblemPlace {
    /// A JSON pointer (RFC 6901) into the body.
    #[schema(example = "/variables/port")]
    pointer: Option<String>,
    /// A query parameter.
    parameter: Option<String>,
    /// A header.
    header: Option<String>,
    /// A line of a text body, from 1.
    line: Option<u64>,
    /// A column of a text body, from 1.
    column: Option<u64>,
    /// What is wrong.
    #[schema(example = "70000 is not a port: ports go from 1 to 65535")]
    detail: String,
}

/// The refusals that every operation with a token may answer.
#[derive(IntoResponses)]
pub enum Refusals {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemDocument),
    /// No valid token.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemDocument),
    /// Not allowed with this role, in this relation to the session, or with this token's scopes.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument),
    /// There is no such thing in this account.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument),
    /// Something in the request is wrong; `errors` points at each fault.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDocument),
    /// Not for the moment; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument),
}

/// The refusal of a change that what stands contradicts.
#[derive(IntoResponses)]
pub enum Conflicts {
    /// Something newer stands, somebody was first, or the session has ended; `current` shows what stands.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument),
}

/// The refusal of one try too many.
#[derive(IntoResponses)]
pub enum Attempts {
    /// Too many passwords were tried; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemDocument),
}

/// The refusal of one letter too many.
#[derive(IntoResponses)]
pub enum Letters {
    /// The account sent too many invites by mail; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemDocument),
}

fn names(names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names))
}

/// The names of [`Status`].
pub fn statuses() -> ObjectBuilder {
    names(Status::ALL.map(Status::as_str))
}

/// The names of [`Outcome`].
pub fn outcomes() -> ObjectBuilder {
    names(Outcome::ALL.map(Outcome::as_str))
}

/// The names of [`NoticeKind`].
pub fn notice_kinds() -> ObjectBuilder {
    names(NoticeKind::ALL.map(NoticeKind::as_str))
}

/// The names of [`Stale`].
pub fn stale_kinds() -> ObjectBuilder {
    names(Stale::NAMES)
}

/// The names of [`Fate`].
pub fn fates() -> ObjectBuilder {
    names(Fate::ALL.map(Fate::as_str))
}

/// What becomes of a line.
pub fn line_kinds() -> ObjectBuilder {
    names(["same", "removed", "added"])
}

/// The names of [`StepState`].
pub fn step_states() -> ObjectBuilder {
    names([StepState::Open, StepState::Done, StepState::Skipped].map(StepState::as_str))
}

/// The names of [`Role`].
pub fn roles() -> ObjectBuilder {
    names(Role::ALL.map(Role::as_str))
}

/// A list of names of [`Scope`].
pub fn scope_list() -> ArrayBuilder {
    ArrayBuilder::new().items(names(Scope::ALL.map(Scope::as_str)))
}

/// The names of [`AuditAction`].
pub fn audit_actions() -> ObjectBuilder {
    names(AuditAction::ALL.map(AuditAction::as_str))
}

/// The names of [`EventKind`].
pub fn event_kinds() -> ObjectBuilder {
    names(EventKind::ALL.map(EventKind::as_str))
}
