//! Every migration meets a database that holds data: rows as the schema before it kept them, written with plain
//! SQL that is never edited, since the functions of today write what the schema of today wants.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use resolutionflow_core::access::Scopes;
use resolutionflow_core::event::{Event, EventKind, GENESIS, Hash, Payload};
use resolutionflow_core::id::{AccountId, Id, LetterId, SessionId};
use resolutionflow_core::notice::MAIL_DAYS;
use resolutionflow_core::session::Status;

use crate::mail_tokens::Purpose;
use crate::migrate::{self, MIGRATIONS, Migration};
use crate::testing::{Database, empty_postgres, now};
use crate::{
    Db, DbConfig, Result, Tx, account_invites, audit, devices, events, families, flows, limits, logins,
    mail_tokens, master_key, members, notifications, outbox, platform, platform_invites, presence, reconcile,
    sessions, sign_ups, steps, teams, tokens, users, variables,
};

/// What a database holds after one migration and some use.
struct Rows {
    /// The tables that the migration made.
    tables: &'static [&'static str],
    /// Puts at least one row into each.
    fill: for<'t> fn(&'t mut Tx) -> BoxFuture<'t, Result<()>>,
}

/// One for each migration; a new migration brings its own.
const ROWS: &[Rows] = &[
    Rows {
        tables: &[
            "accounts",
            "users",
            "teams",
            "members",
            "tokens",
            "flows",
            "flow_versions",
            "sessions",
            "session_variables",
            "session_steps",
            "events",
            "idempotency_keys",
        ],
        fill: |tx| Box::pin(ground(tx)),
    },
    Rows {
        tables: &["logins", "presence", "flow_uses"],
        fill: |tx| Box::pin(pages(tx)),
    },
    Rows {
        tables: &["notifications", "notification_choices", "outbox"],
        fill: |tx| Box::pin(prepared(tx)),
    },
    // It makes an index.
    Rows {
        tables: &[],
        fill: |_| Box::pin(std::future::ready(Ok(()))),
    },
    Rows {
        tables: &["token_families", "refresh_tokens", "master_key"],
        fill: |tx| Box::pin(refreshed(tx)),
    },
    // It rebuilds the outbox.
    Rows {
        tables: &[],
        fill: |tx| Box::pin(mail(tx)),
    },
    Rows {
        tables: &[
            "throttles",
            "devices",
            "audit",
            "audit_unsealed",
            "audit_seals",
            "audit_sealer",
        ],
        fill: |tx| Box::pin(door(tx)),
    },
    Rows {
        tables: &["plans", "tags"],
        fill: |tx| Box::pin(plans(tx)),
    },
    // It keeps accounts apart: rows of later migrations are written by an `AccountId`, which says where to.
    Rows {
        tables: &[],
        fill: |_| Box::pin(std::future::ready(Ok(()))),
    },
    Rows {
        tables: &["platform_invites", "account_invites", "mail_tokens"],
        fill: |tx| Box::pin(invites(tx)),
    },
    // It adds columns to members, teams and tokens.
    Rows {
        tables: &[],
        fill: |_| Box::pin(std::future::ready(Ok(()))),
    },
    Rows {
        tables: &["sign_ups"],
        fill: |tx| Box::pin(signed_up(tx)),
    },
    // It adds a column to the outbox.
    Rows {
        tables: &[],
        fill: |_| Box::pin(std::future::ready(Ok(()))),
    },
];

fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

fn first_hash() -> Hash {
    let payload = Payload::default();
    Event::digest(&GENESIS, id(6), 1, now(), id(2), EventKind::Started, &payload)
}

/// Migration 1: account 1, person 2, team 3, token 4, flow 5, session 6.
async fn ground(tx: &mut Tx) -> Result<()> {
    let uuid = |number| uuid::Uuid::from_u128(number);
    let (account, user, team, token, flow, session) = (uuid(1), uuid(2), uuid(3), uuid(4), uuid(5), uuid(6));
    let (now, hash) = (now(), first_hash());
    let document = r#"{"title":"Ü","sections":[{"steps":[{"id":"one","title":"One"}]}]}"#;
    tx.execute(
        "INSERT INTO accounts (id, name, created_at, flow_count, session_count) VALUES ($1, 'Old', $2, 1, 1)",
        &[&account, &now],
    )
    .await?;
    tx.execute(
        "INSERT INTO users (id, email, email_key, name, password_hash, auth_epoch, created_at) \
         VALUES ($1, 'O@example.com', 'o@example.com', 'Olga', 'hash', 3, $2)",
        &[&user, &now],
    )
    .await?;
    tx.execute(
        "INSERT INTO teams (account_id, id, name) VALUES ($1, $2, 'Everyone')",
        &[&account, &team],
    )
    .await?;
    tx.execute(
        "INSERT INTO members (account_id, user_id, role, team_id, created_at) VALUES ($1, $2, 'owner', $3, $4)",
        &[&account, &user, &team, &now],
    )
    .await?;
    tx.execute(
        "INSERT INTO tokens (hash, id, kind, account_id, user_id, name, auth_epoch, created_at, expires_at) \
         VALUES ($1, $2, 'personal', $3, $4, 'ci', 3, $5, $6)",
        &[
            &hash,
            &token,
            &account,
            &user,
            &now,
            &(now + chrono::TimeDelta::days(1)),
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO flows (account_id, id, title, title_key, tags, search, latest_version, draft, step_count, \
             field_count, created_by_id, created_at, updated_at) \
         VALUES ($1, $2, 'Ü', 'ü', $5, 'ü', 1, $6, 1, 0, $3, $4, $4)",
        &[&account, &flow, &user, &now, &"\nad\n", &document],
    )
    .await?;
    tx.execute(
        "INSERT INTO flow_versions (account_id, flow_id, version, title, document, published_by_id, published_at) \
         VALUES ($1, $2, 1, 'Ü', $5, $3, $4)",
        &[&account, &flow, &user, &now, &document],
    )
    .await?;
    tx.execute(
        "INSERT INTO sessions (account_id, id, number, flow_id, flow_version, team_id, title, title_key, note, \
             version, head, owner_id, created_at, started_at, updated_at, outcome_note, next_steps, filled, \
             variables, missing, finished_steps, steps) \
         VALUES ($1, $2, 1, $3, 1, $4, 'Ä', 'ä', 'note', 1, $5, $6, $7, $7, $7, '', '', 1, 1, 0, 1, 1)",
        &[&account, &session, &flow, &team, &hash, &user, &now],
    )
    .await?;
    tx.execute(
        "INSERT INTO session_variables (account_id, session_id, name, value, valid, version, set_by_id, set_at) \
         VALUES ($1, $2, 'host', 'srv', $5, 1, $3, $4)",
        &[&account, &session, &user, &now, &true],
    )
    .await?;
    tx.execute(
        "INSERT INTO session_steps (account_id, session_id, step_id, state, note, output, reason, choice, \
             checked, version, changed_by_id, changed_at, finished_at, finished_by_id) \
         VALUES ($1, $2, 'one', 'done', 'n', 'o', '', '', '0 2', 1, $3, $4, $4, $3)",
        &[&account, &session, &user, &now],
    )
    .await?;
    tx.execute(
        "INSERT INTO events (account_id, session_id, number, at, actor_id, kind, payload, hash) \
         VALUES ($1, $2, 1, $3, $4, 'started', '{}', $5)",
        &[&account, &session, &now, &user, &hash],
    )
    .await?;
    tx.execute(
        "INSERT INTO idempotency_keys (account_id, user_id, route, key, body_hash, status, answer, created_at) \
         VALUES ($1, $2, 'POST /', 'k', $3, 201, '{}', $4)",
        &[&account, &user, &hash, &now],
    )
    .await?;
    Ok(())
}

/// Migration 2: login 7, and the person is in the session.
async fn pages(tx: &mut Tx) -> Result<()> {
    let uuid = |number| uuid::Uuid::from_u128(number);
    let (account, user, session, login) = (uuid(1), uuid(2), uuid(6), uuid(7));
    let (now, hash) = (now(), first_hash());
    tx.execute(
        "INSERT INTO logins (hash, id, account_id, user_id, auth_epoch, device, place, created_at, last_used_at, \
             expires_at) VALUES ($1, $2, $3, $4, 3, 'Firefox on Linux', '192.0.2.7', $5, $5, $6)",
        &[
            &hash,
            &login,
            &account,
            &user,
            &now,
            &(now + chrono::TimeDelta::days(1)),
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO presence (account_id, session_id, user_id, step_id, seen_at) VALUES ($1, $2, $3, 'one', $4)",
        &[&account, &session, &user, &now],
    )
    .await?;
    Ok(())
}

/// Migration 5: a program is signed in, by family 9 and its token 10, on servers with a master key.
async fn refreshed(tx: &mut Tx) -> Result<()> {
    let uuid = |number| uuid::Uuid::from_u128(number);
    let (later, hash) = (now() + chrono::TimeDelta::days(1), first_hash());
    tx.execute(
        "INSERT INTO token_families (account_id, user_id, id, auth_epoch, device, place, created_at, last_used_at, \
             expires_at) VALUES ($1, $2, $3, 3, 'a program', '192.0.2.7', $4, $4, $5)",
        &[&uuid(1), &uuid(2), &uuid(9), &now(), &later],
    )
    .await?;
    tx.execute(
        "INSERT INTO refresh_tokens (hash, id, family_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &[&hash, &uuid(10), &uuid(9), &now(), &later],
    )
    .await?;
    tx.execute("INSERT INTO master_key (one, proof) VALUES (1, $1)", &[&hash])
        .await?;
    Ok(())
}

/// Migration 3: the session has a ticket and a client, and notice 8 says that it is overdue.
async fn prepared(tx: &mut Tx) -> Result<()> {
    let (account, session) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(6));
    tx.execute(
        "UPDATE sessions SET ticket = 'INC-1', ticket_key = 'inc-1', ticket_url = 'https://desk.example.com/1', \
             client = 'Ö', client_key = 'ö' WHERE account_id = $1 AND id = $2",
        &[&account, &session],
    )
    .await?;
    let (user, notice) = (uuid::Uuid::from_u128(2), uuid::Uuid::from_u128(8));
    tx.execute(
        "INSERT INTO notifications (account_id, user_id, id, kind, session_id, cause, created_at) \
         VALUES ($1, $2, $3, 'overdue', $4, 7, $5)",
        &[&account, &user, &notice, &session, &now()],
    )
    .await?;
    tx.execute(
        "INSERT INTO outbox (account_id, user_id, id, kind, session_id, cause, created_at, not_before) \
         VALUES ($1, $2, $3, 'overdue', $4, 7, $5, $5)",
        &[&account, &user, &notice, &session, &now()],
    )
    .await?;
    tx.execute(
        "INSERT INTO notification_choices (account_id, user_id, kind, in_page, mail) \
         VALUES ($1, $2, 'taken', $3, $4)",
        &[&account, &user, &true, &false],
    )
    .await?;
    Ok(())
}

/// Migration 7: a bucket, a device of person 2, entry 9, which is sealed, and entry 10, which is not.
async fn door(tx: &mut Tx) -> Result<()> {
    let (account, user, entry) = (
        uuid::Uuid::from_u128(1),
        uuid::Uuid::from_u128(2),
        uuid::Uuid::from_u128(9),
    );
    let unsealed = uuid::Uuid::from_u128(10);
    tx.execute(
        "INSERT INTO throttles (key, tat, tries, wait) VALUES ($1, 5, 1, 0)",
        &[&[1_u8; 32]],
    )
    .await?;
    tx.execute(
        "INSERT INTO devices (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        &[&[2_u8; 32], &user, &now(), &(now() + chrono::TimeDelta::days(1))],
    )
    .await?;
    tx.execute(
        "INSERT INTO audit (account_id, id, at, actor_id, by_kind, by_id, place, request_id, action, object_kind, \
             object_id, changed) \
         VALUES ($1, $2, $4, $3, 'login', $3, '127.0.0.1', 'r', 'signed_in', 'user', $3, '[]'), \
             ($1, $5, $4, NULL, NULL, NULL, '', '', 'sign_in_failed', 'user', $3, '[]')",
        &[&account, &entry, &user, &now(), &unsealed],
    )
    .await?;
    tx.execute(
        "INSERT INTO audit_unsealed (account_id, id) VALUES ($1, $2)",
        &[&account, &unsealed],
    )
    .await?;
    tx.execute(
        "INSERT INTO audit_seals (account_id, number, entry_id, previous, hash, sealed_at) \
         VALUES ($1, 1, $2, $3, $3, $4)",
        &[&account, &entry, &[0_u8; 32], &now()],
    )
    .await?;
    Ok(())
}

/// Migration 8: platform invite 13, invite 14 into account 1, and a secret that was sent to person 2.
async fn invites(tx: &mut Tx) -> Result<()> {
    let (account, user, team): (AccountId, _, _) =
        (id(1), uuid::Uuid::from_u128(2), uuid::Uuid::from_u128(3));
    let (platform, invite, later) = (
        uuid::Uuid::from_u128(13),
        uuid::Uuid::from_u128(14),
        now() + chrono::TimeDelta::days(1),
    );
    let (first, second): (Hash, Hash) = ([7; 32], [8; 32]);
    tx.execute(
        "INSERT INTO platform_invites (id, hash, uses, uses_left, expires_at, note, created_at) \
         VALUES ($1, $2, 3, 2, $3, 'for a friend', $4)",
        &[&platform, &first, &later, &now()],
    )
    .await?;
    tx.execute(
        "INSERT INTO account_invites (account_id, id, generation, hash, mailed_hash, role, team_id, email, uses, \
             uses_left, created_by_id, created_at, expires_at) \
         VALUES ($1, $2, 2, $3, $4, 'viewer', $5, 'N@example.com', 1, 1, $6, $7, $8)",
        &[&account, &invite, &first, &second, &team, &user, &now(), &later],
    )
    .await?;
    tx.execute(
        "INSERT INTO mail_tokens (address, purpose, hash, user_id, created_at, expires_at) \
         VALUES ('o@example.com', 'verify', $1, $2, $3, $4)",
        &[&first, &user, &now(), &later],
    )
    .await?;
    Ok(())
}

/// Migration 12: somebody signed up with a code.
async fn signed_up(tx: &mut Tx) -> Result<()> {
    let (first, second): (Hash, Hash) = ([7; 32], [8; 32]);
    tx.execute(
        "INSERT INTO sign_ups (address, hash, email, name, account_name, code_hash, created_at, expires_at) \
         VALUES ('n@example.com', $1, 'N@example.com', 'Nora', 'New', $2, $3, $4)",
        &[&first, &second, &now(), &(now() + chrono::TimeDelta::days(1))],
    )
    .await?;
    Ok(())
}

/// Migration 6: letter 9 waits, and letter 10 was given up.
async fn mail(tx: &mut Tx) -> Result<()> {
    let (waiting, given_up) = (uuid::Uuid::from_u128(9), uuid::Uuid::from_u128(10));
    tx.execute(
        "INSERT INTO outbox (id, kind, address, payload, created_at, not_before, good_until) \
         VALUES ($1, 'letter', 'n@example.com', '{}', $2, $2, $2)",
        &[&waiting, &now()],
    )
    .await?;
    tx.execute(
        "INSERT INTO outbox (id, kind, address, created_at, not_before, good_until, attempts, failed_at, error) \
         VALUES ($1, 'letter', 'n@example.com', $2, $2, $2, 3, $2, 'no such mailbox')",
        &[&given_up, &now()],
    )
    .await?;
    tx.execute("UPDATE users SET mail_daily = $1", &[&true]).await?;
    Ok(())
}

/// Migration 8: a plan with room for one flow.
async fn plans(tx: &mut Tx) -> Result<()> {
    tx.execute(
        "INSERT INTO plans (id, name, name_key, flows, created_at) VALUES ($1, 'Small', 'small', 1, $2)",
        &[&uuid::Uuid::from_u128(20), &now()],
    )
    .await?;
    tx.execute(
        "UPDATE accounts SET plan_id = $2 WHERE id = $1",
        &[&uuid::Uuid::from_u128(1), &uuid::Uuid::from_u128(20)],
    )
    .await?;
    tx.execute(
        "INSERT INTO tags (account_id, tag, flow_count) VALUES ($1, 'mail', 0) ON CONFLICT DO NOTHING",
        &[&uuid::Uuid::from_u128(1)],
    )
    .await?;
    Ok(())
}

/// A migration beyond the newest, so that this test has one to make on data even while there is one.
fn with_one_more() -> &'static [Migration] {
    // It changes rows, as the owner of the tables, whom row security binds.
    let sql = "ALTER TABLE sessions ADD COLUMN pretended TEXT NOT NULL DEFAULT 'no'; \
        UPDATE sessions SET pretended = 'yes'";
    let version = MIGRATIONS.last().map_or(0, |newest| newest.version) + 1;
    let pretended = Migration {
        version,
        name: "pretended",
        sqlite: sql,
        postgres: sql,
    };
    Vec::leak([MIGRATIONS, &[pretended]].concat())
}

/// Migrates as the owner, and opens as the server.
async fn open((server, owner): &(DbConfig, DbConfig), migrations: &'static [Migration]) -> Db {
    let with = |config: &DbConfig| DbConfig {
        migrations,
        ..config.clone()
    };
    migrate::migrate(&with(owner))
        .await
        .expect("the migrations apply to a database with data");
    Db::open(&with(server)).await.expect("the database is up to date")
}

/// A PostgreSQL that holds the rows of every migration, all of account 1; what the server opens it with, and what drops
/// it in the end.
pub(crate) async fn postgres() -> Option<(DbConfig, Database)> {
    let (config, database) = empty_postgres().await?;
    database.create().await.expect("a database can be made");
    // The oldest rows come from before there was row security, and do not know of it.
    let configs = (database.all_powerful(&config), database.owned(&config));
    for (index, rows) in ROWS.iter().enumerate() {
        let db = open(&configs, &MIGRATIONS[..=index]).await;
        db.write::<_, crate::Error, _>(rows.fill)
            .await
            .expect("the rows fit their schema");
        db.close().await;
    }
    Some((config, database))
}

/// How many rows each of the tables has.
async fn counts(db: &Db, tables: Vec<&'static str>) -> BTreeMap<&'static str, i64> {
    let read = db.read(move |tx| {
        let tables = tables.clone();
        Box::pin(async move {
            let mut counts = BTreeMap::new();
            for table in tables {
                let (count,): (i64,) = tx
                    .across_accounts()
                    .one(&format!("SELECT COUNT(*) FROM {table}"), &[])
                    .await?;
                counts.insert(table, count);
            }
            Ok::<_, crate::Error>(counts)
        })
    });
    read.await.expect("every table is there")
}

#[tokio::test]
async fn every_migration_keeps_what_was_there() {
    assert_eq!(
        ROWS.len(),
        MIGRATIONS.len(),
        "each migration says what a database holds after it"
    );
    let directory = tempfile::tempdir().unwrap();
    let file = DbConfig::new(format!("sqlite:{}", directory.path().join("db").display()), now());
    let cluster = empty_postgres().await;
    let mut configs = vec![(file.clone(), file)];
    if let Some((config, database)) = &cluster {
        database.create().await.unwrap();
        configs.push((config.clone(), database.owned(config)));
    }
    let all = with_one_more();
    for config in &configs {
        let mut tables = Vec::new();
        let mut before = BTreeMap::new();
        for (index, rows) in ROWS.iter().enumerate() {
            let db = open(config, &all[..=index]).await;
            assert_eq!(counts(&db, tables.clone()).await, before);
            db.write::<_, crate::Error, _>(rows.fill).await.unwrap();
            tables.extend(rows.tables);
            before = counts(&db, tables.clone()).await;
            assert!(before.values().all(|count| *count > 0), "{before:?}");
            db.close().await;
        }
        let db = open(config, all).await;
        assert_eq!(counts(&db, tables).await, before);
        // What waits to be sent is read by claiming it.
        db.write::<_, crate::Error, _>(|tx| Box::pin(all_is_readable(tx)))
            .await
            .unwrap();
        db.close().await;
    }
}

/// Reads the oldest rows of how people get in with the functions of today.
async fn who_is_let_in_is_readable(tx: &mut Tx, account: AccountId) -> Result<()> {
    let device = devices::owner(tx, &[2; 32], "o@example.com", now()).await?;
    assert_eq!(device, Some(id(2)));
    let person = users::by_address(tx, "o@example.com").await?;
    assert_eq!(person.and_then(|person| person.verified_at), Some(now()));
    let invites = platform_invites::list(tx, None, 10).await?;
    assert_eq!((invites[0].uses_left, invites[0].created_by_id), (2, None));
    let invites = account_invites::pending(tx, account, None, 10).await?;
    assert_eq!((invites[0].id, invites[0].generation), (id(14), 2));
    let sent_to = mail_tokens::holder(tx, &[7; 32], Purpose::Verify, now()).await?;
    assert_eq!(sent_to.map(|holder| holder.user_id), Some(id(2)));
    let waits = sign_ups::look(tx, &[7; 32], now()).await?;
    assert_eq!(waits.map(|sign_up| sign_up.name).as_deref(), Some("Nora"));
    Ok(())
}

/// Reads the oldest rows with the functions of today.
async fn all_is_readable(tx: &mut Tx) -> Result<()> {
    let (account, session): (_, SessionId) = (id(1), id(6));
    assert_eq!(members::account_name(tx, account).await?, "Old");
    let differences = reconcile::differences(tx, account).await?;
    assert!(differences.is_empty(), "{differences:?}");
    let (plan, usage) = limits::standing(tx, account, now()).await?;
    assert_eq!(plan.name, "Small");
    assert_eq!((usage.flows, usage.sessions, usage.members), (1, 1, 1));
    assert!(platform::is_platform_admin(tx, id(2)).await?);
    let member = members::find(tx, account, id(2))
        .await?
        .expect("the member is there");
    assert_eq!(
        (member.email.as_str(), member.created_at),
        ("O@example.com", now())
    );
    assert_eq!(member.used_at, Some(now()), "her login says when she was here");
    let names: Vec<_> = teams::list(tx, account)
        .await?
        .into_iter()
        .map(|team| (team.name, team.members))
        .collect();
    assert_eq!(names, [("Everyone".to_owned(), 1)]);
    let bearer = tokens::bearer(tx, &first_hash(), now())
        .await?
        .expect("the token is good");
    assert_eq!((bearer.token_id, bearer.scopes), (id(4), Scopes::ALL));
    let holder = logins::holder(tx, &first_hash(), now(), now())
        .await?
        .expect("the login is good");
    assert_eq!(holder.login_id, id(7));
    let programs = families::list(tx, account, id(2), now()).await?;
    assert_eq!((programs.len(), programs[0].id), (1, id(9)));
    assert!(families::of_token(tx, &first_hash()).await?.is_some() && master_key::is_known(tx).await?);
    let present = presence::of(tx, account, session, now()).await?;
    assert_eq!(
        (present.len(), present[0].user_id, present[0].name.as_str()),
        (1, id(2), "Olga")
    );
    let flow = flows::find(tx, account, id(5)).await?.expect("the flow is there");
    assert_eq!(
        (flow.title.as_str(), flow.tags.as_slice()),
        ("Ü", &["ad".to_owned()][..])
    );
    assert_eq!((flow.used_count, flow.last_used_at), (1, Some(now())));
    let document = flows::document(tx, account, id(5), 1)
        .await?
        .expect("version 1 is there");
    assert_eq!(flows::draft(tx, account, id(5)).await?, Some(document));
    let filter = sessions::Filter {
        status: Some(Status::Active),
        text: Some("Ä".into()),
        ..sessions::Filter::default()
    };
    let listed = sessions::list(tx, account, &filter, None, 10).await?.sessions;
    assert_eq!(listed.len(), 1);
    let found = sessions::find(tx, account, session)
        .await?
        .expect("the session is there");
    assert_eq!(listed[0].session, found);
    assert_eq!((found.ticket.as_str(), found.client.as_str()), ("INC-1", "Ö"));
    assert_eq!(found.ticket_url, "https://desk.example.com/1");
    let told = notifications::list(tx, account, id(2), true, None, 10).await?;
    assert_eq!((told.len(), told[0].id, told[0].session_number), (1, id(8), 1));
    let choices = notifications::choices(tx, account, id(2)).await?;
    assert!(choices.iter().filter(|(_, choice)| !choice.mail).count() == 1);
    assert!(notifications::mail_daily(tx, id(2)).await?);
    let urgent: Vec<(LetterId,)> = tx.all("SELECT id FROM outbox WHERE urgent LIMIT 10", &[]).await?;
    assert_eq!(urgent, [(id(9),)], "what waits, and is good for a short time");
    let claimed = outbox::claim(tx, now(), now() + chrono::TimeDelta::minutes(1), 10).await?;
    let waited = claimed
        .iter()
        .find(|one| one.id == id(8))
        .expect("it still waits");
    assert_eq!(
        (waited.good_until, waited.attempts),
        (now() + chrono::TimeDelta::days(MAIL_DAYS), 1)
    );
    let variables = variables::all(tx, account, session).await?;
    assert_eq!(variables["host"].value.as_deref(), Some("srv"));
    let steps = steps::all(tx, account, session).await?;
    let step = steps.values().next().expect("the step is there");
    assert_eq!(step.checked, [0, 2].into());
    let events = events::after(tx, account, session, 0, 10).await?;
    assert_eq!((events.len(), events[0].hash), (1, found.head));
    assert!(events[0].follows(&GENESIS, session));
    who_is_let_in_is_readable(tx, account).await?;
    let entries = audit::list(tx, account, &audit::Filter::default(), None, 10).await?;
    assert_eq!((entries.len(), entries[0].entry.id), (2, id(10)));
    let pretended: (String,) = tx.one("SELECT pretended FROM sessions", &[]).await?;
    assert_eq!(pretended.0, "yes");
    Ok(())
}
