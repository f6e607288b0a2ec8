//! `GET /sessions`: the account's sessions, narrowed by filters.

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::{FlowId, UserId};
use resolutionflow_core::session::Status;
use resolutionflow_store::sessions::{self, Assigned, Filter};
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::SessionSummary;
use crate::api::answers::{Refusals, statuses};
use crate::api::page::{self, Page};
use crate::auth::caller::{Caller, May, MayRead};
use crate::context::App;
use crate::error::Result;
use crate::request::{Json, Query};

/// What the list is narrowed to.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SessionsQuery {
    /// Where they are in their life.
    #[param(schema_with = statuses)]
    status: Option<Status>,
    /// Who is to run them: an id, `me`, or `none` for those that nobody is assigned to.
    #[param(value_type = Option<String>, example = "me")]
    assigned_to_id: Option<Person>,
    /// Who prepared them: an id or `me`.
    #[param(value_type = Option<String>, example = "me")]
    prepared_by_id: Option<Person>,
    /// Who started them: an id or `me`.
    #[param(value_type = Option<String>, example = "me")]
    owner_id: Option<Person>,
    /// Of which flow they are.
    flow_id: Option<Uuid>,
    /// Started at this time or later.
    started_after: Option<DateTime<Utc>>,
    /// Started before this time.
    started_before: Option<DateTime<Utc>>,
    /// Completed at this time or later.
    completed_after: Option<DateTime<Utc>>,
    /// Completed before this time.
    completed_before: Option<DateTime<Utc>>,
    /// Words in the title of the session or its flow, or the session's number.
    #[param(max_length = 200)]
    q: Option<String>,
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A person as a filter names them.
#[derive(Clone, Copy, Debug)]
enum Person {
    Me,
    Nobody,
    Id(Uuid),
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Nobody),
            id => id
                .parse()
                .map(Self::Id)
                .map_err(|_| serde::de::Error::custom("expected an id, me or none")),
        }
    }
}

impl Person {
    fn user(self, caller: &Caller) -> Option<UserId> {
        match self {
            Self::Me => Some(caller.user_id),
            Self::Nobody => None,
            Self::Id(id) => Some(UserId::from_uuid(id)),
        }
    }
}

/// List sessions
///
/// Newest first. A session in a list has no variables and no steps; it has their counts.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "sessions", params(SessionsQuery),
    responses((status = 200, body = Page<SessionSummary>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<SessionsQuery>,
) -> Result<Json<Page<SessionSummary>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    let after = page::id_cursor(query.cursor.as_deref())?;
    let person = |name: &str, person: Option<Person>| match person {
        Some(Person::Nobody) => Err(crate::error::Error::UnprocessableParameter {
            name: name.to_owned(),
            detail: "expected an id or me".to_owned(),
        }),
        other => Ok(other.and_then(|person| person.user(&caller))),
    };
    let filter = Filter {
        status: query.status,
        assigned: query
            .assigned_to_id
            .map(|person| person.user(&caller).map_or(Assigned::Nobody, Assigned::To)),
        prepared_by_id: person("prepared_by_id", query.prepared_by_id)?,
        owner_id: person("owner_id", query.owner_id)?,
        flow_id: query.flow_id.map(FlowId::from_uuid),
        started_after: query.started_after,
        started_before: query.started_before,
        completed_after: query.completed_after,
        completed_before: query.completed_before,
        text: page::search("q", query.q)?,
        ..Filter::default()
    };
    // A search looks at many rows, so it may take its time.
    let rows = app
        .read_long(move |tx| {
            let filter = filter.clone();
            Box::pin(async move { Ok(sessions::list(tx, account, &filter, after, limit + 1).await?) })
        })
        .await?;
    Ok(Json(page::page(
        rows,
        limit,
        |row| page::after_id(&row.session.id),
        SessionSummary::from,
    )))
}
