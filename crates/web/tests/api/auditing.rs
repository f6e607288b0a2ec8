//! The audit log as its readers meet it: what is written when, who reads it, and what shows that nobody touched it.

use chrono::TimeDelta;
use resolutionflow::sealer;
use resolutionflow_store::audit;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cast::{Member, PASSWORD, TestApp, apps, path};

/// The entries of the log, newest first.
async fn log(member: &Member, filters: &str) -> Vec<Value> {
    let answer = member.get(format!("/audit?limit=100{filters}")).await.with(200);
    answer["items"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect()
}

/// Does one of everything that is written down.
async fn everything(app: &TestApp) -> Value {
    let (lena, adam) = (app.member("lena"), app.member("adam"));
    // Ids begin with the time, and the clock stands.
    let tick = || app.clock.advance(TimeDelta::milliseconds(1));
    let login = |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        app.nobody().ask("POST", "/auth/login").json(&body)
    };
    login("lena@example.com", PASSWORD).await.with(200);
    tick();
    login("lena@example.com", "not hers, but secret")
        .await
        .problem("unauthorized");
    tick();
    login("nobody@example.com", PASSWORD)
        .await
        .problem("unauthorized");
    tick();
    let token = lena
        .post("/tokens")
        .json(&json!({"name": "private name"}))
        .await
        .with(201);
    tick();
    let one = format!("/tokens/{}", token["id"].as_str().unwrap());
    lena.delete(&one).await.with(204);
    tick();
    lena.delete(&one).await.problem("not-found");
    tick();
    let flow = app.flow().await;
    tick();
    let session = lena.prepares(&flow).for_("morgan").await;
    tick();
    let body = json!({"assigned_to_id": adam.user_id, "handover_note": "a secret note"});
    lena.patch(path(&session)).json(&body).await.with(200);
    tick();
    // Neither of these gives it to somebody else.
    lena.patch(path(&session))
        .json(&json!({"title": "Other"}))
        .await
        .with(200);
    tick();
    lena.patch(path(&session)).json(&body).await.with(200);
    tick();
    let changed = adam.patch("/account").json(&json!({"stale_days": 9})).key("k");
    changed.await.with(200);
    tick();
    let repeated = adam.patch("/account").json(&json!({"stale_days": 9})).key("k");
    repeated.await.with(200);
    tick();
    adam.patch("/account").json(&json!({})).await.with(200);
    tick();
    session
}

#[tokio::test]
async fn what_is_done_is_written_down_once_with_names_and_no_values() {
    for app in apps().await {
        let session = everything(&app).await;
        let (lena, olivia) = (app.member("lena"), app.member("olivia"));
        let entries = log(&olivia, "").await;
        assert_eq!(
            actions(&entries),
            [
                "account_changed",
                "session_reassigned",
                "flow_published",
                "token_revoked",
                "token_created",
                "sign_in_failed",
                "signed_in",
            ]
        );
        let changed = &entries[0];
        assert_eq!(
            (&changed["changed"], &changed["object_kind"], &changed["by_kind"]),
            (&json!(["stale_days"]), &json!("account"), &json!("token"))
        );
        assert_eq!(changed["place"], "127.0.0.1");
        assert_eq!(changed["actor_id"], json!(app.member("adam").user_id));
        assert!(changed["request_id"].as_str().is_some_and(|id| id.len() == 36));
        assert_eq!(
            (&entries[1]["object_id"], &entries[1]["changed"]),
            (&session["id"], &json!(["assigned_to_id"]))
        );
        let (failed, signed_in) = (&entries[5], &entries[6]);
        assert_eq!(
            (&failed["by_kind"], &failed["actor_id"]),
            (&Value::Null, &json!(lena.user_id))
        );
        assert_eq!(
            (&signed_in["by_kind"], &signed_in["seal"]),
            (&json!("token"), &Value::Null)
        );
        let text = serde_json::to_string(&entries).unwrap();
        for secret in ["secret", "private name", "restart", "Other", "example.com", "rf_"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }

        let of_lena = format!("&actor_id={}", lena.user_id);
        assert_eq!(log(&olivia, &of_lena).await.len(), 6);
        assert_eq!(
            actions(&log(&olivia, "&action=token_created").await),
            ["token_created"]
        );
        assert!(log(&olivia, "&from=2030-01-01T00:00:00Z").await.is_empty());
        assert_eq!(log(&olivia, "&until=2030-01-01T00:00:00Z").await.len(), 7);
        let wrong = olivia.get("/audit?action=nothing").await;
        wrong.problem_at("unprocessable", "action");
        let wrong = olivia.get("/audit/export?format=csv").await;
        wrong.problem_at("unprocessable", "format");
    }
}

#[tokio::test]
async fn admins_and_owners_read_their_own_accounts_log_and_nobody_else() {
    for app in apps().await {
        everything(&app).await;
        for (name, may) in [("olivia", true), ("adam", true), ("lena", false), ("vera", false)] {
            let member = app.member(name);
            for list in ["/audit", "/audit/export"] {
                let answer = member.get(list).await;
                if may {
                    assert_eq!(answer.status, 200, "{name} {list}");
                } else {
                    answer.problem("forbidden");
                }
            }
        }
        let sid = app.member("sid");
        assert!(log(&sid, "").await.is_empty());
        assert_eq!(sid.get("/audit/export").await.text(), "");
    }
}

#[tokio::test]
async fn an_export_carries_the_chain_and_what_waits_for_it() {
    for app in apps().await {
        everything(&app).await;
        assert_eq!(sealer::seal(&app.app, Uuid::from_u128(1)).await.unwrap(), 7);
        app.member("adam")
            .patch("/account")
            .json(&json!({"stale_days": 3}))
            .await
            .with(200);
        let exported = app.member("olivia").get("/audit/export?format=jsonl").await;
        let lines: Vec<Value> = exported
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut previous = json!("0".repeat(64));
        for (line, number) in lines[..7].iter().zip(1..) {
            assert_eq!(line["seal"]["number"], number);
            assert_eq!(line["seal"]["previous"], previous);
            previous = line["seal"]["hash"].clone();
        }
        assert_eq!((lines.len(), &lines[7]["seal"]), (8, &Value::Null));
        let account = app.member("olivia").account;
        let verified = app
            .app
            .read(move |tx| Box::pin(async move { Ok(audit::verify(tx, account, None, 100).await?) }))
            .await
            .unwrap();
        assert_eq!((verified.fault, verified.more), (None, false));
        assert_eq!(verified.head.unwrap().number, 7);
    }
}

#[tokio::test]
async fn a_change_that_is_undone_leaves_nothing_in_the_log() {
    for app in apps().await {
        let (lena, olivia) = (app.member("lena"), app.member("olivia"));
        let before = log(&olivia, "").await.len();
        let flow = app.flow().await;
        let session = lena.prepares(&flow).await;
        let refused = lena
            .patch(path(&session))
            .json(&json!({"assigned_to_id": app.member("vera").user_id}));
        refused.await.problem("unprocessable");
        assert_eq!(log(&olivia, "").await.len(), before + 1, "the flow was published");
    }
}
