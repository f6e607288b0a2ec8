//! Logins: who is signed in by one, and what ends it.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::id::UserId;
use resolutionflow_store::logins::{self, Ended, Holder, Login, NewLogin};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Error, members};

use super::world::{FINN, LENA, MORGAN, OLGA, VERA, account, at, commit, companies, company, id, look};

fn login(number: u8, person: u128) -> NewLogin {
    NewLogin {
        hash: [number; 32],
        id: id(u128::from(number)),
        user_id: id(person),
        auth_epoch: 0,
        device: format!("Firefox {number} on Linux"),
        place: "2001:db8::7".into(),
        expires_at: at(1_000),
    }
}

async fn keep(test: &TestDb, login: &NewLogin, when: i64) -> bool {
    commit!(test, [login], |tx| logins::create(
        tx,
        account(),
        &login,
        at(when)
    )
    .await)
    .unwrap()
}

/// The holder, where whatever was used at all is not idle.
async fn holder(test: &TestDb, number: u8, when: DateTime<Utc>) -> Option<Holder> {
    look!(test, |tx| logins::holder(tx, &[number; 32], at(0), when).await).unwrap()
}

async fn listed(test: &TestDb, person: u128, idle_since: i64, when: i64) -> Vec<Login> {
    look!(test, |tx| logins::list(tx, id(person), at(idle_since), at(when))
        .await)
    .unwrap()
}

#[tokio::test]
async fn a_login_tells_who_is_signed_in_until_it_expires() {
    for test in companies().await {
        assert!(keep(&test, &login(1, MORGAN), 1).await);
        let expected = Holder {
            login_id: id(1),
            account_id: account(),
            user_id: id(MORGAN),
            name: "Morgan".into(),
            email: "Morgan@Example.com".into(),
            role: Role::Engineer,
            team_id: id(21),
            account_name: "Example".into(),
            last_used_at: at(1),
            auth_epoch: 0,
        };
        assert_eq!(holder(&test, 1, at(999)).await, Some(expected));
        assert_eq!(holder(&test, 2, at(1)).await, None);
        // From the moment on, not after it.
        assert_eq!(holder(&test, 1, at(1_000)).await, None);
        assert_eq!(holder(&test, 1, at(1_001)).await, None);
    }
}

#[tokio::test]
async fn a_login_that_is_not_used_ends_by_itself() {
    for test in companies().await {
        assert!(keep(&test, &login(1, MORGAN), 10).await);
        let used_since = |idle_since| {
            let test = &test;
            async move {
                let found = look!(test, |tx| logins::holder(tx, &[1; 32], at(idle_since), at(500))
                    .await);
                found.unwrap().map(|holder| holder.last_used_at)
            }
        };
        assert_eq!(used_since(10).await, Some(at(10)));
        assert_eq!(used_since(11).await, None);
        assert_eq!(listed(&test, MORGAN, 10, 500).await.len(), 1);
        assert!(listed(&test, MORGAN, 11, 500).await.is_empty());
        for (now, used) in [(40, 40), (30, 40), (41, 41)] {
            commit!(test, |tx| logins::touch(tx, &[1; 32], at(now)).await).unwrap();
            assert_eq!(used_since(11).await, Some(at(used)));
        }
        commit!(test, |tx| logins::touch(tx, &[99; 32], at(50)).await).unwrap();
    }
}

#[tokio::test]
async fn a_login_is_only_kept_for_an_enabled_member() {
    for test in companies().await {
        assert!(!keep(&test, &login(1, 99), 1).await);
        let foreign = login(1, OLGA);
        assert!(
            !commit!(test, [foreign], |tx| logins::create(tx, id(9), &foreign, at(1))
                .await)
            .unwrap()
        );
        disable(&test, LENA, FINN).await;
        for person in [LENA, FINN] {
            assert!(!keep(&test, &login(1, person), 1).await);
        }
        assert_eq!(holder(&test, 1, at(1)).await, None);
    }
}

/// Disables one person everywhere and another as a member.
async fn disable(test: &TestDb, person: u128, member: u128) {
    commit!(test, |tx| {
        let (person, member): (UserId, UserId) = (id(person), id(member));
        tx.execute(
            "UPDATE users SET disabled_at = $2 WHERE id = $1",
            &[&person, &at(0)],
        )
        .await?;
        tx.across_accounts()
            .execute(
                "UPDATE members SET disabled_at = $2 WHERE user_id = $1",
                &[&member, &at(0)],
            )
            .await
    })
    .unwrap();
}

#[tokio::test]
async fn no_two_logins_share_a_secret_or_an_id() {
    for test in companies().await {
        assert!(keep(&test, &login(1, OLGA), 1).await);
        for other in [
            NewLogin {
                id: id(50),
                ..login(1, LENA)
            },
            NewLogin {
                id: id(1),
                ..login(5, LENA)
            },
        ] {
            let twice = commit!(test, [other], |tx| logins::create(tx, account(), &other, at(1))
                .await);
            assert!(matches!(twice, Err(Error::Duplicate)), "{twice:?}");
        }
    }
}

#[tokio::test]
async fn a_raised_epoch_a_disabled_person_and_an_ended_membership_end_logins_at_once() {
    for test in companies().await {
        for (number, person) in [(1, OLGA), (2, MORGAN), (3, LENA), (4, VERA)] {
            assert!(keep(&test, &login(number, person), 1).await);
        }
        commit!(test, |tx| members::set_password(tx, "olga@example.com", "new")
            .await)
        .unwrap();
        disable(&test, MORGAN, LENA).await;
        for (number, person) in [(1, OLGA), (2, MORGAN), (3, LENA)] {
            assert_eq!(holder(&test, number, at(3)).await, None, "login {number}");
            assert!(listed(&test, person, 0, 3).await.is_empty());
        }
        assert!(holder(&test, 4, at(3)).await.is_some());
        // What was shown before the change makes no login after it, and what is shown after it does.
        assert!(!keep(&test, &login(5, OLGA), 2).await);
        let again = NewLogin {
            auth_epoch: 1,
            ..login(5, OLGA)
        };
        assert!(keep(&test, &again, 2).await);
        assert!(holder(&test, 5, at(3)).await.is_some());
        assert_eq!(holder(&test, 1, at(3)).await, None);
    }
}

#[tokio::test]
async fn a_person_sees_their_own_logins_the_last_used_first() {
    for test in companies().await {
        company(&test, id(2)).await;
        for number in 1..=6 {
            let person = if number % 2 == 0 { OLGA } else { LENA };
            assert!(keep(&test, &login(number, person), i64::from(number)).await);
        }
        // In another account they are the same person.
        let elsewhere = login(8, OLGA);
        assert!(
            commit!(test, [elsewhere], |tx| logins::create(
                tx,
                id(2),
                &elsewhere,
                at(3)
            )
            .await)
            .unwrap()
        );
        commit!(test, |tx| logins::touch(tx, &[2; 32], at(50)).await).unwrap();
        let short = NewLogin {
            expires_at: at(60),
            ..login(10, OLGA)
        };
        assert!(keep(&test, &short, 9).await);
        let found = listed(&test, OLGA, 0, 60).await;
        let ids: Vec<_> = found.iter().map(|login| login.id).collect();
        assert_eq!(ids, [2, 6, 4, 8].map(id));
        let first = Login {
            id: id(2),
            device: "Firefox 2 on Linux".into(),
            place: "2001:db8::7".into(),
            created_at: at(2),
            last_used_at: at(50),
            expires_at: at(1_000),
        };
        assert_eq!(found[0], first);
        assert_eq!(listed(&test, OLGA, 0, 59).await.len(), 5);
        assert!(listed(&test, FINN, 0, 59).await.is_empty());
    }
}

#[tokio::test]
async fn the_list_of_logins_has_an_end() {
    for test in companies().await {
        for number in 1..=110 {
            assert!(keep(&test, &login(number, OLGA), i64::from(number)).await);
        }
        let found = listed(&test, OLGA, 0, 500).await;
        assert_eq!((found.len(), found[0].id, found[99].id), (100, id(110), id(11)));
    }
}

#[tokio::test]
async fn only_its_owner_ends_a_login() {
    for test in companies().await {
        for (number, person) in [(1, OLGA), (2, OLGA), (3, OLGA), (4, LENA)] {
            assert!(keep(&test, &login(number, person), 1).await);
        }
        let end = |person, number| {
            let test = &test;
            async move {
                let ended = commit!(test, |tx| logins::end(tx, id(person), id(number)).await).unwrap();
                if let Some(ended) = ended {
                    let expected = Ended {
                        login_id: id(number),
                        account_id: account(),
                        user_id: id(person),
                        expires_at: at(1_000),
                    };
                    assert_eq!(ended, expected);
                }
                ended.is_some()
            }
        };
        assert!(!end(LENA, 1).await);
        assert!(!end(OLGA, 99).await);
        assert!(holder(&test, 1, at(2)).await.is_some());
        assert!(end(OLGA, 1).await);
        assert!(!end(OLGA, 1).await);
        assert_eq!(holder(&test, 1, at(2)).await, None);

        // A person's programs end, too; a login made before, and told to stay, stays.
        let token = NewToken {
            hash: [9; 32],
            id: id(9),
            kind: TokenKind::Personal,
            user_id: id(OLGA),
            auth_epoch: 0,
            name: "nightly".to_owned(),
            expires_at: at(1_000),
            family_id: None,
            scopes: Scopes::ALL,
        };
        commit!(test, [token], |tx| tokens::create(tx, account(), &token, at(1))
            .await)
        .unwrap();
        let own = || async {
            look!(test, |tx| tokens::personal(tx, account(), id(OLGA), None, 9)
                .await)
            .unwrap()
        };
        assert_eq!(own().await.len(), 1);
        let others = commit!(test, |tx| logins::end_others(tx, id(OLGA), id(3)).await).unwrap();
        let others: Vec<_> = others.iter().map(|ended| ended.login_id).collect();
        assert_eq!(others, [id(2)]);
        assert!(own().await.is_empty());
        let bearer = look!(test, |tx| tokens::bearer(tx, &[9; 32], at(2)).await).unwrap();
        assert_eq!(bearer, None);
        assert_eq!(holder(&test, 2, at(2)).await, None);
        assert!(holder(&test, 3, at(2)).await.is_some());
        assert!(holder(&test, 4, at(2)).await.is_some());

        for ended in [true, false] {
            let until = look!(test, |tx| logins::expires_at(tx, &[3; 32]).await).unwrap();
            assert_eq!(until, ended.then_some(at(1_000)));
            let signed_out = commit!(test, |tx| logins::end_by_hash(tx, &[3; 32]).await).unwrap();
            assert_eq!(signed_out.is_some(), ended);
            assert_eq!(holder(&test, 3, at(2)).await, None);
        }
        assert!(holder(&test, 4, at(2)).await.is_some());
    }
}

#[tokio::test]
async fn expired_logins_are_forgotten_a_batch_at_a_time() {
    for test in companies().await {
        for number in 1..=10 {
            let new = NewLogin {
                expires_at: at(i64::from(number) * 10),
                ..login(number, OLGA)
            };
            assert!(keep(&test, &new, 1).await);
        }
        let forget = |before, limit| {
            let test = &test;
            async move { commit!(test, |tx| logins::forget(tx, before, limit).await).unwrap() }
        };
        assert_eq!(forget(at(10), 100).await, 0);
        assert_eq!(forget(at(81), -1).await, 0);
        assert_eq!(forget(at(81), 3).await, 3);
        assert_eq!(forget(at(81), 100).await, 5);
        assert_eq!(forget(at(81), 100).await, 0);
        assert!(holder(&test, 8, at(2)).await.is_none());
        assert!(holder(&test, 9, at(2)).await.is_some());
        assert!(holder(&test, 10, at(2)).await.is_some());
    }
}
