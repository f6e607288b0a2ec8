//! The teams, under the people: how many are in each, another name, a new one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use resolutionflow_core::id::TeamId;
use resolutionflow_core::member::MAX_NAME;
use serde::Deserialize;

use super::{Around, Place, draw, invites, manages, words};
use crate::api::teams::{NameTeam, create as api_create, rename as api_rename};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitManageMembers, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::form::{self, Keyed};
use crate::pages::components::icon::{Icon, icon};
use crate::pages::refusal::Refusal;
use crate::request::{Form, Json, Path};

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    keyed: Keyed,
}

/// A name that could not be given.
pub(super) struct Wrong {
    /// Whose it was to be; a new team's where there is none.
    team: Option<TeamId>,
    name: String,
    why: String,
}

/// `GET /teams`: the page that has them, for whoever opens again what a form of it answered.
pub(super) async fn show(Visit(_): VisitRead) -> Redirect {
    Redirect::to("/people#teams")
}

/// `POST /teams`
pub(super) async fn create(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Form(form): Form<Named>,
) -> Result<Response> {
    let body = Json(NameTeam {
        name: form.name.clone(),
    });
    let caller = May(visitor.caller.clone());
    let made = api_create::create(State(app.clone()), caller, form.keyed.key(), body).await;
    answer(&app, &visitor, None, form.name, made.map(drop)).await
}

/// `POST /teams/{id}`
pub(super) async fn rename(
    State(app): State<App>,
    Visit(visitor): VisitManageMembers,
    Path(id): Path<TeamId>,
    Form(form): Form<Named>,
) -> Result<Response> {
    let body = Json(NameTeam {
        name: form.name.clone(),
    });
    let caller = May(visitor.caller.clone());
    let renamed = api_rename::rename(State(app.clone()), caller, Path(id), form.keyed.key(), body).await;
    answer(&app, &visitor, Some(id), form.name, renamed.map(drop)).await
}

/// Back to the page, with what was typed where it could not be kept.
async fn answer(
    app: &App,
    visitor: &Visitor,
    team: Option<TeamId>,
    name: String,
    done: Result<()>,
) -> Result<Response> {
    let error = match done {
        Ok(()) => return Ok(Redirect::to("/people#teams").into_response()),
        // There is no form any more to show it at.
        Err(error @ Error::NotFound) => return Err(error),
        Err(error) => error,
    };
    let refusal = Refusal::of(error)?;
    let wrong = Wrong {
        team,
        name,
        why: refusal.text(),
    };
    let page = draw(
        app,
        visitor,
        &Place::default(),
        Some(&wrong),
        &invites::Refused::default(),
    )
    .await?;
    Ok(refusal.answer(page))
}

pub(super) fn section(app: &App, around: &Around, wrong: Option<&Wrong>) -> Markup {
    let manages = manages(&around.visitor);
    html! {
        section class="section" id="teams" aria-labelledby="teams-title" {
            h2 id="teams-title" { (words::TEAMS) }
            p class="help" { (words::TEAMS_HELP) }
            ul class="list logins" {
                @for team in &around.teams {
                    @let wrong = wrong.filter(|wrong| wrong.team == Some(team.id));
                    li class="row" {
                        (icon(Icon::People))
                        div class="row-title" { (team.name) }
                        span class="row-cell" { (words::members(team.members)) }
                        div class="row-end" {
                            @if manages {
                                details class="menu member-menu" open[wrong.is_some()] {
                                    summary class="button small" { (words::RENAME) span class="visually-hidden" { " " (team.name) } }
                                    div class="menu-list" {
                                        (named(app, &format!("/teams/{}", team.id), (&team.id.to_string(), &team.name), wrong, words::SAVE))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if manages {
                @let wrong = wrong.filter(|wrong| wrong.team.is_none());
                (named(app, "/teams", ("new", ""), wrong, words::NEW_TEAM))
            }
        }
    }
}

fn named(app: &App, action: &str, (id, name): (&str, &str), wrong: Option<&Wrong>, button: &str) -> Markup {
    let (control, error) = (format!("team-name-{id}"), format!("team-error-{id}"));
    html! {
        form class="member-form" method="post" action=(action) {
            (form::key(app))
            label for=(control) { (words::TEAM_NAME) }
            input class="control" type="text" id=(control) name="name" value=(wrong.map_or(name, |wrong| wrong.name.as_str()))
                required maxlength=(MAX_NAME) autocomplete="off" autofocus[wrong.is_some()]
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| &error)];
            @if let Some(wrong) = wrong { p class="error" id=(error) role="alert" { (wrong.why) } }
            button class="button small" type="submit" { (button) }
        }
    }
}
