//! The pages: HTML made on the server, one file a page, collected here.

pub mod components;
pub mod error;
pub mod finish;
pub mod flows;
pub mod forgot;
pub mod import;
pub mod invite;
pub mod letter_door;
pub mod live;
pub mod notifications;
pub mod people;
pub mod platform;
pub mod prepare;
pub mod quick_start;
pub mod refusal;
pub mod report;
pub mod reset;
pub mod runner;
pub mod search;
pub mod sessions;
pub mod set_up;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod switch;
pub mod verify;
#[expect(missing_docs, reason = "a text says itself what it says")]
pub mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::assets;
use crate::context::App;

/// Every route of the pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/assets/{version}/{*path}", get(assets::send))
        .route("/", get(quick_start::show))
        .merge(flows::routes())
        .merge(sessions::routes())
        .route("/search", get(search::search))
        .merge(people::routes())
        .route("/switch", post(switch::switch))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/sign-up", get(sign_up::show).post(sign_up::sign_up))
        .route("/verify", get(verify::show).post(verify::verify))
        .route("/forgot", get(forgot::show).post(forgot::send))
        .route("/reset", get(reset::show).post(reset::set))
        .route("/invite", get(invite::show).post(invite::accept))
        .route("/setup", get(set_up::show).post(set_up::set_up))
        .merge(runner::routes())
        .route("/live", get(live::live))
        .merge(finish::routes())
        .merge(prepare::routes())
        .merge(import::routes())
        .merge(report::routes())
        .merge(settings::routes())
        .merge(platform::routes())
        .merge(notifications::routes())
}
