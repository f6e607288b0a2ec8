//! Settings: looks by cookie, one's own logins, one's own tokens.

use resolutionflow::config::Transport;
use resolutionflow_store::testing::databases;
use serde_json::json;

use crate::cast::{TestApp, apps};
use crate::visitor::Visitor;

#[tokio::test]
async fn looks_are_kept_by_the_browser() {
    for app in apps().await {
        let mut lena = Visitor::signed_in(&app, "lena").await;
        lena.get("/settings").await.ok().has(&[
            "lena@example.com",
            "contoso",
            "Engineer",
            "value=\"system\" checked",
        ]);
        let set = lena.post("/settings/theme", &[("theme", "light")]).await;
        assert_eq!(
            set.header("set-cookie"),
            "theme=light; Path=/; Max-Age=31536000; SameSite=Lax; Secure"
        );
        assert_eq!(set.goes_to(), "/settings#appearance");
        let off = lena.post("/settings/keys", &[]).await;
        assert!(off.header("set-cookie").starts_with("keys=off; Path=/"));
        assert_eq!(off.goes_to(), "/settings#keyboard");
        let on = lena.post("/settings/keys", &[("keys", "on")]).await;
        assert!(on.header("set-cookie").starts_with("keys=on;"));
        assert_eq!(
            lena.post("/settings/theme", &[("theme", "dark; Domain=evil")])
                .await
                .status,
            422
        );

        lena.cookie.push_str("; theme=light; keys=off");
        lena.get("/settings").await.ok().has(&[
            "data-theme=\"light\"",
            "data-keys=\"off\"",
            "value=\"light\" checked",
        ]);
    }
}

#[tokio::test]
async fn logins_are_ended_one_by_one_and_all_others_at_once() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let (second, third) = (
            Visitor::signed_in(&app, "lena").await,
            Visitor::signed_in(&app, "lena").await,
        );
        let page = lena
            .get("/settings")
            .await
            .ok()
            .has(&["this browser", "Sign out elsewhere"]);
        let ends: Vec<String> = page
            .forms_to("/settings/logins/")
            .into_iter()
            .filter(|to| to.ends_with("/end"))
            .collect();
        assert_eq!(ends.len(), 2, "one's own is not among them");

        // Whose it is not, does not find it.
        for name in ["morgan", "sid", "vera"] {
            let other = Visitor::signed_in(&app, name).await;
            assert_eq!(other.post(&ends[0], &[]).await.status, 404);
            other.get("/settings").await.ok().lacks(&[&ends[0]]);
        }
        assert_eq!(lena.post(&ends[0], &[]).await.goes_to(), "/settings#security");
        let left = [&second, &third];
        let mut still_in = 0;
        for visitor in left {
            still_in += usize::from(visitor.get("/settings").await.status == 200);
        }
        assert_eq!(still_in, 1);
        assert_eq!(
            lena.post("/settings/logins/end-others", &[]).await.goes_to(),
            "/settings#security"
        );
        for visitor in left {
            assert!(visitor.get("/settings").await.goes_to().starts_with("/sign-in"));
        }
        lena.get("/settings").await.ok().lacks(&["Sign out elsewhere"]);
    }
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    for app in apps().await {
        let vera = Visitor::signed_in(&app, "vera").await;
        let made = vera
            .post("/settings/tokens", &[("name", "<b>nightly</b>"), ("days", "30")])
            .await
            .ok();
        let made = made
            .has(&["It is not shown again", "&lt;b&gt;nightly&lt;/b&gt;"])
            .lacks(&["<b>nightly"]);
        assert!(made.header("cache-control").contains("no-store"));
        let start = made.text.find("rf_pat_").unwrap();
        let secret = made.text[start..start + 50].to_owned();
        let me = app.nobody().ask("GET", "/me").token(&secret).await.with(200);
        assert_eq!(me["email"], "vera@example.com");

        let page = vera.get("/settings").await.ok().lacks(&["rf_pat_"]);
        let revokes = page.forms_to("/settings/tokens/");
        assert_eq!(revokes.len(), 2, "the new one and that of the cast");
        let sid = Visitor::signed_in(&app, "sid").await;
        for to in &revokes {
            assert_eq!(sid.post(to, &[]).await.status, 404);
        }
        for to in &revokes {
            assert_eq!(vera.post(to, &[]).await.goes_to(), "/settings#tokens");
        }
        assert_eq!(app.nobody().ask("GET", "/me").token(&secret).await.status, 401);

        let long = "x".repeat(201);
        for name in ["", " ", "two\nlines", &long] {
            let refused = vera
                .post("/settings/tokens", &[("name", name), ("days", "30")])
                .await;
            assert_eq!(refused.status, 422, "{name:?}");
            refused.has(&["1 to 200 characters"]).lacks(&["rf_pat_"]);
        }
    }
}

#[tokio::test]
async fn each_kind_of_notification_is_switched_by_itself() {
    for app in apps().await {
        let (vera, at) = (Visitor::signed_in(&app, "vera").await, "/me/notifications");
        let page = vera.get("/settings").await.ok();
        let switches = page.forms_to("/settings/notifications/");
        assert_eq!(switches.len(), 6);
        assert_eq!(
            page.text.matches("name=\"in_page\" value=\"on\" checked").count(),
            6
        );
        let mail_off = json!({"choices": {"taken": {"in_page": true, "mail": false}}});
        app.member("vera").put(at).json(&mail_off).await.with(200);

        let taken = "/settings/notifications/taken";
        assert_eq!(vera.post(taken, &[]).await.goes_to(), "/settings#notifications");
        let due = "/settings/notifications/due_soon";
        vera.post(due, &[]).await.goes_to();
        vera.post(due, &[("in_page", "on")]).await.goes_to();
        let choices = app.member("vera").get(at).await.with(200)["choices"].clone();
        assert_eq!(choices["taken"], json!({"in_page": false, "mail": false}));
        assert_eq!(choices["due_soon"], json!({"in_page": true, "mail": true}));
        let page = vera.get("/settings").await.ok();
        assert_eq!(
            page.text.matches("name=\"in_page\" value=\"on\" checked").count(),
            5
        );
        assert_eq!(
            vera.post("/settings/notifications/birthday", &[]).await.status,
            404
        );
        let others = app.member("lena").get(at).await.with(200)["choices"].clone();
        assert_eq!(others["taken"], json!({"in_page": true, "mail": true}));
    }
}

#[tokio::test]
async fn admins_say_when_a_prepared_session_is_old() {
    for app in apps().await {
        let (adam, to) = (Visitor::signed_in(&app, "adam").await, "/settings/account");
        adam.get("/settings")
            .await
            .ok()
            .has(&["Account defaults", "value=\"7\""]);
        assert_eq!(
            adam.post(to, &[("stale_days", " 0 ")]).await.goes_to(),
            "/settings#account"
        );
        let days = async || app.member("lena").get("/account").await.with(200)["stale_days"].clone();
        assert_eq!(days().await, 0);
        for wrong in ["", "-1", "366", "1.5", "<b>"] {
            let refused = adam.post(to, &[("stale_days", wrong)]).await;
            assert_eq!(refused.status, 422, "{wrong}");
            refused
                .has(&["a number from 0 to 365", "aria-invalid"])
                .lacks(&["<b>"]);
        }
        assert_eq!(days().await, 0);
        for name in ["lena", "vera"] {
            let other = Visitor::signed_in(&app, name).await;
            other.get("/settings").await.ok().lacks(&["Account defaults", to]);
            assert_eq!(other.post(to, &[("stale_days", "9")]).await.status, 403);
        }
        // Another account's owner changes their own.
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.post(to, &[("stale_days", "30")]).await.goes_to();
        assert_eq!(days().await, 0);
    }
}

#[tokio::test]
async fn mail_is_chosen_where_mail_is_sent() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| settings.mail.transport = Transport::File).await;
        let (vera, at) = (Visitor::signed_in(&app, "vera").await, "/me/notifications");
        let page = vera
            .get("/settings")
            .await
            .ok()
            .lacks(&["This server sends no mail"]);
        assert_eq!(page.forms_to("/settings/notifications/").len(), 6);
        for switch in [
            "name=\"in_page\" value=\"on\" checked",
            "name=\"mail\" value=\"on\" checked",
        ] {
            assert_eq!(page.text.matches(switch).count(), 6, "{switch}");
        }
        let taken = "/settings/notifications/taken";
        for (form, choice) in [
            (
                &[("with_mail", "on"), ("mail", "on")][..],
                json!({"in_page": false, "mail": true}),
            ),
            (
                &[("with_mail", "on"), ("in_page", "on")],
                json!({"in_page": true, "mail": false}),
            ),
            (&[("with_mail", "on")], json!({"in_page": false, "mail": false})),
            (&[("in_page", "on")], json!({"in_page": true, "mail": false})),
        ] {
            assert_eq!(vera.post(taken, form).await.goes_to(), "/settings#notifications");
            assert_eq!(
                app.member("vera").get(at).await.with(200)["choices"]["taken"],
                choice
            );
        }
        let daily = async || app.member("vera").get(at).await.with(200)["mail_daily"].clone();
        assert_eq!(daily().await, false);
        let on = vera.post("/settings/mail", &[("daily", "on")]).await;
        assert_eq!(on.goes_to(), "/settings#notifications");
        assert_eq!(daily().await, true);
        vera.get("/settings")
            .await
            .ok()
            .has(&["name=\"daily\" value=\"on\" checked"]);
        vera.post("/settings/mail", &[]).await.goes_to();
        assert_eq!(daily().await, false);
        assert_eq!(app.member("lena").get(at).await.with(200)["mail_daily"], false);

        let none = TestApp::on(databases().await.remove(0), |_| {}).await;
        let vera = Visitor::signed_in(&none, "vera").await;
        vera.get("/settings")
            .await
            .ok()
            .has(&["This server sends no mail"])
            .lacks(&["/settings/mail"]);
    }
}

#[tokio::test]
async fn who_is_not_signed_in_has_no_settings() {
    for app in apps().await {
        let nobody = Visitor::new(&app);
        assert_eq!(
            nobody.get("/settings").await.goes_to(),
            "/sign-in?next=%2Fsettings"
        );
        for path in [
            "/settings/theme",
            "/settings/keys",
            "/settings/logins/end-others",
            "/settings/tokens",
            "/settings/account",
            "/settings/notifications/taken",
            "/settings/mail",
        ] {
            let form = [("theme", "dark"), ("name", "a"), ("days", "1")];
            assert_eq!(nobody.post(path, &form).await.status, 401, "{path}");
        }
        let lena = Visitor::signed_in(&app, "lena").await;
        let foreign = [("origin", "https://evil.example")];
        let refused = lena
            .send("POST", "/settings/logins/end-others", &foreign, Some(&[]))
            .await;
        assert_eq!(refused.status, 403);
    }
}
