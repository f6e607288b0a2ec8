//! Throttles: what passes, one after the other and all at once.

use futures_util::future::join_all;
use resolutionflow_core::throttle::{Growing, QUIET, Rate, Waiting};
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::throttles::{self, Bucket, Counting};
use resolutionflow_store::{Db, Error};

use super::world::{at, commit, look, random};

const SECOND: i64 = 1_000_000;

fn steady(key: u8, rate: Rate) -> Bucket {
    Bucket {
        key: [key; 32],
        counting: Counting::Steady(rate),
    }
}

fn growing(key: u8, growing: Growing) -> Bucket {
    Bucket {
        key: [key; 32],
        counting: Counting::Growing(growing),
    }
}

/// Tries, so many microseconds after the tests' moment: when to try again, where it does not pass.
async fn tries(db: &Db, buckets: &[Bucket], micros: i64) -> Option<i64> {
    enum Stop {
        Until(i64),
        Store(Error),
    }
    impl From<Error> for Stop {
        fn from(error: Error) -> Self {
            Self::Store(error)
        }
    }
    let (buckets, begin) = (buckets.to_vec(), at(0).timestamp_micros());
    let now = at(0) + chrono::TimeDelta::microseconds(micros);
    let done = db.write::<_, Stop, _>(move |tx| {
        let buckets = buckets.clone();
        Box::pin(async move {
            match throttles::reserve(tx, &buckets, now).await? {
                None => Ok(()),
                Some(until) => Err(Stop::Until(until.timestamp_micros() - begin)),
            }
        })
    });
    match done.await {
        Ok(()) => None,
        Err(Stop::Until(until)) => Some(until),
        Err(Stop::Store(error)) => panic!("{error}"),
    }
}

async fn blocked(test: &TestDb, buckets: &[Bucket], micros: i64) -> Option<i64> {
    let (buckets, begin) = (buckets.to_vec(), at(0).timestamp_micros());
    let now = at(0) + chrono::TimeDelta::microseconds(micros);
    let until = look!(test, [buckets], |tx| throttles::blocked_until(tx, &buckets, now)
        .await);
    until.unwrap().map(|until| until.timestamp_micros() - begin)
}

#[tokio::test]
async fn of_the_free_tries_none_is_held_up_by_one_that_looked_at_the_clock_later() {
    for test in databases().await {
        let bucket = [growing(
            1,
            Growing {
                free: 4,
                first: SECOND,
                longest: SECOND,
            },
        )];
        for micros in [10, 9, 11, 8] {
            assert_eq!(blocked(&test, &bucket, micros).await, None, "{micros}");
            assert_eq!(tries(&test.db, &bucket, micros).await, None, "{micros}");
        }
        // The wait counts from the latest of them.
        assert_eq!(blocked(&test, &bucket, 12).await, Some(11 + SECOND));
        assert_eq!(tries(&test.db, &bucket, 12).await, Some(11 + SECOND));
        assert_eq!(tries(&test.db, &bucket, 11 + SECOND).await, None);
    }
}

#[tokio::test]
async fn a_bucket_counts_as_the_rule_does() {
    for test in databases().await {
        let rate = Rate::new(3, 60 * SECOND, 3);
        let slow = Growing {
            free: 3,
            first: SECOND,
            longest: 20 * SECOND,
        };
        let (mut tat, mut waiting, mut now) = (None, None::<Waiting>, 0);
        let mut random = random(5);
        let begin = at(0).timestamp_micros();
        for round in 0..120 {
            let step = i64::from(random.bytes::<1>()[0]) * 150_000;
            now += if round == 80 { QUIET + step } else { step };
            for (key, expected) in [
                (1, rate.reserve(tat, begin + now).map(|next| tat = Some(next))),
                (
                    2,
                    slow.reserve(waiting, begin + now)
                        .map(|next| waiting = Some(next)),
                ),
            ] {
                let bucket = if key == 1 {
                    steady(key, rate)
                } else {
                    growing(key, slow)
                };
                let expected = expected.err().map(|until| until - begin);
                assert_eq!(blocked(&test, &[bucket], now).await, expected);
                assert_eq!(tries(&test.db, &[bucket], now).await, expected, "{key} {round}");
            }
        }
    }
}

#[tokio::test]
async fn of_many_at_once_not_one_more_passes() {
    for test in databases().await {
        let other = match test.engine {
            Engine::Postgres => Db::open(&test.config).await.unwrap(),
            Engine::Sqlite => test.db.clone(),
        };
        let buckets = [
            steady(1, Rate::new(3, 60 * SECOND, 3)),
            steady(2, Rate::new(60, 60 * SECOND, 60)),
        ];
        let at_once = (0..200).map(|number| {
            let db = if number % 2 == 0 {
                test.db.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { tries(&db, &buckets, 0).await })
        });
        let answers = join_all(at_once).await;
        let passed = answers.iter().filter(|answer| matches!(answer, Ok(None))).count();
        assert_eq!(passed, 3);
        // Who was refused by the one has taken nothing from the other.
        let alone = [buckets[1]];
        for _ in 0..57 {
            assert_eq!(tries(&test.db, &alone, 0).await, None);
        }
        assert_eq!(tries(&test.db, &alone, 0).await, Some(SECOND));
    }
}

#[tokio::test]
async fn the_last_of_several_buckets_says_when() {
    for test in databases().await {
        let buckets = [
            steady(1, Rate::new(1, 30 * SECOND, 1)),
            steady(2, Rate::new(1, 90 * SECOND, 1)),
        ];
        assert_eq!(blocked(&test, &buckets, 0).await, None);
        assert_eq!(blocked(&test, &[], 0).await, None);
        assert_eq!(tries(&test.db, &buckets, 0).await, None);
        assert_eq!(blocked(&test, &buckets, 1).await, Some(90 * SECOND));
        assert_eq!(blocked(&test, &buckets, 90 * SECOND).await, None);
        commit!(test, |tx| throttles::clear(tx, &[2; 32]).await).unwrap();
        assert_eq!(blocked(&test, &buckets, 1).await, Some(30 * SECOND));
    }
}

#[tokio::test]
async fn a_touch_changes_nothing_and_what_is_quiet_is_forgotten() {
    for test in databases().await {
        for key in 1..=5 {
            let bucket = steady(key, Rate::new(1, 10 * SECOND, 1));
            assert_eq!(tries(&test.db, &[bucket], i64::from(key)).await, None);
        }
        commit!(test, |tx| throttles::touch(tx, &[1; 32]).await).unwrap();
        commit!(test, |tx| throttles::touch(tx, &[99; 32]).await).unwrap();
        let first = [steady(1, Rate::new(1, 10 * SECOND, 1))];
        assert_eq!(blocked(&test, &first, 5).await, Some(1 + 10 * SECOND));
        let forget = |micros: i64, limit| {
            let test = &test;
            let now = at(0) + chrono::TimeDelta::microseconds(QUIET + 10 * SECOND + micros);
            async move { commit!(test, |tx| throttles::forget(tx, now, limit).await).unwrap() }
        };
        assert_eq!(forget(1, 9).await, 0);
        assert_eq!(forget(4, 2).await, 2);
        assert_eq!(forget(4, 9).await, 1);
        assert_eq!(forget(4, -1).await, 0);
    }
}

#[tokio::test]
async fn several_at_once_pass_together_or_not_at_all() {
    for test in databases().await {
        let rate = Rate::new(60, 60 * SECOND, 5);
        let begin = at(0).timestamp_micros();
        let take = |count: i64, seconds: i64| {
            let test = &test;
            async move {
                let until = commit!(test, |tx| {
                    throttles::reserve_many(tx, &[7; 32], (&rate, count), at(seconds)).await
                });
                let until = until.unwrap();
                until.map(|until| (until.timestamp_micros() - begin) / SECOND)
            }
        };
        assert_eq!(take(0, 0).await, None);
        assert_eq!(take(4, 0).await, None);
        assert_eq!(take(2, 0).await, Some(1));
        assert_eq!(take(1, 0).await, None, "what was refused took nothing");
        assert_eq!(take(1, 0).await, Some(1));
        assert_eq!(take(2, 1).await, Some(2));
        assert_eq!(take(2, 2).await, None);
        // More than pass at once wait for all of a rest, and are paid for afterwards.
        assert_eq!(take(8, 6).await, Some(7));
        assert_eq!(take(8, 7).await, None);
        assert_eq!(take(1, 10).await, Some(11));
        assert_eq!(take(1, 11).await, None);
    }
}
