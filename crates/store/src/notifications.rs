//! Notifications: what people are told of, on their pages and by mail, and what each wants to be told.
//!
//! They are written where a change is kept, in its transaction, and go with their reason. Mail waits in the outbox
//! until a server sends it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::{AccountId, NoticeId, SessionId, UserId};
use resolutionflow_core::notice::{Notice, NoticeKind, Notices, SOON_HOURS, due};

use crate::db::{FromRow, Parameter, Row, Topic, Tx};
use crate::sql::{at_least_none, placeholders, values};
use crate::{Error, Result, outbox};

/// What somebody is told, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its identifier.
    pub id: NoticeId,
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
    /// When it should be done.
    pub due_at: Option<DateTime<Utc>>,
    /// Who is to run that session now.
    pub assigned_to_id: Option<UserId>,
    /// Who caused it; nobody where time did.
    pub actor_id: Option<UserId>,
    /// What they are called.
    pub actor: Option<String>,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

fn kind(name: &str) -> Result<NoticeKind> {
    NoticeKind::parse(name).ok_or_else(|| Error::corrupt("notifications.kind"))
}

impl FromRow for Notification {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let name: String = row.get(1)?;
        Ok(Self {
            id: row.get(0)?,
            kind: kind(&name)?,
            session_id: row.get(2)?,
            session_number: row.get(3)?,
            session_title: row.get(4)?,
            flow_title: row.get(5)?,
            due_at: row.get(6)?,
            assigned_to_id: row.get(7)?,
            actor_id: row.get(8)?,
            actor: row.get(9)?,
            created_at: row.get(10)?,
            read_at: row.get(11)?,
        })
    }
}

/// A person's notifications, newest first, from after the one `after` on.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    unread: bool,
    after: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notification>> {
    let after = after.unwrap_or(NoticeId::from_uuid(uuid::Uuid::max()));
    let unread = if unread { " AND n.read_at IS NULL" } else { "" };
    // As for lists of sessions: CROSS JOIN is a plain join to PostgreSQL and the order to SQLite.
    let sql = format!(
        "SELECT n.id, n.kind, n.session_id, s.number, s.title, f.title, s.due_at, s.assigned_to_id, \
             n.actor_id, (SELECT name FROM users WHERE id = n.actor_id), n.created_at, n.read_at \
         FROM notifications n CROSS JOIN sessions s CROSS JOIN flows f \
         WHERE n.account_id = $1 AND n.user_id = $2 AND n.id < $3{unread} \
             AND s.account_id = n.account_id AND s.id = n.session_id \
             AND f.account_id = s.account_id AND f.id = s.flow_id \
         ORDER BY n.id DESC LIMIT $4"
    );
    tx.all(&sql, &[&account, &user, &after, &at_least_none(limit)])
        .await
}

/// As far as unread notifications are counted.
pub const MOST_UNREAD: i64 = 100;

/// How many notifications a person has not read; [`MOST_UNREAD`] stands for more, too.
pub async fn unread(tx: &mut Tx, account: AccountId, user: UserId) -> Result<i64> {
    let (count,): (i64,) = tx
        .one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM notifications \
                 WHERE account_id = $1 AND user_id = $2 AND read_at IS NULL LIMIT $3) AS found",
            &[&account, &user, &MOST_UNREAD],
        )
        .await?;
    Ok(count)
}

/// What every page shows of a person's unread notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bell {
    /// How many there are; [`MOST_UNREAD`] stands for more, too.
    pub unread: i64,
    /// Whether one of them says that a session is prepared for them.
    pub prepared: bool,
}

impl FromRow for Bell {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            unread: row.get(0)?,
            prepared: row.get(1)?,
        })
    }
}

/// What every page shows of a person's unread notifications.
pub async fn bell(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Bell> {
    let unread = "SELECT 1 FROM notifications WHERE account_id = $1 AND user_id = $2 AND read_at IS NULL";
    let prepared = NoticeKind::PreparedForMe.as_str();
    let sql = format!(
        "SELECT COUNT(*), EXISTS ({unread} AND kind = '{prepared}') FROM ({unread} LIMIT $3) AS found"
    );
    tx.one(&sql, &[&account, &user, &MOST_UNREAD]).await
}

/// Marks what a person was told of a session as read, and answers how much was not.
pub async fn read_of(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<u64> {
    let read = tx
        .execute(
            "UPDATE notifications SET read_at = $4 \
             WHERE account_id = $1 AND user_id = $2 AND session_id = $3 AND read_at IS NULL",
            &[&account, &user, &session, &now],
        )
        .await?;
    if read > 0 {
        tx.wake(Topic::Account(account));
    }
    Ok(read)
}

/// Marks notifications of a person as read, these or all, and answers how many were not.
pub async fn read(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    these: Option<&[NoticeId]>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut parameters: Vec<&dyn Parameter> = vec![&account, &user, &now];
    let mut which = String::new();
    if let Some(ids) = these {
        if ids.is_empty() {
            return Ok(0);
        }
        parameters.extend(ids.iter().map(|id| id as &dyn Parameter));
        which = format!(" AND id IN ({})", placeholders(4, ids.len()));
    }
    let sql = format!(
        "UPDATE notifications SET read_at = $3 \
         WHERE account_id = $1 AND user_id = $2 AND read_at IS NULL{which}"
    );
    let read = tx.execute(&sql, &parameters).await?;
    if read > 0 {
        tx.wake(Topic::Account(account));
    }
    Ok(read)
}

/// How somebody wants to be told of one kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// On their pages.
    pub in_page: bool,
    /// By mail.
    pub mail: bool,
}

impl Default for Choice {
    /// Who chose nothing is told everything.
    fn default() -> Self {
        Self {
            in_page: true,
            mail: true,
        }
    }
}

/// How a person wants to be told, kind by kind, in the order of [`NoticeKind::ALL`].
pub async fn choices(tx: &mut Tx, account: AccountId, user: UserId) -> Result<Vec<(NoticeKind, Choice)>> {
    let rows: Vec<(String, bool, bool)> = tx
        .all(
            "SELECT kind, in_page, mail FROM notification_choices WHERE account_id = $1 AND user_id = $2",
            &[&account, &user],
        )
        .await?;
    let made: HashMap<&str, Choice> = rows
        .iter()
        .map(|(kind, in_page, mail)| {
            let choice = Choice {
                in_page: *in_page,
                mail: *mail,
            };
            (kind.as_str(), choice)
        })
        .collect();
    let chosen = |kind: NoticeKind| (kind, made.get(kind.as_str()).copied().unwrap_or_default());
    Ok(NoticeKind::ALL.map(chosen).to_vec())
}

/// Keeps how a person wants to be told. Each kind is named once; what is not named is told in every way.
pub async fn choose(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    chosen: &[(NoticeKind, Choice)],
) -> Result<()> {
    tx.execute(
        "DELETE FROM notification_choices WHERE account_id = $1 AND user_id = $2",
        &[&account, &user],
    )
    .await?;
    // A row says what is off.
    let rows: Vec<_> = chosen
        .iter()
        .filter(|(_, choice)| *choice != Choice::default())
        .map(|(kind, choice)| (kind.as_str(), *choice))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(rows.len() * 5);
    for (kind, choice) in &rows {
        parameters.extend_from_slice(&[
            &account as &dyn Parameter,
            &user,
            kind,
            &choice.in_page,
            &choice.mail,
        ]);
    }
    let sql = format!(
        "INSERT INTO notification_choices (account_id, user_id, kind, in_page, mail) VALUES {}",
        values(rows.len(), 5)
    );
    tx.execute(&sql, &parameters).await?;
    Ok(())
}

/// Keeps whether a person is told of one kind of thing on their pages, and leaves their other choices alone.
pub async fn choose_in_page(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    kind: NoticeKind,
    in_page: bool,
) -> Result<()> {
    let Choice { mail, .. } = Choice::default();
    tx.execute(
        "INSERT INTO notification_choices (account_id, user_id, kind, in_page, mail) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, user_id, kind) DO UPDATE SET in_page = excluded.in_page",
        &[&account, &user, &kind.as_str(), &in_page, &mail],
    )
    .await?;
    Ok(())
}

/// Keeps how a person wants to be told of one kind of thing, and leaves their other choices alone.
pub async fn choose_one(
    tx: &mut Tx,
    account: AccountId,
    user: UserId,
    kind: NoticeKind,
    choice: Choice,
) -> Result<()> {
    tx.execute(
        "INSERT INTO notification_choices (account_id, user_id, kind, in_page, mail) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, user_id, kind) DO UPDATE SET in_page = excluded.in_page, mail = excluded.mail",
        &[&account, &user, &kind.as_str(), &choice.in_page, &choice.mail],
    )
    .await?;
    Ok(())
}

/// Whether a person gets their mail as one letter a day, in whichever account; nobody who does not exist does.
pub async fn mail_daily(tx: &mut Tx, user: UserId) -> Result<bool> {
    let row: Option<(bool,)> = tx
        .optional("SELECT mail_daily FROM users WHERE id = $1", &[&user])
        .await?;
    Ok(row.is_some_and(|(daily,)| daily))
}

/// Keeps whether a person gets their mail as one letter a day, in whichever account. What waits already goes as it would
/// have.
pub async fn set_mail_daily(tx: &mut Tx, user: UserId, daily: bool) -> Result<()> {
    tx.execute("UPDATE users SET mail_daily = $2 WHERE id = $1", &[&user, &daily])
        .await?;
    Ok(())
}

/// A notice with what it is about.
type About = (AccountId, SessionId, Notice);

/// Tells what a change of a locked session tells, and takes back what it makes void.
pub(crate) async fn keep(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
    notices: &Notices,
    now: DateTime<Utc>,
) -> Result<()> {
    withdraw(tx, account, session, &notices.withdrawn).await?;
    if notices.due_anew() {
        tx.execute(
            "UPDATE sessions SET due_told = 0 WHERE account_id = $1 AND id = $2 AND due_told > 0",
            &[&account, &session],
        )
        .await?;
    }
    let told: Vec<About> = notices
        .told
        .iter()
        .map(|notice| (account, session, *notice))
        .collect();
    tell(tx, &told, false, now).await
}

async fn withdraw(tx: &mut Tx, account: AccountId, session: SessionId, kinds: &[NoticeKind]) -> Result<()> {
    if kinds.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let mut parameters: Vec<&dyn Parameter> = vec![&account, &session];
    parameters.extend(names.iter().map(|name| name as &dyn Parameter));
    for (table, unsent) in [("notifications", ""), ("outbox", " AND sent_at IS NULL")] {
        let sql = format!(
            "DELETE FROM {table} WHERE account_id = $1 AND session_id = $2 AND kind IN ({}){unsent}",
            placeholders(3, names.len())
        );
        tx.execute(&sql, &parameters).await?;
    }
    Ok(())
}

/// Writes notices, of several accounts where `across` says so, for whoever wants them and is still an active member;
/// one that is there already stays.
async fn tell(tx: &mut Tx, told: &[About], across: bool, now: DateTime<Utc>) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let wanted = wanted(tx, told, across).await?;
    let for_whom = |in_which: fn(&Choice) -> bool| {
        let rows = told.iter().filter_map(|about| {
            let (account, session, notice) = about;
            let wants = wanted.get(&(*account, notice.user_id))?;
            let choice = wants
                .choices
                .get(notice.kind.as_str())
                .copied()
                .unwrap_or_default();
            in_which(&choice).then(|| (about, notice.id(*session, now), notice.kind.as_str()))
        });
        rows.collect::<Vec<_>>()
    };
    let (in_page, by_mail) = (for_whom(|choice| choice.in_page), for_whom(|choice| choice.mail));
    write(tx, &in_page, across, now).await?;
    let mails: Vec<_> = by_mail
        .into_iter()
        .map(|((account, session, notice), id, _)| outbox::NewNotice {
            id,
            account_id: *account,
            session_id: *session,
            notice: *notice,
            daily: wanted
                .get(&(*account, notice.user_id))
                .is_some_and(|wants| wants.daily),
        })
        .collect();
    outbox::tell(tx, &mails, across, now).await?;
    let accounts: HashSet<AccountId> = told.iter().map(|(account, ..)| *account).collect();
    for account in accounts {
        tx.wake(Topic::Account(account));
    }
    Ok(())
}

/// The active members among those who are told, each with what they chose.
async fn wanted(tx: &mut Tx, told: &[About], across: bool) -> Result<HashMap<(AccountId, UserId), Wants>> {
    let people: HashSet<(AccountId, UserId)> = told
        .iter()
        .map(|(account, _, notice)| (*account, notice.user_id))
        .collect();
    let people: Vec<_> = people.into_iter().collect();
    let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(people.len() * 2);
    let mut any = Vec::with_capacity(people.len());
    for (account, user) in &people {
        parameters.extend_from_slice(&[account as &dyn Parameter, user]);
        let last = parameters.len();
        any.push(format!("m.account_id = ${} AND m.user_id = ${last}", last - 1));
    }
    let sql = format!(
        "SELECT m.account_id, m.user_id, c.kind, c.in_page, c.mail, u.mail_daily \
         FROM members m JOIN users u ON u.id = m.user_id \
         LEFT JOIN notification_choices c ON c.account_id = m.account_id AND c.user_id = m.user_id \
         WHERE ({}) AND m.disabled_at IS NULL AND m.removed_at IS NULL AND u.disabled_at IS NULL",
        any.join(" OR ")
    );
    let rows: Vec<Chosen> = tx.across_accounts_if(across).all(&sql, &parameters).await?;
    let mut wanted: HashMap<_, Wants> = HashMap::new();
    for chosen in rows {
        let wants = wanted.entry((chosen.account_id, chosen.user_id)).or_default();
        wants.daily = chosen.daily;
        wants.choices.extend(chosen.choice);
    }
    Ok(wanted)
}

/// How a member wants to be told.
#[derive(Default)]
struct Wants {
    /// Whether what is mailed goes as one letter a day.
    daily: bool,
    /// What they chose, by the name of the kind.
    choices: HashMap<String, Choice>,
}

/// A member with one of their choices, if they made any.
struct Chosen {
    account_id: AccountId,
    user_id: UserId,
    choice: Option<(String, Choice)>,
    daily: bool,
}

impl FromRow for Chosen {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let kind: Option<String> = row.get(2)?;
        let choice = match kind {
            None => None,
            Some(kind) => {
                let (in_page, mail) = (row.get(3)?, row.get(4)?);
                Some((kind, Choice { in_page, mail }))
            }
        };
        Ok(Self {
            account_id: row.get(0)?,
            user_id: row.get(1)?,
            choice,
            daily: row.get(5)?,
        })
    }
}

async fn write(
    tx: &mut Tx,
    rows: &[(&About, NoticeId, &'static str)],
    across: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    const WIDTH: usize = 8;
    for chunk in rows.chunks(100) {
        let mut parameters: Vec<&dyn Parameter> = Vec::with_capacity(chunk.len() * WIDTH);
        for ((account, session, notice), id, kind) in chunk {
            parameters.extend_from_slice(&[
                account as &dyn Parameter,
                &notice.user_id,
                id,
                kind,
                session,
                &notice.actor_id,
                &notice.cause,
                &now,
            ]);
        }
        let sql = format!(
            "INSERT INTO notifications (account_id, user_id, id, kind, session_id, actor_id, cause, created_at) \
             VALUES {} ON CONFLICT DO NOTHING",
            values(chunk.len(), WIDTH)
        );
        tx.across_accounts_if(across).execute(&sql, &parameters).await?;
    }
    Ok(())
}

/// Tells of at most `limit` open sessions of any account that they are due soon or overdue, and answers how many it
/// looked at; where that is less than the limit, nobody is left for now.
///
/// Each session is marked in the same statement that finds it, so of several servers one tells.
pub async fn remind(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64> {
    let soon = now + TimeDelta::hours(SOON_HOURS);
    let mut found = 0;
    // What was told of nothing yet, and then of what was told to be due soon.
    for (told, until) in [(0, soon), (1, now)] {
        let open = "due_at IS NOT NULL AND due_told < 2 AND completed_at IS NULL AND discarded_at IS NULL";
        let sql = format!(
            "UPDATE sessions SET due_told = CASE WHEN due_at <= $1 THEN 2 ELSE 1 END \
             WHERE due_told = {told} AND {open} AND (account_id, id) IN \
                 (SELECT account_id, id FROM sessions WHERE due_told = {told} AND due_at <= $2 AND {open} \
                  ORDER BY due_at LIMIT $3) AND due_at <= $2 \
             RETURNING account_id, id, due_at, COALESCE(assigned_to_id, owner_id, prepared_by_id)"
        );
        let rows: Vec<(AccountId, SessionId, DateTime<Utc>, Option<UserId>)> = tx
            .across_accounts()
            .all(&sql, &[&now, &until, &at_least_none(limit)])
            .await?;
        found += rows.len();
        let notices = rows.into_iter().filter_map(|(account, session, due_at, minder)| {
            let notice = Notice {
                user_id: minder?,
                kind: due(due_at, now)?,
                cause: due_at.timestamp_micros(),
                actor_id: None,
            };
            Some((account, session, notice))
        });
        let notices: Vec<About> = notices.collect();
        tell(tx, &notices, true, now).await?;
    }
    Ok(u64::try_from(found).unwrap_or(u64::MAX))
}

/// Forgets notifications that were read before `before`, at most `limit` of them, and answers how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    tx.across_accounts()
        .execute(
            "DELETE FROM notifications WHERE (account_id, user_id, id) IN \
             (SELECT account_id, user_id, id FROM notifications WHERE read_at < $1 LIMIT $2)",
            &[&before, &at_least_none(limit)],
        )
        .await
}
