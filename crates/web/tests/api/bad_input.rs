//! What is wrong is answered with its kind and its place, and nothing of it is done.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::asking::Ask;
use crate::cast::{Member, TestApp, apps, flow_document, path};

/// A session of Lena's to send nonsense to.
struct Target {
    app: TestApp,
    lena: Member,
    session: Value,
}

async fn targets() -> Vec<Target> {
    let mut targets = Vec::new();
    for app in apps().await {
        let lena = app.member("lena");
        let session = lena.starts(&app.flow().await).await;
        targets.push(Target { app, lena, session });
    }
    targets
}

impl Target {
    fn at(&self, what: &str) -> String {
        format!("{}{what}", path(&self.session))
    }

    /// A request for variables with a body as it is.
    fn variables(&self, body: impl Into<reqwest::Body>) -> Ask {
        self.lena
            .patch(self.at("/variables"))
            .body("application/json", body)
    }

    /// Nothing was done: the session has its start and no more.
    async fn is_untouched(&self) {
        let events = self.app.verified_events(self.lena.account, &self.session).await;
        assert_eq!(events.len(), 1, "a refused request leaves nothing behind");
        assert_eq!(self.lena.sees(&self.session).await, self.session);
    }
}

#[tokio::test]
async fn json_that_cannot_be_read_is_shown_with_its_place() {
    for target in targets().await {
        let at = async |body: &[u8]| {
            let problem = target.variables(body.to_vec()).await.problem("bad-request");
            let error = &problem["errors"][0];
            (error["line"].as_u64(), error["column"].as_u64())
        };
        assert_eq!(at(b"{\"variables\": {\"port\": }}").await, (Some(1), Some(24)));
        assert_eq!(at(b"{\n  variables: {}\n}").await.0, Some(2));
        assert_eq!(at(b"{\"variables\": {}} {}").await, (Some(1), Some(19)));
        assert_eq!(
            at(b"{\"variables\": {\"port\": \"\xff\"}}").await,
            (Some(1), Some(25))
        );
        target.variables("").await.problem("bad-request");
        target.variables("  \n").await.problem("bad-request");
        target.variables("nonsense").await.problem("bad-request");
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep = target.variables(deep).await.problem("bad-request");
        assert!(
            deep["detail"].as_str().unwrap().contains("127 levels"),
            "{deep:#}"
        );
        target.is_untouched().await;
    }
}

#[tokio::test]
async fn each_wrong_member_is_pointed_at() {
    for target in targets().await {
        for (body, pointer) in [
            ("[]", ""),
            (r#""text""#, ""),
            ("{}", ""),
            (r#"{"variables": []}"#, "/variables"),
            (r#"{"variables": {"port": 5}}"#, "/variables/port"),
            (r#"{"variables": {"port": ["5"]}}"#, "/variables/port"),
            (r#"{"variables": {}, "keep_invalid": "yes"}"#, "/keep_invalid"),
            (
                r#"{"variables": {}, "expected": {"port": "1"}}"#,
                "/expected/port",
            ),
            (
                r#"{"variables": {}, "expected": {"port": 1e99}}"#,
                "/expected/port",
            ),
            (
                r#"{"variables": {"port": "1"}, "expected": {"port": -1}}"#,
                "/expected/port",
            ),
            (
                r#"{"variables": {"port": "1"}, "expected": {"reason": 1}}"#,
                "/expected/reason",
            ),
            (r#"{"variables": {}, "variable": {}}"#, "/variable"),
            (r#"{"variables": {"port": "1", "port": "2"}}"#, "/variables/port"),
            (r#"{"variables": {}, "variables": {}}"#, "/variables"),
            (r#"{"variables": {"port": "1", "PORT": "2"}}"#, "/variables/port"),
            (r#"{"variables": {"nothing": "1"}}"#, "/variables/nothing"),
            (r#"{"variables": {"a/b~c": "1"}}"#, "/variables/a~1b~0c"),
            (r#"{"variables": {"": "1"}}"#, "/variables/"),
            (
                r#"{"variables": {"port": "70000", "reason": "fits"}}"#,
                "/variables/port",
            ),
            (r#"{"variables": {"reason": "a\u0000b"}}"#, "/variables/reason"),
        ] {
            let answer = target.variables(body).await;
            answer.problem_at("unprocessable", pointer);
        }
        let both = r#"{"variables": {"address": "x", "port": "y"}}"#;
        let both = target.variables(both).await.problem("unprocessable");
        assert_eq!(
            both["errors"].as_array().unwrap().len(),
            2,
            "all at once: {both:#}"
        );
        target.is_untouched().await;
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    for target in targets().await {
        let spaces = format!("{{\"variables\": {{{}}}}}", " ".repeat(2 << 20));
        target.variables(spaces).await.problem("payload-too-large");
        let long = json!({"variables": {"reason": "x".repeat(64 * 1024 + 1)}});
        let long = target.variables(long.to_string()).await;
        long.problem_at("unprocessable", "/variables/reason");

        let letters = |number: usize| {
            let letter =
                |place: u32| char::from(b'a' + u8::try_from(number / 26_usize.pow(place) % 26).unwrap());
            (0..4).map(letter).collect::<String>()
        };
        let members: Vec<_> = (0..100_000)
            .map(|number| format!("\"{}\":\"\"", letters(number)))
            .collect();
        let many = format!("{{\"variables\":{{{}}}}}", members.join(","));
        assert!(
            many.len() < 1 << 20,
            "it is refused for its members and not for its size"
        );
        target
            .variables(many)
            .await
            .problem_at("unprocessable", "/variables");

        let text = |bytes: usize| json!({"text": "x".repeat(bytes)});
        let note = |body: Value| target.lena.post(target.at("/notes")).json(&body);
        note(text(64 * 1024 + 1))
            .await
            .problem_at("unprocessable", "/text");
        note(text(0)).await.problem_at("unprocessable", "/text");
        let title = json!({"title": "x".repeat(501)});
        let title = target.lena.patch(target.at("")).json(&title).await;
        title.problem_at("unprocessable", "/title");
        let step = |body: Value| target.lena.put(target.at("/steps/restart")).json(&body);
        let output = json!({"output": "x".repeat(64 * 1024 + 1)});
        step(output).await.problem_at("unprocessable", "/output");
        step(json!({"state": "gone"}))
            .await
            .problem_at("unprocessable", "/state");
        step(json!({"checks": {"2": true}}))
            .await
            .problem("unprocessable");
        step(json!({"checks": {"70000": true}}))
            .await
            .problem("unprocessable");
        let words = "x".repeat(201);
        let list = target.lena.get(format!("/sessions?q={words}")).await;
        list.problem_at("unprocessable", "q");
        target.is_untouched().await;
    }
}

#[tokio::test]
async fn documents_that_are_none_are_refused() {
    for target in targets().await {
        let import = |kind: &str, body: Vec<u8>| target.lena.post("/flows/import").body(kind, body);
        import("application/json", b"{}".to_vec())
            .await
            .problem("unsupported-media-type");
        let place = |problem: Value| {
            let error = problem["errors"][0].clone();
            (error["line"].as_u64(), error["column"].as_u64())
        };
        let broken = import("text/markdown", b"# A\n\nb\xff".to_vec()).await;
        assert_eq!(place(broken.problem("bad-request")), (Some(3), Some(2)));
        let nul = import("text/markdown", b"# A\n\nb\0".to_vec()).await;
        assert_eq!(place(nul.problem("unprocessable")), (Some(3), Some(2)));
        import("text/markdown", vec![b'x'; 9 << 20])
            .await
            .problem("payload-too-large");
        import("text/markdown", vec![b'x'; 2 << 20])
            .await
            .problem("unprocessable");
        let secret =
            b"---\ntitle: A\nfields:\n  - { name: key, type: text, secret: true }\n---\n\n## B {#b}\n\nC.\n";
        import("text/markdown", secret.to_vec())
            .await
            .problem("unprocessable");

        let create = |change: fn(&mut Value)| {
            let mut document = flow_document();
            change(&mut document);
            target.lena.post("/flows").json(&document)
        };
        let twice = create(|flow| flow["fields"][1]["name"] = json!("Server_Name")).await;
        twice.problem_at("unprocessable", "/fields/1/name");
        let step = create(|flow| flow["sections"][0]["steps"][1]["id"] = json!("look")).await;
        step.problem_at("unprocessable", "/sections/0/steps/1/id");
        let kind = create(|flow| flow["fields"][0]["type"] = json!("colour")).await;
        kind.problem("unprocessable");
        let title = create(|flow| flow["title"] = json!("")).await;
        title.problem_at("unprocessable", "/title");
        let unknown = create(|flow| flow["colour"] = json!("red")).await;
        unknown.problem_at("unprocessable", "/colour");
        let secret = create(|flow| flow["fields"][3]["secret"] = json!(true)).await;
        secret.problem("unprocessable");
        let flows = target.lena.get("/flows").await.with(200);
        assert_eq!(
            flows["items"].as_array().unwrap().len(),
            1,
            "none of them was kept"
        );
    }
}

#[tokio::test]
async fn ids_that_cannot_be_are_ids_that_never_were() {
    for target in targets().await {
        let never = target
            .lena
            .get("/sessions/01900000-0000-7000-8000-000000000000")
            .await;
        for id in [
            "x",
            "0",
            "%00",
            "..%2f",
            "%ff",
            "01900000-0000-7000-8000-00000000000g",
            &"9".repeat(4000),
        ] {
            let answer = target.lena.get(format!("/sessions/{id}")).await;
            assert_eq!(answer.comparable(), never.comparable(), "{id}");
            target
                .lena
                .does("start", &json!({ "id": id }))
                .await
                .problem("not-found");
            target.lena.get(format!("/flows/{id}")).await.problem("not-found");
            target
                .lena
                .delete(format!("/tokens/{id}"))
                .await
                .problem("not-found");
        }
        let start = |body: Value| target.lena.post("/sessions").json(&body);
        start(json!({"flow_id": "x"}))
            .await
            .problem_at("unprocessable", "/flow_id");
        start(json!({"flow_id": null}))
            .await
            .problem_at("unprocessable", "/flow_id");
        for version in ["0", "-1", "x", "99999999999999999999"] {
            let flow = target.session["flow_id"].as_str().unwrap();
            let answer = target.lena.get(format!("/flows/{flow}/versions/{version}")).await;
            answer.problem("not-found");
        }
        for step in ["none", "%00", "A%20B", &"x".repeat(4000)] {
            let step = target.lena.put(target.at(&format!("/steps/{step}")));
            step.json(&json!({"state": "done"})).await.problem("not-found");
        }
        target.is_untouched().await;
    }
}

#[tokio::test]
async fn queries_say_which_parameter_is_wrong() {
    for target in targets().await {
        for (query, parameter) in [
            ("limit=0", "limit"),
            ("limit=-5", "limit"),
            ("limit=many", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("limit=1&limit=2", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=AAAA", "cursor"),
            ("cursor=%F0%9F%92%A9", "cursor"),
            ("status=gone", "status"),
            ("assigned_to_id=somebody", "assigned_to_id"),
            ("owner_id=none", "owner_id"),
            ("flow_id=x", "flow_id"),
            ("started_after=yesterday", "started_after"),
            ("colour=red", "colour"),
            ("q=%00", ""),
        ] {
            let answer = target.lena.get(format!("/sessions?{query}")).await;
            answer.problem_at("unprocessable", parameter);
        }
        // A cursor of another list, which counts numbers.
        let events = target
            .lena
            .get(target.at("/events?cursor=AZAAAAAAcACAAAAAAAAAAA"))
            .await;
        events.problem_at("unprocessable", "cursor");
        let most = target.lena.get("/sessions?limit=5000").await.with(200);
        assert_eq!(
            most["items"].as_array().unwrap().len(),
            1,
            "more than the most is the most"
        );
    }
}

#[tokio::test]
async fn headers_are_checked_too() {
    for target in targets().await {
        let title = |version: &str| {
            let patch = target.lena.patch(target.at("")).json(&json!({"title": "Other"}));
            patch.header("if-match", version)
        };
        for stale in ["\"999\"", "\"other\"", "W/\"1\"", "\"7\", \"8\""] {
            let refused = title(stale).await.problem("precondition-failed");
            assert_eq!(refused["current_version"], 1);
        }
        for wrong in ["1", "", "\"1"] {
            title(wrong).await.problem_at("bad-request", "If-Match");
        }
        for wrong in ["", "two words", "\u{fc}", &"k".repeat(256)] {
            let answer = target
                .variables("{\"variables\": {\"port\": \"1\"}}")
                .key(wrong)
                .await;
            answer.problem_at("bad-request", "Idempotency-Key");
        }
        for kind in [
            "text/plain",
            "application/jsonp",
            "application/x-www-form-urlencoded",
        ] {
            let answer = target
                .lena
                .patch(target.at("/variables"))
                .body(kind, "{\"variables\": {}}")
                .await;
            answer.problem("unsupported-media-type");
        }
        let answer = target.lena.put(target.at("/variables")).json(&json!({})).await;
        answer.problem("method-not-allowed");
        assert_eq!(answer.headers["allow"], "PATCH");
        target.is_untouched().await;
        title("\"1\"").await.with(200);
        title("*").await.with(200);
        title("\"1\"").await.problem("precondition-failed");
    }
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    for target in targets().await {
        let large = |bytes: usize| {
            let request = target.app.nobody().ask("GET", "/me");
            request.header("x-large", &"x".repeat(bytes))
        };
        large(16 * 1024).await.problem("unauthorized");
        let mut stream = TcpStream::connect(target.app.address).await.unwrap();
        let head = format!(
            "GET /api/v1/me HTTP/1.1\r\nhost: x\r\nx-large: {}",
            "x".repeat(64 * 1024)
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        let long = target
            .lena
            .get(format!("/sessions?q={}", "x".repeat(20_000)))
            .await;
        long.problem_at("unprocessable", "q");
    }
}
