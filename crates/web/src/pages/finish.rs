//! `/sessions/{id}/finish`: the completion dialog, as a page of its own and as what the runner's dialog loads.
//!
//! What is missing is filled right there, and never stands in the way: completing works whatever is missing.

mod complete;
mod draw;
mod field;
mod late;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use maud::html;
use resolutionflow_core::access::Action;
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::session::{Outcome, Session, Status, StepRecords};
use resolutionflow_core::variable::Variables;
use resolutionflow_store::{members, sessions, steps, variables};
use serde::Deserialize;

use super::shell::{self, Frame, Section};
use super::words::finish as words;
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::request::{Path, Query};
use crate::versions::Version;

/// The routes of completing.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sessions/{id}/finish", get(show))
        .route("/sessions/{id}/complete", post(complete::complete))
}

/// How the page is asked for.
#[derive(Debug, Default, Deserialize)]
struct FinishQuery {
    /// Anything: without the frame around it, for the dialog of the runner.
    dialog: Option<String>,
}

/// A session that is about to be completed.
struct Ending {
    session: Session,
    version: Arc<Version>,
    variables: Variables,
    steps: StepRecords,
    names: BTreeMap<UserId, String>,
    now: DateTime<Utc>,
}

/// What was typed, and what was wrong with it.
#[derive(Default)]
struct Typed {
    /// Texts by the key of their variable.
    values: BTreeMap<String, String>,
    /// What is wrong with them, by the same keys.
    wrong: BTreeMap<String, String>,
    /// What is wrong with none of them in particular.
    failed: Option<String>,
    outcome: Option<Outcome>,
    note: Option<String>,
    next_steps: Option<String>,
}

async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
    Query(query): Query<FinishQuery>,
) -> Result<Response> {
    let ending = match Ending::read(&app, &visitor, id).await? {
        Ok(ending) => ending,
        Err(to) => return Ok(to.into_response()),
    };
    let typed = Typed::default();
    if query.dialog.is_some() {
        return Ok(draw::form(&app, &ending, &typed, draw::Place::Dialog).into_response());
    }
    Ok(page(&app, &visitor, &ending, &typed))
}

/// The form on a page of its own.
fn page(app: &App, visitor: &Visitor, ending: &Ending, typed: &Typed) -> Response {
    let content = html! { div class="page" { (draw::form(app, ending, typed, draw::Place::Page)) } };
    shell::page(app, visitor, &frame(&ending.session), &content).into_response()
}

fn frame(session: &Session) -> Frame {
    let number = session.number;
    Frame {
        crumbs: html! {
            a href="/sessions" { (super::words::shell::SESSIONS) } " / "
            a href={ "/sessions/" (session.id) } aria-current="page" { (format!("{number:04}")) }
        },
        ..Frame::new(words::title(number), "finish-page", Section::Sessions)
    }
}

impl Ending {
    /// Reads a session that this visitor may complete; one that has ended leads to its report.
    async fn read(app: &App, visitor: &Visitor, id: SessionId) -> Result<Result<Self, Redirect>> {
        let account = visitor.caller.account_id;
        let (session, variables, steps, names) = app
            .read(move |tx| {
                Box::pin(async move {
                    let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                    let variables = variables::all(tx, account, id).await?;
                    let steps = steps::all(tx, account, id).await?;
                    let people: Vec<UserId> = variables.values().map(|variable| variable.set_by_id).collect();
                    let names = members::names(tx, account, &people).await?;
                    Ok((session, variables, steps, names))
                })
            })
            .await?;
        match session.status() {
            Status::Completed | Status::Discarded => return Ok(Err(report(id))),
            Status::Prepared => return Err(Error::conflict(Kind::Conflict, words::NOT_HERE)),
            Status::Active => {}
        }
        if !session.may(&visitor.caller.actor(), Action::CompleteSession) {
            return Err(Error::Forbidden(words::NOT_YOURS.to_owned()));
        }
        let version = version(app, account, &session).await?;
        Ok(Ok(Self {
            session,
            version,
            variables,
            steps,
            names,
            now: app.now(),
        }))
    }

    /// What somebody is called.
    fn name(&self, id: UserId) -> &str {
        self.names.get(&id).map_or(words::SOMEBODY, String::as_str)
    }
}

async fn version(app: &App, account: AccountId, session: &Session) -> Result<Arc<Version>> {
    app.versions
        .get(&app.db, account, session.flow_id, session.flow_version)
        .await
}

/// Where a completed session is read.
fn report(id: SessionId) -> Redirect {
    Redirect::to(&format!("/sessions/{id}/report"))
}
