//! Many at once: nothing is lost, nothing happens twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use resolutionflow_core::access::Role;
use resolutionflow_core::audit::AuditAction;
use resolutionflow_core::session::{Preparation, Refusal, Status, prepare, start_prepared, take};
use resolutionflow_store::db::Engine;
use resolutionflow_store::teams::{self, Named};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, Tx, audit, limits, members, sessions};
use tokio::sync::Barrier;

use super::audit::entry;
use super::world::{
    Failed, LENA, MORGAN, OLGA, account, assert_whole, at, command, commit, companies, flow, id, kept, look,
    make, set, sets, started,
};

const WRITERS: usize = 32;
const WRITES: usize = 300;

/// A database that tasks can share.
fn shared(test: TestDb) -> std::sync::Arc<TestDb> {
    std::sync::Arc::new(test)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_distinct_variables_lose_nothing() {
    for test in companies().await.into_iter().map(shared) {
        started(&test, 300).await;
        let tasks: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let test = std::sync::Arc::clone(&test);
                tokio::spawn(async move {
                    let name = format!("v_{writer:03}");
                    for write in 1..=WRITES {
                        let when = i64::try_from(writer * WRITES + write).unwrap();
                        let asked = set(&[(name.as_str(), Some(write.to_string().as_str()))]);
                        let change = sets(&test, 300, MORGAN, when, asked).await.unwrap();
                        assert_eq!(change.variables.len(), 1);
                        assert_eq!(change.variables[0].version, i64::try_from(write).unwrap());
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let kept = kept(&test, 300).await;
        assert_whole(&kept);
        assert_eq!(kept.events.len(), 1 + WRITERS * WRITES);
        assert_eq!(kept.variables.len(), WRITERS);
        for variable in kept.variables.values() {
            assert_eq!(variable.value.as_deref(), Some("300"));
            assert_eq!(variable.version, 300);
        }
        // The port's default shows beside the variables that were set.
        assert_eq!(kept.session.filled, i64::try_from(WRITERS).unwrap() + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_that_saw_one_version_one_wins() {
    for test in companies().await.into_iter().map(shared) {
        started(&test, 300).await;
        for round in 0..5 {
            let tasks: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let test = std::sync::Arc::clone(&test);
                    tokio::spawn(async move {
                        let value = format!("{round} {writer}");
                        let mut asked = set(&[("site", Some(value.as_str()))]);
                        asked.expected.insert("site".into(), round);
                        let when = round * 100 + i64::try_from(writer).unwrap();
                        sets(&test, 300, MORGAN, when, asked).await
                    })
                })
                .collect();
            let mut won = Vec::new();
            for task in tasks {
                match task.await.unwrap() {
                    Ok(change) => won.extend(change.variables),
                    Err(Failed::Refused(Refusal::Conflicts(conflicts))) => {
                        assert_eq!(conflicts[0].current.as_ref().unwrap().version, round + 1);
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert_eq!(won.len(), 1);
            assert_eq!(kept(&test, 300).await.variables["site"], won[0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_takes_and_starts_one_wins() {
    for test in companies().await.into_iter().map(shared) {
        for (session, starting) in [(300, false), (301, true)] {
            make(&test, session, OLGA, 1, |new, outline, act| {
                prepare(new, outline, &Preparation::default(), act)
            })
            .await;
            let tasks: Vec<_> = (0..64)
                .map(|number| {
                    let test = std::sync::Arc::clone(&test);
                    let who = if number % 2 == 0 { MORGAN } else { LENA };
                    tokio::spawn(async move {
                        command(&test, session, who, 10 + number, move |standing, act| {
                            if starting {
                                start_prepared(&standing.session, act)
                            } else {
                                take(&standing.session, act)
                            }
                        })
                        .await
                    })
                })
                .collect();
            let mut winners = Vec::new();
            let mut told = Vec::new();
            for task in tasks {
                match task.await.unwrap() {
                    Ok(change) => winners.push(change.session),
                    Err(Failed::Refused(
                        Refusal::AlreadyStarted { by: who, .. } | Refusal::AlreadyAssigned { to: who },
                    )) => told.push(who),
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert_eq!((winners.len(), told.len()), (1, 63));
            let winner = if starting {
                winners[0].owner_id
            } else {
                winners[0].assigned_to_id
            };
            assert!(told.into_iter().all(|who| Some(who) == winner));
            let kept = kept(&test, session).await;
            assert_eq!(kept.session, winners[0]);
            assert_eq!(
                kept.session.status(),
                if starting {
                    Status::Active
                } else {
                    Status::Prepared
                }
            );
            assert_whole(&kept);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_started_side_by_side_are_numbered_without_gaps() {
    for test in companies().await.into_iter().map(shared) {
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let test = std::sync::Arc::clone(&test);
                tokio::spawn(async move {
                    if number % 4 == 0 {
                        let failed = commit!(test, |tx| {
                            sessions::next_number(tx, account(), flow(), sessions::Begins::Started, at(1))
                                .await?;
                            Err::<(), _>(Error::NoRow)
                        });
                        assert!(failed.is_err());
                        None
                    } else {
                        Some(started(&test, 400 + number).await.session.number)
                    }
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.extend(task.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=48).collect::<Vec<_>>());
        let counted: (i64, i64) = look!(test, |tx| {
            tx.one(
                "SELECT session_count, (SELECT COUNT(*) FROM sessions WHERE account_id = $1) \
                 FROM accounts WHERE id = $1",
                &[&account()],
            )
            .await
        })
        .unwrap();
        assert_eq!(counted, (48, 48));
    }
}

/// Writes race with the end of the session: what was acknowledged before it is kept, what comes after is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_written_after_completion() {
    for test in companies().await.into_iter().map(shared) {
        started(&test, 300).await;
        let tasks: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let test = std::sync::Arc::clone(&test);
                tokio::spawn(async move {
                    let mut kept = 0;
                    for write in 0..20 {
                        let when = i64::try_from(writer * 100 + write).unwrap();
                        if writer == 0 && write == 10 {
                            let completion = resolutionflow_core::session::Completion::default();
                            command(&test, 300, MORGAN, 5_000, move |standing, act| {
                                resolutionflow_core::session::complete(&standing.session, &completion, act)
                            })
                            .await
                            .unwrap();
                        }
                        let (name, value) = (format!("v_{writer:03}"), format!("{write}"));
                        match sets(
                            &test,
                            300,
                            MORGAN,
                            when,
                            set(&[(name.as_str(), Some(value.as_str()))]),
                        )
                        .await
                        {
                            Ok(_) => kept += 1,
                            Err(Failed::Refused(Refusal::Ended(Status::Completed))) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                    kept
                })
            })
            .collect();
        let mut acknowledged = 0;
        for task in tasks {
            acknowledged += task.await.unwrap();
        }
        let kept = kept(&test, 300).await;
        assert_whole(&kept);
        assert_eq!(kept.events.len(), 2 + acknowledged);
        assert_eq!(
            kept.events.last().unwrap().at,
            at(5_000),
            "completion is the last that happened"
        );
    }
}

/// Writes an entry of the account's log, which refers to the account's row.
async fn tell(tx: &mut Tx, number: u32) -> Result<(), Error> {
    audit::write(tx, account(), &entry(number, MORGAN, AuditAction::MemberChanged)).await
}

/// Takes the account's lock in one of the ways there are, and changes under it what it is there for.
async fn change_locked(tx: &mut Tx, kind: usize, round: usize) -> Result<(), Error> {
    match kind {
        0 => {
            let team = id(1_000 + u128::try_from(round).expect("it is small"));
            let made = teams::create(tx, account(), team, &format!("Round {round}")).await?;
            assert_eq!(made, Named::Done);
        }
        1 => {
            let named = teams::rename(tx, account(), id(22), &format!("Named {round}")).await?;
            assert_eq!(named, Named::Done);
        }
        2 => {
            let (plan, _) = limits::standing(tx, account(), at(1)).await?;
            assert!(limits::set_plan(tx, account(), plan.id).await?.is_some());
        }
        _ => {
            let standing = members::standing_locked(tx, account(), id(MORGAN)).await?;
            assert!(standing.is_some());
            assert!(members::set_role(tx, account(), id(MORGAN), Role::Engineer).await?);
        }
    }
    Ok(())
}

/// One of [`KINDS`] writers of an account and its log, each of whom meets the others in the midst of its transaction.
async fn writes_of_the_account(
    test: &TestDb,
    barrier: &Arc<Barrier>,
    kind: usize,
    round: usize,
) -> Result<(), Error> {
    let (barrier, met) = (Arc::clone(barrier), Arc::new(AtomicBool::new(false)));
    let number = u32::try_from(round * KINDS + kind).expect("it is small");
    commit!(test, [barrier, met], |tx| {
        // SQLite has one writer, in whom nothing waits; nor does whoever begins anew.
        let meets = tx.engine() == Engine::Postgres && !met.swap(true, Ordering::Relaxed);
        match kind {
            // Three refer to the account, and then lock it.
            0..3 => {
                tell(tx, number).await?;
                if meets {
                    barrier.wait().await;
                }
                change_locked(tx, kind, round).await
            }
            // One locks it, and then refers to it and waits for who keeps the member.
            3 => {
                members::standing_locked(tx, account(), id(MORGAN)).await?;
                if meets {
                    barrier.wait().await;
                }
                change_locked(tx, kind, round).await?;
                tell(tx, number).await
            }
            // The others keep the member, and then refer to the account.
            _ => {
                assert!(members::still_runs(tx, account(), id(MORGAN)).await?);
                if meets {
                    barrier.wait().await;
                }
                tell(tx, number).await
            }
        }
    })
}

/// How many write at once; fewer than there are connections.
const KINDS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_locks_an_account_and_whoever_writes_its_log_never_wait_in_a_circle() {
    const ROUNDS: usize = 25;
    for test in companies().await.into_iter().map(shared) {
        let before = test.db.metrics().retries;
        for round in 0..ROUNDS {
            let meet = Arc::new(Barrier::new(KINDS));
            let tasks = (0..KINDS).map(|kind| {
                let (test, meet) = (Arc::clone(&test), Arc::clone(&meet));
                tokio::spawn(async move { writes_of_the_account(&test, &meet, kind, round).await })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap().unwrap();
            }
        }
        // A circle would be undone by the database and repeated, and so would not show as an error.
        let retries = test.db.metrics().retries - before;
        assert_eq!(retries, 0, "{:?}", test.engine);
        let filter = audit::Filter::default();
        let told = look!(test, [filter], |tx| audit::list(
            tx,
            account(),
            &filter,
            None,
            1_000
        )
        .await);
        assert_eq!(told.unwrap().len(), ROUNDS * KINDS);
    }
}
