//! `POST /flows/import`: any Markdown runbook becomes a flow, or a flow's next version.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{FlowId, Id};
use resolutionflow_core::import::{self, Import, Options, Style};
use resolutionflow_core::random::Random;
use resolutionflow_core::render;
use resolutionflow_store::{Tx, flows};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::FlowView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayWriteFlow};
use crate::context::App;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Markdown, Query};

/// How a document is imported.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Whether nothing is kept: the answer shows what would become of the document.
    #[serde(default)]
    dry_run: bool,
    /// Whether it becomes a draft; else it is published.
    #[serde(default)]
    draft: bool,
    /// The flow that it becomes the next version of; a document with an `id` names its flow itself.
    into: Option<Uuid>,
    /// The placeholder styles to convert, with commas between: kebab, snake, upper, words, mustache, braces,
    /// dollar, bracket. The first five unless said.
    #[param(example = "kebab,dollar")]
    placeholders: Option<String>,
    /// The name of the file, for a document without a title.
    #[param(max_length = 300)]
    file_name: Option<String>,
}

/// What became of a document.
#[derive(Serialize, ToSchema)]
pub struct Imported {
    /// The flow; `null` for a dry run.
    flow: Option<FlowView>,
    /// The version that stands now; `null` for a draft or a dry run.
    version: Option<i64>,
    /// Whether the document differed from what stood; one that does not is not published again.
    changed: bool,
    /// What was converted, and what was left alone and why.
    #[schema(value_type = Object)]
    report: Value,
    /// The document; only for a dry run.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
}

/// Import a runbook
///
/// Headings, numbered lists and task lists become sections and steps, placeholders become fields; the report says
/// what was done and what was left alone. A document in the flow's own Markdown form is taken as it is. One that
/// names its flow publishes that flow's next version where it differs.
#[utoipa::path(post, path = "/flows/import", operation_id = "import_flow", tag = "flows",
    params(ImportQuery, ("Idempotency-Key" = Option<String>, Header, description = "One effect for a repeated request")),
    request_body(content = String, content_type = "text/markdown",
        example = "# Restart a service\n\n1. Sign in to <server-name>.\n2. Run `systemctl restart <service>`.\n"),
    responses((status = 201, description = "A new flow, a new version or a new draft.", body = Imported),
        (status = 200, description = "A dry run, or nothing that differs.", body = Imported), Refusals, Conflicts))]
pub async fn import(
    State(app): State<App>,
    May(caller): MayWriteFlow,
    Query(query): Query<ImportQuery>,
    key: Option<IdempotencyKey>,
    Markdown(text): Markdown,
) -> Result<Answer> {
    let key = once::key(&caller, key, "POST /flows/import", &(&query, &text))?;
    let options = Options {
        convert: styles(query.placeholders.as_deref())?,
        file_name: query.file_name.clone(),
        into: query.into.map(FlowId::from_uuid),
    };
    let imported = tokio::task::spawn_blocking(move || {
        let imported = import::import(&text, &options)?;
        render::compile(&imported.document).map(|_| imported)
    });
    let Import { document, report } = imported
        .await
        .map_err(Error::internal)?
        .map_err(Error::Unprocessable)?;
    let report = serde_json::to_value(&report).map_err(Error::internal)?;
    if query.dry_run {
        let document = Some(serde_json::to_value(&document).map_err(Error::internal)?);
        let answer = Imported {
            flow: None,
            version: None,
            changed: true,
            report,
            document,
        };
        return Answer::new(StatusCode::OK, &answer);
    }

    let target = Target::of(&query, &document);
    let mut parts = document.into_parts();
    parts.id = None;
    let document = FlowDocument::check(parts).map_err(Error::Unprocessable)?;
    let seed = crate::context::seed();
    let (now, account, user) = (app.now(), caller.account_id, caller.user_id);
    let shared = Arc::new((document, report));
    once::write(&app, key, move |tx| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (document, report) = &*shared;
            let (id, found) = match target {
                Target::New => (Id::new(now, &mut Random::new(seed)), None),
                Target::Named(id) => (id, flows::lock(tx, account, id).await?),
                Target::Into(id) => (
                    id,
                    Some(flows::lock(tx, account, id).await?.ok_or(Error::NotFound)?),
                ),
            };
            let latest = found.as_ref().map_or(0, |flow| flow.latest_version);
            let stands = match (&found, query.draft) {
                (None, _) => None,
                (Some(_), true) => flows::draft(tx, account, id).await?,
                (Some(_), false) => flows::document(tx, account, id, latest).await?,
            };
            let changed = stands.as_ref() != Some(document);
            if found.is_none() {
                flows::create(tx, account, id, document, user, now).await?;
            }
            let version = match (changed, query.draft) {
                (true, true) => {
                    flows::save_draft(tx, account, id, document, now).await?;
                    None
                }
                (true, false) => Some(flows::publish(tx, account, id, document, user, now).await?),
                (false, draft) => (!draft).then_some(latest),
            };
            let flow = find(tx, account, id).await?;
            let status = if changed {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let report = report.clone();
            Answer::new(
                status,
                &Imported {
                    flow: Some(flow),
                    version,
                    changed,
                    report,
                    document: None,
                },
            )
        })
    })
    .await
}

/// Which flow a document belongs to.
#[derive(Clone, Copy)]
enum Target {
    /// None yet.
    New,
    /// The one that the document names; made under that id where this account has none of it.
    Named(FlowId),
    /// The one that the request names, which must exist.
    Into(FlowId),
}

impl Target {
    fn of(query: &ImportQuery, document: &FlowDocument) -> Self {
        match (query.into, &document.parts()) {
            (Some(id), _) => Self::Into(FlowId::from_uuid(id)),
            (None, FlowParts { id: Some(id), .. }) => Self::Named(*id),
            (None, _) => Self::New,
        }
    }
}

async fn find(tx: &mut Tx, account: resolutionflow_core::id::AccountId, id: FlowId) -> Result<FlowView> {
    Ok(flows::find(tx, account, id).await?.ok_or(Error::NotFound)?.into())
}

fn styles(names: Option<&str>) -> Result<BTreeSet<Style>> {
    let Some(names) = names else {
        return Ok(Style::usual());
    };
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            name.parse().map_err(
                |error: <Style as std::str::FromStr>::Err| Error::UnprocessableParameter {
                    name: "placeholders".to_owned(),
                    detail: error,
                },
            )
        })
        .collect()
}
