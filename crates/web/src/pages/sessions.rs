//! Lists of sessions.

pub mod list;
mod rows;

use axum::Router;
use axum::routing::get;

use crate::context::App;

/// The routes of lists of sessions.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sessions", get(list::show))
        .route("/sessions.csv", get(list::export))
}
