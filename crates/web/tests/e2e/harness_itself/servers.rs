//! The real server: its people, its death and its return, on both engines.

use serde_json::json;

use crate::harness::{both, until};

#[test]
fn a_demo_is_killed_and_comes_back_with_what_it_was_told() {
    both(async |stage| {
        let site = stage.demo().await;
        let browser = stage.browser("lena", site.url()).await;
        browser.open("/healthz").await;
        assert_eq!(browser.text_of("body").await, "ok");
        let lena = site.api("lena").await;
        let flow = lena.get("/api/v1/flows").await["items"][0]["id"].clone();
        let session = lena
            .does("POST", "/api/v1/sessions", &json!({ "flow_id": flow }))
            .await;
        let path = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());

        let url = site.url().to_owned();
        site.kill9();
        site.restart().await;
        assert_eq!(site.url(), url);
        assert_eq!(lena.get(&path).await["id"], session["id"]);
        site.restart().await;
        assert_eq!(site.api("morgan").await.ask("GET", &path, None).await.0, 200);
        until("the server says that it listens again", async || {
            let log = site.log();
            if log.matches("listening").count() == 3 {
                Ok(())
            } else {
                Err(log)
            }
        })
        .await;
    });
}

#[test]
fn a_site_has_the_people_that_it_is_given() {
    both(async |stage| {
        let site = stage.site(&[("morgan", "owner"), ("vera", "viewer")]).await;
        let vera = site.api("vera").await;
        assert_eq!(vera.get("/api/v1/sessions").await["items"], json!([]));
        let (status, _) = vera
            .ask("POST", "/api/v1/flows", Some(&json!({ "title": "Mine" })))
            .await;
        assert_eq!(status, 403);
    });
}
