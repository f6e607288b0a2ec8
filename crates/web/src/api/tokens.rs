//! Personal tokens: what a person gives to a program that works for them.

pub mod create;
pub mod list;
pub mod revoke;

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Scope;
use resolutionflow_store::tokens::Personal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers::scope_list;

/// A personal token, without its secret.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// Its identifier, to revoke it by.
    id: Uuid,
    /// What its owner calls it.
    #[schema(example = "nightly report")]
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it is refused.
    expires_at: DateTime<Utc>,
    /// When it was last seen, to within five minutes.
    last_used_at: Option<DateTime<Utc>>,
    /// What it may.
    #[schema(schema_with = scope_list)]
    scopes: Vec<Scope>,
}

impl From<Personal> for Token {
    fn from(token: Personal) -> Self {
        Self {
            id: token.id.uuid(),
            name: token.name,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            scopes: token.scopes.iter().collect(),
        }
    }
}
