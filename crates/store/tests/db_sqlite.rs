//! What only SQLite does: the one writer with its batches, and the file that one server holds.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};
use resolutionflow_core::id::AccountId;
use resolutionflow_store::db::{Topic, Tx, Wake};
use resolutionflow_store::migrate::MIGRATIONS;
use resolutionflow_store::testing::{TestDb, now, sqlite};
use resolutionflow_store::{Db, DbConfig, Error, Result};
use uuid::Uuid;

async fn with_table(change: impl FnOnce(&mut DbConfig)) -> TestDb {
    let test = sqlite(change).await;
    execute(&test.db, "CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT")
        .await
        .unwrap();
    test
}

async fn execute(db: &Db, sql: &'static str) -> Result<u64> {
    db.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }))
        .await
}

fn insert(tx: &mut Tx, id: i64) -> BoxFuture<'_, Result<u64>> {
    Box::pin(async move { tx.execute("INSERT INTO things (id) VALUES ($1)", &[&id]).await })
}

async fn ids(db: &Db) -> Vec<i64> {
    let sql = "SELECT id FROM things ORDER BY id";
    let rows: Result<Vec<(i64,)>> = db
        .read(move |tx| Box::pin(async move { tx.all(sql, &[]).await }))
        .await;
    rows.unwrap().into_iter().map(|(id,)| id).collect()
}

/// Holds the writer inside a closure until it is dropped, so that what comes meanwhile is one batch with it.
struct Held {
    _gate: mpsc::Sender<()>,
}

async fn hold(db: &Db) -> (Held, tokio::task::JoinHandle<Result<()>>) {
    let (gate, opened) = mpsc::channel::<()>();
    let opened = Arc::new(Mutex::new(opened));
    let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let db = db.clone();
    let task = tokio::spawn(async move {
        db.write(move |_| {
            // Nobody listens any more when this runs again.
            let _ = begun.send(());
            // Ends when the sender is dropped.
            let _ = opened.lock().unwrap().recv();
            std::future::ready(Ok(())).boxed()
        })
        .await
    });
    has_begun.recv().await.unwrap();
    (Held { _gate: gate }, task)
}

/// Queues the writes behind the held one, lets them all run, and returns what each was told.
async fn in_one_batch<T: Send + 'static>(
    db: &Db,
    writes: Vec<BoxFuture<'static, Result<T>>>,
) -> Vec<Result<T>> {
    let (held, first) = hold(db).await;
    let queued = db.metrics().writer_queue;
    let count = writes.len();
    let tasks: Vec<_> = writes.into_iter().map(tokio::spawn).collect();
    while db.metrics().writer_queue < queued + count {
        tokio::task::yield_now().await;
    }
    drop(held);
    first.await.unwrap().unwrap();
    join_all(tasks)
        .await
        .into_iter()
        .map(|task| task.unwrap())
        .collect()
}

fn inserting(db: &Db, id: i64) -> BoxFuture<'static, Result<u64>> {
    let db = db.clone();
    async move { db.write(move |tx| insert(tx, id)).await }.boxed()
}

#[tokio::test]
async fn waiting_writes_are_committed_together() {
    let test = with_table(|_| {}).await;
    let before = test.db.metrics();
    let results = in_one_batch(&test.db, (0..10).map(|id| inserting(&test.db, id)).collect()).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let after = test.db.metrics();
    assert_eq!(after.batched - before.batched, 11);
    // A batch that was held this long takes nothing more, so what waited is the second.
    assert!(after.batches - before.batches <= 2, "{after:?}");
    assert_eq!(after.writer_queue, 0);
}

#[tokio::test]
async fn a_batch_has_a_largest_size() {
    let test = with_table(|config| config.batch = 4).await;
    let before = test.db.metrics();
    let results = in_one_batch(&test.db, (0..10).map(|id| inserting(&test.db, id)).collect()).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let after = test.db.metrics();
    assert!(after.batches - before.batches >= 3, "{after:?}");
    assert_eq!(after.batch_sizes[3..].iter().sum::<u64>(), 0);
}

#[tokio::test]
async fn each_closure_undoes_only_itself() {
    let test = with_table(|_| {}).await;
    let mut wakes = test.db.wakes();
    let account = |number| Topic::Account(AccountId::from_uuid(Uuid::from_u128(number)));
    let db = test.db.clone();
    let bad = move |kind: u32| -> BoxFuture<'static, Result<u64>> {
        let db = db.clone();
        async move {
            db.write(move |tx| {
                Box::pin(async move {
                    insert(tx, 1000 + i64::from(kind)).await?;
                    tx.wake(account(13));
                    match kind {
                        0 => insert(tx, 1000).await,
                        1 => panic!("on purpose"),
                        2 => std::future::pending().await,
                        3 => Err(Error::NoRow),
                        _ => tx.execute("COMMIT; nonsense", &[]).await,
                    }
                })
            })
            .await
        }
        .boxed()
    };
    let woken = {
        let db = test.db.clone();
        async move {
            db.write(move |tx| {
                tx.wake(account(1));
                insert(tx, 6)
            })
            .await
        }
    };
    let mut writes = vec![woken.boxed()];
    for kind in 0..5 {
        writes.push(bad(kind));
        writes.push(inserting(&test.db, kind.into()));
    }
    let results = in_one_batch(&test.db, writes).await;
    for (index, result) in results.iter().enumerate() {
        match index {
            1 => assert!(matches!(result, Err(Error::Duplicate)), "{result:?}"),
            3 => assert!(matches!(result, Err(Error::Panicked(_))), "{result:?}"),
            5 => assert!(matches!(result, Err(Error::Waited)), "{result:?}"),
            7 => assert!(matches!(result, Err(Error::NoRow)), "{result:?}"),
            9 => assert!(result.is_err(), "{result:?}"),
            _ => assert!(result.is_ok(), "{result:?}"),
        }
    }
    assert_eq!(ids(&test.db).await, [0, 1, 2, 3, 4, 6]);
    assert_eq!(wakes.try_recv().unwrap(), Wake::Topic(account(1)));
    assert!(wakes.try_recv().is_err());
}

/// Counts further than anybody waits.
const ENDLESS: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
const ENDLESS_INSERT: &str = "INSERT INTO things (id)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i + 1000 FROM n";

#[tokio::test]
async fn a_closure_that_takes_too_long_is_refused_alone() {
    let test = with_table(|config| config.time_limit = Duration::from_millis(200)).await;
    let slow = |sql: &'static str| -> BoxFuture<'static, Result<u64>> {
        let db = test.db.clone();
        async move {
            db.write(move |tx| {
                Box::pin(async move {
                    insert(tx, 999).await?;
                    tx.all::<(i64,)>(sql, &[]).await?;
                    Ok(1)
                })
            })
            .await
        }
        .boxed()
    };
    let writes = vec![
        inserting(&test.db, 1),
        slow(ENDLESS),
        inserting(&test.db, 2),
        slow(ENDLESS_INSERT),
        inserting(&test.db, 3),
    ];
    // Each stands in the queue before the next, and is not held itself.
    let tasks = join_all(writes).await;
    for (index, result) in tasks.iter().enumerate() {
        match index {
            1 | 3 => assert!(matches!(result, Err(Error::TooSlow)), "{result:?}"),
            _ => assert!(result.is_ok(), "{result:?}"),
        }
    }
    assert_eq!(ids(&test.db).await, [1, 2, 3]);
    let read: Result<(i64,)> = test
        .db
        .read(|tx| Box::pin(async move { tx.one(ENDLESS, &[]).await }))
        .await;
    assert!(matches!(read, Err(Error::TooSlow)), "{read:?}");
    assert_eq!(ids(&test.db).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_commit_that_fails_hurts_only_the_guilty() {
    let test = with_table(|_| {}).await;
    execute(
        &test.db,
        "CREATE TABLE parts (id INTEGER PRIMARY KEY REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)",
    )
    .await
    .unwrap();
    let db = test.db.clone();
    let orphan = async move { execute(&db, "INSERT INTO parts (id) VALUES (77)").await }.boxed();
    let writes = vec![inserting(&test.db, 1), orphan, inserting(&test.db, 2)];
    let results = in_one_batch(&test.db, writes).await;
    assert!(matches!(results[1], Err(Error::Constraint(_))), "{results:?}");
    assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
    assert_eq!(ids(&test.db).await, [1, 2]);
    assert_eq!(test.db.metrics().batches_repeated, 1);
}

#[tokio::test]
async fn a_full_queue_is_busy() {
    let test = with_table(|config| {
        config.queue = 2;
        config.patience = Duration::from_millis(50);
    })
    .await;
    let (held, first) = hold(&test.db).await;
    let results = join_all((0..5).map(|id| {
        let write = inserting(&test.db, id);
        async { tokio::time::timeout(Duration::from_millis(500), write).await }
    }));
    let results = results.await;
    assert_eq!(
        results
            .iter()
            .filter(|result| matches!(result, Ok(Err(Error::Busy))))
            .count(),
        3,
        "{results:?}"
    );
    drop(held);
    first.await.unwrap().unwrap();
    // What had a place was done, though nobody waited any more.
    execute(&test.db, "DELETE FROM things WHERE id = 99")
        .await
        .unwrap();
    assert_eq!(ids(&test.db).await.len(), 2);
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    let test = with_table(|_| {}).await;
    let (held, first) = hold(&test.db).await;
    let tasks: Vec<_> = (0..20).map(|id| tokio::spawn(inserting(&test.db, id))).collect();
    while test.db.metrics().writer_queue < 20 {
        tokio::task::yield_now().await;
    }
    let closing = tokio::spawn(test.db.clone().close());
    drop(held);
    closing.await.unwrap();
    first.await.unwrap().unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // The file is free for the next.
    let again = Db::open(&test.config).await.unwrap();
    assert_eq!(ids(&again).await.len(), 20);
}

#[tokio::test]
async fn one_server_holds_the_file() {
    let test = with_table(|_| {}).await;
    let second = Db::open(&test.config).await.err().unwrap();
    let process = std::process::id();
    assert!(
        matches!(second, Error::Locked { by: Some(by), .. } if by == process),
        "{second}"
    );
    assert!(
        second
            .to_string()
            .contains(&format!("in use by another resolutionflow (process {process});"))
    );
    let migrating = resolutionflow_store::migrate::migrate(&test.config).await;
    assert!(matches!(migrating, Err(Error::Locked { .. })));
    test.db.clone().close().await;
    assert_eq!(
        resolutionflow_store::migrate::migrate(&test.config)
            .await
            .unwrap(),
        0
    );
    Db::open(&test.config).await.unwrap();
}

fn config(path: &Path) -> DbConfig {
    DbConfig::new(format!("sqlite:{}", path.display()), now())
}

#[tokio::test]
async fn files_are_for_their_user_only() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let path = data.join("a b'%.sqlite");
    let db = Db::open(&config(&path)).await.unwrap();
    execute(&db, "CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT")
        .await
        .unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&data).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        files += 1;
    }
    assert!(files >= 4, "the database, its lock, its log and the log's index");
}

async fn refusal(config: &DbConfig) -> String {
    let refused = Db::open(config).await.err().unwrap().to_string();
    assert!(!refused.contains('\n'), "{refused}");
    refused
}

#[tokio::test]
async fn what_cannot_be_opened_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| config(&directory.path().join(name));
    assert!(
        refusal(&config(directory.path()))
            .await
            .ends_with("this is a directory; name a file in it")
    );
    assert!(
        refusal(&at("no/such/directory/db"))
            .await
            .contains("no/such/directory: the data directory cannot be made")
    );
    std::fs::write(
        directory.path().join("text"),
        "this is no database, and long enough to look like one".repeat(40),
    )
    .unwrap();
    assert!(
        refusal(&at("text"))
            .await
            .ends_with("text: this is not an SQLite database")
    );
    assert!(refusal(&at("text/db")).await.contains("text/db"));
    for (url, reason) in [
        ("sqlite:", "followed by the path"),
        ("sqlite::memory:", "loses everything"),
        ("sqlite:x?mode=ro", "without parameters"),
        ("mysql://x", "sqlite:PATH or postgres://"),
        ("", "sqlite:PATH or postgres://"),
    ] {
        let refused = refusal(&DbConfig::new(url, now())).await;
        assert!(refused.contains(reason), "{refused}");
    }
}

#[tokio::test]
async fn a_read_only_directory_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(directory.path().join("try"), "").is_ok() {
        eprintln!("this user may write anywhere: skipped");
        return;
    }
    let refused = refusal(&config(&directory.path().join("db"))).await;
    assert!(
        refused.ends_with("db.lock: cannot be written: Permission denied (os error 13)"),
        "{refused}"
    );
    let refused = refusal(&config(&directory.path().join("data/db"))).await;
    assert!(
        refused.contains("the data directory cannot be made: Permission denied"),
        "{refused}"
    );
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert!(
        refusal(&config(&path))
            .await
            .ends_with("this SQLite database belongs to another program")
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_the_reason() {
    let test = with_table(|_| {}).await;
    test.db.clone().close().await;
    let path = test.config.url.strip_prefix("sqlite:").unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    // Everything after the header, so the schema cannot be read.
    bytes[100..].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
    let refused = refusal(&test.config).await;
    assert!(
        refused.contains("damaged") || refused.contains("malformed"),
        "{refused}"
    );
}

#[tokio::test]
async fn newer_older_and_changed_schemas_are_refused() {
    let newest = MIGRATIONS.last().unwrap().version;
    for (sql, expected) in [
        (
            "INSERT INTO schema_migrations VALUES (999, 'later', 0, x'00')",
            format!("the database has schema version 999, and this program knows versions up to {newest}"),
        ),
        (
            "UPDATE schema_migrations SET checksum = x'00' WHERE version = 1",
            "migration 1 (ground) was applied in".to_owned(),
        ),
    ] {
        let test = sqlite(|_| {}).await;
        execute(&test.db, sql).await.unwrap();
        test.db.clone().close().await;
        let refused = refusal(&test.config).await;
        assert!(refused.starts_with(&expected), "{refused}");
    }
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(&directory.path().join("db"));
    config.migrate = false;
    let refused = refusal(&config).await;
    assert!(refused.ends_with("run `resolutionflow migrate`"), "{refused}");
    assert_eq!(
        resolutionflow_store::migrate::migrate(&config).await.unwrap(),
        MIGRATIONS.len()
    );
    Db::open(&config).await.unwrap();
}

#[tokio::test]
async fn thousands_of_texts_are_no_problem() {
    let test = with_table(|_| {}).await;
    let sum: Result<i64> = test
        .db
        .read_long(|tx| {
            Box::pin(async move {
                let mut sum = 0;
                for number in 0..3000_i64 {
                    sum += tx.one::<(i64,)>(&format!("SELECT {number} + $1"), &[&1]).await?.0;
                }
                Ok(sum)
            })
        })
        .await;
    assert_eq!(sum.unwrap(), 2999 * 3000 / 2 + 3000);
}
