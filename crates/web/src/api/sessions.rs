//! Sessions: started, prepared, worked, completed; one file an action.

pub mod change;
mod command;
pub mod complete;
pub mod discard;
pub mod events;
pub mod export;
pub mod export_list;
pub mod hand_over;
pub mod list;
pub mod live;
pub mod note;
pub mod prepare;
pub mod reopen;
pub mod show;
pub mod start;
pub mod start_prepared;
pub mod steps;
pub mod take;
pub mod update;
pub mod variables;
pub mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// The operations on sessions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, start::start))
        .routes(routes!(export_list::export_list))
        .routes(routes!(prepare::prepare))
        .routes(routes!(show::show, change::change))
        .routes(routes!(start_prepared::start_prepared))
        .routes(routes!(take::take))
        .routes(routes!(update::preview, update::update))
        .routes(routes!(variables::set_variables))
        .routes(routes!(steps::work_step))
        .routes(routes!(note::add_note))
        .routes(routes!(complete::complete))
        .routes(routes!(discard::discard))
        .routes(routes!(reopen::reopen))
        .routes(routes!(events::events))
        .routes(routes!(live::live))
        .routes(routes!(export::export))
}
