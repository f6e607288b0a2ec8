//! The outbox: mail that waits to be sent, written in the transaction of its reason and gone with it.
//!
//! A row is a notice to a member, told in the words of the moment it is sent, or a letter to an address with its text.
//! A server claims rows by putting `not_before` off until its lease ends: where it dies, another one takes them up
//! again. So mail is sent at least once, and its identifier says which is a repeat.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::{AccountId, LetterId, NoticeId, SessionId, UserId};
use resolutionflow_core::notice::{MAIL_DAYS, Notice, NoticeKind, next_digest};

use crate::db::{Engine, FromRow, Parameter, Row, Topic, Tx};
use crate::sql::{at_least_none, placeholders, values};
use crate::{Error, Result};

/// What a row is called that is no notice.
const LETTER: &str = "letter";

/// What neither was sent nor given up.
const WAITING: &str = "sent_at IS NULL AND failed_at IS NULL";

/// A letter to an address, of whoever it may be.
#[derive(Clone, Debug)]
pub struct NewLetter {
    /// Its identifier.
    pub id: LetterId,
    /// To whom.
    pub address: String,
    /// What it says, as its sender will read it. It is forgotten as soon as it was sent or given up.
    pub payload: String,
    /// From when on it is worth nothing.
    pub good_until: DateTime<Utc>,
    /// Whether somebody waits for it or is warned by it, so that it goes before the rest; see [`claim`].
    pub urgent: bool,
}

/// Puts a letter into the outbox.
pub async fn add(tx: &mut Tx, letter: &NewLetter, now: DateTime<Utc>) -> Result<()> {
    add_all(tx, &[letter], now).await
}

/// Puts letters into the outbox.
pub async fn add_all(tx: &mut Tx, letters: &[&NewLetter], now: DateTime<Utc>) -> Result<()> {
    const WIDTH: usize = 8;
    for chunk in letters.chunks(100) {
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * WIDTH);
        for letter in chunk {
            parameters.extend_from_slice(&[
                &letter.id as &dyn Parameter,
                &LETTER,
                &letter.address,
                &letter.payload,
                &now,
                &now,
                &letter.good_until,
                &letter.urgent,
            ]);
        }
        let sql = format!(
            "INSERT INTO outbox (id, kind, address, payload, created_at, not_before, good_until, urgent) VALUES {}",
            values(chunk.len(), WIDTH)
        );
        tx.execute(&sql, &parameters).await?;
    }
    if !letters.is_empty() {
        tx.wake(Topic::Outbox);
    }
    Ok(())
}

/// Does all the work of [`add`] for a letter that nobody is to get: a row that counts as sent and says nothing.
pub async fn add_nothing(tx: &mut Tx, letter: &NewLetter, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO outbox (id, kind, address, created_at, not_before, good_until, urgent, sent_at) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $4)",
        &[
            &letter.id,
            &LETTER,
            &letter.address,
            &now,
            &letter.good_until,
            &letter.urgent,
        ],
    )
    .await?;
    tx.wake(Topic::Outbox);
    Ok(())
}

/// A notice that is to be mailed.
pub(crate) struct NewNotice {
    pub(crate) id: NoticeId,
    pub(crate) account_id: AccountId,
    pub(crate) session_id: SessionId,
    pub(crate) notice: Notice,
    /// Whether it waits for the letter of the day.
    pub(crate) daily: bool,
}

/// Puts notices into the outbox, of several accounts where `across` says so; one that is there already stays.
pub(crate) async fn tell(tx: &mut Tx, notices: &[NewNotice], across: bool, now: DateTime<Utc>) -> Result<()> {
    const WIDTH: usize = 11;
    let (daily, good_until) = (next_digest(now), now + TimeDelta::days(MAIL_DAYS));
    for chunk in notices.chunks(100) {
        let kinds: Vec<_> = chunk.iter().map(|one| one.notice.kind.as_str()).collect();
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * WIDTH);
        for (one, kind) in chunk.iter().zip(&kinds) {
            let not_before = if one.daily { &daily } else { &now };
            parameters.extend_from_slice(&[
                &one.id as &dyn Parameter,
                kind,
                &one.account_id,
                &one.notice.user_id,
                &one.session_id,
                &one.notice.actor_id,
                &one.notice.cause,
                &one.daily,
                &now,
                not_before,
                &good_until,
            ]);
        }
        let sql = format!(
            "INSERT INTO outbox (id, kind, account_id, user_id, session_id, actor_id, cause, digest, created_at, \
                 not_before, good_until) VALUES {} ON CONFLICT DO NOTHING",
            values(chunk.len(), WIDTH)
        );
        tx.across_accounts_if(across).execute(&sql, &parameters).await?;
    }
    if !notices.is_empty() {
        tx.wake(Topic::Outbox);
    }
    Ok(())
}

/// A row that a server has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its identifier, which makes the message's.
    pub id: LetterId,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    pub good_until: DateTime<Utc>,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// What is to be sent.
    pub what: What,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Something that a member is told, with what it is about.
    Notice(Box<Told>),
    /// A letter that says what it says.
    Letter {
        /// To whom.
        address: String,
        /// As it was given to [`add`].
        payload: String,
    },
}

/// What a member is told by mail, as everything is called now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In which account.
    pub account_id: AccountId,
    /// What that is called.
    pub account_name: String,
    /// Whom.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// What.
    pub kind: NoticeKind,
    /// Of which session.
    pub session_id: SessionId,
    /// That session's number in the account.
    pub session_number: i64,
    /// What that session is called; empty means like its flow.
    pub session_title: String,
    /// What its flow is called.
    pub flow_title: String,
    /// For which client it is; may be empty.
    pub client: String,
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// Who is to run it now.
    pub assigned_to_id: Option<UserId>,
    /// What whoever caused it is called; nobody where time did.
    pub actor: Option<String>,
}

/// A claimed row; nothing is to be sent where whom it tells is not a member any more.
struct Found {
    id: LetterId,
    claimed: Option<Claimed>,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (id, kind): (LetterId, String) = (row.get(0)?, row.get(1)?);
        let what = if kind == LETTER {
            Some(What::Letter {
                address: row.get(5)?,
                payload: row.get(6)?,
            })
        } else {
            let email: Option<String> = row.get(7)?;
            let told = |email| {
                Ok::<_, Error>(Told {
                    account_id: row.get(8)?,
                    account_name: row.get(9)?,
                    user_id: row.get(10)?,
                    email,
                    kind: NoticeKind::parse(&kind).ok_or_else(|| Error::corrupt("outbox.kind"))?,
                    session_id: row.get(11)?,
                    session_number: row.get(12)?,
                    session_title: row.get(13)?,
                    flow_title: row.get(14)?,
                    client: row.get(15)?,
                    due_at: row.get(16)?,
                    assigned_to_id: row.get(17)?,
                    actor: row.get(18)?,
                })
            };
            email
                .map(told)
                .transpose()?
                .map(|told| What::Notice(Box::new(told)))
        };
        let (created_at, good_until, attempts) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let claimed = what.map(|what| Claimed {
            id,
            created_at,
            good_until,
            attempts,
            what,
        });
        Ok(Self { id, claimed })
    }
}

/// Claims at most `limit` rows that are due, each a message of its own, until the lease ends. A row is given to one
/// server, and to the next when the lease is over. What tells somebody who is not a member any more is dropped.
///
/// Urgent letters go first, and of each kind the one that is due longest. But a third of each batch is for the others,
/// where there are any, so that no stream of urgent letters holds them up; what one kind leaves goes to the other.
pub async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>> {
    let limit = at_least_none(limit);
    let most_urgent = limit - limit / 3;
    let due = |which: &str| {
        format!(
            "SELECT id FROM outbox WHERE {which} AND not_before <= $1 AND {WAITING} ORDER BY not_before, id"
        )
    };
    let (urgent, others, lock) = (due("urgent"), due("NOT urgent AND NOT digest"), skip_locked(tx));
    // What is urgent is counted before, no further than it may take places from the others.
    let found = format!(
        "others AS ({others} LIMIT $3 - (SELECT COUNT(*) FROM ({urgent} LIMIT $4) AS ahead){lock}), \
         urgent AS ({urgent} LIMIT $3 - (SELECT COUNT(*) FROM others){lock}), \
         found AS (SELECT id FROM others UNION ALL SELECT id FROM urgent)"
    );
    claim_these(tx, &found, &[&now, &lease, &limit, &most_urgent]).await
}

/// Claims at most `limit` of the rows that wait for the letter of the day of one member, the one who waits longest.
pub async fn claim_digest(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>> {
    let lock = skip_locked(tx);
    let found = format!(
        "found AS (SELECT id FROM outbox WHERE digest AND (account_id, user_id) = \
             (SELECT account_id, user_id FROM outbox WHERE not_before <= $1 AND {WAITING} AND digest \
              ORDER BY not_before, account_id, user_id LIMIT 1) \
         AND not_before <= $1 AND {WAITING} ORDER BY id LIMIT $3{lock})"
    );
    claim_these(tx, &found, &[&now, &lease, &at_least_none(limit)]).await
}

/// What a `SELECT` of rows to claim ends in: whoever comes at the same time takes other rows rather than waits. SQLite
/// has one writer and no such words.
fn skip_locked(tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

/// Claims the rows that the part `found` of the statement finds; of its parameters the first is the time, and the second
/// when the lease ends.
async fn claim_these(tx: &mut Tx, found: &str, parameters: &[&dyn Parameter]) -> Result<Vec<Claimed>> {
    // A part of its own, since PostgreSQL might look for rows more than once and lock more than the limit.
    let sql = format!(
        "WITH {found} UPDATE outbox SET not_before = $2, attempts = attempts + 1 \
         WHERE id IN (SELECT id FROM found) AND not_before <= $1 AND {WAITING} RETURNING id"
    );
    let rows: Vec<(LetterId,)> = tx.all(&sql, parameters).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<LetterId> = rows.into_iter().map(|(id,)| id).collect();
    let found = details(tx, &ids).await?;
    let void: Vec<LetterId> = found
        .iter()
        .filter(|one| one.claimed.is_none())
        .map(|one| one.id)
        .collect();
    if !void.is_empty() {
        let parameters: Vec<&dyn Parameter> = void.iter().map(|id| id as &dyn Parameter).collect();
        let sql = format!("DELETE FROM outbox WHERE id IN ({})", placeholders(1, void.len()));
        tx.execute(&sql, &parameters).await?;
    }
    Ok(found.into_iter().filter_map(|one| one.claimed).collect())
}

/// What the rows say, the oldest first.
async fn details(tx: &mut Tx, ids: &[LetterId]) -> Result<Vec<Found>> {
    let parameters: Vec<&dyn Parameter> = ids.iter().map(|id| id as &dyn Parameter).collect();
    let sql = format!(
        "SELECT o.id, o.kind, o.created_at, o.good_until, o.attempts, o.address, o.payload, u.email, \
             o.account_id, (SELECT name FROM accounts WHERE id = o.account_id), o.user_id, o.session_id, s.number, s.title, f.title, s.client, s.due_at, \
             s.assigned_to_id, (SELECT name FROM users WHERE id = o.actor_id) \
         FROM outbox o \
         LEFT JOIN members m ON m.account_id = o.account_id AND m.user_id = o.user_id AND m.disabled_at IS NULL AND m.removed_at IS NULL \
         LEFT JOIN users u ON u.id = m.user_id AND u.disabled_at IS NULL \
         LEFT JOIN sessions s ON s.account_id = o.account_id AND s.id = o.session_id \
         LEFT JOIN flows f ON f.account_id = s.account_id AND f.id = s.flow_id \
         WHERE o.id IN ({}) ORDER BY o.id",
        placeholders(1, ids.len())
    );
    tx.across_accounts().all(&sql, &parameters).await
}

/// Marks claimed rows as sent, whoever holds the lease now, and forgets what they said.
pub async fn sent(tx: &mut Tx, ids: &[LetterId], now: DateTime<Utc>) -> Result<u64> {
    let (parameters, list) = with(&[&now], ids);
    let sql = format!(
        "UPDATE outbox SET sent_at = $1, error = NULL, payload = NULL WHERE id IN ({list}) AND {WAITING}"
    );
    tx.execute(&sql, &parameters).await
}

/// Gives claimed rows back, to be tried again at that time; nothing where the lease went to somebody else.
pub async fn put_off(
    tx: &mut Tx,
    ids: &[LetterId],
    lease: DateTime<Utc>,
    not_before: DateTime<Utc>,
    error: &str,
) -> Result<u64> {
    let (parameters, list) = with(&[&lease, &not_before, &error], ids);
    let sql = format!(
        "UPDATE outbox SET not_before = $2, error = $3 WHERE id IN ({list}) AND {WAITING} AND not_before = $1"
    );
    tx.execute(&sql, &parameters).await
}

/// Gives up claimed rows, says why, and forgets what they said; nothing where the lease went to somebody else.
pub async fn give_up(
    tx: &mut Tx,
    ids: &[LetterId],
    lease: DateTime<Utc>,
    now: DateTime<Utc>,
    error: &str,
) -> Result<u64> {
    let (parameters, list) = with(&[&lease, &now, &error], ids);
    let sql = format!(
        "UPDATE outbox SET failed_at = $2, error = $3, payload = NULL \
         WHERE id IN ({list}) AND {WAITING} AND not_before = $1"
    );
    tx.execute(&sql, &parameters).await
}

/// The first parameters and then the identifiers, with the placeholders of the latter.
fn with<'a>(first: &[&'a dyn Parameter], ids: &'a [LetterId]) -> (Vec<&'a dyn Parameter>, String) {
    let mut parameters = first.to_vec();
    parameters.extend(ids.iter().map(|id| id as &dyn Parameter));
    (parameters, placeholders(first.len() + 1, ids.len()))
}

/// Forgets what was sent or given up before `before`, at most `limit` rows, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE COALESCE(sent_at, failed_at) < $1 LIMIT $2)",
        &[&before, &at_least_none(limit)],
    )
    .await
}

/// Forgets what is due and waits, at most `limit` rows, and answers how many: where nothing is ever sent, nothing needs
/// to wait.
pub async fn forget_waiting(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64> {
    let sql = format!(
        "DELETE FROM outbox WHERE id IN \
             (SELECT id FROM outbox WHERE not_before <= $1 AND {WAITING} ORDER BY not_before LIMIT $2)"
    );
    tx.execute(&sql, &[&now, &at_least_none(limit)]).await
}
