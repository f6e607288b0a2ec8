//! `POST /notifications/read`: marks some or all as read.

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::id::NoticeId;
use resolutionflow_store::notifications;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayManageOwnNotifications};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Json};

/// The most notifications in one request.
const MOST: usize = 100;

/// Which ones were read: these, or all.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotifications {
    /// These; at most 100. One that is not the caller's is passed over.
    pub(crate) ids: Option<Vec<Uuid>>,
    /// All of the caller's.
    #[serde(default)]
    pub(crate) all: bool,
}

/// What is left.
#[derive(Serialize, ToSchema)]
pub struct LeftUnread {
    /// How many are unread; 100 stands for more, too.
    #[schema(example = 0)]
    unread_count: i64,
}

/// Mark notifications as read
///
/// The caller's own; sent again it changes nothing more.
#[utoipa::path(post, path = "/notifications/read", operation_id = "read_notifications", tag = "notifications",
    params(("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = ReadNotifications, example = json!({"all": true})),
    responses((status = 200, body = LeftUnread), Refusals, Conflicts))]
pub async fn read(
    State(app): State<App>,
    May(caller): MayManageOwnNotifications,
    key: Option<IdempotencyKey>,
    Json(body): Json<ReadNotifications>,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /notifications/read", &body)?;
    let ids = match (body.ids, body.all) {
        (Some(_), true) => return Err(Error::unprocessable("/all", "say either ids or all")),
        (Some(ids), false) if ids.len() > MOST => {
            return Err(Error::unprocessable(
                "/ids",
                format!("there are more than {MOST}"),
            ));
        }
        (Some(ids), false) => Some(ids.into_iter().map(NoticeId::from_uuid).collect()),
        (None, true) => None,
        (None, false) => Some(Vec::new()),
    };
    let (account, user, now) = (caller.account_id, caller.user_id, app.now());
    once::write(&app, key, move |tx| {
        let ids: Option<Vec<NoticeId>> = ids.clone();
        Box::pin(async move {
            notifications::read(tx, account, user, ids.as_deref(), now).await?;
            let unread_count = notifications::unread(tx, account, user).await?;
            Answer::new(StatusCode::OK, &LeftUnread { unread_count })
        })
    })
    .await
}
