//! `GET /me`: who the token speaks for.

use axum::extract::State;
use resolutionflow_store::{members, notifications};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::{Refusals, roles};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Json;

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The person.
    user_id: Uuid,
    /// Their name.
    #[schema(example = "Morgan Osei")]
    name: String,
    /// Their mail address.
    #[schema(example = "morgan@contoso.example")]
    email: String,
    /// The account they act in.
    account_id: Uuid,
    /// What it is called.
    #[schema(example = "Contoso IT")]
    account_name: String,
    /// Their role in it.
    #[schema(schema_with = roles)]
    role: &'static str,
    /// Their team in it.
    team_id: Uuid,
    /// How many notifications they have not read; 100 stands for more, too.
    #[schema(example = 2)]
    unread_notifications: i64,
}

/// Who am I
///
/// The person that the token speaks for, and the account they act in.
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "auth",
    responses((status = 200, body = Me), Refusals))]
pub async fn me(State(app): State<App>, May(caller): MayRead) -> Result<Json<Me>> {
    let (account, user) = (caller.account_id, caller.user_id);
    let (member, account_name, unread_notifications) = app
        .read(move |tx| {
            Box::pin(async move {
                let member = members::find(tx, account, user).await?.ok_or(Error::NotFound)?;
                let account_name = members::account_name(tx, account).await?;
                let unread = notifications::unread(tx, account, user).await?;
                Ok((member, account_name, unread))
            })
        })
        .await?;
    Ok(Json(Me {
        user_id: user.uuid(),
        name: member.name,
        email: member.email,
        account_id: account.uuid(),
        account_name,
        role: member.role.as_str(),
        team_id: member.team_id.uuid(),
        unread_notifications,
    }))
}
