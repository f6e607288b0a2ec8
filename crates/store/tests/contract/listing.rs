//! The list of sessions: each filter alone and with others, checked against the same question asked in Rust.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::SessionId;
use resolutionflow_core::session::{
    Assignee, Completion, Preparation, Session, Status, complete, discard, prepare, start, start_prepared,
};
use resolutionflow_store::flows;
use resolutionflow_store::sessions::{self, Assigned, Filter};
use resolutionflow_store::testing::TestDb;

use super::world::{
    LENA, MORGAN, OLGA, VERA, account, at, command, commit, companies, document, flow, id, kept, look,
    make_in, set, started,
};

const OTHER_FLOW: u128 = 101;

/// Forty sessions: of two flows, for three people or nobody, in every status, some seconds apart.
pub(super) async fn many(test: &TestDb) {
    commit!(test, |tx| {
        flows::create(
            tx,
            account(),
            id(OTHER_FLOW),
            &document("Mail outage"),
            id(OLGA),
            at(0),
        )
        .await?;
        flows::publish(
            tx,
            account(),
            id(OTHER_FLOW),
            &document("Mail outage"),
            id(OLGA),
            at(0),
        )
        .await
    })
    .unwrap();
    for number in 0..40_u128 {
        let session = 300 + number;
        let when = i64::try_from(number).unwrap() * 10;
        let flow = if number % 3 == 0 { id(OTHER_FLOW) } else { flow() };
        let person = [MORGAN, LENA, OLGA][usize::try_from(number % 3).unwrap()];
        if number % 5 == 0 {
            make_in(
                test,
                account(),
                session,
                flow,
                person,
                when,
                |new, outline, act| start(new, outline, &set(&[]), act),
            )
            .await;
        } else {
            let assignee = (number % 4 != 0).then(|| Assignee {
                user_id: id([LENA, MORGAN][usize::try_from(number % 2).unwrap()]),
                role: Some(Role::Engineer),
            });
            let preparation = Preparation {
                assignee,
                title: format!("Session {number}"),
                due_at: (number % 4 != 2).then(|| at(when % 100)),
                ..Preparation::default()
            };
            make_in(
                test,
                account(),
                session,
                flow,
                person,
                when,
                move |new, outline, act| prepare(new, outline, &preparation, act),
            )
            .await;
        }
        let assignee = kept(test, session).await.session.assigned_to_id;
        let who = [MORGAN, LENA, OLGA]
            .into_iter()
            .find(|person| Some(id(*person)) == assignee)
            .unwrap_or(person);
        if number % 5 > 1 {
            command(test, session, who, when + 2, |s, act| {
                start_prepared(&s.session, act)
            })
            .await
            .unwrap();
        }
        if number % 5 == 3 || number % 10 == 0 {
            let done = Completion::default();
            command(test, session, who, when + 5, move |s, act| {
                complete(&s.session, &done, act)
            })
            .await
            .unwrap();
        } else if number % 7 == 1 {
            command(test, session, OLGA, when + 6, |s, act| discard(&s.session, act))
                .await
                .unwrap();
        }
    }
}

pub(super) async fn listed(
    test: &TestDb,
    filter: &Filter,
    after: Option<SessionId>,
    limit: i64,
) -> Vec<Session> {
    let found = look!(test, [filter], |tx| sessions::list(
        tx,
        account(),
        &filter,
        after,
        limit
    )
    .await)
    .unwrap();
    let sessions = found.sessions.into_iter();
    sessions.map(|listed| listed.session).collect()
}

/// What the filter means, without SQL.
pub(super) fn fits(session: &Session, filter: &Filter) -> bool {
    let same = |asked: Option<_>, is| asked.is_none_or(|asked| is == Some(asked));
    let numbered = filter.number.is_none_or(|number| session.number == number);
    let from = |asked: Option<DateTime<Utc>>, is: Option<DateTime<Utc>>| {
        asked.is_none_or(|asked| is.is_some_and(|is| is >= asked))
    };
    let until = |asked: Option<DateTime<Utc>>, is: Option<DateTime<Utc>>| {
        asked.is_none_or(|asked| is.is_some_and(|is| is < asked))
    };
    filter.status.is_none_or(|status| session.status() == status)
        && filter
            .mine
            .is_none_or(|user| session.owner_id == Some(user) || session.assigned_to_id == Some(user))
        && numbered
        && (!filter.missing || session.missing > 0)
        && match filter.assigned {
            None => true,
            Some(Assigned::Nobody) => session.assigned_to_id.is_none(),
            Some(Assigned::To(user)) => session.assigned_to_id == Some(user),
        }
        && same(filter.prepared_by_id, session.prepared_by_id)
        && same(filter.owner_id, session.owner_id)
        && filter.flow_id.is_none_or(|flow| session.flow_id == flow)
        && from(filter.started_after, session.started_at)
        && until(filter.started_before, session.started_at)
        && from(filter.completed_after, session.completed_at)
        && until(filter.completed_before, session.completed_at)
        && from(filter.due_after, session.due_at)
        && until(filter.due_before, session.due_at)
}

/// One or two values for each part of the filter.
pub(super) fn parts() -> Vec<Vec<fn(&mut Filter)>> {
    vec![
        vec![
            |filter| filter.status = Some(Status::Prepared),
            |filter| filter.status = Some(Status::Active),
            |filter| filter.status = Some(Status::Completed),
            |filter| filter.status = Some(Status::Discarded),
        ],
        vec![
            |filter| filter.assigned = Some(Assigned::To(id(LENA))),
            |filter| filter.assigned = Some(Assigned::To(id(VERA))),
            |filter| filter.assigned = Some(Assigned::Nobody),
        ],
        vec![|filter| filter.mine = Some(id(LENA)), |filter| {
            filter.mine = Some(id(OLGA));
        }],
        vec![|filter| filter.number = Some(7)],
        vec![|filter| filter.missing = true],
        vec![|filter| filter.prepared_by_id = Some(id(MORGAN))],
        vec![|filter| filter.owner_id = Some(id(LENA))],
        vec![|filter| filter.flow_id = Some(flow()), |filter| {
            filter.flow_id = Some(id(999));
        }],
        vec![|filter| filter.started_after = Some(at(102))],
        vec![|filter| filter.started_before = Some(at(302))],
        vec![|filter| filter.completed_after = Some(at(135))],
        vec![|filter| filter.completed_before = Some(at(285))],
        vec![|filter| filter.due_after = Some(at(40))],
        vec![|filter| filter.due_before = Some(at(60))],
    ]
}

#[tokio::test]
async fn every_filter_and_every_two_of_them_mean_what_they_say() {
    for test in companies().await {
        many(&test).await;
        let all = listed(&test, &Filter::default(), None, 100).await;
        assert_eq!(all.len(), 40);
        assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
        for session in &all {
            assert_eq!(*session, kept(&test, session.id.uuid().as_u128()).await.session);
        }
        for status in Status::ALL {
            assert!(
                all.iter().filter(|session| session.status() == status).count() >= 3,
                "{status:?}"
            );
        }
        let parts = parts();
        let mut some = 0;
        for (index, choices) in parts.iter().enumerate() {
            for one in choices {
                for two in parts[index..].iter().skip(1).flatten().chain([one]) {
                    let mut filter = Filter::default();
                    one(&mut filter);
                    two(&mut filter);
                    let expected: Vec<_> = all
                        .iter()
                        .filter(|session| fits(session, &filter))
                        .cloned()
                        .collect();
                    some += usize::from(!expected.is_empty());
                    assert_eq!(listed(&test, &filter, None, 100).await, expected, "{filter:?}");
                }
            }
        }
        assert!(some > 40, "only {some} questions had an answer");
    }
}

#[tokio::test]
async fn a_filter_of_everything_finds_the_one_that_fits() {
    for test in companies().await {
        many(&test).await;
        let all = listed(&test, &Filter::default(), None, 100).await;
        let wanted = all
            .iter()
            .find(|one| {
                one.status() == Status::Completed
                    && one.prepared_by_id.is_some()
                    && one.assigned_to_id.is_some()
            })
            .unwrap();
        let second = chrono::TimeDelta::seconds(1);
        let whole = Filter {
            status: Some(Status::Completed),
            mine: wanted.owner_id,
            missing: wanted.missing > 0,
            number: Some(wanted.number),
            assigned: wanted.assigned_to_id.map(Assigned::To),
            prepared_by_id: wanted.prepared_by_id,
            owner_id: wanted.owner_id,
            team_id: Some(wanted.team_id),
            flow_id: Some(wanted.flow_id),
            client: None,
            due_after: None,
            due_before: None,
            started_after: wanted.started_at,
            started_before: wanted.started_at.map(|time| time + second),
            completed_after: wanted.completed_at,
            completed_before: wanted.completed_at.map(|time| time + second),
            text: Some(wanted.number.to_string()),
        };
        assert_eq!(
            listed(&test, &whole, None, 100).await,
            std::slice::from_ref(wanted)
        );
        let none = Filter {
            completed_before: wanted.completed_at,
            ..whole
        };
        assert!(listed(&test, &none, None, 100).await.is_empty());
    }
}

#[tokio::test]
async fn pages_have_no_gaps_and_no_repeats_while_sessions_are_added() {
    for test in companies().await {
        many(&test).await;
        let filters = [
            Filter::default(),
            Filter {
                status: Some(Status::Active),
                ..Filter::default()
            },
            Filter {
                assigned: Some(Assigned::Nobody),
                ..Filter::default()
            },
            Filter {
                mine: Some(id(MORGAN)),
                ..Filter::default()
            },
        ];
        for (round, filter) in (0..).zip(&filters) {
            let whole = listed(&test, filter, None, 1_000).await;
            let mut paged: Vec<Session> = Vec::new();
            loop {
                let page = listed(&test, filter, paged.last().map(|last| last.id), 4).await;
                // What is added meanwhile is newer, and so on an earlier page.
                started(&test, 1_000 + round * 100 + u128::try_from(paged.len()).unwrap()).await;
                if page.is_empty() {
                    break;
                }
                paged.extend(page);
                assert!(paged.len() <= whole.len(), "a page repeats");
            }
            assert_eq!(paged, whole);
        }
        for limit in [0, -1, i64::MIN] {
            assert!(listed(&test, &Filter::default(), None, limit).await.is_empty());
        }
        let end = listed(&test, &Filter::default(), Some(id(300)), 10).await;
        assert!(end.is_empty());
    }
}
