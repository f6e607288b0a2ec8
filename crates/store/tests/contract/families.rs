//! Families of refresh tokens: each token is consumed once, and one that is presented again tells of a thief.

use chrono::TimeDelta;
use resolutionflow_core::access::Scopes;
use resolutionflow_core::id::FamilyId;
use resolutionflow_store::families::{self, Family, NewFamily, NewRefreshToken, Of, Rotation, Why};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::tokens::{self, NewToken, TokenKind};
use resolutionflow_store::{Error, master_key, members};

use super::world::{LENA, MORGAN, account, at, commit, companies, id, look};

const GRACE: TimeDelta = TimeDelta::seconds(30);

fn token(number: u8) -> NewRefreshToken {
    NewRefreshToken {
        hash: [number; 32],
        id: id(u128::from(number)),
        expires_at: at(1_000),
    }
}

fn of(family: u128) -> Of {
    Of {
        account_id: account(),
        user_id: id(MORGAN),
        family_id: id(family),
        auth_epoch: 0,
    }
}

/// Morgan's program signs in: a family, its first token, and an access token of the same number.
async fn begun(test: &TestDb, family: u128, first: u8) -> bool {
    begun_at(test, 0, family, first).await
}

/// As [`begun`], where Morgan showed who they are at this epoch.
async fn begun_at(test: &TestDb, auth_epoch: i64, family: u128, first: u8) -> bool {
    let new = NewFamily {
        id: id(family),
        user_id: id(MORGAN),
        auth_epoch,
        device: "a program".to_owned(),
        place: "192.0.2.1".to_owned(),
        expires_at: at(5_000),
        token: token(first),
    };
    let access = NewToken {
        hash: [first; 32],
        id: id(u128::from(first) + 1_000),
        kind: TokenKind::Access,
        user_id: id(MORGAN),
        auth_epoch,
        name: String::new(),
        expires_at: at(9_000),
        family_id: Some(id(family)),
        scopes: Scopes::ALL,
    };
    commit!(test, [new, access], |tx| {
        Ok::<_, Error>(
            families::begin(tx, account(), &new, at(1)).await?
                && tokens::create(tx, account(), &access, at(1)).await?,
        )
    })
    .unwrap()
}

async fn rotated(test: &TestDb, presented: u8, successor: u8, seconds: i64) -> Rotation {
    let successor = NewRefreshToken {
        expires_at: at(seconds + 1_000),
        ..token(successor)
    };
    commit!(test, [successor], |tx| families::rotate(
        tx,
        &[presented; 32],
        &successor,
        GRACE,
        at(seconds)
    )
    .await)
    .unwrap()
}

async fn listed(test: &TestDb) -> Vec<Family> {
    look!(test, |tx| families::list(tx, account(), id(MORGAN), at(100))
        .await)
    .unwrap()
}

async fn has_access(test: &TestDb, number: u8) -> bool {
    look!(test, |tx| tokens::bearer(tx, &[number; 32], at(100)).await)
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_token_is_replaced_once_and_answered_the_same_for_a_while() {
    for test in companies().await {
        assert!(begun(&test, 50, 1).await);
        assert_eq!(rotated(&test, 1, 2, 10).await, Rotation::Rotated(of(50)));
        // A retry, with the successor that stands and not the one it brings.
        assert_eq!(rotated(&test, 1, 3, 40).await, Rotation::Again(of(50), id(2)));
        assert_eq!(rotated(&test, 3, 9, 40).await, Rotation::Refused);
        assert_eq!(rotated(&test, 2, 4, 41).await, Rotation::Rotated(of(50)));
        // The successor is in use: nothing more comes from the first, and nothing ends.
        assert_eq!(rotated(&test, 1, 5, 40).await, Rotation::Overtaken(of(50)));
        assert_eq!(rotated(&test, 4, 6, 42).await, Rotation::Rotated(of(50)));
        assert!(has_access(&test, 1).await);
    }
}

#[tokio::test]
async fn a_token_presented_much_later_ends_its_family_and_no_other() {
    for test in companies().await {
        assert!(begun(&test, 50, 1).await && begun(&test, 51, 101).await);
        assert_eq!(rotated(&test, 1, 2, 10).await, Rotation::Rotated(of(50)));
        assert_eq!(rotated(&test, 1, 3, 41).await, Rotation::Reused(of(50)));
        for number in [1, 2, 3] {
            assert_eq!(rotated(&test, number, 4, 42).await, Rotation::Refused);
        }
        assert!(!has_access(&test, 1).await && has_access(&test, 101).await);
        assert_eq!(rotated(&test, 101, 102, 42).await, Rotation::Rotated(of(51)));
        let ended: Vec<_> = listed(&test)
            .await
            .into_iter()
            .map(|one| (one.id, one.ended))
            .collect();
        assert_eq!(ended, [(id(51), None), (id(50), Some((at(41), Why::Reused)))]);
    }
}

#[tokio::test]
async fn a_family_ends_by_itself_by_its_owner_and_with_them() {
    for test in companies().await {
        assert!(begun(&test, 50, 1).await);
        // Nobody used it for too long.
        assert_eq!(rotated(&test, 1, 2, 1_000).await, Rotation::Refused);
        // It lives no longer than its family.
        assert!(begun(&test, 51, 11).await);
        assert_eq!(rotated(&test, 11, 12, 999).await, Rotation::Rotated(of(51)));
        for (presented, successor, seconds) in
            [(12, 13, 1_900), (13, 14, 2_800), (14, 15, 3_700), (15, 16, 4_600)]
        {
            let rotation = rotated(&test, presented, successor, seconds).await;
            assert_eq!(rotation, Rotation::Rotated(of(51)), "{seconds}");
        }
        assert_eq!(rotated(&test, 16, 17, 5_000).await, Rotation::Refused);
        // Signed out, by any token of it; by nobody else.
        assert!(begun(&test, 52, 21).await);
        let ends = async |user: u128, family: FamilyId| {
            commit!(test, |tx| families::end(
                tx,
                account(),
                id(user),
                family,
                Why::SignedOut,
                at(20)
            )
            .await)
            .unwrap()
        };
        assert!(!ends(LENA, id(52)).await);
        assert!(ends(MORGAN, id(52)).await && !ends(MORGAN, id(52)).await);
        assert_eq!(rotated(&test, 21, 22, 21).await, Rotation::Refused);
        assert!(!has_access(&test, 21).await);
        // A new password ends them all.
        assert!(begun(&test, 53, 31).await);
        let email = look!(test, |tx| members::find(tx, account(), id(MORGAN)).await);
        let email = email.unwrap().unwrap().email;
        commit!(test, [email], |tx| members::set_password(tx, &email, "another")
            .await)
        .unwrap();
        assert_eq!(rotated(&test, 31, 32, 22).await, Rotation::Refused);
        assert!(listed(&test).await.is_empty());
        assert!(
            !begun(&test, 54, 41).await,
            "what was shown before it is worth nothing"
        );
        assert!(begun_at(&test, 1, 54, 41).await);
        assert_eq!(listed(&test).await.len(), 1);
    }
}

#[tokio::test]
async fn what_expired_is_forgotten_its_family_last() {
    for test in companies().await {
        assert!(begun(&test, 50, 1).await);
        rotated(&test, 1, 2, 500).await;
        let forget =
            async |seconds: i64| commit!(test, |tx| families::forget(tx, at(seconds), 10).await).unwrap();
        assert_eq!(forget(1_000).await, 0);
        assert_eq!(forget(1_001).await, 1);
        // The family is remembered while a token of it can come back.
        let known = look!(test, |tx| families::of_token(tx, &[2; 32]).await).unwrap();
        assert_eq!(known, Some(of(50)));
        assert_eq!(forget(5_001).await, 1);
        let known = look!(test, |tx| families::of_token(tx, &[2; 32]).await).unwrap();
        assert_eq!(known, None);
        assert!(begun(&test, 50, 3).await, "nothing of it is left");
    }
}

#[tokio::test]
async fn of_many_who_present_one_token_one_replaces_it() {
    for test in companies().await {
        assert!(begun(&test, 50, 1).await);
        let many = (2..34).map(|successor| rotated(&test, 1, successor, 10));
        let answers = futures_util::future::join_all(many).await;
        let first: Vec<_> = answers
            .iter()
            .filter(|answer| matches!(answer, Rotation::Rotated(_)))
            .collect();
        assert_eq!(first.len(), 1);
        let successors: std::collections::BTreeSet<_> = answers
            .iter()
            .filter_map(|answer| match answer {
                Rotation::Again(_, successor) => Some(*successor),
                _ => None,
            })
            .collect();
        assert_eq!(successors.len(), 1);
    }
}

#[tokio::test]
async fn the_first_master_key_is_the_one() {
    for test in companies().await {
        assert!(!look!(test, |tx| master_key::is_known(tx).await).unwrap());
        for (proof, right) in [(1, true), (1, true), (2, false), (1, true)] {
            let proved = commit!(test, |tx| master_key::prove(tx, &[proof; 32]).await).unwrap();
            assert_eq!(proved, right);
        }
        assert!(look!(test, |tx| master_key::is_known(tx).await).unwrap());
    }
}
