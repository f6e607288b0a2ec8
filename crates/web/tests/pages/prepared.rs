//! A prepared session before it runs: why it needs a look, moving it to a newer version, giving it away.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cast::{TestApp, apps, flow_document, path};
use crate::visitor::Visitor;

/// Publishes a second version: a step reads differently, a field is another type, one is new.
async fn publish_second(app: &TestApp, flow: &Value) {
    let lena = app.member("lena");
    let mut changed = flow_document();
    changed["fields"][1]["type"] = json!("email");
    let new = json!({"name": "window", "label": "Window <b>", "type": "date"});
    changed["fields"].as_array_mut().unwrap().push(new);
    changed["sections"][0]["steps"][0]["body"] =
        json!("Read <script>alert(1)</script> of [VAR:server_name].");
    let at = format!("/flows/{}", flow["id"].as_str().unwrap());
    lena.put(format!("{at}/draft")).json(&changed).await.with(200);
    lena.post(format!("{at}/versions")).await.with(201);
}

#[tokio::test]
async fn a_stale_one_is_reviewed_and_updated() {
    for app in apps().await {
        let flow = app.flow().await;
        let preparing = app.member("morgan").prepares(&flow).for_("lena");
        let preparing = preparing.with("server_name", "srv-01");
        let session = preparing.with("address", "10.0.0.1").await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let (at, review) = (path(&session), format!("{}/review", path(&session)));
        // Nothing is newer yet.
        lena.get(&at).await.ok().lacks(&["Run as prepared", "/review\""]);
        assert_eq!(lena.get(&review).await.goes_to(), at);

        publish_second(&app, &flow).await;
        app.clock.advance(TimeDelta::days(9));
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get(&at).await.ok().has(&[
            "That is 9 days ago.",
            "It runs v1. The flow is now v2: 1 step changed, 1 field added, 1 field changed.",
            "Review and update to v2",
            "Run as prepared",
        ]);
        let page = lena.get(&review).await.ok();
        page.forms_to(&format!("{at}/update"));
        let hidden = page.hidden("flow_version");
        assert_eq!(hidden, "2");
        page.has(&[
            "1 value comes along.",
            "Values that do not come along",
            "10.0.0.1",
            "<del>Read the log of [VAR:server_name] for [VAR:ticket].</del>",
            "<ins>Read &lt;script&gt;alert(1)&lt;/script&gt; of [VAR:server_name].</ins>",
            "Window &lt;b&gt;",
        ])
        .lacks(&["<script>alert", "<b>"]);
        // Nothing was changed by looking.
        assert_eq!(app.member("lena").sees(&session).await["flow_version"], 1);

        let form = [("key", "k"), ("flow_version", "2")];
        let update = format!("{at}/update");
        assert_eq!(lena.post(&update, &form).await.goes_to(), at);
        assert_eq!(lena.post(&update, &form).await.goes_to(), at);
        let now = app.member("lena").sees(&session).await;
        assert_eq!(
            (&now["flow_version"], &now["status"]),
            (&json!(2), &json!("prepared"))
        );
        assert_eq!(now["variables"]["server_name"]["value"], "srv-01");
        assert!(now["variables"].get("address").is_none_or(Value::is_null));
        lena.get(&at)
            .await
            .ok()
            .has(&["That is 9 days ago."])
            .lacks(&["Review and update"]);
        assert_eq!(lena.get(&review).await.goes_to(), at);
    }
}

#[tokio::test]
async fn who_may_not_is_refused_and_strangers_find_nothing() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("morgan").prepares(&flow).for_("lena").await;
        publish_second(&app, &flow).await;
        let at = path(&session);
        let viewer = Visitor::signed_in(&app, "vera").await;
        viewer
            .get(&format!("{at}/review"))
            .await
            .ok()
            .lacks(&["/update\"", "/start\""]);
        assert_eq!(viewer.get(&format!("{at}/assign")).await.status, 403);
        for what in ["update", "assign"] {
            assert_eq!(
                viewer.post(&format!("{at}/{what}"), &[]).await.status,
                403,
                "{what}"
            );
        }
        let stranger = Visitor::signed_in(&app, "sid").await;
        for what in ["review", "assign"] {
            assert_eq!(stranger.get(&format!("{at}/{what}")).await.status, 404, "{what}");
        }
        for what in ["update", "assign"] {
            assert_eq!(
                stranger.post(&format!("{at}/{what}"), &[]).await.status,
                404,
                "{what}"
            );
        }
        assert_eq!(app.member("lena").sees(&session).await["flow_version"], 1);
    }
}

#[tokio::test]
async fn a_session_is_given_away_with_a_note() {
    for app in apps().await {
        let flow = app.flow().await;
        let session = app.member("morgan").prepares(&flow).await;
        let (morgan, lena) = (app.member("morgan"), app.member("lena"));
        let (at, assign) = (path(&session), format!("{}/assign", path(&session)));
        let visitor = Visitor::signed_in(&app, "morgan").await;
        visitor.get(&at).await.ok().has(&["Reassign", &assign]);
        let page = visitor.get(&assign).await.ok();
        let seen = page.hidden("seen");
        page.has(&["Reassign this session", "Anyone in the team", ">lena<"])
            .lacks(&[">vera<"]);
        let to = lena.user_id.to_string();
        let form = [
            ("key", "a"),
            ("seen", &*seen),
            ("to", &*to),
            ("note", "Mind the <b>gap</b>.\r\nAll of it."),
        ];
        assert_eq!(visitor.post(&assign, &form).await.goes_to(), at);
        let now = morgan.sees(&session).await;
        assert_eq!(now["assigned_to_id"], json!(to));
        let events = morgan.get(format!("{at}/events")).await.with(200);
        let note = &events["items"].as_array().unwrap().last().unwrap()["texts"]["note"];
        assert_eq!(note, "Mind the <b>gap</b>.\nAll of it.", "{events}");

        // Who looked before that change is told, and keeps what they typed.
        let late = [("key", "b"), ("seen", &*seen), ("to", ""), ("note", "Mine")];
        let refused = visitor.post(&assign, &late).await;
        assert_eq!(refused.status, 409);
        refused.has(&[
            "This session was changed since you opened it.",
            "lena has it now.",
            "Mine",
        ]);
        assert_eq!(morgan.sees(&session).await["assigned_to_id"], json!(to));

        // Nobody who could not run it.
        let seen = visitor.get(&assign).await.ok().hidden("seen");
        let vera = app.member("vera").user_id.to_string();
        for (key, to) in [
            ("c", vera.as_str()),
            ("d", "nobody"),
            ("e", "00000000-0000-0000-0000-000000000000"),
        ] {
            let wrong = visitor
                .post(
                    &assign,
                    &[("key", key), ("seen", &seen), ("to", to), ("note", "<i>")],
                )
                .await;
            assert_eq!(wrong.status, 422, "{to}");
        }

        // While it runs, values of others are no reason to refuse.
        lena.does("start", &session).await.with(200);
        let owner = Visitor::signed_in(&app, "lena").await;
        owner.get(&at).await.ok().has(&["Hand over"]);
        let seen = owner
            .get(&assign)
            .await
            .ok()
            .has(&["Hand this session over"])
            .hidden("seen");
        lena.sets(&session, &json!({"server_name": "srv-02"}))
            .await
            .with(200);
        let to = morgan.user_id.to_string();
        let form = [("key", "f"), ("seen", &*seen), ("to", &*to), ("note", "")];
        assert_eq!(owner.post(&assign, &form).await.goes_to(), at);
        assert_eq!(morgan.sees(&session).await["assigned_to_id"], json!(to));
    }
}
