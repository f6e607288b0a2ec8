//! Pages of flows: the library, and one flow with what can be done with it.

pub mod list;
pub mod show;
pub mod start;

use axum::Router;
use axum::routing::get;

use crate::api::flows::export;
use crate::context::App;

/// The routes of flows.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/flows", get(list::show))
        .route("/flows/{id}", get(show::show))
        .route("/flows/{id}/start", get(start::show).post(start::start))
        // What a program downloads, a person does too.
        .route("/flows/{id}/export", get(export::export))
}
