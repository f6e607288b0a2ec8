//! What happened, and what was published, cannot be changed: the database itself refuses.

use resolutionflow_store::Error;
use resolutionflow_store::db::Engine;

use super::world::{companies, kept, look, started};

#[tokio::test]
async fn events_and_published_versions_are_never_changed_or_deleted() {
    for test in companies().await {
        started(&test, 300).await;
        let mut statements = vec![
            "UPDATE events SET payload = '{}'",
            "UPDATE events SET number = number + 100",
            "DELETE FROM events",
            "UPDATE flow_versions SET document = '{}'",
            "UPDATE flow_versions SET title = 'other' WHERE version = 1",
            "DELETE FROM flow_versions",
            // Nothing takes them along either.
            "DELETE FROM sessions",
            "DELETE FROM flows",
            "DELETE FROM accounts",
        ];
        if test.engine == Engine::Postgres {
            statements.extend([
                "TRUNCATE events",
                "TRUNCATE sessions CASCADE",
                "TRUNCATE flow_versions CASCADE",
            ]);
        }
        let before = kept(&test, 300).await;
        for statement in statements {
            let refused = test.as_owner(statement).await;
            let is_refusal = match &refused {
                Err(Error::Constraint(_)) => true,
                Err(error) => error.to_string().contains("append-only"),
                Ok(()) => false,
            };
            assert!(is_refusal, "{statement}: {refused:?}");
        }
        assert_eq!(kept(&test, 300).await, before);
        let versions: (i64,) = look!(test, |tx| tx
            .across_accounts()
            .one("SELECT COUNT(*) FROM flow_versions", &[])
            .await)
        .unwrap();
        assert_eq!(versions, (1,));
    }
}
