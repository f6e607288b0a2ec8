//! `POST /sessions/{id}/complete`: completes, whatever is missing, and says what is.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{self, Change, Completion, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::{Reads, Standing, command};
use super::view::{self, SessionView};
use crate::api::answers::{Conflicts, Refusals, outcomes};
use crate::auth::caller::{May, MayCompleteSession};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// What there is to say at the end; nothing is compulsory.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteSession {
    /// How it ended.
    #[schema(schema_with = outcomes)]
    pub outcome: Option<Outcome>,
    /// What there is to say about that.
    pub outcome_note: Option<String>,
    /// What is to be done next.
    pub next_steps: Option<String>,
}

/// A completed session, with what it was completed without.
#[derive(Serialize, ToSchema)]
pub struct CompletedSession {
    /// The session.
    #[serde(flatten)]
    session: SessionView,
    /// One warning for each required variable that shows nothing and each value that does not fit.
    warnings: Vec<CompletionWarning>,
}

/// Something that a session was completed without.
#[derive(Serialize, ToSchema)]
pub struct CompletionWarning {
    /// `missing_required` or `invalid_value`.
    #[schema(example = "missing_required")]
    kind: &'static str,
    /// The variable.
    #[schema(example = "server_name")]
    variable: String,
}

/// Complete a session
///
/// Required variables that are still unset are a warning in the answer, and it completes all the same.
#[utoipa::path(post, path = "/sessions/{id}/complete", operation_id = "complete_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = Option<CompleteSession>, example = json!({"outcome": "resolved"})),
    responses((status = 200, body = CompletedSession), Refusals, Conflicts))]
pub async fn complete(
    State(app): State<App>,
    May(caller): MayCompleteSession,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
    body: Option<Json<CompleteSession>>,
) -> Result<Answer> {
    let body = body.map(|Json(body)| body);
    let key = once::key(&caller, key, format!("POST /sessions/{id}/complete"), &body)?;
    let completion = body.map(|body| Completion {
        outcome: body.outcome,
        outcome_note: body.outcome_note,
        next_steps: body.next_steps,
    });
    let completion = completion.unwrap_or_default();
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        session::complete(&standing.session, &completion, act)
    };
    let answer = |standing: &Standing, _: &Change| {
        let session = view::session(
            &standing.session,
            &standing.version,
            &standing.variables,
            &standing.steps,
        );
        let missing = session
            .missing_required
            .iter()
            .map(|name| ("missing_required", name));
        let invalid = session.invalid.iter().map(|name| ("invalid_value", name));
        let warnings = missing
            .chain(invalid)
            .map(|(kind, variable)| CompletionWarning {
                kind,
                variable: variable.clone(),
            })
            .collect();
        Answer::new(StatusCode::OK, &CompletedSession { session, warnings })
    };
    command(&app, &caller, id, key, Reads::All, rule, answer).await
}
