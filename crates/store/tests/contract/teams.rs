//! Teams: their names are distinct, and there are not too many.

use resolutionflow_core::member::MOST_TEAMS;
use resolutionflow_store::members;
use resolutionflow_store::teams::{self, Named};
use resolutionflow_store::testing::TestDb;

use super::world::{FINN, account, at, commit, companies, id, look};

async fn create(test: &TestDb, number: u128, name: &str) -> Named {
    let name = name.to_owned();
    commit!(test, [name], |tx| teams::create(tx, account(), id(number), &name)
        .await)
    .unwrap()
}

async fn rename(test: &TestDb, number: u128, name: &str) -> Named {
    let name = name.to_owned();
    commit!(test, [name], |tx| teams::rename(tx, account(), id(number), &name)
        .await)
    .unwrap()
}

#[tokio::test]
async fn names_are_distinct_whatever_their_case() {
    for test in companies().await {
        assert_eq!(create(&test, 23, "NETWORK").await, Named::Taken);
        assert_eq!(create(&test, 23, "Ödland").await, Named::Done);
        assert_eq!(create(&test, 24, "öDLAND").await, Named::Taken);
        assert_eq!(rename(&test, 23, "everyone").await, Named::Taken);
        assert_eq!(rename(&test, 23, "ÖDLAND").await, Named::Done, "its own");
        assert_eq!(rename(&test, 99, "Nothing").await, Named::Refused);
        let listed = look!(test, |tx| teams::list(tx, account()).await).unwrap();
        let listed: Vec<_> = listed.into_iter().map(|team| (team.name, team.members)).collect();
        let expected = [("Everyone", 4), ("Network", 1), ("ÖDLAND", 0)];
        assert_eq!(listed, expected.map(|(name, count)| (name.to_owned(), count)));
        // The same name in another account is another team.
        commit!(test, |tx| members::create_account(
            tx,
            id(2),
            "Other",
            id(40),
            at(0)
        )
        .await)
        .unwrap();
        let there = commit!(test, |tx| teams::create(tx, id(2), id(23), "Network").await);
        assert_eq!(there.unwrap(), Named::Done);
        assert_eq!(
            look!(test, |tx| teams::find(tx, id(2), id(22)).await).unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn who_left_is_counted_no_more() {
    for test in companies().await {
        commit!(test, |tx| members::remove(tx, account(), id(FINN), at(5)).await).unwrap();
        let network = look!(test, |tx| teams::find(tx, account(), id(22)).await).unwrap();
        assert_eq!(network.unwrap().members, 0);
    }
}

#[tokio::test]
async fn an_account_has_only_so_many() {
    for test in companies().await {
        commit!(test, |tx| {
            for number in 2..MOST_TEAMS {
                let team = id(1_000 + u128::try_from(number).unwrap());
                let made = teams::create(tx, account(), team, &format!("Team {number}")).await?;
                assert_eq!(made, Named::Done);
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(create(&test, 5_000, "One too many").await, Named::Refused);
        let listed = look!(test, |tx| teams::list(tx, account()).await).unwrap();
        assert_eq!(i64::try_from(listed.len()).unwrap(), MOST_TEAMS);
    }
}
