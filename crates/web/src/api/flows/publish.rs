//! `POST /flows/{id}/versions`: publishes the draft as the next version.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::FlowId;
use resolutionflow_store::{audit, flows};

use super::view::FlowWithDocument;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayWriteFlow};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Path};

/// Publish the draft
///
/// As the next version, which never changes; sessions that run keep theirs. 409 where there is no draft.
#[utoipa::path(post, path = "/flows/{id}/versions", operation_id = "publish_draft", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    responses((status = 201, body = FlowWithDocument), Refusals, Conflicts))]
pub async fn publish(
    State(app): State<App>,
    May(caller): MayWriteFlow,
    Path(id): Path<FlowId>,
    key: Option<IdempotencyKey>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("POST /flows/{id}/versions"), &())?;
    let (now, account, user) = (app.now(), caller.account_id, caller.user_id);
    let object = Object::new("flow", id.uuid());
    let entry = caller.entry(now, &mut app.random(), AuditAction::FlowPublished, object, &[]);
    once::write(&app, key, move |tx| {
        let entry = entry.clone();
        Box::pin(async move {
            flows::lock(tx, account, id).await?.ok_or(Error::NotFound)?;
            let draft = flows::draft(tx, account, id).await?;
            let document =
                draft.ok_or_else(|| Error::conflict(Kind::Conflict, "The flow has no draft to publish."))?;
            let version = flows::publish(tx, account, id, &document, user, now).await?;
            audit::write(tx, account, &entry).await?;
            let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
            let document = serde_json::to_value(&document).map_err(Error::internal)?;
            Answer::new(
                StatusCode::CREATED,
                &FlowWithDocument {
                    flow: flow.into(),
                    version: Some(version),
                    document,
                },
            )
        })
    })
    .await
}
