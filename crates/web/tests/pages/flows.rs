//! The library and one flow.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, flow_document};
use crate::visitor::{Page, Visitor};

fn flow(title: &str, tags: &[&str], step: &str, body: &str) -> Value {
    json!({"title": title, "tags": tags,
        "sections": [{"steps": [{"id": "one", "title": step, "body": body}]}]})
}

async fn library(app: &TestApp) {
    let lena = app.member("lena");
    for document in [
        flow(
            "Swap the firewall",
            &["network"],
            "Unplug it",
            "Pull the cable of the old one.",
        ),
        flow(
            "Move a mailbox",
            &["mail", "windows"],
            "Check the quota",
            "Nothing more.",
        ),
        flow("Printer", &["windows"], "Move it", ""),
    ] {
        lena.creates(&document).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
}

/// The titles in a page of the library, in order; marks are left out.
fn titles(page: &Page) -> Vec<String> {
    let rows = page.text.split("<li class=\"row\"").skip(1);
    rows.map(|row| {
        let link = row.split_once("<a href=\"/flows/").unwrap().1;
        let title = link.split_once('>').unwrap().1.split("</a>").next().unwrap();
        title.replace("<mark>", "").replace("</mark>", "")
    })
    .collect()
}

#[tokio::test]
async fn flows_are_found_by_title_step_and_tag_and_the_match_is_marked() {
    for app in apps().await {
        library(&app).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let find = async |query: &str| lena.get(&format!("/flows?{query}")).await.ok();
        let all = find("").await;
        assert_eq!(titles(&all).len(), 3);
        all.has(&["1 step", "0 fields", "v1", ">network<", "href=\"/flows/import\""]);

        let moved = find("q=MOVE&sort=title").await;
        assert_eq!(titles(&moved), ["Move a mailbox", "Printer"]);
        moved.has(&["<mark>Move</mark> a mailbox", "Step 1: <mark>Move</mark> it"]);
        find("q=cable")
            .await
            .has(&["Step 1: Unplug it · Pull the <mark>cable</mark> of the old one."]);
        assert_eq!(
            titles(&find("tag=windows&sort=title").await),
            ["Move a mailbox", "Printer"]
        );
        let both = find("q=move&tag=windows").await;
        assert_eq!(titles(&both).len(), 2);
        // The tag can be taken away, and the words stay.
        both.has(&["href=\"/flows?q=move\"", "value=\"windows\""]);
        find("q=vpn&tag=windows").await.has(&[
            "No flow mentions ‘vpn’ with tag windows.",
            "href=\"/flows\">Clear filters",
        ]);
        find("tag=vpn").await.has(&["No flow has the tag vpn."]);
        // All of several tags, each with a way to take it away.
        let two = find("tag=windows&tag=mail").await;
        assert_eq!(titles(&two), ["Move a mailbox"]);
        two.has(&["href=\"/flows?tag=mail\"", "href=\"/flows?tag=windows\""]);
        assert_eq!(titles(&find("whose=me&tag=mail").await), ["Move a mailbox"]);
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let none = morgan.get("/flows?whose=me&tag=mail").await.ok();
        none.has(&["No flow of yours has the tag mail."]);
        assert_eq!(lena.get("/flows?cursor=nonsense").await.status, 422);
    }
}

#[tokio::test]
async fn each_order_comes_in_pages_without_gaps() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        library(&app).await;
        let used = app.member("lena").creates(&flow_document()).await;
        app.member("lena").starts(&used).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        for (sort, order) in [
            (
                "",
                [
                    "Restart a service",
                    "Printer",
                    "Move a mailbox",
                    "Swap the firewall",
                ],
            ),
            (
                "newest",
                [
                    "Restart a service",
                    "Printer",
                    "Move a mailbox",
                    "Swap the firewall",
                ],
            ),
            (
                "title",
                [
                    "Move a mailbox",
                    "Printer",
                    "Restart a service",
                    "Swap the firewall",
                ],
            ),
        ] {
            let first = lena.get(&format!("/flows?sort={sort}")).await.ok();
            let link = first.text.split("<div class=\"more-rows\">").nth(1).unwrap();
            let next = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            let second = lena
                .get(&next.replace("&amp;", "&"))
                .await
                .ok()
                .has(&["Back to the first"]);
            let seen = [titles(&first), titles(&second)].concat();
            assert_eq!(seen, order, "{sort}");
        }
    }
}

#[tokio::test]
async fn a_flow_shows_steps_fields_and_sessions() {
    for app in apps().await {
        let flow = app.flow().await;
        let at = format!("/flows/{}", flow["id"].as_str().unwrap());
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get(&at).await.ok().has(&[
            "<h1>Restart a service</h1>",
            "v1, edited by lena",
            ">linux</a>",
            "Look at <span class=\"unset\">Server name</span>",
            "<span class=\"unset\">ticket</span>",
            "<figcaption><span>Bash</span></figcaption>",
            "5, 2 required",
            "host name",
            "Default: <code dir=\"auto\">443</code>",
            "Only named in the text",
            "href=\"#step-restart\">2</a>",
            "id=\"step-restart\"",
            "Start flow",
            "0 prepared",
        ]);

        let session = app.member("lena").starts(&flow).await;
        lena.get(&at).await.ok().has(&[
            "Resume 0001",
            &format!("href=\"/sessions/{}\"", session["id"].as_str().unwrap()),
            "Start another",
            "1 active",
        ]);
        let morgan = Visitor::signed_in(&app, "morgan").await;
        morgan.get(&at).await.ok().has(&["Start flow"]).lacks(&["Resume"]);
        let file = morgan.get(&format!("{at}/export")).await.ok();
        assert!(file.header("content-disposition").starts_with("attachment"));
        file.has(&["title: Restart a service", "## Look at [VAR:server_name]"]);
    }
}

#[tokio::test]
async fn a_flow_is_started_by_its_form_once() {
    for app in apps().await {
        let flow = app.flow().await;
        let at = format!("/flows/{}/start", flow["id"].as_str().unwrap());
        let lena = Visitor::signed_in(&app, "lena").await;
        let first = lena.post(&at, &[("key", "one")]).await.goes_to();
        assert!(first.starts_with("/sessions/"), "{first}");
        assert_eq!(lena.post(&at, &[("key", "one")]).await.goes_to(), first);
        assert_ne!(lena.post(&at, &[("key", "two")]).await.goes_to(), first);
        lena.get(&first).await.ok();
        let vera = Visitor::signed_in(&app, "vera").await;
        assert_eq!(vera.post(&at, &[("key", "x")]).await.status, 403);
        let sid = Visitor::signed_in(&app, "sid").await;
        assert_eq!(sid.post(&at, &[("key", "x")]).await.status, 404);
        assert_eq!(Visitor::new(&app).post(&at, &[]).await.status, 401);
    }
}

#[tokio::test]
async fn a_draft_is_shown_and_cannot_be_started() {
    for app in apps().await {
        let lena = app.member("lena");
        let made = lena
            .post("/flows?draft=true")
            .json(&flow("Not ready", &[], "One", "With [VAR:name]."))
            .await
            .with(201);
        let at = format!("/flows/{}", made["flow"]["id"].as_str().unwrap());
        let visitor = Visitor::signed_in(&app, "lena").await;
        let draft = "<span class=\"chip outline\">draft</span>";
        let list = visitor.get("/flows?q=with").await.ok();
        list.has(&[draft, "One · <mark>With</mark> [VAR:name]."])
            .lacks(&["/start\""]);
        visitor.get(&at).await.ok().has(&[draft]).lacks(&["/start\""]);
        assert_eq!(visitor.post(&format!("{at}/start"), &[]).await.status, 422);
    }
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    for app in apps().await {
        let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
        let document = json!({"title": hostile, "tags": ["<b>tag</b>"], "description": hostile,
            "fields": [{"name": "a", "label": hostile, "help": hostile, "default": hostile}],
            "sections": [{"title": hostile, "steps": [{"id": "one", "title": hostile, "body": format!("{hostile} [VAR:a]")}]}]});
        let made = app.member("lena").creates(&document).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let at = format!("/flows/{}", made["id"].as_str().unwrap());
        let query = "/flows?q=%3Cscript%3Ealert&tag=%3Cb%3Etag%3C%2Fb%3E";
        for address in ["/", "/flows", query, at.as_str()] {
            let page = lena.get(address).await.ok();
            page.lacks(&["<script>alert", "onerror=alert(1)>", "<b>tag", "<img"]);
        }
    }
}

#[tokio::test]
async fn strangers_find_nothing_and_viewers_only_read() {
    for app in apps().await {
        let flow = app.flow().await;
        let at = format!("/flows/{}", flow["id"].as_str().unwrap());
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.get("/flows").await.ok().has(&["No flows yet"]);
        for address in [at.clone(), format!("{at}/export"), "/flows/nonsense".to_owned()] {
            assert_eq!(sid.get(&address).await.status, 404, "{address}");
        }
        let vera = Visitor::signed_in(&app, "vera").await;
        for address in ["/flows", at.as_str()] {
            vera.get(address)
                .await
                .ok()
                .has(&["Restart a service"])
                .lacks(&["/start\"", "/flows/import"]);
            assert_eq!(Visitor::new(&app).get(address).await.status, 303);
        }
    }
}
