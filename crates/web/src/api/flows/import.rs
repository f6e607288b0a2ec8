//! `POST /flows/import`: any Markdown runbook becomes a flow, or a flow's next version.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::id::{FlowId, Id};
use resolutionflow_core::import::{Import, Options, Style};
use resolutionflow_core::random::Random;
use resolutionflow_store::audit;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::FlowView;
use crate::api::answers::{Conflicts, Refusals};
use crate::auth::caller::{May, MayWriteFlow};
use crate::context::{App, seed};
use crate::error::{Error, Result};
use crate::importing::{self, Arrival};
use crate::once::{self, Answer};
use crate::request::{IdempotencyKey, Markdown, Query};

/// How a document is imported.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Whether nothing is kept: the answer shows what would become of the document.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether it becomes a draft; else it is published.
    #[serde(default)]
    pub draft: bool,
    /// The flow that it becomes the next version of; a document with an `id` names its flow itself.
    pub into: Option<Uuid>,
    /// The placeholder styles to convert, with commas between: kebab, snake, upper, words, mustache, braces,
    /// dollar, bracket. The first five unless said.
    #[param(example = "kebab,dollar")]
    pub placeholders: Option<String>,
    /// The name of the file, for a document without a title.
    #[param(max_length = 300)]
    pub file_name: Option<String>,
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
    let imported = tokio::task::spawn_blocking(move || importing::read(&text, &options));
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

    let (now, account, user) = (app.now(), caller.account_id, caller.user_id);
    let new = Id::new(now, &mut app.random());
    let into = query.into.map(FlowId::from_uuid);
    let arrival = Arrival::new(document, into, new, query.draft)?;
    let shared = Arc::new((arrival, report, caller, seed()));
    once::write(&app, key, move |tx| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (arrival, report, caller, seed) = &*shared;
            let kept = arrival.keep(tx, account, user, now).await?;
            if kept.published() {
                let (random, object) = (&mut Random::new(*seed), Object::new("flow", kept.flow.id.uuid()));
                let entry = caller.entry(now, random, AuditAction::FlowPublished, object, &[]);
                audit::write(tx, account, &entry).await?;
            }
            let status = if kept.changed {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let imported = Imported {
                flow: Some(kept.flow.into()),
                version: kept.version,
                changed: kept.changed,
                report: report.clone(),
                document: None,
            };
            Answer::new(status, &imported)
        })
    })
    .await
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
