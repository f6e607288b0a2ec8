//! Signing programs in and out.

pub mod login;
pub mod logout;
pub mod refresh;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::refresh::Pair;
use crate::context::App;

/// Tokens for the requests that follow.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// Send it as `Authorization: Bearer`.
    #[schema(example = "rf_at_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// After how many seconds the access token is refused.
    #[schema(example = 600)]
    expires_in: u64,
    /// For the next access token; each is used once.
    #[schema(example = "rf_rt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    refresh_token: String,
}

impl LoggedIn {
    fn of(app: &App, pair: Pair) -> Self {
        Self {
            access_token: pair.access,
            token_type: "Bearer",
            expires_in: app.settings.auth.access_token.as_secs(),
            refresh_token: pair.refresh,
        }
    }
}
