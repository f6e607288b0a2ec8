//! What a personal token may: every operation by a token of each scope, as the description says.

use resolutionflow::app;
use serde_json::{Value, json};

use crate::asking::Answer;
use crate::cast::{Member, PASSWORD, apps, flow_document};
use crate::tenancy::{OPEN_TO_ALL, Operation, things_of};

const SCOPES: [&str; 4] = ["read", "run", "author", "admin"];

/// The scope that the description names for an operation.
fn scope_of(document: &Value, operation: &Operation) -> String {
    let path = format!("/api/v1/{}", operation.template);
    let described = &document["paths"][&path][operation.method.to_lowercase()];
    let scope = described["security"][0]["bearer"][0].as_str();
    scope
        .unwrap_or_else(|| panic!("say in api/scopes.rs what {} needs", operation.id))
        .to_owned()
}

/// A token of those scopes.
async fn token(member: &Member, scopes: &[&str]) -> String {
    let body = json!({ "name": "few", "scopes": scopes });
    let made = member.post("/tokens").json(&body).await.with(201);
    assert_eq!(made["scopes"], json!(scopes));
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_does_what_its_scope_says_and_nothing_else() {
    let document: Value = serde_json::to_value(app::openapi()).unwrap();
    for app in apps().await {
        // The last owner, who can neither leave nor be removed on the way.
        let things = things_of(&app, "olivia").await;
        let olivia = app.member("olivia");
        for scope in SCOPES {
            let secret = token(&olivia, &[scope]).await;
            for operation in Operation::all() {
                let id = operation.id.as_str();
                if OPEN_TO_ALL.contains(&id) {
                    continue;
                }
                let needed = scope_of(&document, &operation);
                let ask = operation.request(&olivia.client, &things, None);
                let answer: Answer = ask.token(&secret).await;
                if needed == scope {
                    assert_ne!(answer.status, 401, "{id} with {scope}");
                    assert!(!answer.text().contains("scope-missing"), "{id} with {scope}");
                } else {
                    let problem = answer.problem("scope-missing");
                    assert_eq!(problem["scope"], json!(needed), "{id} with {scope}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_token_hands_on_no_more_than_it_has() {
    for app in apps().await {
        let lena = app.member("lena");
        let mut own = lena.clone();
        own.token = token(&lena, &["read", "admin"]).await;
        let made = own.post("/tokens").json(&json!({ "name": "same" })).await;
        assert_eq!(made.with(201)["scopes"], json!(["read", "admin"]));
        let more = json!({ "name": "more", "scopes": ["read", "run"] });
        let refused = own.post("/tokens").json(&more).await;
        assert_eq!(refused.problem("scope-missing")["scope"], "run");
        for (wrong, at) in [
            (json!([]), "/scopes"),
            (json!(["all"]), "/scopes/0"),
            (json!("read"), "/scopes"),
        ] {
            let body = json!({ "name": "wrong", "scopes": wrong });
            lena.post("/tokens")
                .json(&body)
                .await
                .problem_at("unprocessable", at);
        }
        let listed = lena.get("/tokens").await.with(200);
        let items = listed["items"].as_array().unwrap();
        for expected in [json!(SCOPES), json!(["read", "admin"])] {
            assert!(items.iter().any(|token| token["scopes"] == expected), "{items:?}");
        }
        // The role counts first: a scope gives nobody what they may not do.
        let admin = token(&lena, &["admin"]).await;
        let ask = app.nobody().ask("GET", "/audit").token(&admin);
        ask.await.problem("forbidden");
    }
}

#[tokio::test]
async fn a_member_who_was_removed_gets_nowhere() {
    for app in apps().await {
        let things = things_of(&app, "lena").await;
        let (adam, lena) = (app.member("adam"), app.member("lena"));
        let login = json!({ "email": "lena@example.com", "password": PASSWORD });
        let sign_in = || app.nobody().ask("POST", "/auth/login").json(&login);
        let access = sign_in().await.with(200)["access_token"].clone();
        adam.delete(format!("/members/{}?sessions_to=team", lena.user_id))
            .await
            .with(204);
        let before = adam.get("/audit?limit=1").await.with(200);
        for operation in Operation::all() {
            if OPEN_TO_ALL.contains(&operation.id.as_str()) {
                continue;
            }
            for token in [lena.token.as_str(), access.as_str().unwrap()] {
                let ask = operation.request(&app.client, &things, None).token(token);
                ask.await.problem("unauthorized");
            }
        }
        sign_in().await.problem("unauthorized");
        assert_eq!(adam.get("/audit?limit=1").await.with(200), before);
        adam.post("/flows").json(&flow_document()).await.with(201);
    }
}
