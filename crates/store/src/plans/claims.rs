//! How what waits to be sent is claimed: each kind comes sorted out of its own index, however much waits of the other.

use super::*;

#[tokio::test]
async fn what_is_claimed_comes_sorted_out_of_the_index_of_its_kind() {
    for analyse in [false, true] {
        let test = sqlite(|config| config.time_limit = std::time::Duration::from_mins(1)).await;
        let look = test.db.write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, analyse);
                let texts = caught(tx);
                let claimed = outbox::claim(tx, now(), now() + chrono::TimeDelta::minutes(1), 3).await?;
                assert_eq!(claimed.len(), 3);
                let claim = texts.lock().expect("nothing panics")[0].clone();
                assert!(claim.starts_with("WITH others"), "{claim}");
                let plan = plan(tx, &claim);
                for way in [
                    "USING INDEX outbox_urgent (not_before<?)",
                    "USING INDEX outbox_others (not_before<?)",
                    "SEARCH outbox USING PRIMARY KEY (id=?)",
                ] {
                    assert!(
                        plan.iter().any(|line| line.contains(way)),
                        "{analyse} {way} {plan:#?}"
                    );
                }
                assert!(
                    !plan.iter().any(|line| line.contains("B-TREE")),
                    "{analyse} {plan:#?}"
                );
                Ok(())
            })
        });
        look.await.unwrap();
    }
}
