//! `GET /flows`: the library.

use axum::extract::State;
use resolutionflow_store::flows::{self, Cursor, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::FlowView;
use crate::api::answers::Refusals;
use crate::api::page::{self, Page};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// What the list is narrowed to.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FlowsQuery {
    /// Words in title, tags, description or steps.
    #[param(max_length = 200)]
    q: Option<String>,
    /// A tag they carry.
    #[param(max_length = 200, example = "windows")]
    tag: Option<String>,
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List flows
///
/// The account's library, newest first.
#[utoipa::path(get, path = "/flows", operation_id = "list_flows", tag = "flows", params(FlowsQuery),
    responses((status = 200, body = Page<FlowView>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<FlowsQuery>,
) -> Result<Json<Page<FlowView>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?.map(Cursor::Newest);
    let filter = Filter {
        text: page::search("q", query.q)?,
        tags: page::search("tag", query.tag)?.into_iter().collect(),
        ..Filter::default()
    };
    // A search looks at many rows, so it may take its time.
    let rows = app
        .read_long(move |tx| {
            let (filter, after) = (filter.clone(), after.clone());
            Box::pin(async move { Ok(flows::list(tx, account, &filter, after.as_ref(), limit + 1).await?) })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.id),
        FlowView::from,
    )))
}
