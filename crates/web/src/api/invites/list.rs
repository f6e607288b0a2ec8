//! `GET /invites`: who is invited and has not come yet.

use axum::extract::State;
use resolutionflow_store::account_invites;

use super::InviteView;
use crate::api::answers::Refusals;
use crate::api::page::{self, Page, PageQuery};
use crate::auth::caller::{May, MayManageInvites};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// List invites
///
/// Those that are neither used up nor revoked, the newest first; an expired one may be sent again.
#[utoipa::path(get, path = "/invites", operation_id = "list_invites", tag = "members", params(PageQuery),
    responses((status = 200, body = Page<InviteView>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayManageInvites,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InviteView>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?;
    let rows = app
        .read(move |tx| {
            Box::pin(async move { Ok(account_invites::pending(tx, account, after, limit + 1).await?) })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.id),
        InviteView::from,
    )))
}
