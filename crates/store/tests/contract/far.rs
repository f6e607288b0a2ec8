//! Lists of more sessions than one request looks at: each filter is followed to its end, and answers what the same
//! question asked in Rust answers.

use resolutionflow_core::session::{Change, Session, Status};
use resolutionflow_store::Error;
use resolutionflow_store::sessions::{self, Count, Due, Filter, Found, MOST_LOOKED_AT};
use resolutionflow_store::testing::TestDb;

use super::listing::{fits, listed, many, parts};
use super::world::{account, at, commit, companies, id, look};

/// How many sessions of a few kinds come after those of every kind.
const NEWER: i64 = 3 * MOST_LOOKED_AT + 300;

/// Adds many sessions like a completed one, a prepared one and an active one that stand, and answers all.
async fn very_many(test: &TestDb) -> Vec<Session> {
    many(test).await;
    let mut all = listed(test, &Filter::default(), None, 100).await;
    let of = |status| {
        let mut of_status = all.iter().filter(|session| session.status() == status);
        of_status.next().expect("there is one of each").clone()
    };
    let models = [
        Status::Completed,
        Status::Prepared,
        Status::Prepared,
        Status::Active,
    ]
    .map(of);
    let newer: Vec<_> = (0..NEWER)
        .map(|index| {
            let model = &models[usize::try_from(index).unwrap() % models.len()];
            Session {
                id: id(10_000 + u128::try_from(index).unwrap()),
                number: 10_000 + index,
                due_at: (index % 5 != 0).then(|| at(index % 101)),
                ..model.clone()
            }
        })
        .collect();
    commit!(test, [newer], |tx| {
        for session in &newer {
            let change = Change {
                before: None,
                session: session.clone(),
                variables: Vec::new(),
                steps: Vec::new(),
                events: Vec::new(),
            };
            sessions::create(tx, account(), &change).await?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
    all.extend(newer);
    all.sort_by_key(|session| std::cmp::Reverse(session.id));
    all
}

/// Every filter of one part or two.
fn filters() -> Vec<Filter> {
    let parts = parts();
    let mut filters = vec![Filter::default()];
    for (index, choices) in parts.iter().enumerate() {
        for one in choices {
            for two in parts[index..].iter().skip(1).flatten().chain([one]) {
                let mut filter = Filter::default();
                one(&mut filter);
                two(&mut filter);
                filters.push(filter);
            }
        }
    }
    filters
}

/// Takes the sessions of a part of a list, and answers where the next one begins.
fn take<P>(found: Found<P>, into: &mut Vec<Session>, limit: i64) -> Option<P> {
    assert!(found.sessions.len() <= usize::try_from(limit).unwrap());
    into.extend(found.sessions.into_iter().map(|listed| listed.session));
    found.next
}

#[tokio::test]
async fn what_is_found_far_back_comes_in_its_turn() {
    for test in companies().await {
        let all = very_many(&test).await;
        let mut left_off = 0;
        for filter in filters() {
            let expected: Vec<_> = all
                .iter()
                .filter(|session| fits(session, &filter))
                .cloned()
                .collect();
            let (mut found, mut after, mut turns) = (Vec::new(), None, 0);
            loop {
                let part = look!(test, [filter], |tx| sessions::list(
                    tx,
                    account(),
                    &filter,
                    after,
                    700
                )
                .await);
                let part = part.unwrap();
                left_off += usize::from(part.next.is_some() && part.sessions.len() < 700);
                after = take(part, &mut found, 700);
                turns += 1;
                if after.is_none() {
                    break;
                }
                assert!(turns < 10, "{filter:?} never ends");
            }
            assert_eq!(found, expected, "{filter:?}");
        }
        assert!(left_off > 20, "only {left_off} lists left off in between");
    }
}

#[tokio::test]
async fn what_is_due_late_comes_in_its_turn() {
    for test in companies().await {
        let mut all = very_many(&test).await;
        all.sort_by_key(|session| (session.due_at.is_none(), session.due_at, session.id));
        let mut left_off = 0;
        for filter in filters() {
            if filter.status.is_some_and(|status| status != Status::Prepared) {
                continue;
            }
            let prepared = Filter {
                status: Some(Status::Prepared),
                ..filter.clone()
            };
            let expected: Vec<_> = all
                .iter()
                .filter(|session| fits(session, &prepared))
                .cloned()
                .collect();
            let (mut found, mut after, mut turns): (_, Option<Due>, _) = (Vec::new(), None, 0);
            loop {
                let part = look!(test, [filter], |tx| sessions::list_by_due(
                    tx,
                    account(),
                    &filter,
                    after,
                    300
                )
                .await);
                let part = part.unwrap();
                left_off += usize::from(part.next.is_some() && part.sessions.len() < 300);
                after = take(part, &mut found, 300);
                turns += 1;
                if after.is_none() {
                    break;
                }
                assert!(turns < 10, "{filter:?} never ends");
            }
            assert_eq!(found, expected, "{filter:?}");
        }
        assert!(left_off > 10, "only {left_off} lists left off in between");
    }
}

#[tokio::test]
async fn what_is_counted_is_there_and_all_of_it_unless_there_is_more() {
    for test in companies().await {
        let all = very_many(&test).await;
        let mut inexact = 0;
        for filter in filters() {
            let counts = look!(test, [filter], |tx| sessions::counts(tx, account(), &filter)
                .await)
            .unwrap();
            for (status, count) in [
                (Status::Active, counts.active),
                (Status::Prepared, counts.prepared),
                (Status::Completed, counts.completed),
            ] {
                let of_status = Filter {
                    status: Some(status),
                    ..filter.clone()
                };
                let fitting = all.iter().filter(|session| fits(session, &of_status)).count();
                let (fitting, Count { number, more }) = (i64::try_from(fitting).unwrap(), count);
                inexact += usize::from(more);
                assert!(
                    if more {
                        number <= fitting
                    } else {
                        number == fitting
                    },
                    "{filter:?}, {status:?}: {fitting}, and {count:?}"
                );
            }
        }
        assert!(inexact > 5, "{inexact}");
    }
}
