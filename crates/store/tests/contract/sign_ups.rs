//! Sign-ups that wait: the newest of an address, taken once by its secret before it ends, and nobody's until then.

use resolutionflow_store::Error;
use resolutionflow_store::sign_ups::{self, Aim, Proof, SignUp};
use resolutionflow_store::testing::TestDb;

use super::world::{at, commit, companies, look};

fn sign_up(email: &str, aim: Aim) -> SignUp {
    SignUp {
        email: email.to_owned(),
        name: "Nora".to_owned(),
        aim,
    }
}

fn account(code: Option<u8>) -> Aim {
    Aim::NewAccount {
        name: "Fresh".to_owned(),
        code: code.map(|code| [code; 32]),
    }
}

fn proof(hash: u8, until: i64) -> Proof {
    Proof {
        hash: [hash; 32],
        expires_at: at(until),
    }
}

async fn keep(test: &TestDb, sign_up: &SignUp, hash: u8, until: i64) {
    let proof = proof(hash, until);
    commit!(test, [sign_up], |tx| sign_ups::keep(tx, &sign_up, &proof, at(0))
        .await)
    .unwrap();
}

async fn found(test: &TestDb, hash: u8, now: i64) -> Option<SignUp> {
    look!(test, |tx| sign_ups::look(tx, &[hash; 32], at(now)).await).unwrap()
}

async fn take(test: &TestDb, hash: u8, now: i64) -> Option<SignUp> {
    commit!(test, |tx| sign_ups::take(tx, &[hash; 32], at(now)).await).unwrap()
}

#[tokio::test]
async fn one_is_taken_once_before_it_ends_as_it_was_kept() {
    for test in companies().await {
        let aims = [account(None), account(Some(200)), Aim::Invite { code: [201; 32] }];
        for (number, aim) in (1..).zip(aims) {
            let kept = sign_up(&format!("Nora{number}@example.com"), aim);
            keep(&test, &kept, number, 10).await;
            for _ in 0..3 {
                assert_eq!(found(&test, number, 9).await.as_ref(), Some(&kept));
            }
            assert_eq!(
                (found(&test, number, 10).await, take(&test, number, 10).await),
                (None, None)
            );
            let undone = commit!(test, |tx| {
                assert!(sign_ups::take(tx, &[number; 32], at(9)).await?.is_some());
                Err::<(), _>(Error::NoRow)
            });
            assert!(undone.is_err());
            assert_eq!(take(&test, number, 9).await, Some(kept));
            assert_eq!(
                (found(&test, number, 9).await, take(&test, number, 9).await),
                (None, None)
            );
        }
        assert_eq!(take(&test, 99, 1).await, None);
    }
}

#[tokio::test]
async fn only_the_newest_of_an_address_counts() {
    for test in companies().await {
        keep(&test, &sign_up("nora@example.com", account(Some(7))), 1, 10).await;
        let newer = sign_up("NORA@example.com", Aim::Invite { code: [8; 32] });
        keep(&test, &newer, 2, 20).await;
        assert_eq!(take(&test, 1, 1).await, None);
        assert_eq!(take(&test, 2, 19).await, Some(newer));
    }
}

#[tokio::test]
async fn what_nobody_confirmed_is_forgotten_in_batches() {
    for test in companies().await {
        for number in 1..=5 {
            let kept = sign_up(&format!("n{number}@example.com"), account(None));
            keep(&test, &kept, number, i64::from(number)).await;
        }
        for (limit, gone) in [(-1, 0), (2, 2), (9, 1), (9, 0)] {
            let forgotten = commit!(test, |tx| sign_ups::forget(tx, at(4), limit).await);
            assert_eq!(forgotten.unwrap(), gone);
        }
        assert!(found(&test, 4, 3).await.is_some());
    }
}
