//! The JSON API, `/api/v1`: one file an action, collected here.

pub mod account;
pub mod answers;
pub mod audit;
pub mod auth;
pub mod flows;
pub mod invites;
pub mod me;
pub mod members;
pub mod notifications;
pub mod page;
pub mod scopes;
pub mod sessions;
pub mod teams;
pub mod tokens;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::context::App;

/// Every operation of the API, without its prefix.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(me::me, me::change::change))
        .routes(routes!(account::show, account::change))
        .routes(routes!(account::leave::leave))
        .routes(routes!(account::transfer::transfer))
        .routes(routes!(members::list))
        .routes(routes!(members::change::change, members::remove::remove))
        .routes(routes!(teams::list, teams::create::create))
        .routes(routes!(teams::rename::rename))
        .routes(routes!(tokens::list::list, tokens::create::create))
        .routes(routes!(tokens::revoke::revoke))
        .merge(invites::routes())
        .merge(audit::routes())
        .merge(notifications::routes())
        .merge(flows::routes())
        .merge(sessions::routes())
}
