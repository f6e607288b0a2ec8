//! How SQLite, and in a file of its own PostgreSQL, finds what the store functions ask for: through an index, never by
//! looking at every row.
//!
//! The statements are caught while the functions run, so none of them is repeated here.

mod claims;
mod lists;
mod lookups;
mod postgres;

use std::sync::{Arc, Mutex};

use resolutionflow_core::id::{Id, SessionId};
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::flows::{Cursor, Sort};
use crate::sessions::Due;
use crate::testing::{now, sqlite};
use crate::{Tx, flows, outbox, sessions};

use self::lists::{lists, lists_by_due, lists_of_a_person};
use self::lookups::look_everything_up;

fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

/// An account with three thousand sessions, nearly all of them completed, and SQLite's statistics of it.
const FILL: &str = "
    INSERT INTO accounts (id, name, created_at) VALUES (zeroblob(16), 'A', 0);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO accounts (id, name, created_at) SELECT CAST(printf('acco%012d', i) AS BLOB), 'B', 0 FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO plans (id, name, name_key, created_at) SELECT CAST(printf('plan%012d', i) AS BLOB), i, i, 0 FROM n;
    UPDATE accounts SET plan_id = CAST('plan' || substr(CAST(id AS TEXT), 5) AS BLOB) WHERE id <> zeroblob(16);
    INSERT INTO teams (account_id, id, name) VALUES (zeroblob(16), zeroblob(16), 'T');
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO users (id, email, email_key, name, created_at)
        SELECT CAST(printf('user%012d', i) AS BLOB), i, i, i, 0 FROM n;
    INSERT INTO members (account_id, user_id, role, team_id, created_at)
        SELECT zeroblob(16), id, 'engineer', zeroblob(16), 0 FROM users;
    INSERT INTO tokens (hash, id, kind, account_id, user_id, name, auth_epoch, created_at, expires_at)
        SELECT id, id, 'personal', zeroblob(16), id, '', 0, 0, 0 FROM users;
    INSERT INTO logins (hash, id, account_id, user_id, auth_epoch, device, place, created_at, last_used_at, expires_at)
        SELECT id, id, zeroblob(16), id, 0, '', '', 0, 0, 0 FROM users;
    INSERT INTO flows (account_id, id, title, title_key, tags, search, step_count, field_count, created_by_id,
            created_at, updated_at)
        SELECT zeroblob(16), id, '', '', '', '', 1, 1, id, 0, 0 FROM users;
    INSERT INTO flow_versions (account_id, flow_id, version, title, document, published_by_id, published_at)
        SELECT zeroblob(16), id, 1, '', '{}', id, 0 FROM users;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note,
            version, head, prepared_by_id, assigned_to_id, owner_id, created_at, started_at, completed_at,
            discarded_at, due_at, updated_at, outcome_note, next_steps, filled, variables, missing, finished_steps, steps)
        SELECT zeroblob(16), CAST(printf('sess%012d', i) AS BLOB), i,
            CAST(printf('user%012d', i % 500 + 1) AS BLOB), 1, zeroblob(16), '', '', '', 1, zeroblob(32),
            CAST(printf('user%012d', i % 300 + 1) AS BLOB),
            CASE WHEN i % 3 THEN CAST(printf('user%012d', i % 200 + 1) AS BLOB) END,
            CAST(printf('user%012d', i % 100 + 1) AS BLOB), 0,
            CASE WHEN i % 50 THEN i END, CASE WHEN i % 20 AND i % 50 THEN i END, CASE WHEN i % 100 = 7 THEN i END,
            CASE WHEN i % 4 THEN i END, 0, '', '', 0, 0, 0, 0, 0 FROM n;
    INSERT INTO session_variables (account_id, session_id, name, value, valid, version, set_by_id, set_at)
        SELECT account_id, id, 'v', '', 1, 1, id, 0 FROM sessions;
    INSERT INTO session_steps (account_id, session_id, step_id, state, note, output, reason, choice, checked,
            version, changed_by_id, changed_at)
        SELECT account_id, id, 's', 'open', '', '', '', '', '', 1, id, 0 FROM sessions;
    INSERT INTO events (account_id, session_id, number, at, actor_id, kind, payload, hash)
        SELECT account_id, id, 1, 0, id, 'started', '{}', zeroblob(32) FROM sessions;
    INSERT INTO presence (account_id, session_id, user_id, step_id, seen_at)
        SELECT account_id, id, id, 's', 0 FROM sessions;
    INSERT INTO notifications (account_id, user_id, id, kind, session_id, cause, created_at, read_at)
        SELECT account_id, owner_id, id, 'taken', id, 1, 0, CASE WHEN number % 3 THEN 0 END FROM sessions;
    INSERT INTO outbox (account_id, user_id, id, kind, session_id, cause, created_at, not_before, good_until, digest,
            urgent, sent_at)
        SELECT account_id, owner_id, id, 'taken', id, 1, 0, 0, 0, number % 2, number % 20 = 0,
            CASE WHEN number % 5 THEN 0 END
        FROM sessions;
    INSERT INTO throttles (key, tat, tries, wait) SELECT id, 0, 1, 0 FROM users;
    INSERT INTO devices (hash, user_id, created_at, expires_at) SELECT id, id, 0, 0 FROM users;
    INSERT INTO audit (account_id, id, at, actor_id, place, request_id, action, object_kind, changed)
        SELECT account_id, id, 0, owner_id, '', '', 'signed_in', '', '[]' FROM sessions;
    INSERT INTO audit_unsealed (account_id, id) SELECT account_id, id FROM sessions;
    INSERT INTO idempotency_keys (account_id, user_id, route, key, body_hash, status, answer, created_at)
        SELECT zeroblob(16), id, '', '', zeroblob(32), 1, '', 0 FROM users;
";

/// Catches every statement that runs in `tx` from now on.
fn caught(tx: &mut Tx) -> Arc<Mutex<Vec<String>>> {
    let texts = Arc::<Mutex<Vec<String>>>::default();
    let sink = Arc::clone(&texts);
    let catch = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            sink.lock()
                .expect("nothing panics")
                .push(statement.sql().into_owned());
        }
    };
    connection(tx)
        .trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(catch))
        .expect("tracing starts");
    texts
}

fn connection(tx: &mut Tx) -> &mut rusqlite::Connection {
    let Tx::Sqlite(tx) = tx else {
        panic!("this is SQLite")
    };
    &mut tx.connection
}

/// The lines of a plan.
fn plan(tx: &mut Tx, statement: &str) -> Vec<String> {
    let connection = connection(tx);
    let mut prepared = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .expect("it ran before");
    for index in 1..=prepared.parameter_count() {
        prepared
            .raw_bind_parameter(index, rusqlite::types::Null)
            .expect("there is such a parameter");
    }
    let mut rows = prepared.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().expect("a plan can be read") {
        lines.push(row.get(3).expect("the fourth column is the text"));
    }
    lines
}

#[tokio::test]
async fn each_queue_is_walked_by_due_time() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                for (filter, index) in lists_by_due() {
                    for at in [None, Some(None), Some(Some(now()))] {
                        let after = at.map(|at| Due { at, id: id(1) });
                        let texts = caught(tx);
                        sessions::list_by_due(tx, id(0), &filter, after, 50).await?;
                        let plans = caught_plans(tx, &texts);
                        assert!(!plans.is_empty());
                        for plan in plans {
                            let sorts = plan.iter().any(|line| line.contains("B-TREE"));
                            assert!(
                                finds(&plan, index) && !sorts,
                                "analysed: {analyse}\n{filter:?} {after:?}\n{plan:#?}"
                            );
                        }
                    }
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

/// The plans of the statements on sessions that ran since `texts` were caught.
fn caught_plans(tx: &mut Tx, texts: &Mutex<Vec<String>>) -> Vec<Vec<String>> {
    let statements = std::mem::take(&mut *texts.lock().expect("nothing panics"));
    let on_sessions = statements.iter().filter(|text| text.contains("sessions s"));
    on_sessions.map(|text| plan(tx, text)).collect()
}

/// The plan of the one statement on sessions that ran since, or of the second one where the first says how far to
/// look.
fn caught_plan(tx: &mut Tx, texts: &Mutex<Vec<String>>) -> Vec<String> {
    let mut plans = caught_plans(tx, texts);
    assert!((1..=3).contains(&plans.len()), "{plans:#?}");
    let list = plans.pop().expect("there is one");
    for end in plans {
        assert!(
            end.len() == 1 && end[0].starts_with("SEARCH s USING "),
            "{end:#?}"
        );
    }
    list
}

/// Whether a plan finds the sessions through this index, and looks at no table whole. What it reads of its own
/// parts stands there as a scan, too.
fn finds(plan: &[String], index: &str) -> bool {
    let index = format!("SEARCH s USING INDEX {index} (account_id=?");
    let covering = index.replace("USING INDEX", "USING COVERING INDEX");
    let own = ["part", "begun", "found", "CONSTANT ROW"].map(|part| format!("SCAN {part}"));
    plan.iter()
        .any(|line| line.starts_with(&index) || line.starts_with(&covering))
        && plan
            .iter()
            .all(|line| !line.contains("SCAN") || own.contains(line))
}

#[tokio::test]
async fn the_sessions_of_a_person_come_sorted_out_of_two_indexes() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                for (filter, indexes) in lists_of_a_person() {
                    for after in [None, Some(id(1))] {
                        let texts = caught(tx);
                        sessions::list(tx, id(0), &filter, after, 50).await?;
                        let plan = caught_plan(tx, &texts);
                        // Each half is sorted once more after it was cut, since they are merged.
                        let cut = plan
                            .windows(2)
                            .all(|lines| !lines[1].contains("B-TREE") || lines[0] == "SCAN part");
                        for index in indexes {
                            assert!(finds(&plan, index), "analysed: {analyse}\n{filter:?}\n{plan:#?}");
                        }
                        assert!(cut, "analysed: {analyse}\n{filter:?}\n{plan:#?}");
                    }
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

#[tokio::test]
async fn counts_and_queues_use_the_indexes_of_what_is_open() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                let texts = caught(tx);
                sessions::queues(tx, id(0), id(1), id(0), 5).await?;
                let queues = caught_plans(tx, &texts);
                // What is due of this person's is no page, so there what has no due time is read, too.
                let indexes: [&[_]; 6] = [
                    &["sessions_prepared_for"],
                    &["sessions_prepared_for"],
                    &["sessions_unassigned"],
                    &["sessions_prepared_by"],
                    &["sessions_prepared_by"],
                    &["sessions_active_by_owner", "sessions_active_by_assignee"],
                ];
                assert_eq!(queues.len(), indexes.len(), "{queues:#?}");
                for (queue, indexes) in queues.iter().zip(indexes) {
                    for index in indexes {
                        assert!(finds(queue, index), "{analyse} {queue:#?}");
                    }
                }
                sessions::of_flow_counts(tx, id(0), id(1)).await?;
                let counted = caught_plan(tx, &texts);
                assert!(finds(&counted, "sessions_open_by_flow"), "{analyse} {counted:#?}");
                let people = lists_of_a_person().into_iter().map(|(filter, _)| filter);
                for filter in lists().into_iter().map(|(filter, _)| filter).chain(people) {
                    sessions::counts(tx, id(0), &filter).await?;
                    let plan = caught_plan(tx, &texts);
                    let own = ["SCAN found", "SCAN CONSTANT ROW"];
                    let scans = plan
                        .iter()
                        .any(|line| line.contains("SCAN") && !own.contains(&line.as_str()));
                    assert!(!scans, "{analyse} {filter:?} {plan:#?}");
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

#[tokio::test]
async fn each_order_of_the_flows_comes_out_of_its_index() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                for (sort, after, index) in [
                    (Sort::Newest, Cursor::Newest(id(1)), "sqlite_autoindex_flows_1"),
                    (
                        Sort::RecentlyUsed,
                        Cursor::RecentlyUsed(None, id(1)),
                        "flow_uses_by_time",
                    ),
                    (Sort::Title, Cursor::Title("T".into(), id(1)), "flows_by_title"),
                ] {
                    for after in [None, Some(&after)] {
                        let filter = flows::Filter {
                            sort,
                            ..flows::Filter::default()
                        };
                        let texts = caught(tx);
                        flows::list(tx, id(0), &filter, after, 50).await?;
                        let statement = texts.lock().expect("nothing panics").pop();
                        let plan = plan(tx, &statement.expect("one statement"));
                        let found = plan[0].contains(&format!(" {index} (account_id=?"));
                        assert!(
                            found && plan.len() == 2 && plan.iter().all(|line| line.starts_with("SEARCH ")),
                            "{analyse} {sort:?} {plan:#?}"
                        );
                    }
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

#[tokio::test]
async fn lookups_use_an_index_and_look_at_no_whole_table() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                let texts = caught(tx);
                let session = SessionId::from_uuid(uuid::Uuid::from_bytes(*b"sess000000000001"));
                look_everything_up(tx, session).await?;
                let texts = std::mem::take(&mut *texts.lock().expect("nothing panics"));
                assert!(texts.len() > 30, "only {} statements were caught", texts.len());
                for statement in texts {
                    let plan = plan(tx, &statement);
                    // What it counts of its own part stands there as a scan, and so do the rows it brings.
                    let own = |line: &str| {
                        let named = line.strip_prefix("SCAN ").unwrap_or_default();
                        ["found", "others", "urgent", "ahead", "CONSTANT ROW"].contains(&named)
                            || line.ends_with("-ROW VALUES CLAUSE")
                    };
                    let scans = plan.iter().any(|line| line.contains("SCAN") && !own(line));
                    assert!(!scans, "{statement}\n{plan:#?}");
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

#[tokio::test]
async fn each_list_of_sessions_comes_sorted_out_of_its_index() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                for (filter, index) in lists() {
                    for after in [None, Some(id(1))] {
                        let texts = caught(tx);
                        sessions::list(tx, id(0), &filter, after, 50).await?;
                        let plan = caught_plan(tx, &texts);
                        let found = finds(&plan, index);
                        assert!(found, "analysed: {analyse}\n{filter:?}\n{plan:#?}");
                        let bad = plan
                            .iter()
                            .any(|line| line.contains("SCAN") || line.contains("B-TREE"));
                        assert!(!bad, "analysed: {analyse}\n{filter:?}\n{plan:#?}");
                    }
                }
                Ok(())
            })
        });
        look.await.unwrap();
    }
}

/// Fills the database, and counts what is in it where `analyse` says so.
fn fill(tx: &mut Tx, analyse: bool) {
    connection(tx)
        .execute_batch(FILL)
        .expect("the rows fit the schema");
    if analyse {
        connection(tx)
            .execute_batch("ANALYZE")
            .expect("SQLite counts its rows");
    }
}
