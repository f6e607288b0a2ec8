//! `GET /flows/{id}/export`: a flow as one file, which imports back as its next version.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use resolutionflow_core::id::FlowId;
use resolutionflow_core::markdown;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::Result;
use crate::exporting;
use crate::request::{Path, Query};

/// The form of a file.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowFormat {
    /// The Markdown form.
    #[default]
    Markdown,
    /// The JSON form.
    Json,
}

/// Which file.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportFlowQuery {
    /// The form; Markdown unless said.
    #[serde(default)]
    #[param(inline)]
    format: FlowFormat,
    /// The published version; the newest, or the draft where none is published, unless said.
    version: Option<i64>,
}

/// Export a flow
///
/// As one file that names the flow, so that importing it publishes the flow's next version where it differs.
#[utoipa::path(get, path = "/flows/{id}/export", operation_id = "export_flow", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow"), ExportFlowQuery),
    responses((status = 200, content((String = "text/markdown"), (Object = "application/json"))), Refusals))]
pub async fn export(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<FlowId>,
    Query(query): Query<ExportFlowQuery>,
) -> Result<Response> {
    let account = caller.account_id;
    let document = app
        .read(move |tx| Box::pin(exporting::document(tx, account, id, query.version)))
        .await?;
    let (kind, ending, text) = match query.format {
        FlowFormat::Markdown => ("text/markdown; charset=utf-8", "md", markdown::print(&document)),
        FlowFormat::Json => ("application/json", "json", document.to_json()),
    };
    let name = format!("attachment; filename=\"flow-{id}.{ending}\"");
    Ok((
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)],
        text,
    )
        .into_response())
}
