//! What only PostgreSQL does: other servers, lost connections, deadlocks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resolutionflow_core::id::AccountId;
use resolutionflow_store::db::{Gap, RowSecurity, Topic, Wake};
use resolutionflow_store::testing::{TestDb, postgres};
use resolutionflow_store::{Db, Error, Result};
use tokio::sync::Barrier;
use uuid::Uuid;

async fn execute(db: &Db, sql: &'static str) -> Result<u64> {
    db.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }))
        .await
}

async fn number(db: &Db, sql: &'static str) -> Result<i64> {
    let row: Result<(i64,)> = db
        .read(move |tx| Box::pin(async move { tx.one(sql, &[]).await }))
        .await;
    row.map(|(number,)| number)
}

async fn with_counters(test: &TestDb) {
    test.as_owner("CREATE TABLE counters (id BIGINT PRIMARY KEY, count BIGINT NOT NULL)")
        .await
        .unwrap();
    execute(&test.db, "INSERT INTO counters VALUES (1, 0), (2, 0)")
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_read_alone_is_one_select() {
    const COUNT: &str = "SELECT COUNT(*) FROM counters";
    const CHANGE: &str = "UPDATE counters SET count = 7 WHERE id = 1 RETURNING count";
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    with_counters(&test).await;
    let alone = test
        .db
        .read_one::<_, Error, _>(|tx| Box::pin(async move { tx.one::<(i64,)>(COUNT, &[]).await }));
    let alone = alone.await;
    assert!(
        matches!(alone, Err(Error::ReadOnly)),
        "it does not go across accounts: {alone:?}"
    );
    let read = |texts: &'static [&'static str]| {
        test.db.read_one::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut sum = 0;
                for text in texts {
                    sum += tx.across_accounts().one::<(i64,)>(text, &[]).await?.0;
                }
                Ok(sum)
            })
        })
    };
    assert_eq!(read(&[COUNT]).await.unwrap(), 2);
    assert!(matches!(read(&[COUNT, COUNT]).await, Err(Error::ReadOnly)));
    assert!(matches!(read(&[CHANGE]).await, Err(Error::ReadOnly)));
    assert_eq!(
        number(&test.db, "SELECT SUM(count)::BIGINT FROM counters")
            .await
            .unwrap(),
        0
    );
    // The connection is as good as before.
    execute(&test.db, "UPDATE counters SET count = 1").await.unwrap();
    assert_eq!(
        read(&["SELECT SUM(count)::BIGINT FROM counters"]).await.unwrap(),
        2
    );
}

#[tokio::test]
async fn a_deadlock_is_repeated() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    with_counters(&test).await;
    let barrier = Arc::new(Barrier::new(2));
    let tasks = [[1_i64, 2], [2, 1]].map(|order| {
        let (db, barrier) = (test.db.clone(), Arc::clone(&barrier));
        let tries = Arc::new(AtomicU32::new(0));
        tokio::spawn(async move {
            db.write(move |tx| {
                let (barrier, tries) = (Arc::clone(&barrier), Arc::clone(&tries));
                Box::pin(async move {
                    let add = "UPDATE counters SET count = count + 1 WHERE id = $1";
                    tx.execute(add, &[&order[0]]).await?;
                    if tries.fetch_add(1, Ordering::Relaxed) == 0 {
                        barrier.wait().await;
                    }
                    tx.execute(add, &[&order[1]]).await
                })
            })
            .await
        })
    });
    for task in tasks {
        let result: Result<u64> = task.await.unwrap();
        assert_eq!(result.unwrap(), 1);
    }
    assert_eq!(
        number(&test.db, "SELECT CAST(SUM(count) AS BIGINT) FROM counters")
            .await
            .unwrap(),
        4
    );
    // Both may be told of it, where both look at the same moment.
    let retries = test.db.metrics().retries;
    assert!((1..=2).contains(&retries), "{retries}");
}

#[tokio::test]
async fn a_serialisation_failure_is_repeated_but_not_for_ever() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    let tries = Arc::new(AtomicU32::new(0));
    for (failures, expected) in [(3, true), (u32::MAX, false)] {
        tries.store(0, Ordering::Relaxed);
        let counted = Arc::clone(&tries);
        let result: Result<u64> = test
            .db
            .write(move |tx| {
                let fails = counted.fetch_add(1, Ordering::Relaxed) < failures;
                Box::pin(async move {
                    if fails {
                        tx.execute("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$", &[])
                            .await?;
                    }
                    Ok(1)
                })
            })
            .await;
        assert_eq!(result.is_ok(), expected, "{result:?}");
        assert_eq!(tries.load(Ordering::Relaxed), if expected { 4 } else { 10 });
        assert!(expected || matches!(result, Err(Error::Busy)));
    }
}

#[tokio::test]
async fn connections_that_died_in_the_pool_are_replaced() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    with_counters(&test).await;
    let own = "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for round in 1..=5 {
        // Several connections, then all of them ended, from outside.
        let together = (0..8).map(|_| number(&test.db, "SELECT COUNT(pg_sleep(0.01)) FROM counters"));
        for result in futures_util::future::join_all(together).await {
            result.unwrap();
        }
        let other = Db::open(&test.config).await.unwrap();
        assert!(number(&other, own).await.unwrap() >= 1);
        other.close().await;
        assert_eq!(
            execute(&test.db, "UPDATE counters SET count = count + 1")
                .await
                .unwrap(),
            2
        );
        assert_eq!(
            number(&test.db, "SELECT MAX(count) FROM counters").await.unwrap(),
            round
        );
    }
}

#[tokio::test]
async fn a_connection_that_dies_in_a_write_undoes_it() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    with_counters(&test).await;
    let result: Result<u64> = test
        .db
        .write(|tx| {
            Box::pin(async move {
                tx.execute("UPDATE counters SET count = 7", &[]).await?;
                tx.execute("SELECT pg_terminate_backend(pg_backend_pid())", &[])
                    .await
            })
        })
        .await;
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert_eq!(
        number(&test.db, "SELECT MAX(count) FROM counters").await.unwrap(),
        0
    );
}

#[tokio::test]
async fn what_takes_too_long_is_stopped() {
    let Some(test) = postgres(|config| {
        config.time_limit = Duration::from_millis(300);
        config.pool = 2;
    })
    .await
    else {
        return;
    };
    with_counters(&test).await;
    let slow = execute(&test.db, "SELECT pg_sleep(30)").await;
    assert!(matches!(slow, Err(Error::TooSlow)), "{slow:?}");
    let waiting: Result<()> = test.db.write(|_| Box::pin(std::future::pending())).await;
    assert!(matches!(waiting, Err(Error::TooSlow)), "{waiting:?}");
    let reading: Result<()> = test
        .db
        .read(|tx| {
            Box::pin(async move {
                tx.all::<(i64,)>("SELECT count FROM counters", &[]).await?;
                std::future::pending().await
            })
        })
        .await;
    assert!(matches!(reading, Err(Error::TooSlow)), "{reading:?}");
    // A lock that another holds.
    let (db, barrier) = (test.db.clone(), Arc::new(Barrier::new(2)));
    let held = Arc::clone(&barrier);
    let holder = tokio::spawn(async move {
        let result: Result<()> = db
            .write(move |tx| {
                let held = Arc::clone(&held);
                Box::pin(async move {
                    tx.execute("UPDATE counters SET count = 1", &[]).await?;
                    held.wait().await;
                    std::future::pending().await
                })
            })
            .await;
        result
    });
    barrier.wait().await;
    let blocked = execute(&test.db, "UPDATE counters SET count = 2 WHERE id = 1").await;
    assert!(
        blocked.is_ok() || matches!(blocked, Err(Error::Busy | Error::TooSlow)),
        "{blocked:?}"
    );
    assert!(matches!(holder.await.unwrap(), Err(Error::TooSlow)));
    assert_ne!(
        number(&test.db, "SELECT MIN(count) FROM counters").await.unwrap(),
        1
    );
}

#[tokio::test]
async fn a_full_pool_says_so_and_recovers() {
    let Some(test) = postgres(|config| {
        config.pool = 1;
        config.patience = Duration::from_millis(100);
    })
    .await
    else {
        return;
    };
    let (db, barrier) = (test.db.clone(), Arc::new(Barrier::new(2)));
    let held = Arc::clone(&barrier);
    let holder = tokio::spawn(async move {
        let result: Result<()> = db
            .write(move |_| {
                let held = Arc::clone(&held);
                Box::pin(async move {
                    held.wait().await;
                    held.wait().await;
                    Ok(())
                })
            })
            .await;
        result
    });
    barrier.wait().await;
    let full = number(&test.db, "SELECT CAST(1 AS BIGINT)").await;
    assert!(matches!(full, Err(Error::Unavailable(_))), "{full:?}");
    barrier.wait().await;
    holder.await.unwrap().unwrap();
    assert_eq!(number(&test.db, "SELECT CAST(1 AS BIGINT)").await.unwrap(), 1);
}

#[tokio::test]
async fn prepared_statements_are_kept_but_not_without_end() {
    let Some(test) = postgres(|config| config.pool = 1).await else {
        return;
    };
    for count in [2, 1500_i64] {
        let prepared: Result<(i64,)> = test
            .db
            .read(move |tx| {
                Box::pin(async move {
                    for number in 0..count {
                        tx.one::<(i64,)>(&format!("SELECT CAST({number} AS BIGINT)"), &[])
                            .await?;
                        tx.one::<(i64,)>(&format!("SELECT CAST({number} AS BIGINT)"), &[])
                            .await?;
                    }
                    tx.one("SELECT COUNT(*) FROM pg_prepared_statements", &[]).await
                })
            })
            .await;
        let (prepared,) = prepared.unwrap();
        assert!((2..=600).contains(&prepared), "{prepared}");
    }
}

#[tokio::test]
async fn a_statement_outlives_a_change_of_its_table() {
    let Some(test) = postgres(|config| config.pool = 1).await else {
        return;
    };
    with_counters(&test).await;
    let read = async || {
        let rows: Result<Vec<(i64,)>> = test
            .db
            .read(|tx| Box::pin(async move { tx.all("SELECT * FROM counters ORDER BY id", &[]).await }))
            .await;
        rows.unwrap().len()
    };
    assert_eq!(read().await, 2);
    test.as_owner("ALTER TABLE counters ADD COLUMN more TEXT")
        .await
        .unwrap();
    assert_eq!(read().await, 2);
}

#[tokio::test]
async fn a_read_that_is_dropped_leaves_a_clean_pool() {
    let Some(test) = postgres(|config| config.pool = 1).await else {
        return;
    };
    with_counters(&test).await;
    for _ in 0..3 {
        let read = number(&test.db, "SELECT COUNT(pg_sleep(60)) FROM counters");
        assert!(
            tokio::time::timeout(Duration::from_millis(50), read)
                .await
                .is_err()
        );
        assert_eq!(
            execute(&test.db, "UPDATE counters SET count = count + 1")
                .await
                .unwrap(),
            2
        );
    }
}

#[tokio::test]
async fn other_servers_are_woken_and_this_one_once() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    let other = Db::open(&test.config).await.unwrap();
    let (mut here, mut there) = (test.db.wakes(), other.wakes());
    let topic = |number: u32| Topic::Account(AccountId::from_uuid(Uuid::from_u128(number.into())));
    // Listening begins a moment after opening; a first wake-up may be lost, as any may.
    let mut first = 0;
    loop {
        first += 1;
        wake(&test.db, vec![topic(first)]).await;
        assert_eq!(here.recv().await.unwrap(), Wake::Topic(topic(first)));
        if let Ok(wake) = tokio::time::timeout(Duration::from_millis(50), there.recv()).await {
            assert!(matches!(wake.unwrap(), Wake::Topic(_) | Wake::Everything));
            break;
        }
    }
    let mark = 1_000_000;
    wake(&test.db, vec![topic(mark)]).await;
    while there.recv().await.unwrap() != Wake::Topic(topic(mark)) {}
    // Too many for one notification.
    wake(&test.db, (0..500).map(topic).collect()).await;
    assert_eq!(there.recv().await.unwrap(), Wake::Everything);
    // The other way round; and what this server said itself did not come back to it.
    wake(&other, vec![topic(mark + 1)]).await;
    let mut heard = Vec::new();
    while heard.last() != Some(&Wake::Topic(topic(mark + 1))) {
        heard.push(here.recv().await.unwrap());
    }
    assert_eq!(heard.len(), 1 + 500 + 1);
    // The listening connection is ended from outside; it comes back, and says that something may be missing.
    let end = "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (query LIKE '%LISTEN%' OR query LIKE 'SELECT pg_notify%')";
    number(&test.db, end).await.unwrap();
    while there.recv().await.unwrap() != Wake::Everything {}
    other.close().await;
}

async fn wake(db: &Db, topics: Vec<Topic>) {
    let result: Result<()> = db
        .write(move |tx| {
            let topics = topics.clone();
            Box::pin(async move {
                for topic in topics {
                    tx.wake(topic);
                }
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    with_counters(&test).await;
    let db = Db::open(&test.config).await.unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let held = Arc::clone(&barrier);
    let write = db.write(move |tx| {
        let held = Arc::clone(&held);
        Box::pin(async move {
            held.wait().await;
            tx.execute("SELECT pg_sleep(0.2)", &[]).await?;
            tx.execute("UPDATE counters SET count = 5", &[]).await
        })
    });
    // Whoever asked goes away in the middle.
    let both = futures_util::future::select(Box::pin(write), Box::pin(barrier.wait())).await;
    drop::<futures_util::future::Either<(Result<u64>, _), _>>(both);
    db.close().await;
    assert_eq!(
        number(&test.db, "SELECT MIN(count) FROM counters").await.unwrap(),
        5
    );
}

#[tokio::test]
async fn servers_may_migrate_at_once() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    test.as_superuser(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION resolutionflow_owner; \
         GRANT USAGE ON SCHEMA public TO resolutionflow",
    )
    .await
    .unwrap();
    let mut config = test.owned();
    let opened = Db::open(&config).await;
    assert!(matches!(opened.err(), Some(Error::Older { found: 0, .. })));
    config.migrate = true;
    let tasks = (0..6).map(|_| Db::open(&config));
    for result in futures_util::future::join_all(tasks).await {
        result.unwrap().close().await;
    }
    assert!(
        number(&test.db, "SELECT COUNT(*) FROM schema_migrations")
            .await
            .unwrap()
            >= 1
    );
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_unavailable() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    for (url, expected) in [
        ("postgres://nobody@127.0.0.1:1/nothing", true),
        ("postgres://[", false),
        ("postgres://127.0.0.1:99999/x", false),
    ] {
        let mut config = test.config.clone();
        config.url = url.to_owned();
        let error = Db::open(&config).await.err().unwrap();
        assert_eq!(matches!(error, Error::Unavailable(_)), expected, "{error}");
        assert_eq!(matches!(error, Error::Address(_)), !expected, "{error}");
    }
}

#[tokio::test]
async fn whom_row_security_does_not_bind_is_found() {
    let Some(test) = postgres(|_| {}).await else {
        return;
    };
    assert_eq!(test.db.row_security().await.unwrap(), RowSecurity::Holds);
    let owner = Db::open(&test.owned()).await.unwrap();
    let RowSecurity::Fails { role, gaps } = owner.row_security().await.unwrap() else {
        panic!("the owner may switch it off");
    };
    assert_eq!(
        (role.as_str(), gaps.as_slice()),
        ("resolutionflow_owner", &[Gap::Owner][..])
    );
    owner.close().await;
    let superuser = Db::open(&test.all_powerful()).await.unwrap();
    let RowSecurity::Fails { gaps, .. } = superuser.row_security().await.unwrap() else {
        panic!("nothing binds a superuser");
    };
    assert_eq!(gaps, [Gap::Superuser]);
    superuser.close().await;
}

#[tokio::test]
async fn a_database_that_is_up_to_date_is_migrated_by_anybody() {
    let Some(test) = postgres(|config| config.migrate = true).await else {
        return;
    };
    let nothing = resolutionflow_store::migrate::migrate(&test.config).await;
    assert_eq!(nothing.unwrap(), 0);
}
