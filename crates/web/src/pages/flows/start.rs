//! `POST /flows/{id}/start`: starts a flow and leads to its session, with nothing in between.

use axum::extract::State;
use axum::response::Redirect;
use resolutionflow_core::id::FlowId;
use serde::Deserialize;

use crate::api::sessions::start::{StartFlow, start as start_session};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitStartFlow};
use crate::context::App;
use crate::error::Result;
use crate::request::{Form, IdempotencyKey, Json, Path};

/// The form.
#[derive(Debug, Deserialize)]
pub struct Key {
    #[serde(default)]
    key: String,
}

/// Starts the flow; a form that is sent twice leads to one session.
pub async fn start(
    State(app): State<App>,
    Visit(visitor): VisitStartFlow,
    Path(id): Path<FlowId>,
    Form(form): Form<Key>,
) -> Result<Redirect> {
    let key = IdempotencyKey::parse(&form.key);
    let started = start_session(State(app), May(visitor.caller), key, Json(StartFlow::plain(id)));
    Ok(Redirect::to(&format!("/sessions/{}", started.await?.id()?)))
}
