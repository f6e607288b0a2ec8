//! `GET /members`: the people of the account; changing and removing one.

pub mod change;
pub mod remove;
mod rule;

pub use rule::{require, standing};

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_store::members;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::{Refusals, roles};
use super::page::{self, Page, PageQuery};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// A person of the account.
#[derive(Serialize, ToSchema)]
pub struct Member {
    /// The person.
    user_id: Uuid,
    /// Their name.
    #[schema(example = "Lena Koch")]
    name: String,
    /// Their mail address.
    #[schema(example = "lena@contoso.example")]
    email: String,
    /// Their role.
    #[schema(schema_with = roles)]
    role: &'static str,
    /// Their team.
    team_id: Uuid,
    /// Since when they are a member.
    created_at: DateTime<Utc>,
    /// Since when they can no longer sign in.
    disabled_at: Option<DateTime<Utc>>,
    /// When they last used the account in a browser or signed in to it, to within five minutes.
    used_at: Option<DateTime<Utc>>,
}

impl From<members::Member> for Member {
    fn from(row: members::Member) -> Self {
        Self {
            user_id: row.user_id.uuid(),
            name: row.name,
            email: row.email,
            role: row.role.as_str(),
            team_id: row.team_id.uuid(),
            created_at: row.created_at,
            disabled_at: row.disabled_at,
            used_at: row.used_at,
        }
    }
}

/// List members
///
/// Everybody who is a member of the account, in the order of their ids.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "members", params(PageQuery),
    responses((status = 200, body = Page<Member>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Member>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?;
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(members::list(tx, account, after, limit + 1).await?) }))
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.user_id),
        Member::from,
    )))
}
