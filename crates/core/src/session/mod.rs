//! Sessions: runs of a flow version, and the rules by which they change.
//!
//! A rule is a function from what stands, what is asked, who asks and when, to a [`Change`] or a [`Refusal`].
//! It never reads a clock or a database; the caller holds the session's row lock while it asks.

mod complete;
mod details;
mod discard;
mod hand_over;
mod note;
mod prepare;
mod refusal;
mod reopen;
mod stale;
mod start;
mod take;
mod update_version;
mod variables;
mod work;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use complete::{Completion, complete};
pub use details::{Assignee, Details, change_details};
pub use discard::discard;
pub use hand_over::{Heirs, hand_over, held_by};
pub use note::add_note;
pub use prepare::{Preparation, prepare};
pub use refusal::{Conflict, Refusal};
pub use reopen::{REOPEN_HOURS, reopen};
pub use stale::{MOST_STALE_DAYS, STALE_DAYS, Stale, staleness};
pub use start::{start, start_prepared};
pub use take::take;
pub use update_version::{Dropped, Fitting, fitting, update_version};
pub use variables::{SetVariables, set_variables};
pub use work::{StepWork, work_step};

use crate::access::{Action, Relation, Role, may};
use crate::event::{Event, EventKind, GENESIS, Hash, Payload};
use crate::field::web_address;
use crate::id::{FlowId, SessionId, TeamId, UserId};
use crate::notice::{Notices, Seen, notices};
use crate::problem::Problem;
use crate::random::Random;
use crate::step::StepId;
use crate::variable::{Outline, Variable, Variables};

/// The longest title of a session, in bytes.
pub const MAX_SESSION_TITLE: usize = 500;
/// The longest note or output, in bytes.
pub const MAX_NOTE: usize = 64 * 1024;
/// The longest reference of a ticket, in bytes.
pub const MAX_TICKET: usize = 200;
/// The longest address of a ticket, in bytes.
pub const MAX_TICKET_URL: usize = 2_000;
/// The longest name of a client, in bytes.
pub const MAX_CLIENT: usize = 200;
/// The most variables in one request.
pub const MAX_VARIABLES: usize = 1_000;

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Set up ahead, not started.
    Prepared,
    /// Being worked on.
    Active,
    /// Finished.
    Completed,
    /// Given up.
    Discarded,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Prepared, Self::Active, Self::Completed, Self::Discarded];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
        }
    }

    /// The status that the timestamps say; this function is the only place that decides it.
    pub fn of<T>(started_at: Option<T>, completed_at: Option<T>, discarded_at: Option<T>) -> Self {
        match (discarded_at, completed_at, started_at) {
            (Some(_), _, _) => Self::Discarded,
            (None, Some(_), _) => Self::Completed,
            (None, None, Some(_)) => Self::Active,
            (None, None, None) => Self::Prepared,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The work is done.
    Resolved,
    /// Somebody else goes on.
    Escalated,
    /// It works, for now.
    Workaround,
    /// It does not work yet.
    Unresolved,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Resolved,
        Self::Escalated,
        Self::Workaround,
        Self::Unresolved,
    ];

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Escalated => "escalated",
            Self::Workaround => "workaround",
            Self::Unresolved => "unresolved",
        }
    }

    /// The outcome of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// The state of a session but for its variables and steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Its number in the account, as people say it.
    pub number: i64,
    /// The flow.
    pub flow_id: FlowId,
    /// The published version of it that runs.
    pub flow_version: i64,
    /// The team whose queue it is in; fixed when it is made.
    pub team_id: TeamId,
    /// What it is called; empty means like its flow.
    pub title: String,
    /// What whoever prepared it wants the assignee to know.
    pub note: String,
    /// The reference of the ticket that it is for; empty where there is none.
    pub ticket: String,
    /// Where that ticket is: an absolute http or https address, or empty.
    pub ticket_url: String,
    /// For whom it is; empty where that is not said.
    pub client: String,
    /// The number of its last event.
    pub version: i64,
    /// The hash of its last event.
    pub head: Hash,
    /// Who prepared it, if anybody did.
    pub prepared_by_id: Option<UserId>,
    /// Who is to run it, if it is anybody in particular.
    pub assigned_to_id: Option<UserId>,
    /// Who started it.
    pub owner_id: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it became active.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was discarded.
    pub discarded_at: Option<DateTime<Utc>>,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What there is to say about that.
    pub outcome_note: String,
    /// What is to be done next.
    pub next_steps: String,
    /// How many variables show something; for lists.
    pub filled: i64,
    /// How many variables its version has; for lists.
    pub variables: i64,
    /// How many required variables show nothing; for lists.
    pub missing: i64,
    /// How many steps are done or skipped; for lists.
    pub finished_steps: i64,
    /// How many steps its version has; for lists.
    pub steps: i64,
}

impl Session {
    /// Where it is in its life.
    pub fn status(&self) -> Status {
        Status::of(self.started_at, self.completed_at, self.discarded_at)
    }

    /// How somebody stands to it; several may hold at once.
    pub fn relations(&self, who: &Actor) -> impl Iterator<Item = Relation> + use<> {
        let prepared = self.status() == Status::Prepared;
        let is = |id: Option<UserId>| id == Some(who.user_id);
        [
            Some(Relation::Member),
            (prepared && self.assigned_to_id.is_none() && self.team_id == who.team_id)
                .then_some(Relation::Team),
            is(self.prepared_by_id).then_some(if self.started_at.is_none() {
                Relation::Preparer
            } else {
                Relation::FormerPreparer
            }),
            is(self.assigned_to_id).then_some(Relation::Assignee),
            is(self.owner_id).then_some(Relation::Owner),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether somebody may do this to it.
    pub fn may(&self, who: &Actor, action: Action) -> bool {
        self.relations(who)
            .any(|relation| may(who.role, relation, action))
    }

    fn require(&self, who: &Actor, action: Action) -> Result<(), Refusal> {
        if self.may(who, action) {
            Ok(())
        } else {
            Err(Refusal::Forbidden(reason(action, self)))
        }
    }

    /// Refuses what an ended session no longer takes.
    fn require_open(&self) -> Result<(), Refusal> {
        match self.status() {
            Status::Prepared | Status::Active => Ok(()),
            status @ (Status::Completed | Status::Discarded) => Err(Refusal::Ended(status)),
        }
    }
}

/// Why somebody may not, in words for them.
fn reason(action: Action, session: &Session) -> &'static str {
    match action {
        Action::SetVariables if session.started_at.is_none() => {
            "only who prepared the session and its assignee can change its variables"
        }
        Action::SetVariables => "only the session's owner and its assignee can change its variables",
        Action::WorkSteps | Action::CompleteSession => {
            "only the session's owner and its assignee can do that"
        }
        Action::StartSession if session.assigned_to_id.is_some() => {
            "only the session's assignee can start it"
        }
        Action::StartSession | Action::TakeSession => "only an engineer of the session's team can do that",
        Action::UpdateVersion => {
            "only who prepared the session, its assignee, its team while nobody is, or an admin can do that"
        }
        Action::AssignSession | Action::DiscardSession => {
            "only the session's owner, who prepared it while it is prepared, or an admin can do that"
        }
        _ => "your role or your part in this session does not allow that",
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub user_id: UserId,
    /// Their role in the account.
    pub role: Role,
    /// Their team in the account.
    pub team_id: TeamId,
}

/// The circumstances of a command: who, when, and where randomness comes from.
pub struct Act<'a> {
    /// Who asks.
    pub who: Actor,
    /// When.
    pub now: DateTime<Utc>,
    /// For salts.
    pub random: &'a mut Random,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not done yet.
    #[default]
    Open,
    /// Done.
    Done,
    /// Left out on purpose.
    Skipped,
}

impl StepState {
    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::Skipped]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// What a session knows of one step. A step that nobody touched has no such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// The step.
    pub step_id: StepId,
    /// Where it stands.
    pub state: StepState,
    /// What people wrote about it.
    pub note: String,
    /// What a command printed.
    pub output: String,
    /// Why it was skipped.
    pub reason: String,
    /// The label of the choice that was made, where the step branches.
    pub choice: String,
    /// The ticked items, counted from 0.
    pub checked: BTreeSet<u16>,
    /// Counts the changes to this step, from 1.
    pub version: i64,
    /// Who changed it last.
    pub changed_by_id: UserId,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// When it was done or skipped; `None` while open.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who did or skipped it.
    pub finished_by_id: Option<UserId>,
}

/// The touched steps of a session.
pub type StepRecords = BTreeMap<StepId, StepRecord>;

/// What a command changes: the session as it stands afterwards, the rows that changed, and what happened.
#[derive(Clone, Debug)]
pub struct Change {
    /// What notices look at, as it was before; nothing for a new session.
    pub before: Option<Seen>,
    /// The session afterwards.
    pub session: Session,
    /// The variables that changed, as they stand afterwards.
    pub variables: Vec<Variable>,
    /// The steps that changed, as they stand afterwards.
    pub steps: Vec<StepRecord>,
    /// What happened, in order; empty when nothing did.
    pub events: Vec<Event>,
}

impl Change {
    fn to(session: Session) -> Self {
        Self {
            before: (session.version > 0).then(|| Seen::of(&session)),
            session,
            variables: Vec::new(),
            steps: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Who is told of it, and what told before is void now.
    pub fn notices(&self) -> Notices {
        notices(self.before, Seen::of(&self.session), &self.events)
    }

    /// Whether more of the session itself changed than its version and its counts.
    pub fn moves_session(&self) -> bool {
        use EventKind as K;
        let moves = |kind| {
            matches!(
                kind,
                K::Prepared
                    | K::Started
                    | K::Taken
                    | K::Assigned
                    | K::VersionChanged
                    | K::DetailsChanged
                    | K::Completed
                    | K::Discarded
                    | K::Reopened
            )
        };
        self.events.iter().any(|event| moves(event.kind))
    }

    fn record(&mut self, act: &Act<'_>, kind: EventKind, payload: Payload) {
        let session = &mut self.session;
        session.version += 1;
        session.updated_at = act.now;
        let (number, at, actor_id) = (session.version, act.now, act.who.user_id);
        session.head = Event::digest(&session.head, session.id, number, at, actor_id, kind, &payload);
        self.events.push(Event {
            number,
            at,
            actor_id,
            kind,
            payload,
            hash: session.head,
        });
    }

    fn count(&mut self, outline: &Outline, values: &Variables) {
        self.session.filled = count(outline.filled(values));
        self.session.missing = count(outline.missing_required(values).count());
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A new session before its first event.
fn fresh(make: &NewSession, outline: &Outline, act: &Act<'_>) -> Session {
    Session {
        id: make.id,
        number: make.number,
        flow_id: make.flow_id,
        flow_version: make.flow_version,
        team_id: act.who.team_id,
        title: String::new(),
        note: String::new(),
        ticket: String::new(),
        ticket_url: String::new(),
        client: String::new(),
        version: 0,
        head: GENESIS,
        prepared_by_id: None,
        assigned_to_id: None,
        owner_id: None,
        created_at: act.now,
        started_at: None,
        completed_at: None,
        discarded_at: None,
        due_at: None,
        updated_at: act.now,
        outcome: None,
        outcome_note: String::new(),
        next_steps: String::new(),
        filled: 0,
        variables: count(outline.variables().count()),
        missing: 0,
        finished_steps: 0,
        steps: count(outline.steps().len()),
    }
}

/// What every new session has.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// Its identifier.
    pub id: SessionId,
    /// Its number in the account.
    pub number: i64,
    /// The flow.
    pub flow_id: FlowId,
    /// The published version.
    pub flow_version: i64,
}

/// Checks a text that a person typed: not too long, no NUL, and one line where it must be.
fn check_typed(text: &str, pointer: &str, max: usize, one_line: bool, problems: &mut Vec<Problem>) {
    if text.len() > max {
        problems.push(Problem::at(
            pointer,
            format!("this has {} bytes; {max} are allowed", text.len()),
        ));
    } else if text.contains('\0') {
        problems.push(Problem::at(
            pointer,
            "this has a NUL character, which text cannot hold",
        ));
    } else if one_line && text.chars().any(char::is_control) {
        problems.push(Problem::at(pointer, "this must be one line"));
    }
}

/// Checks an address of a ticket and answers its normal form; nothing is fine.
fn check_ticket_url(text: &str, pointer: &str, problems: &mut Vec<Problem>) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let too_long = |length| format!("this has {length} bytes; {MAX_TICKET_URL} are allowed");
    if text.len() > MAX_TICKET_URL {
        problems.push(Problem::at(pointer, too_long(text.len())));
        return String::new();
    }
    match web_address(text) {
        Ok(url) if url.len() > MAX_TICKET_URL => problems.push(Problem::at(pointer, too_long(url.len()))),
        Ok(url) => return url,
        Err(why) => problems.push(Problem::at(pointer, format!("this is not a web address: {why}"))),
    }
    String::new()
}
