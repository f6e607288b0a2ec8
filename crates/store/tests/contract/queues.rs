//! What waits for a person, and what the lists say beside each session.

use resolutionflow_core::access::Role;
use resolutionflow_core::id::{SessionId, UserId};
use resolutionflow_core::session::{
    Assignee, Completion, Preparation, Stale, Status, StepState, StepWork, change_details, complete, prepare,
    start_prepared, work_step,
};
use resolutionflow_store::sessions::{self, Assigned, Due, Filter, Listed, Queue};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, flows, members, steps};

use super::world::{
    FINN, LENA, MORGAN, OLGA, account, at, command, commit, companies, company, document, flow, id, look,
    make, make_in, set, sets, started,
};

async fn prepared(test: &TestDb, session: u128, by: u128, assignee: Option<u128>, due: Option<i64>) {
    let preparation = Preparation {
        assignee: assignee.map(|person| Assignee {
            user_id: id(person),
            role: Some(Role::Engineer),
        }),
        due_at: due.map(at),
        ..Preparation::default()
    };
    make(test, session, by, 1, move |new, outline, act| {
        prepare(new, outline, &preparation, act)
    })
    .await;
}

fn numbers(queue: &Queue) -> (Vec<u128>, bool) {
    let ids = queue
        .sessions
        .iter()
        .map(|listed| listed.session.id.uuid().as_u128());
    (ids.collect(), queue.more)
}

/// What a person prepared for whomever.
async fn prepared_by(test: &TestDb, person: u128, per_list: usize) -> (Vec<u128>, bool) {
    let queues = look!(test, |tx| sessions::queues(
        tx,
        account(),
        id(person),
        id(21),
        per_list
    )
    .await)
    .unwrap();
    numbers(&queues.prepared_by_you)
}

/// The three queues of work of a person.
async fn queues(test: &TestDb, person: u128, per_list: usize) -> [(Vec<u128>, bool); 3] {
    let team = if person == FINN { 22 } else { 21 };
    let queues = look!(test, |tx| sessions::queues(
        tx,
        account(),
        id(person),
        id(team),
        per_list
    )
    .await)
    .unwrap();
    [
        numbers(&queues.prepared_for_you),
        numbers(&queues.unassigned),
        numbers(&queues.continue_),
    ]
}

#[tokio::test]
async fn what_is_due_first_and_what_waits_longest_comes_first() {
    for test in companies().await {
        company(&test, id(2)).await;
        for (number, due) in (0..).zip([None, Some(50), Some(10), None, Some(50), Some(-10)]) {
            prepared(&test, 300 + number, OLGA, Some(LENA), due).await;
            prepared(&test, 400 + number, OLGA, None, due).await;
        }
        let mine = vec![305, 302, 301, 304, 300, 303];
        let teams = vec![405, 402, 401, 404, 400, 403];
        let nothing = (vec![], false);
        let found = queues(&test, LENA, 6).await;
        assert_eq!(
            found,
            [(mine.clone(), false), (teams.clone(), false), nothing.clone()]
        );
        for wanted in [1, 4, 5] {
            let found = queues(&test, LENA, wanted).await;
            assert_eq!(found[0], (mine[..wanted].to_vec(), true));
            assert_eq!(found[1], (teams[..wanted].to_vec(), true));
        }
        assert_eq!(
            queues(&test, MORGAN, 6).await,
            [nothing.clone(), (teams, false), nothing.clone()]
        );
        // Another team's, and another account's.
        assert_eq!(
            queues(&test, FINN, 6).await,
            [nothing.clone(), nothing.clone(), nothing]
        );
        let theirs = look!(test, |tx| sessions::queues(tx, id(2), id(LENA), id(21), 5).await).unwrap();
        assert!(theirs.prepared_for_you.sessions.is_empty() && theirs.unassigned.sessions.is_empty());
        let by_olga = prepared_by(&test, OLGA, 12).await;
        assert_eq!(
            by_olga,
            (
                vec![305, 405, 302, 402, 301, 304, 401, 404, 300, 303, 400, 403],
                false
            )
        );
        assert_eq!(prepared_by(&test, OLGA, 2).await, (vec![305, 405], true));
        assert_eq!(prepared_by(&test, LENA, 2).await, (vec![], false));
        // What was started waits no longer.
        command(&test, 305, LENA, 60, |s, act| start_prepared(&s.session, act))
            .await
            .unwrap();
        assert_eq!(queues(&test, LENA, 6).await[0].0, mine[1..]);
        assert_eq!(prepared_by(&test, OLGA, 1).await, (vec![405], true));
    }
}

#[tokio::test]
async fn a_list_by_due_time_goes_on_behind_any_of_its_sessions() {
    for test in companies().await {
        company(&test, id(2)).await;
        for (number, due) in (0..).zip([None, Some(50), Some(10), None, Some(50), Some(-10), None]) {
            let assignee = [Some(LENA), None][usize::from(number == 4 || number == 3)];
            prepared(&test, 300 + number, OLGA, assignee, due).await;
        }
        let all = [305, 302, 301, 304, 300, 303, 306];
        let listed = |filter: Filter, after: Option<Due>, limit: i64, of: u128| {
            let test = &test;
            async move {
                let found = look!(test, [filter], |tx| sessions::list_by_due(
                    tx,
                    id(of),
                    &filter,
                    after,
                    limit
                )
                .await);
                found.unwrap().sessions
            }
        };
        let filter = || Filter {
            status: Some(Status::Prepared),
            ..Filter::default()
        };
        for step in [1, 2, 3, 7] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = listed(filter(), after, step, 1).await;
                let Some(last) = page.last() else { break };
                after = Some(Due::behind(&last.session));
                found.extend(page.iter().map(|one| one.session.id.uuid().as_u128()));
            }
            assert_eq!(found, all, "{step} at a time");
        }
        let ids = |found: Vec<Listed>| -> Vec<u128> {
            found.iter().map(|one| one.session.id.uuid().as_u128()).collect()
        };
        let narrowed = |change: fn(&mut Filter)| {
            let mut filter = filter();
            change(&mut filter);
            listed(filter, None, 10, 1)
        };
        let nobodys = narrowed(|filter| filter.assigned = Some(Assigned::Nobody)).await;
        assert_eq!(ids(nobodys), [304, 303]);
        let lenas = narrowed(|filter| filter.mine = Some(id(LENA))).await;
        assert_eq!(ids(lenas), [305, 302, 301, 300, 306]);
        let teams = narrowed(|filter| filter.team_id = Some(id(22))).await;
        assert!(teams.is_empty());
        let soon =
            narrowed(|filter| (filter.due_after, filter.due_before) = (Some(at(0)), Some(at(50)))).await;
        assert_eq!(ids(soon), [302]);
        assert!(listed(filter(), None, 10, 2).await.is_empty());
    }
}

#[tokio::test]
async fn a_listed_session_says_whether_it_needs_a_look() {
    for test in companies().await {
        company(&test, id(2)).await;
        prepared(&test, 300, OLGA, Some(LENA), Some(50)).await;
        let stale = |seconds: i64| {
            let test = &test;
            async move {
                let found = look!(test, |tx| sessions::find_listed(tx, account(), id(300)).await);
                let found = found.unwrap().unwrap();
                let queue = look!(test, |tx| sessions::queues(tx, account(), id(LENA), id(21), 5)
                    .await);
                let queued = &queue.unwrap().prepared_for_you.sessions[0];
                assert_eq!(queued.stale(at(seconds)), found.stale(at(seconds)));
                found
                    .stale(at(seconds))
                    .into_iter()
                    .map(Stale::as_str)
                    .collect::<Vec<_>>()
            }
        };
        assert!(stale(10).await.is_empty());
        assert_eq!(stale(60).await, ["past_due"]);
        let day = 24 * 60 * 60;
        assert_eq!(stale(8 * day).await, ["past_due", "old"]);
        let changed = commit!(test, |tx| members::set_stale_days(tx, account(), 30).await).unwrap();
        assert_eq!((changed.name.as_str(), changed.stale_days), ("Example", 30));
        assert_eq!(stale(8 * day).await, ["past_due"]);
        commit!(test, |tx| flows::publish(
            tx,
            account(),
            flow(),
            &document("Next"),
            id(OLGA),
            at(8)
        )
        .await)
        .unwrap();
        assert_eq!(stale(10).await, ["newer_version"]);
        for (gone, back) in [
            (
                "UPDATE members SET role = 'viewer' WHERE account_id = $1 AND user_id = $2",
                "UPDATE members SET role = 'engineer' WHERE account_id = $1 AND user_id = $2",
            ),
            (
                "UPDATE members SET disabled_at = created_at WHERE account_id = $1 AND user_id = $2",
                "UPDATE members SET disabled_at = NULL WHERE account_id = $1 AND user_id = $2",
            ),
        ] {
            let lena: UserId = id(LENA);
            commit!(test, |tx| tx.execute(gone, &[&account(), &lena]).await).unwrap();
            assert_eq!(stale(10).await, ["newer_version", "assignee_gone"]);
            commit!(test, |tx| tx.execute(back, &[&account(), &lena]).await).unwrap();
        }
        assert_eq!(stale(10).await, ["newer_version"]);
        // Another account has its own days, and no such session.
        let other = look!(test, |tx| members::account(tx, id(2)).await).unwrap();
        assert_eq!(other.stale_days, 7);
        let none = look!(test, |tx| sessions::find_listed(tx, id(2), id(300)).await).unwrap();
        assert!(none.is_none());
        for wrong in [-1, 366] {
            let refused = commit!(test, |tx| members::set_stale_days(tx, account(), wrong).await);
            assert!(matches!(refused, Err(Error::Constraint(_))), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn sessions_of_a_client_are_found_in_any_case() {
    for test in companies().await {
        for (session, client) in (300..).zip(["Contoso", "CONTOSO ", "", "Contoso West"]) {
            let preparation = Preparation {
                client: client.to_owned(),
                ..Preparation::default()
            };
            make(&test, session, OLGA, 1, move |new, outline, act| {
                prepare(new, outline, &preparation, act)
            })
            .await;
        }
        for (client, expected) in [
            ("contoso", vec![301, 300]),
            ("contoso west", vec![303]),
            ("con", vec![]),
            (" ", vec![303, 302, 301, 300]),
        ] {
            let filter = Filter {
                client: Some(client.to_owned()),
                ..Filter::default()
            };
            let found = look!(test, [filter], |tx| sessions::list(
                tx,
                account(),
                &filter,
                None,
                10
            )
            .await)
            .unwrap();
            let found: Vec<_> = found
                .sessions
                .iter()
                .map(|one| one.session.id.uuid().as_u128())
                .collect();
            assert_eq!(found, expected, "{client:?}");
        }
    }
}

#[tokio::test]
async fn what_a_person_began_or_took_over_comes_last_changed_first() {
    for test in companies().await {
        for session in [300, 301, 302, 303] {
            started(&test, session).await;
        }
        prepared(&test, 304, OLGA, Some(MORGAN), None).await;
        command(&test, 304, MORGAN, 20, |s, act| start_prepared(&s.session, act))
            .await
            .unwrap();
        // Morgan's own, and handed to Lena.
        command(&test, 301, OLGA, 30, |s, act| {
            let handed = resolutionflow_core::session::Details {
                assignee: Some(Some(Assignee {
                    user_id: id(LENA),
                    role: Some(Role::Engineer),
                })),
                ..Default::default()
            };
            change_details(&s.session, &handed, act)
        })
        .await
        .unwrap();
        sets(&test, 300, MORGAN, 40, set(&[("site", Some("Berlin"))]))
            .await
            .unwrap();
        command(&test, 303, MORGAN, 50, |s, act| {
            complete(&s.session, &Completion::default(), act)
        })
        .await
        .unwrap();
        assert_eq!(
            queues(&test, MORGAN, 5).await[2],
            (vec![300, 301, 304, 302], false)
        );
        assert_eq!(queues(&test, MORGAN, 3).await[2], (vec![300, 301, 304], true));
        assert_eq!(queues(&test, LENA, 5).await[2], (vec![301], false));
    }
}

#[tokio::test]
async fn a_listed_session_says_who_is_in_it_and_whether_its_flow_moved_on() {
    for test in companies().await {
        prepared(&test, 300, OLGA, Some(LENA), None).await;
        prepared(&test, 301, MORGAN, None, None).await;
        commit!(test, |tx| flows::publish(
            tx,
            account(),
            flow(),
            &document("Cut-over, next"),
            id(OLGA),
            at(8)
        )
        .await)
        .unwrap();
        command(&test, 300, LENA, 9, |s, act| start_prepared(&s.session, act))
            .await
            .unwrap();
        let listed = look!(test, |tx| sessions::list(
            tx,
            account(),
            &Filter::default(),
            None,
            10
        )
        .await)
        .unwrap()
        .sessions;
        let said = |listed: &Listed| {
            assert_eq!(
                (listed.flow_title.as_str(), listed.flow_latest_version),
                ("Cut-over, next", 2)
            );
            assert_eq!(listed.session.flow_version, 1);
            [&listed.prepared_by, &listed.assigned_to, &listed.owner]
                .map(|name| name.clone().unwrap_or_default())
        };
        assert_eq!(said(&listed[0]), ["Morgan", "", ""]);
        assert_eq!(said(&listed[1]), ["Olga", "Lena", "Lena"]);
        let queues = look!(test, |tx| sessions::queues(tx, account(), id(LENA), id(21), 5)
            .await)
        .unwrap();
        assert_eq!(said(&queues.unassigned.sessions[0]), ["Morgan", "", ""]);
        assert_eq!(said(&queues.continue_.sessions[0]), ["Olga", "Lena", "Lena"]);
    }
}

#[tokio::test]
async fn the_newest_active_session_of_a_flow_is_found() {
    for test in companies().await {
        company(&test, id(2)).await;
        commit!(test, |tx| {
            flows::create(tx, account(), id(101), &document("Other"), id(OLGA), at(0)).await?;
            flows::publish(tx, account(), id(101), &document("Other"), id(OLGA), at(0)).await
        })
        .unwrap();
        let active = |in_account, flow, person| {
            let test = &test;
            async move {
                let found = look!(test, |tx| sessions::active_of(
                    tx,
                    id(in_account),
                    id(flow),
                    id(person)
                )
                .await);
                found.unwrap().map(|listed| listed.session.id.uuid().as_u128())
            }
        };
        assert_eq!(active(1, 100, MORGAN).await, None);
        for session in [300, 301, 302] {
            started(&test, session).await;
        }
        make_in(&test, account(), 303, id(101), MORGAN, 1, |new, outline, act| {
            resolutionflow_core::session::start(new, outline, &set(&[]), act)
        })
        .await;
        assert_eq!(active(1, 100, MORGAN).await, Some(302));
        command(&test, 302, MORGAN, 50, |s, act| {
            complete(&s.session, &Completion::default(), act)
        })
        .await
        .unwrap();
        assert_eq!(active(1, 100, MORGAN).await, Some(301));
        assert_eq!(active(1, 101, MORGAN).await, Some(303));
        assert_eq!(active(1, 100, LENA).await, None);
        assert_eq!(active(2, 100, MORGAN).await, None);
    }
}

#[tokio::test]
async fn finished_steps_are_found_for_several_sessions_at_once() {
    for test in companies().await {
        for session in [300, 301, 302] {
            started(&test, session).await;
        }
        let work = |session, when, step: &'static str, state| {
            command(&test, session, MORGAN, when, move |standing, act| {
                let work = StepWork {
                    state: Some(state),
                    ..StepWork::default()
                };
                let step = standing.outline.step(step).unwrap();
                work_step(&standing.session, step, standing.steps.get(&step.id), &work, act)
            })
        };
        work(300, 2, "one", StepState::Done).await.unwrap();
        work(300, 3, "two", StepState::Skipped).await.unwrap();
        work(301, 2, "one", StepState::Done).await.unwrap();
        work(301, 3, "one", StepState::Open).await.unwrap();
        work(302, 2, "two", StepState::Done).await.unwrap();
        let found = |of: u128, sessions: &'static [u128]| {
            let test = &test;
            async move {
                let ids: Vec<SessionId> = sessions.iter().map(|session| id(*session)).collect();
                let found = look!(test, [ids], |tx| steps::finished(tx, id(of), &ids).await).unwrap();
                let mut found: Vec<_> = found
                    .into_iter()
                    .map(|(session, step)| (session.uuid().as_u128(), step.to_string()))
                    .collect();
                found.sort();
                found
            }
        };
        let expected = [(300, "one".to_owned()), (300, "two".to_owned())];
        assert_eq!(found(1, &[300, 301]).await, expected);
        assert!(found(2, &[300]).await.is_empty() && found(1, &[]).await.is_empty());
    }
}
