//! Invites to open accounts: so many uses, until they end, and back where the rest does not happen.

use std::sync::Arc;

use resolutionflow_core::id::PlatformInviteId;
use resolutionflow_store::db::Engine;
use resolutionflow_store::platform_invites::{self, NewPlatformInvite, PlatformInvite};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Db, Error};
use tokio::sync::Barrier;

use super::world::{OLGA, at, commit, companies, id, look};

async fn create(test: &TestDb, number: u8, uses: i64) {
    let invite = NewPlatformInvite {
        id: id(u128::from(number)),
        hash: [number; 32],
        uses,
        expires_at: at(100),
        note: format!("number {number}"),
        created_by_id: number.is_multiple_of(2).then(|| id(OLGA)),
    };
    commit!(test, [invite], |tx| platform_invites::create(tx, &invite, at(1))
        .await)
    .unwrap();
}

async fn redeem(test: &TestDb, number: u8, now: i64) -> Option<PlatformInviteId> {
    commit!(test, |tx| platform_invites::redeem(tx, &[number; 32], at(now))
        .await)
    .unwrap()
}

async fn look(test: &TestDb, number: u8) -> PlatformInvite {
    let found = look!(test, |tx| platform_invites::look(tx, &[number; 32]).await);
    found.unwrap().unwrap()
}

#[tokio::test]
async fn an_invite_opens_as_many_accounts_as_it_says() {
    for test in companies().await {
        create(&test, 2, 2).await;
        let expected = PlatformInvite {
            id: id(2),
            uses: 2,
            uses_left: 2,
            expires_at: at(100),
            revoked_at: None,
            note: "number 2".into(),
            created_by_id: Some(id(OLGA)),
            created_at: at(1),
        };
        assert_eq!(look(&test, 2).await, expected);
        assert!(expected.is_open(at(99)) && !expected.is_open(at(100)));
        let undone = commit!(test, |tx| {
            platform_invites::redeem(tx, &[2; 32], at(2)).await?;
            Err::<(), _>(Error::NoRow)
        });
        assert!(undone.is_err());
        assert_eq!(redeem(&test, 2, 100).await, None);
        assert_eq!(redeem(&test, 2, 99).await, Some(id(2)));
        assert_eq!(redeem(&test, 2, 99).await, Some(id(2)));
        assert_eq!(redeem(&test, 2, 99).await, None);
        assert!(!look(&test, 2).await.is_open(at(2)));
        assert_eq!(redeem(&test, 9, 2).await, None);
    }
}

#[tokio::test]
async fn one_that_was_taken_back_opens_nothing_and_the_newest_are_listed_first() {
    for test in companies().await {
        for number in 1..=5 {
            create(&test, number, 1).await;
        }
        let revoke = |number: u128| {
            let test = &test;
            async move { commit!(test, |tx| platform_invites::revoke(tx, id(number), at(5)).await).unwrap() }
        };
        assert!(revoke(3).await && !revoke(3).await && !revoke(9).await);
        assert_eq!(redeem(&test, 3, 6).await, None);
        assert_eq!(look(&test, 3).await.revoked_at, Some(at(5)));
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = look!(test, |tx| platform_invites::list(tx, after, 2).await).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            listed.extend(page.iter().map(|one| one.id.uuid().as_u128()));
        }
        assert_eq!(listed, [5, 4, 3, 2, 1]);
        let none = look!(test, |tx| platform_invites::list(tx, None, -1).await).unwrap();
        assert!(none.is_empty());
    }
}

/// How many come at once.
const CROWD: usize = 64;
/// How often.
const ROUNDS: u8 = 200;

/// The database as its servers open it: one on SQLite, three on PostgreSQL.
async fn servers(test: &TestDb) -> Vec<Db> {
    let mut servers = vec![test.db.clone()];
    while test.engine == Engine::Postgres && servers.len() < 3 {
        servers.push(Db::open(&test.config).await.unwrap());
    }
    servers
}

/// Lets a crowd use one invite at once. Where it `fails`, what comes after an invite was used fails.
async fn crowd(servers: &[Db], number: u8, fails: bool) -> Vec<Result<Option<PlatformInviteId>, Error>> {
    let barrier = Arc::new(Barrier::new(CROWD));
    let tasks = (0..CROWD).map(|index| {
        let (db, barrier) = (servers[index % servers.len()].clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            let write = db.write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    match platform_invites::redeem(tx, &[number; 32], at(2)).await? {
                        Some(_) if fails => Err(Error::NoRow),
                        used => Ok(used),
                    }
                })
            });
            write.await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// How many of a crowd used the invite; all the others found it used up.
async fn winners(servers: &[Db], number: u8) -> usize {
    let outcomes = crowd(servers, number, false).await;
    let won: Vec<_> = outcomes.into_iter().filter_map(Result::unwrap).collect();
    assert!(won.iter().all(|invite| *invite == id(u128::from(number))));
    won.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_exactly_as_many_as_it_says_use_an_invite() {
    for test in companies().await {
        let servers = servers(&test).await;
        for number in 1..=ROUNDS {
            let uses = [1, 5, 63][usize::from(number) % 3];
            create(&test, number, uses).await;
            let won = winners(&servers, number).await;
            assert_eq!(i64::try_from(won).unwrap(), uses, "round {number}");
            assert_eq!(look(&test, number).await.uses_left, 0, "round {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_fails_half_way_gives_the_use_back_also_in_a_crowd() {
    for test in companies().await {
        let servers = servers(&test).await;
        for (number, uses) in [(1, 1), (2, 5), (3, 63)] {
            create(&test, number, uses).await;
            // Nobody keeps one, so nobody finds it used up: each has its turn.
            for outcome in crowd(&servers, number, true).await {
                assert!(matches!(outcome, Err(Error::NoRow)), "{outcome:?}");
            }
            assert_eq!(look(&test, number).await.uses_left, uses);
            let won = winners(&servers, number).await;
            assert_eq!(i64::try_from(won).unwrap(), uses);
        }
    }
}
