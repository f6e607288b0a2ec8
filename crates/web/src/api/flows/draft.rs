//! `GET` and `PUT /flows/{id}/draft`: the next version in the making.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::flow::FlowParts;
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows;

use super::create::check;
use super::view::FlowWithDocument;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayRead, MayWriteFlow};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json, Path};

/// Get a draft
///
/// The flow with its draft; 404 where it has none.
#[utoipa::path(get, path = "/flows/{id}/draft", operation_id = "get_draft", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow")),
    responses((status = 200, body = FlowWithDocument), Refusals))]
pub async fn show_draft(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<FlowId>,
) -> Result<Json<FlowWithDocument>> {
    let account = caller.account_id;
    let (flow, document) = app
        .read(move |tx| {
            Box::pin(async move {
                let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok((flow, flows::draft(tx, account, id).await?.ok_or(Error::NotFound)?))
            })
        })
        .await?;
    let document = serde_json::to_value(&document).map_err(Error::internal)?;
    Ok(Json(FlowWithDocument {
        flow: flow.into(),
        version: None,
        document,
    }))
}

/// Save a draft
///
/// Replaces the flow's draft; what is published stays as it is.
#[utoipa::path(put, path = "/flows/{id}/draft", operation_id = "save_draft", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow"),
        ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body = Object, responses((status = 200, body = FlowWithDocument), Refusals, Conflicts))]
pub async fn save_draft(
    State(app): State<App>,
    May(caller): MayWriteFlow,
    Path(id): Path<FlowId>,
    key: Option<IdempotencyKey>,
    Json(parts): Json<FlowParts>,
) -> Result<Answer> {
    let key = once::key(&caller, key, format!("PUT /flows/{id}/draft"), &parts)?;
    let document = Arc::new(check(FlowParts { id: None, ..parts }).await?);
    let (now, account) = (app.now(), caller.account_id);
    once::write(&app, key, move |tx| {
        let document = Arc::clone(&document);
        Box::pin(async move {
            let mut flow = flows::lock(tx, account, id).await?.ok_or(Error::NotFound)?;
            flows::save_draft(tx, account, id, &document, now).await?;
            flow.has_draft = true;
            let document = serde_json::to_value(&*document).map_err(Error::internal)?;
            Answer::new(
                StatusCode::OK,
                &FlowWithDocument {
                    flow: flow.into(),
                    version: None,
                    document,
                },
            )
        })
    })
    .await
}
