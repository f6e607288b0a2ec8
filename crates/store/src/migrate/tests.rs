//! The rules of migrations, with small ones made for it; the real ones are applied by every other test.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::Db;
use crate::testing::{empty_postgres, now, sqlite};

const FIRST: Migration = Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a (id) ON DELETE CASCADE) STRICT;
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1);",
    postgres: "CREATE TABLE a (id BIGINT PRIMARY KEY);
        CREATE TABLE b (id BIGINT PRIMARY KEY, a BIGINT NOT NULL REFERENCES a (id) ON DELETE CASCADE);
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1);",
};
/// Rebuilds a table that others refer to, as SQLite needs it for many changes.
const SECOND: Migration = Migration {
    version: 2,
    name: "second",
    sqlite: "CREATE TABLE a_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '') STRICT;
        INSERT INTO a_new (id) SELECT id FROM a; DROP TABLE a; ALTER TABLE a_new RENAME TO a;",
    postgres: "ALTER TABLE a ADD COLUMN name TEXT NOT NULL DEFAULT '';",
};
const BROKEN: Migration = Migration {
    version: 3,
    name: "broken",
    sqlite: "CREATE TABLE c (id INTEGER) STRICT; SELECT nonsense;",
    postgres: "CREATE TABLE c (id INTEGER); SELECT nonsense;",
};
/// Leaves a row of `b` without its `a`.
const DANGLING: Migration = Migration {
    version: 3,
    name: "dangling",
    sqlite: "DELETE FROM a;",
    postgres: "",
};
const EDITED: Migration = Migration {
    sqlite: "CREATE TABLE z (id INTEGER) STRICT",
    postgres: "CREATE TABLE z (id INTEGER)",
    ..FIRST
};

async fn count(db: &Db, sql: &'static str) -> Result<i64> {
    let row: Result<(i64,)> = db
        .read(move |tx| Box::pin(async move { tx.one(sql, &[]).await }))
        .await;
    row.map(|(count,)| count)
}

async fn opened(config: &DbConfig, migrations: &'static [Migration]) -> Result<Db> {
    Db::open(&DbConfig {
        migrations,
        migrate: true,
        ..config.clone()
    })
    .await
}

#[tokio::test]
async fn they_go_forward_one_by_one_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = DbConfig::new(format!("sqlite:{}", directory.path().join("db").display()), now());
    let cluster = empty_postgres().await;
    let mut owned = None;
    if let Some((config, database)) = &cluster {
        database.create().await.unwrap();
        assert!(!config.migrate);
        owned = Some(database.owned(config));
    }
    for config in [Some(&file), owned.as_ref()].into_iter().flatten() {
        opened(config, &[FIRST]).await.unwrap().close().await;
        let db = opened(config, &[FIRST, SECOND]).await.unwrap();
        assert_eq!(
            count(
                &db,
                "SELECT COUNT(*) FROM a JOIN b ON b.a = a.id WHERE a.name = ''"
            )
            .await
            .unwrap(),
            1
        );
        db.close().await;
        let broken = opened(config, &[FIRST, SECOND, BROKEN])
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(
            broken.starts_with("migration 3 (broken) failed, and nothing of it was kept: "),
            "{broken}"
        );
        assert!(broken.contains("nonsense"), "{broken}");
        let edited = opened(config, &[EDITED, SECOND]).await.err().unwrap();
        assert!(
            matches!(edited, Error::ChangedMigration { version: 1, .. }),
            "{edited}"
        );
        let newer = opened(config, &[FIRST]).await.err().unwrap();
        assert!(matches!(newer, Error::Newer { found: 2, known: 1 }), "{newer}");
        let db = opened(config, &[FIRST, SECOND]).await.unwrap();
        assert!(count(&db, "SELECT COUNT(*) FROM c").await.is_err());
        assert_eq!(
            count(&db, "SELECT COUNT(*) FROM schema_migrations")
                .await
                .unwrap(),
            2
        );
        db.close().await;
    }
    let dangling = opened(&file, &[FIRST, SECOND, DANGLING])
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        dangling.ends_with("it leaves rows of b without what they refer to"),
        "{dangling}"
    );
    opened(&file, &[FIRST, SECOND]).await.unwrap();
}

#[tokio::test]
async fn foreign_keys_hold_after_a_migration() {
    let test = sqlite(|config| config.migrations = &[FIRST, SECOND]).await;
    let orphan: Result<u64> = test
        .db
        .write(|tx| Box::pin(async move { tx.execute("INSERT INTO b VALUES (2, 99)", &[]).await }))
        .await;
    assert!(matches!(orphan, Err(Error::Constraint(_))), "{orphan:?}");
}

#[test]
fn the_folders_and_the_list_agree() {
    let folder = |engine: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(engine);
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let listed: BTreeSet<_> = MIGRATIONS
        .iter()
        .map(|one| format!("{:04}_{}.sql", one.version, one.name))
        .collect();
    assert_eq!(folder("sqlite"), listed);
    assert_eq!(folder("postgres"), listed);
    for (index, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.version, i64::try_from(index).unwrap() + 1);
        for text in [migration.sqlite, migration.postgres] {
            // Each runs in one transaction, which is not its own to end.
            let mut words = text
                .lines()
                .map(|line| line.trim().trim_end_matches(';').to_uppercase());
            assert!(!words.any(|line| ["COMMIT", "ROLLBACK", "BEGIN TRANSACTION"].contains(&line.as_str())));
        }
    }
}
