//! Every store function that looks something up, called once.

use chrono::{DateTime, Utc};
use resolutionflow_core::access::{Role, Scopes};
use resolutionflow_core::audit::{AuditAction, Entry, Object};
use resolutionflow_core::id::{AccountId, SessionId};
use resolutionflow_core::notice::{Notice, NoticeKind, Notices};
use resolutionflow_core::step::StepId;
use resolutionflow_core::throttle::{Growing, Rate};

use crate::account_invites::{Left, NewInvite, Secrets, Way};
use crate::families::{NewFamily, NewRefreshToken};
use crate::idempotency::Key;
use crate::logins::NewLogin;
use crate::mail_tokens::{NewMailToken, Purpose};
use crate::members::NewUser;
use crate::outbox::NewLetter;
use crate::platform_invites::NewPlatformInvite;
use crate::sign_ups::{Aim, Proof, SignUp};
use crate::testing::now;
use crate::throttles::{Bucket, Counting};
use crate::tokens::{NewToken, TokenKind};
use crate::{
    Result, Tx, account_invites, audit, devices, events, families, flows, idempotency, limits, logins,
    mail_tokens, master_key, members, notifications, outbox, platform, platform_invites, presence, sessions,
    sign_ups, steps, teams, throttles, tokens, users, variables,
};

use super::id;

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
pub(super) async fn look_everything_up(tx: &mut Tx, session: SessionId) -> Result<()> {
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
        aim: Aim::Invite { code: [9; 32] },
    };
    let proof = Proof {
        hash: [9; 32],
        expires_at: at,
    };
    sign_ups::keep(tx, &sign_up, &proof, at).await?;
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
