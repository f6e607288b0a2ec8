//! What stands before anybody types: the flow, the session where there is one, and who could run it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Action, Relation, may};
use resolutionflow_core::id::{AccountId, FlowId, SessionId, UserId};
use resolutionflow_core::session::Session;
use resolutionflow_core::variable::Variables;
use resolutionflow_store::flows::{self, Flow};
use resolutionflow_store::members::{self, Member};
use resolutionflow_store::sessions::{self, Filter, Listed};
use resolutionflow_store::{Tx, variables};

use super::words;
use super::written::Detail;
use crate::auth::visitor::Visitor;
use crate::context::App;
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::versions::Version;

/// How many members there are to choose among.
const PEOPLE: i64 = 1_000;

/// How many past sessions there are to copy from.
const PAST: i64 = 10;

/// What stands.
pub(super) struct Base {
    pub flow: Flow,
    pub version: Arc<Version>,
    /// The session, where it is prepared already.
    pub session: Option<Session>,
    /// Its variables; none for a new one.
    pub variables: Variables,
    /// Who could run it, by name.
    pub people: Vec<Member>,
    /// What the people are called who have to do with it.
    pub names: BTreeMap<UserId, String>,
    pub rights: Rights,
}

/// What the visitor may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub details: bool,
    pub assign: bool,
    pub values: bool,
}

impl Base {
    /// For a new session of a flow's newest version.
    pub(super) async fn of_flow(app: &App, visitor: &Visitor, id: FlowId) -> Result<Self> {
        let account = visitor.caller.account_id;
        let (flow, people) = app
            .read(move |tx| {
                Box::pin(async move {
                    let flow = flows::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                    Ok((flow, people(tx, account).await?))
                })
            })
            .await?;
        let version = newest(app, visitor, &flow).await?;
        Ok(Self {
            flow,
            version,
            session: None,
            variables: Variables::new(),
            people,
            names: BTreeMap::new(),
            rights: Rights {
                details: true,
                assign: true,
                values: true,
            },
        })
    }

    /// For a session, whatever its status.
    pub(super) async fn of_session(app: &App, visitor: &Visitor, id: SessionId) -> Result<Self> {
        let account = visitor.caller.account_id;
        let (session, flow, variables, people, names) = app
            .read(move |tx| {
                Box::pin(async move {
                    let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
                    let flow = flows::find(tx, account, session.flow_id).await?;
                    let variables = variables::all(tx, account, id).await?;
                    let mut who: Vec<UserId> =
                        variables.values().map(|variable| variable.set_by_id).collect();
                    who.extend(session.assigned_to_id);
                    who.extend(session.owner_id);
                    let names = members::names(tx, account, &who).await?;
                    Ok((
                        session,
                        flow.ok_or(Error::NotFound)?,
                        variables,
                        people(tx, account).await?,
                        names,
                    ))
                })
            })
            .await?;
        let version = app
            .versions
            .get(&app.db, account, session.flow_id, session.flow_version)
            .await?;
        let may = |action| session.may(&visitor.caller.actor(), action);
        let rights = Rights {
            details: may(Action::ChangeDetails),
            assign: may(Action::AssignSession),
            values: may(Action::SetVariables),
        };
        Ok(Self {
            flow,
            version,
            session: Some(session),
            variables,
            people,
            names,
            rights,
        })
    }

    /// Where the form goes to.
    pub(super) fn address(&self) -> String {
        match &self.session {
            None => format!("/flows/{}/prepare", self.flow.id),
            Some(session) => format!("/sessions/{}/edit", session.id),
        }
    }

    /// What shows for a variable.
    pub(super) fn value(&self, key: &str) -> &str {
        self.version
            .outline
            .shown(key, &self.variables)
            .unwrap_or_default()
    }

    /// A detail as a text; a time is in UTC.
    pub(super) fn detail(&self, detail: Detail) -> String {
        let Some(session) = &self.session else {
            return String::new();
        };
        match detail {
            Detail::AssignedTo => session
                .assigned_to_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            Detail::Title => session.title.clone(),
            Detail::Due => session.due_at.map(minute).unwrap_or_default(),
            Detail::Client => session.client.clone(),
            Detail::Ticket => session.ticket.clone(),
            Detail::TicketUrl => session.ticket_url.clone(),
            Detail::Note => session.note.clone(),
        }
    }

    /// A detail as a person reads it.
    pub(super) fn spoken(&self, detail: Detail) -> String {
        match (detail, &self.session) {
            (Detail::AssignedTo, Some(session)) => match session.assigned_to_id {
                Some(id) => self.name(id).to_owned(),
                None => words::ANYONE.to_owned(),
            },
            (Detail::Due, Some(session)) => session
                .due_at
                .map(|at| at.format("%-d %b %Y, %H:%M UTC").to_string())
                .unwrap_or_default(),
            _ => self.detail(detail),
        }
    }

    /// What somebody is called.
    pub(super) fn name(&self, id: UserId) -> &str {
        let member = self.people.iter().find(|member| member.user_id == id);
        member
            .map(|member| member.name.as_str())
            .or_else(|| self.names.get(&id).map(String::as_str))
            .unwrap_or(words::SOMEBODY)
    }

    /// The last sessions of the flow, and of that client where one is named.
    pub(super) async fn past(&self, app: &App, visitor: &Visitor, client: &str) -> Result<Vec<Listed>> {
        let account = visitor.caller.account_id;
        let filter = Filter {
            flow_id: Some(self.flow.id),
            client: (!client.trim().is_empty()).then(|| client.trim().to_owned()),
            ..Filter::default()
        };
        let this = self.session.as_ref().map(|session| session.id);
        let past = app
            .read(move |tx| {
                let filter = filter.clone();
                Box::pin(async move { Ok(sessions::list(tx, account, &filter, None, PAST + 1).await?) })
            })
            .await?;
        let others = past
            .sessions
            .into_iter()
            .filter(|listed| Some(listed.session.id) != this);
        Ok(others.take(usize::try_from(PAST).unwrap_or_default()).collect())
    }
}

/// A time as the control for it holds it.
pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}

/// The newest published version of a flow.
pub(in crate::pages) async fn newest(app: &App, visitor: &Visitor, flow: &Flow) -> Result<Arc<Version>> {
    if flow.latest_version == 0 {
        return Err(Error::conflict(Kind::Conflict, words::ONLY_DRAFT));
    }
    app.versions
        .get(&app.db, visitor.caller.account_id, flow.id, flow.latest_version)
        .await
}

/// Who could run a session, by name.
pub(in crate::pages) async fn people(tx: &mut Tx, account: AccountId) -> Result<Vec<Member>> {
    let mut people = members::list(tx, account, None, PEOPLE).await?;
    people.retain(|member| {
        member.disabled_at.is_none() && may(member.role, Relation::Assignee, Action::StartSession)
    });
    people.sort_by_cached_key(|member| member.name.to_lowercase());
    Ok(people)
}
