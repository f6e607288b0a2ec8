//! Who is let in, how, and what every answer carries.

use std::time::Duration;

use chrono::TimeDelta;
use resolutionflow::app::router;
use resolutionflow::config::{Settings, Throttle};
use resolutionflow::context::{App, Clock};
use resolutionflow::serve::serve;
use resolutionflow_store::{logins, testing};
use tokio::net::TcpListener;

use crate::cast::{PASSWORD, TestApp, apps};
use crate::visitor::Visitor;

const SIGN_IN: &str = "/sign-in";

#[tokio::test]
async fn a_password_opens_a_login_that_ends_with_signing_out() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "lena").await;
        assert!(visitor.cookie.starts_with("__Host-rf="));
        let me = visitor.send("GET", "/api/v1/me", &[], None).await;
        assert!(me.ok().text.contains("lena@example.com"));

        let out = visitor.post("/sign-out", &[]).await;
        assert_eq!(out.header("clear-site-data"), "\"storage\"");
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(out.goes_to(), SIGN_IN);
        assert_eq!(visitor.send("GET", "/api/v1/me", &[], None).await.status, 401);
    }
}

#[tokio::test]
async fn a_login_ends_when_it_is_idle_too_long_and_at_its_age() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "lena").await;
        let status = async || visitor.send("GET", "/api/v1/me", &[], None).await.status;
        // Used every ten days it lives on, for ninety.
        for _ in 0..8 {
            app.clock.advance(TimeDelta::days(10));
            assert_eq!(status().await, 200);
            use_is_kept(&app).await;
        }
        app.clock.advance(TimeDelta::days(10));
        assert_eq!(status().await, 401);

        let visitor = Visitor::signed_in(&app, "lena").await;
        app.clock.advance(TimeDelta::days(14) + TimeDelta::seconds(1));
        assert_eq!(visitor.send("GET", "/api/v1/me", &[], None).await.status, 401);
    }
}

/// Waits until the use of Lena's login is kept, which no request waits for.
async fn use_is_kept(app: &TestApp) {
    let (user, now) = (app.member("lena").user_id, app.app.now());
    for _ in 0..400 {
        let logins = app
            .app
            .read(move |tx| Box::pin(async move { Ok(logins::list(tx, user, now, now).await?) }))
            .await;
        if !logins.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the use of the login was not kept in two seconds");
}

#[tokio::test]
async fn whether_an_address_exists_does_not_show() {
    for app in apps().await {
        let visitor = Visitor::new(&app);
        let mut answers = Vec::new();
        for email in ["lena@example.com", "nobody@example.com"] {
            let form = [("email", email), ("password", "not this one"), ("next", "/flows")];
            let answer = visitor.post(SIGN_IN, &form).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.header("set-cookie"), "");
            answers.push(answer.has(&["is wrong", email]).text.replace(email, ""));
        }
        assert_eq!(answers[0], answers[1]);
    }
}

#[tokio::test]
async fn people_come_back_to_where_they_were_and_nowhere_else() {
    for app in apps().await {
        let visitor = Visitor::new(&app);
        let refused = visitor.get("/sessions/1?step=a&b=c").await;
        let to = refused.goes_to();
        assert_eq!(to, "/sign-in?next=%2Fsessions%2F1%3Fstep%3Da%26b%3Dc");
        visitor
            .get(&to)
            .await
            .ok()
            .has(&["value=\"/sessions/1?step=a&amp;b=c\""]);
        for (next, expected) in [
            ("/flows?q=a", "/flows?q=a"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
        ] {
            let form = [
                ("email", "lena@example.com"),
                ("password", PASSWORD),
                ("next", next),
            ];
            assert_eq!(visitor.post(SIGN_IN, &form).await.goes_to(), expected);
        }
    }
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "lena").await;
        let host = app.address.to_string();
        let own = format!("http://{host}");
        for headers in [
            vec![],
            vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
        ] {
            let form = Some(&[][..]);
            let refused = visitor.send("POST", "/sign-out", &headers, form).await;
            assert_eq!(refused.status, 403, "{headers:?}");
            let start = visitor.send("POST", "/api/v1/sessions", &headers, form).await;
            assert_eq!(start.status, 403, "{headers:?}");
        }
        // Whoever only reads is not refused but unknown.
        let foreign = [("sec-fetch-site", "cross-site")];
        assert_eq!(
            visitor.send("GET", "/api/v1/me", &foreign, None).await.status,
            401
        );
        assert_eq!(visitor.send("GET", "/api/v1/me", &[], None).await.status, 200);
        let ours = [("origin", own.as_str())];
        assert_eq!(
            visitor.send("POST", "/sign-out", &ours, Some(&[])).await.status,
            303
        );
    }
}

#[tokio::test]
async fn a_token_opens_no_page_and_a_bearer_goes_before_the_cookie() {
    for app in apps().await {
        let token = format!("Bearer {}", app.member("lena").token);
        let nobody = Visitor::new(&app);
        let page = nobody.send("GET", "/", &[("authorization", &token)], None).await;
        assert_eq!(page.status, 401);
        let visitor = Visitor::signed_in(&app, "lena").await;
        let wrong = [("authorization", "Bearer rf_at_wrong")];
        assert_eq!(visitor.send("GET", "/api/v1/me", &wrong, None).await.status, 401);
    }
}

#[tokio::test]
async fn errors_are_pages_for_people_and_documents_for_programs() {
    for app in apps().await {
        let visitor = Visitor::signed_in(&app, "lena").await;
        let page = visitor.get("/nothing-here").await;
        assert_eq!(page.status, 404);
        assert!(
            page.header("content-security-policy")
                .contains("script-src 'self'")
        );
        page.has(&["doesn't exist or isn't shared with you", "<!DOCTYPE html>"]);
        let json = visitor.send("GET", "/nothing-here", &[], None).await;
        assert_eq!(json.header("content-type"), "application/problem+json");
        let hostile = visitor.get("/%3Cscript%3Ealert(1)%3C/script%3E").await;
        hostile.lacks(&["<script>alert"]);
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    for app in apps().await {
        let visitor = Visitor::new(&app);
        let page = visitor.get(SIGN_IN).await.ok();
        let address = page
            .text
            .split('"')
            .find(|text| text.ends_with("/app.css"))
            .unwrap();
        let gzip = [("accept-encoding", "br, gzip;q=0.8")];
        let style = visitor.send("GET", address, &gzip, None).await;
        assert_eq!(style.status, 200);
        assert_eq!(style.header("content-encoding"), "gzip");
        assert!(style.header("cache-control").contains("immutable"));
        for none in [vec![], vec![("accept-encoding", "gzip;q=0")]] {
            let plain = visitor.send("GET", address, &none, None).await.ok();
            assert_eq!(plain.header("content-encoding"), "");
            assert!(plain.text.contains("--accent"));
        }
        let other = address.replace("/assets/", "/assets/0");
        assert_eq!(visitor.get(&other).await.status, 404);
        for traversal in ["..%2f..%2fCargo.toml", "../../Cargo.toml"] {
            let path = address.replace("app.css", traversal);
            assert_eq!(visitor.get(&path).await.status, 404);
        }
    }
}

#[tokio::test]
async fn the_first_person_comes_in_by_the_code_and_only_the_first() {
    for test in testing::databases().await {
        let settings = Settings {
            throttle: Throttle::wide_open(),
            ..Settings::default()
        };
        let app = App::new(settings, Clock::fixed(testing::now()), test.db.clone());
        let code = app
            .setup
            .prepare(&app.db, &mut app.random())
            .await
            .unwrap()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let visitor = Visitor::at(listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, router(app.clone()), &app, std::future::pending()).await });
        assert_eq!(visitor.get(SIGN_IN).await.goes_to(), "/setup");
        let form = |code: &'static str| {
            [
                ("code", code),
                ("account", "Contoso"),
                ("name", "Olivia <b>Owner</b>"),
                ("email", "olivia@example.com"),
                ("password", "several quite unusual words"),
            ]
        };
        let refused = visitor.post("/setup", &form("AAAA-BBBB-CCCC-DDDD")).await;
        assert_eq!(refused.status, 422);
        refused
            .has(&["not the code", "Olivia &lt;b&gt;", "olivia@example.com"])
            .lacks(&["unusual words"]);
        let weak = [
            ("code", code.as_str()),
            ("account", ""),
            ("name", "Olivia"),
            ("email", "olivia"),
            ("password", "password1234"),
        ];
        let refused = visitor.post("/setup", &weak).await;
        assert_eq!(refused.status, 422);
        refused.has(&["The account needs a name", "no email address", "easy to guess"]);

        let code: &'static str = code.leak();
        let right = form(code);
        let (one, two) = tokio::join!(visitor.post("/setup", &right), visitor.post("/setup", &right));
        let won = [&one, &two].into_iter().find(|page| page.location == "/");
        let cookies = won.unwrap().header("set-cookie");
        let mut olivia = visitor.clone();
        cookies.split(';').next().unwrap().clone_into(&mut olivia.cookie);
        let mut ways = [one.goes_to(), two.goes_to()];
        ways.sort();
        assert_eq!(ways, ["/", SIGN_IN]);
        let log = olivia
            .get("/settings/audit?action=platform_admin_added")
            .await
            .ok();
        assert_eq!(log.text.matches("class=\"row-title\"").count(), 1);
        assert_eq!(visitor.get("/setup").await.goes_to(), SIGN_IN);
        assert_eq!(visitor.post("/setup", &form(code)).await.goes_to(), SIGN_IN);
    }
}

#[tokio::test]
async fn the_code_of_a_new_server_is_tried_slowly() {
    for test in testing::databases().await {
        let app = App::new(Settings::default(), Clock::fixed(testing::now()), test.db.clone());
        let code = app.setup.prepare(&app.db, &mut app.random()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let visitor = Visitor::at(listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, router(app.clone()), &app, std::future::pending()).await });
        let wrong = "7777-7777-7777-7777-7777-7777-7777";
        let form = |code: &str| {
            let form = [
                ("code", code),
                ("account", "Contoso"),
                ("name", "Olivia Owner"),
                ("email", "olivia@example.com"),
                ("password", "several quite unusual words"),
            ];
            form.map(|(name, value)| (name, value.to_owned()))
        };
        let post = async |code: &str| {
            let form = form(code);
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            visitor.post("/setup", &form).await
        };
        for _ in 0..3 {
            assert_eq!(post(wrong).await.status, 422);
        }
        // Nor does the right one get in by then.
        for code in [wrong, code.unwrap().as_str()] {
            let refused = post(code).await;
            assert_eq!(refused.status, 429);
            assert_eq!(refused.header("retry-after"), "20");
            assert_eq!(refused.header("set-cookie"), "");
            refused
                .has(&[
                    "Too many attempts to set this server up. Try again in 20 seconds.",
                    "olivia@example.com",
                ])
                .lacks(&["not the code", "unusual words"]);
        }
        assert_eq!(visitor.get("/setup").await.status, 200);
    }
}

#[tokio::test]
async fn too_many_tries_say_when_to_come_again_and_a_known_browser_is_let_in() {
    for test in testing::databases().await {
        let app = TestApp::on(test, |settings| settings.throttle = Throttle::default()).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let form = |password: &'static str| {
            [
                ("email", "lena@example.com"),
                ("password", password),
                ("next", "/flows"),
            ]
        };
        let nobody = Visitor::new(&app);
        for _ in 0..2 {
            assert_eq!(nobody.post(SIGN_IN, &form("wrong")).await.status, 401);
        }
        for password in ["wrong", PASSWORD] {
            let refused = nobody.post(SIGN_IN, &form(password)).await;
            assert_eq!(refused.status, 429);
            assert_eq!(refused.header("retry-after"), "20");
            assert_eq!(refused.header("set-cookie"), "");
            refused
                .has(&[
                    "Too many attempts to sign in. Try again in 20 seconds.",
                    "lena@example.com",
                    "value=\"/flows\"",
                ])
                .lacks(&["is wrong"]);
        }
        // The same browser, signed out.
        let mut known = lena.clone();
        known.cookie.clone_from(&lena.device);
        assert_eq!(known.post(SIGN_IN, &form("wrong")).await.status, 401);
        assert_eq!(known.post(SIGN_IN, &form(PASSWORD)).await.goes_to(), "/flows");
    }
}
