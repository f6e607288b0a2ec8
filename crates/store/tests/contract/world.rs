//! A small company for every test: five people in two teams, one published flow, and a clock that stands still.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::event::{Event, GENESIS};
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{AccountId, FlowId, Id, SessionId, TeamId};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{
    Act, Actor, Change, NewSession, Refusal, Session, SetVariables, StepRecords, set_variables, start,
};
use resolutionflow_core::step::StepId;
use resolutionflow_core::variable::{Outline, Variables};
use resolutionflow_store::members::NewUser;
use resolutionflow_store::sessions::Begins;
use resolutionflow_store::testing::{TestDb, databases, now};
use resolutionflow_store::{Error, Result, Tx, events, flows, members, sessions, steps, teams, variables};

/// Changes the database: `commit!(db, [cloned], |tx| a result)`.
macro_rules! commit {
    ($test:expr, [$($name:ident),*], |$tx:ident| $body:expr) => {{
        $(let $name = $name.clone();)*
        $test.db.write::<_, resolutionflow_store::Error, _>(move |$tx| {
            $(let $name = $name.clone();)*
            Box::pin(async move { $body })
        }).await
    }};
    ($test:expr, |$tx:ident| $body:expr) => { commit!($test, [], |$tx| $body) };
}

/// Reads the database: `look!(db, [cloned], |tx| a result)`.
macro_rules! look {
    ($test:expr, [$($name:ident),*], |$tx:ident| $body:expr) => {{
        $(let $name = $name.clone();)*
        $test.db.read_long::<_, resolutionflow_store::Error, _>(move |$tx| {
            $(let $name = $name.clone();)*
            Box::pin(async move { $body })
        }).await
    }};
    ($test:expr, |$tx:ident| $body:expr) => { look!($test, [], |$tx| $body) };
}

pub(crate) use {commit, look};

/// An identifier that a test can name.
pub(crate) fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

/// So many seconds after the tests' moment; never on a whole second.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(123_457)
}

pub(crate) const ACCOUNT: u128 = 1;
pub(crate) const FLOW: u128 = 100;
/// The owner.
pub(crate) const OLGA: u128 = 11;
/// An engineer.
pub(crate) const MORGAN: u128 = 12;
/// An engineer of the same team.
pub(crate) const LENA: u128 = 13;
/// A viewer.
pub(crate) const VERA: u128 = 14;
/// An engineer of the other team.
pub(crate) const FINN: u128 = 15;

pub(crate) const PEOPLE: [(u128, &str, Role); 5] = [
    (OLGA, "Olga", Role::Owner),
    (MORGAN, "Morgan", Role::Engineer),
    (LENA, "Lena", Role::Engineer),
    (VERA, "Vera", Role::Viewer),
    (FINN, "Finn", Role::Engineer),
];

pub(crate) fn account() -> AccountId {
    id(ACCOUNT)
}

pub(crate) fn flow() -> FlowId {
    id(FLOW)
}

fn team(person: u128) -> TeamId {
    id(if person == FINN { 22 } else { 21 })
}

pub(crate) fn actor(person: u128) -> Actor {
    let (_, _, role) = PEOPLE
        .into_iter()
        .find(|(number, ..)| *number == person)
        .expect("one of the five");
    Actor {
        user_id: id(person),
        role,
        team_id: team(person),
    }
}

/// A flow with fields of several kinds, a branching step, and 300 variables that only the text mentions.
pub(crate) fn document(title: &str) -> FlowDocument {
    let mentions: Vec<_> = (0..300).map(|number| format!("[VAR:v_{number:03}]")).collect();
    let parts: FlowParts = serde_json::from_value(serde_json::json!({
        "title": title,
        "tags": ["windows", "ad"],
        "description": "What this is for.",
        "fields": [
            {"name": "server_name", "type": "hostname", "required": true},
            {"name": "Port", "type": "port", "default": "443"},
            {"name": "site", "type": "long_text", "required": true}],
        "sections": [{"title": "Prepare", "steps": [
            {"id": "one", "title": "On [VAR:server_name]", "body": "- [ ] first\n- [ ] second"},
            {"id": "two", "title": "Look", "body": mentions.join(" "),
             "choices": [{"label": "It answers", "step": "one"}]}]}]
    }))
    .unwrap();
    FlowDocument::check(parts).unwrap()
}

pub(crate) fn outline() -> &'static Outline {
    static OUTLINE: LazyLock<Outline> = LazyLock::new(|| {
        let items = |step: &StepId| if step.as_str() == "one" { 2 } else { 0 };
        Outline::of(&document("Cut-over"), items)
    });
    &OUTLINE
}

/// Randomness that a test can have again.
pub(crate) fn random(seed: u64) -> Random {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Random::new(bytes)
}

pub(crate) fn values(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
        .collect()
}

pub(crate) fn set(pairs: &[(&str, Option<&str>)]) -> SetVariables {
    SetVariables {
        values: values(pairs),
        ..SetVariables::default()
    }
}

/// Why a command did not happen.
#[derive(Debug)]
pub(crate) enum Failed {
    Store(Error),
    Refused(Refusal),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a rule gets to see of a locked session.
pub(crate) struct Standing {
    pub(crate) session: Session,
    pub(crate) variables: Variables,
    pub(crate) steps: StepRecords,
    pub(crate) outline: &'static Outline,
}

/// Everything that is kept of a session.
#[derive(Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) session: Session,
    pub(crate) variables: Variables,
    pub(crate) steps: StepRecords,
    pub(crate) events: Vec<Event>,
}

/// The company on each engine that there is.
pub(crate) async fn companies() -> Vec<TestDb> {
    let all = databases().await;
    for test in &all {
        people(test).await;
        company(test, account()).await;
    }
    all
}

async fn people(test: &TestDb) {
    for (number, name, _) in PEOPLE {
        let user = NewUser {
            id: id(number),
            email: format!("{name}@Example.com"),
            name: name.to_owned(),
            password_hash: Some(format!("$argon2id${name}")),
        };
        assert!(commit!(test, [user], |tx| members::create_user(tx, &user, at(0)).await).unwrap());
    }
}

/// An account with both teams, all five people and one published flow; every account has the same ids in it.
pub(crate) async fn company(test: &TestDb, account: AccountId) {
    commit!(test, |tx| {
        members::create_account(tx, account, "Example", id(21), at(0)).await?;
        teams::create(tx, account, id(22), "Network").await?;
        for (number, _, role) in PEOPLE {
            members::add(tx, account, id(number), role, team(number), at(0)).await?;
        }
        flows::create(tx, account, flow(), &document("Cut-over"), id(OLGA), at(0)).await?;
        flows::publish(tx, account, flow(), &document("Cut-over"), id(OLGA), at(0)).await?;
        Ok(())
    })
    .unwrap();
}

/// Starts or prepares a session with the next number of the account.
pub(crate) async fn make_in<F>(
    test: &TestDb,
    account: AccountId,
    session: u128,
    flow_id: FlowId,
    who: u128,
    when: i64,
    rule: F,
) -> Change
where
    F: Fn(&NewSession, &Outline, &mut Act<'_>) -> Result<Change, Refusal> + Clone + Send + Sync + 'static,
{
    test.db
        .write::<_, Failed, _>(move |tx| {
            let rule = rule.clone();
            Box::pin(async move {
                let change = |number| {
                    let make = NewSession {
                        id: id(session),
                        number,
                        flow_id,
                        flow_version: 1,
                    };
                    let mut random = random(u64::try_from(session).unwrap());
                    let mut act = Act {
                        who: actor(who),
                        now: at(when),
                        random: &mut random,
                    };
                    rule(&make, outline(), &mut act)
                };
                let begins = match change(0)?.session.started_at {
                    Some(_) => Begins::Started,
                    None => Begins::Prepared,
                };
                let number = sessions::next_number(tx, account, flow_id, begins, at(when)).await?;
                let change = change(number)?;
                sessions::create(tx, account, &change).await?;
                Ok(change)
            })
        })
        .await
        .unwrap()
}

/// As [`make_in`], of the company's own flow.
pub(crate) async fn make<F>(test: &TestDb, session: u128, who: u128, when: i64, rule: F) -> Change
where
    F: Fn(&NewSession, &Outline, &mut Act<'_>) -> Result<Change, Refusal> + Clone + Send + Sync + 'static,
{
    make_in(test, account(), session, flow(), who, when, rule).await
}

/// A session that Morgan started with nothing filled in.
pub(crate) async fn started(test: &TestDb, session: u128) -> Change {
    make(test, session, MORGAN, 1, |make, outline, act| {
        start(make, outline, &SetVariables::default(), act)
    })
    .await
}

/// The session as it stands, locked for the rest of the transaction.
pub(crate) async fn locked(tx: &mut Tx, account: AccountId, session: SessionId) -> Result<Standing> {
    let found = sessions::lock(tx, account, session).await?.ok_or(Error::NoRow)?;
    Ok(Standing {
        session: found,
        variables: variables::all(tx, account, session).await?,
        steps: steps::all(tx, account, session).await?,
        outline: outline(),
    })
}

/// Does something to a session the way a request does: lock, decide, save.
pub(crate) async fn command<F>(
    test: &TestDb,
    session: u128,
    who: u128,
    when: i64,
    rule: F,
) -> Result<Change, Failed>
where
    F: Fn(&mut Standing, &mut Act<'_>) -> Result<Change, Refusal> + Clone + Send + Sync + 'static,
{
    test.db
        .write(move |tx| {
            let rule = rule.clone();
            Box::pin(async move {
                let mut standing = locked(tx, account(), id(session)).await?;
                let seed = u64::try_from(session * 1_000_000).unwrap() + u64::try_from(when).unwrap();
                let mut random = random(seed);
                let mut act = Act {
                    who: actor(who),
                    now: at(when),
                    random: &mut random,
                };
                let change = rule(&mut standing, &mut act)?;
                sessions::save(tx, account(), &change).await?;
                Ok(change)
            })
        })
        .await
}

/// Sets variables as that person.
pub(crate) async fn sets(
    test: &TestDb,
    session: u128,
    who: u128,
    when: i64,
    asked: SetVariables,
) -> Result<Change, Failed> {
    command(test, session, who, when, move |standing, act| {
        let Standing {
            session,
            variables,
            outline,
            ..
        } = standing;
        set_variables(session, outline, variables, &asked, act)
    })
    .await
}

/// Reads everything that is kept of a session.
pub(crate) async fn kept_in(test: &TestDb, account: AccountId, session: u128) -> Option<Kept> {
    look!(test, |tx| {
        let Some(found) = sessions::find(tx, account, id(session)).await? else {
            return Ok(None);
        };
        Ok(Some(Kept {
            session: found,
            variables: variables::all(tx, account, id(session)).await?,
            steps: steps::all(tx, account, id(session)).await?,
            events: events::after(tx, account, id(session), 0, 100_000).await?,
        }))
    })
    .unwrap()
}

pub(crate) async fn kept(test: &TestDb, session: u128) -> Kept {
    kept_in(test, account(), session)
        .await
        .expect("the session is there")
}

/// Checks that the history has no gap, that each event follows the one before, and that the head is the last.
pub(crate) fn assert_whole(kept: &Kept) {
    let mut head = GENESIS;
    for (event, number) in kept.events.iter().zip(1..) {
        assert_eq!(event.number, number, "a gap");
        assert!(
            event.follows(&head, kept.session.id),
            "event {number} does not follow"
        );
        head = event.hash;
    }
    assert_eq!(kept.session.version, i64::try_from(kept.events.len()).unwrap());
    assert_eq!(kept.session.head, head);
}
