//! Accounts and members.

use resolutionflow_core::access::Role;
use resolutionflow_core::id::{AccountId, UserId};
use resolutionflow_store::members::{self, Founding, Member, NewUser};
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Error, Result};

use super::world::{FINN, LENA, OLGA, account, at, commit, companies, id, look};

#[tokio::test]
async fn the_first_account_is_the_oldest_and_a_new_database_has_none() {
    for test in databases().await {
        assert_eq!(look!(test, |tx| members::first_account(tx).await).unwrap(), None);
        let none = look!(test, |tx| members::account_name(tx, account()).await);
        assert!(matches!(none, Err(Error::NoRow)), "{none:?}");
        for (number, team) in [(2, 20), (1, 30), (3, 10)] {
            commit!(test, |tx| members::create_account(
                tx,
                id(number),
                "ÄÖ \"Q\" '; --",
                id(team),
                at(0)
            )
            .await)
            .unwrap();
        }
        let first = look!(test, |tx| members::first_account(tx).await).unwrap();
        assert_eq!(first, Some((id(1), id(30))));
        assert_eq!(
            look!(test, |tx| members::account_name(tx, id(2)).await).unwrap(),
            "ÄÖ \"Q\" '; --"
        );
        let again = commit!(test, |tx| members::create_account(
            tx,
            id(1),
            "Again",
            id(31),
            at(0)
        )
        .await);
        assert!(matches!(again, Err(Error::Duplicate)), "{again:?}");
    }
}

fn founding(number: u128) -> Founding {
    Founding {
        account_id: id(number),
        account_name: format!("Company {number}"),
        team_id: id(number + 1_000),
        owner: NewUser {
            id: id(number + 2_000),
            email: format!("owner{number}@example.com"),
            name: "Owner".into(),
            password_hash: Some("$argon2id$".into()),
        },
    }
}

/// How many accounts, teams, people and members there are.
async fn founded(test: &TestDb) -> (i64, i64, i64, i64) {
    look!(test, |tx| {
        tx.across_accounts()
            .one(
                "SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM teams), \
                 (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM members)",
                &[],
            )
            .await
    })
    .unwrap()
}

#[tokio::test]
async fn a_new_database_is_set_up_once() {
    for test in databases().await {
        assert!(!look!(test, |tx| members::anybody(tx).await).unwrap());
        let new = founding(1);
        assert!(commit!(test, [new], |tx| members::found(tx, &new, at(0)).await).unwrap());
        assert!(look!(test, |tx| members::anybody(tx).await).unwrap());
        let owner = look!(test, |tx| members::find(tx, id(1), id(2_001)).await)
            .unwrap()
            .unwrap();
        assert_eq!((owner.role, owner.team_id), (Role::Owner, id(1_001)));
        assert_eq!(owner.email, "owner1@example.com");
        assert_eq!(
            look!(test, |tx| members::account_name(tx, id(1)).await).unwrap(),
            "Company 1"
        );
        let second = founding(2);
        assert!(!commit!(test, [second], |tx| members::found(tx, &second, at(0)).await).unwrap());
        assert_eq!(founded(&test).await, (1, 1, 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_set_a_new_database_up_one_wins() {
    for test in databases().await {
        let tasks: Vec<_> = (1..=32)
            .map(|number| {
                let (db, new) = (test.db.clone(), founding(number));
                tokio::spawn(async move {
                    db.write::<_, Error, _>(move |tx| {
                        let new = new.clone();
                        Box::pin(async move { members::found(tx, &new, at(0)).await })
                    })
                    .await
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += i64::from(task.await.unwrap().unwrap());
        }
        assert_eq!(won, 1);
        assert_eq!(founded(&test).await, (1, 1, 1, 1));
    }
}

#[tokio::test]
async fn an_address_is_taken_in_any_case_and_with_space_around_it() {
    for test in companies().await {
        for email in ["OLGA@example.COM", "  olga@example.com\t"] {
            let user = NewUser {
                id: id(70),
                email: email.into(),
                name: "Other".into(),
                password_hash: None,
            };
            assert!(!commit!(test, [user], |tx| members::create_user(tx, &user, at(0)).await).unwrap());
            let found = look!(test, |tx| members::credentials(tx, email).await)
                .unwrap()
                .unwrap();
            assert_eq!(found.user_id, id(OLGA));
        }
        // Capitals beyond ASCII are the same too.
        for (number, made) in [(71, true), (72, false)] {
            let email = if made {
                "ödön@example.com"
            } else {
                "ÖDÖN@example.com"
            };
            let user = NewUser {
                id: id(number),
                email: email.into(),
                name: "Ö".into(),
                password_hash: None,
            };
            assert_eq!(
                commit!(test, [user], |tx| members::create_user(tx, &user, at(0)).await).unwrap(),
                made
            );
        }
    }
}

#[tokio::test]
async fn a_member_is_found_as_they_were_added() {
    for test in companies().await {
        let found = look!(test, |tx| members::find(tx, account(), id(FINN)).await).unwrap();
        let expected = Member {
            user_id: id(FINN),
            email: "Finn@Example.com".into(),
            name: "Finn".into(),
            role: Role::Engineer,
            team_id: id(22),
            created_at: at(0),
            disabled_at: None,
            used_at: None,
        };
        assert_eq!(found, Some(expected));
        assert_eq!(
            look!(test, |tx| members::find(tx, account(), id(99)).await).unwrap(),
            None
        );
        assert_eq!(
            look!(test, |tx| members::find(tx, id(99), id(FINN)).await).unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn nobody_is_a_member_twice_or_in_a_team_of_another_account() {
    for test in companies().await {
        let twice = commit!(test, |tx| {
            members::add(tx, account(), id(FINN), Role::Owner, id(21), at(1)).await
        });
        assert!(!twice.unwrap());
        let found = look!(test, |tx| members::find(tx, account(), id(FINN)).await).unwrap();
        assert_eq!(found.unwrap().role, Role::Engineer);
        commit!(test, |tx| members::create_account(
            tx,
            id(2),
            "Other",
            id(40),
            at(0)
        )
        .await)
        .unwrap();
        let strange = commit!(test, |tx| members::add(
            tx,
            id(2),
            id(FINN),
            Role::Owner,
            id(21),
            at(1)
        )
        .await);
        assert!(matches!(strange, Err(Error::Constraint(_))), "{strange:?}");
        let unknown = commit!(test, |tx| members::add(
            tx,
            id(2),
            id(99),
            Role::Owner,
            id(40),
            at(1)
        )
        .await);
        assert!(matches!(unknown, Err(Error::Constraint(_))), "{unknown:?}");
    }
}

#[tokio::test]
async fn members_come_in_pages_without_gaps_or_repeats() {
    for test in companies().await {
        for number in 200..230 {
            let user = NewUser {
                id: id(number),
                email: format!("{number}@example.com"),
                name: String::new(),
                password_hash: None,
            };
            commit!(test, [user], |tx| {
                members::create_user(tx, &user, at(0)).await?;
                members::add(tx, account(), user.id, Role::Engineer, id(21), at(1)).await
            })
            .unwrap();
        }
        let whole = look!(test, |tx| members::list(tx, account(), None, 1_000).await).unwrap();
        assert_eq!(whole.len(), 35);
        assert!(whole.is_sorted_by_key(|member| member.user_id));
        for limit in [1, 7, 35, 36] {
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let page = look!(test, |tx| members::list(tx, account(), after, limit).await).unwrap();
                assert!(page.len() <= usize::try_from(limit).unwrap());
                let Some(last) = page.last() else { break };
                after = Some(last.user_id);
                paged.extend(page);
                assert!(paged.len() <= whole.len(), "a page repeats");
            }
            assert_eq!(paged, whole);
        }
        for limit in [0, -1, i64::MIN] {
            assert!(
                look!(test, |tx| members::list(tx, account(), None, limit).await)
                    .unwrap()
                    .is_empty()
            );
        }
    }
}

#[tokio::test]
async fn people_are_named_as_far_as_they_belong_to_the_account() {
    for test in companies().await {
        commit!(test, |tx| {
            for number in 200..450 {
                let (email, name) = (format!("{number}@example.com"), format!("Person {number}"));
                let user = NewUser {
                    id: id(number),
                    email,
                    name,
                    password_hash: None,
                };
                members::create_user(tx, &user, at(0)).await?;
                members::add(tx, account(), user.id, Role::Viewer, id(21), at(1)).await?;
            }
            let stranger = NewUser {
                id: id(500),
                email: "stranger@example.com".into(),
                name: "Stranger".into(),
                password_hash: None,
            };
            members::create_user(tx, &stranger, at(0)).await?;
            tx.across_accounts()
                .execute(
                    "UPDATE members SET disabled_at = $2 WHERE user_id = $1",
                    &[&id_of(FINN), &at(6)],
                )
                .await
        })
        .unwrap();
        // Around the size of one statement, with people asked for twice, strangers and nobody.
        for count in [0, 1, 99, 100, 101, 200, 250] {
            let asked: Vec<UserId> = (200..200 + count).chain([500, 999, FINN, FINN]).map(id).collect();
            let names = look!(test, [asked], |tx| members::names(tx, account(), &asked).await).unwrap();
            assert_eq!(names.len(), usize::try_from(count).unwrap() + 1);
            assert_eq!(names[&id(FINN)], "Finn");
            for number in 200..200 + count {
                assert_eq!(names[&id(number)], format!("Person {number}"));
            }
            assert!(
                look!(test, [asked], |tx| members::names(tx, id(2), &asked).await)
                    .unwrap()
                    .is_empty()
            );
        }
        assert!(
            look!(test, |tx| members::names(tx, account(), &[]).await)
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn whoever_is_disabled_is_listed_and_has_no_credentials() {
    for test in companies().await {
        commit!(test, |tx| {
            tx.execute(
                "UPDATE users SET disabled_at = $2 WHERE id = $1",
                &[&id_of(LENA), &at(5)],
            )
            .await?;
            tx.across_accounts()
                .execute(
                    "UPDATE members SET disabled_at = $2 WHERE user_id = $1",
                    &[&id_of(FINN), &at(6)],
                )
                .await
        })
        .unwrap();
        for (person, when) in [(LENA, at(5)), (FINN, at(6))] {
            let member = look!(test, |tx| members::find(tx, account(), id(person)).await)
                .unwrap()
                .unwrap();
            assert_eq!(member.disabled_at, Some(when));
        }
        for email in ["lena@example.com", "finn@example.com", "nobody@example.com", ""] {
            assert!(
                look!(test, |tx| members::credentials(tx, email).await)
                    .unwrap()
                    .is_none()
            );
        }
        // The other account of a person whose membership ended here is the one they act in.
        commit!(test, |tx| {
            members::create_account(tx, id(2), "Other", id(40), at(0)).await?;
            members::add(tx, id(2), id(FINN), Role::Viewer, id(40), at(9)).await
        })
        .unwrap();
        let finn = look!(test, |tx| members::credentials(tx, "finn@example.com").await)
            .unwrap()
            .unwrap();
        assert_eq!(
            (finn.account_id, finn.user_id),
            (id::<_>(2), id::<_>(FINN)) as (AccountId, UserId)
        );
    }
}

fn id_of(person: u128) -> UserId {
    id(person)
}

#[tokio::test]
async fn a_sign_in_acts_in_the_account_that_was_joined_first() {
    for test in companies().await {
        for (account, name, team, joined) in [(5, "Later", 40, 100), (6, "Earlier", 41, -100)] {
            commit!(test, |tx| {
                members::create_account(tx, id(account), name, id(team), at(0)).await?;
                members::add(tx, id(account), id(OLGA), Role::Viewer, id(team), at(joined)).await
            })
            .unwrap();
        }
        let olga = look!(test, |tx| members::credentials(tx, "olga@example.com").await)
            .unwrap()
            .unwrap();
        assert_eq!(olga.account_id, id(6));
        assert_eq!(olga.password_hash.as_deref(), Some("$argon2id$Olga"));
        assert_eq!(olga.auth_epoch, 0);
    }
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knew_the_one_before() {
    for test in companies().await {
        let change = |epoch: i64| {
            let test = &test;
            async move {
                let changed = commit!(test, |tx| members::change_password(tx, id(OLGA), epoch, "new")
                    .await);
                changed.unwrap()
            }
        };
        assert!(!change(1).await);
        assert!(change(0).await);
        assert!(!change(0).await, "one of two who change it at once");
        let olga = look!(test, |tx| members::credentials(tx, "olga@example.com").await)
            .unwrap()
            .unwrap();
        assert_eq!((olga.password_hash.as_deref(), olga.auth_epoch), (Some("new"), 1));
    }
}

#[tokio::test]
async fn a_new_password_raises_the_epoch_of_one_person() {
    for test in companies().await {
        let set = |email: &'static str| {
            let test = &test;
            async move { commit!(test, |tx| members::set_password(tx, email, "new").await) }
        };
        let changed: Result<bool> = set(" OLGA@EXAMPLE.com ").await;
        assert!(changed.unwrap());
        assert!(!set("nobody@example.com").await.unwrap());
        let olga = look!(test, |tx| members::credentials(tx, "olga@example.com").await)
            .unwrap()
            .unwrap();
        assert_eq!((olga.password_hash.as_deref(), olga.auth_epoch), (Some("new"), 1));
        let lena = look!(test, |tx| members::credentials(tx, "lena@example.com").await)
            .unwrap()
            .unwrap();
        assert_eq!(
            (lena.password_hash.as_deref(), lena.auth_epoch),
            (Some("$argon2id$Lena"), 0)
        );
    }
}

#[tokio::test]
async fn the_accounts_of_an_address_are_found() {
    for test in companies().await {
        super::world::company(&test, id(2)).await;
        let found = look!(test, |tx| members::accounts(tx, " LENA@example.com").await).unwrap();
        assert_eq!(found, [(account(), id(LENA)), (id(2), id(LENA))]);
        let nobody = look!(test, |tx| members::accounts(tx, "nobody@example.com").await).unwrap();
        assert!(nobody.is_empty());
    }
}
