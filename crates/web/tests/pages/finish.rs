//! Completing from the page: what is missing is named and filled there, and never stands in the way.

use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};
use crate::visitor::Visitor;

/// A session of Lena's with nothing filled in, and where its pages are.
async fn started(app: &TestApp) -> (Value, String) {
    let flow = app.flow().await;
    let session = app.member("lena").starts(&flow).await;
    let at = path(&session);
    (session, at)
}

#[tokio::test]
async fn what_is_missing_is_named_with_a_control_for_each() {
    for app in apps().await {
        let (session, at) = started(&app).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        app.member("lena")
            .put(format!("{at}/steps/look"))
            .json(&json!({"state": "skipped"}))
            .await
            .with(200);
        app.clock.advance(chrono::TimeDelta::minutes(48));
        let page = lena.get(&format!("{at}/finish")).await.ok().has(&[
            "<h1 id=\"finish-title\">Finish session 0001?</h1>",
            "0 of 2 steps done · 48 min",
            "2 required values are empty",
            "[VAR:server_name]",
            "[VAR:reason]",
            "name=\"fill:server_name\"",
            "<textarea class=\"control\" id=\"finish-reason\"",
            "Complete anyway",
            "Fill and complete",
            ", skipped",
            "?step=look",
            "Restart it, open",
        ]);
        page.lacks(&["name=\"fill:address\"", "[VAR:port]"]);
        // The dialog gets the form alone.
        let dialog = lena.get(&format!("{at}/finish?dialog=1")).await.ok();
        let dialog = dialog.has(&[
            "<h2 id=\"finish-title\">",
            "data-action=\"cancel\"",
            "data-action=\"complete\"",
        ]);
        assert!(
            dialog.text.starts_with("<div class=\"finish\"><form"),
            "{}",
            dialog.text
        );
        let all = json!({"server_name": "srv-01", "reason": "it hangs"});
        app.member("lena").sets(&session, &all).await.with(200);
        let ready = lena
            .get(&format!("{at}/finish"))
            .await
            .ok()
            .has(&["value=\"anyway\" data-action=\"complete\">Complete<"]);
        ready.lacks(&["Complete anyway", "Fill and complete", "fill:"]);
    }
}

#[tokio::test]
async fn filling_saves_first_and_a_refused_value_completes_nothing() {
    for app in apps().await {
        let (session, at) = started(&app).await;
        let (lena, to) = (Visitor::signed_in(&app, "lena").await, format!("{at}/complete"));
        let key = lena.get(&format!("{at}/finish")).await.ok().hidden("key");
        let form = [
            ("key", key.as_str()),
            ("seen:server_name", "0"),
            ("fill:server_name", "no host!"),
            ("seen:reason", "0"),
            ("fill:reason", "it\r\nhangs"),
            ("outcome", "workaround"),
            ("outcome_note", "Only <b>until</b> Monday"),
            ("do", "fill"),
        ];
        let page = lena.post(&to, &form).await;
        assert_eq!(page.status, 422, "{}", page.text);
        page.has(&[
            "1 value needs a look",
            "no host! is not a host name",
            "value=\"no host!\"",
            "it\nhangs</textarea>",
            "value=\"workaround\" selected",
            "Only &lt;b&gt;until&lt;/b&gt; Monday",
            "Complete anyway",
        ]);
        let standing = app.member("lena").sees(&session).await;
        assert_eq!(
            (&standing["status"], &standing["variables"]),
            (&json!("active"), &json!({}))
        );

        let mut form = form;
        form[2].1 = "srv-01";
        let report = format!("{at}/report");
        assert_eq!(lena.post(&to, &form).await.goes_to(), report);
        let done = app.member("lena").sees(&session).await;
        assert_eq!(done["status"], "completed");
        assert_eq!(done["outcome"], "workaround");
        assert_eq!(done["outcome_note"], "Only <b>until</b> Monday");
        assert_eq!(done["variables"]["reason"]["value"], "it\nhangs");
        // Once more, by an impatient finger.
        assert_eq!(lena.post(&to, &form).await.goes_to(), report);
        assert_eq!(
            app.member("lena").sees(&session).await["version"],
            done["version"]
        );
        assert_eq!(lena.get(&format!("{at}/finish")).await.goes_to(), report);
    }
}

#[tokio::test]
async fn completing_anyway_always_works_and_loses_nothing() {
    for app in apps().await {
        let (session, at) = started(&app).await;
        let (lena, to) = (Visitor::signed_in(&app, "lena").await, format!("{at}/complete"));
        let form = [
            ("fill:server_name", "no host!"),
            ("fill:reason", ""),
            ("fill:nothing", "x"),
            ("do", "anyway"),
        ];
        assert_eq!(lena.post(&to, &form).await.goes_to(), format!("{at}/report"));
        let done = app.member("lena").sees(&session).await;
        assert_eq!(done["status"], "completed");
        assert_eq!(done["variables"]["server_name"]["value"], "no host!");
        assert_eq!(done["variables"]["server_name"]["valid"], false);
        assert_eq!(done["missing_required"], json!(["reason"]));

        // What can be kept in no way is no obstacle either.
        let (session, at) = started(&app).await;
        let long = "x".repeat(300_000);
        let form = [("fill:reason", long.as_str()), ("do", "anyway")];
        assert_eq!(
            lena.post(&format!("{at}/complete"), &form).await.goes_to(),
            format!("{at}/report")
        );
        assert_eq!(app.member("lena").sees(&session).await["status"], "completed");
    }
}

#[tokio::test]
async fn what_somebody_else_set_meanwhile_is_not_overwritten_unseen() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("adam").prepares(&flow).for_("lena").await;
        app.member("lena").does("start", &session).await.with(200);
        let (at, lena) = (path(&session), Visitor::signed_in(&app, "lena").await);
        app.member("lena")
            .sets(&session, &json!({"server_name": "srv-02"}))
            .await
            .with(200);
        let form = [
            ("seen:server_name", "0"),
            ("fill:server_name", "srv-01"),
            ("do", "fill"),
        ];
        let page = lena.post(&format!("{at}/complete"), &form).await;
        assert_eq!(page.status, 409, "{}", page.text);
        let page = page.has(&["lena set this to “srv-02” meanwhile", "value=\"srv-01\""]);
        let seen = page.hidden("seen:server_name");
        assert_eq!(app.member("lena").sees(&session).await["status"], "active");
        let form = [
            ("seen:server_name", seen.as_str()),
            ("fill:server_name", "srv-01"),
            ("do", "fill"),
        ];
        assert_eq!(
            lena.post(&format!("{at}/complete"), &form).await.goes_to(),
            format!("{at}/report")
        );
        let done = app.member("lena").sees(&session).await;
        assert_eq!(done["variables"]["server_name"]["value"], "srv-01");
    }
}

#[tokio::test]
async fn only_owner_and_assignee_complete() {
    for app in apps().await {
        let (session, at) = started(&app).await;
        for (name, status) in [("morgan", 403), ("vera", 403), ("adam", 403), ("sid", 404)] {
            let visitor = Visitor::signed_in(&app, name).await;
            assert_eq!(
                visitor.get(&format!("{at}/finish")).await.status,
                status,
                "{name}"
            );
            let form = [("do", "anyway"), ("fill:server_name", "srv-01")];
            assert_eq!(
                visitor.post(&format!("{at}/complete"), &form).await.status,
                status,
                "{name}"
            );
        }
        let nobody = Visitor::new(&app);
        assert!(
            nobody
                .get(&format!("{at}/finish"))
                .await
                .goes_to()
                .starts_with("/sign-in?next=")
        );
        assert_eq!(
            nobody
                .post(&format!("{at}/complete"), &[("do", "anyway")])
                .await
                .status,
            401
        );
        let standing = app.member("lena").sees(&session).await;
        assert_eq!(
            (&standing["status"], &standing["variables"]),
            (&json!("active"), &json!({}))
        );
        let flow = app.flow().await;
        let prepared = app.member("lena").prepares(&flow).for_("lena").await;
        let lena = Visitor::signed_in(&app, "lena").await;
        assert_eq!(lena.get(&format!("{}/finish", path(&prepared))).await.status, 409);
    }
}
