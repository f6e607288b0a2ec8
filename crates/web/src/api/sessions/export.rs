//! `GET /sessions/{id}/export`: what was done, by whom, with which values, as one document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use resolutionflow_core::event::Event;
use resolutionflow_core::export::{self, Mask, Options, Report};
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::render;
use resolutionflow_core::session::{Session, StepRecords};
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::Variables;
use resolutionflow_store::{Tx, events, members, sessions, steps, variables};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::answers::Refusals;
use crate::auth::caller::{Caller, May, MayRead};
use crate::context::App;
use crate::error::{Error, Result};
use crate::request::{Path, Query};
use crate::versions::Version;

/// The most events that an export holds; a session with more is exported through the list of events.
const MOST_EVENTS: i64 = 100_000;

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionFormat {
    /// For people who write Markdown.
    #[default]
    Markdown,
    /// One file for a browser, to be kept or printed.
    Html,
    /// Without markup, for a ticket.
    Text,
    /// For programs; holds what verifying the history needs.
    Json,
}

/// What stands for an unset variable.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unset {
    /// `[VAR:name]`.
    #[default]
    Placeholder,
    /// Nothing.
    Blank,
}

/// How to export.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// The form; Markdown unless said.
    #[serde(default)]
    #[param(inline)]
    pub(crate) format: SessionFormat,
    /// What stands for an unset variable; the placeholder unless said.
    #[serde(default)]
    #[param(inline)]
    pub(crate) unset: Unset,
    /// The id of the last step to show. JSON keeps the events of later ones.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub(crate) up_to: Option<String>,
    /// Whether what is still unset stands right behind the outcome. JSON knows no such order.
    #[serde(default)]
    pub(crate) summary_first: bool,
    /// Whether times and durations are shown. Without them two runs compare, and JSON holds no hashes.
    #[serde(default = "yes")]
    pub(crate) times: bool,
    /// What gives way to a word in brackets: `addresses`, `mail` and `tokens`, with commas between them. A masked
    /// JSON document still verifies.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "addresses,mail,tokens")]
    pub(crate) mask: String,
}

const fn yes() -> bool {
    true
}

impl ExportQuery {
    /// What was chosen, of a flow version; or which parameter is wrong.
    pub(crate) fn options(&self, version: &Version) -> Result<Options> {
        Ok(Options {
            unset: match self.unset {
                Unset::Placeholder => render::Unset::Placeholder,
                Unset::Blank => render::Unset::Blank,
            },
            up_to: self.last_step(version)?,
            summary_first: self.summary_first,
            times: self.times,
            mask: self.mask()?,
        })
    }

    fn last_step(&self, version: &Version) -> Result<Option<StepId>> {
        let Some(text) = self.up_to.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let id = StepId::parse(text).ok();
        match id.filter(|id| version.compiled.position(id).is_some()) {
            Some(id) => Ok(Some(id)),
            None => Err(wrong("up_to", "is no step of this session".to_owned())),
        }
    }

    fn mask(&self) -> Result<Mask> {
        let mut mask = Mask::default();
        for name in self
            .mask
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name {
                "addresses" => mask.addresses = true,
                "mail" => mask.mail = true,
                "tokens" => mask.tokens = true,
                _ => return Err(wrong("mask", "takes addresses, mail and tokens".to_owned())),
            }
        }
        Ok(mask)
    }
}

fn wrong(name: &str, detail: String) -> Error {
    Error::UnprocessableParameter {
        name: name.to_owned(),
        detail,
    }
}

/// Export a session
///
/// Title, people, times, values with who and when, each step with its text, state, note and output, the outcome
/// and the activity. One that still runs says "In progress".
#[utoipa::path(get, path = "/sessions/{id}/export", operation_id = "export_session", tag = "sessions",
    params(("id" = Uuid, Path, description = "The session"), ExportQuery),
    responses((status = 200, content((String = "text/markdown"), (String = "text/html"), (String = "text/plain"),
        (Object = "application/json"))), Refusals))]
pub async fn export(
    State(app): State<App>,
    May(caller): MayRead,
    Path(id): Path<SessionId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    Ok(document(&app, &caller, id, &query).await?.into_response())
}

/// A session in one form, as a file.
pub(crate) struct Document {
    /// Its media type.
    pub(crate) kind: &'static str,
    /// What it is called where it is kept.
    pub(crate) file_name: String,
    /// All of it.
    pub(crate) text: String,
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let disposition = format!("attachment; filename=\"{}\"", self.file_name);
        let headers = [
            (CONTENT_TYPE, self.kind.to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ];
        (headers, self.text).into_response()
    }
}

/// Writes a session in the form that is asked for, where the caller may read it.
pub(crate) async fn document(
    app: &App,
    caller: &Caller,
    id: SessionId,
    query: &ExportQuery,
) -> Result<Document> {
    let export = Export::read(app, caller, id).await?;
    let options = query.options(&export.version)?;
    let (kind, ending, write): (_, _, Write) = match query.format {
        SessionFormat::Markdown => ("text/markdown; charset=utf-8", "md", export::markdown),
        SessionFormat::Html => ("text/html; charset=utf-8", "html", export::html),
        SessionFormat::Text => ("text/plain; charset=utf-8", "txt", export::text),
        SessionFormat::Json => ("application/json", "json", export::json),
    };
    let file_name = format!("session-{:04}.{ending}", export.kept.session.number);
    let text = export.written(options, write).await?;
    Ok(Document {
        kind,
        file_name,
        text,
    })
}

/// A function that writes a report in one form.
pub(crate) type Write = fn(&Report<'_>, &Options, &mut String);

/// All that a report is made of.
pub(crate) struct Export {
    pub(crate) kept: Kept,
    pub(crate) version: Arc<Version>,
    now: DateTime<Utc>,
}

impl Export {
    /// Reads a session of the caller's account.
    pub(crate) async fn read(app: &App, caller: &Caller, id: SessionId) -> Result<Self> {
        let account = caller.account_id;
        let kept = app
            .read_long(move |tx| Box::pin(async move { read(tx, account, id).await }))
            .await?;
        let version = app
            .versions
            .get(&app.db, account, kept.session.flow_id, kept.session.flow_version)
            .await?;
        Ok(Self {
            kept,
            version,
            now: app.now(),
        })
    }

    /// The report in one form. It may hold megabytes and a mask compiles the flow again: not for a request thread.
    pub(crate) async fn written(self, options: Options, write: Write) -> Result<String> {
        let written = move || {
            let report = Report {
                session: &self.kept.session,
                document: &self.version.document,
                outline: &self.version.outline,
                compiled: &self.version.compiled,
                variables: &self.kept.variables,
                steps: &self.kept.steps,
                events: &self.kept.events,
                names: &self.kept.names,
                now: self.now,
            };
            let mut text = String::new();
            write(&report, &options, &mut text);
            text
        };
        tokio::task::spawn_blocking(written)
            .await
            .map_err(Error::internal)
    }
}

/// All that is kept of a session, at one moment.
pub(crate) struct Kept {
    pub(crate) session: Session,
    pub(crate) variables: Variables,
    steps: StepRecords,
    events: Vec<Event>,
    names: BTreeMap<UserId, String>,
}

async fn read(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<Kept> {
    let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
    let variables = variables::all(tx, account, id).await?;
    let steps = steps::all(tx, account, id).await?;
    let events = events::after(tx, account, id, 0, MOST_EVENTS).await?;
    // Whoever set a value, worked a step or was assigned did so in an event, or stands in the session's row.
    let mut people: BTreeSet<UserId> = events.iter().map(|event| event.actor_id).collect();
    people.extend(
        [session.prepared_by_id, session.assigned_to_id, session.owner_id]
            .into_iter()
            .flatten(),
    );
    let assigned = events
        .iter()
        .filter_map(|event| event.payload.facts.get("assigned_to_id"));
    people.extend(assigned.filter_map(|id| id.parse::<UserId>().ok()));
    let people: Vec<_> = people.into_iter().collect();
    let names = members::names(tx, account, &people).await?;
    Ok(Kept {
        session,
        variables,
        steps,
        events,
        names,
    })
}
