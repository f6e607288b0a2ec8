//! `POST /sessions/{id}/notes`: adds a note on the session as a whole, also after its end, by a form.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;
use serde::Deserialize;

use super::refused;
use crate::api::sessions::note::{AddNote, add_note};
use crate::auth::caller::May;
use crate::auth::visitor::Visit;
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form::Keyed;
use crate::request::{Form, Json, Path};

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    #[serde(flatten)]
    keyed: Keyed,
    text: String,
}

/// Adds it.
pub(super) async fn add(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::AddNote as usize }>,
    Path(id): Path<SessionId>,
    Form(form): Form<Note>,
) -> Result<Response> {
    let text = form.text.replace("\r\n", "\n");
    let body = AddNote { text: text.clone() };
    let caller = May(visitor.caller.clone());
    match add_note(State(app.clone()), caller, Path(id), form.keyed.key(), Json(body)).await {
        Ok(_) => Ok(Redirect::to(&format!("/sessions/{id}?noted=1")).into_response()),
        Err(error) => refused::whole(&app, &visitor, id, Some(text), error).await,
    }
}
