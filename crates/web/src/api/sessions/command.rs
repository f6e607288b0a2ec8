//! What every command on a session shares: lock, ask the rules, keep, answer; all in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use resolutionflow_core::audit::{AuditAction, Object};
use resolutionflow_core::event::EventKind;
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Act, Actor, Change, Dropped, Refusal, Session, StepRecords};
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::{Variable, Variables};
use resolutionflow_store::idempotency::Key;
use resolutionflow_store::{Tx, audit, members, sessions, steps, variables};
use serde_json::{Value, json};

use super::view;
use crate::auth::caller::Caller;
use crate::context::{App, seed};
use crate::error::kinds::Kind;
use crate::error::{Error, Result};
use crate::once::{self, Answer};
use crate::versions::Version;

/// What a command reads beside the session itself.
#[derive(Clone)]
pub(super) enum Reads {
    /// Nothing.
    Session,
    /// All variables.
    Variables,
    /// All variables, for titles, and one step.
    Step(StepId),
    /// All variables and all touched steps; for commands that answer with the whole session.
    All,
}

/// What stands when a command is decided, brought up to date with what it changed when it is answered.
pub(super) struct Standing {
    pub(super) session: Session,
    pub(super) version: Arc<Version>,
    pub(super) variables: Variables,
    pub(super) steps: StepRecords,
    /// What did not come along to a newer version.
    pub(super) dropped: Vec<Dropped>,
}

impl Standing {
    /// The whole session as an answer.
    pub(super) fn answer(&self) -> Result<Answer> {
        let view = view::session(&self.session, &self.version, &self.variables, &self.steps);
        Answer::new(StatusCode::OK, &view)
    }
}

/// Who commands, when, and from which seed; a repeated transaction does the same again.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    who: Actor,
    now: DateTime<Utc>,
    seed: [u8; 32],
}

impl Moment {
    /// This caller, now.
    pub(super) fn of(app: &App, caller: &Caller) -> Self {
        Self {
            who: caller.actor(),
            now: app.now(),
            seed: seed(),
        }
    }

    /// The circumstances for the rules.
    pub(super) fn act<'a>(&self, random: &'a mut Random) -> Act<'a> {
        Act {
            who: self.who,
            now: self.now,
            random,
        }
    }

    /// The randomness of this moment.
    pub(super) fn random(&self) -> Random {
        Random::new(self.seed)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

/// The published version that a session runs.
pub(super) async fn version_of(app: &App, caller: &Caller, id: SessionId) -> Result<Arc<Version>> {
    let account = caller.account_id;
    let session = app
        .read(move |tx| {
            Box::pin(async move { sessions::find(tx, account, id).await?.ok_or(Error::NotFound) })
        })
        .await?;
    app.versions
        .get(&app.db, account, session.flow_id, session.flow_version)
        .await
}

/// Does one command to a session, once for its key.
pub(super) async fn command<R, A>(
    app: &App,
    caller: &Caller,
    id: SessionId,
    key: Option<Key>,
    reads: Reads,
    rule: R,
    answer: A,
) -> Result<Answer>
where
    R: Fn(&mut Standing, &mut Act<'_>) -> Result<Change, Refusal> + Send + Sync + 'static,
    A: Fn(&Standing, &Change) -> Result<Answer> + Send + Sync + 'static,
{
    let parts = Arc::new((reads, rule, answer));
    let mut tries = 0;
    loop {
        let version = version_of(app, caller, id).await?;
        let moved = Arc::<AtomicBool>::default();
        let done = attempt(app, caller, id, key.clone(), version, &parts, &moved).await;
        tries += 1;
        if tries == MOST_TRIES || !moved.load(Ordering::Relaxed) {
            return done;
        }
    }
}

/// How often a command is tried while the session moves from version to version of its flow.
const MOST_TRIES: usize = 3;

/// Does one command to a session that runs `version`; says in `moved` when it runs another by now.
async fn attempt<R, A>(
    app: &App,
    caller: &Caller,
    id: SessionId,
    key: Option<Key>,
    version: Arc<Version>,
    parts: &Arc<(Reads, R, A)>,
    moved: &Arc<AtomicBool>,
) -> Result<Answer>
where
    R: Fn(&mut Standing, &mut Act<'_>) -> Result<Change, Refusal> + Send + Sync + 'static,
    A: Fn(&Standing, &Change) -> Result<Answer> + Send + Sync + 'static,
{
    let (moment, account) = (Moment::of(app, caller), caller.account_id);
    let parts = Arc::new((version, Arc::clone(parts), Arc::clone(moved), caller.clone()));
    once::write(app, key, move |tx| {
        let parts = Arc::clone(&parts);
        Box::pin(async move {
            let (version, parts, moved, caller) = &*parts;
            let (reads, rule, answer) = &**parts;
            let session = sessions::lock(tx, account, id).await?.ok_or(Error::NotFound)?;
            if session.flow_version != version.number {
                moved.store(true, Ordering::Relaxed);
                return Err(Error::PreconditionFailed {
                    current: session.version,
                });
            }
            let mut standing = read(tx, account, session, version, reads).await?;
            let mut random = moment.random();
            let change = rule(&mut standing, &mut moment.act(&mut random))
                .map_err(|refusal| refused(refusal, &standing))?;
            sessions::save(tx, account, &change).await?;
            require_people(tx, account, &change).await?;
            if change
                .events
                .iter()
                .any(|event| event.kind == EventKind::Assigned)
            {
                let (action, object) = (AuditAction::SessionReassigned, Object::new("session", id.uuid()));
                let entry = caller.entry(moment.now(), &mut random, action, object, &["assigned_to_id"]);
                audit::write(tx, account, &entry).await?;
            }
            standing.session = change.session.clone();
            for variable in &change.variables {
                standing.variables.insert(variable.key.clone(), variable.clone());
            }
            for step in &change.steps {
                standing.steps.insert(step.step_id.clone(), step.clone());
            }
            answer(&standing, &change)
        })
    })
    .await
}

/// Refuses a change after which a session would be nobody's: whoever is to run it must be a member who still can.
/// Between the look at who asks or is named and this transaction they may have been removed; and of what ended, or was
/// handed over, whoever started it may be gone long since.
pub(super) async fn require_people(tx: &mut Tx, account: AccountId, change: &Change) -> Result<()> {
    use EventKind as K;
    let happened = |kinds: &[K]| change.events.iter().any(|event| kinds.contains(&event.kind));
    let (session, mut people) = (&change.session, Vec::new());
    if happened(&[K::Prepared, K::Assigned, K::Taken, K::Reopened]) {
        // What has not started has no owner: assigned to nobody, it is the team's.
        people.extend(session.assigned_to_id.or(session.owner_id));
    }
    if happened(&[K::Started]) {
        people.extend(session.owner_id);
    }
    people.dedup();
    // Two at most.
    for person in people {
        if members::still_runs(tx, account, person).await? {
            continue;
        }
        if happened(&[K::Reopened]) {
            let detail = "Nobody runs this session any more; prepare the flow again.";
            return Err(Error::conflict(Kind::Conflict, detail));
        }
        let detail = if session.assigned_to_id.is_none() && !happened(&[K::Started]) {
            "whoever started it runs no sessions here any more; name somebody"
        } else {
            "this is not an active member of the account"
        };
        return Err(Error::unprocessable("/assigned_to_id", detail));
    }
    Ok(())
}

async fn read(
    tx: &mut Tx,
    account: AccountId,
    session: Session,
    version: &Arc<Version>,
    reads: &Reads,
) -> Result<Standing> {
    let id = session.id;
    let variables = match reads {
        Reads::Session => Variables::new(),
        Reads::Variables | Reads::Step(_) | Reads::All => variables::all(tx, account, id).await?,
    };
    let steps = match reads {
        Reads::Session | Reads::Variables => StepRecords::new(),
        Reads::Step(step) => {
            let found = steps::find(tx, account, id, step).await?;
            found
                .into_iter()
                .map(|record| (record.step_id.clone(), record))
                .collect()
        }
        Reads::All => steps::all(tx, account, id).await?,
    };
    Ok(Standing {
        session,
        version: Arc::clone(version),
        variables,
        steps,
        dropped: Vec::new(),
    })
}

/// A refusal of the rules as an answer.
pub(super) fn refused(refusal: Refusal, standing: &Standing) -> Error {
    let detail = sentence(&refusal.to_string());
    match refusal {
        Refusal::Forbidden(_) => Error::Forbidden(detail),
        Refusal::Invalid(problems) => Error::Unprocessable(problems),
        Refusal::Ended(status) => {
            Error::conflict_with(Kind::SessionClosed, detail, json!({ "status": status.as_str() }))
        }
        Refusal::WrongStatus(status) => {
            Error::conflict_with(Kind::Conflict, detail, json!({ "status": status.as_str() }))
        }
        Refusal::AlreadyStarted { by, at } => Error::conflict_with(
            Kind::AlreadyStarted,
            detail,
            json!({ "owner_id": by, "started_at": at, "status": standing.session.status().as_str() }),
        ),
        Refusal::AlreadyAssigned { to } => {
            Error::conflict_with(Kind::AlreadyTaken, detail, json!({ "assigned_to_id": to }))
        }
        Refusal::Conflicts(conflicts) => {
            let current: serde_json::Map<_, _> = conflicts
                .into_iter()
                .map(|conflict| {
                    (
                        conflict.name,
                        conflict.current.as_ref().map_or(Value::Null, variable),
                    )
                })
                .collect();
            Error::conflict_with(Kind::NewerValue, detail, json!({ "variables": current }))
        }
        Refusal::StepConflict(record) => {
            let position = standing.version.compiled.position(&record.step_id);
            let view =
                position.map(|at| view::step(&standing.version, at, Some(&record), &standing.variables));
            Error::conflict_with(Kind::NewerValue, detail, json!({ "step": view }))
        }
        Refusal::SessionConflict(current) => Error::PreconditionFailed { current },
        Refusal::TooLate => Error::conflict(Kind::Conflict, detail),
    }
}

fn variable(variable: &Variable) -> Value {
    json!({
        "value": variable.value,
        "valid": variable.valid,
        "version": variable.version,
        "set_by_id": variable.set_by_id,
        "set_at": variable.set_at,
    })
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
