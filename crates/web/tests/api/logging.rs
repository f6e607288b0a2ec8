//! The log of the program as whoever runs it reads it: who was refused, what failed, and nothing that a request wrote.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use resolutionflow::context::Clock;
use resolutionflow_store::testing::{databases, sqlite};
use serde_json::{Value, json};

use crate::asking::{Answer, Client};
use crate::cast::{Cast, PASSWORD, flow_document};
use crate::mail_failing::program;
use crate::mail_server::{Answer as MailAnswer, MailServer};
use crate::process::Server;

/// The lines of a log, each of which is one JSON object.
fn entries(log: &str) -> Vec<Value> {
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            entry["timestamp"].is_string() && entry["level"].is_string(),
            "{line}"
        );
        entry
    };
    log.lines().map(entry).collect()
}

/// The one line of that kind of event.
fn the_one(entries: &[Value], is_it: impl Fn(&Value) -> bool) -> &Value {
    let found: Vec<_> = entries.iter().filter(|entry| is_it(entry)).collect();
    assert_eq!(found.len(), 1, "{entries:#?}");
    found[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refused_authorisation_is_a_line_with_its_request() {
    for test in databases().await {
        let cast = Cast::make(&test.db, Clock::system().now()).await;
        test.db.clone().close().await;
        let server = Server::start(&test.config.url);
        let client = Client::new(server.address);
        let (lena, vera) = (cast.member("lena", &client), cast.member("vera", &client));
        let reads = json!({"name": "reads", "scopes": ["read"]});
        let reads = lena.post("/tokens").json(&reads).await.with(201);
        let reads = reads["token"].as_str().unwrap().to_owned();
        let login = || {
            let body = json!({"email": "lena@example.com", "password": "wrong horse battery staple"});
            client.ask("POST", "/auth/login").json(&body)
        };
        let foreign = client
            .ask("POST", "/sign-in")
            .header("origin", "https://evil.example")
            .body("application/x-www-form-urlencoded", "email=a&password=b");

        let mut refused: Vec<(Answer, u16, &str, &str)> = vec![
            (client.ask("GET", "/me").await, 401, "unauthorized", "/api/v1/me"),
            (
                client.ask("GET", "/me").token(&format!("{}x", lena.token)).await,
                401,
                "unauthorized",
                "/api/v1/me",
            ),
            (login().await, 401, "unauthorized", "/api/v1/auth/login"),
            (
                vera.post("/flows").json(&flow_document()).await,
                403,
                "forbidden",
                "/api/v1/flows",
            ),
            (
                client
                    .ask("POST", "/flows")
                    .token(&reads)
                    .json(&flow_document())
                    .await,
                403,
                "scope-missing",
                "/api/v1/flows",
            ),
            (foreign.await, 403, "forbidden", "/sign-in"),
        ];
        // One address tries passwords until it has to wait.
        for _ in 0..10 {
            let answer = login().await;
            if answer.status == 429 {
                let kind = answer.json()["type"].as_str().unwrap().to_owned();
                assert_eq!(kind, "/problems/too-many-attempts");
                refused.push((answer, 429, "too-many-attempts", "/api/v1/auth/login"));
                break;
            }
            refused.push((answer, 401, "unauthorized", "/api/v1/auth/login"));
        }
        assert_eq!(refused.last().unwrap().1, 429);

        let log = server.stop();
        let entries = entries(&log);
        for (answer, status, kind, route) in refused {
            assert_eq!(answer.status, status, "{}", answer.text());
            let id = answer.headers["x-request-id"].to_str().unwrap();
            let is_it = |entry: &Value| entry["message"] == "refused" && entry["span"]["request_id"] == id;
            let line = the_one(&entries, is_it);
            assert_eq!(
                (&line["level"], &line["kind"], &line["span"]["route"]),
                (&json!("INFO"), &json!(kind), &json!(route))
            );
        }
        for secret in [&lena.token, &reads, "wrong horse", PASSWORD, "lena@", "evil"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_fails_is_a_line_with_its_cause_that_names_nobody() {
    for test in databases().await {
        let cast = Cast::make(&test.db, Clock::system().now()).await;
        test.db.clone().close().await;
        let mails = MailServer::start();
        mails.answers(MailAnswer::Code(451));
        let server = program(&test, &mails);
        let lena = cast.member("lena", &Client::new(server.address));
        let flow = lena.creates(&flow_document()).await;
        lena.prepares(&flow).for_("morgan").await;
        // At most a minute, and the moment that it takes when all is well.
        for _ in 0..3_000 {
            if !mails.offered().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(mails.offered().len(), 1);
        // An orderly stop finishes what is being sent.
        let log = server.stop();
        let entries = entries(&log);
        let line = the_one(&entries, |entry| entry["message"] == "mail was not sent");
        assert_eq!(
            (&line["level"], &line["reason"]),
            (&json!("WARN"), &json!("the mail server answered 451"))
        );
        assert!(
            line["letter"].as_str().is_some_and(|name| !name.is_empty()),
            "{line}"
        );
        assert!(!log.contains("morgan") && !log.contains("Restart"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_writes_a_line_of_its_own() {
    let test = sqlite(|_| {}).await;
    let cast = Cast::make(&test.db, Clock::system().now()).await;
    test.db.clone().close().await;
    let settings = [
        ("RESOLUTIONFLOW_LOG__LEVEL", "info,resolutionflow=trace"),
        ("RESOLUTIONFLOW_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let server = Server::start_with(&test.config.url, &settings);
    let client = Client::new(server.address);
    let lena = cast.member("lena", &client);
    let line = "\n{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"ERROR\",\"message\":\"forged\"}\n";
    let encoded = utf8_percent_encode(line, NON_ALPHANUMERIC).to_string();
    let mut asked = 0;
    let mut is_answered = |answer: &Answer| {
        assert!((400..500).contains(&answer.status), "{}", answer.text());
        asked += 1;
    };
    for path in [
        format!("/flows/{encoded}"),
        format!("/sessions?status={encoded}"),
        format!("/{encoded}"),
        format!("/api/{encoded}/forged"),
    ] {
        is_answered(&lena.get(path).await);
    }
    let quoted = "x\", \"level\": \"ERROR\", \"message\": \"forged\\u000a";
    for name in ["user-agent", "x-forwarded-for", "x-request-id", "authorization"] {
        is_answered(&client.ask("GET", "/me").header(name, quoted).await);
    }
    let login = json!({"email": format!("forged@example.com{line}"), "password": line});
    is_answered(&client.ask("POST", "/auth/login").json(&login).await);
    let document = json!({ "title": line, "forged": line });
    is_answered(&lena.post("/flows").json(&document).await);
    is_answered(&lena.post("/flows").body("application/json", line).await);
    // The name of a method is the one word that is written as it came; it has no room for more (RFC 9110, section 9.1).
    let method = client.ask("FORGED", "/me").token(&lena.token).await;
    is_answered(&method);

    let log = server.stop();
    let entries = entries(&log);
    assert!(!log.contains("forged"), "{log}");
    let answered = entries.iter().filter(|entry| entry["message"] == "answered");
    assert_eq!(answered.count(), asked);
    let named: Vec<_> = entries
        .iter()
        .filter(|entry| entry["span"]["method"] == "FORGED")
        .collect();
    assert!(!named.is_empty());
    let words = |entry: &Value| entry.to_string().matches("FORGED").count();
    assert!(named.iter().all(|entry| words(entry) == 1), "{named:#?}");
}
