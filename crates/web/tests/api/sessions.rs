//! What the product promises of deferred variables and prepared sessions, as a person would check it by API.

use serde_json::{Value, json};

use crate::cast::{TestApp, apps, path};

#[tokio::test]
async fn a_flow_starts_at_once_with_nothing_filled_in() {
    for app in apps().await {
        let session = app.member("lena").starts(&app.flow().await).await;
        assert_eq!(session["status"], "active");
        assert!(session["started_at"].is_string());
        assert_eq!(session["variables"], json!({}));
        assert_eq!(session["missing_required"], json!(["server_name", "reason"]));
        assert_eq!(session["owner_id"], json!(app.member("lena").user_id));
    }
}

#[tokio::test]
async fn a_value_stands_everywhere_once_it_is_filled_in() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        assert_eq!(session["steps"][0]["title"], "Look at [VAR:server_name]");
        lena.sets(&session, &json!({"server_name": "srv-01"}))
            .await
            .with(200);
        let session = lena.sees(&session).await;
        assert_eq!(session["steps"][0]["title"], "Look at srv-01");
        let export = lena.get(format!("{}/export", path(&session))).await.text();
        assert!(export.contains("Read the log of srv-01"), "{export}");
        assert!(export.contains("ssh 'srv-01'"), "{export}");
    }
}

#[tokio::test]
async fn variables_are_filled_emptied_and_unset_one_by_one() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let first = json!({"server_name": "srv-01", "address": "10.0.0.7", "ticket": "T-1"});
        lena.sets(&session, &first).await.with(200);
        let merged = lena
            .sets(
                &session,
                &json!({"address": "10.0.0.8", "reason": "", "ticket": null}),
            )
            .await
            .with(200);
        assert_eq!(
            merged["missing_required"],
            json!(["reason"]),
            "set to empty is still missing"
        );
        assert_eq!(
            merged["variables"].as_object().unwrap().len(),
            2,
            "what changed, and is set"
        );
        let session = lena.sees(&session).await;
        let variables = session["variables"].as_object().unwrap();
        let value = |name: &str| variables.get(name).map(|variable| variable["value"].clone());
        assert_eq!(
            value("server_name"),
            Some(json!("srv-01")),
            "what is not named is not touched"
        );
        assert_eq!(value("address"), Some(json!("10.0.0.8")));
        assert_eq!(value("reason"), Some(json!("")));
        assert_eq!(value("ticket"), None);
        assert_eq!(variables["address"]["version"], 2);
        assert_eq!(variables["address"]["set_by_id"], json!(lena.user_id));
        assert_eq!(variables["address"]["valid"], true);
    }
}

#[tokio::test]
async fn one_wrong_value_refuses_the_whole_request_unless_it_is_kept_anyway() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        let values = json!({"server_name": "srv-01", "address": "192.168.1.300"});
        let refused = lena.sets(&session, &values).await;
        let problem = refused.problem_at("unprocessable", "/variables/address");
        assert_eq!(
            problem["errors"][0]["detail"],
            "192.168.1.300 is not an IP address: 300 is over 255"
        );
        assert_eq!(
            lena.sees(&session).await["variables"],
            json!({}),
            "nothing of it was applied"
        );
        let body = json!({"variables": values, "keep_invalid": true});
        let kept = lena
            .patch(format!("{}/variables", path(&session)))
            .json(&body)
            .await
            .with(200);
        assert_eq!(kept["variables"]["address"]["valid"], false);
        let completed = lena.does("complete", &session).await.with(200);
        let warnings = json!([{"kind": "missing_required", "variable": "reason"},
            {"kind": "invalid_value", "variable": "address"}]);
        assert_eq!(completed["warnings"], warnings);
    }
}

#[tokio::test]
async fn only_the_owner_and_the_assignee_change_variables() {
    for app in apps().await {
        let (lena, morgan) = (app.member("lena"), app.member("morgan"));
        let session = lena.starts(&app.flow().await).await;
        for other in ["morgan", "adam", "olivia", "vera"] {
            let refused = app.member(other).sets(&session, &json!({"ticket": "T-1"})).await;
            refused.problem("forbidden");
        }
        lena.patch(path(&session))
            .json(&json!({"assigned_to_id": morgan.user_id}))
            .await
            .with(200);
        morgan.sets(&session, &json!({"ticket": "T-2"})).await.with(200);
        lena.sets(&session, &json!({"port": "8080"})).await.with(200);
        let variables = lena.sees(&session).await["variables"].clone();
        assert_eq!(variables["ticket"]["set_by_id"], json!(morgan.user_id));
        assert_eq!(variables["port"]["set_by_id"], json!(lena.user_id));
    }
}

#[tokio::test]
async fn completing_with_something_missing_warns_and_completes() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        lena.sets(&session, &json!({"reason": "slow"})).await.with(200);
        let body = json!({"outcome": "resolved", "outcome_note": "Runs again.", "next_steps": "None."});
        let completed = lena.does("complete", &session).json(&body).await.with(200);
        assert_eq!(
            (&completed["status"], &completed["outcome"]),
            (&json!("completed"), &json!("resolved"))
        );
        assert_eq!(
            completed["warnings"],
            json!([{"kind": "missing_required", "variable": "server_name"}])
        );
        let none_missing = lena.starts(&app.flow().await).await;
        let both = json!({"server_name": "srv-01", "reason": "slow"});
        lena.sets(&none_missing, &both).await.with(200);
        let completed = lena.does("complete", &none_missing).await.with(200);
        assert_eq!(completed["warnings"], json!([]));
    }
}

#[tokio::test]
async fn an_export_resolves_values_and_shows_unset_ones_as_asked() {
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        lena.sets(&session, &json!({"server_name": "srv-01"}))
            .await
            .with(200);
        let export = async |query: &str| lena.get(format!("{}/export{query}", path(&session))).await;
        let running = export("").await.text();
        assert!(running.contains("In progress"), "{running}");
        lena.does("complete", &session).await.with(200);
        for query in ["", "?format=markdown&unset=placeholder"] {
            let text = export(query).await.text();
            assert!(text.contains("log of srv-01 for [VAR:ticket]"), "{text}");
            assert!(!text.contains("In progress"), "{text}");
        }
        let blank = export("?unset=blank").await.text();
        assert!(blank.contains("log of srv-01 for ."), "{blank}");
        assert!(!blank.contains("[VAR:"), "{blank}");
        let json = export("?format=json&unset=blank").await.with(200);
        assert_eq!((&json["id"], &json["unset"]), (&session["id"], &json!("blank")));
        assert_eq!(json["variables"]["server_name"]["value"], "srv-01");
        assert!(!json["steps"].to_string().contains("[VAR:"), "{json:#}");
    }
}

#[tokio::test]
async fn an_export_has_the_form_and_the_parts_that_were_asked_for() {
    for app in apps().await {
        forms_of_an_export(&app).await;
    }
}

async fn forms_of_an_export(app: &TestApp) {
    let lena = app.member("lena");
    let session = lena.starts(&app.flow().await).await;
    lena.sets(
        &session,
        &json!({"server_name": "srv-01", "ticket": "10.0.0.1 <b>"}),
    )
    .await
    .with(200);
    let at = format!("{}/export", path(&session));
    for (format, kind, ending, begins) in [
        ("markdown", "text/markdown; charset=utf-8", "md", "# "),
        ("html", "text/html; charset=utf-8", "html", "<!DOCTYPE html>"),
        ("text", "text/plain; charset=utf-8", "txt", "Restart"),
        ("json", "application/json", "json", "{\"format\":"),
    ] {
        let export = lena
            .get(format!(
                "{at}?format={format}&mask=addresses&times=false&summary_first=true"
            ))
            .await;
        assert_eq!(export.headers["content-type"], kind);
        let file = export.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(
            file.starts_with("attachment") && file.contains(&format!(".{ending}\"")),
            "{file}"
        );
        let text = export.text();
        assert!(text.starts_with(begins), "{text}");
        assert!(!text.contains("10.0.0.1") && text.contains("[address]"), "{text}");
        assert!(!text.contains(" UTC") && !text.contains("Duration"), "{text}");
    }
    let steps = lena.sees(&session).await["steps"].clone();
    let first = steps[0]["id"].as_str().unwrap().to_owned();
    let json = lena
        .get(format!("{at}?format=json&up_to={first}"))
        .await
        .with(200);
    assert_eq!(json["steps"].as_array().unwrap().len(), 1);
    assert_eq!(json["up_to"], json!(first));
}

#[tokio::test]
async fn a_prepared_session_keeps_who_prepared_it_and_is_not_started() {
    for app in apps().await {
        let flow = app.flow().await;
        let (lena, morgan) = (app.member("lena"), app.member("morgan"));
        let session = lena
            .prepares(&flow)
            .for_("morgan")
            .with("server_name", "srv-01")
            .await;
        assert_eq!(
            (&session["status"], &session["started_at"]),
            (&json!("prepared"), &Value::Null)
        );
        assert_eq!(session["prepared_by_id"], json!(lena.user_id));
        assert_eq!(session["assigned_to_id"], json!(morgan.user_id));
        assert_eq!(session["owner_id"], Value::Null);
        lena.does("complete", &session).await.problem("forbidden");
        morgan.does("complete", &session).await.problem("conflict");

        let started = morgan.does("start", &session).await.with(200);
        assert_eq!(started["owner_id"], json!(morgan.user_id));
        assert_eq!(started["prepared_by_id"], json!(lena.user_id));
        assert_eq!(
            started["steps"][0]["title"], "Look at srv-01",
            "the values are in"
        );
        // It runs as any other: its owner fills in what is missing; who prepared it no longer does.
        morgan.sets(&session, &json!({"reason": "slow"})).await.with(200);
        lena.sets(&session, &json!({"reason": "fast"}))
            .await
            .problem("forbidden");
        assert_eq!(
            morgan.does("complete", &session).await.with(200)["warnings"],
            json!([])
        );
    }
}

#[tokio::test]
async fn the_first_work_on_a_prepared_session_starts_it() {
    for app in apps().await {
        let session = app
            .member("lena")
            .prepares(&app.flow().await)
            .for_("morgan")
            .await;
        let morgan = app.member("morgan");
        let step = format!("{}/steps/look", path(&session));
        let worked = morgan.put(step).json(&json!({"state": "done"})).await.with(200);
        assert_eq!(worked["status"], "active");
        assert_eq!(morgan.sees(&session).await["owner_id"], json!(morgan.user_id));
    }
}

#[tokio::test]
async fn an_assignee_is_an_engineer_of_the_account() {
    for app in apps().await {
        let lena = app.member("lena");
        let flow = app.flow().await;
        for wrong in ["vera", "sid"] {
            let body = json!({"flow_id": flow["id"], "assigned_to_id": app.member(wrong).user_id});
            let refused = lena.post("/sessions/prepare").json(&body).await;
            refused.problem_at("unprocessable", "/assigned_to_id");
        }
        assert_eq!(ids(&app, "lena", "/sessions").await.len(), 0);
    }
}

/// The sessions that a list shows somebody, in any order.
async fn ids(app: &TestApp, who: &str, list: &str) -> Vec<String> {
    let list = app.member(who).get(list).await.with(200);
    let items = list["items"].as_array().unwrap().iter();
    let mut ids: Vec<_> = items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn everybody_finds_what_was_prepared_for_them() {
    for app in apps().await {
        let flow = app.flow().await;
        let other = app.member("adam").creates(&crate::cast::flow_document()).await;
        let lena = app.member("lena");
        let morgans = lena.prepares(&flow).for_("morgan").await;
        let anyones = lena.prepares(&other).await;
        let running = app.member("morgan").prepares(&flow).for_("morgan").await;
        app.member("morgan").does("start", &running).await.with(200);
        let id = |session: &Value| session["id"].as_str().unwrap().to_owned();
        let both = {
            let mut both = vec![id(&morgans), id(&anyones)];
            both.sort();
            both
        };
        let morgan = app.member("morgan").user_id;
        for (list, found) in [
            ("status=prepared&assigned_to_id=me".to_owned(), vec![id(&morgans)]),
            (
                format!("status=prepared&assigned_to_id={morgan}"),
                vec![id(&morgans)],
            ),
            (
                "status=prepared&assigned_to_id=none".to_owned(),
                vec![id(&anyones)],
            ),
            ("status=prepared".to_owned(), both.clone()),
            (format!("prepared_by_id={}", lena.user_id), both),
            ("prepared_by_id=me".to_owned(), vec![id(&running)]),
            ("owner_id=me&status=active".to_owned(), vec![id(&running)]),
            (format!("flow_id={}", id(&other)), vec![id(&anyones)]),
            ("status=completed".to_owned(), vec![]),
        ] {
            assert_eq!(
                ids(&app, "morgan", &format!("/sessions?{list}")).await,
                found,
                "{list}"
            );
        }
        // An unassigned one is seen by the whole team.
        for who in ["lena", "adam", "olivia", "vera"] {
            let list = ids(&app, who, "/sessions?status=prepared&assigned_to_id=none").await;
            assert_eq!(list, [id(&anyones)]);
        }
    }
}

#[tokio::test]
async fn lists_page_newest_first_while_others_add_to_them() {
    for app in apps().await {
        let flow = app.flow().await;
        let lena = app.member("lena");
        let mut made = Vec::new();
        for _ in 0..5 {
            // Identifiers order by the time of their making, in milliseconds.
            app.clock.advance(chrono::TimeDelta::milliseconds(1));
            made.push(lena.starts(&flow).await["id"].clone());
        }
        let first = lena.get("/sessions?limit=2").await.with(200);
        app.clock.advance(chrono::TimeDelta::milliseconds(1));
        lena.starts(&flow).await;
        let mut seen: Vec<_> = first["items"].as_array().unwrap().clone();
        let mut cursor = first["next_cursor"].clone();
        while let Some(after) = cursor.as_str() {
            let page = lena
                .get(format!("/sessions?limit=2&cursor={after}"))
                .await
                .with(200);
            seen.extend(page["items"].as_array().unwrap().clone());
            cursor = page["next_cursor"].clone();
        }
        let seen: Vec<_> = seen.iter().map(|session| session["id"].clone()).collect();
        made.reverse();
        assert_eq!(seen, made);
    }
}
