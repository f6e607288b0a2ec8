//! People by address, and what showing that it is theirs does.

use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::users::Address;
use resolutionflow_store::{tokens, users};

use super::world::{LENA, account, at, commit, companies, id, look};

fn new(number: u128, email: &str) -> NewUser {
    NewUser {
        id: id(number),
        email: email.to_owned(),
        name: "New".to_owned(),
        password_hash: Some("hash".to_owned()),
    }
}

#[tokio::test]
async fn an_address_is_verified_once_and_those_of_who_was_let_in_are() {
    for test in companies().await {
        let user = new(50, "New@Example.com");
        assert!(
            commit!(test, [user], |tx| members::create_unverified(tx, &user, at(1))
                .await)
            .unwrap()
        );
        let again = new(51, "new@example.com");
        for unverified in [true, false] {
            let made = commit!(test, [again], |tx| if unverified {
                members::create_unverified(tx, &again, at(1)).await
            } else {
                members::create_user(tx, &again, at(1)).await
            });
            assert!(!made.unwrap());
        }
        let person = look!(test, |tx| users::by_address(tx, " NEW@example.com").await).unwrap();
        let person = person.unwrap();
        assert_eq!(
            (person.email.as_str(), person.verified_at),
            ("New@Example.com", None)
        );
        assert_eq!(person.password_hash.as_deref(), Some("hash"));
        assert!(commit!(test, |tx| users::verify(tx, id(50), at(2)).await).unwrap());
        assert!(!commit!(test, |tx| users::verify(tx, id(50), at(3)).await).unwrap());
        let person = look!(test, |tx| users::by_address(tx, "new@example.com").await).unwrap();
        assert_eq!(person.unwrap().verified_at, Some(at(2)));
        let lena = look!(test, |tx| users::by_address(tx, "lena@example.com").await).unwrap();
        assert!(lena.unwrap().verified_at.is_some());
        assert_eq!(look!(test, |tx| users::accounts(tx, id(50)).await).unwrap(), []);
        assert_eq!(
            look!(test, |tx| users::accounts(tx, id(LENA)).await).unwrap(),
            [account()]
        );
    }
}

#[tokio::test]
async fn an_address_is_somebodys_even_while_they_are_disabled() {
    for test in companies().await {
        let whose = |email: &'static str| {
            let test = &test;
            async move { look!(test, |tx| users::address(tx, email).await).unwrap() }
        };
        assert_eq!(whose("nobody@example.com").await, Address::Free);
        let lena = Address::Taken(Some("Lena@Example.com".to_owned()));
        assert_eq!(whose(" LENA@example.com").await, lena);
        commit!(test, |tx| tx
            .execute("UPDATE users SET disabled_at = created_at", &[])
            .await)
        .unwrap();
        assert_eq!(whose("lena@example.com").await, Address::Taken(None));
    }
}

#[tokio::test]
async fn a_reset_sets_the_password_verifies_the_address_and_ends_every_token() {
    for test in companies().await {
        let token = tokens::NewToken {
            hash: [1; 32],
            id: id(60),
            kind: tokens::TokenKind::Personal,
            user_id: id(LENA),
            auth_epoch: 0,
            name: String::new(),
            expires_at: at(1_000),
            family_id: None,
            scopes: resolutionflow_core::access::Scopes::ALL,
        };
        assert!(
            commit!(test, [token], |tx| tokens::create(tx, account(), &token, at(0))
                .await)
            .unwrap()
        );
        commit!(test, |tx| tx
            .execute("UPDATE users SET verified_at = NULL", &[])
            .await)
        .unwrap();
        commit!(test, |tx| users::reset_password(tx, id(LENA), "other", at(5))
            .await)
        .unwrap();
        let person = look!(test, |tx| users::by_address(tx, "lena@example.com").await).unwrap();
        let person = person.unwrap();
        assert_eq!(
            (
                person.password_hash.as_deref(),
                person.auth_epoch,
                person.verified_at
            ),
            (Some("other"), 1, Some(at(5)))
        );
        assert_eq!(
            look!(test, |tx| tokens::bearer(tx, &[1; 32], at(5)).await).unwrap(),
            None
        );
        let morgan = look!(test, |tx| users::by_address(tx, "morgan@example.com").await).unwrap();
        assert_eq!(morgan.unwrap().auth_epoch, 0);
    }
}

#[tokio::test]
async fn whoever_is_disabled_is_nobody() {
    for test in companies().await {
        commit!(test, |tx| tx
            .execute("UPDATE users SET disabled_at = created_at", &[])
            .await)
        .unwrap();
        let found = look!(test, |tx| users::by_address(tx, "lena@example.com").await).unwrap();
        assert_eq!(found, None);
    }
}
