//! Plans and counters: a limit is reached exactly, whoever comes at once, and a counter equals its rows.

use std::sync::Arc;

use resolutionflow_core::access::Role;
use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::PlanId;
use resolutionflow_core::plan::{Limits, Plan, Resource, UNLIMITED};
use resolutionflow_core::session::{Preparation, prepare, start_prepared};
use resolutionflow_store::limits::{self, Changed};
use resolutionflow_store::members::NewUser;
use resolutionflow_store::platform::Named;
use resolutionflow_store::reconcile::{self, Counter};
use resolutionflow_store::sessions::Begins;
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, flows, members, platform, sessions};

use super::world::{LENA, OLGA, account, at, command, commit, companies, flow, id, look, make};

const SMALL: PlanId = PlanId::from_uuid(uuid::Uuid::from_u128(70));

fn small(flows: Option<i64>, sessions: Option<i64>, members: Option<i64>) -> Plan {
    let limits = Limits {
        flows,
        sessions,
        members,
    };
    Plan::check(SMALL, "Small", limits).unwrap()
}

/// Gives the company this plan.
async fn given(test: &TestDb, plan: Plan) {
    commit!(test, [plan], |tx| {
        if !limits::create_plan(tx, &plan, at(1)).await? {
            let changed = limits::change_plan(tx, &plan).await?;
            assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
        }
        assert!(limits::set_plan(tx, account(), SMALL).await?.is_some());
        Ok(())
    })
    .unwrap();
}

fn document(tags: &[&str]) -> Arc<FlowDocument> {
    let parts = serde_json::json!({
        "title": "Restart", "tags": tags,
        "sections": [{ "steps": [{ "id": "one", "title": "One" }] }],
    });
    let parts: FlowParts = serde_json::from_value(parts).unwrap();
    Arc::new(FlowDocument::check(parts).unwrap())
}

/// A session for anybody in the team.
async fn prepared(test: &TestDb, session: u128) {
    make(test, session, OLGA, 1, |new, outline, act| {
        prepare(new, outline, &Preparation::default(), act)
    })
    .await;
}

async fn differences(test: &TestDb) -> Vec<reconcile::Difference> {
    look!(test, |tx| reconcile::differences(tx, account()).await).unwrap()
}

fn is_limit<T>(result: Result<T, Error>, wanted: Resource, most: i64) {
    match result {
        Err(Error::PlanLimit { resource, limit }) => assert_eq!((resource, limit), (wanted, most)),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("there was room"),
    }
}

#[tokio::test]
async fn an_account_is_unlimited_until_it_gets_another_plan() {
    for test in companies().await {
        let (plan, _) = look!(test, |tx| limits::standing(tx, account(), at(1)).await).unwrap();
        assert_eq!((plan.id, plan.limits), (UNLIMITED, Limits::default()));
        given(&test, small(Some(9), None, Some(0))).await;
        let tenant = look!(test, |tx| platform::tenant(tx, account(), at(2)).await).unwrap();
        let tenant = tenant.unwrap();
        assert_eq!(
            (tenant.plan.name.as_str(), tenant.plan.limits.flows),
            ("Small", Some(9))
        );
        let (_, usage) = look!(test, |tx| limits::standing(tx, account(), at(2)).await).unwrap();
        assert_eq!(tenant.usage, usage);
        commit!(test, |tx| {
            members::create_account(tx, id(2), "Other", id(2), at(2)).await
        })
        .unwrap();
        let all = look!(test, |tx| platform::tenants(tx, None, 50, at(2)).await).unwrap();
        assert!(all.len() >= 2 && all.windows(2).all(|two| two[0].id > two[1].id));
        let rest = look!(test, |tx| platform::tenants(tx, Some(id(1)), 50, at(2)).await).unwrap();
        assert!(rest.is_empty(), "no account is older than the company");
        // What does not exist changes nothing.
        let nowhere = commit!(test, |tx| limits::set_plan(tx, id(999), SMALL).await);
        let nothing = commit!(test, |tx| limits::set_plan(tx, account(), id(999)).await);
        assert!(nowhere.unwrap().is_none() && nothing.unwrap().is_none());
        let (plan, _) = look!(test, |tx| limits::standing(tx, account(), at(1)).await).unwrap();
        assert_eq!(plan.id, SMALL);
    }
}

#[tokio::test]
async fn plans_have_names_of_their_own() {
    for test in companies().await {
        let plan = Plan::check(SMALL, "Small", Limits::default()).unwrap();
        let shouted = Plan::check(id(71), "SMALL", Limits::default()).unwrap();
        let unlimited = Plan::check(SMALL, "unlimited", Limits::default()).unwrap();
        let made = commit!(test, [plan, shouted], |tx| {
            Ok((
                limits::create_plan(tx, &plan, at(1)).await?,
                limits::create_plan(tx, &shouted, at(1)).await?,
                limits::change_plan(tx, &shouted).await?,
            ))
        });
        assert_eq!(made.unwrap(), (true, false, Changed::NameTaken));
        let missing = Plan::check(id(72), "Other", Limits::default()).unwrap();
        let changed = commit!(test, [unlimited, missing], |tx| {
            Ok((
                limits::change_plan(tx, &unlimited).await?,
                limits::change_plan(tx, &missing).await?,
            ))
        });
        assert_eq!(changed.unwrap(), (Changed::NameTaken, Changed::Missing));
        let names = look!(test, |tx| limits::plans(tx, "", 9).await).unwrap();
        let names: Vec<_> = names.iter().map(|plan| plan.name.as_str()).collect();
        assert_eq!(names, ["Small", "Unlimited"]);
        assert_eq!(look!(test, |tx| limits::plans(tx, "", -1).await).unwrap(), []);
        let rest = look!(test, |tx| limits::plans(tx, "SMALL", 9).await).unwrap();
        assert_eq!(rest.len(), 1);
        let found = look!(test, |tx| limits::plan(tx, SMALL).await).unwrap();
        assert_eq!(found.unwrap().name, "Small");
    }
}

#[tokio::test]
async fn a_change_of_a_plan_answers_what_it_was_and_who_has_it() {
    for test in companies().await {
        given(&test, small(Some(1), None, None)).await;
        let next = Plan {
            name: "Medium".into(),
            ..small(Some(2), None, Some(9))
        };
        let changed = commit!(test, [next], |tx| limits::change_plan(tx, &next).await);
        assert_eq!(changed.unwrap(), Changed::Done(small(Some(1), None, None)));
        let found = look!(test, |tx| limits::plan(tx, SMALL).await).unwrap();
        assert_eq!(found, Some(next));
        let with = |plan: PlanId, most| {
            let test = &test;
            async move {
                let found = look!(test, |tx| limits::accounts_with(tx, plan, most).await);
                found.unwrap()
            }
        };
        assert_eq!(with(SMALL, 1).await, Some(vec![account()]));
        assert_eq!(with(SMALL, 0).await, None);
        assert_eq!(with(id(999), 0).await, Some(Vec::new()));
        commit!(test, |tx| {
            members::create_account(tx, id(2), "Other", id(2), at(2)).await
        })
        .unwrap();
        commit!(test, |tx| limits::set_plan(tx, id(2), SMALL).await).unwrap();
        assert_eq!(with(SMALL, 1).await, None);
        let mut both = with(SMALL, 2).await.unwrap();
        both.sort_unstable();
        assert_eq!(both, [account(), id(2)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_flows_at_once_exactly_as_many_as_the_plan_allows_are_made() {
    for test in companies().await {
        let had = look!(test, |tx| limits::standing(tx, account(), at(1)).await)
            .unwrap()
            .1
            .flows;
        given(&test, small(Some(had + 5), None, None)).await;
        let (test, document) = (Arc::new(test), document(&["mail", "windows"]));
        let tasks: Vec<_> = (0..64_u128)
            .map(|number| {
                let (test, document) = (Arc::clone(&test), Arc::clone(&document));
                tokio::spawn(async move {
                    commit!(test, [document], |tx| {
                        flows::create(tx, account(), id(1_000 + number), &document, id(OLGA), at(2)).await
                    })
                })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => made += 1,
                refused => is_limit(refused, Resource::Flows, had + 5),
            }
        }
        assert_eq!(made, 5);
        assert_eq!(differences(&test).await, []);
        let (_, usage) = look!(test, |tx| limits::standing(tx, account(), at(1)).await).unwrap();
        assert_eq!(usage.flows, had + 5);
        // With less than there is, everything stays and nothing comes.
        given(&test, small(Some(1), None, None)).await;
        let refused = commit!(test, [document], |tx| {
            flows::create(tx, account(), id(2_000), &document, id(OLGA), at(3)).await
        });
        is_limit(refused, Resource::Flows, 1);
    }
}

#[tokio::test]
async fn a_prepared_session_counts_when_it_starts_and_a_month_begins_at_nothing() {
    for test in companies().await {
        let month = 31 * 24 * 3_600;
        let used = |when| {
            let test = &test;
            async move {
                let usage = look!(test, |tx| limits::standing(tx, account(), at(when)).await);
                usage.unwrap().1.sessions
            }
        };
        let before = used(5).await;
        given(&test, small(None, Some(before + 1), None)).await;
        prepared(&test, 300).await;
        prepared(&test, 301).await;
        assert_eq!(used(5).await, before);
        command(&test, 300, LENA, 6, |standing, act| {
            start_prepared(&standing.session, act)
        })
        .await
        .unwrap();
        assert_eq!(used(6).await, before + 1);
        let refused = command(&test, 301, LENA, 7, |standing, act| {
            start_prepared(&standing.session, act)
        });
        let refused = format!("{:?}", refused.await.unwrap_err());
        assert!(refused.contains("PlanLimit"), "{refused}");
        let next = commit!(test, |tx| {
            sessions::next_number(tx, account(), flow(), Begins::Started, at(8)).await
        });
        is_limit(next, Resource::Sessions, before + 1);
        // Preparing is not held up.
        prepared(&test, 302).await;
        assert_eq!(used(month).await, 0);
        command(&test, 301, LENA, month, |standing, act| {
            start_prepared(&standing.session, act)
        })
        .await
        .unwrap();
        assert_eq!(used(month).await, 1);
        assert_eq!(differences(&test).await, []);
    }
}

#[tokio::test]
async fn members_take_seats_and_give_them_back() {
    for test in companies().await {
        let had = look!(test, |tx| limits::standing(tx, account(), at(1)).await)
            .unwrap()
            .1
            .members;
        given(&test, small(None, None, Some(had + 1))).await;
        let add = |number: u128| {
            let test = &test;
            async move {
                commit!(test, |tx| {
                    let user = NewUser {
                        id: id(number),
                        email: format!("{number}@example.com"),
                        name: "N".into(),
                        password_hash: None,
                    };
                    members::create_user(tx, &user, at(2)).await?;
                    let team = members::find(tx, account(), id(OLGA)).await?.unwrap().team_id;
                    members::add(tx, account(), id(number), Role::Viewer, team, at(2)).await
                })
            }
        };
        add(901).await.unwrap();
        is_limit(add(902).await, Resource::Members, had + 1);
        assert_eq!(differences(&test).await, []);
    }
}

#[tokio::test]
async fn tags_are_counted_as_they_come_and_go_and_what_differs_is_mended() {
    for test in companies().await {
        for tags in [&["mail", "ad"][..], &["ad", "dns"], &[], &["dns"]] {
            let document = document(tags);
            commit!(test, [document], |tx| {
                flows::lock(tx, account(), flow()).await?;
                flows::publish(tx, account(), flow(), &document, id(OLGA), at(3)).await
            })
            .unwrap();
            assert_eq!(differences(&test).await, [], "{tags:?}");
        }
        let kept = look!(test, |tx| flows::tags(tx, account(), 9).await).unwrap();
        assert_eq!(kept, [("dns".to_owned(), 1)]);
        commit!(test, |tx| {
            let sql = "UPDATE tags SET flow_count = 7 WHERE account_id = $1 AND tag = 'dns'";
            tx.execute(sql, &[&account()]).await?;
            let sql = "UPDATE accounts SET flow_count = 8, member_count = 0, started_count = 9 WHERE id = $1";
            tx.execute(sql, &[&account()]).await?;
            let sql = "UPDATE flow_uses SET used_count = 6 WHERE account_id = $1 AND flow_id = $2";
            tx.execute(sql, &[&account(), &flow()]).await
        })
        .unwrap();
        let found = differences(&test).await;
        let expected = [
            Counter::Flows,
            Counter::Members,
            Counter::Started,
            Counter::Used(flow()),
            Counter::Tag("dns".into()),
        ];
        assert_eq!(
            found.iter().map(|found| &found.counter).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        assert_eq!((found[4].kept, found[4].counted), (7, 1));
        let mended = commit!(test, |tx| reconcile::repair(tx, account()).await).unwrap();
        assert_eq!(mended, found);
        assert_eq!(differences(&test).await, []);
    }
}

#[tokio::test]
async fn who_runs_the_server_is_said_by_address() {
    for test in companies().await {
        let is = || {
            let test = &test;
            async move { look!(test, |tx| platform::is_platform_admin(tx, id(OLGA)).await).unwrap() }
        };
        assert!(!is().await);
        let set = |email: &'static str, yes| {
            let test = &test;
            async move { commit!(test, |tx| platform::set_platform_admin(tx, email, yes).await).unwrap() }
        };
        assert_eq!(set("olga@example.com", false).await, Named::Already);
        assert_eq!(set("  OLGA@example.com ", true).await, Named::Done(id(OLGA)));
        assert_eq!(set("olga@example.com", true).await, Named::Already);
        assert!(is().await);
        assert_eq!(set("nobody@example.com", true).await, Named::Nobody);
        assert_eq!(set("olga@example.com", false).await, Named::Done(id(OLGA)));
        assert!(!is().await);
        let state = look!(test, |tx| platform::state(tx, at(1)).await).unwrap();
        assert!(state.schema > 0);
        assert_eq!((state.letters_waiting, state.letters_failed), (0, 0));
    }
}
