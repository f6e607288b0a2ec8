//! The demo's database: made in one transaction, so that there is all of it or nothing.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::id::{AccountId, FlowId, Id, TeamId, UserId};
use resolutionflow_core::import::Options;
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Actor, Change};
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::sessions::Begins;
use resolutionflow_store::{Db, Error as StoreError, Tx, platform, sessions};
use uuid::Uuid;

use super::super::Done;
use super::people::{ACCOUNT, PEOPLE};
use super::stories::{self, Cast, Flows};
use crate::error::{Error, Result};
use crate::importing::{self, Arrival};
use crate::versions::{self, Version};

/// What marks a database as a demo's: the id of its account. Ids of real accounts are made from the time and from
/// chance, so none is ever this one, which says "demo" at the beginning of time.
const MARK: AccountId = AccountId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_6465_6d6f));

/// How long the demo's company has been there, and its flows.
const FOUNDED: TimeDelta = TimeDelta::days(30);
const PUBLISHED: TimeDelta = TimeDelta::days(21);

/// The sample flows: file name and text, in the order of [`Flows`].
pub(super) const SAMPLES: [(&str, &str); 5] = [
    (
        "server-cut-over.md",
        include_str!("../../../samples/server-cut-over.md"),
    ),
    (
        "new-starter-laptop.md",
        include_str!("../../../samples/new-starter-laptop.md"),
    ),
    (
        "firewall-swap.md",
        include_str!("../../../samples/firewall-swap.md"),
    ),
    ("mail-outage.md", include_str!("../../../samples/mail-outage.md")),
    (
        "certificate-renewal.md",
        include_str!("../../../samples/certificate-renewal.md"),
    ),
];

/// Everything that a new demo holds.
struct World {
    founded: DateTime<Utc>,
    team: TeamId,
    people: Vec<(UserId, String)>,
    published: DateTime<Utc>,
    flows: Vec<Arrival>,
    sessions: Vec<Vec<Change>>,
}

/// Fills an empty database, and sets the passwords of a demo's; anybody else's is refused.
pub(super) async fn prepare(db: &Db, now: DateTime<Utc>, hashes: Vec<String>, random: &mut Random) -> Done {
    let account: Option<(AccountId, TeamId)> = db
        .read::<_, StoreError, _>(|tx| members::first_account(tx).boxed())
        .await
        .map_err(|error| error.to_string())?;
    match account {
        Some((MARK, _)) => set_passwords(db, hashes).await,
        Some(_) => Err(
            "this database was not made by demo, which leaves it alone; `resolutionflow serve` runs it"
                .to_owned()
                .into(),
        ),
        None => fill(db, now, hashes, random).await,
    }
}

async fn set_passwords(db: &Db, hashes: Vec<String>) -> Done {
    let hashes = Arc::new(hashes);
    let set = db.write::<_, StoreError, _>(move |tx| {
        let hashes = Arc::clone(&hashes);
        async move {
            for (person, hash) in PEOPLE.iter().zip(hashes.iter()) {
                if !members::set_password(tx, person.email, hash).await? {
                    return Ok(Some(person.email));
                }
            }
            Ok(None)
        }
        .boxed()
    });
    match set.await.map_err(|error| error.to_string())? {
        None => Ok(()),
        Some(email) => {
            Err(format!("nobody has the address {email} in this demo any more; start another").into())
        }
    }
}

async fn fill(db: &Db, now: DateTime<Utc>, hashes: Vec<String>, random: &mut Random) -> Done {
    let mut random = Random::new(random.bytes());
    let world = tokio::task::spawn_blocking(move || World::new(now, hashes, &mut random));
    let world = world.await.map_err(|error| error.to_string())??;
    let world = Arc::new(world);
    let kept = db.write::<_, Error, _>(move |tx| {
        let world = Arc::clone(&world);
        async move { world.keep(tx).await }.boxed()
    });
    Ok(kept.await.map_err(|error| error.chain())?)
}

impl World {
    /// Makes everything up; takes a moment, since flows are compiled.
    fn new(now: DateTime<Utc>, hashes: Vec<String>, random: &mut Random) -> Result<Self, String> {
        let (founded, published) = (now - FOUNDED, now - PUBLISHED);
        let team = TeamId::new(founded, random);
        let people: Vec<_> = hashes
            .into_iter()
            .map(|hash| (UserId::new(founded, random), hash))
            .collect();
        let (mut flows, mut versions) = (Vec::new(), Vec::new());
        for (name, text) in SAMPLES {
            let (arrival, version) = sample(name, text, Id::new(published, random))?;
            flows.push(arrival);
            versions.push(version);
        }
        let actor = |index: usize| Actor {
            user_id: people[index].0,
            role: PEOPLE[index].role,
            team_id: team,
        };
        let cast = Cast {
            morgan: actor(0),
            lena: actor(1),
            ravi: actor(2),
        };
        let versions = <[Version; 5]>::try_from(versions).map_err(|_| "there are five samples".to_owned())?;
        let sessions = stories::all(&Flows(versions), cast, now, random)
            .map_err(|refusal| format!("a sample session breaks a rule: {refusal}: {refusal:?}"))?;
        Ok(Self {
            founded,
            team,
            people,
            published,
            flows,
            sessions,
        })
    }

    async fn keep(&self, tx: &mut Tx) -> Result<()> {
        members::create_account(tx, MARK, ACCOUNT, self.team, self.founded).await?;
        for (person, (id, hash)) in PEOPLE.iter().zip(&self.people) {
            let user = NewUser {
                id: *id,
                email: person.email.to_owned(),
                name: person.name.to_owned(),
                password_hash: Some(hash.clone()),
            };
            if !members::create_user(tx, &user, self.founded).await? {
                return Err(Error::internal(format!("{} is taken", person.email)));
            }
            members::add(tx, MARK, *id, person.role, self.team, self.founded).await?;
        }
        platform::set_platform_admin(tx, PEOPLE[0].email, true).await?;
        for flow in &self.flows {
            flow.keep(tx, MARK, self.people[0].0, self.published).await?;
        }
        for changes in &self.sessions {
            let [made, later @ ..] = &changes[..] else {
                continue;
            };
            let new = &made.session;
            let begins = match new.started_at {
                Some(_) => Begins::Started,
                None => Begins::Prepared,
            };
            if sessions::next_number(tx, MARK, new.flow_id, begins, new.created_at).await? != new.number {
                return Err(Error::internal("the sessions of a new account count from 1"));
            }
            sessions::create(tx, MARK, made).await?;
            for change in later {
                sessions::save(tx, MARK, change).await?;
            }
        }
        Ok(())
    }
}

/// A sample as it arrives, and as the version that it becomes.
pub(super) fn sample(name: &str, text: &str, id: FlowId) -> Result<(Arrival, Version), String> {
    let options = Options {
        file_name: Some(name.to_owned()),
        ..Options::default()
    };
    let document: FlowDocument = importing::read(text, &options)
        .map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            format!("the sample {name} is wrong: {}", problems.join("; "))
        })?
        .document;
    let version = versions::compile(id, 1, document.clone()).map_err(|error| error.chain())?;
    let arrival = Arrival::new(document, None, id, false).map_err(|error| error.chain())?;
    Ok((arrival, version))
}

#[cfg(test)]
mod tests {
    use resolutionflow_core::session::Status;
    use resolutionflow_store::testing;

    use super::*;

    #[test]
    fn every_sample_is_in_our_own_form_and_compiles() {
        for (name, text) in SAMPLES {
            let id = Id::new(testing::now(), &mut Random::new([1; 32]));
            let (_, version) = sample(name, text, id).unwrap();
            assert!(resolutionflow_core::markdown::is_flow_form(text), "{name}");
            assert!(version.outline.steps().len() >= 8, "{name}");
            let again = resolutionflow_core::markdown::print(&version.document);
            assert_eq!(
                resolutionflow_core::markdown::parse(&again).unwrap(),
                version.document,
                "{name}"
            );
        }
    }

    #[test]
    fn the_sessions_are_in_every_state() {
        let hashes = PEOPLE.iter().map(|person| person.email.to_owned()).collect();
        let world = World::new(testing::now(), hashes, &mut Random::new([4; 32])).unwrap();
        let last: Vec<_> = world
            .sessions
            .iter()
            .map(|changes| &changes.last().unwrap().session)
            .collect();
        for status in Status::ALL {
            assert!(
                last.iter().any(|session| session.status() == status),
                "{status:?}"
            );
        }
        let prepared = |assigned: bool| {
            last.iter()
                .any(|s| s.status() == Status::Prepared && s.assigned_to_id.is_some() == assigned)
        };
        assert!(prepared(true) && prepared(false));
        let completed = |missing: bool| {
            last.iter()
                .any(|s| s.status() == Status::Completed && (s.missing > 0) == missing)
        };
        assert!(completed(true) && completed(false));
        for (number, session) in (1..).zip(&last) {
            assert_eq!(session.number, number);
            assert!(session.updated_at <= testing::now(), "{}", session.title);
        }
    }

    #[tokio::test]
    async fn a_demo_starts_again_and_leaves_other_databases_alone() {
        for test in testing::databases().await {
            let random = &mut Random::new([5; 32]);
            let hashes = || {
                PEOPLE
                    .iter()
                    .map(|person| person.name.to_owned())
                    .collect::<Vec<_>>()
            };
            for _ in 0..2 {
                prepare(&test.db, testing::now(), hashes(), random).await.unwrap();
            }
            let credentials = test
                .db
                .read::<_, StoreError, _>(|tx| members::credentials(tx, PEOPLE[2].email).boxed())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(credentials.account_id, MARK);
            assert_eq!(credentials.password_hash.as_deref(), Some(PEOPLE[2].name));
        }
        for test in testing::databases().await {
            let random = &mut Random::new([6; 32]);
            let (account, team) = (
                AccountId::new(testing::now(), random),
                TeamId::new(testing::now(), random),
            );
            test.db
                .write::<_, StoreError, _>(move |tx| {
                    members::create_account(tx, account, ACCOUNT, team, testing::now()).boxed()
                })
                .await
                .unwrap();
            let refused = prepare(&test.db, testing::now(), Vec::new(), random).await;
            assert!(format!("{refused:?}").contains("not made by demo"), "{refused:?}");
        }
    }
}
