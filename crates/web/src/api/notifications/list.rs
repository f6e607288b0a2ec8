//! `GET /notifications`: what the caller was told.

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_store::notifications::{self, Notification};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::answers::{Refusals, notice_kinds};
use crate::api::page::{self, Page};
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// Which notifications.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NotificationsQuery {
    /// Only those that were not read.
    #[serde(default)]
    unread: bool,
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that the caller was told.
#[derive(Serialize, ToSchema)]
pub struct NotificationView {
    /// Its identifier.
    id: Uuid,
    /// What.
    #[schema(schema_with = notice_kinds)]
    kind: &'static str,
    /// Of which session.
    session_id: Uuid,
    /// That session's number in the account.
    #[schema(example = 417)]
    session_number: i64,
    /// What that session is called; empty means like its flow.
    session_title: String,
    /// What its flow is called.
    flow_title: String,
    /// When it should be done.
    due_at: Option<DateTime<Utc>>,
    /// Who caused it; `null` where time did.
    actor_id: Option<Uuid>,
    /// What they are called.
    actor_name: Option<String>,
    /// When it was told.
    created_at: DateTime<Utc>,
    /// When it was read.
    read_at: Option<DateTime<Utc>>,
}

impl From<Notification> for NotificationView {
    fn from(told: Notification) -> Self {
        Self {
            id: told.id.uuid(),
            kind: told.kind.as_str(),
            session_id: told.session_id.uuid(),
            session_number: told.session_number,
            session_title: told.session_title,
            flow_title: told.flow_title,
            due_at: told.due_at,
            actor_id: told.actor_id.map(|id| id.uuid()),
            actor_name: told.actor,
            created_at: told.created_at,
            read_at: told.read_at,
        }
    }
}

/// List notifications
///
/// The caller's own, newest first. One whose reason is gone is gone, too.
#[utoipa::path(get, path = "/notifications", operation_id = "list_notifications", tag = "notifications",
    params(NotificationsQuery), responses((status = 200, body = Page<NotificationView>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<NotificationsQuery>,
) -> Result<Json<Page<NotificationView>>> {
    let (account, user) = (caller.account_id, caller.user_id);
    let limit = page::limit(&app, query.limit)?;
    let (unread, after) = (query.unread, page::id_cursor(query.cursor.as_deref())?);
    let rows = app
        .read(move |tx| {
            Box::pin(
                async move { Ok(notifications::list(tx, account, user, unread, after, limit + 1).await?) },
            )
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.id),
        NotificationView::from,
    )))
}
