//! Devices: whose they are, and for how long.

use resolutionflow_store::Error;
use resolutionflow_store::devices;
use resolutionflow_store::testing::TestDb;

use super::world::{LENA, MORGAN, at, commit, companies, id, look};

async fn owner(test: &TestDb, hash: u8, email: &'static str, when: i64) -> Option<u128> {
    let found = look!(test, |tx| devices::owner(tx, &[hash; 32], email, at(when)).await);
    found.unwrap().map(|user| user.uuid().as_u128())
}

#[tokio::test]
async fn a_device_is_known_for_the_person_who_signed_in_there() {
    for test in companies().await {
        commit!(test, |tx| devices::create(tx, id(LENA), &[1; 32], at(0), at(100))
            .await)
        .unwrap();
        assert_eq!(owner(&test, 1, " LENA@example.com", 1).await, Some(LENA));
        assert_eq!(owner(&test, 1, "morgan@example.com", 1).await, None);
        assert_eq!(owner(&test, 2, "lena@example.com", 1).await, None);
        assert_eq!(owner(&test, 1, "lena@example.com", 100).await, None);
        let again = commit!(test, |tx| devices::create(tx, id(LENA), &[1; 32], at(0), at(100))
            .await);
        assert!(matches!(again, Err(Error::Duplicate)), "{again:?}");
    }
}

#[tokio::test]
async fn a_device_that_comes_back_is_kept_on_and_shared_and_none_is_made_up() {
    for test in companies().await {
        commit!(test, |tx| devices::create(tx, id(LENA), &[1; 32], at(0), at(100))
            .await)
        .unwrap();
        let know = |person, hash, now, until| {
            let test = &test;
            async move {
                commit!(test, |tx| devices::know_again(
                    tx,
                    id(person),
                    &[hash; 32],
                    at(now),
                    at(until)
                )
                .await)
                .unwrap()
            }
        };
        assert!(know(LENA, 1, 50, 200).await);
        assert_eq!(owner(&test, 1, "lena@example.com", 150).await, Some(LENA));
        assert!(know(MORGAN, 1, 60, 300).await);
        assert_eq!(owner(&test, 1, "morgan@example.com", 250).await, Some(MORGAN));
        assert_eq!(owner(&test, 1, "lena@example.com", 250).await, None);
        assert!(!know(MORGAN, 2, 60, 300).await);
        assert_eq!(owner(&test, 2, "morgan@example.com", 61).await, None);
        assert!(!know(MORGAN, 1, 300, 900).await);
    }
}

#[tokio::test]
async fn devices_that_did_not_come_back_are_forgotten() {
    for test in companies().await {
        for number in 1..=4 {
            let until = at(i64::from(number) * 10);
            commit!(test, |tx| devices::create(
                tx,
                id(LENA),
                &[number; 32],
                at(0),
                until
            )
            .await)
            .unwrap();
        }
        for (limit, gone) in [(-1, 0), (2, 2), (9, 1), (9, 0)] {
            let forgotten = commit!(test, |tx| devices::forget(tx, at(31), limit).await).unwrap();
            assert_eq!(forgotten, gone);
        }
        assert_eq!(owner(&test, 4, "lena@example.com", 31).await, Some(LENA));
    }
}
