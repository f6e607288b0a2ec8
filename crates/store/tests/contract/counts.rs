//! How many sessions there are of each status.

use resolutionflow_core::session::{Completion, Preparation, complete, discard, prepare};
use resolutionflow_store::sessions::{self, Assigned, Count, Counts, Filter, MOST_COUNTED, MOST_LOOKED_AT};
use resolutionflow_store::testing::TestDb;

use super::world::{
    LENA, MORGAN, OLGA, account, command, commit, companies, company, flow, id, look, make, set, sets,
    started, values,
};

fn exactly(active: i64, prepared: i64, completed: i64) -> Counts {
    let count = |number| Count { number, more: false };
    Counts {
        active: count(active),
        prepared: count(prepared),
        completed: count(completed),
    }
}

async fn counts(test: &TestDb, filter: Filter) -> Counts {
    look!(test, [filter], |tx| sessions::counts(tx, account(), &filter)
        .await)
    .unwrap()
}

/// Two active, one of them without a missing value; two prepared; one completed and one discarded.
async fn six(test: &TestDb) {
    for session in [300, 301, 302, 303] {
        started(test, session).await;
    }
    sets(
        test,
        301,
        MORGAN,
        5,
        set(&[("server_name", Some("srv-01")), ("site", Some("Berlin"))]),
    )
    .await
    .unwrap();
    command(test, 302, MORGAN, 6, |s, act| {
        complete(&s.session, &Completion::default(), act)
    })
    .await
    .unwrap();
    command(test, 303, MORGAN, 6, |s, act| discard(&s.session, act))
        .await
        .unwrap();
    for (session, assignee) in [(304, None), (305, Some(LENA))] {
        let preparation = Preparation {
            title: "Prepared ahead".into(),
            values: values(&[("site", Some("Berlin"))]),
            assignee: assignee.map(|person| resolutionflow_core::session::Assignee {
                user_id: id(person),
                role: Some(resolutionflow_core::access::Role::Engineer),
            }),
            ..Preparation::default()
        };
        make(test, session, OLGA, 7, move |new, outline, act| {
            prepare(new, outline, &preparation, act)
        })
        .await;
    }
}

#[tokio::test]
async fn each_status_is_counted_as_the_filter_says_but_for_its_own_status() {
    for test in companies().await {
        company(&test, id(2)).await;
        six(&test).await;
        let none = Filter::default;
        for (filter, expected) in [
            (none(), exactly(2, 2, 1)),
            (
                Filter {
                    status: Some(resolutionflow_core::session::Status::Discarded),
                    ..none()
                },
                exactly(2, 2, 1),
            ),
            (
                Filter {
                    missing: true,
                    ..none()
                },
                exactly(1, 2, 1),
            ),
            (
                Filter {
                    mine: Some(id(MORGAN)),
                    ..none()
                },
                exactly(2, 0, 1),
            ),
            (
                Filter {
                    mine: Some(id(LENA)),
                    ..none()
                },
                exactly(0, 1, 0),
            ),
            (
                Filter {
                    assigned: Some(Assigned::Nobody),
                    prepared_by_id: Some(id(OLGA)),
                    ..none()
                },
                exactly(0, 1, 0),
            ),
            (
                Filter {
                    text: Some(" AHEAD".into()),
                    ..none()
                },
                exactly(0, 2, 0),
            ),
            (
                Filter {
                    text: Some("cut-over".into()),
                    mine: Some(id(MORGAN)),
                    ..none()
                },
                exactly(2, 0, 1),
            ),
            (
                Filter {
                    flow_id: Some(id(999)),
                    ..none()
                },
                exactly(0, 0, 0),
            ),
        ] {
            assert_eq!(counts(&test, filter.clone()).await, expected, "{filter:?}");
        }
        for (in_account, flow, expected) in [
            (1, flow(), exactly(2, 2, 1)),
            (1, id(999), exactly(0, 0, 0)),
            (2, flow(), exactly(0, 0, 0)),
        ] {
            let found = look!(test, |tx| sessions::of_flow_counts(tx, id(in_account), flow)
                .await);
            assert_eq!(found.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn nothing_is_counted_further_than_anybody_reads() {
    for test in companies().await {
        started(&test, 300).await;
        let copies = |first: u128, count: i64| {
            let test = &test;
            async move {
                commit!(test, |tx| {
                    for (copy, _) in (first..).zip(0..count) {
                        let copy = uuid::Uuid::from_u128(copy);
                        tx.execute(
                            "INSERT INTO sessions SELECT account_id, $2, \
                                 (SELECT MAX(number) + 1 FROM sessions WHERE account_id = $1), flow_id, \
                                 flow_version, team_id, title, title_key, note, version, head, prepared_by_id, \
                                 assigned_to_id, owner_id, created_at, started_at, started_at, discarded_at, \
                                 due_at, updated_at, outcome, outcome_note, next_steps, filled, variables, \
                                 missing, finished_steps, steps, ticket, ticket_key, ticket_url, client, \
                                 client_key, due_told FROM sessions WHERE account_id = $1 AND number = 1",
                            &[&account(), &copy],
                        )
                        .await?;
                    }
                    Ok(())
                })
                .unwrap();
            }
        };
        copies(10_000, MOST_COUNTED).await;
        let all = counts(&test, Filter::default()).await;
        assert_eq!(all, exactly(1, 0, MOST_COUNTED));
        copies(20_000, 1).await;
        let mine = Filter {
            mine: Some(id(MORGAN)),
            ..Filter::default()
        };
        // Whose they are is asked of each, so no further than a list looks.
        for (filter, number) in [(Filter::default(), MOST_COUNTED), (mine, MOST_LOOKED_AT)] {
            let more = Count { number, more: true };
            assert_eq!(counts(&test, filter).await.completed, more);
        }
    }
}
