//! `GET /sessions/{id}/events`: what happened, oldest first.

use axum::extract::State;
use resolutionflow_core::id::SessionId;
use resolutionflow_store::{events, sessions};

use super::view::EventView;
use crate::api::answers::Refusals;
use crate::api::page::{self, Page, PageQuery};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Path, Query};

/// List events
///
/// The history of a session, oldest first. Each event carries a hash over the one before.
#[utoipa::path(get, path = "/sessions/{id}/events", operation_id = "list_events", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"), PageQuery),
    responses((status = 200, body = Page<EventView>), Refusals))]
pub async fn events(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<EventView>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::number_cursor(query.cursor.as_deref())?.unwrap_or(0);
    let rows = app
        .read(move |tx| {
            Box::pin(async move {
                sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                Ok(events::after(tx, account, id, after, limit + 1).await?)
            })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_number(row.number),
        EventView::from,
    )))
}
