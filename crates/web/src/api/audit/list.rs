//! `GET /audit`: what was done to the account, newest first.

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::id::UserId;
use resolutionflow_store::audit::{self, Filter};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::AuditView;
use crate::api::answers::{Refusals, audit_actions};
use crate::api::page::{self, Page};
use crate::auth::caller::{May, MayReadAudit};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// Which entries, and which page of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Of this person.
    pub actor_id: Option<Uuid>,
    /// Of this kind.
    #[param(schema_with = audit_actions)]
    pub action: Option<String>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// The action of that name, as a filter names it.
pub(crate) fn action(name: &str) -> Result<AuditAction> {
    AuditAction::parse(name).ok_or_else(|| {
        let names = AuditAction::ALL.map(AuditAction::as_str).join(", ");
        page::wrong("action", &format!("expected one of {names}"))
    })
}

/// List the audit log
///
/// What was done to the account, newest first; for its admins and owners.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditView>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayReadAudit,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditView>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?;
    let filter = Filter {
        actor_id: query.actor_id.map(UserId::from_uuid),
        action: query.action.as_deref().map(action).transpose()?,
        from: query.from,
        until: query.until,
    };
    let rows = app
        .read(move |tx| {
            let filter = filter.clone();
            Box::pin(async move { Ok(audit::list(tx, account, &filter, after, limit + 1).await?) })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.entry.id),
        AuditView::from,
    )))
}
