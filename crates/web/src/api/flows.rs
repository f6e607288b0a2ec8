//! Flows: the library, importing, authoring and export; one file an action.

pub mod create;
pub mod draft;
pub mod export;
pub mod import;
pub mod list;
pub mod publish;
pub mod show;
pub mod version;
pub mod versions;
pub mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// The operations on flows.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(import::import))
        .routes(routes!(show::show))
        .routes(routes!(draft::show_draft, draft::save_draft))
        .routes(routes!(versions::versions, publish::publish))
        .routes(routes!(version::version))
        .routes(routes!(export::export))
}
