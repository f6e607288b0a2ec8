//! `GET /flows/{id}/versions`: what was published, newest first.

use axum::extract::State;
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows;

use super::view::VersionView;
use crate::api::answers::Refusals;
use crate::api::page::{self, Page, PageQuery};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Path, Query};

/// List versions
///
/// The published versions of a flow, newest first. They never change.
#[utoipa::path(get, path = "/flows/{id}/versions", operation_id = "list_versions", tag = "flows",
    params(("id" = Uuid, Path, description = "The flow"), PageQuery),
    responses((status = 200, body = Page<VersionView>), Refusals))]
pub async fn versions(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<FlowId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<VersionView>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let before = page::number_cursor(query.cursor.as_deref())?.unwrap_or(i64::MAX);
    let rows = app
        .read(move |tx| {
            Box::pin(async move {
                flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok(flows::versions(tx, account, id, before, limit + 1).await?)
            })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_number(row.version),
        VersionView::from,
    )))
}
