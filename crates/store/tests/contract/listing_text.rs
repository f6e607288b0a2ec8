//! Searching the list of sessions: by words of its title or its flow's, and by number.

use resolutionflow_core::session::{Details, Preparation, change_details, prepare};
use resolutionflow_store::sessions::{self, Filter};
use resolutionflow_store::testing::TestDb;
use resolutionflow_store::{Error, flows};

use super::world::{MORGAN, OLGA, account, at, command, commit, companies, document, flow, id, look, make};

const TITLES: [&str; 10] = [
    "100% done",
    "under_score",
    "Bang! Crash",
    "O'Neill said \"no\"",
    "ÜBERGABE KÖLN",
    "Back\\slash",
    "بيت العمل",
    "Straße 😀",
    "number 3 of many",
    "",
];

async fn titled(test: &TestDb) {
    for (session, title) in (300..).zip(TITLES) {
        let preparation = Preparation {
            title: title.to_owned(),
            ..Preparation::default()
        };
        make(test, session, MORGAN, 1, move |new, outline, act| {
            prepare(new, outline, &preparation, act)
        })
        .await;
    }
}

async fn found(on: &TestDb, text: &str) -> Vec<u128> {
    let filter = Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    let found = look!(on, [filter], |tx| sessions::list(
        tx,
        account(),
        &filter,
        None,
        100
    )
    .await)
    .unwrap();
    let mut found: Vec<_> = found
        .sessions
        .into_iter()
        .map(|listed| listed.session.id.uuid().as_u128())
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn sessions_are_found_by_their_ticket_and_their_client() {
    for test in companies().await {
        let preparation = Preparation {
            ticket: "INC-4711%".to_owned(),
            ticket_url: "https://desk.example.com/hidden".to_owned(),
            client: "Müller & Söhne".to_owned(),
            ..Preparation::default()
        };
        make(&test, 300, MORGAN, 1, move |new, outline, act| {
            prepare(new, outline, &preparation, act)
        })
        .await;
        for text in ["inc-4711", "4711%", "MÜLLER", "& sö"] {
            assert_eq!(found(&test, text).await, [300], "{text}");
        }
        assert!(found(&test, "hidden").await.is_empty());
        let details = Details {
            ticket: Some("INC-4712".to_owned()),
            client: Some(String::new()),
            ..Details::default()
        };
        command(&test, 300, OLGA, 2, move |s, act| {
            change_details(&s.session, &details, act)
        })
        .await
        .unwrap();
        assert!(found(&test, "müller").await.is_empty());
        assert_eq!(found(&test, "inc-4712").await, [300]);
    }
}

#[tokio::test]
async fn sessions_are_found_by_any_part_of_their_title() {
    for test in companies().await {
        titled(&test).await;
        for (text, expected) in [
            ("100%", vec![300]),
            ("%", vec![300]),
            ("_", vec![301]),
            ("under_", vec![301]),
            ("underxscore", vec![]),
            ("!", vec![302]),
            ("BANG! c", vec![302]),
            ("o'neill", vec![303]),
            ("\"NO\"", vec![303]),
            ("übergabe köln", vec![304]),
            ("ÜBERGABE", vec![304]),
            ("Köln", vec![304]),
            ("\\", vec![305]),
            ("العمل", vec![306]),
            ("STRASSE", vec![]),
            ("straße 😀", vec![307]),
            ("  done  ", vec![300]),
            ("' OR '1'='1", vec![]),
            ("cut-OVER", (300..310).collect()),
            ("", (300..310).collect()),
        ] {
            assert_eq!(found(&test, text).await, expected, "{text:?}");
        }
    }
}

#[tokio::test]
async fn a_number_finds_the_session_of_that_number_and_titles_with_it() {
    for test in companies().await {
        titled(&test).await;
        // The third session has number 3; another has a 3 in its title.
        for (text, expected) in [
            ("3", vec![302, 308]),
            (" 10 ", vec![300, 309]),
            ("-1", vec![]),
            ("0", vec![300]),
            ("11", vec![]),
            ("9223372036854775807", vec![]),
            ("9223372036854775808", vec![]),
            ("3 ; 4", vec![]),
        ] {
            assert_eq!(found(&test, text).await, expected, "{text:?}");
        }
    }
}

#[tokio::test]
async fn a_new_title_is_found_and_the_old_one_is_not() {
    for test in companies().await {
        titled(&test).await;
        let details = Details {
            title: Some("ÄNDERUNG".into()),
            ..Details::default()
        };
        command(&test, 300, MORGAN, 5, move |s, act| {
            change_details(&s.session, &details, act)
        })
        .await
        .unwrap();
        assert_eq!(found(&test, "änderung").await, [300]);
        assert!(found(&test, "100%").await.is_empty());
        commit!(test, |tx| flows::publish(
            tx,
            account(),
            flow(),
            &document("ÖFFNEN"),
            id(OLGA),
            at(6)
        )
        .await)
        .unwrap();
        assert_eq!(found(&test, "öffnen").await.len(), 10);
        assert!(found(&test, "cut-over").await.is_empty());
        let filter = Filter {
            text: Some("100".into()),
            ..Filter::default()
        };
        assert!(
            look!(test, [filter], |tx| sessions::list(
                tx,
                account(),
                &filter,
                None,
                9
            )
            .await)
            .unwrap()
            .sessions
            .is_empty()
        );
    }
}

#[tokio::test]
async fn a_search_may_be_long_or_hostile() {
    for test in companies().await {
        titled(&test).await;
        for text in ["%".repeat(1_000_000), "İ".repeat(100_000), "!_".repeat(60_000)] {
            assert!(found(&test, &text).await.is_empty());
        }
        let filter = Filter {
            text: Some("\0".into()),
            ..Filter::default()
        };
        let nul = look!(test, [filter], |tx| sessions::list(
            tx,
            account(),
            &filter,
            None,
            9
        )
        .await);
        assert!(matches!(nul, Err(Error::Nul)), "{nul:?}");
    }
}
