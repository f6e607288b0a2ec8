//! The rules under random command sequences.

mod cases;
mod stale;
mod update_version;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::flow::{FlowDocument, FlowParts};
use crate::id::Id;

const PEOPLE: [(u128, Role); 5] = [
    (1, Role::Owner),
    (2, Role::Engineer),
    (3, Role::Engineer),
    (4, Role::Viewer),
    (5, Role::Admin),
];
const FLOW: &str = r#"{
    "title": "Cut-over", "fields": [
        {"name": "server_name", "type": "hostname", "required": true},
        {"name": "Port", "type": "port", "default": "443"},
        {"name": "site", "required": true}],
    "sections": [{"steps": [
        {"id": "one", "title": "On [VAR:server_name]", "body": "- [ ] first\n- [ ] second"},
        {"id": "two", "title": "Mention [VAR:ticket]",
         "choices": [{"label": "It answers", "step": "one"}]}]}]}"#;

fn outline() -> Outline {
    let parts: FlowParts = serde_json::from_str(FLOW).unwrap();
    let document = FlowDocument::check(parts).unwrap();
    Outline::of(&document, |id| if id.as_str() == "one" { 2 } else { 0 })
}

fn person(number: u128) -> Actor {
    let role = PEOPLE.iter().find(|(id, _)| *id == number).unwrap().1;
    let team = if number == 3 { 2 } else { 1 };
    Actor {
        user_id: user(number),
        role,
        team_id: Id::from_uuid(uuid::Uuid::from_u128(team)),
    }
}

fn user(number: u128) -> UserId {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn new_session() -> NewSession {
    let id = uuid::Uuid::from_u128(77);
    NewSession {
        id: Id::from_uuid(id),
        number: 1,
        flow_id: Id::from_uuid(id),
        flow_version: 1,
    }
}

fn values(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
        .collect()
}

/// A session with everything that the store would keep of it.
struct Kept {
    outline: Outline,
    random: Random,
    session: Session,
    variables: Variables,
    steps: StepRecords,
    events: Vec<Event>,
    minute: i64,
}

impl Kept {
    fn started_by(number: u128) -> Self {
        Self::made(
            |outline, act| start(&new_session(), outline, &SetVariables::default(), act),
            number,
        )
    }

    fn prepared_by(number: u128, preparation: &Preparation) -> Self {
        Self::made(
            |outline, act| prepare(&new_session(), outline, preparation, act),
            number,
        )
    }

    fn made(make: impl FnOnce(&Outline, &mut Act<'_>) -> Result<Change, Refusal>, number: u128) -> Self {
        let outline = outline();
        let mut random = Random::new([1; 32]);
        let change = make(
            &outline,
            &mut Act {
                who: person(number),
                now: at(0),
                random: &mut random,
            },
        )
        .unwrap();
        let mut kept = Self {
            outline,
            random,
            session: change.session.clone(),
            variables: Variables::new(),
            steps: StepRecords::new(),
            events: Vec::new(),
            minute: 0,
        };
        kept.keep(change);
        kept
    }

    fn keep(&mut self, change: Change) {
        self.session = change.session;
        self.events.extend(change.events);
        for variable in change.variables {
            self.variables.insert(variable.key.clone(), variable);
        }
        for step in change.steps {
            self.steps.insert(step.step_id.clone(), step);
        }
    }

    fn does(
        &mut self,
        number: u128,
        command: impl FnOnce(
            &Session,
            &Outline,
            &mut Variables,
            &StepRecords,
            &mut Act<'_>,
        ) -> Result<Change, Refusal>,
    ) -> Result<Vec<EventKind>, Refusal> {
        self.minute += 1;
        let mut act = Act {
            who: person(number),
            now: at(self.minute),
            random: &mut self.random,
        };
        let mut standing = self.variables.clone();
        let change = command(&self.session, &self.outline, &mut standing, &self.steps, &mut act)?;
        let kinds = change.events.iter().map(|event| event.kind).collect();
        if !change.moves_session() {
            let Session {
                version,
                head,
                updated_at,
                filled,
                missing,
                finished_steps,
                ..
            } = change.session.clone();
            let counted = Session {
                version,
                head,
                updated_at,
                filled,
                missing,
                finished_steps,
                ..self.session.clone()
            };
            assert_eq!(counted, change.session, "only version and counts changed");
        }
        self.keep(change);
        assert_eq!(
            self.variables, standing,
            "the rule brings the standing variables up to date"
        );
        self.holds();
        Ok(kinds)
    }

    fn sets(&mut self, number: u128, pairs: &[(&str, Option<&str>)]) -> Result<Vec<EventKind>, Refusal> {
        let set = SetVariables {
            values: values(pairs),
            ..SetVariables::default()
        };
        self.does(number, |session, outline, standing, _, act| {
            set_variables(session, outline, standing, &set, act)
        })
    }

    fn works(&mut self, number: u128, step: &str, work: &StepWork) -> Result<Vec<EventKind>, Refusal> {
        self.does(number, |session, outline, _, steps, act| {
            let step = outline.step(step).unwrap();
            work_step(session, step, steps.get(&step.id), work, act)
        })
    }

    /// What must be true of every session at any time.
    fn holds(&self) {
        let mut previous = GENESIS;
        for (index, event) in self.events.iter().enumerate() {
            assert_eq!(event.number, count(index) + 1);
            assert!(event.follows(&previous, self.session.id));
            previous = event.hash;
        }
        assert_eq!(
            (self.session.version, self.session.head),
            (count(self.events.len()), previous)
        );
        assert_eq!(
            self.session.missing,
            count(self.outline.missing_required(&self.variables).count())
        );
        assert_eq!(self.session.filled, count(self.outline.filled(&self.variables)));
        assert_eq!(
            self.session.finished_steps,
            count(
                self.steps
                    .values()
                    .filter(|step| step.state != StepState::Open)
                    .count()
            )
        );
    }
}

#[derive(Clone, Debug)]
enum Command {
    Set(&'static str, Option<&'static str>, Option<i64>, bool),
    Work(&'static str, Option<StepState>, Option<&'static str>, Option<u16>),
    Start,
    Take,
    Assign(Option<u128>),
    Complete,
    Note,
    Reopen,
    Discard,
    Wait,
}

fn commands() -> impl Strategy<Value = Vec<(u128, Command)>> {
    let name = prop::sample::select(vec!["server_name", "PORT", "site", "ticket", "unknown"]);
    let value = prop::sample::select(vec![
        None,
        Some(""),
        Some("srv-01"),
        Some("8443"),
        Some("no host!"),
    ]);
    let state = prop::sample::select(vec![
        None,
        Some(StepState::Done),
        Some(StepState::Skipped),
        Some(StepState::Open),
    ]);
    let command = prop_oneof![
        4 => (name, value, prop::option::of(0..4_i64), any::<bool>())
            .prop_map(|(name, value, expected, keep)| Command::Set(name, value, expected, keep)),
        3 => (prop::sample::select(vec!["one", "two"]), state,
              prop::sample::select(vec![None, Some(""), Some("looked fine")]), prop::option::of(0..3_u16))
            .prop_map(|(step, state, note, item)| Command::Work(step, state, note, item)),
        1 => Just(Command::Start),
        1 => Just(Command::Take),
        1 => prop::option::of(1..6_u128).prop_map(Command::Assign),
        1 => Just(Command::Complete),
        1 => Just(Command::Note),
        1 => Just(Command::Reopen),
        1 => Just(Command::Discard),
        1 => Just(Command::Wait),
    ];
    prop::collection::vec((1..6_u128, command), 0..40)
}

fn run(kept: &mut Kept, number: u128, command: &Command) -> Result<Vec<EventKind>, Refusal> {
    match command {
        Command::Set(name, value, expected, keep_invalid) => {
            let set = SetVariables {
                values: values(&[(name, *value)]),
                expected: expected
                    .iter()
                    .map(|version| ((*name).to_owned(), *version))
                    .collect(),
                keep_invalid: *keep_invalid,
            };
            kept.does(number, |session, outline, standing, _, act| {
                set_variables(session, outline, standing, &set, act)
            })
        }
        Command::Work(step, state, note, item) => {
            let work = StepWork {
                state: *state,
                note: note.map(str::to_owned),
                checks: item.iter().map(|item| (*item, true)).collect(),
                ..StepWork::default()
            };
            kept.works(number, step, &work)
        }
        Command::Start => kept.does(number, |session, _, _, _, act| start_prepared(session, act)),
        Command::Take => kept.does(number, |session, _, _, _, act| take(session, act)),
        Command::Assign(to) => {
            let assignee = to.map(|to| Assignee {
                user_id: user(to),
                role: Some(person(to).role),
            });
            let details = Details {
                assignee: Some(assignee),
                ..Details::default()
            };
            kept.does(number, |session, _, _, _, act| {
                change_details(session, &details, act)
            })
        }
        Command::Complete => kept.does(number, |session, _, _, _, act| {
            complete(session, &Completion::default(), act)
        }),
        Command::Note => kept.does(number, |session, _, _, _, act| add_note(session, "a word", act)),
        Command::Reopen => kept.does(number, |session, _, _, _, act| reopen(session, act)),
        Command::Discard => kept.does(number, |session, _, _, _, act| discard(session, act)),
        Command::Wait => {
            kept.minute += 13 * 60;
            Ok(Vec::new())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_sequence_keeps_the_session_whole(prepared in any::<bool>(), commands in commands()) {
        let mut kept = if prepared {
            Kept::prepared_by(1, &Preparation::default())
        } else {
            Kept::started_by(2)
        };
        kept.holds();
        for (number, command) in commands {
            let before = (kept.session.clone(), kept.variables.clone(), kept.steps.clone(), kept.events.len());
            let ended = matches!(kept.session.status(), Status::Completed | Status::Discarded);
            let result = run(&mut kept, number, &command);
            let after = (kept.session.clone(), kept.variables.clone(), kept.steps.clone(), kept.events.len());
            match result {
                Err(_) => prop_assert_eq!(before, after, "a refusal changes nothing"),
                Ok(kinds) => {
                    prop_assert!(number != 4 || kinds.is_empty(), "a viewer changed something: {:?}", command);
                    prop_assert!(
                        !ended || kinds.iter().all(|kind| matches!(kind, EventKind::Reopened | EventKind::LateNoteAdded)),
                        "an ended session took {:?}", command
                    );
                    prop_assert_eq!(after.3 - before.3, kinds.len());
                }
            }
        }
        prop_assert_eq!(kept.session.started_at.is_some(), kept.session.owner_id.is_some());
        let starts = kept.events.iter().filter(|event| event.kind == EventKind::Started).count();
        prop_assert!(starts <= 1, "started {} times", starts);
    }
}
