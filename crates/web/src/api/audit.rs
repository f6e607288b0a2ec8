//! The audit log: what was done to the account, by whom and from where.

pub mod export;
pub mod list;
pub mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// The operations on the audit log.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(export::export))
}
