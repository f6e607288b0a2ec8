//! `GET /audit/export`: the whole log in the order of its chain, a line an entry.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use resolutionflow_core::id::AccountId;
use resolutionflow_store::audit::{self, Kept};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::AuditView;
use crate::api::answers::Refusals;
use crate::api::page;
use crate::auth::caller::{May, MayReadAudit};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Query;

/// How many entries are read at once.
const PAGE: i64 = 500;

/// How many entries may wait for their seals; more are there only while no server seals.
const WAITING: i64 = 10_000;

/// When some of them have theirs.
const SEALED_AGAIN: Duration = Duration::from_secs(30);

/// In which form.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `jsonl`, which is the only one.
    #[param(example = "jsonl")]
    pub format: Option<String>,
}

/// Export the audit log
///
/// All of it, oldest first, as JSON lines: each is an entry as the list shows it, with its seal. What is not sealed yet
/// stands at the end. For admins and owners of the account.
#[utoipa::path(get, path = "/audit/export", operation_id = "export_audit", tag = "audit", params(ExportQuery),
    responses((status = 200, body = String, content_type = "application/jsonl"), Refusals))]
pub async fn export(
    State(app): State<App>,
    May(caller): MayReadAudit,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    if query.format.is_some_and(|format| format != "jsonl") {
        return Err(page::wrong("format", "expected jsonl"));
    }
    lines(app, caller.account_id).await
}

/// The log of an account as JSON lines.
pub(crate) async fn lines(app: App, account: AccountId) -> Result<Response> {
    // The first page is read before the answer begins, so that what fails at once is said with a status.
    let (first, next) = page_after(&app, account, 0).await?;
    let rest = stream::unfold(next, move |next| {
        let app = app.clone();
        async move {
            match page_after(&app, account, next?).await {
                Ok((bytes, next)) => Some((Ok(bytes), next)),
                // A log that breaks off is not taken for a whole one.
                Err(error) => Some((Err(broken(&error)), None)),
            }
        }
    });
    let body = stream::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let head = [
        (CONTENT_TYPE, "application/jsonl"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((head, Body::from_stream(body)).into_response())
}

fn broken(error: &Error) -> io::Error {
    tracing::warn!(%error, "an export of the audit log broke off");
    io::Error::other("the export broke off")
}

/// The entries behind a number of the chain, and which number comes behind them; on the last page also what waits for
/// its seal.
async fn page_after(app: &App, account: AccountId, after: i64) -> Result<(Bytes, Option<i64>)> {
    let (rows, next) = app
        .read_long(move |tx| {
            Box::pin(async move {
                let mut rows = audit::chain(tx, account, after, PAGE).await?;
                let last = rows.last().and_then(|row| row.seal).map(|seal| seal.number);
                let full = i64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
                let next = last.filter(|_| full);
                if next.is_none() {
                    let waiting = audit::unsealed(tx, account, WAITING + 1).await?;
                    if i64::try_from(waiting.len()).is_ok_and(|count| count > WAITING) {
                        return Err(Error::Unavailable {
                            detail: "The log is being sealed.".to_owned(),
                            retry_after: SEALED_AGAIN,
                        });
                    }
                    rows.extend(waiting.into_iter().map(|entry| Kept { entry, seal: None }));
                }
                Ok((rows, next))
            })
        })
        .await?;
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, &AuditView::from(row)).map_err(Error::internal)?;
        text.push(b'\n');
    }
    Ok((Bytes::from(text), next))
}
