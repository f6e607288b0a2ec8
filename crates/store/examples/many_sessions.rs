//! Fills an account with a history of sessions, to measure lists: `many_sessions URL COUNT`.
//!
//! They copy the account's newest sessions, and are older than all of them: of a hundred, 91 are completed, 4 active,
//! 3 prepared and 2 discarded. They have neither variables nor events, which no list reads.

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::id::{AccountId, Id, UserId};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Change, Outcome, Session};
use resolutionflow_store::sessions::{self, Filter};
use resolutionflow_store::{Db, DbConfig, Error, members};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many are written in one transaction.
const BATCH: i64 = 1_000;
/// How long after the session before each one was made.
const APART: TimeDelta = TimeDelta::minutes(15);

/// Session number `index` of the history, like one of the `models`.
fn session(
    models: &[Session],
    people: &[UserId],
    index: i64,
    made: DateTime<Utc>,
    random: &mut Random,
) -> Session {
    let pick = |among: i64| index.unsigned_abs() % among.unsigned_abs();
    let model = usize::try_from(pick(7919)).unwrap_or_default() % models.len();
    let kind = pick(100);
    let person = |number: usize| people.get(number % people.len().max(1)).copied();
    let (asked, began, ended) = (
        usize::try_from(pick(3)).unwrap_or_default(),
        made + TimeDelta::hours(2),
        made + TimeDelta::hours(5),
    );
    let (prepared, discarded) = (kind < 3, kind == 3 || kind == 4);
    let active = (5..9).contains(&kind);
    let mut session = Session {
        id: Id::new(made, random),
        title: if pick(3) == 0 {
            format!("Site {} cut-over, window {}", pick(811), pick(53))
        } else {
            String::new()
        },
        ticket: if pick(2) == 0 {
            format!("CHG{:07}", pick(9_999_991))
        } else {
            String::new()
        },
        client: if pick(4) == 0 {
            format!("Client {}", pick(199))
        } else {
            String::new()
        },
        prepared_by_id: (prepared || pick(2) == 0).then(|| person(asked + 1)).flatten(),
        assigned_to_id: (pick(9) != 0).then(|| person(asked)).flatten(),
        owner_id: (!prepared).then(|| person(asked)).flatten(),
        created_at: made,
        started_at: (!prepared && !discarded).then_some(began),
        completed_at: (!prepared && !discarded && !active).then_some(ended),
        discarded_at: discarded.then_some(began),
        due_at: (pick(5) != 0).then_some(made + TimeDelta::days(2)),
        updated_at: ended,
        outcome: None,
        missing: i64::from(pick(20) == 0),
        ..models[model].clone()
    };
    session.outcome = session.completed_at.map(|_| Outcome::Resolved);
    session
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count] = arguments.as_slice() else {
        return Err("usage: many_sessions URL COUNT".into());
    };
    let count: i64 = count.parse()?;
    let db = Db::open(&DbConfig::new(url, DateTime::UNIX_EPOCH)).await?;
    let (account, models, members) = db
        .read(|tx| {
            Box::pin(async move {
                let (account,): (AccountId,) =
                    tx.across_accounts().one("SELECT id FROM accounts", &[]).await?;
                let models = sessions::list(tx, account, &Filter::default(), None, 100).await?;
                let members = members::list(tx, account, None, 100).await?;
                Ok::<_, Error>((account, models.sessions, members))
            })
        })
        .await?;
    let models: Vec<_> = models.into_iter().map(|listed| listed.session).collect();
    let people: Vec<_> = members.into_iter().map(|member| member.user_id).collect();
    let oldest = models.iter().map(|session| session.created_at).min();
    let newest = oldest.ok_or("the account has no session to copy")? - APART;
    let mut done = 0;
    while done < count {
        let batch = BATCH.min(count - done);
        let (models, people) = (models.clone(), people.clone());
        db.write(move |tx| {
            let (models, people) = (models.clone(), people.clone());
            Box::pin(async move {
                let mut random = Random::new([u8::try_from(done / BATCH % 251).unwrap_or_default(); 32]);
                let (last,): (i64,) = tx
                    .one(
                        "UPDATE accounts SET session_count = session_count + $2 WHERE id = $1 RETURNING session_count",
                        &[&account, &batch],
                    )
                    .await?;
                for index in done..done + batch {
                    let made = newest - APART * i32::try_from(index).unwrap_or(i32::MAX);
                    let change = Change {
                        before: None,
                        session: Session {
                            number: last - (done + batch - 1 - index),
                            ..session(&models, &people, index, made, &mut random)
                        },
                        variables: Vec::new(),
                        steps: Vec::new(),
                        events: Vec::new(),
                    };
                    sessions::create(tx, account, &change).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
        done += batch;
    }
    // What both engines do by themselves sooner or later.
    db.write(|tx| Box::pin(async move { tx.execute("ANALYZE", &[]).await.map(|_| ()) }))
        .await?;
    db.close().await;
    println!("{count} sessions");
    Ok(())
}
