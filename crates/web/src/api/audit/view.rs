//! How the API shows the audit log.

use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{By, Seal};
use resolutionflow_core::event::hexadecimal;
use resolutionflow_store::audit::Kept;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::audit_actions;

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Its identifier.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, or in whose name it was tried.
    pub actor_id: Option<Uuid>,
    /// By what: `login`, `token` or `command`; `null` where nobody was let in.
    #[schema(example = "login")]
    pub by_kind: Option<&'static str>,
    /// Which login or token.
    pub by_id: Option<Uuid>,
    /// The address that the request came from; empty for a command.
    #[schema(example = "192.0.2.17")]
    pub place: String,
    /// Under which id the server logged the request; empty for a command.
    pub request_id: String,
    /// What was done.
    #[schema(schema_with = audit_actions)]
    pub action: &'static str,
    /// What kind of thing it was done to.
    #[schema(example = "session")]
    pub object_kind: String,
    /// Which one.
    pub object_id: Option<Uuid>,
    /// The names of what changed; never values.
    pub changed: Vec<String>,
    /// Its place in the chain; `null` for some seconds after it was done.
    pub seal: Option<SealView>,
}

/// A place in the chain of the account.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealView {
    /// From 1, without gaps.
    #[schema(example = 42)]
    pub number: i64,
    /// The hash of the seal before, in hexadecimal; zeros for the first.
    pub previous: String,
    /// SHA-256 over number, previous hash and entry, in hexadecimal.
    pub hash: String,
}

impl From<Seal> for SealView {
    fn from(seal: Seal) -> Self {
        Self {
            number: seal.number,
            previous: hexadecimal(&seal.previous),
            hash: hexadecimal(&seal.hash),
        }
    }
}

impl From<Kept> for AuditView {
    fn from(kept: Kept) -> Self {
        let entry = kept.entry;
        Self {
            id: entry.id.uuid(),
            at: entry.at,
            actor_id: entry.actor_id.map(|id| id.uuid()),
            by_kind: entry.by.map(By::kind),
            by_id: entry.by.and_then(By::id),
            place: entry.place,
            request_id: entry.request_id,
            action: entry.action.as_str(),
            object_kind: entry.object.kind,
            object_id: entry.object.id,
            changed: entry.changed,
            seal: kept.seal.map(SealView::from),
        }
    }
}
