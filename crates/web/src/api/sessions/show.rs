//! `GET /sessions/{id}`: one session, whole.

use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::IntoResponse;
use resolutionflow_core::id::SessionId;
use resolutionflow_store::{sessions, steps, variables};

use super::view::{self, SessionView};
use crate::api::answers::Refusals;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Json, Path, etag};

/// Get a session
///
/// With its variables, its steps, what is missing, and why it needs a look before it runs. The `ETag` is its version.
#[utoipa::path(get, path = "/sessions/{id}", operation_id = "get_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 200, body = SessionView), Refusals))]
pub async fn show(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
) -> Result<impl IntoResponse> {
    let account = caller.account_id;
    let (listed, variables, steps) = app
        .read(move |tx| {
            Box::pin(async move {
                let listed = sessions::find_listed(tx, account, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                Ok((
                    listed,
                    variables::all(tx, account, id).await?,
                    steps::all(tx, account, id).await?,
                ))
            })
        })
        .await?;
    let session = &listed.session;
    let version = app
        .versions
        .get(&app.db, account, session.flow_id, session.flow_version)
        .await?;
    let mut view: SessionView = view::session(session, &version, &variables, &steps);
    view.summary.stale = view::stale(&listed, app.now());
    Ok(([(ETAG, etag(session.version))], Json(view)))
}
