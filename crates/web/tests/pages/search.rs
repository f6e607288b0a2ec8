//! What the palette finds.

use serde_json::json;

use crate::cast::{apps, flow_document, path};
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
