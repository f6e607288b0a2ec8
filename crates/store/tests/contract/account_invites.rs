//! Invites into accounts: two secrets each, so many uses, renewed, taken back, and nobody else's.

use resolutionflow_core::access::Role;
use resolutionflow_store::account_invites::{self, Accepted, Invite, Left, NewInvite, Secrets, Shown, Way};
use resolutionflow_store::members::{self, NewUser};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, outbox};

use super::world::{FINN, LENA, OLGA, account, at, commit, companies, id, look};

fn secrets(number: u8) -> Secrets {
    Secrets {
        copied: [number; 32],
        mailed: [100 + number; 32],
    }
}

fn invite(number: u8, uses: i64, email: Option<&str>) -> NewInvite {
    NewInvite {
        id: id(u128::from(number)),
        secrets: secrets(number),
        role: Role::Viewer,
        team_id: id(22),
        email: email.map(str::to_owned),
        uses,
        expires_at: at(100),
    }
}

async fn create(test: &TestDb, invites: Vec<NewInvite>) {
    commit!(test, [invites], |tx| {
        account_invites::create(tx, account(), id(OLGA), &invites, at(1)).await
    })
    .unwrap();
}

async fn redeem(test: &TestDb, hash: u8, way: Way, now: i64) -> Option<Accepted> {
    commit!(test, |tx| account_invites::redeem(tx, &[hash; 32], way, at(now))
        .await)
    .unwrap()
}

async fn shown(test: &TestDb, hash: u8, way: Way) -> Option<Shown> {
    look!(test, |tx| account_invites::look(tx, &[hash; 32], way).await).unwrap()
}

async fn pending(test: &TestDb) -> Vec<Invite> {
    look!(test, |tx| account_invites::pending(tx, account(), None, 200)
        .await)
    .unwrap()
}

#[tokio::test]
async fn either_secret_lets_in_so_often_as_the_invite_says() {
    for test in companies().await {
        create(
            &test,
            vec![invite(1, 1, Some("N@example.com")), invite(2, 2, None)],
        )
        .await;
        let seen = shown(&test, 101, Way::Mailed).await.unwrap();
        assert_eq!(Some(&seen), shown(&test, 1, Way::Copied).await.as_ref());
        assert_eq!((seen.inviter.as_str(), seen.uses_left), ("Olga", 1));
        assert_eq!(seen.email.as_deref(), Some("N@example.com"));
        for (hash, way) in [(1, Way::Mailed), (101, Way::Copied), (9, Way::Copied)] {
            assert_eq!(shown(&test, hash, way).await, None);
            assert_eq!(redeem(&test, hash, way, 2).await, None);
        }
        let undone = commit!(test, |tx| {
            account_invites::redeem(tx, &[1; 32], Way::Copied, at(2)).await?;
            Err::<(), _>(Error::NoRow)
        });
        assert!(undone.is_err());
        assert_eq!(redeem(&test, 1, Way::Copied, 100).await, None);
        let accepted = redeem(&test, 101, Way::Mailed, 99).await.unwrap();
        let expected = Accepted {
            account_id: account(),
            id: id(1),
            role: Role::Viewer,
            team_id: id(22),
            email: Some("N@example.com".into()),
        };
        assert_eq!(accepted, expected);
        assert_eq!(redeem(&test, 1, Way::Copied, 99).await, None);
        assert_eq!(shown(&test, 1, Way::Copied).await.unwrap().uses_left, 0);
        for left in [true, true, false] {
            assert_eq!(redeem(&test, 2, Way::Copied, 99).await.is_some(), left);
        }
        assert!(pending(&test).await.is_empty());
    }
}

#[tokio::test]
async fn a_renewed_invite_has_new_secrets_and_the_old_ones_are_dead() {
    for test in companies().await {
        create(&test, vec![invite(1, 1, None)]).await;
        let renew = |account, generation, number| {
            let test = &test;
            async move {
                commit!(test, |tx| {
                    account_invites::renew(tx, account, (id(1), generation), &secrets(number), at(900)).await
                })
                .unwrap()
            }
        };
        assert_eq!(renew(account(), 2, 5).await, None);
        assert_eq!(renew(id(2), 1, 5).await, None);
        let renewed = renew(account(), 1, 5).await.unwrap();
        assert_eq!((renewed.generation, renewed.expires_at), (2, at(900)));
        assert_eq!(renew(account(), 1, 6).await, None);
        let locked = commit!(test, |tx| account_invites::lock(tx, account(), id(1)).await).unwrap();
        assert_eq!(locked, Some(renewed));
        assert_eq!(redeem(&test, 1, Way::Copied, 200).await, None);
        assert_eq!(redeem(&test, 101, Way::Mailed, 200).await, None);
        assert!(redeem(&test, 105, Way::Mailed, 200).await.is_some());
        assert_eq!(renew(account(), 2, 7).await, None);
        let locked = commit!(test, |tx| account_invites::lock(tx, account(), id(1)).await);
        assert_eq!(locked.unwrap(), None);
    }
}

#[tokio::test]
async fn what_was_taken_back_lets_nobody_in_and_only_ones_own_can_be() {
    for test in companies().await {
        create(&test, vec![invite(1, 3, None)]).await;
        let revoke = |account| {
            let test = &test;
            async move {
                commit!(test, |tx| account_invites::revoke(tx, account, id(1), at(5))
                    .await)
                .unwrap()
            }
        };
        assert!(!revoke(id(2)).await && revoke(account()).await && !revoke(account()).await);
        assert_eq!(redeem(&test, 1, Way::Copied, 6).await, None);
        let seen = shown(&test, 1, Way::Copied).await.unwrap();
        assert_eq!(seen.revoked_at, Some(at(5)));
    }
}

#[tokio::test]
async fn what_one_person_made_is_taken_back_together_as_far_as_its_roles_go() {
    for test in companies().await {
        let as_admin = NewInvite {
            role: Role::Admin,
            ..invite(1, 1, None)
        };
        create(&test, vec![as_admin, invite(2, 1, None), invite(3, 1, None)]).await;
        let lenas = vec![invite(4, 1, None)];
        commit!(test, [lenas], |tx| {
            account_invites::create(tx, account(), id(LENA), &lenas, at(1)).await
        })
        .unwrap();
        assert!(redeem(&test, 3, Way::Copied, 2).await.is_some());
        let revoke = |account, by: u128, roles: &[Role]| {
            let (test, roles) = (&test, roles.to_vec());
            async move {
                let left = Left {
                    by: id(by),
                    given: roles,
                    seen: Vec::new(),
                    mailed: true,
                };
                let revoked = commit!(test, [left], |tx| {
                    account_invites::revoke_left(tx, account, &left, at(5)).await
                });
                let mut revoked = revoked.unwrap();
                revoked.sort();
                revoked
            }
        };
        assert!(revoke(account(), OLGA, &[]).await.is_empty());
        assert!(revoke(id(2), OLGA, &Role::ALL).await.is_empty());
        assert_eq!(
            revoke(account(), OLGA, &[Role::Admin, Role::Owner]).await,
            [id(1)]
        );
        assert_eq!(redeem(&test, 101, Way::Mailed, 6).await, None);
        assert_eq!(
            shown(&test, 1, Way::Copied).await.unwrap().revoked_at,
            Some(at(5))
        );
        assert_eq!(revoke(account(), OLGA, &Role::ALL).await, [id(2)], "none twice");
        let left: Vec<_> = pending(&test).await.into_iter().map(|invite| invite.id).collect();
        assert_eq!(left, [id(4)], "another's stays");
    }
}

#[tokio::test]
async fn those_of_others_are_taken_back_as_far_as_a_copied_link_lets_in_whoever_has_it() {
    for test in companies().await {
        let of_role = |role, number, email: Option<&str>| NewInvite {
            role,
            ..invite(number, 1, email)
        };
        let olgas = vec![
            of_role(Role::Viewer, 1, None),
            of_role(Role::Viewer, 2, Some("n@example.com")),
            of_role(Role::Owner, 3, None),
            of_role(Role::Viewer, 4, None),
            NewInvite {
                expires_at: at(5),
                ..of_role(Role::Viewer, 5, None)
            },
        ];
        create(&test, olgas).await;
        assert!(redeem(&test, 4, Way::Copied, 2).await.is_some());
        let lenas = vec![of_role(Role::Owner, 6, Some("o@example.com"))];
        commit!(test, [lenas], |tx| {
            account_invites::create(tx, account(), id(LENA), &lenas, at(1)).await
        })
        .unwrap();
        let revoke = |account, mailed| {
            let left = Left {
                by: id(LENA),
                given: Role::ALL.to_vec(),
                seen: vec![Role::Viewer, Role::Engineer, Role::Admin],
                mailed,
            };
            let test = &test;
            async move {
                let revoked = commit!(test, [left], |tx| {
                    account_invites::revoke_left(tx, account, &left, at(5)).await
                });
                let mut revoked = revoked.unwrap();
                revoked.sort();
                revoked
            }
        };
        assert!(revoke(id(2), false).await.is_empty(), "another account's");
        // Her own whatever they are, and of others what she saw the link of.
        assert_eq!(revoke(account(), true).await, [id(1), id(6)]);
        assert_eq!(redeem(&test, 1, Way::Copied, 6).await, None);
        // Where no mail shows whose an address is, those with one, too.
        assert_eq!(revoke(account(), false).await, [id(2)]);
        assert_eq!(revoke(account(), false).await, []);
        let left: Vec<_> = pending(&test).await.into_iter().map(|invite| invite.id).collect();
        assert_eq!(left, [id(5), id(3)], "an expired one, and one to a role above");
    }
}

#[tokio::test]
async fn many_invites_are_kept_at_once_listed_newest_first_and_forgotten_when_they_are_old() {
    for test in companies().await {
        create(&test, (1..=99).map(|number| invite(number, 1, None)).collect()).await;
        let all = pending(&test).await;
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = look!(test, |tx| account_invites::pending(tx, account(), after, 40)
                .await)
            .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            listed.extend(page);
        }
        assert_eq!(listed, all);
        assert_eq!((all.len(), all[0].id), (99, id(99)));
        let others = look!(test, |tx| account_invites::pending(tx, id(2), None, 40).await).unwrap();
        assert!(others.is_empty());
        for (limit, gone) in [(-1, 0), (90, 90), (90, 9), (90, 0)] {
            let forgotten = commit!(test, |tx| account_invites::forget(tx, at(101), limit).await);
            assert_eq!(forgotten.unwrap(), gone);
        }
    }
}

#[tokio::test]
async fn an_invite_into_a_team_of_another_account_is_none() {
    for test in companies().await {
        let mut strange = invite(1, 1, None);
        strange.team_id = id(99);
        let made = commit!(test, [strange], |tx| {
            account_invites::create(tx, account(), id(OLGA), std::slice::from_ref(&strange), at(1)).await
        });
        assert!(matches!(made, Err(Error::Constraint(_))), "{made:?}");
    }
}

#[tokio::test]
async fn whoever_was_a_member_becomes_one_again_and_whoever_is_stays_as_they_are() {
    for test in companies().await {
        let add = |person: u128, role| {
            let test = &test;
            async move {
                commit!(test, |tx| members::add(
                    tx,
                    account(),
                    id(person),
                    role,
                    id(21),
                    at(9)
                )
                .await)
                .unwrap()
            }
        };
        assert!(!add(FINN, Role::Owner).await);
        commit!(test, |tx| tx
            .execute(
                "UPDATE members SET removed_at = $3 WHERE account_id = $1 AND user_id = $2",
                &[&account(), &id::<()>(FINN), &at(5)]
            )
            .await)
        .unwrap();
        assert!(add(FINN, Role::Viewer).await);
        assert!(!add(FINN, Role::Viewer).await);
        let finn = look!(test, |tx| members::find(tx, account(), id(FINN)).await).unwrap();
        let finn = finn.unwrap();
        assert_eq!(
            (finn.role, finn.team_id, finn.disabled_at),
            (Role::Viewer, id(21), None)
        );
        assert_eq!(finn.created_at, at(9));
    }
}

#[tokio::test]
async fn those_who_are_members_are_told_from_those_who_are_not() {
    for test in companies().await {
        let stranger = NewUser {
            id: id(50),
            email: "stranger@example.com".into(),
            name: String::new(),
            password_hash: None,
        };
        commit!(test, [stranger], |tx| members::create_user(tx, &stranger, at(1))
            .await)
        .unwrap();
        commit!(test, |tx| tx
            .execute(
                "UPDATE members SET removed_at = $3 WHERE account_id = $1 AND user_id = $2",
                &[&account(), &id::<()>(LENA), &at(5)]
            )
            .await)
        .unwrap();
        let asked: Vec<String> = [
            "stranger@example.com",
            " FINN@example.com",
            "lena@example.com",
            "x",
        ]
        .map(str::to_owned)
        .to_vec();
        let among = look!(test, [asked], |tx| members::addresses_among(
            tx,
            account(),
            &asked
        )
        .await);
        assert_eq!(among.unwrap(), ["finn@example.com"]);
        let none = look!(test, |tx| members::addresses_among(tx, account(), &[]).await);
        assert!(none.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_letter_that_nobody_gets_is_written_and_never_claimed() {
    for test in companies().await {
        let letter = outbox::NewLetter {
            id: id(1),
            address: "n@example.com".into(),
            payload: "secret".into(),
            good_until: at(100),
            urgent: false,
        };
        commit!(test, [letter], |tx| outbox::add_nothing(tx, &letter, at(1)).await).unwrap();
        let claimed = commit!(test, |tx| outbox::claim(tx, at(2), at(3), 10).await).unwrap();
        assert!(claimed.is_empty());
        let forgotten = commit!(test, |tx| outbox::forget(tx, at(5), 10).await).unwrap();
        assert_eq!(forgotten, 1);
    }
}
