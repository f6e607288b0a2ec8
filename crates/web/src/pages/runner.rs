//! The runner, `/sessions/{id}`: one session on one page, step by step, with every value where the work needs it.
//!
//! One read of the database gives a [`snapshot`], the cached compiled version the text, and a [`scene`] of both is
//! what every part of the page is drawn from: whole by [`page`], in part by [`fragments`].

mod assign;
mod bars;
pub(super) mod control;
mod discard;
pub mod fragments;
mod hole;
mod note;
mod page;
mod panel;
pub mod presence;
mod rail;
pub(super) mod refused;
mod reopen;
mod review;
pub(super) mod scene;
pub mod snapshot;
mod start;
mod step;
mod steps;
mod take;
#[cfg(test)]
mod tests;
pub(super) mod variables;

use axum::Router;
use axum::routing::{get, post};

use crate::context::App;

/// Every route of the runner.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sessions/{id}", get(page::show))
        .route("/sessions/{id}/variables", post(variables::fill))
        .route("/sessions/{id}/steps/{step}", post(steps::work))
        .route("/sessions/{id}/notes", post(note::add))
        .route("/sessions/{id}/start", post(start::start))
        .route("/sessions/{id}/take", post(take::take))
        .route("/sessions/{id}/discard", post(discard::discard))
        .route("/sessions/{id}/reopen", post(reopen::reopen))
        .route("/sessions/{id}/assign", get(assign::show).post(assign::assign))
        .route("/sessions/{id}/review", get(review::show))
        .route("/sessions/{id}/update", post(review::update))
        .route("/sessions/{id}/fragments", get(fragments::show))
        .route("/sessions/{id}/presence", post(presence::tell))
}
