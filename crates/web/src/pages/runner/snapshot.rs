//! What the database says of a session at one moment, read in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use resolutionflow_core::event::{Event, EventKind};
use resolutionflow_core::id::{AccountId, SessionId, UserId};
use resolutionflow_core::session::{Session, Stale, Status, StepRecords};
use resolutionflow_core::variable::Variables;
use resolutionflow_store::presence::{self, Present};
use resolutionflow_store::{Tx, events, members, sessions, steps, variables};

use crate::context::App;
use crate::error::{Error, Result};

/// How many events are looked through for what ended a session; behind it only late notes and reasons stand.
const LAST_EVENTS: i64 = 50;

/// A session with everything that its page shows of it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The session.
    pub session: Session,
    /// Its variables that were ever set.
    pub variables: Variables,
    /// Its steps that were ever touched.
    pub steps: StepRecords,
    /// What the people are called who have to do with it.
    pub names: BTreeMap<UserId, String>,
    /// Who has it open just now.
    pub present: Vec<Present>,
    /// What happened in it after what was asked for; empty where nothing was.
    pub events: Vec<Event>,
    /// Who completed or discarded it, as far as it has ended.
    pub ended_by: Option<UserId>,
    /// Why it needs a look before it runs.
    pub stale: Vec<Stale>,
    /// What differs in the newest version of its flow, in words; empty where it runs that one.
    pub difference: Arc<str>,
}

/// The events that are asked for: those after a number, up to a limit.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// The last number that is known.
    pub after: i64,
    /// How many at the most.
    pub limit: i64,
}

impl Snapshot {
    /// Reads a session of an account.
    pub async fn read(app: &App, account: AccountId, id: SessionId, since: Option<Since>) -> Result<Self> {
        let now = app.now();
        let mut snapshot = app
            .read(move |tx| Box::pin(async move { read(tx, account, id, since, now).await }))
            .await?;
        if let Some(latest) = Stale::newer_version(&snapshot.stale) {
            let session = &snapshot.session;
            let (flow, versions) = (session.flow_id, (session.flow_version, latest));
            snapshot.difference = app.versions.difference(&app.db, account, flow, versions).await?;
        }
        Ok(snapshot)
    }

    /// What somebody is called.
    pub fn name(&self, id: UserId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

async fn read(
    tx: &mut Tx,
    account: AccountId,
    id: SessionId,
    since: Option<Since>,
    now: DateTime<Utc>,
) -> Result<Snapshot> {
    let session = sessions::find(tx, account, id).await?.ok_or(Error::NotFound)?;
    let stale = match session.status() {
        Status::Prepared => {
            let listed = sessions::find_listed(tx, account, id)
                .await?
                .ok_or(Error::NotFound)?;
            listed.stale(now)
        }
        _ => Vec::new(),
    };
    let variables = variables::all(tx, account, id).await?;
    let steps = steps::all(tx, account, id).await?;
    let present = presence::of(tx, account, id, now - presence::AWAY).await?;
    let events = match since {
        Some(since) if since.after < session.version => {
            events::after(tx, account, id, since.after, since.limit).await?
        }
        _ => Vec::new(),
    };
    let ended_by = match session.status() {
        Status::Prepared | Status::Active => None,
        Status::Completed | Status::Discarded => {
            let last = events::after(tx, account, id, session.version - LAST_EVENTS, LAST_EVENTS).await?;
            let end = last
                .iter()
                .rfind(|event| matches!(event.kind, EventKind::Completed | EventKind::Discarded));
            end.map(|event| event.actor_id)
        }
    };
    let mut people: BTreeSet<UserId> = BTreeSet::new();
    people.extend(session.owner_id);
    people.extend(session.assigned_to_id);
    people.extend(session.prepared_by_id);
    people.extend(ended_by);
    people.extend(variables.values().map(|variable| variable.set_by_id));
    people.extend(steps.values().filter_map(|record| record.finished_by_id));
    people.extend(events.iter().map(|event| event.actor_id));
    let people: Vec<_> = people.into_iter().collect();
    let names = members::names(tx, account, &people).await?;
    Ok(Snapshot {
        session,
        variables,
        steps,
        names,
        present,
        events,
        ended_by,
        stale,
        difference: Arc::default(),
    })
}
