//! `/flows/{id}/prepare` and `/sessions/{id}/edit`: one form that sets a session up ahead, and changes it until it
//! starts.
//!
//! [`base`] is what stands, [`written`] what was sent, [`sheet`] what is shown over what stands, and [`draw`] draws it.
//! Looking for values in a ticket and copying them from a past session are buttons of the same form that save nothing.

pub(super) mod base;
mod copy;
mod create;
pub(super) mod draw;
mod edit;
pub(super) mod sheet;
mod ticket;
pub(super) mod written;

use axum::Router;
use axum::routing::get;

use super::words::prepare as words;
use crate::context::App;

/// The routes of preparing.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/flows/{id}/prepare", get(create::show).post(create::prepare))
        .route("/sessions/{id}/edit", get(edit::show).post(edit::save))
}
