//! The library: flows in each order, how often they were used, and their tags.

use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::{AccountId, FlowId};
use resolutionflow_core::session::{Preparation, prepare};
use resolutionflow_store::flows::{self, Cursor, Filter, Flow, Sort};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, Result};

use super::world::{
    FLOW, MORGAN, OLGA, account, at, commit, companies, company, flow, id, look, make_in, started,
};

fn titled(title: &str, tags: &[&str]) -> FlowDocument {
    let parts: FlowParts = serde_json::from_value(serde_json::json!({
        "title": title, "tags": tags,
        "sections": [{"title": "S", "steps": [{"id": "one", "title": "Do", "body": ""}]}]
    }))
    .unwrap();
    FlowDocument::check(parts).unwrap()
}

async fn publish(test: &TestDb, flow: u128, title: &str, tags: &[&str]) {
    let document = titled(title, tags);
    commit!(test, [document], |tx| {
        flows::create(tx, account(), id(flow), &document, id(OLGA), at(10)).await?;
        flows::publish(tx, account(), id(flow), &document, id(OLGA), at(10)).await
    })
    .unwrap();
}

/// Prepares a session of a flow.
async fn use_it(test: &TestDb, session: u128, flow: u128, when: i64) {
    make_in(
        test,
        account(),
        session,
        id(flow),
        MORGAN,
        when,
        |new, outline, act| prepare(new, outline, &Preparation::default(), act),
    )
    .await;
}

async fn page(test: &TestDb, filter: &Filter, after: Option<&Cursor>, limit: i64) -> Vec<Flow> {
    let after = after.cloned();
    look!(test, [filter, after], |tx| flows::list(
        tx,
        account(),
        &filter,
        after.as_ref(),
        limit
    )
    .await)
    .unwrap()
}

fn numbers(flows: &[Flow]) -> Vec<u128> {
    flows.iter().map(|flow| flow.id.uuid().as_u128()).collect()
}

fn sorted(sort: Sort) -> Filter {
    Filter {
        sort,
        ..Filter::default()
    }
}

#[tokio::test]
async fn a_flow_remembers_how_often_it_was_used_and_when_last() {
    for test in companies().await {
        company(&test, id(2)).await;
        let used = |in_account| {
            let test = &test;
            async move {
                let found = look!(test, |tx| flows::find(tx, id(in_account), flow()).await);
                let found = found.unwrap().unwrap();
                (found.used_count, found.last_used_at)
            }
        };
        assert_eq!(used(1).await, (0, None));
        started(&test, 300).await;
        assert_eq!(used(1).await, (1, Some(at(1))));
        use_it(&test, 301, FLOW, 7).await;
        assert_eq!(used(1).await, (2, Some(at(7))));
        let failed: Result<()> = commit!(test, |tx| {
            resolutionflow_store::sessions::next_number(
                tx,
                account(),
                flow(),
                resolutionflow_store::sessions::Begins::Started,
                at(8),
            )
            .await?;
            Err(Error::NoRow)
        });
        assert!(failed.is_err());
        assert_eq!(used(1).await, (2, Some(at(7))));
        assert_eq!(used(2).await, (0, None));
    }
}

#[tokio::test]
async fn flows_come_by_title_and_by_last_use() {
    for test in companies().await {
        for (number, title) in [
            (201, "Zebra"),
            (202, "apple"),
            (203, "Ärger"),
            (204, "Apple"),
            (205, "apple pie"),
            (206, "Übergabe"),
        ] {
            publish(&test, number, title, &[]).await;
        }
        // In any case; then as the characters are numbered, on both engines alike.
        let by_title = page(&test, &sorted(Sort::Title), None, 50).await;
        assert_eq!(numbers(&by_title), [202, 204, 205, FLOW, 201, 203, 206]);
        for (session, flow, when) in [(300, 203, 5), (301, 206, 9), (302, 201, 5), (303, 204, 3)] {
            use_it(&test, session, flow, when).await;
        }
        let by_use = page(&test, &sorted(Sort::RecentlyUsed), None, 50).await;
        assert_eq!(numbers(&by_use), [206, 203, 201, 204, 205, 202, FLOW]);
        let newest = page(&test, &Filter::default(), None, 50).await;
        assert_eq!(numbers(&newest), [206, 205, 204, 203, 202, 201, FLOW]);
        let narrowed = Filter {
            text: Some("apple".into()),
            ..sorted(Sort::RecentlyUsed)
        };
        assert_eq!(numbers(&page(&test, &narrowed, None, 50).await), [204, 205, 202]);
    }
}

#[tokio::test]
async fn every_order_comes_in_pages_without_gaps_or_repeats() {
    for test in companies().await {
        for number in 0..20_u128 {
            // Several of one title, and several never used.
            publish(&test, 200 + number, &format!("Flow {}", number % 4), &[]).await;
            if number % 3 != 0 {
                let when = i64::try_from(number / 5).unwrap();
                use_it(&test, 300 + number, 200 + number, when).await;
            }
        }
        for sort in [Sort::Newest, Sort::RecentlyUsed, Sort::Title] {
            let filter = sorted(sort);
            let whole = page(&test, &filter, None, 100).await;
            assert_eq!(whole.len(), 21);
            for limit in [1, 4, 21] {
                let mut paged: Vec<Flow> = Vec::new();
                loop {
                    // A cursor goes to the browser and comes back.
                    let after = paged.last().map(|last| Cursor::behind(last, sort)).map(|cursor| {
                        let text = serde_json::to_string(&cursor).unwrap();
                        serde_json::from_str::<Cursor>(&text).unwrap()
                    });
                    let next = page(&test, &filter, after.as_ref(), limit).await;
                    if next.is_empty() {
                        break;
                    }
                    paged.extend(next);
                    assert!(paged.len() <= whole.len(), "a page repeats");
                }
                assert_eq!(paged, whole, "{sort:?}");
            }
            // A cursor of another order.
            let other = match sort {
                Sort::Title => Cursor::Newest(id(1)),
                _ => Cursor::Title("Flow 1".into(), id(1)),
            };
            assert_eq!(page(&test, &filter, Some(&other), 100).await, whole);
            assert!(page(&test, &filter, None, -1).await.is_empty());
        }
    }
}

#[tokio::test]
async fn tags_come_with_how_many_flows_carry_them() {
    for test in companies().await {
        let tags = |in_account, limit| {
            let test = &test;
            async move { look!(test, |tx| flows::tags(tx, id(in_account), limit).await).unwrap() }
        };
        assert!(tags(9, 10).await.is_empty());
        publish(&test, 201, "A", &["windows", "mail"]).await;
        publish(&test, 202, "B", &["Mail"]).await;
        publish(&test, 203, "C", &[]).await;
        let expected = [("ad", 1), ("mail", 2), ("windows", 2)].map(|(tag, count)| (tag.to_owned(), count));
        let [ad, mail, windows] = expected;
        assert_eq!(tags(1, 10).await, [mail.clone(), windows.clone(), ad]);
        assert_eq!(tags(1, 2).await, [mail, windows]);
        assert!(tags(1, 0).await.is_empty());
    }
}

#[tokio::test]
async fn documents_are_the_newest_versions_or_drafts() {
    for test in companies().await {
        publish(&test, 201, "One", &[]).await;
        publish(&test, 202, "Two", &[]).await;
        let (newer, draft) = (titled("Two, newer", &[]), titled("Draft", &[]));
        commit!(test, [newer, draft], |tx| {
            flows::publish(tx, account(), id(202), &newer, id(OLGA), at(20)).await?;
            flows::save_draft(tx, account(), id(201), &draft, at(20)).await?;
            flows::create(tx, account(), id(203), &draft, id(OLGA), at(20)).await?;
            flows::save_draft(tx, account(), id(203), &draft, at(20)).await
        })
        .unwrap();
        let titles = |of: AccountId, numbers: &'static [u128]| {
            let test = &test;
            async move {
                let ids: Vec<FlowId> = numbers.iter().map(|number| id(*number)).collect();
                let found = look!(test, [ids], |tx| flows::documents(tx, of, &ids).await).unwrap();
                let title = |number: &u128| found.get(&id(*number)).map(|parts| parts.title.clone());
                numbers.iter().map(title).collect::<Vec<_>>()
            }
        };
        assert_eq!(
            titles(account(), &[201, 202, 203, 999]).await,
            [
                Some("One".into()),
                Some("Two, newer".into()),
                Some("Draft".into()),
                None
            ]
        );
        assert_eq!(titles(id(2), &[201]).await, [None]);
        assert!(titles(account(), &[]).await.is_empty());
    }
}
