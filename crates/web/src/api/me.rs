//! `GET /me`: who the token speaks for, and what they are called.

pub mod change;

use axum::extract::State;
use resolutionflow_core::id::{AccountId, UserId};
use resolutionflow_store::{Tx, members, notifications};
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
    /// The accounts that they can act in, this one among them.
    accounts: Vec<AccountOfMe>,
}

/// An account that the caller can act in.
#[derive(Serialize, ToSchema)]
pub struct AccountOfMe {
    /// The account.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Contoso IT")]
    name: String,
    /// The caller's role in it.
    #[schema(schema_with = roles)]
    role: &'static str,
}

/// Who am I
///
/// The person that the token speaks for, and the account they act in.
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "auth",
    responses((status = 200, body = Me), Refusals))]
pub async fn me(State(app): State<App>, May(caller): MayRead) -> Result<Json<Me>> {
    let (account, user) = (caller.account_id, caller.user_id);
    let me = app.read(move |tx| Box::pin(look(tx, account, user))).await?;
    Ok(Json(me))
}

/// The caller, as they stand.
async fn look(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Me> {
    let member = members::find(tx, account, user).await?.ok_or(Error::NotFound)?;
    let places = members::places(tx, user).await?;
    Ok(Me {
        user_id: user.uuid(),
        name: member.name,
        email: member.email,
        account_id: account.uuid(),
        account_name: members::account_name(tx, account).await?,
        role: member.role.as_str(),
        team_id: member.team_id.uuid(),
        unread_notifications: notifications::unread(tx, account, user).await?,
        accounts: places
            .into_iter()
            .map(|place| AccountOfMe {
                id: place.account_id.uuid(),
                name: place.name,
                role: place.role.as_str(),
            })
            .collect(),
    })
}
