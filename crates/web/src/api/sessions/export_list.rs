//! `GET /sessions/export`: the list of sessions as one table, however long it is.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream;
use resolutionflow_core::id::AccountId;
use resolutionflow_core::session::Outcome;
use resolutionflow_store::sessions::{Filter, Listed};

use super::list::{Place, SessionsQuery};
use crate::api::answers::Refusals;
use crate::api::page;
use crate::auth::caller::{May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::Query;

/// How many sessions are read at once.
const PAGE: i64 = 500;

/// What the first row says.
const COLUMNS: [&str; 18] = [
    "Number",
    "Title",
    "Flow",
    "Version",
    "Status",
    "Client",
    "Ticket",
    "Prepared by",
    "Assigned to",
    "Started by",
    "Created",
    "Started",
    "Completed",
    "Due",
    "Steps done",
    "Steps",
    "Missing",
    "Outcome",
];

/// Export the list of sessions
///
/// A table of all that fit, RFC 4180, in UTF-8 with a byte order mark, for spreadsheets. A cell that one of them would
/// take for a formula begins with an apostrophe. All filters of the list hold; `limit` and `cursor` do not.
#[utoipa::path(get, path = "/sessions/export", operation_id = "export_sessions", tag = "sessions",
    params(SessionsQuery, ("format" = Option<String>, Query, description = "`csv`, which is the only one")),
    responses((status = 200, body = String, content_type = "text/csv"), Refusals))]
pub async fn export_list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<SessionsQuery>,
) -> Result<Response> {
    query.exportable()?;
    let (filter, place) = (query.filter(&caller)?, Place::read(query.sort, None)?);
    table(app, caller.account_id, filter, place).await
}

/// The table of all sessions that fit, from a place on.
pub(crate) async fn table(app: App, account: AccountId, filter: Filter, place: Place) -> Result<Response> {
    let reading = Reading {
        app,
        account,
        filter,
        place,
    };
    // The first page is read before the answer begins, so that what fails at once is said with a status.
    let (rows, next) = reading.page().await?;
    let mut table = vec!["\u{feff}".as_bytes().to_vec()];
    table.push(written(|table| table.write_record(COLUMNS))?);
    table.push(cells(&rows)?);
    let first = Bytes::from(table.concat());
    let rest = stream::unfold(next, |reading| async move {
        let reading = reading?;
        let page = async {
            let (rows, next) = reading.page().await?;
            Ok((Bytes::from(cells(&rows)?), next))
        };
        match page.await {
            Ok((bytes, next)) => Some((Ok(bytes), next)),
            // A table that breaks off is not taken for a whole one.
            Err(error) => Some((Err(broken(&error)), None)),
        }
    });
    let body = stream::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sessions.csv\""),
    ];
    Ok((head, Body::from_stream(body)).into_response())
}

fn broken(error: &Error) -> io::Error {
    tracing::warn!(%error, "an export of sessions broke off");
    io::Error::other("the export broke off")
}

/// What is still to be read.
struct Reading {
    app: App,
    account: AccountId,
    filter: Filter,
    place: Place,
}

impl Reading {
    /// The next page, and what comes behind it.
    async fn page(self) -> Result<(Vec<Listed>, Option<Self>)> {
        let (account, place, filter) = (self.account, self.place, self.filter.clone());
        let found = self
            .app
            .read_long(move |tx| {
                let filter = filter.clone();
                Box::pin(async move { place.read_on(tx, account, &filter, PAGE).await })
            })
            .await?;
        let next = found.next.map(|place| Self { place, ..self });
        Ok((found.sessions, next))
    }
}

fn written(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    write(&mut table).map_err(Error::internal)?;
    table
        .into_inner()
        .map_err(|error| Error::internal(error.into_error()))
}

fn cells(rows: &[Listed]) -> Result<Vec<u8>> {
    written(|table| rows.iter().try_for_each(|row| table.write_record(record(row))))
}

fn record(listed: &Listed) -> [String; COLUMNS.len()] {
    let session = &listed.session;
    let name = |name: &Option<String>| cell(name.as_deref().unwrap_or_default());
    let time = |time: Option<DateTime<Utc>>| {
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
            .unwrap_or_default()
    };
    [
        session.number.to_string(),
        cell(&session.title),
        cell(&listed.flow_title),
        session.flow_version.to_string(),
        session.status().as_str().to_owned(),
        cell(&session.client),
        cell(&session.ticket),
        name(&listed.prepared_by),
        name(&listed.assigned_to),
        name(&listed.owner),
        time(Some(session.created_at)),
        time(session.started_at),
        time(session.completed_at),
        time(session.due_at),
        session.finished_steps.to_string(),
        session.steps.to_string(),
        session.missing.to_string(),
        session
            .outcome
            .map(Outcome::as_str)
            .unwrap_or_default()
            .to_owned(),
    ]
}

/// A text that no spreadsheet takes for a formula (OWASP, CSV Injection).
fn cell(text: &str) -> String {
    let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("{apostrophe}{text}")
}

impl SessionsQuery {
    /// Refuses what only pages have.
    fn exportable(&self) -> Result<()> {
        if self.format.as_deref().is_some_and(|format| format != "csv") {
            return Err(page::wrong("format", "expected csv"));
        }
        for (name, is_there) in [("limit", self.limit.is_some()), ("cursor", self.cursor.is_some())] {
            if is_there {
                return Err(page::wrong(name, "an export has no pages"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn rows_end_and_quote_as_the_standard_says() {
        let table = written(|table| table.write_record(["a\"b", "c,d", "e\nf", "g"])).unwrap();
        assert_eq!(
            String::from_utf8(table).unwrap(),
            "\"a\"\"b\",\"c,d\",\"e\nf\",g\r\n"
        );
    }
}
