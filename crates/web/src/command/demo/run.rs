//! A session of the demo, played command by command through the rules that everybody's sessions obey.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::Id;
use resolutionflow_core::problem::Problem;
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{
    self, Act, Actor, Change, Completion, NewSession, Outcome, Preparation, Refusal, Session, SetVariables,
    StepRecords, StepState, StepWork,
};
use resolutionflow_core::variable::Variables;

use crate::versions::Version;

/// Names and values, as stories write them.
pub(super) type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A session on its way, and everything that changed it.
pub(super) struct Run<'a> {
    version: &'a Version,
    random: Random,
    now: DateTime<Utc>,
    session: Session,
    variables: Variables,
    steps: StepRecords,
    changes: Vec<Change>,
}

/// The values as the rules take them.
pub(super) fn values(pairs: Pairs<'_>) -> BTreeMap<String, Option<String>> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
        .collect()
}

impl<'a> Run<'a> {
    /// A session that somebody starts from the flow, some values known.
    pub(super) fn start(
        version: &'a Version,
        number: i64,
        who: Actor,
        now: DateTime<Utc>,
        known: Pairs<'_>,
        seed: [u8; 32],
    ) -> Result<Self, Refusal> {
        Self::make(version, number, now, seed, |new, random| {
            session::start(
                new,
                &version.outline,
                &SetVariables {
                    values: values(known),
                    ..SetVariables::default()
                },
                &mut Act { who, now, random },
            )
        })
    }

    /// A session that somebody prepares.
    pub(super) fn prepare(
        version: &'a Version,
        number: i64,
        who: Actor,
        now: DateTime<Utc>,
        preparation: &Preparation,
        seed: [u8; 32],
    ) -> Result<Self, Refusal> {
        Self::make(version, number, now, seed, |new, random| {
            session::prepare(new, &version.outline, preparation, &mut Act { who, now, random })
        })
    }

    fn make(
        version: &'a Version,
        number: i64,
        now: DateTime<Utc>,
        seed: [u8; 32],
        rule: impl FnOnce(&NewSession, &mut Random) -> Result<Change, Refusal>,
    ) -> Result<Self, Refusal> {
        let mut random = Random::new(seed);
        let new = NewSession {
            id: Id::new(now, &mut random),
            number,
            flow_id: version.flow_id,
            flow_version: version.number,
        };
        let change = rule(&new, &mut random)?;
        let mut run = Self {
            version,
            random,
            now,
            session: change.session.clone(),
            variables: Variables::new(),
            steps: StepRecords::new(),
            changes: Vec::new(),
        };
        run.keep(change);
        Ok(run)
    }

    /// Lets minutes pass.
    pub(super) fn after(mut self, minutes: i64) -> Self {
        self.now += TimeDelta::minutes(minutes);
        self
    }

    /// Somebody starts a prepared session.
    pub(super) fn started(self, who: Actor) -> Result<Self, Refusal> {
        self.act(who, |run, act| session::start_prepared(&run.session, act))
    }

    /// Values become known.
    pub(super) fn set(self, who: Actor, known: Pairs<'_>) -> Result<Self, Refusal> {
        let set = SetVariables {
            values: values(known),
            ..SetVariables::default()
        };
        self.act(who, |run, act| {
            session::set_variables(&run.session, &run.version.outline, &mut run.variables, &set, act)
        })
    }

    /// A step is done, all its items ticked.
    pub(super) fn done(self, who: Actor, step: &str, said: Said<'_>) -> Result<Self, Refusal> {
        let items = self.version.outline.step(step).map_or(0, |step| step.items);
        let items = u16::try_from(items).unwrap_or(u16::MAX);
        let work = StepWork {
            state: Some(StepState::Done),
            note: said.note.map(str::to_owned),
            output: said.output.map(str::to_owned),
            choice: said.choice.map(str::to_owned),
            checks: (0..items).map(|item| (item, true)).collect(),
            ..StepWork::default()
        };
        self.work(who, step, &work)
    }

    /// A step is skipped.
    pub(super) fn skipped(self, who: Actor, step: &str, reason: &str) -> Result<Self, Refusal> {
        let work = StepWork {
            state: Some(StepState::Skipped),
            reason: Some(reason.to_owned()),
            ..StepWork::default()
        };
        self.work(who, step, &work)
    }

    /// Some items of a step are ticked, and it stays open.
    pub(super) fn ticked(self, who: Actor, step: &str, items: &[u16]) -> Result<Self, Refusal> {
        let work = StepWork {
            checks: items.iter().map(|item| (*item, true)).collect(),
            ..StepWork::default()
        };
        self.work(who, step, &work)
    }

    fn work(self, who: Actor, id: &str, work: &StepWork) -> Result<Self, Refusal> {
        let version = self.version;
        let Some(step) = version.outline.step(id) else {
            let problem = Problem::at("", format!("the flow has no step {id:?}"));
            return Err(Refusal::Invalid(vec![problem]));
        };
        self.act(who, |run, act| {
            session::work_step(&run.session, step, run.steps.get(&step.id), work, act)
        })
    }

    /// Somebody writes a note.
    pub(super) fn noted(self, who: Actor, text: &str) -> Result<Self, Refusal> {
        self.act(who, |run, act| session::add_note(&run.session, text, act))
    }

    /// The session is completed.
    pub(super) fn completed(
        self,
        who: Actor,
        outcome: Outcome,
        note: &str,
        next_steps: &str,
    ) -> Result<Self, Refusal> {
        let completion = Completion {
            outcome: Some(outcome),
            outcome_note: Some(note.to_owned()),
            next_steps: Some(next_steps.to_owned()),
        };
        self.act(who, |run, act| session::complete(&run.session, &completion, act))
    }

    /// The session is discarded.
    pub(super) fn discarded(self, who: Actor) -> Result<Self, Refusal> {
        self.act(who, |run, act| session::discard(&run.session, act))
    }

    /// Everything that happened, in order; the first made the session.
    pub(super) fn changes(self) -> Vec<Change> {
        self.changes
    }

    fn act(
        mut self,
        who: Actor,
        rule: impl FnOnce(&mut Self, &mut Act<'_>) -> Result<Change, Refusal>,
    ) -> Result<Self, Refusal> {
        // The generator steps out for the time of the command, since the rule reads the rest of the run.
        let mut random = Random::new(self.random.bytes());
        let now = self.now;
        let change = rule(
            &mut self,
            &mut Act {
                who,
                now,
                random: &mut random,
            },
        )?;
        self.keep(change);
        Ok(self)
    }

    fn keep(&mut self, change: Change) {
        self.session = change.session.clone();
        for variable in &change.variables {
            self.variables.insert(variable.key.clone(), variable.clone());
        }
        for step in &change.steps {
            self.steps.insert(step.step_id.clone(), step.clone());
        }
        self.changes.push(change);
    }
}

/// What stands beside a step that is done.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    note: Option<&'a str>,
    output: Option<&'a str>,
    choice: Option<&'a str>,
}

/// Nothing but that it is done.
pub(super) const PLAIN: Said<'_> = Said {
    note: None,
    output: None,
    choice: None,
};

impl<'a> Said<'a> {
    pub(super) fn note(self, note: &'a str) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }

    pub(super) fn output(self, output: &'a str) -> Self {
        Self {
            output: Some(output),
            ..self
        }
    }

    pub(super) fn choice(self, choice: &'a str) -> Self {
        Self {
            choice: Some(choice),
            ..self
        }
    }
}
