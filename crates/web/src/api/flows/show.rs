//! `GET /flows/{id}`: a flow with its newest document.

use axum::extract::State;
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows;

use super::view::FlowWithDocument;
use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Path};

/// Get a flow
///
/// With the document of its newest published version, or of its draft where none is published.
#[utoipa::path(get, path = "/flows/{id}", operation_id = "get_flow", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow")),
    responses((status = 200, body = FlowWithDocument), Refusals))]
pub async fn show(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<FlowId>,
) -> Result<Json<FlowWithDocument>> {
    let account = caller.account_id;
    let (flow, document) = app
        .read(move |tx| {
            Box::pin(async move {
                let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                let document = match flow.latest_version {
                    0 => flows::draft(tx, account, id).await?,
                    version => flows::document(tx, account, id, version).await?,
                };
                Ok((flow, document.ok_or(Error::NotFound)?))
            })
        })
        .await?;
    let version = (flow.latest_version > 0).then_some(flow.latest_version);
    let document = serde_json::to_value(&document).map_err(Error::internal)?;
    Ok(Json(FlowWithDocument {
        flow: flow.into(),
        version,
        document,
    }))
}
