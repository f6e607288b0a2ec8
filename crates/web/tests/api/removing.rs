//! Removing somebody while others give them sessions: whatever comes first, no open session is left with nobody.

use resolutionflow_core::access::Role;
use resolutionflow_core::id::AccountId;
use resolutionflow_store::{Db, Error, members};
use serde_json::{Value, json};

use crate::asking::Ask;
use crate::cast::{Member, path};
use crate::parallel::at_once;
use crate::plan_limits::assert_counted;
use crate::site::{Site, sites};

/// How often Morgan is removed.
const ROUNDS: usize = 50;
/// How many give them sessions meanwhile; with who removes them they are 32.
const GIVERS: usize = 31;

/// The ways in which a session becomes somebody's.
const WAYS: [Way; 8] = [
    Way::Assign,
    Way::HandOver,
    Way::HandBack,
    Way::Take,
    Way::Prepare,
    Way::StartPrepared,
    Way::Start,
    Way::Reopen,
];

#[derive(Clone, Copy, Debug)]
enum Way {
    /// What is prepared gets an assignee.
    Assign,
    /// What is active gets another assignee.
    HandOver,
    /// What is active is its owner's again.
    HandBack,
    /// They take what is for anyone in the team.
    Take,
    /// A session is prepared for them.
    Prepare,
    /// They start what is for anyone in the team.
    StartPrepared,
    /// They start a flow at once.
    Start,
    /// What they completed is reopened.
    Reopen,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// It gives Morgan a session.
    Gives,
    /// It takes the session away again, so that it can be given once more.
    TakesBack,
    /// It removes Morgan.
    Removes,
}

/// Those who take part, at one server.
struct People {
    adam: Member,
    lena: Member,
    morgan: Member,
}

fn assign(who: &Member, session: &Value, to: &Value) -> Ask {
    who.patch(path(session)).json(&json!({ "assigned_to_id": to }))
}

impl Way {
    /// Whether its session is good for one gift alone.
    fn is_once(self) -> bool {
        matches!(self, Self::StartPrepared | Self::Reopen)
    }

    /// A session to give in this way; none where the gift makes it.
    async fn session(self, people: &People, flow: &Value) -> Value {
        let People { adam, lena, morgan } = people;
        match self {
            Self::Prepare | Self::Start => Value::Null,
            Self::Assign | Self::Take | Self::StartPrepared => lena.prepares(flow).await,
            Self::HandOver => lena.starts(flow).await,
            Self::HandBack => {
                let session = morgan.starts(flow).await;
                assign(adam, &session, &json!(lena.user_id)).await.with(200);
                session
            }
            Self::Reopen => {
                let session = morgan.starts(flow).await;
                morgan.does("complete", &session).await.with(200);
                session
            }
        }
    }

    /// One gift, after the one before was taken back.
    fn gift(self, people: &People, flow: &Value, session: &Value) -> Vec<(What, Ask)> {
        let People { adam, lena, morgan } = people;
        let (nobody, to_lena, to_morgan) = (Value::Null, json!(lena.user_id), json!(morgan.user_id));
        let (back, gift) = match self {
            Self::Assign => (
                Some(assign(lena, session, &nobody)),
                assign(lena, session, &to_morgan),
            ),
            Self::HandOver => (
                Some(assign(lena, session, &to_lena)),
                assign(lena, session, &to_morgan),
            ),
            Self::HandBack => (
                Some(assign(adam, session, &to_lena)),
                assign(adam, session, &nobody),
            ),
            Self::Take => (Some(assign(lena, session, &nobody)), morgan.does("take", session)),
            Self::Prepare => {
                let body = json!({ "flow_id": flow["id"], "assigned_to_id": to_morgan });
                (None, lena.post("/sessions/prepare").json(&body))
            }
            Self::StartPrepared => (None, morgan.does("start", session)),
            Self::Start => {
                let body = json!({ "flow_id": flow["id"] });
                (None, morgan.post("/sessions").json(&body))
            }
            Self::Reopen => (None, adam.does("reopen", session)),
        };
        let back = back.map(|ask| (What::TakesBack, ask));
        back.into_iter().chain([(What::Gives, gift)]).collect()
    }
}

/// The numbers of the open sessions that are nobody's, by what core's `held_by` says of whose they are: what is
/// assigned is the assignee's, else what is active is its owner's. What is prepared for anyone has nobody yet.
async fn nobodys(db: &Db, account: AccountId) -> Vec<i64> {
    let found = db.read::<_, Error, _>(move |tx| {
        Box::pin(async move {
            tx.all::<(i64,)>(
                "SELECT s.number FROM sessions s WHERE s.account_id = $1 AND s.completed_at IS NULL \
                     AND s.discarded_at IS NULL AND (s.assigned_to_id IS NOT NULL OR s.started_at IS NOT NULL) \
                     AND NOT EXISTS (SELECT 1 FROM members m WHERE m.account_id = $1 AND m.removed_at IS NULL \
                         AND m.user_id = COALESCE(s.assigned_to_id, s.owner_id) AND m.role <> 'viewer') \
                 ORDER BY s.number",
                &[&account],
            )
            .await
        })
    });
    found.await.unwrap().into_iter().map(|(number,)| number).collect()
}

/// Lets Morgan in again, as an invite would, with a token that is good.
async fn comes_back(site: &Site, people: &mut [People], round: usize) {
    let (morgan, lena) = (&people[0].morgan, people[0].lena.user_id);
    let (account, user, now) = (morgan.account, morgan.user_id, site.app.clock.now());
    let added = site.app.app.db.write::<_, Error, _>(move |tx| {
        Box::pin(async move {
            let team = members::find(tx, account, lena).await?.unwrap().team_id;
            members::add(tx, account, user, Role::Engineer, team, now).await
        })
    });
    assert!(added.await.unwrap(), "they were none in round {round}");
    let token = site.app.new_token(morgan, u8::try_from(round).unwrap(), 0).await;
    for at_server in people {
        at_server.morgan.token.clone_from(&token);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_given_to_who_is_removed_at_that_moment_is_somebodys() {
    let mut too_late = 0;
    for site in sites().await {
        let app = &site.app;
        let members = site.member("adam").into_iter().zip(site.member("lena"));
        let mut people: Vec<_> = members
            .zip(site.member("morgan"))
            .map(|((adam, lena), morgan)| People { adam, lena, morgan })
            .collect();
        let account = people[0].lena.account;
        let heir = people[0].lena.user_id;
        let flow = app.flow().await;
        let givers = (0..GIVERS).map(|number| WAYS[number % WAYS.len()]);
        let mut givers: Vec<(Way, Value)> = givers.map(|way| (way, Value::Null)).collect();
        let (mut given, mut refused) = (0, 0);
        for round in 0..ROUNDS {
            for (way, session) in &mut givers {
                if round == 0 || way.is_once() {
                    *session = way.session(&people[0], &flow).await;
                }
            }
            // More gifts take longer, so that the last of them come before, while and after Morgan goes.
            let turns = 1 + 2 * (round % 4);
            let mut asks: Vec<Vec<(What, Ask)>> = Vec::new();
            for (number, (way, session)) in givers.iter().enumerate() {
                let at = &people[number % people.len()];
                let turns = if way.is_once() { 1 } else { turns };
                asks.push((0..turns).flat_map(|_| way.gift(at, &flow, session)).collect());
            }
            let morgan = people[0].morgan.user_id;
            let to = if round % 2 == 0 {
                format!("sessions_to=team&active_to={heir}")
            } else {
                format!("sessions_to={heir}")
            };
            let adam = &people[round % people.len()].adam;
            let remove = adam.delete(format!("/members/{morgan}?{to}"));
            asks.push(vec![(What::Removes, remove)]);
            let all = asks.into_iter().map(|asks| async move {
                let mut answers = Vec::new();
                for (what, ask) in asks {
                    answers.push((what, ask.await));
                }
                answers
            });
            for (what, answer) in at_once(all).await.into_iter().flatten() {
                match (what, answer.status) {
                    (What::Removes, 204) | (What::TakesBack, 200) => {}
                    (What::Gives, 200 | 201) => given += 1,
                    // Morgan is nobody any more, for who names them and for themselves.
                    (What::Gives, 401 | 409 | 422) => refused += 1,
                    (what, other) => panic!("round {round}, {what:?}: {other} {}", answer.text()),
                }
            }
            let nobodys = nobodys(&app.app.db, account).await;
            assert_eq!(nobodys, Vec::<i64>::new(), "round {round}");
            assert_counted(&app.app.db, account).await;
            comes_back(&site, &mut people, round).await;
        }
        for (_, session) in givers.iter().filter(|(_, session)| !session.is_null()) {
            app.verified_events(account, session).await;
        }
        println!(
            "{:?}: {ROUNDS} rounds: {given} sessions were given, and {refused} too late",
            app.engine()
        );
        assert!(given > ROUNDS, "{given}");
        too_late += refused;
    }
    // On PostgreSQL who removes somebody may go on until there is nothing left to give.
    assert!(too_late > 0);
}
