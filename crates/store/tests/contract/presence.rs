//! Presence: who is in a session, and who is told of it.

use resolutionflow_core::step::StepId;
use resolutionflow_store::db::{Topic, Wake};
use resolutionflow_store::presence::{self, Present};
use resolutionflow_store::testing::TestDb;

use super::world::{LENA, MORGAN, OLGA, account, at, commit, companies, company, id, look, started};

fn step(name: &str) -> StepId {
    StepId::parse(name).unwrap()
}

async fn here(test: &TestDb, person: u128, step: Option<StepId>, when: i64) -> bool {
    commit!(test, [step], |tx| {
        presence::here(tx, account(), id(300), id(person), step.as_ref(), at(when)).await
    })
    .unwrap()
}

async fn of(test: &TestDb, since: i64) -> Vec<(u128, Option<StepId>)> {
    let people = look!(test, |tx| presence::of(tx, account(), id(300), at(since)).await).unwrap();
    people
        .into_iter()
        .map(|person| (person.user_id.uuid().as_u128(), person.step_id))
        .collect()
}

#[tokio::test]
async fn news_is_who_comes_who_comes_back_and_who_goes_to_another_step() {
    for test in companies().await {
        started(&test, 300).await;
        for (step, when, news) in [
            (None, 0, true),
            (None, 20, false),
            (Some(step("one")), 21, true),
            (Some(step("one")), 40, false),
            // A minute without a word is not yet too long.
            (Some(step("one")), 100, false),
            (Some(step("one")), 161, true),
            (Some(step("two")), 162, true),
            (None, 163, true),
            (None, 164, false),
        ] {
            assert_eq!(here(&test, MORGAN, step, when).await, news, "at {when}");
        }
        assert_eq!(of(&test, 164).await, [(MORGAN, None)]);
        assert!(of(&test, 165).await.is_empty());
    }
}

#[tokio::test]
async fn everybody_in_a_session_is_seen_with_name_and_step() {
    for test in companies().await {
        started(&test, 300).await;
        started(&test, 301).await;
        company(&test, id(2)).await;
        for (person, at_step, when) in [
            (LENA, Some(step("one")), 0),
            (OLGA, None, 10),
            (MORGAN, Some(step("two")), 30),
        ] {
            assert!(here(&test, person, at_step, when).await);
        }
        let people = look!(test, |tx| presence::of(tx, account(), id(300), at(10)).await).unwrap();
        let present = |person, name: &str, step_id| Present {
            user_id: id(person),
            name: name.into(),
            step_id,
        };
        assert_eq!(
            people,
            [
                present(OLGA, "Olga", None),
                present(MORGAN, "Morgan", Some(step("two")))
            ]
        );
        assert_eq!(of(&test, 0).await.len(), 3);
        look!(test, |tx| {
            assert!(presence::of(tx, account(), id(301), at(0)).await?.is_empty());
            Ok(())
        })
        .unwrap();
        let elsewhere = look!(test, |tx| presence::of(tx, id(2), id(300), at(0)).await);
        assert!(elsewhere.unwrap().is_empty());
    }
}

#[tokio::test]
async fn nobody_is_in_a_session_that_is_not_there() {
    for test in companies().await {
        started(&test, 300).await;
        company(&test, id(2)).await;
        for (in_account, session) in [(1, 999), (2, 300), (9, 300)] {
            let news = commit!(test, |tx| {
                presence::here(tx, id(in_account), id(session), id(MORGAN), None, at(0)).await
            });
            assert!(!news.unwrap());
        }
        assert!(of(&test, 0).await.is_empty());
    }
}

#[tokio::test]
async fn who_leaves_is_gone_at_once() {
    for test in companies().await {
        started(&test, 300).await;
        assert!(here(&test, MORGAN, None, 0).await);
        assert!(here(&test, LENA, None, 0).await);
        let leave = |in_account, session, person| {
            let test = &test;
            async move {
                commit!(test, |tx| presence::leave(
                    tx,
                    id(in_account),
                    id(session),
                    id(person)
                )
                .await)
                .unwrap()
            }
        };
        assert!(!leave(2, 300, MORGAN).await);
        assert!(!leave(1, 301, MORGAN).await);
        assert!(!leave(1, 300, OLGA).await);
        assert!(leave(1, 300, MORGAN).await);
        assert!(!leave(1, 300, MORGAN).await);
        assert_eq!(of(&test, 0).await, [(LENA, None)]);
        assert!(here(&test, MORGAN, None, 1).await);
    }
}

#[tokio::test]
async fn only_news_wakes_the_watchers() {
    for test in companies().await {
        started(&test, 300).await;
        let mut wakes = test.db.wakes();
        let session = Wake::Topic(Topic::Session(account(), id(300)));
        let leave = |person| {
            let test = &test;
            async move {
                commit!(test, |tx| presence::leave(tx, account(), id(300), id(person))
                    .await)
                .unwrap()
            }
        };
        assert!(here(&test, MORGAN, None, 0).await);
        assert_eq!(wakes.try_recv().unwrap(), session);
        assert!(!here(&test, MORGAN, None, 1).await);
        assert!(!leave(LENA).await);
        assert!(wakes.try_recv().is_err());
        assert!(leave(MORGAN).await);
        assert_eq!(wakes.try_recv().unwrap(), session);
    }
}

#[tokio::test]
async fn who_was_not_seen_for_long_is_forgotten_a_batch_at_a_time() {
    for test in companies().await {
        started(&test, 300).await;
        for (person, when) in [(MORGAN, 1), (LENA, 2), (OLGA, 3)] {
            assert!(here(&test, person, None, when).await);
        }
        let forget = |before, limit| {
            let test = &test;
            async move { commit!(test, |tx| presence::forget(tx, at(before), limit).await).unwrap() }
        };
        assert_eq!(forget(1, 10).await, 0);
        assert_eq!(forget(3, -1).await, 0);
        assert_eq!(forget(3, 1).await, 1);
        assert_eq!(forget(3, 10).await, 1);
        assert_eq!(of(&test, 0).await, [(OLGA, None)]);
    }
}
