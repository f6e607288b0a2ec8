//! `POST /sessions/{id}/take`: takes an unassigned session, by a form.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use resolutionflow_core::access::Action;
use resolutionflow_core::id::SessionId;

use super::refused;
use super::variables::address;
use crate::api::sessions::take as api;
use crate::auth::caller::May;
use crate::auth::visitor::Visit;
use crate::context::App;
use crate::error::Result;
use crate::pages::components::form::Keyed;
use crate::pages::quick_start;
use crate::request::{Form, Path};

/// Takes an unassigned session.
pub(super) async fn take(
    State(app): State<App>,
    Visit(visitor): Visit<{ Action::TakeSession as usize }>,
    Path(id): Path<SessionId>,
    Form(form): Form<Keyed>,
) -> Result<Response> {
    let caller = May(visitor.caller.clone());
    match api::take(State(app.clone()), caller, Path(id), form.key()).await {
        Ok(_) => Ok(Redirect::to(&address(id, None)).into_response()),
        Err(error) if form.is_from_list() && quick_start::is_lost(&error) => {
            Ok(Redirect::to(&quick_start::address_of_lost(id)).into_response())
        }
        Err(error) => refused::whole(&app, &visitor, id, None, error).await,
    }
}
