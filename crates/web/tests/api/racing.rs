//! Everything that may happen to a prepared session, at once: whoever wins, the history is one that the rules accept.

use std::collections::BTreeMap;

use resolutionflow_core::access::Role;
use resolutionflow_core::event::{Event, EventKind};
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{Id, TeamId, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{
    self, Act, Actor, Assignee, Change, Details, NewSession, Preparation, Refusal, Session, SetVariables,
};
use resolutionflow_core::variable::{Outline, Variables};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::asking::Ask;
use crate::cast::{Member, flow_document, path};
use crate::parallel::at_once;
use crate::site::sites;

const ROUNDS: usize = 12;

/// Who races: the preparer, two engineers' worth of others, and two who look after the account.
const RACERS: [(&str, Role); 4] = [
    ("lena", Role::Engineer),
    ("morgan", Role::Engineer),
    ("adam", Role::Admin),
    ("olivia", Role::Owner),
];

/// 64 requests of all kinds; in every third round somebody discards.
fn mixture(people: &[Vec<Member>], session: &Value, round: usize) -> Vec<(&'static str, Ask)> {
    let who = |number: usize| &people[number % people.len()][number / people.len() % RACERS.len()];
    let lena = |number: usize| &people[number % people.len()][0];
    (0..64)
        .map(|number| match (number * 7 + round) % 16 {
            0..=5 => ("start", who(number).does("start", session)),
            6..=10 => ("take", who(number).does("take", session)),
            11 | 12 => {
                let body = json!({ "title": format!("Title {number}"), "client": "Contoso" });
                ("change", lena(number).patch(path(session)).json(&body))
            }
            13 => {
                let to = match number % 3 {
                    0 => Value::Null,
                    other => json!(people[0][other].user_id),
                };
                let body = json!({ "assigned_to_id": to });
                (
                    "assign",
                    people[number % people.len()][2].patch(path(session)).json(&body),
                )
            }
            14 if round % 3 == 2 && number > 30 => ("discard", people[0][3].does("discard", session)),
            _ => {
                let value = json!({ "server_name": format!("srv-{number}") });
                ("set", lena(number).sets(session, &value))
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_everything_at_once_the_rules_accept_what_happened() {
    for site in sites().await {
        let app = &site.app;
        let people: Vec<Vec<Member>> = (0..site.clients.len())
            .map(|server| {
                let at = |(name, _)| site.member(name).swap_remove(server);
                RACERS.map(at).to_vec()
            })
            .collect();
        let flow = app.flow().await;
        let mut started = 0;
        for round in 0..ROUNDS {
            let session = people[0][0].prepares(&flow).await;
            let asked = mixture(&people, &session, round);
            let (asked, asks): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            let answers: Vec<_> = asked.into_iter().zip(at_once(asks).await).collect();
            let events = app.verified_events(people[0][0].account, &session).await;
            replay(&events, &people[0]);

            let happened = |kind| events.iter().filter(|event| event.kind == kind).count();
            let won = |what| {
                answers
                    .iter()
                    .filter(|(asked, answer)| *asked == what && answer.status == 200)
                    .count()
            };
            assert!(won("start") <= 1, "one start wins");
            assert_eq!(won("start"), happened(EventKind::Started));
            assert_eq!(won("take"), happened(EventKind::Taken));
            assert!(won("set") >= happened(EventKind::VariableSet));
            let stands = people[0][0].sees(&session).await;
            assert_eq!(stands["version"], events.len());
            for (what, answer) in &answers {
                match answer.status {
                    409 if String::from_utf8_lossy(&answer.body).contains("already-started") => {
                        let current = answer.problem("already-started")["current"].clone();
                        assert_eq!(current["owner_id"], stands["owner_id"], "{what} is told who won");
                    }
                    200 | 403 | 409 => {}
                    other => panic!("{what}: {other} {}", String::from_utf8_lossy(&answer.body)),
                }
            }
            started += won("start");
        }
        assert!(
            started > ROUNDS / 3,
            "the race is one: {started} of {ROUNDS} were started"
        );
    }
}

/// Asks the rules for each event in turn, by whoever did it; every one must be allowed and do just that.
fn replay(events: &[Event], people: &[Member]) {
    let parts: FlowParts = serde_json::from_value(flow_document()).unwrap();
    let outline = Outline::of(&FlowDocument::check(parts).unwrap(), |_| 0);
    let roles: BTreeMap<UserId, Role> = people
        .iter()
        .zip(RACERS)
        .map(|(member, (_, role))| (member.user_id, role))
        .collect();
    let team_id: TeamId = Id::from_uuid(Uuid::from_u128(1));
    let mut random = Random::new([3; 32]);
    let mut standing = Variables::new();
    let mut session: Option<Session> = None;
    for event in events {
        let who = Actor {
            user_id: event.actor_id,
            role: roles[&event.actor_id],
            team_id,
        };
        let mut act = Act {
            who,
            now: event.at,
            random: &mut random,
        };
        let change = decide(session.as_ref(), event, &outline, &mut standing, &roles, &mut act);
        let change =
            change.unwrap_or_else(|refusal| panic!("{} {:?}: {refusal:?}", event.number, event.kind));
        let kinds: Vec<_> = change.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [event.kind], "event {}", event.number);
        session = Some(change.session);
    }
}

fn decide(
    session: Option<&Session>,
    event: &Event,
    outline: &Outline,
    standing: &mut Variables,
    roles: &BTreeMap<UserId, Role>,
    act: &mut Act<'_>,
) -> Result<Change, Refusal> {
    let fact = |name: &str| event.payload.facts.get(name).map_or("", String::as_str);
    let Some(session) = session else {
        let make = NewSession {
            id: Id::from_uuid(Uuid::from_u128(2)),
            number: 1,
            flow_id: Id::from_uuid(Uuid::from_u128(3)),
            flow_version: 1,
        };
        return session::prepare(&make, outline, &Preparation::default(), act);
    };
    match event.kind {
        EventKind::Taken => session::take(session, act),
        EventKind::Started => session::start_prepared(session, act),
        EventKind::Discarded => session::discard(session, act),
        EventKind::Assigned => {
            let to: Option<UserId> = fact("assigned_to_id").parse().ok();
            let assignee = to.map(|user_id| Assignee {
                user_id,
                role: Some(roles[&user_id]),
            });
            let details = Details {
                assignee: Some(assignee),
                ..Details::default()
            };
            session::change_details(session, &details, act)
        }
        EventKind::DetailsChanged => {
            let changed = fact("changed").split(' ').collect::<Vec<_>>();
            let text = |name: &str| {
                changed
                    .contains(&name)
                    .then(|| event.payload.typed(name).to_owned())
            };
            let details = Details {
                title: text("title"),
                client: text("client"),
                ..Details::default()
            };
            session::change_details(session, &details, act)
        }
        EventKind::VariableSet => {
            let values = BTreeMap::from([(
                fact("name").to_owned(),
                Some(event.payload.typed("value").to_owned()),
            )]);
            let set = SetVariables {
                values,
                ..SetVariables::default()
            };
            session::set_variables(session, outline, standing, &set, act)
        }
        other => panic!("{other:?} was not asked for"),
    }
}
