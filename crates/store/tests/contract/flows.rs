//! Flows: heads, drafts, versions and lists.

use resolutionflow_core::flow::{FlowDocument, FlowParts};
use resolutionflow_core::id::FlowId;
use resolutionflow_store::flows::{self, Cursor, Filter, Flow, Version};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, Result};

use super::world::{FLOW, LENA, OLGA, account, at, commit, companies, document, flow, id, look};

fn small(title: &str, tags: &[&str], body: &str) -> FlowDocument {
    let parts: FlowParts = serde_json::from_value(serde_json::json!({
        "title": title, "tags": tags,
        "sections": [{"title": "Section of it", "steps": [{"id": "one", "title": "Do", "body": body}]}]
    }))
    .unwrap();
    FlowDocument::check(parts).unwrap()
}

async fn create(test: &TestDb, flow: u128, document: &FlowDocument) {
    commit!(test, [document], |tx| flows::create(
        tx,
        account(),
        id(flow),
        &document,
        id(OLGA),
        at(10)
    )
    .await)
    .unwrap();
}

async fn publish(test: &TestDb, flow: u128, document: &FlowDocument, when: i64) -> Result<i64> {
    commit!(test, [document], |tx| flows::publish(
        tx,
        account(),
        id(flow),
        &document,
        id(LENA),
        at(when)
    )
    .await)
}

async fn find(test: &TestDb, flow: u128) -> Option<Flow> {
    look!(test, |tx| flows::find(tx, account(), id(flow)).await).unwrap()
}

async fn counted(test: &TestDb) -> (i64, i64) {
    look!(test, |tx| {
        tx.one(
            "SELECT flow_count, (SELECT COUNT(*) FROM flows WHERE account_id = $1) FROM accounts WHERE id = $1",
            &[&account()],
        )
        .await
    })
    .unwrap()
}

#[tokio::test]
async fn a_flow_is_found_as_it_was_made_and_published() {
    for test in companies().await {
        create(&test, 200, &document("First")).await;
        let made = Flow {
            id: id(200),
            title: "First".into(),
            tags: vec!["windows".into(), "ad".into()],
            latest_version: 0,
            has_draft: false,
            step_count: 2,
            field_count: 3,
            created_by_id: id(OLGA),
            created_at: at(10),
            updated_at: at(10),
            used_count: 0,
            last_used_at: None,
        };
        assert_eq!(find(&test, 200).await.as_ref(), Some(&made));
        assert_eq!(publish(&test, 200, &document("First"), 11).await.unwrap(), 1);
        let second = small("Second \"'%_! ÄÖ", &[], "body");
        assert_eq!(publish(&test, 200, &second, 12).await.unwrap(), 2);
        let published = Flow {
            title: "Second \"'%_! ÄÖ".into(),
            tags: vec![],
            latest_version: 2,
            step_count: 1,
            field_count: 0,
            updated_at: at(12),
            ..made
        };
        assert_eq!(find(&test, 200).await, Some(published));
        assert_eq!(find(&test, 999).await, None);

        let document_of = |version| {
            let test = &test;
            async move { look!(test, |tx| flows::document(tx, account(), id(200), version).await).unwrap() }
        };
        assert_eq!(document_of(1).await, Some(document("First")));
        assert_eq!(document_of(2).await, Some(second));
        for version in [0, 3, -1, i64::MAX] {
            assert_eq!(document_of(version).await, None);
        }
    }
}

#[tokio::test]
async fn a_flow_that_is_not_there_takes_no_version_and_no_draft() {
    for test in companies().await {
        let published = publish(&test, 999, &document("None"), 1).await;
        assert!(matches!(published, Err(Error::NoRow)), "{published:?}");
        let drafted = commit!(test, |tx| flows::save_draft(
            tx,
            account(),
            id(999),
            &document("None"),
            at(1)
        )
        .await);
        assert!(matches!(drafted, Err(Error::NoRow)), "{drafted:?}");
        let locked = commit!(test, |tx| flows::lock(tx, account(), id(999)).await);
        assert_eq!(locked.unwrap(), None);
        let again = commit!(test, |tx| {
            flows::create(tx, account(), flow(), &document("Again"), id(OLGA), at(1)).await
        });
        assert!(matches!(again, Err(Error::Duplicate)), "{again:?}");
        let nowhere = commit!(test, |tx| {
            flows::create(tx, id(9), id(5), &document("Nowhere"), id(OLGA), at(1)).await
        });
        assert!(matches!(nowhere, Err(Error::Constraint(_))), "{nowhere:?}");
        assert_eq!(counted(&test).await, (1, 1));
    }
}

#[tokio::test]
async fn a_lock_answers_the_flow_and_changes_nothing() {
    for test in companies().await {
        let before = find(&test, FLOW).await;
        let locked = commit!(test, |tx| flows::lock(tx, account(), flow()).await).unwrap();
        assert_eq!(locked, before);
        assert_eq!(find(&test, FLOW).await, before);
    }
}

#[tokio::test]
async fn a_draft_waits_beside_what_is_published_and_goes_when_it_is() {
    for test in companies().await {
        let draft = |flow: u128| {
            let test = &test;
            async move { look!(test, |tx| flows::draft(tx, account(), id(flow)).await).unwrap() }
        };
        let save = |flow: u128, document: FlowDocument| {
            let test = &test;
            async move {
                commit!(test, [document], |tx| flows::save_draft(
                    tx,
                    account(),
                    id(flow),
                    &document,
                    at(20)
                )
                .await)
                .unwrap();
            }
        };
        assert_eq!(draft(FLOW).await, None);
        assert_eq!(draft(999).await, None);
        let before = find(&test, FLOW).await.unwrap();
        save(FLOW, small("Draft", &["new"], "b")).await;
        assert_eq!(draft(FLOW).await, Some(small("Draft", &["new"], "b")));
        let expected = Flow {
            has_draft: true,
            updated_at: at(20),
            ..before
        };
        assert_eq!(find(&test, FLOW).await, Some(expected));
        publish(&test, FLOW, &small("Published", &[], "b"), 21)
            .await
            .unwrap();
        assert_eq!(draft(FLOW).await, None);
        assert!(!find(&test, FLOW).await.unwrap().has_draft);

        // Where nothing is published yet, the draft is what people find.
        create(&test, 200, &small("Before", &["old"], "b")).await;
        save(200, small("After", &["fresh"], "needle")).await;
        let found = find(&test, 200).await.unwrap();
        assert_eq!(
            (found.title.as_str(), found.tags.as_slice()),
            ("After", &["fresh".to_owned()][..])
        );
        assert_eq!(list(&test, Some("needle"), Some("fresh")).await, [id(200)]);
        assert!(list(&test, None, Some("old")).await.is_empty());
    }
}

#[tokio::test]
async fn versions_come_newest_first_in_pages() {
    for test in companies().await {
        for version in 2..=10 {
            let title = format!("Version {version}");
            assert_eq!(
                publish(&test, FLOW, &small(&title, &[], "b"), version)
                    .await
                    .unwrap(),
                version
            );
        }
        let page = |before, limit| {
            let test = &test;
            async move {
                look!(test, |tx| flows::versions(tx, account(), flow(), before, limit)
                    .await)
                .unwrap()
            }
        };
        let whole = page(i64::MAX, 100).await;
        assert_eq!(
            whole.iter().map(|version| version.version).collect::<Vec<_>>(),
            (1..=10).rev().collect::<Vec<_>>()
        );
        let newest = Version {
            version: 10,
            title: "Version 10".into(),
            published_by_id: id(LENA),
            published_at: at(10),
        };
        assert_eq!(whole[0], newest);
        let mut paged: Vec<Version> = Vec::new();
        loop {
            let next = page(paged.last().map_or(i64::MAX, |last| last.version), 3).await;
            if next.is_empty() {
                break;
            }
            paged.extend(next);
            assert!(paged.len() <= whole.len(), "a page repeats");
        }
        assert_eq!(paged, whole);
        assert!(page(i64::MAX, -1).await.is_empty());
        assert!(
            look!(test, |tx| flows::versions(tx, account(), id(9), 9, 9).await)
                .unwrap()
                .is_empty()
        );
    }
}

async fn list(on: &TestDb, text: Option<&str>, tag: Option<&str>) -> Vec<FlowId> {
    let filter = Filter {
        text: text.map(str::to_owned),
        tags: tag.map(str::to_owned).into_iter().collect(),
        ..Filter::default()
    };
    let found = look!(on, [filter], |tx| flows::list(tx, account(), &filter, None, 100)
        .await)
    .unwrap();
    found.into_iter().map(|flow| flow.id).collect()
}

#[tokio::test]
async fn flows_are_found_by_text_and_tag() {
    for test in companies().await {
        create(
            &test,
            201,
            &small("100% sure", &["Win", "a_b"], "the _underscore_ step"),
        )
        .await;
        create(
            &test,
            202,
            &small("ÜBERGABE an Köln", &["window"], "say \"hello\" to O'Neill!"),
        )
        .await;
        create(&test, 203, &small("Plain", &["dows", "win"], "100 times; شبكة")).await;
        for (text, found) in [
            ("100%", vec![201]),
            ("100 T", vec![203]),
            ("  SURE ", vec![201]),
            ("_underscore_", vec![201]),
            ("xunderscorex", vec![]),
            ("übergabe", vec![202]),
            ("ÜBERGABE", vec![202]),
            ("KÖLN", vec![202]),
            ("\"hello\"", vec![202]),
            ("o'neill!", vec![202]),
            ("شبكة", vec![203]),
            ("section OF it", vec![203, 202, 201]),
            ("'; DROP TABLE flows; --", vec![]),
            ("\\", vec![]),
            ("%", vec![201]),
            ("!", vec![202]),
            ("", vec![203, 202, 201, FLOW]),
            ("   ", vec![203, 202, 201, FLOW]),
        ] {
            let found: Vec<FlowId> = found.into_iter().map(id).collect();
            assert_eq!(list(&test, Some(text), None).await, found, "{text:?}");
        }
        for (tag, found) in [
            ("win", vec![203, 201]),
            (" WIN ", vec![203, 201]),
            ("window", vec![202]),
            ("dows", vec![203]),
            ("windows", vec![FLOW]),
            ("a_b", vec![201]),
            ("axb", vec![]),
            ("%", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<FlowId> = found.into_iter().map(id).collect();
            assert_eq!(list(&test, None, Some(tag)).await, found, "{tag:?}");
        }
        assert_eq!(list(&test, Some("100 t"), Some("dows")).await, [id(203)]);
        assert!(list(&test, Some("100 t"), Some("window")).await.is_empty());
        // Longer than SQLite takes for a pattern, also when every character needs an escape.
        assert!(
            list(&test, Some(&"%".repeat(100_000)), Some(&"ü".repeat(100_000)))
                .await
                .is_empty()
        );
        let nul = Filter {
            text: Some("a\0b".into()),
            ..Filter::default()
        };
        let refused = look!(test, [nul], |tx| flows::list(tx, account(), &nul, None, 100)
            .await);
        assert!(matches!(refused, Err(Error::Nul)), "{refused:?}");
    }
}

#[tokio::test]
async fn flows_come_newest_first_in_pages() {
    for test in companies().await {
        for number in 200..225 {
            create(&test, number, &small(&format!("Flow {number}"), &["even"], "b")).await;
        }
        let filter = Filter {
            tags: vec!["even".into()],
            ..Filter::default()
        };
        for limit in [1, 4, 25] {
            let mut paged: Vec<FlowId> = Vec::new();
            loop {
                let after = paged.last().copied().map(Cursor::Newest);
                let page = look!(test, [filter, after], |tx| flows::list(
                    tx,
                    account(),
                    &filter,
                    after.as_ref(),
                    limit
                )
                .await)
                .unwrap();
                if page.is_empty() {
                    break;
                }
                paged.extend(page.into_iter().map(|flow| flow.id));
                assert!(paged.len() <= 25, "a page repeats");
            }
            assert_eq!(paged, (200..225).rev().map(id).collect::<Vec<_>>());
        }
        assert!(
            look!(test, [filter], |tx| flows::list(tx, account(), &filter, None, -1)
                .await)
            .unwrap()
            .is_empty()
        );
    }
}

#[tokio::test]
async fn flows_made_side_by_side_are_counted_each() {
    for test in companies().await {
        let tasks: Vec<_> = (0..64_u128)
            .map(|number| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    db.write::<_, Error, _>(move |tx| {
                        Box::pin(async move {
                            let document = small("Parallel", &[], "b");
                            flows::create(tx, account(), id(1_000 + number), &document, id(OLGA), at(1))
                                .await?;
                            // Every fourth fails after it was counted.
                            if number % 4 == 0 {
                                Err(Error::NoRow)
                            } else {
                                Ok(())
                            }
                        })
                    })
                    .await
                })
            })
            .collect();
        let mut made = 1;
        for task in tasks {
            made += i64::from(task.await.unwrap().is_ok());
        }
        assert_eq!(made, 49);
        assert_eq!(counted(&test).await, (made, made));
    }
}

#[tokio::test]
async fn versions_published_side_by_side_are_numbered_without_gaps() {
    for test in companies().await {
        let tasks: Vec<_> = (0..32)
            .map(|number| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    db.write::<_, Error, _>(move |tx| {
                        Box::pin(async move {
                            flows::lock(tx, account(), flow()).await?.ok_or(Error::NoRow)?;
                            let document = small("Parallel", &[], "b");
                            flows::publish(tx, account(), flow(), &document, id(OLGA), at(number)).await
                        })
                    })
                    .await
                    .unwrap()
                })
            })
            .collect();
        let mut versions = Vec::new();
        for task in tasks {
            versions.push(task.await.unwrap());
        }
        versions.sort_unstable();
        assert_eq!(versions, (2..=33).collect::<Vec<_>>());
        assert_eq!(find(&test, FLOW).await.unwrap().latest_version, 33);
    }
}
