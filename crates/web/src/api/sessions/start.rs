//! `POST /sessions`: starts a flow at once, with nothing filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::{FlowId, Id};
use resolutionflow_core::session::{self, Act, Change, NewSession, Refusal, SetVariables, StepRecords};
use resolutionflow_core::variable::Outline;
use resolutionflow_store::idempotency::Key;
use resolutionflow_store::sessions::Begins;
use resolutionflow_store::{Tx, flows, sessions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::command::{Moment, require_people};
use super::view::{self, SessionView};
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{Caller, May, MayStartFlow};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};
use crate::versions::Version;

/// A flow to start.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartFlow {
    /// The flow; its newest published version runs.
    pub flow_id: Uuid,
    /// Values that are known already; none is compulsory.
    #[serde(default)]
    #[schema(example = json!({"server_name": "srv-01"}))]
    pub variables: BTreeMap<String, Option<String>>,
    /// Whether a value that does not fit its type is kept, marked `valid: false`.
    #[serde(default)]
    pub keep_invalid: bool,
}

/// Start a flow
///
/// The session is active at once; no variable is compulsory.
#[utoipa::path(post, path = "/sessions", operation_id = "start_flow", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = StartFlow, responses((status = 201, body = SessionView), Refusals, Conflicts))]
pub async fn start(
    State(app): State<App>,
    May(caller): MayStartFlow,
    key: Option<IdempotencyKey>,
    Json(body): Json<StartFlow>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /sessions", &body)?;
    let flow = FlowId::from_uuid(body.flow_id);
    let set = SetVariables {
        values: body.variables,
        keep_invalid: body.keep_invalid,
        ..SetVariables::default()
    };
    make(
        &app,
        &caller,
        key,
        flow,
        Begins::Started,
        move |new, outline, act| session::start(new, outline, &set, act),
    )
    .await
}

/// Makes a session of a flow's newest version, as a rule says.
pub(super) async fn make<R>(
    app: &App,
    caller: &Caller,
    key: Option<Key>,
    flow: FlowId,
    begins: Begins,
    rule: R,
) -> Result<Answer>
where
    R: Fn(&NewSession, &Outline, &mut Act<'_>) -> Result<Change, Refusal> + Send + Sync + 'static,
{
    let version = newest(app, caller, flow).await?;
    let (moment, account) = (Moment::of(app, caller), caller.account_id);
    let parts = Arc::new((version, rule));
    once::write(app, key, move |tx| {
        let parts = Arc::clone(&parts);
        Box::pin(async move {
            let (version, rule) = &*parts;
            let mut random = moment.random();
            let new = NewSession {
                id: Id::new(moment.now(), &mut random),
                number: sessions::next_number(tx, account, version.flow_id, begins, moment.now()).await?,
                flow_id: version.flow_id,
                flow_version: version.number,
            };
            let change = rule(&new, &version.outline, &mut moment.act(&mut random)).map_err(refused)?;
            sessions::create(tx, account, &change).await?;
            require_people(tx, account, &change).await?;
            let variables = change
                .variables
                .iter()
                .map(|variable| (variable.key.clone(), variable.clone()));
            let view = view::session(
                &change.session,
                version,
                &variables.collect(),
                &StepRecords::new(),
            );
            Answer::new(StatusCode::CREATED, &view)
        })
    })
    .await
}

/// The newest published version of a flow in the request's own account; `flow_id` is at fault where there is none.
async fn newest(app: &App, caller: &Caller, flow: FlowId) -> Result<Arc<Version>> {
    let account = caller.account_id;
    let latest = app
        .read(move |tx: &mut Tx| Box::pin(async move { Ok(flows::find(tx, account, flow).await?) }))
        .await?;
    match latest {
        None => Err(Error::NotFound),
        Some(flow) if flow.latest_version == 0 => Err(Error::unprocessable(
            "/flow_id",
            "this flow has only a draft; publish it first",
        )),
        Some(found) => {
            app.versions
                .get(&app.db, account, flow, found.latest_version)
                .await
        }
    }
}

/// A new session has nothing to conflict with.
fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Invalid(problems) => Error::Unprocessable(problems),
        Refusal::Forbidden(reason) => Error::Forbidden(reason.to_owned()),
        other => Error::internal(other),
    }
}
