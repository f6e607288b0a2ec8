//! The audit log: what is kept, how it is found, and what its chain shows.

use resolutionflow_core::audit::{AuditAction, By, Entry, Object, Seal};
use resolutionflow_core::id::AccountId;
use resolutionflow_store::audit::{self, Fault, Filter, Sealer, Verified};
use resolutionflow_store::db::Engine;
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Db, Error};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::world::{LENA, MORGAN, account, at, commit, companies, company, id, look};

/// An entry whose id lies so many seconds after the tests' moment.
pub(crate) fn entry(number: u32, person: u128, action: AuditAction) -> Entry {
    let when = at(i64::from(number));
    Entry {
        id: resolutionflow_core::id::Id::new(when, &mut super::world::random(u64::from(number))),
        at: when,
        actor_id: Some(id(person)),
        by: Some(By::Login(id(7))),
        place: "192.0.2.1".into(),
        request_id: format!("r-{number}"),
        action,
        object: Object::new("account", Uuid::from_u128(1)),
        changed: vec!["stale_days".into(), "näme".into()],
    }
}

async fn write(test: &TestDb, account: AccountId, entry: &Entry) {
    commit!(test, [entry], |tx| audit::write(tx, account, &entry).await).unwrap();
}

async fn seal(test: &TestDb, holder: u128, when: i64) -> u64 {
    let sealer = Sealer {
        holder: Uuid::from_u128(holder),
        until: at(when + 30),
    };
    commit!(test, |tx| audit::seal_next(tx, &sealer, at(when), 500).await).unwrap()
}

async fn all(test: &TestDb) -> Vec<audit::Kept> {
    look!(test, |tx| audit::chain(tx, account(), 0, 1_000).await).unwrap()
}

async fn verified(test: &TestDb) -> Verified {
    let mut head = None;
    loop {
        let found = look!(test, |tx| audit::verify(tx, account(), head, 3).await).unwrap();
        if found.fault.is_some() || !found.more {
            return found;
        }
        head = found.head;
    }
}

#[tokio::test]
async fn entries_are_found_newest_first_by_person_action_and_time() {
    for test in companies().await {
        company(&test, id(2)).await;
        let failed = Entry {
            by: None,
            place: String::new(),
            changed: Vec::new(),
            object: Object {
                kind: "user".into(),
                id: None,
            },
            ..entry(3, MORGAN, AuditAction::SignInFailed)
        };
        let command = Entry {
            actor_id: None,
            by: Some(By::Command),
            ..entry(4, LENA, AuditAction::PasswordSet)
        };
        let token = Entry {
            by: Some(By::Token(id(8))),
            ..entry(2, LENA, AuditAction::TokenCreated)
        };
        let entries = [entry(1, LENA, AuditAction::SignedIn), token, failed, command];
        for entry in &entries {
            write(&test, account(), entry).await;
        }
        write(&test, id(2), &entry(5, LENA, AuditAction::SignedIn)).await;
        let found = |filter: Filter, after: Option<u32>, limit| {
            let (test, entries) = (&test, &entries);
            async move {
                let after = after.map(|number| entries[number as usize - 1].id);
                let kept = look!(test, [filter], |tx| {
                    audit::list(tx, account(), &filter, after, limit).await
                });
                let kept = kept.unwrap();
                for kept in &kept {
                    assert!(entries.contains(&kept.entry), "{kept:?}");
                    assert_eq!(kept.seal, None);
                }
                kept.iter()
                    .map(|kept| kept.entry.request_id[2..].parse().unwrap())
                    .collect::<Vec<u32>>()
            }
        };
        let none = Filter::default;
        assert_eq!(found(none(), None, 9).await, [4, 3, 2, 1]);
        assert_eq!(found(none(), None, 2).await, [4, 3]);
        assert_eq!(found(none(), Some(3), 9).await, [2, 1]);
        assert_eq!(found(none(), None, -1).await, [0; 0]);
        let lena = Filter {
            actor_id: Some(id(LENA)),
            ..none()
        };
        assert_eq!(found(lena.clone(), None, 9).await, [2, 1]);
        let action = Some(AuditAction::SignedIn);
        assert_eq!(found(Filter { action, ..lena }, None, 9).await, [1]);
        let between = Filter {
            from: Some(at(2)),
            until: Some(at(4)),
            ..none()
        };
        assert_eq!(found(between, None, 9).await, [3, 2]);
    }
}

#[tokio::test]
async fn entries_are_sealed_in_a_chain_of_each_account() {
    for test in companies().await {
        company(&test, id(2)).await;
        assert!(!look!(test, |tx| audit::waits(tx).await).unwrap());
        for number in 1..=250 {
            let account = if number % 5 == 0 { id(2) } else { account() };
            write(&test, account, &entry(number, LENA, AuditAction::SignedIn)).await;
        }
        assert!(look!(test, |tx| audit::waits(tx).await).unwrap());
        assert_eq!(seal(&test, 1, 1_000).await, 200);
        assert_eq!(seal(&test, 1, 1_000).await, 50);
        assert_eq!(seal(&test, 1, 1_000).await, 0);
        let chain = all(&test).await;
        let mut before: Option<Seal> = None;
        for (kept, number) in chain.iter().zip(1..) {
            let seal = kept.seal.unwrap();
            assert_eq!(seal.number, number);
            assert!(seal.holds(before.as_ref(), account(), &kept.entry));
            before = Some(seal);
        }
        assert_eq!(chain.len(), 200);
        let verified = verified(&test).await;
        assert_eq!((verified.head, verified.fault), (before, None));
        assert!(!look!(test, |tx| audit::waits(tx).await).unwrap());
        assert!(
            look!(test, |tx| audit::unsealed(tx, account(), 9).await)
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn one_server_seals_until_its_time_is_over() {
    for test in companies().await {
        write(&test, account(), &entry(1, LENA, AuditAction::SignedIn)).await;
        assert_eq!(seal(&test, 1, 100).await, 1);
        write(&test, account(), &entry(2, LENA, AuditAction::SignedIn)).await;
        assert_eq!(seal(&test, 2, 129).await, 0);
        assert_eq!(seal(&test, 1, 129).await, 1);
        write(&test, account(), &entry(3, LENA, AuditAction::SignedIn)).await;
        assert_eq!(seal(&test, 2, 158).await, 0);
        assert_eq!(seal(&test, 2, 159).await, 1);
        assert_eq!(verified(&test).await.head.map(|seal| seal.number), Some(3));
    }
}

#[tokio::test]
async fn an_entry_whose_transaction_ends_late_is_sealed_late_and_not_passed_over() {
    for test in companies().await {
        // SQLite has one writer: nothing of another is in between there.
        if test.engine == Engine::Sqlite {
            continue;
        }
        let other = Db::open(&test.config).await.unwrap();
        let (written, go_on) = (oneshot::channel::<()>(), oneshot::channel::<()>());
        let (tell, end) = (
            std::sync::Mutex::new(Some(written.0)),
            std::sync::Mutex::new(Some(go_on.1)),
        );
        let late = tokio::spawn(async move {
            let (tell, end) = (std::sync::Arc::new(tell), std::sync::Arc::new(end));
            other
                .write::<_, Error, _>(move |tx| {
                    let (tell, end) = (tell.clone(), end.clone());
                    Box::pin(async move {
                        audit::write(tx, account(), &entry(1, LENA, AuditAction::SignedIn)).await?;
                        if let Some(tell) = tell.lock().unwrap().take() {
                            tell.send(()).unwrap();
                        }
                        let end = end.lock().unwrap().take();
                        if let Some(end) = end {
                            end.await.unwrap();
                        }
                        Ok(())
                    })
                })
                .await
        });
        written.1.await.unwrap();
        write(&test, account(), &entry(2, LENA, AuditAction::SignedIn)).await;
        assert_eq!(seal(&test, 1, 100).await, 1);
        go_on.0.send(()).unwrap();
        late.await.unwrap().unwrap();
        assert_eq!(seal(&test, 1, 100).await, 1);
        let chain = all(&test).await;
        let order: Vec<_> = chain.iter().map(|kept| kept.entry.request_id.as_str()).collect();
        assert_eq!(order, ["r-2", "r-1"]);
        assert_eq!(verified(&test).await.fault, None);
    }
}

#[tokio::test]
async fn the_log_and_its_seals_are_never_changed_or_deleted() {
    for test in companies().await {
        write(&test, account(), &entry(1, LENA, AuditAction::SignedIn)).await;
        seal(&test, 1, 100).await;
        let mut statements = vec![
            "UPDATE audit SET action = 'signed_out'",
            "DELETE FROM audit",
            "UPDATE audit_seals SET number = number + 1",
            "DELETE FROM audit_seals",
        ];
        if test.engine == Engine::Postgres {
            statements.extend(["TRUNCATE audit CASCADE", "TRUNCATE audit_seals"]);
        }
        let before = all(&test).await;
        for statement in statements {
            let refused = test.as_owner(statement).await;
            let is_refusal = match &refused {
                Err(Error::Constraint(_)) => true,
                Err(error) => error.to_string().contains("append-only"),
                Ok(()) => false,
            };
            assert!(is_refusal, "{statement}: {refused:?}");
        }
        assert_eq!(all(&test).await, before);
    }
}

/// Somebody who owns the database and gets around its triggers.
async fn tampers(test: &TestDb, statements: &'static [&'static str]) {
    if test.engine == Engine::Postgres {
        let all = statements.join("; ");
        let past_triggers = format!("SET session_replication_role = replica; {all}");
        return test.as_superuser(&past_triggers).await.unwrap();
    }
    commit!(test, |tx| {
        tx.execute("PRAGMA defer_foreign_keys = ON", &[]).await?;
        for table in ["audit", "audit_seals"] {
            tx.execute(&format!("DROP TRIGGER IF EXISTS {table}_no_update"), &[])
                .await?;
            tx.execute(&format!("DROP TRIGGER IF EXISTS {table}_no_delete"), &[])
                .await?;
        }
        for statement in statements {
            tx.execute(statement, &[]).await?;
        }
        Ok(())
    })
    .unwrap();
}

/// A chain of eight, tampered with.
async fn fault_after(statements: &'static [&'static str]) -> Vec<Option<Fault>> {
    let mut faults = Vec::new();
    for test in companies().await {
        for number in 1..=8 {
            write(&test, account(), &entry(number, LENA, AuditAction::SignedIn)).await;
        }
        assert_eq!(seal(&test, 1, 100).await, 8);
        tampers(&test, statements).await;
        faults.push(verified(&test).await.fault);
    }
    faults
}

#[tokio::test]
async fn the_chain_shows_a_changed_a_missing_and_a_reordered_row() {
    for (statements, expected) in [
        (&[][..], None),
        (
            &["UPDATE audit SET place = '192.0.2.2' WHERE request_id = 'r-5'"],
            Some(Fault::Changed(5)),
        ),
        (
            &["UPDATE audit SET changed = '[\"other\"]' WHERE request_id = 'r-1'"],
            Some(Fault::Changed(1)),
        ),
        (
            &[
                "DELETE FROM audit_seals WHERE number = 4",
                "DELETE FROM audit WHERE request_id = 'r-4'",
            ],
            Some(Fault::Missing(4)),
        ),
        (
            &[
                "UPDATE audit_seals SET number = -1 WHERE number = 3",
                "UPDATE audit_seals SET number = 3 WHERE number = 6",
                "UPDATE audit_seals SET number = 6 WHERE number = -1",
            ],
            Some(Fault::Changed(3)),
        ),
    ] {
        for fault in fault_after(statements).await {
            assert_eq!(fault, expected, "{statements:?}");
        }
    }
}

#[tokio::test]
async fn an_entry_outside_the_chain_is_found() {
    for test in companies().await {
        let stray = entry(1, LENA, AuditAction::SignedIn);
        write(&test, account(), &stray).await;
        assert_eq!(verified(&test).await.fault, None);
        test.as_owner("DELETE FROM audit_unsealed").await.unwrap();
        assert_eq!(verified(&test).await.fault, Some(Fault::Unsealed(stray.id)));
    }
}
