//! Measures what row security costs PostgreSQL: the processor time of one connection's process there, for a statement that
//! runs many times. That hardly depends on what else the machine does.
//!
//! `TEST_POSTGRES_URL=... cargo run -p resolutionflow-store --example row_security`, on Linux, beside the cluster.

use std::time::Duration;

use resolutionflow_core::id::{AccountId, Id};
use resolutionflow_store::db::Tx;
use resolutionflow_store::testing::{TestDb, now, postgres};
use resolutionflow_store::{Db, DbConfig, Result, events, sessions, tokens, variables};
use uuid::Uuid;

const TIMES: u32 = 4_000;
const ROUNDS: usize = 5;

/// One account with a person, a token, a flow, and two hundred sessions of twenty variables.
const FILL: &str = "
    CREATE FUNCTION pg_temp.id(i BIGINT) RETURNS UUID LANGUAGE SQL AS
        $$ SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(i), 12, '0'))::UUID $$;
    INSERT INTO accounts (id, name, created_at) VALUES (pg_temp.id(1), 'A', 'epoch');
    INSERT INTO teams (account_id, id, name) VALUES (pg_temp.id(1), pg_temp.id(1), 'T');
    INSERT INTO users (id, email, email_key, name, created_at) VALUES (pg_temp.id(1), 'a', 'a', 'a', 'epoch');
    INSERT INTO members (account_id, user_id, role, team_id, created_at)
        VALUES (pg_temp.id(1), pg_temp.id(1), 'engineer', pg_temp.id(1), 'epoch');
    INSERT INTO tokens (hash, id, kind, account_id, user_id, name, auth_epoch, created_at, expires_at)
        SELECT decode(repeat('00', 32), 'hex'), id, 'personal', pg_temp.id(1), id, '', 0, 'epoch', '2100-01-01' FROM users;
    INSERT INTO flows (account_id, id, title, title_key, tags, search, step_count, field_count, created_by_id,
            created_at, updated_at)
        SELECT pg_temp.id(1), id, '', '', '', '', 1, 1, id, 'epoch', 'epoch' FROM users;
    INSERT INTO flow_versions (account_id, flow_id, version, title, document, published_by_id, published_at)
        SELECT pg_temp.id(1), id, 1, '', '{}', id, 'epoch' FROM users;
    INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note,
            version, head, prepared_by_id, created_at, updated_at, outcome_note, next_steps, filled, variables,
            missing, finished_steps, steps)
        SELECT pg_temp.id(1), pg_temp.id(i), i, pg_temp.id(1), 1, pg_temp.id(1), '', '', '', 1,
            decode(repeat('00', 32), 'hex'), pg_temp.id(1), 'epoch', 'epoch', '', '', 0, 0, 0, 0, 0
        FROM generate_series(1, 200) i;
    INSERT INTO session_variables (account_id, session_id, name, value, valid, version, set_by_id, set_at)
        SELECT account_id, id, 'v_' || i, 'dc01', TRUE, 1, pg_temp.id(1), 'epoch'
        FROM sessions, generate_series(1, 20) i;
    ANALYZE;
";

fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(Uuid::from_u128(number))
}

#[tokio::main]
async fn main() -> Result<()> {
    let one = |config: &mut DbConfig| config.pool = 1;
    let Some(test) = postgres(one).await else {
        return Ok(());
    };
    test.as_owner(FILL).await?;
    let unbound = Db::open(&test.all_powerful()).await?;
    println!(
        "Processor time of PostgreSQL in microseconds, medians of {ROUNDS} rounds of {TIMES} in turn: without row security, with it"
    );
    let account: AccountId = id(1);
    compare(&test, &unbound, "who shows a token, alone", async |db| {
        let read =
            db.read_one(|tx: &mut Tx| Box::pin(async move { tokens::bearer(tx, &[0; 32], now()).await }));
        read.await.map(|found| assert!(found.is_some()))
    })
    .await?;
    compare(
        &test,
        &unbound,
        "who shows a token, in a transaction",
        async |db| {
            let read =
                db.read(|tx: &mut Tx| Box::pin(async move { tokens::bearer(tx, &[0; 32], now()).await }));
            read.await.map(|found| assert!(found.is_some()))
        },
    )
    .await?;
    compare(
        &test,
        &unbound,
        "a session with its variables and events",
        async |db| {
            db.read(move |tx: &mut Tx| {
                Box::pin(async move {
                    sessions::find(tx, account, id(7)).await?;
                    variables::all(tx, account, id(7)).await?;
                    events::after(tx, account, id(7), 0, 50).await.map(|_| ())
                })
            })
            .await
        },
    )
    .await?;
    compare(&test, &unbound, "a list of 50 sessions", async |db| {
        db.read(move |tx: &mut Tx| {
            Box::pin(async move {
                let filter = sessions::Filter::default();
                sessions::list(tx, account, &filter, None, 50).await.map(|_| ())
            })
        })
        .await
    })
    .await?;
    compare(&test, &unbound, "a write of two statements", async |db| {
        db.write(move |tx: &mut Tx| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE sessions SET version = version + 1 WHERE account_id = $1 AND id = $2",
                    &[&account, &id::<resolutionflow_core::id::kind::Session>(7)],
                )
                .await?;
                tx.execute(
                    "UPDATE session_variables SET version = version + 1 \
                     WHERE account_id = $1 AND session_id = $2 AND name = 'v_7'",
                    &[&account, &id::<resolutionflow_core::id::kind::Session>(7)],
                )
                .await
                .map(|_| ())
            })
        })
        .await
    })
    .await?;
    unbound.close().await;
    Ok(())
}

async fn compare(
    test: &TestDb,
    unbound: &Db,
    what: &str,
    work: impl AsyncFn(&Db) -> Result<()>,
) -> Result<()> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (db, times) in [unbound, &test.db].into_iter().zip(&mut times) {
            // It prepares its statements once.
            work(db).await?;
            let before = used(test);
            for _ in 0..TIMES {
                work(db).await?;
            }
            times.push(used(test).saturating_sub(before) / TIMES);
        }
    }
    let [without, with] = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2].as_secs_f64() * 1e6
    });
    println!("{what}: {without:.1}, {with:.1}");
    Ok(())
}

/// The processor time of all processes that serve a connection to this database.
fn used(test: &TestDb) -> Duration {
    let database = test.config.url.rsplit('/').next().unwrap_or_default();
    let mut all = Duration::ZERO;
    for entry in std::fs::read_dir("/proc").expect("this is Linux").flatten() {
        let path = entry.path();
        let name = std::fs::read(path.join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&name).contains(&format!("resolutionflow {database} "))
            || String::from_utf8_lossy(&name).contains(&format!("postgres {database} "))
        {
            let line = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            let nanos = line.split(' ').next().and_then(|nanos| nanos.parse().ok());
            all += Duration::from_nanos(nanos.unwrap_or(0));
        }
    }
    all
}
