//! Personal tokens: for how long one is good and when it was used, as the API and the page of Settings show it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::cast::{TestApp, apps};
use crate::visitor::Visitor;

/// After so many looks, a moment apart, a test gives up; none comes near it when all is well.
const PATIENCE: usize = 3_000;

/// One's token of that name, as the API lists it.
async fn listed(app: &TestApp, who: &str, name: &str) -> Value {
    let list = app.member(who).get("/tokens").await.with(200);
    let mut tokens = list["items"].as_array().unwrap().iter();
    tokens.find(|token| token["name"] == name).unwrap().clone()
}

/// What Settings show of it.
async fn shown(visitor: &Visitor, name: &str) -> String {
    visitor.get("/settings").await.ok().between(name, "</li>")
}

fn moment(at: DateTime<Utc>) -> String {
    format!(
        "<time datetime=\"{}\"",
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    )
}

/// Uses a token, which still counts, and waits until that is kept.
async fn is_used(app: &TestApp, who: &str, name: &str, secret: &str) {
    app.nobody().ask("GET", "/me").token(secret).await.with(200);
    let now = json!(app.clock.now());
    for _ in 0..PATIENCE {
        if listed(app, who, name).await["last_used_at"] == now {
            return;
        }
        // No request waits until its use is kept.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the use of {name} was not kept");
}

/// What is true of a token that was made just now for seven days.
async fn lives_seven_days(app: &TestApp, visitor: &Visitor, (who, name): (&str, &str), secret: &str) {
    let made = app.clock.now();
    let end = made + TimeDelta::days(7);
    let token = listed(app, who, name).await;
    assert_eq!(token["created_at"], json!(made));
    assert_eq!(token["expires_at"], json!(end));
    assert_eq!(token["last_used_at"], Value::Null);
    let until = format!("good until {}", moment(end));
    let row = shown(visitor, name).await;
    assert!(row.contains("never used, ") && row.contains(&until), "{row}");

    // Six minutes later it is kept again; what is more often is not worth a write.
    for later in [TimeDelta::hours(3), TimeDelta::minutes(6)] {
        app.clock.advance(later);
        is_used(app, who, name, secret).await;
        let row = shown(visitor, name).await;
        let used = format!("used {}", moment(app.clock.now()));
        assert!(row.contains(&used) && row.contains(&until), "{row}");
        assert!(!row.contains("never used") && !row.contains("expired"), "{row}");
    }

    let ask = || app.nobody().ask("GET", "/me").token(secret);
    app.clock.advance(end - app.clock.now() - TimeDelta::seconds(1));
    ask().await.with(200);
    app.clock.advance(TimeDelta::seconds(1));
    ask().await.problem("unauthorized");
    assert_eq!(listed(app, who, name).await["expires_at"], json!(end));
    let row = shown(visitor, name).await;
    assert!(row.contains("expired") && row.contains(&until), "{row}");
}

#[tokio::test]
async fn a_token_of_the_api_ends_when_it_says_and_shows_when_it_was_used() {
    for app in apps().await {
        let (lena, visitor) = (app.member("lena"), Visitor::signed_in(&app, "lena").await);
        let body = json!({"name": "by the api", "expires_in_days": 7, "scopes": ["read"]});
        let made = lena.post("/tokens").json(&body).await.with(201);
        assert_eq!(made["expires_at"], json!(app.clock.now() + TimeDelta::days(7)));
        let secret = made["token"].as_str().unwrap();
        lives_seven_days(&app, &visitor, ("lena", "by the api"), secret).await;

        // Whoever names no end gets one all the same.
        let made = lena
            .post("/tokens")
            .json(&json!({"name": "usual"}))
            .await
            .with(201);
        assert_eq!(made["expires_at"], json!(app.clock.now() + TimeDelta::days(90)));
    }
}

#[tokio::test]
async fn a_token_of_the_page_ends_when_it_says_and_shows_when_it_was_used() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "vera").await;
        let form = [("name", "by the page"), ("days", "7"), ("read", "on")];
        let made = visitor.post("/settings/tokens", &form).await.ok();
        let secret = format!("rf_pat_{}", made.between("value=\"rf_pat_", "\""));
        lives_seven_days(&app, &visitor, ("vera", "by the page"), &secret).await;
    }
}
