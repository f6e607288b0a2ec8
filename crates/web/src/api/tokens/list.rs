//! `GET /tokens`: one's own personal tokens.

use axum::extract::State;
use resolutionflow_store::tokens;

use super::Token;
use crate::api::answers::Refusals;
use crate::api::page::{self, Page, PageQuery};
use crate::auth::caller::{May, MayManageOwnTokens};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// List personal tokens
///
/// One's own, oldest first, without their secrets.
#[utoipa::path(get, path = "/tokens", operation_id = "list_tokens", tag = "auth", params(PageQuery),
    responses((status = 200, body = Page<Token>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayManageOwnTokens,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Token>>> {
    let (account, user, limit) = (caller.account_id, caller.user_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?;
    let rows = app
        .read(move |tx| {
            Box::pin(async move { Ok(tokens::personal(tx, account, user, after, limit + 1).await?) })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.id),
        Token::from,
    )))
}
