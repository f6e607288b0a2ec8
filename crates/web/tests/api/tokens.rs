//! Signing in, and everything that ends a token.

use chrono::TimeDelta;
use resolutionflow_store::{Error, members};
use serde_json::json;

use crate::cast::{PASSWORD, apps};

#[tokio::test]
async fn tokens_end() {
    for app in apps().await {
        let (lena, flow) = (app.member("lena"), app.flow().await);
        let login = || {
            let body = json!({"email": "lena@example.com", "password": PASSWORD});
            app.nobody().ask("POST", "/auth/login").json(&body)
        };
        let me = |token: &str| app.nobody().ask("GET", "/me").token(token);
        let access = login().await.with(200)["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        me(&access).await.with(200);
        app.clock.advance(TimeDelta::seconds(599));
        me(&access).await.with(200);
        app.clock.advance(TimeDelta::seconds(1));
        let expired = me(&access).await;
        expired.problem("unauthorized");
        assert_eq!(
            expired.comparable(),
            me(&format!("rf_at_{}", "x".repeat(43))).await.comparable()
        );

        // One kind never passes for another, and a header that stands twice is none.
        let personal = lena.token.strip_prefix("rf_pat_").unwrap();
        me(&format!("rf_at_{personal}")).await.problem("unauthorized");
        let basic = app
            .nobody()
            .ask("GET", "/me")
            .header("authorization", "Basic bGVuYTp4");
        basic.await.problem("unauthorized");

        let access = login().await.with(200)["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let user = lena.user_id;
        let changed = app.app.db.write::<_, Error, _>(|tx| {
            Box::pin(async move { members::set_password(tx, "lena@example.com", "$none").await })
        });
        assert!(changed.await.unwrap());
        for token in [&access, &lena.token] {
            me(token).await.problem("unauthorized");
        }
        login().await.problem("unauthorized");

        let (morgan, account) = (app.member("morgan"), lena.account);
        morgan.get("/me").await.with(200);
        let (disabled, now) = (morgan.user_id, app.clock.now());
        let disable = app.app.db.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE members SET disabled_at = $3 WHERE account_id = $1 AND user_id = $2";
                tx.execute(sql, &[&account, &disabled, &now]).await
            })
        });
        assert_eq!(disable.await.unwrap(), 1);
        morgan.get("/me").await.problem("unauthorized");
        let body = json!({"email": "morgan@example.com", "password": PASSWORD});
        app.nobody()
            .ask("POST", "/auth/login")
            .json(&body)
            .await
            .problem("unauthorized");
        // Whoever is disabled is shown as such and gets no new work.
        let members = app.member("vera").get("/members").await.with(200);
        let shown = members["items"].as_array().unwrap().iter();
        let shown = shown
            .filter(|member| member["disabled_at"].is_string())
            .map(|member| &member["user_id"]);
        assert_eq!(shown.collect::<Vec<_>>(), [&json!(disabled)]);
        let assign = json!({"flow_id": flow["id"], "assigned_to_id": disabled});
        let assign = app.member("adam").post("/sessions/prepare").json(&assign).await;
        assign.problem_at("unprocessable", "/assigned_to_id");
        assert_ne!(user, disabled);

        app.clock.advance(TimeDelta::days(366));
        app.member("adam").get("/me").await.problem("unauthorized");
    }
}

#[tokio::test]
async fn a_sign_in_does_not_tell_who_there_is() {
    for app in apps().await {
        let login = |email: &str, password: &str| {
            let body = json!({"email": email, "password": password});
            app.nobody().ask("POST", "/auth/login").json(&body)
        };
        let known = login("lena@example.com", "wrong horse battery staple").await;
        known.problem("unauthorized");
        let unknown = login("nobody@example.com", "wrong horse battery staple").await;
        assert_eq!(known.comparable(), unknown.comparable());
        let long = login("lena@example.com", &"x".repeat(300)).await;
        assert_eq!(known.comparable(), long.comparable());
        let empty = login("", "").await;
        assert_eq!(known.comparable(), empty.comparable());
        login("lena\0@example.com", PASSWORD)
            .await
            .problem_at("unprocessable", "/email");
        let unknown = json!({"email": "lena@example.com", "password": PASSWORD, "role": "owner"});
        let unknown = app.nobody().ask("POST", "/auth/login").json(&unknown).await;
        unknown.problem_at("unprocessable", "/role");
        for (days, name) in [(0, "x"), (367, "x"), (-1, "x")] {
            let body = json!({"name": name, "expires_in_days": days});
            let answer = app.member("lena").post("/tokens").json(&body).await;
            answer.problem_at("unprocessable", "/expires_in_days");
        }
        for name in ["", " ", "two\nlines", &"x".repeat(201)] {
            let answer = app
                .member("lena")
                .post("/tokens")
                .json(&json!({ "name": name }))
                .await;
            answer.problem_at("unprocessable", "/name");
        }
    }
}
