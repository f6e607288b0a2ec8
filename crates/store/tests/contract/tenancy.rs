//! Two accounts with the very same ids in them never meet.

use resolutionflow_core::id::AccountId;
use resolutionflow_core::session::{Status, start};
use resolutionflow_core::step::StepId;
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, events, flows, members, sessions, steps, variables};

use super::world::{
    MORGAN, OLGA, account, at, command, commit, companies, company, document, flow, id, kept, kept_in, look,
    make_in, set, sets, started,
};

const OTHER: u128 = 2;

fn other() -> AccountId {
    id(OTHER)
}

/// The same company once more, with a session of the same id but another value.
async fn twins(test: &TestDb) {
    company(test, other()).await;
    for (account, value) in [(account(), "ours"), (other(), "theirs")] {
        make_in(test, account, 300, flow(), MORGAN, 1, move |new, outline, act| {
            start(new, outline, &set(&[("site", Some(value))]), act)
        })
        .await;
    }
}

#[tokio::test]
async fn the_same_ids_in_two_accounts_are_two_things() {
    for test in companies().await {
        twins(&test).await;
        let theirs = kept_in(&test, other(), 300).await.unwrap();
        assert_eq!(theirs.variables["site"].value.as_deref(), Some("theirs"));
        assert_eq!(theirs.session.number, 1);

        // Everything that changes ours leaves theirs alone.
        sets(
            &test,
            300,
            MORGAN,
            5,
            set(&[("site", Some("changed")), ("v_001", Some("new"))]),
        )
        .await
        .unwrap();
        command(&test, 300, MORGAN, 6, |standing, act| {
            let work = resolutionflow_core::session::StepWork {
                note: Some("ours".into()),
                ..Default::default()
            };
            let step = standing.outline.step("one").unwrap();
            resolutionflow_core::session::work_step(&standing.session, step, None, &work, act)
        })
        .await
        .unwrap();
        command(&test, 300, MORGAN, 7, |s, act| {
            resolutionflow_core::session::discard(&s.session, act)
        })
        .await
        .unwrap();
        commit!(test, |tx| {
            flows::publish(tx, account(), flow(), &document("Ours"), id(OLGA), at(8)).await?;
            flows::save_draft(tx, account(), flow(), &document("Ours, next"), at(9)).await
        })
        .unwrap();
        assert_eq!(kept_in(&test, other(), 300).await.unwrap(), theirs);
        let their_flow = look!(test, |tx| flows::find(tx, other(), flow()).await)
            .unwrap()
            .unwrap();
        assert_eq!(
            (their_flow.title.as_str(), their_flow.latest_version),
            ("Cut-over", 1)
        );
        assert!(!their_flow.has_draft);
        let draft = look!(test, |tx| flows::draft(tx, other(), flow()).await).unwrap();
        assert_eq!(draft, None);
        let second = look!(test, |tx| flows::document(tx, other(), flow(), 2).await).unwrap();
        assert_eq!(second, None);
        let step = StepId::parse("one").unwrap();
        let untouched = look!(test, [step], |tx| steps::find(tx, other(), id(300), &step).await).unwrap();
        assert_eq!(untouched, None);
        for (in_account, status) in [(account(), Status::Discarded), (other(), Status::Active)] {
            let list = look!(test, |tx| {
                sessions::list(tx, in_account, &sessions::Filter::default(), None, 10).await
            })
            .unwrap()
            .sessions;
            assert_eq!(list.len(), 1);
            assert_eq!(list[0].session.status(), status);
            let title = if in_account == other() { "Cut-over" } else { "Ours" };
            assert_eq!(list[0].flow_title, title);
        }
    }
}

#[tokio::test]
async fn what_only_another_account_has_is_not_there() {
    for test in companies().await {
        started(&test, 300).await;
        sets(&test, 300, MORGAN, 5, set(&[("site", Some("ours"))]))
            .await
            .unwrap();
        commit!(test, |tx| members::create_account(
            tx,
            other(),
            "Other",
            id(21),
            at(0)
        )
        .await)
        .unwrap();
        let step = StepId::parse("one").unwrap();
        assert!(kept_in(&test, other(), 300).await.is_none());
        look!(test, [step], |tx| {
            assert!(variables::all(tx, other(), id(300)).await?.is_empty());
            assert!(steps::all(tx, other(), id(300)).await?.is_empty());
            assert!(steps::find(tx, other(), id(300), &step).await?.is_none());
            assert!(events::after(tx, other(), id(300), 0, 9).await?.is_empty());
            assert!(flows::find(tx, other(), flow()).await?.is_none());
            assert!(flows::draft(tx, other(), flow()).await?.is_none());
            assert!(flows::document(tx, other(), flow(), 1).await?.is_none());
            assert!(flows::versions(tx, other(), flow(), 9, 9).await?.is_empty());
            assert!(
                flows::list(tx, other(), &flows::Filter::default(), None, 9)
                    .await?
                    .is_empty()
            );
            assert!(
                sessions::list(tx, other(), &sessions::Filter::default(), None, 9)
                    .await?
                    .sessions
                    .is_empty()
            );
            assert!(members::list(tx, other(), None, 9).await?.is_empty());
            assert!(members::find(tx, other(), id(OLGA)).await?.is_none());
            Ok(())
        })
        .unwrap();
        let before = kept(&test, 300).await;
        assert!(
            commit!(test, |tx| sessions::lock(tx, other(), id(300)).await)
                .unwrap()
                .is_none()
        );
        let change = started(&test, 301).await;
        let saved = commit!(test, [change], |tx| sessions::save(tx, other(), &change).await);
        assert!(matches!(saved, Err(Error::NoRow)), "{saved:?}");
        let created = commit!(test, [change], |tx| sessions::create(tx, other(), &change).await);
        assert!(matches!(created, Err(Error::Constraint(_))), "{created:?}");
        let published = commit!(test, |tx| {
            flows::publish(tx, other(), flow(), &document("Theirs"), id(OLGA), at(8)).await
        });
        assert!(matches!(published, Err(Error::NoRow)), "{published:?}");
        assert_eq!(kept(&test, 300).await, before);
    }
}

#[tokio::test]
async fn a_transaction_acts_in_one_account() {
    for test in companies().await {
        company(&test, other()).await;
        let both = look!(test, |tx| {
            members::account_name(tx, account()).await?;
            members::account_name(tx, other()).await
        });
        assert!(matches!(both, Err(Error::OtherAccount)), "{both:?}");
        let dropped = commit!(test, |tx| {
            members::set_stale_days(tx, account(), 9).await?;
            Ok(members::set_stale_days(tx, other(), 9).await.is_err())
        });
        assert!(matches!(dropped, Err(Error::Swallowed)), "{dropped:?}");
        let at_once = "SELECT COUNT(*) FROM members WHERE account_id IN ($1, $2)";
        let at_once = look!(test, |tx| tx
            .one::<(i64,)>(at_once, &[&account(), &other()])
            .await);
        assert!(matches!(at_once, Err(Error::OtherAccount)), "{at_once:?}");
        for in_account in [account(), other()] {
            let kept = look!(test, |tx| members::account(tx, in_account).await).unwrap();
            assert_eq!(kept.stale_days, 7);
        }
    }
}

#[tokio::test]
async fn going_across_accounts_is_said_of_each_statement() {
    const COUNT: &str = "SELECT COUNT(*) FROM accounts";
    for test in companies().await {
        company(&test, other()).await;
        let (before, across, after, acting) = look!(test, |tx| {
            let (before,): (i64,) = tx.one(COUNT, &[]).await?;
            let (across,): (i64,) = tx.across_accounts().one(COUNT, &[]).await?;
            let (after,): (i64,) = tx.one(COUNT, &[]).await?;
            // What went across has named no account.
            tx.across_accounts()
                .one::<(i64,)>("SELECT COUNT(*) FROM accounts WHERE id = $1", &[&other()])
                .await?;
            members::account_name(tx, account()).await?;
            let (acting,): (i64,) = tx.one(COUNT, &[]).await?;
            Ok((before, across, after, acting))
        })
        .unwrap();
        // SQLite has no row security.
        let expected = match test.engine {
            Engine::Sqlite => (2, 2, 2, 2),
            Engine::Postgres => (0, 2, 0, 1),
        };
        assert_eq!((before, across, after, acting), expected);
    }
}
