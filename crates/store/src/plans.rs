//! How SQLite, and in a file of its own PostgreSQL, finds what the store functions ask for: through an index, never by
//! looking at every row.
//!
//! The statements are caught while the functions run, so none of them is repeated here.

mod claims;
mod postgres;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::audit::{AuditAction, Entry, Object};
use resolutionflow_core::id::{AccountId, Id, SessionId};
use resolutionflow_core::notice::{Notice, NoticeKind, Notices};
use resolutionflow_core::session::Status;
use resolutionflow_core::step::StepId;
use resolutionflow_core::throttle::{Growing, Rate};
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::account_invites::{Left, NewInvite, Secrets, Way};
use crate::families::{NewFamily, NewRefreshToken};
use crate::flows::{Cursor, Sort};
use crate::idempotency::Key;
use crate::logins::NewLogin;
use crate::mail_tokens::{NewMailToken, Purpose};
use crate::members::NewUser;
use crate::outbox::NewLetter;
use crate::platform_invites::NewPlatformInvite;
use crate::sessions::{Assigned, Due, Filter};
use crate::sign_ups::{Aim, Proof, SignUp};
use crate::testing::{now, sqlite};
use crate::throttles::{Bucket, Counting};
use crate::tokens::{NewToken, TokenKind};
use crate::{
    Result, Tx, account_invites, audit, devices, events, families, flows, idempotency, limits, logins,
    mail_tokens, master_key, members, notifications, outbox, platform, platform_invites, presence, sessions,
    sign_ups, steps, teams, throttles, tokens, users, variables,
};

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

/// Runs what looks after people.
async fn look_people_up(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    members::places(tx, id(1)).await?;
    for thing in [members::Thing::Session, members::Thing::Flow] {
        members::place_of(tx, id(1), thing, uuid::Uuid::nil()).await?;
    }
    members::set_name(tx, id(1), "N").await?;
    members::standing_locked(tx, account, id(1)).await?;
    members::other_owners(tx, account, id(1)).await?;
    members::still_runs(tx, account, id(1)).await?;
    members::set_role(tx, account, id(1), Role::Viewer).await?;
    members::still_is(tx, account, id(1), Role::Viewer).await?;
    members::set_team(tx, account, id(1), id(0)).await?;
    members::set_disabled(tx, account, id(1), true, at).await?;
    members::set_disabled(tx, account, id(1), false, at).await?;
    members::transfer(tx, account, id(1), id(2)).await?;
    members::remove(tx, account, id(901), at).await?;
    sessions::held_by(tx, account, id(1), 20).await?;
    sessions::count_held(tx, account, id(1)).await?;
    teams::list(tx, account).await?;
    teams::find(tx, account, id(1)).await?;
    teams::create(tx, account, id(902), "N").await?;
    teams::rename(tx, account, id(902), "M").await?;
    look_at_limits(tx, account, at).await
}

/// Runs every function that looks something up, on ids that mostly exist nowhere; `session` is one that is there.
async fn look_everything_up(tx: &mut Tx, session: SessionId) -> Result<()> {
    let (account, at): (AccountId, _) = (id(0), now());
    members::account_name(tx, account).await?;
    members::find(tx, account, id(1)).await?;
    members::list(tx, account, Some(id(1)), 50).await?;
    members::names(tx, account, &[id(1), id(2)]).await?;
    members::credentials(tx, "nobody").await?;
    members::accounts(tx, "nobody").await?;
    members::set_password(tx, "nobody", "").await?;
    members::change_password(tx, id(1), 0, "").await?;
    look_people_up(tx, account, at).await?;
    let user = NewUser {
        id: id(900),
        email: "new".into(),
        name: String::new(),
        password_hash: None,
    };
    members::create_user(tx, &user, at).await?;
    members::add(tx, account, id(900), Role::Viewer, id(0), at).await?;
    let token = NewToken {
        hash: [9; 32],
        id: id(901),
        kind: TokenKind::Personal,
        user_id: id(900),
        auth_epoch: 0,
        name: String::new(),
        expires_at: at,
        family_id: None,
        scopes: Scopes::ALL,
    };
    tokens::create(tx, account, &token, at).await?;
    tokens::bearer(tx, &[9; 32], at).await?;
    tokens::touch(tx, account, id(901), at).await?;
    tokens::personal(tx, account, id(900), None, 50).await?;
    tokens::revoke(tx, account, id(900), id(901)).await?;
    tokens::forget(tx, at, 50).await?;
    look_logins_up(tx, account, at).await?;
    look_programs_up(tx, account, at).await?;
    flows::find(tx, account, id(1)).await?;
    flows::lock(tx, account, id(1)).await?;
    flows::draft(tx, account, id(1)).await?;
    flows::document(tx, account, id(1), 1).await?;
    flows::versions(tx, account, id(1), 9, 50).await?;
    flows::list(tx, account, &flows::Filter::default(), None, 50).await?;
    let filter = flows::Filter {
        text: Some("t".into()),
        tags: vec!["t".into()],
        created_by_id: Some(id(1)),
        ..flows::Filter::default()
    };
    flows::list(tx, account, &filter, None, 50).await?;
    flows::tags(tx, account, 50).await?;
    flows::documents(tx, account, &[id(1), id(2)]).await?;
    sessions::find(tx, account, id(1)).await?;
    sessions::find_listed(tx, account, id(1)).await?;
    sessions::lock(tx, account, id(1)).await?;
    sessions::next_number(tx, account, id(1), sessions::Begins::Started, at).await?;
    sessions::next_number(tx, account, id(1), sessions::Begins::Prepared, at).await?;
    variables::all(tx, account, id(1)).await?;
    steps::all(tx, account, id(1)).await?;
    steps::finished(tx, account, &[id(1), id(2)]).await?;
    steps::find(tx, account, id(1), &StepId::parse("one").expect("an id")).await?;
    events::after(tx, account, id(1), 9, 50).await?;
    let one = StepId::parse("one").expect("an id");
    presence::here(tx, account, id(1), id(1), Some(&one), at).await?;
    presence::leave(tx, account, id(1), id(1)).await?;
    presence::of(tx, account, id(1), at).await?;
    presence::forget(tx, at, 50).await?;
    look_up_what_is_told(tx, account, session, at).await?;
    look_at_the_door(tx, account, at).await?;
    look_who_is_let_in(tx, account, at).await?;
    look_up_what_waits_to_be_sent(tx, at).await?;
    let key = Key {
        account_id: account,
        user_id: id(1),
        route: String::new(),
        key: String::new(),
        body_hash: [0; 32],
    };
    idempotency::claim(tx, &key, at).await?;
    idempotency::claim(tx, &key, at).await?;
    idempotency::keep(tx, &key, 200, "").await?;
    idempotency::forget(tx, at, 50).await?;
    Ok(())
}

/// Signs a browser in and out.
async fn look_logins_up(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    let login = NewLogin {
        hash: [9; 32],
        id: id(902),
        user_id: id(900),
        auth_epoch: 0,
        device: String::new(),
        place: String::new(),
        expires_at: at,
    };
    logins::create(tx, account, &login, at).await?;
    logins::holder(tx, &[9; 32], at, at).await?;
    logins::touch(tx, &[9; 32], at).await?;
    logins::list(tx, id(900), at, at).await?;
    logins::end_others(tx, id(900), id(901)).await?;
    logins::end(tx, id(900), id(902)).await?;
    logins::expires_at(tx, &[9; 32]).await?;
    logins::end_by_hash(tx, &[9; 32]).await?;
    logins::forget(tx, at, 50).await?;
    Ok(())
}

/// Signs a program in and out, and lets it go on.
async fn look_at_limits(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    members::account(tx, account).await?;
    members::set_stale_days(tx, account, 9).await?;
    let (plan, _) = limits::standing(tx, account, at).await?;
    limits::plans(tx, "s", 50).await?;
    limits::plan(tx, plan.id).await?;
    limits::create_plan(tx, &plan, at).await?;
    limits::change_plan(tx, &plan).await?;
    limits::set_plan(tx, account, plan.id).await?;
    limits::accounts_with(tx, plan.id, 50).await?;
    platform::tenants(tx, Some(id(9)), 50, at).await?;
    platform::tenant(tx, account, at).await?;
    platform::is_platform_admin(tx, id(1)).await?;
    platform::set_platform_admin(tx, "nobody", true).await?;
    platform::state(tx, at).await?;
    Ok(())
}

async fn look_programs_up(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    let token = |number: u8| NewRefreshToken {
        hash: [number; 32],
        id: id(u128::from(number)),
        expires_at: at + chrono::TimeDelta::days(1),
    };
    let family = NewFamily {
        id: id(903),
        user_id: id(900),
        auth_epoch: 0,
        device: String::new(),
        place: String::new(),
        expires_at: at + chrono::TimeDelta::days(1),
        token: token(20),
    };
    families::begin(tx, account, &family, at).await?;
    for successor in [21, 22] {
        families::rotate(tx, &[20; 32], &token(successor), chrono::TimeDelta::zero(), at).await?;
    }
    families::of_token(tx, &[21; 32]).await?;
    families::list(tx, account, id(900), at).await?;
    families::end(tx, account, id(900), id(903), families::Why::SignedOut, at).await?;
    families::forget(tx, at, 50).await?;
    master_key::prove(tx, &[1; 32]).await?;
    Ok(())
}

/// Tells, reads and forgets notifications.
async fn look_up_what_is_told(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    at: DateTime<Utc>,
) -> Result<()> {
    let notice = Notice {
        user_id: id(900),
        kind: NoticeKind::Taken,
        cause: 7,
        actor_id: None,
    };
    let notices = Notices {
        withdrawn: NoticeKind::ALL.to_vec(),
        told: vec![notice],
    };
    notifications::keep(tx, account, session, &notices, at).await?;
    for unread in [true, false] {
        notifications::list(tx, account, id(900), unread, Some(id(1)), 50).await?;
    }
    notifications::unread(tx, account, id(900)).await?;
    notifications::bell(tx, account, id(900)).await?;
    notifications::read_of(tx, account, id(900), session, at).await?;
    notifications::choose_in_page(tx, account, id(900), NoticeKind::Taken, true).await?;
    notifications::read(tx, account, id(900), Some(&[id(1), id(2)]), at).await?;
    notifications::read(tx, account, id(900), None, at).await?;
    notifications::choices(tx, account, id(900)).await?;
    let quiet = notifications::Choice {
        in_page: false,
        mail: false,
    };
    notifications::choose(tx, account, id(900), &[(NoticeKind::Taken, quiet)]).await?;
    notifications::remind(tx, at, 50).await?;
    notifications::forget(tx, at, 50).await?;
    notifications::choose_one(tx, account, id(900), NoticeKind::Taken, quiet).await?;
    notifications::mail_daily(tx, id(900)).await?;
    notifications::set_mail_daily(tx, id(900), true).await?;
    Ok(())
}

/// Writes, claims, marks and forgets mail.
async fn look_up_what_waits_to_be_sent(tx: &mut Tx, at: DateTime<Utc>) -> Result<()> {
    let letter = NewLetter {
        id: id(1),
        address: "n@example.com".into(),
        payload: "{}".into(),
        good_until: at,
        urgent: true,
    };
    outbox::add(tx, &letter, at).await?;
    outbox::add_nothing(tx, &NewLetter { id: id(2), ..letter }, at).await?;
    let lease = at + chrono::TimeDelta::minutes(1);
    outbox::claim(tx, at, lease, 50).await?;
    outbox::claim_digest(tx, at, lease, 50).await?;
    outbox::put_off(tx, &[id(1), id(2)], lease, at, "busy").await?;
    outbox::give_up(tx, &[id(1), id(2)], lease, at, "gone").await?;
    outbox::sent(tx, &[id(1), id(2)], at).await?;
    outbox::forget(tx, at, 50).await?;
    outbox::forget_waiting(tx, at, 50).await?;
    Ok(())
}

/// Counts tries, knows devices, and writes, seals and reads the audit log.
async fn look_at_the_door(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    let rate = Rate::new(3, 60_000_000, 3);
    let growing = Growing {
        free: 1,
        first: 1,
        longest: 1,
    };
    let buckets = [Counting::Steady(rate), Counting::Growing(growing)].map(|counting| Bucket {
        key: [9; 32],
        counting,
    });
    throttles::blocked_until(tx, &buckets, at).await?;
    throttles::reserve(tx, &buckets, at).await?;
    throttles::reserve_many(tx, &[9; 32], (&rate, 2), at).await?;
    throttles::touch(tx, &[9; 32]).await?;
    throttles::clear(tx, &[9; 32]).await?;
    throttles::forget(tx, at, 50).await?;
    devices::create(tx, id(900), &[9; 32], at, at).await?;
    devices::owner(tx, &[9; 32], "new", at).await?;
    devices::know_again(tx, id(900), &[9; 32], at, at).await?;
    devices::forget(tx, at, 50).await?;
    let entry = Entry {
        id: id(903),
        at,
        actor_id: Some(id(900)),
        by: None,
        place: String::new(),
        request_id: String::new(),
        action: AuditAction::SignedIn,
        object: Object::new("user", uuid::Uuid::nil()),
        changed: Vec::new(),
    };
    audit::write(tx, account, &entry).await?;
    let sealer = audit::Sealer {
        holder: uuid::Uuid::max(),
        until: at,
    };
    audit::seal_next(tx, &sealer, at, 50).await?;
    let all = audit::Filter {
        actor_id: Some(id(900)),
        action: Some(AuditAction::SignedIn),
        from: Some(at),
        until: Some(at),
    };
    let by_action = audit::Filter {
        action: all.action,
        ..audit::Filter::default()
    };
    for filter in [audit::Filter::default(), by_action, all] {
        audit::list(tx, account, &filter, Some(id(904)), 50).await?;
    }
    audit::chain(tx, account, 0, 50).await?;
    audit::unsealed(tx, account, 50).await?;
    audit::verify(tx, account, None, 50).await?;
    Ok(())
}

/// Invites, lets in, and finds what was sent to an address.
async fn look_who_is_let_in(tx: &mut Tx, account: AccountId, at: DateTime<Utc>) -> Result<()> {
    members::addresses_among(tx, account, &["nobody".into(), "new".into()]).await?;
    users::by_address(tx, "nobody").await?;
    users::address(tx, "nobody").await?;
    users::verify(tx, id(900), at).await?;
    users::reset_password(tx, id(1), "", at).await?;
    users::accounts(tx, id(900)).await?;
    let token = NewMailToken {
        hash: [9; 32],
        purpose: Purpose::Reset,
        expires_at: at,
    };
    mail_tokens::issue(tx, "nobody", &token, at).await?;
    mail_tokens::holder(tx, &[9; 32], Purpose::Reset, at).await?;
    mail_tokens::consume(tx, &[9; 32], Purpose::Reset, at).await?;
    mail_tokens::forget(tx, at, 50).await?;
    let sign_up = SignUp {
        email: "new".into(),
        name: String::new(),
        password_hash: String::new(),
        aim: Aim::Invite { code: [9; 32] },
    };
    let proof = Proof {
        hash: [9; 32],
        expires_at: at,
    };
    sign_ups::keep(tx, &sign_up, &proof, at).await?;
    sign_ups::password_hash(tx, "new", at).await?;
    sign_ups::renew(tx, "new", &proof, at).await?;
    sign_ups::look(tx, &[9; 32], at).await?;
    sign_ups::take(tx, &[9; 32], at).await?;
    sign_ups::forget(tx, at, 50).await?;
    let open = NewPlatformInvite {
        id: id(1),
        hash: [9; 32],
        uses: 1,
        expires_at: at,
        note: String::new(),
        created_by_id: None,
    };
    platform_invites::create(tx, &open, at).await?;
    platform_invites::list(tx, Some(id(1)), 50).await?;
    platform_invites::look(tx, &[9; 32]).await?;
    platform_invites::redeem(tx, &[9; 32], at).await?;
    platform_invites::revoke(tx, id(1), at).await?;
    let secrets = Secrets {
        copied: [9; 32],
        mailed: [8; 32],
    };
    let invite = NewInvite {
        id: id(1),
        secrets,
        role: Role::Viewer,
        team_id: id(0),
        email: None,
        uses: 1,
        expires_at: at,
    };
    account_invites::create(tx, account, id(900), &[invite], at).await?;
    account_invites::pending(tx, account, Some(id(1)), 50).await?;
    account_invites::lock(tx, account, id(1)).await?;
    account_invites::renew(tx, account, (id(1), 1), &secrets, at).await?;
    for way in [Way::Copied, Way::Mailed] {
        account_invites::look(tx, &[9; 32], way).await?;
        account_invites::redeem(tx, &[9; 32], way, at).await?;
    }
    account_invites::revoke(tx, account, id(1), at).await?;
    let left = Left {
        by: id(1),
        given: Role::ALL.to_vec(),
        seen: Role::ALL.to_vec(),
        mailed: true,
    };
    account_invites::revoke_left(tx, account, &left, at).await?;
    account_invites::forget(tx, at, 50).await?;
    Ok(())
}

/// Each way to narrow the list of sessions, and the index that finds it.
fn lists() -> Vec<(Filter, &'static str)> {
    let none = Filter::default;
    let status = |status| Filter {
        status: Some(status),
        ..none()
    };
    let assigned = Some(Assigned::To(id(1)));
    vec![
        (none(), "sqlite_autoindex_sessions_1"),
        (status(Status::Prepared), "sessions_prepared"),
        (status(Status::Active), "sessions_active"),
        (status(Status::Discarded), "sessions_discarded"),
        (status(Status::Completed), "sessions_completed"),
        (
            Filter {
                number: Some(1),
                ..none()
            },
            "sqlite_autoindex_sessions_2",
        ),
        (Filter { assigned, ..none() }, "sessions_by_assignee"),
        (
            Filter {
                assigned,
                ..status(Status::Prepared)
            },
            "sessions_queue",
        ),
        (
            Filter {
                assigned: Some(Assigned::Nobody),
                ..status(Status::Prepared)
            },
            "sessions_queue",
        ),
        (
            Filter {
                prepared_by_id: Some(id(1)),
                ..none()
            },
            "sessions_by_preparer",
        ),
        (
            Filter {
                owner_id: Some(id(1)),
                ..none()
            },
            "sessions_by_owner",
        ),
        (
            Filter {
                flow_id: Some(id(1)),
                ..none()
            },
            "sessions_by_flow",
        ),
        (
            Filter {
                client: Some("C".into()),
                ..none()
            },
            "sessions_by_client",
        ),
        (
            Filter {
                team_id: Some(id(1)),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                due_before: Some(now()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                text: Some("1".into()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                started_after: Some(now()),
                ..none()
            },
            "sqlite_autoindex_sessions_1",
        ),
        (
            Filter {
                missing: true,
                ..status(Status::Active)
            },
            "sessions_active",
        ),
    ]
}

/// Each queue that is listed by due time, and the index that it is walked along.
fn lists_by_due() -> Vec<(Filter, &'static str)> {
    let prepared = || Filter {
        status: Some(Status::Prepared),
        ..Filter::default()
    };
    vec![
        (prepared(), "sessions_prepared_due"),
        (
            Filter {
                assigned: Some(Assigned::To(id(1))),
                ..prepared()
            },
            "sessions_prepared_for",
        ),
        (
            Filter {
                assigned: Some(Assigned::Nobody),
                team_id: Some(id(0)),
                ..prepared()
            },
            "sessions_unassigned",
        ),
        (
            Filter {
                prepared_by_id: Some(id(1)),
                ..prepared()
            },
            "sessions_prepared_by",
        ),
        (
            Filter {
                due_after: Some(now()),
                due_before: Some(now()),
                ..prepared()
            },
            "sessions_prepared_due",
        ),
    ]
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

/// Each way to narrow the list of one person's sessions, and the indexes that find what they started and what is
/// assigned to them.
fn lists_of_a_person() -> Vec<(Filter, [&'static str; 2])> {
    let mine = || Filter {
        mine: Some(id(1)),
        ..Filter::default()
    };
    let active = ["sessions_active_by_owner", "sessions_active_by_assignee"];
    vec![
        (mine(), ["sessions_by_owner", "sessions_by_assignee"]),
        (
            Filter {
                status: Some(Status::Active),
                ..mine()
            },
            active,
        ),
        (
            Filter {
                status: Some(Status::Active),
                flow_id: Some(id(1)),
                ..mine()
            },
            active,
        ),
        (
            Filter {
                status: Some(Status::Prepared),
                ..mine()
            },
            ["sessions_queue", "sessions_queue"],
        ),
        (
            Filter {
                status: Some(Status::Completed),
                missing: true,
                text: Some("1".into()),
                ..mine()
            },
            ["sessions_by_owner", "sessions_by_assignee"],
        ),
    ]
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
