//! `/sessions/{id}/update`: what a newer version of the flow would mean for a prepared session, and moving it there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::flow::difference::{
    Difference, Fate, FieldDifference, Line, LineKind, PartChange, StepDifference, difference,
};
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{self, Dropped, Fitting, Session, Status};
use resolutionflow_core::variable::Variables;
use resolutionflow_store::{flows, sessions, variables};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::command::{Reads, Standing, command};
use super::view::{self, SessionView};
use crate::api::answers::{Conflicts, Refusals, fates, line_kinds};
use crate::auth::caller::{Caller, May, MayRead, MayUpdateVersion};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};
use crate::versions::Version;

/// A line of a text that changed.
#[derive(Serialize, ToSchema)]
pub struct LineView {
    /// What became of it.
    #[schema(schema_with = line_kinds)]
    kind: &'static str,
    /// The line.
    text: String,
}

/// One part that reads differently.
#[derive(Serialize, ToSchema)]
pub struct PartView {
    /// What changed, as the JSON form of a flow names it.
    #[schema(example = "body")]
    part: &'static str,
    /// As it was; empty where it was not there.
    before: String,
    /// As it is; empty where it is not there any more.
    after: String,
    /// Both, line by line.
    lines: Vec<LineView>,
}

/// A step that differs.
#[derive(Serialize, ToSchema)]
pub struct StepChangeView {
    /// Its identifier in the flow.
    id: String,
    /// What became of it.
    #[schema(schema_with = fates)]
    fate: &'static str,
    /// Whether it stands in another place; also of one that changed.
    moved: bool,
    /// Its title, as it is or last was.
    title: String,
    /// Its number in the session's version, from 1.
    before: Option<usize>,
    /// Its number in the newer version, from 1.
    after: Option<usize>,
    /// What reads differently.
    changes: Vec<PartView>,
}

/// A field that differs.
#[derive(Serialize, ToSchema)]
pub struct FieldChangeView {
    /// Its name.
    #[schema(example = "server_name")]
    name: String,
    /// What became of it.
    #[schema(schema_with = fates)]
    fate: &'static str,
    /// What a person reads.
    label: String,
    /// What is said otherwise.
    changes: Vec<PartView>,
}

/// A value that does not come along.
#[derive(Clone, Serialize, ToSchema)]
pub struct DroppedView {
    /// The variable.
    #[schema(example = "server_name")]
    name: String,
    /// What it was.
    value: String,
    /// Why.
    reason: String,
}

/// What a newer version would mean for a session.
#[derive(Serialize, ToSchema)]
pub struct UpdatePreview {
    /// The version that the session runs.
    #[schema(example = 3)]
    flow_version: i64,
    /// The newest one.
    #[schema(example = 5)]
    latest_version: i64,
    /// The differences in words; empty where there are none.
    #[schema(example = "1 step changed, 1 field added")]
    words: String,
    /// Title and description, where they changed.
    texts: Vec<PartView>,
    /// The steps that differ.
    steps: Vec<StepChangeView>,
    /// The fields that differ.
    fields: Vec<FieldChangeView>,
    /// The variables whose value would come along.
    kept: Vec<String>,
    /// The values that would not.
    dropped: Vec<DroppedView>,
}

fn line(line: Line) -> LineView {
    let kind = match line.kind {
        LineKind::Same => "same",
        LineKind::Removed => "removed",
        LineKind::Added => "added",
    };
    LineView {
        kind,
        text: line.text,
    }
}

fn parts(changes: Vec<PartChange>) -> Vec<PartView> {
    let view = |change: PartChange| PartView {
        part: change.part,
        before: change.before,
        after: change.after,
        lines: change.lines.into_iter().map(line).collect(),
    };
    changes.into_iter().map(view).collect()
}

fn step(step: StepDifference) -> StepChangeView {
    StepChangeView {
        id: step.id.to_string(),
        fate: Fate::as_str(step.fate),
        moved: step.moved,
        title: step.title,
        before: step.before,
        after: step.after,
        changes: parts(step.changes),
    }
}

fn field(field: FieldDifference) -> FieldChangeView {
    FieldChangeView {
        name: field.name.to_string(),
        fate: Fate::as_str(field.fate),
        label: field.label,
        changes: parts(field.changes),
    }
}

fn dropped(dropped: &[Dropped]) -> Vec<DroppedView> {
    let view = |dropped: &Dropped| DroppedView {
        name: dropped.name.clone(),
        value: dropped.value.clone(),
        reason: dropped.reason.clone(),
    };
    dropped.iter().map(view).collect()
}

/// What a newer version would mean for a prepared session.
pub struct Foreseen {
    /// The version that it runs.
    pub from: Arc<Version>,
    /// The newest one.
    pub to: Arc<Version>,
    /// What differs between them.
    pub difference: Difference,
    /// What would become of the session's values.
    pub fitting: Fitting,
}

/// Looks what the newest version of its flow would mean for a prepared session. Changes nothing.
pub async fn foresee(app: &App, caller: &Caller, session: &Session, values: Variables) -> Result<Foreseen> {
    let (account, flow) = (caller.account_id, session.flow_id);
    let latest = latest(app, caller, session).await?;
    let from = app
        .versions
        .get(&app.db, account, flow, session.flow_version)
        .await?;
    let to = app.versions.get(&app.db, account, flow, latest).await?;
    // Long texts take a moment, so not on a request thread.
    let foreseen = tokio::task::spawn_blocking(move || Foreseen {
        difference: difference(&from.document, &to.document),
        fitting: session::fitting(&from.outline, &to.outline, &values),
        from,
        to,
    });
    foreseen.await.map_err(Error::internal)
}

async fn latest(app: &App, caller: &Caller, session: &Session) -> Result<i64> {
    let (account, flow) = (caller.account_id, session.flow_id);
    let flow = app
        .read(move |tx| Box::pin(async move { flows::find(tx, account, flow).await?.ok_or(Error::NotFound) }))
        .await?;
    Ok(flow.latest_version)
}

/// See what a newer version would change
///
/// What differs between the version that a prepared session runs and the newest one of its flow, and which of its
/// values would come along. Changes nothing.
#[utoipa::path(get, path = "/sessions/{id}/update", operation_id = "preview_update", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 200, body = UpdatePreview), Refusals, Conflicts))]
pub async fn preview(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
) -> Result<Json<UpdatePreview>> {
    let account = caller.account_id;
    let (session, values) = app
        .read(move |tx| {
            Box::pin(async move {
                let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok((session, variables::all(tx, account, id).await?))
            })
        })
        .await?;
    let status = session.status();
    if status != Status::Prepared {
        let detail = format!("The session is {}.", status.as_str());
        let members = json!({ "status": status.as_str() });
        return Err(Error::conflict_with(Kind::Conflict, detail, members));
    }
    let Foreseen {
        from,
        to,
        difference,
        fitting,
    } = foresee(&app, &caller, &session, values).await?;
    Ok(Json(UpdatePreview {
        flow_version: from.number,
        latest_version: to.number,
        words: difference.words(),
        texts: parts(difference.texts),
        steps: difference.steps.into_iter().map(step).collect(),
        fields: difference.fields.into_iter().map(field).collect(),
        dropped: dropped(&fitting.dropped),
        kept: fitting.kept,
    }))
}

/// Which version to move to.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSession {
    /// A published version, newer than the session's; the newest one unless said.
    #[schema(example = 5)]
    flow_version: Option<i64>,
}

/// A session on a newer version.
#[derive(Serialize, ToSchema)]
pub struct UpdatedSession {
    /// As it stands now.
    #[serde(flatten)]
    session: SessionView,
    /// The values that did not come along.
    dropped: Vec<DroppedView>,
}

/// Move a prepared session to a newer version
///
/// Its values come along where the newer version knows their variables and they fit; the others are named in the
/// answer. Sent again it changes nothing more.
#[utoipa::path(post, path = "/sessions/{id}/update", operation_id = "update_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = UpdateSession, responses((status = 200, body = UpdatedSession), Refusals, Conflicts,
        (status = 412, description = "It moved to another version at the same moment.")))]
pub async fn update(
    State(app): State<App>,
    May(caller): MayUpdateVersion,
    Path(id): Path<SessionId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<UpdateSession>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /sessions/{id}/update"), &body)?;
    let account = caller.account_id;
    let session = app
        .read(move |tx| {
            Box::pin(async move { sessions::find(tx, account, id).await?.ok_or(Error::NotFound) })
        })
        .await?;
    let number = match body.flow_version {
        Some(number) => number,
        None => latest(&app, &caller, &session).await?,
    };
    let to = app.versions.get(&app.db, account, session.flow_id, number).await;
    let to = to.map_err(|error| match error {
        Error::NotFound => Error::unprocessable("/flow_version", "the flow has no such published version"),
        other => other,
    })?;
    let rule = move |standing: &mut Standing, act: &mut session::Act<'_>| {
        let (from, to) = (Arc::clone(&standing.version), Arc::clone(&to));
        let target = (to.number, &to.outline);
        let (session, values) = (&standing.session, &mut standing.variables);
        let (change, fitting) = session::update_version(session, &from.outline, target, values, act)?;
        standing.version = to;
        standing.dropped = fitting.dropped;
        Ok(change)
    };
    command(&app, &caller, id, key, Reads::All, rule, |standing, _| {
        let answer = UpdatedSession {
            session: view::session(
                &standing.session,
                &standing.version,
                &standing.variables,
                &standing.steps,
            ),
            dropped: dropped(&standing.dropped),
        };
        Answer::new(StatusCode::OK, &answer)
    })
    .await
}
