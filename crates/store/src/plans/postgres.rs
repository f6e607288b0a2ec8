//! The same on PostgreSQL, whose row security stands between a statement and an index wherever a condition might tell
//! something of the rows that it looks at: `LIKE` and `COALESCE` do, comparisons do not.

use super::*;

/// The same account on PostgreSQL.
const FILL_POSTGRES: &[&str] = &[
    "CREATE FUNCTION pg_temp.id(i bigint) RETURNS uuid AS \
        $$ SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(CASE i WHEN 0 THEN 0 ELSE i + 1048576 END), 12, '0'))::uuid $$ LANGUAGE SQL",
    "INSERT INTO accounts (id, name, created_at) VALUES (pg_temp.id(0), 'A', 'epoch')",
    "INSERT INTO teams (account_id, id, name) VALUES (pg_temp.id(0), pg_temp.id(0), 'T')",
    "INSERT INTO users (id, email, email_key, name, created_at) \
        SELECT pg_temp.id(i), i, i, i, 'epoch' FROM generate_series(1, 500) i",
    "INSERT INTO members (account_id, user_id, role, team_id, created_at) \
        SELECT pg_temp.id(0), id, 'engineer', pg_temp.id(0), 'epoch' FROM users",
    "INSERT INTO flows (account_id, id, title, title_key, tags, search, step_count, field_count, created_by_id, \
            created_at, updated_at) \
        SELECT pg_temp.id(0), id, '', '', '', '', 1, 1, id, 'epoch', 'epoch' FROM users",
    "INSERT INTO flow_versions (account_id, flow_id, version, title, document, published_by_id, published_at) \
        SELECT pg_temp.id(0), id, 1, '', '{}', id, 'epoch' FROM users",
    "INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note, \
            version, head, prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at, \
            discarded_at, due_at, updated_at, outcome_note, next_steps, filled, variables, missing, \
            finished_steps, steps) \
        SELECT pg_temp.id(0), pg_temp.id(i), i, pg_temp.id(i % 500 + 1), 1, pg_temp.id(0), '', '', '', 1, \
            decode(repeat('00', 32), 'hex'), pg_temp.id(i % 300 + 1), CASE WHEN i % 3 > 0 THEN pg_temp.id(i % 200 + 1) END, \
            pg_temp.id(i % 100 + 1), 'epoch', CASE WHEN i % 50 > 0 THEN now() END, \
            CASE WHEN i % 20 > 0 AND i % 50 > 0 THEN now() END, CASE WHEN i % 100 = 7 THEN now() END, \
            CASE WHEN i % 4 > 0 THEN now() END, 'epoch', '', '', 0, 0, 0, 0, 0 FROM generate_series(1, 3000) i",
    "INSERT INTO notifications (account_id, user_id, id, kind, session_id, cause, created_at, read_at) \
        SELECT account_id, owner_id, id, 'taken', id, 1, 'epoch', CASE WHEN number % 3 > 0 THEN now() END \
        FROM sessions",
    "INSERT INTO outbox (account_id, user_id, id, kind, session_id, cause, created_at, not_before, good_until, digest, \
            urgent, sent_at) \
        SELECT account_id, owner_id, id, 'taken', id, 1, 'epoch', 'epoch', 'epoch', number % 2 = 1, number % 20 = 0, \
            CASE WHEN number % 5 > 0 THEN now() END FROM sessions",
    "INSERT INTO tokens (hash, id, kind, account_id, user_id, name, auth_epoch, created_at, expires_at) \
        SELECT sha256(decode(replace(id::text, '-', ''), 'hex')), id, 'personal', pg_temp.id(0), id, '', 0, 'epoch', \
            now() FROM users",
    "INSERT INTO token_families (account_id, user_id, id, auth_epoch, device, place, created_at, last_used_at, expires_at) \
        SELECT pg_temp.id(0), id, id, 0, '', '', 'epoch', 'epoch', now() FROM users",
    "INSERT INTO refresh_tokens (hash, id, family_id, created_at, expires_at) \
        SELECT hash, id, id, 'epoch', now() FROM tokens",
    "INSERT INTO idempotency_keys (account_id, user_id, route, key, body_hash, status, answer, created_at) \
        SELECT pg_temp.id(0), id, '', '', '', 1, '', now() FROM users",
    "INSERT INTO account_invites (account_id, id, generation, hash, mailed_hash, role, team_id, uses, uses_left, \
            created_by_id, created_at, expires_at) \
        SELECT account_id, id, 1, sha256(id::text::bytea), sha256(id::text::bytea), 'viewer', pg_temp.id(0), 1, 1, \
            owner_id, 'epoch', now() FROM sessions",
    "INSERT INTO platform_invites (id, hash, uses, uses_left, expires_at, note, created_at) \
        SELECT id, hash, 1, 1, now(), '', 'epoch' FROM tokens",
    "INSERT INTO mail_tokens (address, purpose, hash, user_id, created_at, expires_at) \
        SELECT email, 'verify', sha256(email::bytea), id, 'epoch', now() FROM users",
    "INSERT INTO sign_ups (address, hash, email, name, account_name, created_at, expires_at) \
        SELECT email, sha256(email::bytea), email, '', '', 'epoch', now() FROM users",
    "INSERT INTO accounts (id, name, created_at) SELECT id, 'B', 'epoch' FROM users",
    "INSERT INTO plans (id, name, name_key, created_at) SELECT id, email, email, 'epoch' FROM users",
    "UPDATE accounts SET plan_id = id WHERE id <> pg_temp.id(0)",
    "INSERT INTO teams (account_id, id, name, name_key) SELECT pg_temp.id(0), id, email, email FROM users",
    "INSERT INTO tags (account_id, tag, flow_count) SELECT pg_temp.id(0), email, 1 FROM users",
    "ANALYZE",
];

/// What came of explaining everything: the plans, in an error, so that nothing of it is kept.
enum Explained {
    Failed(crate::Error),
    Plans(Vec<(String, Vec<String>)>),
}

impl From<crate::Error> for Explained {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error)
    }
}

/// The plan of each statement on PostgreSQL, as whoever opened the database gets it.
async fn explained(db: &crate::Db) -> Vec<(String, Vec<String>)> {
    let explain = db.write::<(), Explained, _>(|tx| {
        Box::pin(async move {
            // An index serves, or the plan says in vain that it does not.
            tx.execute("SET LOCAL enable_seqscan = off", &[]).await?;
            // How two tables are joined depends on how many rows are guessed, which row security changes.
            tx.execute("SET LOCAL enable_mergejoin = off", &[]).await?;
            tx.execute("SET LOCAL enable_hashjoin = off", &[]).await?;
            postgres(tx).plans = Some(Vec::new());
            let people = lists_of_a_person().into_iter().map(|(filter, _)| filter);
            for filter in lists().into_iter().map(|(filter, _)| filter).chain(people) {
                for after in [None, Some(id(2_000))] {
                    sessions::list(tx, id(0), &filter, after, 50).await?;
                }
                sessions::counts(tx, id(0), &filter).await?;
            }
            for (filter, _) in lists_by_due() {
                for at in [None, Some(None), Some(Some(now()))] {
                    sessions::list_by_due(tx, id(0), &filter, at.map(|at| Due { at, id: id(1) }), 50).await?;
                }
            }
            sessions::queues(tx, id(0), id(1), id(0), 5).await?;
            let looked = look_everything_up(tx, id(0x10_0001)).await;
            let plans = postgres(tx).plans.take().unwrap_or_default();
            assert!(looked.is_ok(), "{looked:?}: {:?}", plans.last());
            Err(Explained::Plans(plans))
        })
    });
    match explain.await {
        Ok(()) => panic!("it ends in an error"),
        Err(Explained::Failed(error)) => panic!("{error}"),
        Err(Explained::Plans(plans)) => plans,
    }
}

fn postgres(tx: &mut Tx) -> &mut crate::db::PostgresTx {
    let Tx::Postgres(tx) = tx else {
        panic!("this is PostgreSQL")
    };
    tx
}

/// By which indexes, and with which conditions in them, a plan finds its rows.
fn ways(plan: &[String]) -> Vec<String> {
    let ways = plan
        .iter()
        .filter(|line| line.contains(" using ") || line.contains(" Cond: "));
    let mut ways: Vec<String> = ways
        .map(|line| {
            // Without what it would cost, and without the number that a part of the plan has.
            let line = line.split("  (cost=").next().unwrap_or_default();
            let mut text = String::new();
            for (index, piece) in line.trim_start_matches([' ', '-', '>']).split('$').enumerate() {
                let piece = if index == 0 {
                    piece
                } else {
                    piece.trim_start_matches(|c: char| c.is_ascii_digit())
                };
                text.push_str(piece);
            }
            // Whose a row is stands beside some indexes.
            text.replace("Index Only Scan", "Index Scan")
        })
        .collect();
    ways.sort_unstable();
    ways
}

#[tokio::test]
async fn postgresql_looks_at_no_whole_table_either() {
    let Some(test) =
        crate::testing::postgres(|config| config.time_limit = std::time::Duration::from_mins(1)).await
    else {
        return;
    };
    test.as_owner(&FILL_POSTGRES.join(";")).await.unwrap();
    let plans = explained(&test.db).await;
    assert!(
        plans.len() > 100,
        "only {} statements were explained",
        plans.len()
    );
    for (statement, plan) in &plans {
        assert!(
            !plan.iter().any(|line| line.contains("Seq Scan")),
            "{statement}\n{plan:#?}"
        );
    }
    let (claim, plan) = plans
        .iter()
        .find(|(statement, _)| statement.starts_with("WITH others"))
        .expect("what is urgent is claimed before the others");
    for index in ["outbox_urgent", "outbox_others"] {
        assert!(
            plan.iter().any(|line| line.contains(&format!(" using {index} "))),
            "{claim}\n{plan:#?}"
        );
    }
    assert!(
        !plan.iter().any(|line| line.contains("Sort")),
        "{claim}\n{plan:#?}"
    );
    // Row security costs no statement its index: what is asked of the account is not taken in between.
    let unbound = crate::Db::open(&test.all_powerful()).await.unwrap();
    let before = explained(&unbound).await;
    unbound.close().await;
    assert_eq!(plans.len(), before.len());
    for ((statement, plan), (_, before)) in plans.iter().zip(&before) {
        assert_eq!(ways(plan), ways(before), "{statement}\n{plan:#?}\n{before:#?}");
    }
}
