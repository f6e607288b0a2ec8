//! PostgreSQL keeps the accounts apart: whatever a statement forgets to ask, it meets no row of another account.

use futures_util::future::BoxFuture;
use resolutionflow_core::id::{AccountId, Id};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::db::postgres;
use crate::testing::Database;
use crate::{
    Db, DbConfig, Error, Result, Tx, audit, events, filled, flows, members, notifications, presence,
    sessions, steps, tokens, variables,
};

/// Tables that name an account and are kept out of row security; ADR 5 says why.
const OUTSIDE: [&str; 2] = ["logins", "outbox"];

/// Every row of account 1 once more in account 2, with the same ids wherever a key has the account in it, and each
/// table's rows of account 2 once more in a table beside it, which anybody may read. Triggers and foreign keys are off
/// from here on.
const TWINS: &str = "
    SET session_replication_role = replica;
    DO $$
    DECLARE
        kept RECORD;
        names TEXT;
        made TEXT;
        other CONSTANT UUID := '00000000-0000-0000-0000-000000000002';
    BEGIN
        FOR kept IN
            SELECT c.oid, c.relname AS name, CASE c.relname WHEN 'accounts' THEN 'id' ELSE 'account_id' END AS account
            FROM pg_class c
            WHERE c.relnamespace = 'public'::REGNAMESPACE AND c.relkind = 'r' AND (c.relname = 'accounts'
                OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id'))
        LOOP
            -- What is unique beyond the account has to differ.
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
                string_agg(CASE
                    WHEN a.attname = kept.account THEN quote_literal(other) || '::UUID'
                    WHEN NOT EXISTS (SELECT FROM pg_index i
                        WHERE i.indrelid = kept.oid AND i.indisunique AND a.attnum = ANY (i.indkey)
                            AND NOT EXISTS (SELECT FROM pg_attribute o
                                WHERE o.attrelid = kept.oid AND o.attname = kept.account AND o.attnum = ANY (i.indkey)))
                        THEN quote_ident(a.attname)
                    WHEN a.atttypid = 'BYTEA'::REGTYPE THEN format('sha256(%I)', a.attname)
                    ELSE format('md5(%I::TEXT)::UUID', a.attname) END, ', ' ORDER BY a.attnum)
            INTO names, made
            FROM pg_attribute a WHERE a.attrelid = kept.oid AND a.attnum > 0 AND NOT a.attisdropped;
            EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %3$s FROM %1$I WHERE %4$I IS NOT NULL',
                kept.name, names, made, kept.account);
            EXECUTE format('CREATE TABLE %I AS SELECT * FROM %I WHERE %I = %L',
                'twin_' || kept.name, kept.name, kept.account, other);
            EXECUTE format('GRANT SELECT ON %I TO PUBLIC', 'twin_' || kept.name);
            EXECUTE format('ALTER TABLE %I DISABLE TRIGGER ALL', kept.name);
        END LOOP;
    END $$";

/// A database with two accounts that look alike, and what drops it.
async fn twins() -> Option<(DbConfig, Database)> {
    let (config, database) = filled::postgres().await?;
    let client = client(&database.all_powerful(&config)).await;
    client.batch_execute(TWINS).await.unwrap();
    Some((config, database))
}

async fn client(config: &DbConfig) -> Client {
    let (client, driver) = postgres::connect(&config.url).await.unwrap();
    // It ends with the client.
    tokio::spawn(driver);
    client
}

fn account(number: u128) -> AccountId {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// The tables whose rows name an account, each with the column that does.
async fn tables(client: &Client) -> Vec<(String, &'static str)> {
    let sql = "SELECT table_name::TEXT FROM information_schema.columns WHERE table_schema = 'public' \
        AND column_name = 'account_id' AND NOT starts_with(table_name, 'twin_') ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    let named = rows.iter().map(|row| (row.get::<_, String>(0), "account_id"));
    let kept = named.filter(|(name, _)| !OUTSIDE.contains(&name.as_str()));
    std::iter::once(("accounts".to_owned(), "id"))
        .chain(kept)
        .collect()
}

#[tokio::test]
async fn nobody_meets_a_row_of_another_account() {
    let Some((config, database)) = twins().await else {
        return;
    };
    let (server, owner) = (client(&config).await, client(&database.owned(&config)).await);
    let all = client(&database.all_powerful(&config)).await;
    let tables = tables(&all).await;
    assert!(tables.len() > 15, "{tables:?}");
    for (table, column) in &tables {
        let ours = format!("FROM {table} WHERE {column} = '{}'", account(1));
        let ours = number(&all, &format!("SELECT COUNT(*) {ours}")).await;
        let theirs = number(&all, &format!("SELECT COUNT(*) FROM twin_{table}")).await;
        assert!(ours > 0 && theirs > 0, "{table} has no rows of both accounts");
        // Even the owner is bound. Who says no account is like who acts in one that has nothing.
        for (client, acting, expected) in [
            (&server, Some(1), ours),
            (&server, Some(2), theirs),
            (&server, Some(3), 0),
            (&server, None, 0),
            (&owner, Some(1), ours),
            (&owner, None, 0),
        ] {
            begin(client, acting).await;
            let seen = number(client, &format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(seen, expected, "{acting:?} sees of {table}");
            for change in [
                format!("UPDATE {table} SET {column} = {column}"),
                format!("DELETE FROM {table}"),
            ] {
                let changed = client.execute(&change, &[]).await.unwrap();
                assert_eq!(i64::try_from(changed).unwrap(), expected, "{acting:?}: {change}");
            }
            client.batch_execute("ROLLBACK").await.unwrap();
        }
        // Nor can a row be put into another account.
        for foreign in [
            format!("INSERT INTO {table} SELECT * FROM twin_{table}"),
            format!("UPDATE {table} SET {column} = '{}'", account(3)),
        ] {
            begin(&server, Some(1)).await;
            let refused = server.batch_execute(&foreign).await.unwrap_err();
            let refused = refused.as_db_error().unwrap();
            assert_eq!(refused.code(), &SqlState::INSUFFICIENT_PRIVILEGE, "{foreign}");
            assert!(
                refused.message().contains("row-level security"),
                "{foreign}: {refused}"
            );
            server.batch_execute("ROLLBACK").await.unwrap();
        }
        // And what goes across accounts meets all.
        begin(&server, None).await;
        server.batch_execute("SET LOCAL app.across = 'on'").await.unwrap();
        let seen = number(&server, &format!("SELECT COUNT(*) FROM {table}")).await;
        assert_eq!(seen, ours + theirs, "{table}");
        server.batch_execute("ROLLBACK").await.unwrap();
    }
}

async fn begin(client: &Client, acting: Option<u128>) {
    let begin = acting.map_or("BEGIN".to_owned(), |number| {
        format!("BEGIN; SET LOCAL app.account = '{}'", account(number))
    });
    client.batch_execute(&begin).await.unwrap();
}

/// The statement without the conditions on its account.
fn forgetful(sql: &str) -> String {
    const CONDITION: &str = "account_id = $1";
    let mut pieces = sql.split(CONDITION);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if piece.starts_with(|c: char| c.is_ascii_digit()) {
            text.push_str(CONDITION);
        } else {
            // With the name of the table before it.
            let alias = text.rfind(|c: char| !c.is_ascii_lowercase() && c != '_' && c != '.');
            text.truncate(alias.map_or(0, |end| end + 1));
            text.push_str("$1::UUID IS NOT NULL");
        }
        text.push_str(piece);
    }
    text
}

/// Reads something, and says all that it found.
type Reading = for<'t> fn(&'t mut Tx) -> BoxFuture<'t, Result<String>>;

/// What the store answers from account 1, by statements of which each has its account in it.
const READINGS: [(&str, Reading); 8] = [
    ("the list of sessions", |tx| {
        Box::pin(async move {
            let filter = sessions::Filter::default();
            let list = sessions::list(tx, account(1), &filter, None, 50).await?;
            Ok(format!("{list:?}"))
        })
    }),
    ("a search among a person's sessions", |tx| {
        Box::pin(async move {
            let filter = sessions::Filter {
                mine: Some(id(2)),
                text: Some("ä".to_owned()),
                ..sessions::Filter::default()
            };
            let list = sessions::list(tx, account(1), &filter, None, 50).await?;
            Ok(format!("{list:?}"))
        })
    }),
    ("an export", |tx| {
        Box::pin(async move {
            let found = sessions::find(tx, account(1), id(6)).await;
            let variables = variables::all(tx, account(1), id(6)).await?;
            let steps = steps::all(tx, account(1), id(6)).await?;
            let events = events::after(tx, account(1), id(6), 0, 50).await?;
            Ok(format!("{found:?} {variables:?} {steps:?} {events:?}"))
        })
    }),
    ("who is in a session", |tx| {
        Box::pin(async move {
            let present = presence::of(tx, account(1), id(6), chrono::DateTime::UNIX_EPOCH).await?;
            Ok(format!("{present:?}"))
        })
    }),
    ("the library", |tx| {
        Box::pin(async move {
            let flows = flows::list(tx, account(1), &flows::Filter::default(), None, 50).await?;
            Ok(format!("{flows:?}"))
        })
    }),
    ("the members", |tx| {
        Box::pin(async move { Ok(format!("{:?}", members::list(tx, account(1), None, 50).await?)) })
    }),
    ("a person's tokens and what they were told", |tx| {
        Box::pin(async move {
            let tokens = tokens::personal(tx, account(1), id(2), None, 50).await?;
            let told = notifications::list(tx, account(1), id(2), false, None, 50).await?;
            Ok(format!("{tokens:?} {told:?}"))
        })
    }),
    ("the audit log", |tx| {
        Box::pin(async move {
            let entries = audit::list(tx, account(1), &audit::Filter::default(), None, 50).await?;
            Ok(format!("{entries:?}"))
        })
    }),
];

fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

/// What is read by the statements as they are, or by forgetful ones.
async fn read(db: &Db, reading: Reading, forgets: bool) -> String {
    let read = db.read::<_, Error, _>(move |tx| {
        if let (Tx::Postgres(postgres), true) = (&mut *tx, forgets) {
            postgres.rewrite = Some(forgetful);
        }
        reading(tx)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_statement_that_forgets_its_account_answers_nothing_of_others() {
    let Some((config, database)) = twins().await else {
        return;
    };
    let server = Db::open(&config).await.unwrap();
    let unbound = Db::open(&database.all_powerful(&config)).await.unwrap();
    for (what, reading) in READINGS {
        let right = read(&server, reading, false).await;
        assert_eq!(read(&server, reading, true).await, right, "{what}");
        assert_eq!(read(&unbound, reading, false).await, right, "{what}");
        // That it really forgets shows to a role that row security does not bind.
        assert_ne!(read(&unbound, reading, true).await, right, "{what}");
    }
    server.close().await;
    unbound.close().await;
}

#[test]
fn conditions_on_the_account_are_forgotten_and_no_others() {
    assert_eq!(
        forgetful(
            "WHERE s.account_id = $1 AND f.account_id = s.account_id AND account_id = $12 AND (account_id = $1)"
        ),
        "WHERE $1::UUID IS NOT NULL AND f.account_id = s.account_id AND account_id = $12 AND ($1::UUID IS NOT NULL)"
    );
}
