//! Mail that waits: claimed by one server at a time, tried again, given up, forgotten, and gone with its reason.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use resolutionflow_core::access::Role;
use resolutionflow_core::id::LetterId;
use resolutionflow_core::notice::{NoticeKind, next_digest};
use resolutionflow_core::session::{Assignee, Preparation, discard, prepare};
use resolutionflow_store::notifications;
use resolutionflow_store::outbox::{self, Claimed, NewLetter, What};
use resolutionflow_store::testing::TestDb;
use tokio::sync::Barrier;

use super::world::{LENA, MORGAN, OLGA, account, at, command, commit, companies, id, look, make};

/// How long a claim holds here.
const LEASE: i64 = 60;

async fn prepared_for(test: &TestDb, session: u128, person: u128) {
    let preparation = Preparation {
        assignee: Some(Assignee {
            user_id: id(person),
            role: Some(Role::Engineer),
        }),
        client: "Contoso".to_owned(),
        ..Preparation::default()
    };
    make(test, session, OLGA, 1, move |new, outline, act| {
        prepare(new, outline, &preparation, act)
    })
    .await;
}

async fn letter(test: &TestDb, number: u128, when: i64) {
    letters(test, number..=number, when, false).await;
}

/// Letters of these numbers, all of one moment.
async fn letters(test: &TestDb, numbers: RangeInclusive<u128>, when: i64, urgent: bool) {
    let letters: Vec<NewLetter> = numbers
        .map(|number| NewLetter {
            id: id(number),
            address: "new@example.com".to_owned(),
            payload: "a secret".to_owned(),
            good_until: at(when) + TimeDelta::days(1),
            urgent,
        })
        .collect();
    commit!(test, [letters], |tx| {
        let letters: Vec<&NewLetter> = letters.iter().collect();
        outbox::add_all(tx, &letters, at(when)).await
    })
    .unwrap();
}

async fn claims(test: &TestDb, now: DateTime<Utc>, limit: i64) -> Vec<Claimed> {
    let lease = now + TimeDelta::seconds(LEASE);
    commit!(test, |tx| outbox::claim(tx, now, lease, limit).await).unwrap()
}

async fn claims_digest(test: &TestDb, now: DateTime<Utc>) -> Vec<Claimed> {
    let lease = now + TimeDelta::seconds(LEASE);
    commit!(test, |tx| outbox::claim_digest(tx, now, lease, 100).await).unwrap()
}

fn ids(claimed: &[Claimed]) -> Vec<LetterId> {
    claimed.iter().map(|one| one.id).collect()
}

/// What is kept of a row: whether it was sent, whether it was given up, why, and what it says.
async fn kept(test: &TestDb, row: LetterId) -> Option<(bool, bool, Option<String>, Option<String>)> {
    look!(test, |tx| tx
        .optional(
            "SELECT sent_at IS NOT NULL, failed_at IS NOT NULL, error, payload FROM outbox WHERE id = $1",
            &[&row],
        )
        .await)
    .unwrap()
}

#[tokio::test]
async fn a_notice_is_claimed_with_what_it_is_about() {
    for test in companies().await {
        prepared_for(&test, 300, LENA).await;
        let claimed = claims(&test, at(5), 10).await;
        assert_eq!(claimed.len(), 1);
        let one = &claimed[0];
        assert_eq!((one.created_at, one.attempts), (at(1), 1));
        assert_eq!(one.good_until, at(1) + TimeDelta::days(3));
        let What::Notice(told) = &one.what else {
            panic!("{one:?}")
        };
        assert_eq!((told.account_id, told.user_id), (account(), id(LENA)));
        assert_eq!(
            (told.account_name.as_str(), told.email.as_str()),
            ("Example", "Lena@Example.com")
        );
        assert_eq!((told.kind, told.session_id), (NoticeKind::PreparedForMe, id(300)));
        assert_eq!(
            (told.flow_title.as_str(), told.client.as_str()),
            ("Cut-over", "Contoso")
        );
        assert_eq!(
            (told.actor.as_deref(), told.assigned_to_id),
            (Some("Olga"), Some(id(LENA)))
        );
    }
}

#[tokio::test]
async fn what_is_over_is_not_sent() {
    for test in companies().await {
        for (session, person) in [(300, LENA), (301, MORGAN), (302, LENA)] {
            prepared_for(&test, session, person).await;
        }
        command(&test, 300, OLGA, 2, |s, act| discard(&s.session, act))
            .await
            .unwrap();
        commit!(test, |tx| tx
            .across_accounts()
            .execute(
                "UPDATE members SET disabled_at = $1 WHERE user_id = $2",
                &[&at(3), &id::<resolutionflow_core::id::kind::User>(MORGAN)],
            )
            .await)
        .unwrap();
        let claimed = claims(&test, at(5), 10).await;
        assert_eq!(claimed.len(), 1, "the session is discarded, the member is gone");
        let (left,): (i64,) = look!(test, |tx| tx.one("SELECT COUNT(*) FROM outbox", &[]).await).unwrap();
        assert_eq!(left, 1);
        // The reason may go while it is being sent.
        command(&test, 302, OLGA, 6, |s, act| discard(&s.session, act))
            .await
            .unwrap();
        let rows = ids(&claimed);
        assert_eq!(
            commit!(test, [rows], |tx| outbox::sent(tx, &rows, at(7)).await).unwrap(),
            0
        );
    }
}

#[tokio::test]
async fn a_claim_holds_until_its_lease_ends() {
    for test in companies().await {
        letter(&test, 1, 0).await;
        let first = claims(&test, at(1), 10).await;
        assert_eq!((ids(&first), first[0].attempts), (vec![id(1)], 1));
        assert_eq!(
            first[0].what,
            What::Letter {
                address: "new@example.com".to_owned(),
                payload: "a secret".to_owned()
            }
        );
        assert!(claims(&test, at(LEASE), 10).await.is_empty());
        let second = claims(&test, at(1 + LEASE), 10).await;
        assert_eq!((ids(&second), second[0].attempts), (vec![id(1)], 2));

        // Whose lease is over has no say in when it is tried, or whether.
        let (old, new) = (at(1 + LEASE), at(1 + 2 * LEASE));
        let put_off = |lease: DateTime<Utc>| {
            let test = &test;
            async move {
                commit!(test, |tx| outbox::put_off(tx, &[id(1)], lease, at(500), "busy")
                    .await)
                .unwrap()
            }
        };
        let give_up = |lease: DateTime<Utc>| {
            let test = &test;
            async move {
                commit!(test, |tx| outbox::give_up(tx, &[id(1)], lease, at(501), "gone")
                    .await)
                .unwrap()
            }
        };
        assert_eq!((put_off(old).await, give_up(old).await), (0, 0));
        assert_eq!(put_off(new).await, 1);
        assert_eq!(
            kept(&test, id(1)).await.unwrap(),
            (false, false, Some("busy".to_owned()), Some("a secret".to_owned()))
        );
        assert!(claims(&test, at(499), 10).await.is_empty());
        assert_eq!(claims(&test, at(500), 10).await[0].attempts, 3);
        assert_eq!(give_up(at(500 + LEASE)).await, 1);
        assert_eq!(
            kept(&test, id(1)).await.unwrap(),
            (false, true, Some("gone".to_owned()), None)
        );
        assert!(claims(&test, at(5_000), 10).await.is_empty());
        let sent = commit!(test, |tx| outbox::sent(tx, &[id(1)], at(5_001)).await);
        assert_eq!(sent.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_was_sent_is_sent_whoever_holds_the_lease_and_says_nothing_any_more() {
    for test in companies().await {
        letter(&test, 1, 0).await;
        claims(&test, at(1), 10).await;
        claims(&test, at(1 + LEASE), 10).await;
        let sent = commit!(test, |tx| outbox::sent(tx, &[id(1)], at(70)).await);
        assert_eq!(sent.unwrap(), 1);
        assert_eq!(kept(&test, id(1)).await.unwrap(), (true, false, None, None));
        assert!(claims(&test, at(5_000), 10).await.is_empty());
        let forget = |before: i64| {
            let test = &test;
            async move { commit!(test, |tx| outbox::forget(tx, at(before), 10).await).unwrap() }
        };
        assert_eq!((forget(70).await, forget(71).await), (0, 1));
        assert_eq!(kept(&test, id(1)).await, None);
    }
}

#[tokio::test]
async fn of_eight_servers_one_gets_a_row() {
    for test in companies().await {
        for number in 1..=60 {
            letter(&test, number, 0).await;
        }
        let barrier = Arc::new(Barrier::new(8));
        let servers = (0..8).map(|_| {
            let (db, barrier) = (test.db.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                let mut mine = Vec::new();
                barrier.wait().await;
                loop {
                    let claim = db.write::<_, resolutionflow_store::Error, _>(|tx| {
                        Box::pin(outbox::claim(tx, at(1), at(1 + LEASE), 4))
                    });
                    let claimed = claim.await.unwrap();
                    if claimed.is_empty() {
                        return mine;
                    }
                    assert!(claimed.len() <= 4);
                    mine.extend(ids(&claimed));
                }
            })
        });
        let mut all = Vec::new();
        for server in servers.collect::<Vec<_>>() {
            all.extend(server.await.unwrap());
        }
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "one twice");
        // Whoever found only rows that others were just claiming stopped early; nothing is lost.
        all.extend(ids(&claims(&test, at(1), 100).await));
        assert_eq!(all.len(), 60);
    }
}

#[tokio::test]
async fn who_wants_one_letter_a_day_gets_all_of_it_at_seven() {
    for test in companies().await {
        let daily = |daily: bool| {
            let test = &test;
            async move {
                commit!(test, |tx| notifications::set_mail_daily(tx, id(LENA), daily)
                    .await)
                .unwrap();
                look!(test, |tx| notifications::mail_daily(tx, id(LENA)).await).unwrap()
            }
        };
        assert!(daily(true).await);
        for (session, person) in [(300, LENA), (301, LENA), (302, MORGAN), (303, LENA)] {
            prepared_for(&test, session, person).await;
        }
        assert_eq!(claims(&test, at(5), 10).await.len(), 1, "Morgan's at once");
        assert!(claims_digest(&test, at(5)).await.is_empty());
        command(&test, 303, OLGA, 6, |s, act| discard(&s.session, act))
            .await
            .unwrap();
        let seven = next_digest(at(1));
        assert_eq!(
            claims(&test, seven, 10).await.len(),
            1,
            "Morgan's again, whose lease is over"
        );
        let letter = claims_digest(&test, seven).await;
        assert_eq!(letter.len(), 2, "all that waits, without what is over");
        let told = letter.iter().all(|one| {
            matches!(&one.what, What::Notice(told) if told.user_id == id(LENA) && told.kind == NoticeKind::PreparedForMe)
        });
        assert!(told, "{letter:?}");
        assert!(claims_digest(&test, seven).await.is_empty());

        assert!(!daily(false).await);
        prepared_for(&test, 304, LENA).await;
        assert_eq!(claims(&test, at(5), 10).await.len(), 1);
        let nobody = look!(test, |tx| notifications::mail_daily(tx, id(4_711)).await);
        assert!(!nobody.unwrap());
    }
}

#[tokio::test]
async fn one_letter_of_the_day_is_one_members() {
    for test in companies().await {
        for person in [LENA, MORGAN] {
            commit!(test, |tx| notifications::set_mail_daily(tx, id(person), true)
                .await)
            .unwrap();
        }
        for (session, person) in [(300, LENA), (301, MORGAN), (302, LENA), (303, MORGAN)] {
            prepared_for(&test, session, person).await;
        }
        let seven = next_digest(at(1));
        let mut sizes = Vec::new();
        for _ in 0..3 {
            let letter = claims_digest(&test, seven).await;
            let people: HashSet<_> = letter
                .iter()
                .map(|one| match &one.what {
                    What::Notice(told) => told.user_id,
                    What::Letter { .. } => panic!("{one:?}"),
                })
                .collect();
            sizes.push((people.len(), letter.len()));
        }
        assert_eq!(sizes, [(1, 2), (1, 2), (0, 0)]);
    }
}

/// The numbers of the letters that were claimed, in order.
fn numbers(claimed: &[Claimed]) -> Vec<u128> {
    let mut numbers: Vec<_> = claimed.iter().map(|one| one.id.uuid().as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn an_urgent_letter_goes_before_five_thousand_others() {
    for test in companies().await {
        prepared_for(&test, 300, LENA).await;
        for thousand in 0..5 {
            let first = thousand * 1_000 + 1;
            letters(&test, first..=first + 999, 2, false).await;
        }
        letters(&test, 9_001..=9_001, 50, true).await;
        let batch = claims(&test, at(60), 3).await;
        assert!(ids(&batch).contains(&id(9_001)), "{batch:?}");
        let notices = batch.iter().filter(|one| matches!(one.what, What::Notice(_)));
        assert_eq!(
            (notices.count(), batch.len()),
            (1, 3),
            "what waits longest goes too"
        );
        // An urgent one that is put off is none before its time, and then goes first again.
        let again = at(500);
        let put_off = commit!(test, |tx| {
            let lease = at(60) + TimeDelta::seconds(LEASE);
            outbox::put_off(tx, &[id(9_001)], lease, again, "busy").await
        });
        assert_eq!(put_off.unwrap(), 1);
        assert!(
            numbers(&claims(&test, at(499), 3).await)
                .iter()
                .all(|number| *number <= 5_000)
        );
        assert!(numbers(&claims(&test, at(500), 3).await).contains(&9_001));
    }
}

#[tokio::test]
async fn a_stream_of_urgent_letters_leaves_a_third_of_each_batch_to_the_others() {
    for test in companies().await {
        commit!(test, |tx| notifications::set_mail_daily(tx, id(LENA), true).await).unwrap();
        prepared_for(&test, 300, LENA).await;
        letters(&test, 1..=10, 0, false).await;
        let seven = next_digest(at(1));
        let mut others = Vec::new();
        for round in 0..10 {
            // More than a batch comes before each batch.
            let first = 1_000 + round * 4;
            letters(&test, first..=first + 3, 1, true).await;
            let batch = claims(&test, seven, 3).await;
            let (urgent, other): (Vec<u128>, Vec<u128>) =
                numbers(&batch).into_iter().partition(|number| *number >= 1_000);
            // Of each kind the oldest: nobody who waits is passed over by who comes later.
            assert_eq!(urgent, [1_000 + round * 2, 1_001 + round * 2]);
            others.extend(other);
            let sent = ids(&batch);
            commit!(test, [sent], |tx| outbox::sent(tx, &sent, seven).await).unwrap();
        }
        assert_eq!(others, (1..=10).collect::<Vec<_>>());
        // The letter of the day has its own place.
        assert_eq!(claims_digest(&test, seven).await.len(), 1);

        // What one kind leaves goes to the other.
        assert_eq!(numbers(&claims(&test, seven, 3).await), [1_020, 1_021, 1_022]);
        assert_eq!(claims(&test, seven, 100).await.len(), 17);
        letters(&test, 11..=20, 0, false).await;
        assert_eq!(numbers(&claims(&test, seven, 3).await), [11, 12, 13]);
        letters(&test, 2_000..=2_000, 0, true).await;
        assert_eq!(numbers(&claims(&test, seven, 3).await), [14, 15, 2_000]);
        for (limit, claimed) in [(0, &[][..]), (-1, &[]), (1, &[16]), (2, &[17, 18])] {
            assert_eq!(numbers(&claims(&test, seven, limit).await), claimed);
        }
    }
}

#[tokio::test]
async fn where_nothing_is_sent_nothing_waits() {
    for test in companies().await {
        prepared_for(&test, 300, LENA).await;
        letter(&test, 1, 0).await;
        letter(&test, 2, 0).await;
        commit!(test, |tx| outbox::sent(tx, &[id(2)], at(1)).await).unwrap();
        let forget = || async { commit!(test, |tx| outbox::forget_waiting(tx, at(2), 1).await).unwrap() };
        assert_eq!((forget().await, forget().await, forget().await), (1, 1, 0));
        assert!(kept(&test, id(2)).await.is_some());
    }
}
