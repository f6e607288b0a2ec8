//! A flow as clients see it.

use chrono::{DateTime, Utc};
use resolutionflow_store::flows::{Flow, Version};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A flow without its documents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowView {
    /// Its identifier.
    pub id: Uuid,
    /// What its newest version is called, or its draft where none is published.
    #[schema(example = "Domain controller cut-over")]
    pub title: String,
    /// Its tags.
    #[schema(example = json!(["windows", "ad"]))]
    pub tags: Vec<String>,
    /// The newest published version; 0 while there is only a draft.
    #[schema(example = 5)]
    pub latest_version: i64,
    /// Whether there is a draft.
    pub has_draft: bool,
    /// How many steps it has.
    pub step_count: i64,
    /// How many fields it declares.
    pub field_count: i64,
    /// Who made it.
    pub created_by_id: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        Self {
            id: flow.id.uuid(),
            title: flow.title,
            tags: flow.tags,
            latest_version: flow.latest_version,
            has_draft: flow.has_draft,
            step_count: flow.step_count,
            field_count: flow.field_count,
            created_by_id: flow.created_by_id.uuid(),
            created_at: flow.created_at,
            updated_at: flow.updated_at,
        }
    }
}

/// A published version, without its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionView {
    /// Its number, from 1.
    pub version: i64,
    /// What the flow was called then.
    pub title: String,
    /// Who published it.
    pub published_by_id: Uuid,
    /// When.
    pub published_at: DateTime<Utc>,
}

impl From<Version> for VersionView {
    fn from(version: Version) -> Self {
        Self {
            version: version.version,
            title: version.title,
            published_by_id: version.published_by_id.uuid(),
            published_at: version.published_at,
        }
    }
}

/// A flow with a document of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowWithDocument {
    /// The flow.
    pub flow: FlowView,
    /// The version of the document; `null` for the draft.
    pub version: Option<i64>,
    /// The document, as the JSON Schema at `/api/flow.schema.json` says.
    #[schema(value_type = Object)]
    pub document: Value,
}
