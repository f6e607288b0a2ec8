//! A session that lives through everything, by the rules and at fixed times.

use chrono::TimeDelta;

use super::super::*;
use crate::access::Role;
use crate::flow::{FlowDocument, FlowParts};
use crate::id::Id;
use crate::random::Random;
use crate::render::{CompiledFlow, compile};
use crate::session::{
    Act, Actor, Assignee, Change, Completion, Details, NewSession, Outcome, Preparation, Refusal,
    SetVariables, StepState, StepWork, add_note, change_details, complete, discard, prepare, reopen,
    set_variables, start, start_prepared, work_step,
};

const FLOW: &str = r#"{
    "title": "Cut-over of [VAR:server_name]",
    "fields": [
        {"name": "server_name", "label": "Server name", "type": "hostname", "required": true},
        {"name": "Port", "type": "port", "default": "443"},
        {"name": "site", "label": "Site", "type": "long_text", "required": true}],
    "sections": [
        {"title": "Prepare [VAR:site]", "body": "Before the window opens.", "steps": [
            {"id": "snapshot", "title": "Snapshot [VAR:server_name]", "minutes": 5,
             "body": "Sign in to [VAR:server_name] at [VAR:site].\n\n- [ ] Snapshot taken\n- [ ] Snapshot named `[VAR:ticket]`\n\n### By hand\n\n```sh title=\"Take it\"\nssh [VAR:server_name|sh] snapshot --port [VAR:Port]\n```"},
            {"id": "check", "title": "Does it answer?", "kind": "verify", "body": "> expected: **yes**",
             "choices": [{"label": "[VAR:server_name] answers", "step": "switch"},
                         {"label": "It does not", "step": "tell"}]}]},
        {"title": "Switch", "steps": [
            {"id": "switch", "title": "Switch over", "body": "| From | To |\n| --- | --- |\n| old | [VAR:server_name] |"},
            {"id": "tell", "title": "Tell [VAR:site]", "body": "Call them."}]}]}"#;

pub(super) const LENA: u128 = 2;

pub(super) struct Run {
    pub document: FlowDocument,
    pub compiled: CompiledFlow,
    pub outline: Outline,
    pub random: Random,
    pub session: Session,
    pub variables: Variables,
    pub steps: StepRecords,
    pub events: Vec<Event>,
    pub names: BTreeMap<UserId, String>,
    pub minute: i64,
    pub micros: i64,
}

fn user(number: u128) -> UserId {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

fn actor(number: u128) -> Actor {
    Actor {
        user_id: user(number),
        role: if number == 1 { Role::Owner } else { Role::Engineer },
        team_id: Id::from_uuid(uuid::Uuid::from_u128(9)),
    }
}

fn at(minute: i64, micros: i64) -> DateTime<Utc> {
    // 2026-11-28 20:00 UTC
    DateTime::from_timestamp(1_795_896_000, 0).unwrap()
        + TimeDelta::minutes(minute)
        + TimeDelta::microseconds(micros)
}

impl Run {
    fn made(
        flow: &str,
        make: impl FnOnce(&NewSession, &Outline, &mut Act<'_>) -> Result<Change, Refusal>,
        by: u128,
    ) -> Self {
        let parts: FlowParts = serde_json::from_str(flow).unwrap();
        let document = FlowDocument::check(parts).unwrap();
        let compiled = compile(&document).unwrap();
        let outline = Outline::of(&document, |id| compiled.step(id).unwrap().tasks);
        let id = uuid::Uuid::from_u128(77);
        let new = NewSession {
            id: Id::from_uuid(id),
            number: 417,
            flow_id: Id::from_uuid(id),
            flow_version: 3,
        };
        let mut random = Random::new([1; 32]);
        let mut act = Act {
            who: actor(by),
            now: at(0, 0),
            random: &mut random,
        };
        let change = make(&new, &outline, &mut act).unwrap();
        let names = [(1, "Morgan Osei"), (LENA, "Lena Koch")];
        let mut run = Self {
            document,
            compiled,
            outline,
            random,
            session: change.session.clone(),
            variables: Variables::new(),
            steps: StepRecords::new(),
            events: Vec::new(),
            names: names.map(|(id, name)| (user(id), name.to_owned())).into(),
            minute: 0,
            micros: 0,
        };
        run.keep(change);
        run
    }

    pub(super) fn of(flow: &str) -> Self {
        Self::made(
            flow,
            |new, outline, act| start(new, outline, &SetVariables::default(), act),
            LENA,
        )
    }

    pub(super) fn started() -> Self {
        Self::of(FLOW)
    }

    pub(super) fn prepared() -> Self {
        let preparation = Preparation {
            values: BTreeMap::from([("site".into(), Some("Oslo\nBasement".into()))]),
            assignee: Some(Assignee {
                user_id: user(LENA),
                role: Some(Role::Engineer),
            }),
            note: "Mind the *old* host.\n\n  Ask me: morgan@contoso.com\n# not a heading".into(),
            due_at: Some(at(120, 0)),
            ticket: "INC|4711_<b>".into(),
            ticket_url: "https://desk.contoso.com/tickets/4711?a=1&b=2".into(),
            client: "Contoso *West*".into(),
            ..Preparation::default()
        };
        Self::made(
            FLOW,
            |new, outline, act| prepare(new, outline, &preparation, act),
            1,
        )
    }

    /// Prepared, run, completed, with a late note.
    pub(super) fn finished() -> Self {
        let mut run = Self::prepared();
        run.minute = 4;
        run.does(LENA, |run, act| start_prepared(&run.session, act));
        run.sets(&[("server_name", Some("SRV-01")), ("ticket", Some("INC|4711"))]);
        run.minute = 9;
        let done = |state, note: &str, output: &str| StepWork {
            state: Some(state),
            note: Some(note.into()),
            output: Some(output.into()),
            ..StepWork::default()
        };
        run.works(
            "snapshot",
            &StepWork {
                checks: BTreeMap::from([(1, true)]),
                ..done(
                    StepState::Done,
                    "Took *two*, see https://wiki.contoso.com/snap",
                    "NAME  SIZE\nsnap  4G\n```\n",
                )
            },
        );
        run.works(
            "check",
            &StepWork {
                choice: Some("[VAR:server_name] answers".into()),
                ..done(StepState::Done, "", "")
            },
        );
        run.minute = 21;
        run.says("Half way\nthrough");
        run.works("switch", &done(StepState::Open, "1. waiting\n- for DNS", ""));
        run.works(
            "tell",
            &StepWork {
                reason: Some("Nobody there\nat night".into()),
                ..done(StepState::Skipped, "", "")
            },
        );
        run.changes(&Details {
            title: Some("Cut-over <b>tonight</b>".into()),
            due_at: Some(None),
            ..Details::default()
        });
        run.minute = 4 * 60 + 9;
        run.completes(&Completion {
            outcome: Some(Outcome::Workaround),
            outcome_note: Some("DNS still has\nthe old address.".into()),
            next_steps: Some("- Remove the old record".into()),
        });
        run.minute += 5;
        run.does(LENA, |run, act| reopen(&run.session, act));
        run.works("switch", &done(StepState::Done, "1. waited\n- for DNS", ""));
        run.minute += 1;
        run.completes(&Completion::default());
        run.minute += 30;
        run.says("The record is gone.");
        run
    }

    /// As many steps, with five hundred placeholders in all.
    pub(super) fn large(steps: usize) -> Self {
        let body = format!("```\n{}\n```", "[VAR:host] ".repeat(500 / steps));
        let steps: Vec<_> = (0..steps)
            .map(|number| serde_json::json!({"id": format!("step-{number}"), "title": "Do", "body": body}))
            .collect();
        let flow = serde_json::json!({"title": "Large", "sections": [{"steps": steps}],
            "fields": [{"name": "long", "type": "long_text"}]});
        Self::of(&flow.to_string())
    }

    fn keep(&mut self, change: Change) {
        self.session = change.session;
        self.events.extend(change.events);
        self.variables
            .extend(change.variables.into_iter().map(|v| (v.key.clone(), v)));
        self.steps
            .extend(change.steps.into_iter().map(|s| (s.step_id.clone(), s)));
    }

    fn does(&mut self, number: u128, command: impl FnOnce(&Self, &mut Act<'_>) -> Result<Change, Refusal>) {
        let mut random = std::mem::replace(&mut self.random, Random::new([0; 32]));
        let mut act = Act {
            who: actor(number),
            now: at(self.minute, self.micros),
            random: &mut random,
        };
        let change = command(self, &mut act).unwrap();
        self.random = random;
        self.keep(change);
    }

    pub(super) fn sets(&mut self, pairs: &[(&str, Option<&str>)]) {
        let values = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
        let set = SetVariables {
            values: values.collect(),
            keep_invalid: true,
            ..SetVariables::default()
        };
        self.does(LENA, |run, act| {
            set_variables(&run.session, &run.outline, &mut run.variables.clone(), &set, act)
        });
    }

    pub(super) fn works(&mut self, step: &str, work: &StepWork) {
        self.does(LENA, |run, act| {
            let step = run.outline.step(step).unwrap();
            work_step(&run.session, step, run.steps.get(&step.id), work, act)
        });
    }

    pub(super) fn changes(&mut self, details: &Details) {
        self.does(LENA, |run, act| change_details(&run.session, details, act));
    }

    pub(super) fn says(&mut self, text: &str) {
        self.does(1, |run, act| add_note(&run.session, text, act));
    }

    pub(super) fn completes(&mut self, completion: &Completion) {
        self.does(LENA, |run, act| complete(&run.session, completion, act));
    }

    pub(super) fn discards(&mut self) {
        self.does(LENA, |run, act| discard(&run.session, act));
    }

    pub(super) fn report(&self) -> Report<'_> {
        Report {
            session: &self.session,
            document: &self.document,
            outline: &self.outline,
            compiled: &self.compiled,
            variables: &self.variables,
            steps: &self.steps,
            events: &self.events,
            names: &self.names,
            now: at(self.minute, self.micros),
        }
    }
}
