//! `GET /sessions`: the account's sessions, narrowed by filters.

use axum::extract::State;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::{AccountId, FlowId, SessionId, TeamId, UserId};
use resolutionflow_core::session::Status;
use resolutionflow_store::Tx;
use resolutionflow_store::sessions::{self, Assigned, Due, Filter, Found};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
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
    /// In which team's queue they are: an id, or `mine`.
    #[param(value_type = Option<String>, example = "mine")]
    team_id: Option<Team>,
    /// Of which flow they are.
    flow_id: Option<Uuid>,
    /// For which client they are, whether in capitals or not.
    #[param(max_length = 200, example = "Contoso")]
    client: Option<String>,
    /// Only those that lack a required value.
    missing: Option<bool>,
    /// Due at this time or later.
    due_after: Option<DateTime<Utc>>,
    /// Due before this time.
    due_before: Option<DateTime<Utc>>,
    /// Started at this time or later.
    started_after: Option<DateTime<Utc>>,
    /// Started before this time.
    started_before: Option<DateTime<Utc>>,
    /// Completed at this time or later.
    completed_after: Option<DateTime<Utc>>,
    /// Completed before this time.
    completed_before: Option<DateTime<Utc>>,
    /// Words in the title of the session or its flow, in its ticket or its client, or the session's number.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The order: `newest` first, or by `due` time, what has none last and then the oldest first; that one goes with
    /// `status=prepared`.
    #[serde(default)]
    #[param(inline)]
    pub(super) sort: Sort,
    /// How many items at most; 50 unless said, and never more than the server's own limit.
    #[param(minimum = 1, example = 50)]
    pub(super) limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// In which form; only an export has several.
    #[param(ignore)]
    pub(super) format: Option<String>,
}

/// In which order sessions are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The last made first.
    #[default]
    Newest,
    /// What is due first.
    Due,
}

/// A team as a filter names it.
#[derive(Clone, Copy, Debug)]
enum Team {
    Mine,
    Id(Uuid),
}

impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "mine" => Ok(Self::Mine),
            id => id
                .parse()
                .map(Self::Id)
                .map_err(|_| serde::de::Error::custom("expected an id or mine")),
        }
    }
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

impl SessionsQuery {
    /// What this caller asks for.
    pub(super) fn filter(&self, caller: &Caller) -> Result<Filter> {
        let person = |name: &str, person: Option<Person>| match person {
            Some(Person::Nobody) => Err(page::wrong(name, "expected an id or me")),
            other => Ok(other.and_then(|person| person.user(caller))),
        };
        if self.sort == Sort::Due && self.status != Some(Status::Prepared) {
            return Err(page::wrong("sort", "due goes with status=prepared"));
        }
        Ok(Filter {
            status: self.status,
            assigned: self
                .assigned_to_id
                .map(|person| person.user(caller).map_or(Assigned::Nobody, Assigned::To)),
            prepared_by_id: person("prepared_by_id", self.prepared_by_id)?,
            owner_id: person("owner_id", self.owner_id)?,
            team_id: self.team_id.map(|team| match team {
                Team::Mine => caller.team_id,
                Team::Id(id) => TeamId::from_uuid(id),
            }),
            flow_id: self.flow_id.map(FlowId::from_uuid),
            client: page::search("client", self.client.clone())?,
            due_after: self.due_after,
            due_before: self.due_before,
            started_after: self.started_after,
            started_before: self.started_before,
            completed_after: self.completed_after,
            completed_before: self.completed_before,
            missing: self.missing.unwrap_or_default(),
            text: page::search("q", self.q.clone())?,
            ..Filter::default()
        })
    }
}

/// A place in either order of the sessions; a cursor of one is none of the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Newest(Option<SessionId>),
    Due(Option<Due>),
}

impl Place {
    /// The place that a cursor names.
    pub(crate) fn read(sort: Sort, cursor: Option<&str>) -> Result<Self> {
        Ok(match sort {
            Sort::Newest => Self::Newest(page::id_cursor(cursor)?),
            Sort::Due => Self::Due(page::due_cursor(cursor)?),
        })
    }

    /// The cursor of this place.
    pub(crate) fn cursor(self) -> Option<String> {
        match self {
            Self::Newest(after) => after.as_ref().map(page::after_id),
            Self::Due(after) => after.as_ref().map(page::after_due),
        }
    }

    /// So many sessions from here on, or fewer.
    pub(crate) async fn read_on(
        self,
        tx: &mut Tx,
        account: AccountId,
        filter: &Filter,
        limit: i64,
    ) -> Result<Found<Self>> {
        Ok(match self {
            Self::Newest(after) => {
                let found = sessions::list(tx, account, filter, after, limit).await?;
                Found {
                    sessions: found.sessions,
                    next: found.next.map(|next| Self::Newest(Some(next))),
                }
            }
            Self::Due(after) => {
                let found = sessions::list_by_due(tx, account, filter, after, limit).await?;
                Found {
                    sessions: found.sessions,
                    next: found.next.map(|next| Self::Due(Some(next))),
                }
            }
        })
    }
}

/// List sessions
///
/// Newest first, or by due time. A session in a list has no variables and no steps; it has their counts.
///
/// One request looks at a thousand sessions at most: where filters leave few of them, a page has fewer items than asked
/// for, or none, and still a `next_cursor`. Only a page without one is the last.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "sessions", params(SessionsQuery),
    responses((status = 200, body = Page<SessionSummary>), Refusals))]
pub async fn list(
    State(app): State<App>,
    May(caller): MayRead,
    Query(query): Query<SessionsQuery>,
) -> Result<Json<Page<SessionSummary>>> {
    let (account, limit) = (caller.account_id, page::limit(&app, query.limit)?);
    if query.format.is_some() {
        return Err(page::wrong(
            "format",
            "the list has one form; an export has others",
        ));
    }
    let place = Place::read(query.sort, query.cursor.as_deref())?;
    let (filter, now) = (query.filter(&caller)?, app.now());
    // A search looks at many rows, so it may take its time.
    let found = app
        .read_long(move |tx| {
            let filter = filter.clone();
            Box::pin(async move { place.read_on(tx, account, &filter, limit).await })
        })
        .await?;
    Ok(Json(Page {
        next_cursor: found.next.and_then(Place::cursor),
        items: found
            .sessions
            .into_iter()
            .map(|listed| SessionSummary::listed(listed, now))
            .collect(),
    }))
}
