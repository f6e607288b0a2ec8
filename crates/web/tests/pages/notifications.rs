//! What people were told: the bell on every page, the list, and how it is marked as read.

use chrono::TimeDelta;
use resolutionflow::reminders::remind;
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::visitor::{Page, Visitor};

/// How many notifications of somebody are unread.
async fn unread(app: &TestApp, name: &str) -> Value {
    app.member(name).get("/me").await.with(200)["unread_notifications"].clone()
}

/// The sentences of a page, in order.
fn told(page: &Page) -> Vec<String> {
    let rows = page.text.split("id=\"notification-").skip(1);
    rows.map(|row| {
        let (_, text) = row.split_once("row-title").unwrap();
        let (text, _) = text.split_once("row-cell").unwrap();
        let plain = text
            .split('<')
            .map(|part| part.split_once('>').map_or("", |(_, text)| text));
        plain.collect::<String>()
    })
    .collect()
}

#[tokio::test]
async fn the_bell_counts_and_the_list_says_what_happened() {
    for app in apps().await {
        let (lena, morgan) = (app.member("lena"), Visitor::signed_in(&app, "morgan").await);
        morgan
            .get("/notifications")
            .await
            .ok()
            .has(&["Nothing yet.", "aria-label=\"Notifications\""])
            .lacks(&["Mark all as read", "bell-count"]);
        let flow = app.flow().await;
        let body = json!({"flow_id": flow["id"], "title": "<b>Contoso</b>", "assigned_to_id": app.member("morgan").user_id,
            "due_at": app.clock.now() + TimeDelta::hours(2)});
        let session = lena.post("/sessions/prepare").json(&body).await.with(201);
        app.clock.advance(TimeDelta::seconds(1));
        remind(&app.app).await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        let second = lena.prepares(&flow).for_("morgan").await;
        for at in [
            "/",
            "/flows",
            "/sessions",
            "/settings",
            "/people",
            &path(&session),
        ] {
            let page = morgan.get(at).await.ok();
            page.has(&[
                "aria-label=\"Notifications, 3 unread\"",
                "class=\"bell-count\">3<",
            ]);
        }
        let fragment = morgan.get("/notifications/bell").await.ok();
        assert!(fragment.text.starts_with("<a id=\"bell\""), "{}", fragment.text);
        fragment.has(&["data-unread=\"3\"", "data-prepared"]);

        let page = morgan.get("/notifications").await.ok();
        let mut sentences = told(&page);
        assert_eq!(
            sentences.remove(0),
            "lena prepared a session for you: Restart a service"
        );
        assert_eq!(
            sentences,
            [
                "Due 5 Jan 2026, 10:00 UTC: Restart a service · &lt;b&gt;Contoso&lt;/b&gt;",
                "lena prepared a session for you: Restart a service · &lt;b&gt;Contoso&lt;/b&gt;",
            ]
        );
        assert_eq!(page.text.matches("class=\"row unread\"").count(), 3);
        assert_eq!(unread(&app, "morgan").await, 3, "reading a page changes nothing");

        // Opening one from here marks what was told of its session, and nothing else.
        let to = format!("{}/read", path(&session));
        assert!(page.forms_to("/sessions/").contains(&to));
        assert_eq!(morgan.post(&to, &[]).await.goes_to(), path(&session));
        assert_eq!(unread(&app, "morgan").await, 1);
        let link = format!("href=\"{}\"", path(&session));
        let page = morgan.get("/notifications").await.ok().has(&[&link]);
        assert_eq!(page.text.matches("class=\"row unread\"").count(), 1);
        let key = page.hidden("key");
        for _ in 0..2 {
            let all = morgan.post("/notifications/read", &[("key", &key)]).await;
            assert_eq!(all.goes_to(), "/notifications");
        }
        assert_eq!(unread(&app, "morgan").await, 0);
        morgan
            .get("/notifications")
            .await
            .ok()
            .lacks(&["Mark all as read"]);

        // Both sides of what goes on from here.
        app.clock.advance(TimeDelta::hours(3));
        remind(&app.app).await.unwrap();
        let page = morgan.get("/notifications").await.ok();
        assert!(
            told(&page)[0].starts_with("Past due since 5 Jan 2026, 10:00 UTC: "),
            "{:?}",
            told(&page)
        );
        let lenas = Visitor::signed_in(&app, "lena").await;
        app.member("morgan").does("start", &second).await.with(200);
        app.member("morgan").does("complete", &second).await.with(200);
        let page = lenas.get("/notifications").await.ok();
        assert_eq!(
            told(&page),
            ["morgan completed a session that you prepared: Restart a service"]
        );
        let to = format!("{}/read", path(&second));
        assert_eq!(
            lenas.post(&to, &[]).await.goes_to(),
            format!("{}/report", path(&second))
        );
    }
}

#[tokio::test]
async fn who_gets_and_who_loses_a_session_is_told_which() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        let anyones = lena.prepares(&flow).await;
        app.member("morgan").does("take", &anyones).await.with(200);
        let lenas = Visitor::signed_in(&app, "lena").await;
        let page = lenas.get("/notifications").await.ok();
        assert_eq!(
            told(&page),
            ["morgan took a session that you prepared: Restart a service"]
        );
        app.member("morgan").does("start", &anyones).await.with(200);
        app.clock.advance(TimeDelta::seconds(1));
        let handed = json!({"assigned_to_id": app.member("adam").user_id});
        app.member("morgan")
            .patch(path(&anyones))
            .json(&handed)
            .await
            .with(200);
        let adams = Visitor::signed_in(&app, "adam")
            .await
            .get("/notifications")
            .await
            .ok();
        assert_eq!(
            told(&adams),
            ["morgan assigned a session to you: Restart a service"]
        );
        let back = json!({"assigned_to_id": lena.user_id});
        app.member("morgan")
            .patch(path(&anyones))
            .json(&back)
            .await
            .with(200);
        let adams = Visitor::signed_in(&app, "adam")
            .await
            .get("/notifications")
            .await
            .ok();
        assert_eq!(
            told(&adams),
            ["morgan assigned a session to somebody else: Restart a service"]
        );
    }
}

#[tokio::test]
async fn older_ones_are_behind_a_cursor() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        let (lena, flow) = (app.member("lena"), app.flow().await);
        for number in 1..=5 {
            let body = json!({"flow_id": flow["id"], "title": number.to_string(),
                "assigned_to_id": app.member("morgan").user_id});
            lena.post("/sessions/prepare").json(&body).await.with(201);
            app.clock.advance(TimeDelta::seconds(1));
        }
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let (mut seen, mut at) = (Vec::new(), "/notifications".to_owned());
        loop {
            let page = morgan.get(&at).await.ok();
            let ends = told(&page).into_iter().map(|text| text.chars().last().unwrap());
            seen.extend(ends);
            let Some((before, _)) = page.text.split_once("\">Older</a>") else {
                page.has(&["Back to the newest"]);
                break;
            };
            at = before.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
        }
        assert_eq!(seen, ['5', '4', '3', '2', '1']);
        assert_eq!(morgan.get("/notifications?cursor=x").await.status, 422);
    }
}

#[tokio::test]
async fn each_sees_and_marks_only_their_own() {
    for app in apps().await {
        let session = app
            .member("lena")
            .prepares(&app.flow().await)
            .for_("morgan")
            .await;
        let to = format!("{}/read", path(&session));
        for name in ["lena", "vera", "sid"] {
            let other = Visitor::signed_in(&app, name).await;
            let page = other.get("/notifications").await.ok().has(&["Nothing yet."]);
            assert!(told(&page).is_empty());
            other
                .post("/notifications/read", &[("key", "k-1")])
                .await
                .goes_to();
            let opened = other.post(&to, &[]).await;
            assert_eq!(opened.status, if name == "sid" { 404 } else { 303 }, "{name}");
        }
        assert_eq!(unread(&app, "morgan").await, 1);
        let nobody = Visitor::new(&app);
        assert_eq!(
            nobody.get("/notifications").await.goes_to(),
            "/sign-in?next=%2Fnotifications"
        );
        assert_eq!(nobody.post(&to, &[]).await.status, 401);
        assert_eq!(nobody.post("/notifications/read", &[]).await.status, 401);
        let morgan = Visitor::signed_in(&app, "morgan").await;
        let foreign = [("origin", "https://evil.example")];
        for path in [to.as_str(), "/notifications/read"] {
            assert_eq!(morgan.send("POST", path, &foreign, Some(&[])).await.status, 403);
        }
        assert_eq!(unread(&app, "morgan").await, 1);
    }
}
