//! `GET /teams`: the teams of the account; making and renaming one.

pub mod create;
pub mod rename;

use axum::extract::State;
use resolutionflow_core::id::TeamId;
use resolutionflow_core::member;
use resolutionflow_store::teams::{self, Named};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::Refusals;
use super::page::Page;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::request::Json;

/// A team.
#[derive(Serialize, ToSchema)]
pub struct Team {
    /// Its identifier.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Network")]
    name: String,
    /// How many members are in it.
    members: i64,
}

impl From<teams::Team> for Team {
    fn from(team: teams::Team) -> Self {
        Self {
            id: team.id.uuid(),
            name: team.name,
            members: team.members,
        }
    }
}

/// What a team is to be called.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameTeam {
    /// One line; no other team of the account has it, whatever its case.
    #[schema(example = "Network", min_length = 1, max_length = 200)]
    pub name: String,
}

impl NameTeam {
    /// The name, where it is one.
    fn checked(&self) -> Result<String> {
        member::name(&self.name).map_err(|why| Error::unprocessable("/name", why))
    }
}

/// List teams
///
/// All of the account, by name; an account has a hundred at most.
#[utoipa::path(get, path = "/teams", operation_id = "list_teams", tag = "members",
    responses((status = 200, body = Page<Team>), Refusals))]
pub async fn list(State(app): State<App>, May(caller): MayRead) -> Result<Json<Page<Team>>> {
    let account = caller.account_id;
    let teams = app
        .read(move |tx| Box::pin(async move { Ok(teams::list(tx, account).await?) }))
        .await?;
    Ok(Json(Page {
        items: teams.into_iter().map(Team::from).collect(),
        next_cursor: None,
    }))
}

/// A name that could not be given as an answer; `refused` is what it means where it is not taken.
fn named(named: Named, name: &str, refused: impl FnOnce() -> Error) -> Result<()> {
    match named {
        Named::Done => Ok(()),
        Named::Taken => {
            let detail = format!("There is a team called {name} already.");
            Err(Error::conflict(Kind::NameTaken, detail))
        }
        Named::Refused => Err(refused()),
    }
}

/// The team as an answer shows it.
async fn shown(
    tx: &mut resolutionflow_store::Tx,
    account: resolutionflow_core::id::AccountId,
    team: TeamId,
) -> Result<Team> {
    let team = teams::find(tx, account, team).await?.ok_or(Error::NotFound)?;
    Ok(team.into())
}
