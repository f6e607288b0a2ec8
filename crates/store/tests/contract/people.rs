//! Members: changing and removing them, and that an owner always stays.

use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::event::EventKind;
use resolutionflow_core::session::{Assignee, Heirs, Preparation, hand_over, prepare};
use resolutionflow_store::logins::{self, NewLogin};
use resolutionflow_store::members::{self, Removed};
use resolutionflow_store::sessions::{self, Held};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{families, notifications, presence};

use super::world::{
    FINN, LENA, MORGAN, OLGA, VERA, account, actor, assert_whole, at, command, commit, companies, company,
    id, kept, look, make, started,
};

async fn roles(test: &TestDb) -> Vec<(u128, Role)> {
    let found = look!(test, |tx| members::list(tx, account(), None, 50).await).unwrap();
    let number = |id: uuid::Uuid| id.as_u128();
    found
        .into_iter()
        .map(|member| (number(member.user_id.uuid()), member.role))
        .collect()
}

async fn set_role(test: &TestDb, person: u128, role: Role) -> bool {
    commit!(test, |tx| {
        assert!(
            members::standing_locked(tx, account(), id(person))
                .await?
                .is_some()
        );
        members::set_role(tx, account(), id(person), role).await
    })
    .unwrap()
}

async fn remove(test: &TestDb, person: u128) -> Removed {
    commit!(test, |tx| {
        members::standing_locked(tx, account(), id(person)).await?;
        members::remove(tx, account(), id(person), at(50)).await
    })
    .unwrap()
}

/// Signs somebody in by a browser, a program and a personal token, all numbered alike.
async fn signed_in(test: &TestDb, person: u128, number: u8, in_account: u128) -> bool {
    commit!(test, |tx| {
        let login = NewLogin {
            hash: [number; 32],
            id: id(u128::from(number)),
            user_id: id(person),
            auth_epoch: 0,
            device: "Firefox".into(),
            place: String::new(),
            expires_at: at(1_000),
        };
        let token = NewToken {
            hash: [number; 32],
            id: id(u128::from(number)),
            kind: TokenKind::Personal,
            user_id: id(person),
            auth_epoch: 0,
            name: "ci".into(),
            expires_at: at(1_000),
            family_id: None,
            scopes: Scopes::ALL,
        };
        let family = families::NewFamily {
            id: id(u128::from(number)),
            user_id: id(person),
            auth_epoch: 0,
            device: "program".into(),
            place: String::new(),
            expires_at: at(1_000),
            token: families::NewRefreshToken {
                hash: [number; 32],
                id: id(u128::from(number)),
                expires_at: at(1_000),
            },
        };
        let by_login = logins::create(tx, id(in_account), &login, at(2)).await?;
        let by_token = tokens::create(tx, id(in_account), &token, at(2)).await?;
        let by_program = families::begin(tx, id(in_account), &family, at(2)).await?;
        assert!(by_login == by_token && by_token == by_program);
        Ok(by_login)
    })
    .unwrap()
}

/// By how many of the three somebody still gets in.
async fn ways_in(test: &TestDb, number: u8) -> usize {
    let (login, token) = look!(test, |tx| {
        let login = logins::holder(tx, &[number; 32], at(0), at(60)).await?;
        Ok((login, tokens::bearer(tx, &[number; 32], at(60)).await?))
    })
    .unwrap();
    let program = commit!(test, |tx| {
        let next = families::NewRefreshToken {
            hash: [200 + number; 32],
            id: id(200 + u128::from(number)),
            expires_at: at(1_000),
        };
        let rotated = families::rotate(tx, &[number; 32], &next, chrono::TimeDelta::zero(), at(60)).await?;
        Ok(matches!(rotated, families::Rotation::Rotated(_)))
    })
    .unwrap();
    usize::from(login.is_some()) + usize::from(token.is_some()) + usize::from(program)
}

#[tokio::test]
async fn the_last_owner_keeps_the_account() {
    for test in companies().await {
        assert!(!set_role(&test, OLGA, Role::Admin).await);
        assert_eq!(remove(&test, OLGA).await, Removed::Stays);
        let disabled = commit!(test, |tx| members::set_disabled(
            tx,
            account(),
            id(OLGA),
            true,
            at(5)
        )
        .await);
        assert!(!disabled.unwrap());
        assert!(set_role(&test, OLGA, Role::Owner).await, "owner she may stay");

        assert!(set_role(&test, LENA, Role::Owner).await);
        commit!(test, |tx| members::set_disabled(
            tx,
            account(),
            id(LENA),
            true,
            at(5)
        )
        .await)
        .unwrap();
        assert!(!set_role(&test, OLGA, Role::Viewer).await, "Lena is disabled");
        let others = look!(test, |tx| members::other_owners(tx, account(), id(OLGA)).await);
        assert_eq!(others.unwrap(), 0);
        commit!(test, |tx| members::set_disabled(
            tx,
            account(),
            id(LENA),
            false,
            at(5)
        )
        .await)
        .unwrap();
        assert!(set_role(&test, OLGA, Role::Viewer).await);
        assert!(!set_role(&test, LENA, Role::Viewer).await);
    }
}

#[tokio::test]
async fn ownership_goes_from_one_to_another() {
    for test in companies().await {
        let transfer = |from: u128, to: u128| {
            let test = &test;
            async move {
                commit!(test, |tx| members::transfer(tx, account(), id(from), id(to))
                    .await)
                .unwrap()
            }
        };
        assert!(!transfer(MORGAN, LENA).await, "Morgan owns nothing");
        assert!(!transfer(OLGA, OLGA).await);
        assert!(!transfer(OLGA, 99).await);
        assert!(transfer(OLGA, LENA).await);
        let roles = roles(&test).await;
        assert!(roles.contains(&(OLGA, Role::Admin)) && roles.contains(&(LENA, Role::Owner)));
        assert!(!transfer(OLGA, LENA).await);
    }
}

#[tokio::test]
async fn whoever_is_removed_is_nobody_and_keeps_their_name() {
    for test in companies().await {
        company(&test, id(2)).await;
        assert!(signed_in(&test, LENA, 1, 1).await && signed_in(&test, LENA, 2, 2).await);
        assert_eq!(remove(&test, LENA).await, Removed::Done);
        assert_eq!(remove(&test, LENA).await, Removed::Stays);
        let found = look!(test, |tx| members::find(tx, account(), id(LENA)).await);
        assert_eq!(found.unwrap(), None);
        assert!(!roles(&test).await.iter().any(|(person, _)| *person == LENA));
        let names = look!(test, |tx| members::names(tx, account(), &[id(LENA)]).await).unwrap();
        assert_eq!(names[&id(LENA)], "Lena");
        assert!(!set_team_of(&test, LENA).await);
        let runs = commit!(test, |tx| members::still_runs(tx, account(), id(LENA)).await);
        assert!(!runs.unwrap());

        // All that was of this account ended, and nothing begins; the other account is as it was.
        assert_eq!(ways_in(&test, 1).await, 0);
        assert!(!signed_in(&test, LENA, 3, 1).await);
        assert_eq!(ways_in(&test, 2).await, 3);
        let places = look!(test, |tx| members::places(tx, id(LENA)).await).unwrap();
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].account_id, id(2));

        // Whoever comes again begins anew.
        commit!(test, |tx| members::add(
            tx,
            account(),
            id(LENA),
            Role::Viewer,
            id(21),
            at(70)
        )
        .await)
        .unwrap();
        assert!(roles(&test).await.contains(&(LENA, Role::Viewer)));
        assert_eq!(ways_in(&test, 1).await, 0, "what ended stays so");
        let twice = commit!(test, |tx| members::add(
            tx,
            account(),
            id(LENA),
            Role::Owner,
            id(21),
            at(70)
        )
        .await);
        assert!(!twice.unwrap());
        assert!(roles(&test).await.contains(&(LENA, Role::Viewer)));
    }
}

async fn set_team_of(test: &TestDb, person: u128) -> bool {
    commit!(test, |tx| members::set_team(tx, account(), id(person), id(22))
        .await)
    .unwrap()
}

#[tokio::test]
async fn whoever_is_disabled_is_signed_out_here_and_comes_back_with_nothing() {
    for test in companies().await {
        company(&test, id(2)).await;
        assert!(signed_in(&test, LENA, 1, 1).await && signed_in(&test, LENA, 2, 2).await);
        let set = |disabled: bool| {
            let test = &test;
            async move {
                commit!(test, |tx| members::set_disabled(
                    tx,
                    account(),
                    id(LENA),
                    disabled,
                    at(9)
                )
                .await)
                .unwrap()
            }
        };
        assert!(set(true).await);
        assert_eq!((ways_in(&test, 1).await, ways_in(&test, 2).await), (0, 3));
        assert!(!signed_in(&test, LENA, 3, 1).await);
        assert!(set(false).await);
        assert_eq!(ways_in(&test, 1).await, 0);
        assert!(signed_in(&test, LENA, 4, 1).await);
        let other = look!(test, |tx| members::find(tx, id(2), id(LENA)).await).unwrap();
        assert_eq!(other.unwrap().disabled_at, None);
    }
}

#[tokio::test]
async fn a_team_that_is_not_there_takes_nobody() {
    for test in companies().await {
        assert!(set_team_of(&test, LENA).await);
        let lena = look!(test, |tx| members::find(tx, account(), id(LENA)).await).unwrap();
        assert_eq!(lena.unwrap().team_id, id(22));
        let nowhere = commit!(test, |tx| members::set_team(tx, account(), id(LENA), id(99))
            .await);
        assert!(!nowhere.unwrap());
    }
}

#[tokio::test]
async fn what_a_member_holds_is_handed_over_before_they_go() {
    for test in companies().await {
        make(&test, 501, LENA, 1, |new, outline, act| {
            let preparation = Preparation {
                assignee: Some(Assignee {
                    user_id: id(MORGAN),
                    role: Some(Role::Engineer),
                }),
                ..Preparation::default()
            };
            prepare(new, outline, &preparation, act)
        })
        .await;
        started(&test, 502).await;
        // Prepared by Morgan for anyone: nobody is missing when he goes.
        make(&test, 503, MORGAN, 1, |new, outline, act| {
            prepare(new, outline, &Preparation::default(), act)
        })
        .await;
        let held = look!(test, |tx| sessions::count_held(tx, account(), id(MORGAN)).await);
        assert_eq!(
            held.unwrap(),
            Held {
                prepared: 1,
                active: 1
            }
        );
        let mut ids = look!(test, |tx| sessions::held_by(tx, account(), id(MORGAN), 9).await).unwrap();
        ids.sort_unstable();
        assert_eq!(ids, [id(501), id(502)]);
        assert_eq!(remove(&test, MORGAN).await, Removed::Holds);
    }
}

#[tokio::test]
async fn a_session_goes_to_its_heir_with_an_event() {
    for test in companies().await {
        started(&test, 502).await;
        let heirs = |active: Option<u128>| Heirs {
            prepared: None,
            active: active.map(|person| Assignee {
                user_id: id(person),
                role: Some(actor(person).role),
            }),
        };
        for (active, who) in [
            (None, OLGA),
            (Some(MORGAN), OLGA),
            (Some(VERA), OLGA),
            (Some(LENA), FINN),
        ] {
            let refused = command(&test, 502, who, 5, move |standing, act| {
                hand_over(&standing.session, id(MORGAN), &heirs(active), act)
            });
            assert!(refused.await.is_err(), "{active:?} by {who}");
        }
        for time in [6, 7] {
            command(&test, 502, OLGA, time, move |standing, act| {
                hand_over(&standing.session, id(MORGAN), &heirs(Some(LENA)), act)
            })
            .await
            .unwrap();
        }
        let kept = kept(&test, 502).await;
        assert_whole(&kept);
        let kinds: Vec<_> = kept.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Started, EventKind::Assigned], "once");
        assert_eq!(
            (kept.session.assigned_to_id, kept.session.owner_id),
            (Some(id(LENA)), Some(id(MORGAN)))
        );
        let told = look!(test, |tx| notifications::list(
            tx,
            account(),
            id(LENA),
            true,
            None,
            9
        )
        .await);
        assert_eq!(told.unwrap().len(), 1);
        commit!(test, |tx| {
            presence::here(tx, account(), id(502), id(MORGAN), None, at(40)).await?;
            Ok(())
        })
        .unwrap();
        assert_eq!(remove(&test, MORGAN).await, Removed::Done);
        let here = look!(test, |tx| presence::of(tx, account(), id(502), at(0)).await);
        assert!(here.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_name_is_the_persons_everywhere() {
    for test in companies().await {
        company(&test, id(2)).await;
        commit!(test, |tx| members::set_name(tx, id(LENA), "Lena Koch").await).unwrap();
        for number in [1, 2] {
            let lena = look!(test, |tx| members::find(tx, id(number), id(LENA)).await).unwrap();
            assert_eq!(lena.unwrap().name, "Lena Koch");
        }
    }
}

#[tokio::test]
async fn a_sign_in_acts_in_the_account_that_was_used_last() {
    for test in companies().await {
        commit!(test, |tx| {
            members::create_account(tx, id(5), "Other", id(40), at(0)).await?;
            members::add(tx, id(5), id(OLGA), Role::Viewer, id(40), at(100)).await
        })
        .unwrap();
        let account_of_olga = || async {
            let found = look!(test, |tx| members::credentials(tx, "olga@example.com").await);
            found.unwrap().unwrap().account_id
        };
        assert_eq!(account_of_olga().await, account(), "joined first");
        assert!(signed_in(&test, OLGA, 1, 5).await);
        assert_eq!(account_of_olga().await, id(5));
        assert!(signed_in(&test, OLGA, 2, 1).await);
        commit!(test, |tx| logins::touch(tx, &[2; 32], at(30)).await).unwrap();
        assert_eq!(account_of_olga().await, account());
        let olga = look!(test, |tx| members::find(tx, account(), id(OLGA)).await).unwrap();
        assert_eq!(olga.unwrap().used_at, Some(at(30)));
        commit!(test, |tx| logins::touch(tx, &[2; 32], at(20)).await).unwrap();
        let olga = look!(test, |tx| members::find(tx, account(), id(OLGA)).await).unwrap();
        assert_eq!(olga.unwrap().used_at, Some(at(30)), "never back");
    }
}

#[tokio::test]
async fn a_token_keeps_its_scopes() {
    for test in companies().await {
        let scopes = Scopes::parse("run read").unwrap();
        commit!(test, |tx| {
            let token = NewToken {
                hash: [9; 32],
                id: id(9),
                kind: TokenKind::Personal,
                user_id: id(LENA),
                auth_epoch: 0,
                name: "few".into(),
                expires_at: at(1_000),
                family_id: None,
                scopes,
            };
            tokens::create(tx, account(), &token, at(1)).await
        })
        .unwrap();
        let bearer = look!(test, |tx| tokens::bearer(tx, &[9; 32], at(2)).await).unwrap();
        assert_eq!(bearer.unwrap().scopes, scopes);
        let listed = look!(test, |tx| tokens::personal(tx, account(), id(LENA), None, 9)
            .await);
        assert_eq!(listed.unwrap()[0].scopes, scopes);
    }
}

#[tokio::test]
async fn what_is_in_another_account_is_found_by_its_members_alone() {
    for test in companies().await {
        let other = 2;
        commit!(test, |tx| {
            members::create_account(tx, id(other), "Other", id(40), at(0)).await?;
            members::add(tx, id(other), id(OLGA), Role::Viewer, id(40), at(1)).await
        })
        .unwrap();
        started(&test, 502).await;
        let find = |person: u128, thing: members::Thing, number: u128| {
            let test = &test;
            async move {
                let found = look!(test, |tx| {
                    let number = uuid::Uuid::from_u128(number);
                    members::place_of(tx, id(person), thing, number).await
                });
                found.unwrap().map(|place| place.account_id)
            }
        };
        assert_eq!(find(OLGA, members::Thing::Session, 502).await, Some(account()));
        assert_eq!(find(OLGA, members::Thing::Flow, 100).await, Some(account()));
        assert_eq!(find(OLGA, members::Thing::Session, 503).await, None);
        assert_eq!(remove(&test, VERA).await, Removed::Done);
        assert_eq!(find(VERA, members::Thing::Session, 502).await, None);
    }
}

#[tokio::test]
async fn somebody_still_is_what_they_were_until_they_are_changed() {
    for test in companies().await {
        let still = |role| {
            let test = &test;
            async move { commit!(test, |tx| members::still_is(tx, account(), id(LENA), role).await).unwrap() }
        };
        assert!(set_role(&test, LENA, Role::Admin).await);
        assert!(still(Role::Admin).await && !still(Role::Owner).await);
        assert!(set_role(&test, LENA, Role::Viewer).await);
        assert!(!still(Role::Admin).await && still(Role::Viewer).await);
        let disabled = commit!(test, |tx| members::set_disabled(
            tx,
            account(),
            id(LENA),
            true,
            at(5)
        )
        .await);
        assert!(disabled.unwrap() && !still(Role::Viewer).await);
    }
}
