//! Tokens: who shows one, and what ends it.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::id::UserId;
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::tokens::{self, Bearer, NewToken, Personal, TokenKind};
use resolutionflow_store::{Error, members};

use super::world::{ACCOUNT, FINN, LENA, MORGAN, OLGA, VERA, account, at, commit, companies, id, look};

fn token(number: u8, person: u128, kind: TokenKind) -> NewToken {
    NewToken {
        hash: [number; 32],
        id: id(u128::from(number)),
        kind,
        user_id: id(person),
        auth_epoch: 0,
        name: format!("token {number}"),
        expires_at: at(1_000),
        family_id: None,
        scopes: Scopes::ALL,
    }
}

async fn keep(test: &TestDb, token: &NewToken) -> bool {
    commit!(test, [token], |tx| tokens::create(tx, account(), &token, at(1))
        .await)
    .unwrap()
}

async fn bearer(test: &TestDb, number: u8, when: DateTime<Utc>) -> Option<Bearer> {
    look!(test, |tx| tokens::bearer(tx, &[number; 32], when).await).unwrap()
}

#[tokio::test]
async fn a_token_tells_who_shows_it_until_it_expires() {
    for test in companies().await {
        assert!(keep(&test, &token(1, MORGAN, TokenKind::Access)).await);
        assert!(keep(&test, &token(2, OLGA, TokenKind::Personal)).await);
        let expected = Bearer {
            token_id: id(1),
            personal: false,
            account_id: account(),
            user_id: id(MORGAN),
            role: Role::Engineer,
            team_id: id(21),
            last_used_at: None,
            scopes: Scopes::ALL,
            auth_epoch: 0,
        };
        assert_eq!(bearer(&test, 1, at(999)).await, Some(expected));
        let olga = bearer(&test, 2, at(999)).await.unwrap();
        assert!(olga.personal && olga.role == Role::Owner);
        assert_eq!(bearer(&test, 3, at(1)).await, None);
        // From the moment on, not after it.
        assert_eq!(bearer(&test, 1, at(1_000)).await, None);
        assert_eq!(bearer(&test, 1, at(1_001)).await, None);
    }
}

#[tokio::test]
async fn a_token_is_only_kept_for_an_enabled_member() {
    for test in companies().await {
        assert!(!keep(&test, &token(1, 99, TokenKind::Personal)).await);
        let foreign = token(1, OLGA, TokenKind::Personal);
        assert!(
            !commit!(test, [foreign], |tx| tokens::create(tx, id(9), &foreign, at(1))
                .await)
            .unwrap()
        );
        commit!(test, |tx| {
            let (lena, finn): (UserId, UserId) = (id(LENA), id(FINN));
            tx.execute(
                "UPDATE users SET disabled_at = $2 WHERE id = $1",
                &[&lena, &at(0)],
            )
            .await?;
            tx.across_accounts()
                .execute(
                    "UPDATE members SET disabled_at = $2 WHERE user_id = $1",
                    &[&finn, &at(0)],
                )
                .await
        })
        .unwrap();
        for person in [LENA, FINN] {
            assert!(!keep(&test, &token(1, person, TokenKind::Personal)).await);
        }
        assert_eq!(bearer(&test, 1, at(1)).await, None);
    }
}

#[tokio::test]
async fn no_two_tokens_share_a_secret_or_an_id() {
    for test in companies().await {
        assert!(keep(&test, &token(1, OLGA, TokenKind::Personal)).await);
        for other in [
            NewToken {
                id: id(50),
                ..token(1, LENA, TokenKind::Personal)
            },
            NewToken {
                id: id(1),
                ..token(5, LENA, TokenKind::Personal)
            },
        ] {
            let twice = commit!(test, [other], |tx| tokens::create(tx, account(), &other, at(1))
                .await);
            assert!(matches!(twice, Err(Error::Duplicate)), "{twice:?}");
        }
    }
}

#[tokio::test]
async fn a_raised_epoch_a_disabled_person_and_an_ended_membership_end_tokens_at_once() {
    for test in companies().await {
        for (number, person) in [(1, OLGA), (2, MORGAN), (3, LENA), (4, VERA)] {
            assert!(keep(&test, &token(number, person, TokenKind::Personal)).await);
        }
        commit!(test, |tx| {
            members::set_password(tx, "olga@example.com", "new").await?;
            let (morgan, lena): (UserId, UserId) = (id(MORGAN), id(LENA));
            tx.execute(
                "UPDATE users SET disabled_at = $2 WHERE id = $1",
                &[&morgan, &at(2)],
            )
            .await?;
            tx.across_accounts()
                .execute(
                    "UPDATE members SET disabled_at = $2 WHERE user_id = $1",
                    &[&lena, &at(2)],
                )
                .await
        })
        .unwrap();
        for number in [1, 2, 3] {
            assert_eq!(bearer(&test, number, at(3)).await, None, "token {number}");
        }
        assert!(bearer(&test, 4, at(3)).await.is_some());
        // What was shown before the change makes no token after it, and what is shown after it does.
        assert!(!keep(&test, &token(5, OLGA, TokenKind::Access)).await);
        let again = NewToken {
            auth_epoch: 1,
            ..token(5, OLGA, TokenKind::Access)
        };
        assert!(keep(&test, &again).await);
        assert!(bearer(&test, 5, at(3)).await.is_some());
        assert_eq!(bearer(&test, 1, at(3)).await, None);
    }
}

#[tokio::test]
async fn only_its_owner_in_its_account_revokes_a_token() {
    for test in companies().await {
        assert!(keep(&test, &token(1, OLGA, TokenKind::Personal)).await);
        let revoke = |in_account, person, number| {
            let test = &test;
            async move {
                commit!(test, |tx| tokens::revoke(
                    tx,
                    id(in_account),
                    id(person),
                    id(number)
                )
                .await)
                .unwrap()
            }
        };
        assert!(!revoke(2, OLGA, 1).await);
        assert!(!revoke(ACCOUNT, LENA, 1).await);
        assert!(!revoke(ACCOUNT, OLGA, 2).await);
        assert!(bearer(&test, 1, at(2)).await.is_some());
        assert!(revoke(ACCOUNT, OLGA, 1).await);
        assert_eq!(bearer(&test, 1, at(2)).await, None);
        assert!(!revoke(ACCOUNT, OLGA, 1).await);
    }
}

#[tokio::test]
async fn a_token_remembers_when_it_was_seen() {
    for test in companies().await {
        assert!(keep(&test, &token(1, OLGA, TokenKind::Personal)).await);
        commit!(test, |tx| tokens::touch(tx, id(2), id(1), at(7)).await).unwrap();
        assert_eq!(bearer(&test, 1, at(8)).await.unwrap().last_used_at, None);
        commit!(test, |tx| tokens::touch(tx, account(), id(1), at(7)).await).unwrap();
        assert_eq!(bearer(&test, 1, at(8)).await.unwrap().last_used_at, Some(at(7)));
        commit!(test, |tx| tokens::touch(tx, account(), id(99), at(7)).await).unwrap();
    }
}

#[tokio::test]
async fn a_person_sees_their_own_personal_tokens_in_pages() {
    for test in companies().await {
        for number in 1..=20 {
            let person = if number % 2 == 0 { OLGA } else { LENA };
            let kind = if number % 5 == 0 {
                TokenKind::Access
            } else {
                TokenKind::Personal
            };
            assert!(keep(&test, &token(number, person, kind)).await);
        }
        let list = |in_account, person, after, limit| {
            let test = &test;
            async move {
                look!(test, |tx| tokens::personal(
                    tx,
                    id(in_account),
                    id(person),
                    after,
                    limit
                )
                .await)
                .unwrap()
            }
        };
        let whole = list(ACCOUNT, OLGA, None, 100).await;
        let ids: Vec<_> = whole.iter().map(|token| token.id).collect();
        assert_eq!(ids, [2, 4, 6, 8, 12, 14, 16, 18].map(id));
        let first = Personal {
            id: id(2),
            name: "token 2".into(),
            created_at: at(1),
            expires_at: at(1_000),
            last_used_at: None,
            scopes: Scopes::ALL,
        };
        assert_eq!(whole[0], first);
        let mut paged = Vec::new();
        loop {
            let page = list(ACCOUNT, OLGA, paged.last().map(|token: &Personal| token.id), 3).await;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
            assert!(paged.len() <= whole.len(), "a page repeats");
        }
        assert_eq!(paged, whole);
        assert!(list(2, OLGA, None, 100).await.is_empty());
        assert!(list(ACCOUNT, FINN, None, 100).await.is_empty());
        assert!(list(ACCOUNT, OLGA, None, -1).await.is_empty());
    }
}

#[tokio::test]
async fn expired_tokens_are_forgotten_a_batch_at_a_time() {
    for test in companies().await {
        for number in 1..=10 {
            let expires_at = at(i64::from(number) * 10);
            assert!(
                keep(
                    &test,
                    &NewToken {
                        expires_at,
                        family_id: None,
                        ..token(number, OLGA, TokenKind::Access)
                    }
                )
                .await
            );
        }
        let forget = |before, limit| {
            let test = &test;
            async move { commit!(test, |tx| tokens::forget(tx, before, limit).await).unwrap() }
        };
        assert_eq!(forget(at(10), 100).await, 0);
        assert_eq!(forget(at(81), -1).await, 0);
        assert_eq!(forget(at(81), 3).await, 3);
        assert_eq!(forget(at(81), 100).await, 5);
        assert_eq!(forget(at(81), 100).await, 0);
        assert!(bearer(&test, 8, at(2)).await.is_none());
        assert!(bearer(&test, 9, at(2)).await.is_some());
        assert!(bearer(&test, 10, at(2)).await.is_some());
    }
}
