//! Events: read in order, from any place on.

use resolutionflow_core::event::Event;
use resolutionflow_store::events;

use super::world::{ACCOUNT, MORGAN, companies, id, look, set, sets, started};

#[tokio::test]
async fn events_come_oldest_first_in_pages() {
    for test in companies().await {
        started(&test, 300).await;
        for number in 1..=25 {
            let value = number.to_string();
            sets(
                &test,
                300,
                MORGAN,
                number,
                set(&[("v_001", Some(value.as_str()))]),
            )
            .await
            .unwrap();
        }
        let page = |in_account: u128, session: u128, after, limit| {
            let test = &test;
            async move {
                look!(test, |tx| events::after(
                    tx,
                    id(in_account),
                    id(session),
                    after,
                    limit
                )
                .await)
                .unwrap()
            }
        };
        let whole = page(ACCOUNT, 300, 0, 1_000).await;
        assert_eq!(
            whole.iter().map(|event| event.number).collect::<Vec<_>>(),
            (1..=26).collect::<Vec<_>>()
        );
        for limit in [1, 5, 26, 27] {
            let mut paged: Vec<Event> = Vec::new();
            loop {
                let next = page(ACCOUNT, 300, paged.last().map_or(0, |event| event.number), limit).await;
                if next.is_empty() {
                    break;
                }
                paged.extend(next);
                assert!(paged.len() <= whole.len(), "a page repeats");
            }
            assert_eq!(paged, whole);
        }
        for (in_account, session, after, limit) in [
            (ACCOUNT, 300, 26, 100),
            (ACCOUNT, 300, i64::MAX, 100),
            (ACCOUNT, 300, 0, 0),
            (ACCOUNT, 300, 0, -1),
            (ACCOUNT, 301, 0, 100),
            (2, 300, 0, 100),
        ] {
            assert!(page(in_account, session, after, limit).await.is_empty());
        }
        assert_eq!(page(ACCOUNT, 300, i64::MIN, 100).await, whole);
    }
}
