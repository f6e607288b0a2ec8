//! `POST /flows`: a new flow from its JSON form.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{FlowId, Id};
use resolutionflow_core::render;
use resolutionflow_store::{audit, flows};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::view::FlowWithDocument;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayWriteFlow};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Query};

/// How the flow begins.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CreateQuery {
    /// Whether it stays a draft; else version 1 is published.
    #[serde(default)]
    draft: bool,
}

/// Checks a document down to whether it can be rendered, off the request threads.
pub(super) async fn check(parts: FlowParts) -> Result<FlowDocument> {
    let checked = tokio::task::spawn_blocking(move || {
        let document = FlowDocument::check(parts)?;
        render::compile(&document).map(|_| document)
    });
    checked
        .await
        .map_err(Error::internal)?
        .map_err(Error::Unprocessable)
}

/// Create a flow
///
/// From its JSON form, as the JSON Schema at `/api/flow.schema.json` says; an `id` in it is ignored.
#[utoipa::path(post, path = "/flows", operation_id = "create_flow", tag = "flows",
    params(CreateQuery, ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = Object, example = json!({
        "title": "Restart a service", "fields": [{"name": "server_name", "type": "hostname", "required": true}],
        "sections": [{"steps": [{"id": "restart", "title": "Restart it on [VAR:server_name]",
            "body": "```bash\nssh [VAR:server_name|sh] sudo systemctl restart nginx\n```"}]}]})),
    responses((status = 201, body = FlowWithDocument), Refusals, Conflicts))]
pub async fn create(
    State(app): State<App>,
    May(caller): MayWriteFlow,
    Query(query): Query<CreateQuery>,
    key: Option<IdempotencyKey>,
    Json(parts): Json<FlowParts>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /flows", &(query, &parts))?;
    let document = Arc::new(check(FlowParts { id: None, ..parts }).await?);
    let (now, account, user) = (app.now(), caller.account_id, caller.user_id);
    let id: FlowId = Id::new(now, &mut app.random());
    let object = Object::new("flow", id.uuid());
    let entry = caller.entry(now, &mut app.random(), AuditAction::FlowPublished, object, &[]);
    once::write(&app, key, move |tx| {
        let (document, entry) = (Arc::clone(&document), entry.clone());
        Box::pin(async move {
            flows::create(tx, account, id, &document, user, now).await?;
            let version = if query.draft {
                flows::save_draft(tx, account, id, &document, now).await?;
                None
            } else {
                audit::write(tx, account, &entry).await?;
                Some(flows::publish(tx, account, id, &document, user, now).await?)
            };
            let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
            let document = serde_json::to_value(&*document).map_err(Error::internal)?;
            Answer::new(
                StatusCode::CREATED,
                &FlowWithDocument {
                    flow: flow.into(),
                    version,
                    document,
                },
            )
        })
    })
    .await
}
