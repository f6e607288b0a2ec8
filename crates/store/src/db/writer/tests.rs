//! A disk that is full: made by a bound on the file's pages, which an open connection may get in the middle of
//! a batch, or every connection from the start.

use crate::testing::{TestDb, sqlite};
use crate::{Db, Error, Result};

/// A row of four pages or so.
async fn big(db: &Db, id: i64) -> Result<u64> {
    db.write(move |tx| {
        let sql = "INSERT INTO blobs (id, bytes) VALUES ($1, $2)";
        Box::pin(async move { tx.execute(sql, &[&id, &vec![7_u8; 16 * 1024]]).await })
    })
    .await
}

async fn with_table() -> TestDb {
    let test = sqlite(|_| {}).await;
    let create = "CREATE TABLE blobs (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT";
    let created: Result<u64> = test
        .db
        .write(move |tx| Box::pin(async move { tx.execute(create, &[]).await }))
        .await;
    created.unwrap();
    test
}

async fn count(db: &Db) -> i64 {
    let sql = "SELECT COUNT(*) FROM blobs";
    let row: Result<(i64,)> = db
        .read(move |tx| Box::pin(async move { tx.one(sql, &[]).await }))
        .await;
    row.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_the_disk_refuses_is_run_one_by_one() {
    let test = with_table().await;
    // From here on this connection may not grow the file; the one that is opened anew may.
    let bound: Result<(i64,)> = test
        .db
        .write(|tx| Box::pin(async move { tx.one("PRAGMA max_page_count = 1", &[]).await }))
        .await;
    bound.unwrap();
    let before = test.db.metrics();
    let results = futures_util::future::join_all((0..20).map(|id| big(&test.db, id))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(count(&test.db).await, 20);
    assert_eq!(test.db.metrics().batches_repeated, before.batches_repeated + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_stays_full_refuses_what_does_not_fit_and_keeps_the_rest() {
    let mut test = with_table().await;
    test.db.clone().close().await;
    test.config.most_pages = Some(1);
    let db = Db::open(&test.config).await.unwrap();
    let small = async |id: i64| -> Result<u64> {
        let sql = "INSERT INTO blobs (id, bytes) VALUES ($1, $2)";
        db.write(move |tx| Box::pin(async move { tx.execute(sql, &[&id, &vec![7_u8; 10]]).await }))
            .await
    };
    let (big, small) = futures_util::future::join(
        futures_util::future::join_all((0..10).map(|id| big(&db, id))),
        futures_util::future::join_all((100..110).map(small)),
    )
    .await;
    assert!(
        big.iter().all(|result| matches!(result, Err(Error::Full))),
        "{big:?}"
    );
    assert!(small.iter().all(Result::is_ok), "{small:?}");
    assert_eq!(count(&db).await, 10);
    let check: Result<(String,)> = db
        .read(|tx| Box::pin(async move { tx.one("PRAGMA integrity_check", &[]).await }))
        .await;
    assert_eq!(check.unwrap().0, "ok");
    // There is room again.
    db.close().await;
    test.config.most_pages = None;
    let db = Db::open(&test.config).await.unwrap();
    big_fits(&db).await;
}

async fn big_fits(db: &Db) {
    assert_eq!(big(db, 1).await.unwrap(), 1);
}
