//! Letters that anybody can ask for by an address: answered alike whether somebody has it or not, so many and no more, and
//! needed before the first sign-in.

use std::time::Instant;

use chrono::TimeDelta;
use resolutionflow::config::{PublicUrl, Sender, Settings, SignupMode, Throttle, Transport};
use resolutionflow::housekeeping::forget;
use resolutionflow_store::mail_tokens::Purpose;
use resolutionflow_store::testing::databases;
use resolutionflow_store::{Db, Error, Tx};
use serde_json::json;

use crate::asking::{Answer, Ask};
use crate::cast::TestApp;
use crate::letting_in::{STRONG, count, form, mailed, platform_invite};

fn with_mail(settings: &mut Settings) {
    settings.server.public_url = PublicUrl::new("https://flows.example.com").unwrap();
    settings.mail.transport = Transport::File;
    settings.mail.from = Sender::new("flows@example.com").unwrap();
    settings.signup.mode = SignupMode::Open;
}

/// The letters that wait, either those that go before the rest or the others: to whom, and their subjects.
async fn letters(db: &Db, urgent: bool) -> Vec<(String, String)> {
    let read: Result<Vec<(String, String)>, Error> = db
        .read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT address, payload FROM outbox WHERE urgent = $1 AND payload IS NOT NULL ORDER BY id";
                tx.all(sql, &[&urgent]).await
            })
        })
        .await;
    let subject = |payload: String| {
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        payload["subject"].as_str().unwrap().to_owned()
    };
    let mut letters: Vec<_> = read
        .unwrap()
        .into_iter()
        .map(|(address, payload)| (address, subject(payload)))
        .collect();
    letters.sort();
    letters
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike() {
    for test in databases().await {
        let app = TestApp::on(test, with_mail).await;
        let sign_up = |email: &str| {
            let lines = [
                ("account", "Fresh"),
                ("name", "Somebody"),
                ("email", email),
                ("password", STRONG),
            ];
            form(&app.client, "/sign-up", &lines)
        };
        let forgot = |email: &str| form(&app.client, "/forgot", &[("email", email)]);
        let plain = |answer: &Answer, email: &str| {
            let (status, headers, text) = answer.comparable();
            assert!(text.contains(email), "{text}");
            let headers: Vec<_> = headers
                .into_iter()
                .filter(|(name, _)| name != "content-length")
                .collect();
            (status, headers, text.replace(email, "ADDRESS"))
        };
        for ask in [&forgot as &dyn Fn(&str) -> Ask, &sign_up] {
            let known = ask("lena@example.com").await;
            let unknown = ask("nobody@example.com").await;
            assert_eq!(known.status, 200, "{}", known.text());
            assert_eq!(
                plain(&known, "lena@example.com"),
                plain(&unknown, "nobody@example.com")
            );
        }
        let expected = [
            ("lena@example.com", "Set a new password"),
            ("lena@example.com", "You have an account already"),
            ("nobody@example.com", "Is this your address?"),
        ];
        let expected = expected.map(|(to, subject)| (to.to_owned(), subject.to_owned()));
        assert_eq!(letters(&app.app.db, true).await, expected);
    }
}

#[tokio::test]
async fn letters_that_anybody_can_ask_for_have_a_bound_for_each_address_and_each_asker() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.throttle = Throttle {
                address_per_minute: 1_000,
                address_burst: 1_000,
                ..Throttle::default()
            };
        })
        .await;
        let forgot = |email: &str| form(&app.client, "/forgot", &[("email", email)]);
        for email in ["lena@example.com", "nobody@example.com"] {
            let mut statuses = Vec::new();
            for _ in 0..4 {
                statuses.push(forgot(email).await.status);
            }
            assert_eq!(statuses, [200, 200, 200, 429], "{email}");
        }
        let refused = forgot("Lena@Example.com").await;
        assert_eq!(refused.headers["retry-after"], "600");
        assert_eq!(letters(&app.app.db, true).await.len(), 3);
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(forgot("lena@example.com").await.status, 200);
    }
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.throttle = Throttle::default();
        })
        .await;
        let mut statuses = Vec::new();
        for number in 0..4 {
            let email = format!("n{number}@example.com");
            statuses.push(form(&app.client, "/forgot", &[("email", &email)]).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429]);
    }
}

#[tokio::test]
async fn a_letter_tells_that_the_password_was_changed() {
    for test in databases().await {
        let app = TestApp::on(test, with_mail).await;
        let told = [(
            "lena@example.com".to_owned(),
            "Your password was changed".to_owned(),
        )];
        let secret = mailed(&app, "lena@example.com", Purpose::Reset).await;
        let reset = |password: &'static str| {
            form(
                &app.client,
                "/reset",
                &[("token", secret.as_str()), ("password", password)],
            )
        };
        assert_eq!(reset("short").await.status, 422);
        assert!(letters(&app.app.db, true).await.is_empty());
        assert_eq!(reset(STRONG).await.status, 200);
        assert_eq!(letters(&app.app.db, true).await, told);
        assert_eq!(reset(STRONG).await.status, 410);
        assert_eq!(letters(&app.app.db, true).await, told);

        let lines = [("email", "lena@example.com"), ("password", STRONG)];
        let entered = form(&app.client, "/sign-in", &lines).await;
        let cookie = entered.headers["set-cookie"].to_str().unwrap().split(';').next();
        let cookie = cookie.unwrap().to_owned();
        let change = |current: &'static str| {
            let lines = [
                ("current", current),
                ("new-password", "seven purple tractors at dawn"),
            ];
            form(&app.client, "/settings/password", &lines).header("cookie", &cookie)
        };
        assert_eq!(change("wrong").await.status, 422);
        assert_eq!(letters(&app.app.db, true).await, told);
        assert_eq!(change(STRONG).await.status, 303);
        assert_eq!(letters(&app.app.db, true).await, [told.clone(), told].concat());
    }
}

/// Prints, and asserts nothing: how long an answer takes is the machine's business.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes"]
async fn sign_up_and_reset_take_as_long_for_known_and_unknown_addresses() {
    const TIMES: usize = 2_000;
    for test in databases().await {
        let app = TestApp::on(test, with_mail).await;
        for path in ["/sign-up", "/forgot"] {
            let mut times = [Vec::new(), Vec::new()];
            for number in 0..2 * TIMES {
                let unknown = format!("nobody{number}{}@example.com", path.len());
                let email = ["lena@example.com", unknown.as_str()][number % 2];
                let lines = [
                    ("account", "Fresh"),
                    ("name", "Somebody"),
                    ("email", email),
                    ("password", STRONG),
                ];
                let began = Instant::now();
                assert_eq!(form(&app.client, path, &lines).await.status, 200);
                times[number % 2].push(began.elapsed());
            }
            let medians = times.map(|mut times| {
                times.sort();
                times[times.len() / 2]
            });
            println!(
                "{:?} {path}: medians of {TIMES}: known {:?}, unknown {:?}",
                app.engine(),
                medians[0],
                medians[1]
            );
        }
    }
}

/// Where the newest letter to an address leads.
async fn link(db: &Db, to: &'static str) -> String {
    let read: Result<(String,), Error> = db
        .read(move |tx: &mut Tx| {
            Box::pin(async move {
                let sql =
                    "SELECT payload FROM outbox WHERE address = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
                tx.one(sql, &[&to]).await
            })
        })
        .await;
    let payload: serde_json::Value = serde_json::from_str(&read.unwrap().0).unwrap();
    let plain = payload["plain"].as_str().unwrap();
    let (_, rest) = plain.split_once("/verify?token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_not_confirmed_is_nobody_and_a_newer_sign_up_takes_the_place_of_theirs() {
    for test in databases().await {
        let app = TestApp::on(test, with_mail).await;
        let sign_up = async |account: &str, email: &str| {
            let lines = [("account", account), ("name", "Fiona"), ("email", email)];
            form(&app.client, "/sign-up", &lines).await.status
        };
        assert_eq!(sign_up("Fresh", "Fiona@example.com").await, 200);
        let first = link(&app.app.db, "Fiona@example.com").await;
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(sign_up("Fresher", "Fiona@example.com").await, 200);
        let login = |password: &str| {
            let login = json!({"email": "fiona@example.com", "password": password});
            app.client.ask("POST", "/auth/login").json(&login)
        };
        login(STRONG).await.problem("unauthorized");
        let somebody = "SELECT COUNT(*) FROM users WHERE email_key = 'fiona@example.com'";
        assert_eq!(count(&app.app.db, somebody).await, 0);
        let verify = async |token: &str| {
            let lines = [("token", token), ("password", STRONG)];
            form(&app.client, "/verify", &lines).await.status
        };
        assert_eq!(verify(&first).await, 410, "the newest letter counts");
        assert_eq!(verify(&link(&app.app.db, "Fiona@example.com").await).await, 200);
        login(STRONG).await.with(200);
        let made = "SELECT COUNT(*) FROM accounts WHERE name LIKE 'Fresh%'";
        assert_eq!(count(&app.app.db, made).await, 1);
    }
}

/// Signing up, signing in and forgetting in turn tell nothing that each of them alone does not.
#[tokio::test]
async fn what_is_asked_after_a_sign_up_does_not_tell_whose_an_address_is() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.throttle = Throttle {
                address_per_minute: 1_000,
                address_burst: 1_000,
                ..Throttle::default()
            };
        })
        .await;
        let disabled = app.app.db.write::<_, Error, _>(|tx| {
            let sql = "UPDATE users SET disabled_at = created_at WHERE email_key = 'morgan@example.com'";
            Box::pin(async move { tx.execute(sql, &[]).await })
        });
        assert_eq!(disabled.await.unwrap(), 1);
        let mut seen = Vec::new();
        for email in ["lena@example.com", "nobody@example.com", "morgan@example.com"] {
            let mut statuses = Vec::new();
            let lines = [
                ("account", "Fresh"),
                ("name", "Somebody"),
                ("email", email),
                ("password", STRONG),
            ];
            for path in [
                "/sign-up", "/sign-in", "/sign-in", "/forgot", "/forgot", "/forgot",
            ] {
                statuses.push(form(&app.client, path, &lines).await.status);
            }
            seen.push(statuses);
        }
        assert_eq!(seen[0], [200, 401, 401, 200, 200, 429]);
        assert!(seen.iter().all(|statuses| *statuses == seen[0]), "{seen:?}");
    }
}

#[tokio::test]
async fn a_code_does_not_tell_whose_an_address_is_and_is_used_when_somebody_confirms() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.signup.mode = SignupMode::Invite;
        })
        .await;
        let db = &app.app.db;
        let code = platform_invite(db, 1, app.app.now()).await;
        let sign_up = async |email: &str| {
            let lines = [
                ("code", code.as_str()),
                ("account", "Fresh"),
                ("name", "Somebody"),
                ("email", email),
                ("password", STRONG),
            ];
            form(&app.client, "/sign-up", &lines).await.status
        };
        // Of the ones who are here, who are not, and who come too late, nobody learns anything.
        let left = "SELECT uses_left FROM platform_invites";
        for email in ["lena@example.com", "fiona@example.com", "late@example.com"] {
            assert_eq!((sign_up(email).await, count(db, left).await), (200, 1), "{email}");
        }
        let verify = async |to| {
            let token = link(db, to).await;
            let lines = [("token", token.as_str()), ("password", STRONG)];
            form(&app.client, "/verify", &lines).await.status
        };
        assert_eq!(
            (verify("fiona@example.com").await, count(db, left).await),
            (200, 0)
        );
        let late = form(
            &app.client,
            "/verify",
            &[
                ("token", &link(db, "late@example.com").await),
                ("password", STRONG),
            ],
        )
        .await;
        assert_eq!(late.status, 410);
        assert!(
            late.text().contains("Ask whoever gave it to you"),
            "{}",
            late.text()
        );
        let made = "SELECT COUNT(*) FROM users WHERE email_key = 'late@example.com'";
        assert_eq!(count(db, made).await, 0);
        assert_eq!(sign_up("more@example.com").await, 422, "it is used up now");

        // What nobody confirmed is forgotten after a day.
        assert_eq!(count(db, "SELECT COUNT(*) FROM sign_ups").await, 2);
        app.clock.advance(TimeDelta::hours(25));
        forget(&app.app).await.unwrap();
        assert_eq!(count(db, "SELECT COUNT(*) FROM sign_ups").await, 0);
        assert_eq!(verify("late@example.com").await, 410);
    }
}

#[tokio::test]
async fn the_invites_that_an_account_mails_have_a_bound_that_holds_whole_requests() {
    for test in databases().await {
        let app = TestApp::on(test, |settings| {
            with_mail(settings);
            settings.throttle.invites_per_hour = 60;
            settings.throttle.invites_burst = 5;
        })
        .await;
        let [adam, olivia, sid] = ["adam", "olivia", "sid"].map(|name| app.member(name));
        let body = |numbers: std::ops::Range<usize>| {
            let emails: Vec<_> = numbers.map(|number| format!("new{number}@example.com")).collect();
            json!({ "emails": emails, "role": "viewer" })
        };
        let four = || adam.post("/invites").json(&body(0..4)).key("once");
        let made = four().await.with(201);
        assert_eq!(four().await.with(201), made, "what is repeated is not counted");
        let waiting = async || letters(&app.app.db, false).await.len();
        assert_eq!(waiting().await, 4);

        let refused = olivia.post("/invites").json(&body(4..6)).await;
        refused.problem("too-many-attempts");
        assert_eq!(refused.headers["retry-after"], "60");
        let listed = olivia.get("/invites").await.with(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 4, "nothing was made");
        assert_eq!(waiting().await, 4);

        // The refusal took nothing: one is left, and another account has its own.
        olivia.post("/invites").json(&body(4..5)).await.with(201);
        sid.post("/invites").json(&body(0..5)).await.with(201);
        let again = format!("/invites/{}/resend", made["items"][0]["id"].as_str().unwrap());
        adam.post(&again).await.problem("too-many-attempts");
        let link = json!({ "role": "viewer" });
        adam.post("/invites").json(&link).await.with(201);
        assert_eq!(waiting().await, 10);

        app.clock.advance(TimeDelta::minutes(1));
        adam.post(&again).await.with(200);
        adam.post(&again).await.problem("too-many-attempts");
    }
}
