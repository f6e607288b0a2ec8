//! `PATCH /sessions/{id}/variables`: a partial merge, all of it or nothing.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{self, Change, SetVariables};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::{Reads, Standing, command};
use super::view::{self, VariableViews};
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MaySetVariables};
use crate::context::App;
use crate::error::Result;
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// Variables to set.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchVariables {
    /// A value each; `null` unsets, `""` sets to empty. What is not named is not touched.
    #[schema(example = json!({"server_name": "srv-01", "ticket": null}))]
    pub variables: BTreeMap<String, Option<String>>,
    /// The version each was seen at, for those to be written only over what was seen; 0 stands for unset.
    #[serde(default)]
    #[schema(example = json!({"server_name": 2}))]
    pub expected: BTreeMap<String, i64>,
    /// Whether a value that does not fit its type is kept, marked `valid: false`.
    #[serde(default)]
    pub keep_invalid: bool,
}

/// What a change of variables did.
#[derive(Serialize, ToSchema)]
pub struct PatchedVariables {
    /// The session's version now.
    #[schema(example = 12)]
    version: i64,
    /// The variables of the request as they stand now; an unset one is absent.
    variables: VariableViews,
    /// The required variables that show nothing.
    missing_required: Vec<String>,
}

/// Set variables
///
/// A partial merge. One wrong name, value or version refuses the whole request, and nothing of it is applied. A
/// newer version than the expected one is 409, with the newer value, its author and its time.
#[utoipa::path(patch, path = "/sessions/{id}/variables", operation_id = "set_variables", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = PatchVariables, responses((status = 200, body = PatchedVariables), Refusals, Conflicts))]
pub async fn set_variables(
    State(app): State<App>,
    May(caller): MaySetVariables,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<PatchVariables>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("PATCH /sessions/{id}/variables"), &body)?;
    let names: Vec<String> = body.variables.keys().cloned().collect();
    let request = SetVariables {
        values: body.variables,
        expected: body.expected,
        keep_invalid: body.keep_invalid,
    };
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        session::set_variables(
            &standing.session,
            &standing.version.outline,
            &mut standing.variables,
            &request,
            act,
        )
    };
    let answer = move |standing: &Standing, _: &Change| {
        let outline = &standing.version.outline;
        let mut standing_now = view::variables(outline, &standing.variables);
        let written = names.iter().filter_map(|name| outline.variable(name));
        let answer = PatchedVariables {
            version: standing.session.version,
            variables: written
                .filter_map(|(_, known)| standing_now.remove_entry(known.name.as_str()))
                .collect(),
            missing_required: view::missing(outline, &standing.variables),
        };
        Answer::new(StatusCode::OK, &answer)
    };
    command(&app, &caller, id, key, Reads::Variables, rule, answer).await
}
