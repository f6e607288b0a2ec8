//! Notifications: what the caller was told, and how they want to be told; one file an action.

pub mod choices;
pub mod list;
pub mod read;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// The operations on notifications.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(read::read))
        .routes(routes!(choices::show, choices::choose))
}
