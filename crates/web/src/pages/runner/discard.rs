//! `POST /sessions/{id}/discard`: discards a session, by a form.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;

use super::refused;
use super::variables::address;
use crate::api::sessions::discard as api;
use crate::auth::caller::May;
use crate::auth::visitor::Visit;
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form::Keyed;
use crate::request::{Form, Path};

/// Discards a session.
pub(super) async fn discard(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::DiscardSession as usize }>,
    Path(id): Path<SessionId>,
    Form(form): Form<Keyed>,
) -> Result<Response> {
    let caller = May(visitor.caller.clone());
    match api::discard(State(app.clone()), caller, Path(id), form.key()).await {
        Ok(_) => Ok(Redirect::to(&address(id, None)).into_response()),
        Err(error) => refused::whole(&app, &visitor, id, None, error).await,
    }
}
