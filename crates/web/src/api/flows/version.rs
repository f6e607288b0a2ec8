//! `GET /flows/{id}/versions/{version}`: one published document.

use axum::extract::State;
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows;

use super::view::FlowWithDocument;
use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Path};

/// Get a version
///
/// A flow with the document of one published version.
#[utoipa::path(get, path = "/flows/{id}/versions/{version}", operation_id = "get_version", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow"), ("version" = i64, Path, description = "The version")),
    responses((status = 200, body = FlowWithDocument), Refusals))]
pub async fn version(
    State(app): State<App>,
    May(caller): MayRead,
    Path((id, version)): Path<(FlowId, i64)>,
) -> Result<Json<FlowWithDocument>> {
    let account = caller.account_id;
    let (flow, document) = app
        .read(move |tx| {
            Box::pin(async move {
                let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                let document = flows::document(tx, account, id, version)
                    .await?
                    .ok_or(Error::NotFound)?;
                Ok((flow, document))
            })
        })
        .await?;
    let document = serde_json::to_value(&document).map_err(Error::internal)?;
    Ok(Json(FlowWithDocument {
        flow: flow.into(),
        version: Some(version),
        document,
    }))
}
