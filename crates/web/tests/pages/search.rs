//! What the palette finds.

use chrono::TimeDelta;
use resolutionflow_core::id::Id;
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Change, Session};
use resolutionflow_store::{Error, sessions};
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, flow_document, path, session_id};
use crate::visitor::Visitor;

#[tokio::test]
async fn flows_and_sessions_are_found_and_marked() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        let session = lena.starts(&flow).await;
        let visitor = Visitor::signed_in(&app, "lena").await;
        visitor
            .get("/search?q=SERV")
            .await
            .ok()
            .has(&[
                "Restart a <mark>serv</mark>ice",
                "0001 Restart a <mark>serv</mark>ice",
                &format!("href=\"{}\"", path(&session)),
                "lena, active",
                "/flows?q=SERV",
            ])
            .lacks(&["<html", "People"]);
        visitor
            .get("/search?q=0001")
            .await
            .ok()
            .has(&["<mark>0001</mark>"]);
        visitor
            .get("/search?q=imp")
            .await
            .ok()
            .has(&["<mark>Imp</mark>ort a flow"]);
        visitor
            .get("/search")
            .await
            .ok()
            .has(&["0001 Restart a service", "2 steps"]);
        assert_eq!(
            visitor
                .get(&format!("/search?q={}", "x".repeat(201)))
                .await
                .status,
            422
        );
        assert_eq!(Visitor::new(&app).get("/search?q=a").await.status, 303);
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.get("/search?q=serv").await.ok().lacks(&["Restart"]);
        let vera = Visitor::signed_in(&app, "vera").await;
        vera.get("/search?q=").await.ok().lacks(&["Import"]);
    }
}

#[tokio::test]
async fn no_more_than_six_of_a_kind_and_nothing_hostile() {
    for app in apps().await {
        let lena = app.member("lena");
        let mut document = flow_document();
        document["title"] = json!("<script>alert(1)</script> & \"more\"");
        for _ in 0..8 {
            lena.creates(&document).await;
        }
        let visitor = Visitor::signed_in(&app, "lena").await;
        let page = visitor.get("/search?q=%3Cscript%3E").await.ok();
        let page = page.has(&["<mark>&lt;script&gt;</mark>"]).lacks(&["<script>"]);
        assert_eq!(page.text.matches("href=\"/flows/").count(), 6);
    }
}

/// Adds so many newer sessions like this one, each called by `title`; they have no history.
async fn has_more_like(app: &TestApp, session: &Value, count: u16, title: &'static str) {
    let (account, id, now) = (app.member("lena").account, session_id(session), app.clock.now());
    let made: Result<(), Error> = app
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let model = sessions::find(tx, account, id).await?.unwrap();
                let mut random = Random::new([7; 32]);
                for index in 0..count {
                    let change = Change {
                        before: None,
                        session: Session {
                            id: Id::new(now + TimeDelta::seconds(1), &mut random),
                            number: 1_000 + i64::from(index),
                            title: title.to_owned(),
                            ..model.clone()
                        },
                        variables: Vec::new(),
                        steps: Vec::new(),
                        events: Vec::new(),
                    };
                    sessions::create(tx, account, &change).await?;
                }
                Ok(())
            })
        })
        .await;
    made.unwrap();
}

#[tokio::test]
async fn an_old_session_is_looked_for_in_turns() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        let old = lena.starts(&flow).await;
        let title = json!({ "title": "The one cut-over" });
        lena.patch(path(&old)).json(&title).await.with(200);
        has_more_like(&app, &old, 300, "Another").await;
        let visitor = Visitor::signed_in(&app, "lena").await;
        let first = visitor.get("/search?q=the+one").await.ok();
        let first = first.lacks(&["cut-over"]).has(&["/sessions?q=the+one"]);
        let next = first.between("<link rel=\"next\" href=\"", "\"");
        let second = visitor.get(&next).await.ok();
        second
            .has(&[&format!("href=\"{}\"", path(&old)), "cut-over"])
            .lacks(&["rel=\"next\"", "/sessions?q="]);
        // A number is found at once.
        visitor.get("/search?q=0001").await.ok().has(&["cut-over"]);
        assert_eq!(visitor.get("/search?q=a&cursor=no").await.status, 422);

        let list = visitor.get("/sessions?q=the+one").await.ok();
        let list = list.has(&["Looking further", "hx-trigger=\"load\"", "Look further", "0+"]);
        let next = list.between("class=\"empty\" hx-get=\"", "\"");
        visitor
            .get(&next)
            .await
            .ok()
            .has(&["cut-over"])
            .lacks(&["Looking further"]);
        // The API says the same, and a table has all.
        let page = lena.get("/sessions?q=the+one").await.with(200);
        assert_eq!(page["items"], json!([]));
        let next = page["next_cursor"].as_str().unwrap();
        let page = lena
            .get(format!("/sessions?q=the+one&cursor={next}"))
            .await
            .with(200);
        assert_eq!(
            (&page["items"][0]["id"], &page["next_cursor"]),
            (&old["id"], &json!(null))
        );
        let table = visitor.get("/sessions.csv?q=the+one").await.ok();
        assert_eq!(table.text.matches("The one cut-over").count(), 1);
    }
}
