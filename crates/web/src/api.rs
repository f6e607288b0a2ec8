//! The JSON API, `/api/v1`: one file an action, collected here.

use utoipa_axum::router::OpenApiRouter;

use crate::context::App;

/// Every operation of the API, without its prefix.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
