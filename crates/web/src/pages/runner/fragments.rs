//! `GET /sessions/{id}/fragments`: the parts of the page that what happened changed, and what happened in words.

use std::collections::BTreeSet;

use axum::extract::State;
use maud::Markup;
use resolutionflow_core::event::{Event, EventKind};
use resolutionflow_core::id::{SessionId, UserId};
use serde::{Deserialize, Serialize};

use super::scene::{Scene, View, label};
use super::snapshot::{Since, Snapshot};
use super::{bars, panel, rail, step};
use crate::auth::caller::Caller;
use crate::auth::visitor::{Visit, VisitRead};
use crate::context::App;
use crate::error::Result;
use crate::pages::words::runner as words;
use crate::request::{Json, Path, Query};

/// How many events are told one by one; who is further behind gets everything.
const MOST: i64 = 200;

/// What a page knows.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Known {
    /// The version that it shows; 0 asks for everything.
    #[serde(default)]
    after: i64,
}

/// Sends it.
pub(super) async fn show(
    State(app): State<App>,
    Visit(visitor): VisitRead,
    Path(id): Path<SessionId>,
    Query(known): Query<Known>,
) -> Result<Json<Changes>> {
    since(&app, &visitor.caller, id, known.after).await.map(Json)
}

/// What changed on the page of a session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Changes {
    /// The session.
    pub(crate) session: SessionId,
    /// The version that the page shows with this.
    pub(crate) version: i64,
    /// Where the session is in its life.
    pub(crate) status: &'static str,
    /// What the viewer may do, as in `data-may`.
    pub(crate) may: String,
    /// Parts to put in place of those of the same id.
    pub(crate) fragments: Vec<Fragment>,
    /// What happened, oldest first.
    pub(crate) said: Vec<Said>,
}

/// A part of the page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fragment {
    pub(crate) id: String,
    pub(crate) html: String,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Said {
    number: i64,
    by: UserId,
    name: String,
    kind: &'static str,
    /// The key of the variable that it happened to.
    var: Option<String>,
    /// What people read for that.
    label: Option<String>,
    /// The step that it happened to.
    step: Option<String>,
    /// It as a sentence.
    text: String,
}

/// What changed after a version, for one viewer; everything where that version is 0, unknown or long ago.
pub(crate) async fn since(app: &App, caller: &Caller, id: SessionId, after: i64) -> Result<Changes> {
    let asked = (after > 0).then_some(Since {
        after,
        limit: MOST + 1,
    });
    let snapshot = Snapshot::read(app, caller.account_id, id, asked).await?;
    let session = &snapshot.session;
    let version = app
        .versions
        .get(&app.db, caller.account_id, session.flow_id, session.flow_version)
        .await?;
    let view = View::default();
    let scene = Scene::new(app, &snapshot, &version, caller.actor(), &view);
    let is_known = (1..=session.version).contains(&after) && session.version - after <= MOST;
    let touched = if is_known {
        Touched::by(&snapshot.events)
    } else {
        Touched::all()
    };
    Ok(Changes {
        session: id,
        version: session.version,
        status: session.status().as_str(),
        may: scene.rights.words(),
        fragments: touched.draw(&scene),
        said: snapshot
            .events
            .iter()
            .filter(|_| is_known)
            .map(|event| said(&scene, event))
            .collect(),
    })
}

/// What events changed.
#[derive(Debug, Default)]
struct Touched {
    anything: bool,
    everything: bool,
    variables: BTreeSet<String>,
    steps: BTreeSet<String>,
}

impl Touched {
    fn all() -> Self {
        Self {
            anything: true,
            everything: true,
            ..Self::default()
        }
    }

    fn by(events: &[Event]) -> Self {
        use EventKind as K;
        let mut touched = Self::default();
        for event in events {
            touched.anything = true;
            let fact = |name: &str| event.payload.facts.get(name).cloned();
            match event.kind {
                K::VariableSet | K::VariableUnset => {
                    touched
                        .variables
                        .extend(fact("name").map(|name| name.to_ascii_lowercase()));
                }
                K::StepDone
                | K::StepSkipped
                | K::StepOpened
                | K::StepNoted
                | K::StepOutput
                | K::ItemChecked => {
                    touched.steps.extend(fact("step"));
                }
                K::NoteAdded | K::LateNoteAdded | K::DetailsChanged => {}
                // Who may do what is another now.
                K::Prepared
                | K::Started
                | K::Taken
                | K::Assigned
                | K::VersionChanged
                | K::Completed
                | K::Discarded
                | K::Reopened => {
                    touched.everything = true;
                }
            }
        }
        touched
    }

    fn draw(&self, scene: &Scene<'_>) -> Vec<Fragment> {
        if !self.anything {
            return Vec::new();
        }
        let fragment = |id: String, markup: Markup| Fragment {
            id,
            html: markup.into_string(),
        };
        let mut fragments = vec![
            fragment("rail".to_owned(), rail::rail(scene)),
            fragment("bars".to_owned(), bars::bars(scene)),
            fragment("panel-title".to_owned(), panel::title(scene)),
            fragment("top-session".to_owned(), bars::top_session(scene)),
        ];
        for (position, known) in scene.steps.iter().enumerate() {
            let uses = self
                .variables
                .iter()
                .any(|key| scene.keys[position].contains(key.as_str()));
            if self.everything || uses || self.steps.contains(known.id.as_str()) {
                fragments.push(fragment(
                    format!("step-{}", known.id),
                    step::step(scene, position),
                ));
            }
        }
        for (key, known) in scene.version.outline.variables() {
            if self.everything || self.variables.contains(key) {
                fragments.push(fragment(format!("var-{key}"), panel::row(scene, key, known)));
            }
        }
        fragments
    }
}

fn said(scene: &Scene<'_>, event: &Event) -> Said {
    let fact = |name: &str| event.payload.facts.get(name);
    let known = fact("name").and_then(|name| scene.version.outline.variable(name));
    let step = fact("step");
    let title = step.and_then(|id| scene.steps.iter().position(|step| step.id.as_str() == id));
    let title = title.map(|position| scene.titles[position].as_str());
    let label = known.as_ref().map(|(_, known)| label(known));
    let what = label.or(title).unwrap_or_default();
    Said {
        number: event.number,
        by: event.actor_id,
        name: scene
            .snapshot
            .name(event.actor_id)
            .unwrap_or(words::SOMEBODY)
            .to_owned(),
        kind: event.kind.as_str(),
        text: words::did(event.kind, scene.first_name(event.actor_id), what),
        label: label.map(str::to_owned),
        step: step.cloned(),
        var: known.map(|(key, _)| key),
    }
}
