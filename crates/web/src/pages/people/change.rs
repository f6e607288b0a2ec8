//! `POST /people/{id}/change`, `/disable`, `/enable`: what the menu of a row does.

use axum::extract::State;
use axum::response::Redirect;
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{TeamId, UserId};
use serde::Deserialize;

use crate::api::members::change::{self as api, ChangeMember};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitManageMembers, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Form, Json, Pairs, Path};

/// The form; what it does not have is not changed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Places {
    #[serde(default)]
    role: String,
    #[serde(default)]
    team: String,
}

/// Gives another role, another team, or both.
pub(super) async fn change(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<UserId>,
    Form(form): Form<Places>,
) -> Result<Redirect> {
    let role = match form.role.as_str() {
        "" => None,
        name => {
            Some(Role::parse(name).ok_or_else(|| Error::unprocessable("/role", "there is no such role"))?)
        }
    };
    let team = match form.team.as_str() {
        "" => None,
        id => Some(
            id.parse::<TeamId>()
                .map_err(|_| Error::unprocessable("/team", "there is no such team"))?,
        ),
    };
    let body = ChangeMember {
        role,
        team_id: team.map(|team| team.uuid()),
        disabled: None,
    };
    ask(app, visitor, id, body).await
}

/// Keeps somebody from signing in. The form is read for the account that it is of.
pub(super) async fn disable(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<UserId>,
    _: Pairs,
) -> Result<Redirect> {
    ask(app, visitor, id, disabled(true)).await
}

/// Lets somebody sign in again, as above.
pub(super) async fn enable(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<UserId>,
    _: Pairs,
) -> Result<Redirect> {
    ask(app, visitor, id, disabled(false)).await
}

fn disabled(disabled: bool) -> ChangeMember {
    ChangeMember {
        disabled: Some(disabled),
        ..ChangeMember::default()
    }
}

async fn ask(app: App, visitor: Visitor, id: UserId, body: ChangeMember) -> Result<Redirect> {
    api::change(State(app), May(visitor.caller), Path(id), None, Json(body)).await?;
    Ok(Redirect::to("/people"))
}
