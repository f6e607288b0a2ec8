//! `GET /sessions/{id}`: the runner, whole.

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};
use resolutionflow_core::id::{SessionId, UserId};
use resolutionflow_core::render::Unset;
use serde::Deserialize;

use super::scene::{Scene, View};
use super::snapshot::Snapshot;
use super::{bars, panel, rail, step};
use crate::auth::visitor::{Visit, VisitRead, Visitor};
use crate::context::App;
use crate::error::{Error, Result};
use crate::pages::components::avatar;
use crate::pages::shell::{self, Frame, Section};
use crate::pages::words::runner as words;
use crate::request::{Path, Query};

/// What to show first.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A step.
    step: Option<String>,
    /// The name of a variable to edit.
    edit: Option<String>,
    /// Whether a note was just kept.
    noted: Option<String>,
}

/// Shows the page.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
    Query(asked): Query<Asked>,
) -> Result<Markup> {
    let view = View {
        step: asked.step,
        edit: asked.edit.map(|name| name.to_ascii_lowercase()),
        noted: asked.noted.is_some(),
        refused: None,
    };
    draw(&app, &visitor, id, &view).await
}

/// Reads and draws the page.
pub(super) async fn draw(app: &App, visitor: &Visitor, id: SessionId, view: &View) -> Result<Markup> {
    let snapshot = Snapshot::read(app, visitor.caller.account_id, id, None).await?;
    let session = &snapshot.session;
    let version = app
        .versions
        .get(
            &app.db,
            visitor.caller.account_id,
            session.flow_id,
            session.flow_version,
        )
        .await?;
    let scene = Scene::new(app, &snapshot, &version, visitor.caller.actor(), view);
    let content = runner(&scene)?;
    let mut flow = String::new();
    version
        .compiled
        .title()
        .plain
        .text(&scene.shown(), Unset::Placeholder, &mut flow);
    let frame = Frame {
        wide: true,
        crumbs: html! {
            a href="/flows" { (words::FLOWS) } " / " a href={ "/flows/" (session.flow_id) } dir="auto" { (flow) } " / "
            h1 dir="auto" { (words::session(session.number, &session.title)) }
        },
        top: top(&scene),
        ..Frame::new(
            words::document(session.number, &flow),
            "runner",
            Section::Sessions,
        )
    };
    Ok(shell::page(app, visitor, &frame, &content))
}

fn top(scene: &Scene<'_>) -> Markup {
    html! {
        button id="save-state" class="save-state needs-js" type="button" aria-live="off" { (words::SAVED) }
        ul id="presence" class="presence" aria-label=(words::HERE_NOW) {
            @for person in &scene.snapshot.present {
                @if person.user_id != scene.viewer.user_id { li { (avatar::avatar(person.user_id, &person.name)) } }
            }
        }
        (bars::top_session(scene))
    }
}

/// The three columns.
pub(super) fn runner(scene: &Scene<'_>) -> Result<Markup> {
    let session = &scene.snapshot.session;
    let names: BTreeMap<UserId, &str> = scene
        .snapshot
        .names
        .iter()
        .map(|(id, name)| (*id, name.as_str()))
        .collect();
    let names = serde_json::to_string(&names).map_err(Error::internal)?;
    let current = scene.steps.get(scene.current).map_or("", |step| step.id.as_str());
    Ok(html! {
        div class="runner" id="runner" data-session=(session.id) data-number=(session.number) data-version=(session.version)
            data-step=(current) data-status=(session.status().as_str()) data-may=(scene.rights.words()) data-names=(names) {
            (rail::rail(scene))
            main id="main" class="work" tabindex="-1" {
                (bars::bars(scene))
                @for position in 0..scene.steps.len() { (step::step(scene, position)) }
            }
            (panel::panel(scene))
        }
    })
}
