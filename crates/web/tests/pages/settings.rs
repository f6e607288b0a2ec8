//! Settings: looks by cookie, one's own logins, one's own tokens.

use chrono::TimeDelta;
use resolutionflow::config::Transport;
use resolutionflow_store::testing::databases;
use serde_json::{Value, json};

use crate::cast::{PASSWORD, TestApp, apps, flow_document};
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
            "__Host-theme=light; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure"
        );
        assert_eq!(set.goes_to(), "/settings#appearance");
        let off = lena.post("/settings/keys", &[]).await;
        assert!(off.header("set-cookie").starts_with("__Host-keys=off; Path=/"));
        assert_eq!(off.goes_to(), "/settings#keyboard");
        let on = lena.post("/settings/keys", &[("keys", "on")]).await;
        assert!(on.header("set-cookie").starts_with("__Host-keys=on;"));
        assert_eq!(
            lena.post("/settings/theme", &[("theme", "dark; Domain=evil")])
                .await
                .status,
            422
        );

        let login = lena.cookie.clone();
        lena.cookie = format!("{login}; theme=light; keys=off");
        lena.get("/settings").await.ok().has(&[
            "data-theme-choice=\"system\"",
            "data-keys=\"on\"",
            "value=\"system\" checked",
        ]);
        lena.cookie = format!("{login}; __Host-theme=light; __Host-keys=off");
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
            .post(
                "/settings/tokens",
                &[("name", "<b>nightly</b>"), ("days", "30"), ("read", "on")],
            )
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
                .post(
                    "/settings/tokens",
                    &[("name", name), ("days", "30"), ("read", "on")],
                )
                .await;
            assert_eq!(refused.status, 422, "{name:?}");
            refused
                .has(&["1 to 200 characters", "value=\"30\" selected"])
                .lacks(&["rf_pat_"]);
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

#[tokio::test]
async fn a_program_is_listed_signed_out_and_told_of_when_it_was_robbed() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "lena").await;
        let sign_in = || {
            let body = json!({ "email": "lena@example.com", "password": PASSWORD });
            let ask = app.nobody().ask("POST", "/auth/login").json(&body);
            ask.header("user-agent", "backup-script/1.2 (<b>)")
        };
        let refresh = |token: &Value| {
            let body = json!({ "refresh_token": token });
            app.nobody().ask("POST", "/auth/refresh").json(&body)
        };
        let first = sign_in().await.with(200);
        let page = visitor.get("/settings").await.ok().has(&["backup-script/1.2"]);
        let end = page.forms_to("/settings/programs/").remove(0);
        assert_eq!(
            Visitor::signed_in(&app, "morgan")
                .await
                .post(&end, &[])
                .await
                .status,
            404
        );
        assert_eq!(Visitor::new(&app).post(&end, &[]).await.status, 401);
        assert_eq!(visitor.post(&end, &[]).await.goes_to(), "/settings#security");
        assert_eq!(visitor.post(&end, &[]).await.status, 404);
        refresh(&first["refresh_token"]).await.problem("unauthorized");
        visitor.get("/settings").await.ok().lacks(&["backup-script"]);

        let second = sign_in().await.with(200);
        refresh(&second["refresh_token"]).await.with(200);
        app.clock.advance(TimeDelta::seconds(31));
        refresh(&second["refresh_token"]).await.problem("unauthorized");
        let page = visitor.get("/settings").await.ok();
        page.has(&["a copy of its token was used"])
            .lacks(&["/settings/programs/"]);
    }
}

#[tokio::test]
async fn a_changed_password_ends_everything_else() {
    const NEW: &str = "seven purple tractors at dawn";
    for app in apps().await {
        let mut lena = Visitor::signed_in(&app, "lena").await;
        let elsewhere = Visitor::signed_in(&app, "lena").await;
        let body = json!({ "email": "lena@example.com", "password": PASSWORD });
        let program = app
            .nobody()
            .ask("POST", "/auth/login")
            .json(&body)
            .await
            .with(200);
        let form = |current: &'static str, new: &'static str| [("current", current), ("new-password", new)];
        for (current, new, says) in [
            ("wrong", NEW, "That is not your password."),
            (PASSWORD, "short", "a password has 12 characters or more"),
            (PASSWORD, "lena@example.com", "guess"),
            ("", "", "12 characters"),
        ] {
            let page = lena.post("/settings/password", &form(current, new)).await;
            assert_eq!(page.status, 422, "{}", page.text);
            page.has(&[says]);
        }
        lena.get("/settings").await.ok();
        elsewhere.get("/settings").await.ok();

        let done = lena.post("/settings/password", &form(PASSWORD, NEW)).await;
        assert_eq!(done.status, 303);
        let cookie = done.header("set-cookie").split(';').next().unwrap().to_owned();
        // The login before it is worth nothing, here and elsewhere; nor are programs and tokens.
        assert_eq!(lena.get("/settings").await.status, 303);
        assert_eq!(elsewhere.get("/settings").await.status, 303);
        let token = program["access_token"].as_str().unwrap();
        app.nobody()
            .ask("GET", "/me")
            .token(token)
            .await
            .problem("unauthorized");
        let refresh = json!({ "refresh_token": program["refresh_token"] });
        app.nobody()
            .ask("POST", "/auth/refresh")
            .json(&refresh)
            .await
            .problem("unauthorized");
        app.member("lena").get("/me").await.problem("unauthorized");
        lena.cookie = cookie;
        lena.get("/settings?password=changed")
            .await
            .ok()
            .has(&["Your password is changed."]);
        app.member("morgan").get("/me").await.with(200);
        let sign_in = |password: &'static str| {
            let body = json!({ "email": "lena@example.com", "password": password });
            app.nobody().ask("POST", "/auth/login").json(&body)
        };
        sign_in(PASSWORD).await.problem("unauthorized");
        sign_in(NEW).await.with(200);
    }
}

#[tokio::test]
async fn admins_read_what_was_done_and_narrow_it() {
    for app in apps().await {
        let tick = || app.clock.advance(chrono::TimeDelta::milliseconds(1));
        let lena = Visitor::signed_in(&app, "lena").await;
        tick();
        let second = Visitor::signed_in(&app, "lena").await;
        tick();
        lena.post("/settings/logins/end-others", &[]).await.goes_to();
        assert_eq!(second.get("/settings").await.status, 303);
        tick();
        lena.post("/sign-out", &[]).await.goes_to();
        tick();
        let adam = Visitor::signed_in(&app, "adam").await;
        let flow = app.member("morgan").creates(&flow_document()).await;
        adam.get("/settings")
            .await
            .ok()
            .has(&["href=\"/settings/audit\"", "href=\"#audit\""]);
        let to_flow = format!("/flows/{}", flow["id"].as_str().unwrap());
        let page = adam.get("/settings/audit").await.ok().has(&[
            "Login ended",
            "Signed out",
            "Flow published",
            &to_flow,
            "127.0.0.1",
            "not sealed yet",
            // Whoever did it is a way to all that they did, also when they are in no list of members any more.
            &format!("href=\"/settings/audit?person={}\"", app.member("lena").user_id),
        ]);
        assert_eq!(page.text.matches("<span>Signed in</span>").count(), 3);
        assert!(page.text.find("<span>Signed out</span>") < page.text.find("<span>Login ended</span>"));

        let narrow = adam.get("/settings/audit?action=login_ended").await.ok();
        narrow
            .has(&["<span>Login ended</span>"])
            .lacks(&["<span>Signed out</span>"]);
        let of_adam = format!("/settings/audit?person={}", app.member("adam").user_id);
        let narrow = adam.get(&of_adam).await.ok();
        narrow
            .has(&["<span>Signed in</span>", "Remove the filter Person: adam"])
            .lacks(&["<span>Flow published</span>"]);
        let later = adam
            .get("/settings/audit?from=2030-01-01&to=2030-01-02")
            .await
            .ok();
        later.has(&["Nothing here fits these filters", "Clear filters"]);
        assert_eq!(adam.get("/settings/audit?from=soon").await.status, 422);

        let export = adam.get("/settings/audit.jsonl").await.ok();
        assert_eq!(export.header("content-type"), "application/jsonl");
        assert_eq!(export.text.lines().count(), 6);
    }
}

#[tokio::test]
async fn who_looks_after_nobody_sees_no_audit_log() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        lena.get("/settings").await.ok().lacks(&["/settings/audit"]);
        for path in ["/settings/audit", "/settings/audit.jsonl"] {
            assert_eq!(lena.get(path).await.status, 403);
            let nobody = Visitor::new(&app);
            assert!(nobody.get(path).await.goes_to().starts_with("/sign-in"));
        }
        let sid = Visitor::signed_in(&app, "sid").await;
        sid.get("/settings/audit").await.ok().lacks(&["lena"]);
    }
}

#[tokio::test]
async fn a_token_may_what_is_ticked_for_it() {
    for app in apps().await {
        let lena = Visitor::signed_in(&app, "lena").await;
        let nothing = lena
            .post("/settings/tokens", &[("name", "idle"), ("days", "7")])
            .await;
        assert_eq!(nothing.status, 422);
        nothing.has(&["Tick at least one.", "value=\"idle\""]);
        let form = [("name", "runner"), ("days", "7"), ("read", "on"), ("run", "on")];
        lena.post("/settings/tokens", &form).await.ok();
        lena.get("/settings").await.ok().has(&["Read, Run sessions<"]);
    }
}
