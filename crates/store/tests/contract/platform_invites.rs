//! Invites to open accounts: so many uses, until they end, and back where the rest does not happen.

use resolutionflow_core::id::PlatformInviteId;
use resolutionflow_store::Error;
use resolutionflow_store::platform_invites::{self, NewPlatformInvite, PlatformInvite};
use resolutionflow_store::testing::TestDb;

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
