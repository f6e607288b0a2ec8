//! The ground: what `write` and `read` promise, on both engines.

use futures_util::future::BoxFuture;
use resolutionflow_store::db::{Engine, Tx};
use resolutionflow_store::testing::{TestDb, databases};
use resolutionflow_store::{Error, Result};

/// A table to play with.
async fn with_table(test: &TestDb) {
    let sql = match test.engine {
        Engine::Sqlite => "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
        Engine::Postgres => "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    };
    test.db
        .write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }))
        .await
        .unwrap();
}

fn insert<'t>(tx: &'t mut Tx, id: i64) -> BoxFuture<'t, Result<()>> {
    Box::pin(async move {
        tx.execute(
            "INSERT INTO things (id, name) VALUES ($1, $2)",
            &[&id, &format!("thing {id}")],
        )
        .await?;
        Ok(())
    })
}

async fn ids(test: &TestDb) -> Vec<i64> {
    let read = test
        .db
        .read(|tx| Box::pin(async move { tx.all("SELECT id FROM things ORDER BY id", &[]).await }));
    let rows: Result<Vec<(i64,)>> = read.await;
    rows.unwrap().into_iter().map(|(id,)| id).collect()
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    for test in databases().await {
        with_table(&test).await;
        test.db.write(|tx| insert(tx, 1)).await.unwrap();
        assert_eq!(ids(&test).await, [1]);
        let twice = test.db.write(|tx| insert(tx, 1)).await;
        assert!(matches!(twice, Err(Error::Duplicate)), "{twice:?}");
    }
}
