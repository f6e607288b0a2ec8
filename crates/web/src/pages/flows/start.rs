//! `POST /flows/{id}/start`: starts a flow and leads to its session, with nothing in between.

use axum::extract::State;
use axum::response::Redirect;
use resolutionflow_core::id::FlowId;

use crate::api::sessions::start::{StartFlow, start as start_session};
use crate::auth::caller::May;
use crate::auth::visitor::{Visit, VisitStartFlow};
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form::Keyed;
use crate::request::{Form, Json, Path};

/// Starts the flow; a form that is sent twice leads to one session.
pub async fn start(
    State(app): State<App>,
    Visit(visitor): VisitStartFlow,
    Path(id): Path<FlowId>,
    Form(form): Form<Keyed>,
) -> Result<Redirect> {
    let started = start_session(
        State(app),
        May(visitor.caller),
        form.key(),
        Json(StartFlow::plain(id)),
    );
    Ok(Redirect::to(&format!("/sessions/{}", started.await?.id()?)))
}
