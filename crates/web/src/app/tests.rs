//! What every request gets, whatever it asks.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::routing::post;
use chrono::DateTime;
use resolutionflow_store::testing::{self, TestDb};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::config::Settings;
use crate::context::Clock;
use crate::request::{IdempotencyKey, IfMatch, Json, Markdown, Path, Query};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(default)]
    limit: u32,
}

/// An application on a database of its own, which goes with the second value.
async fn app_with(change: impl FnOnce(&mut Settings)) -> (App, TestDb) {
    let test = testing::sqlite(|_| {}).await;
    let mut settings = Settings::default();
    change(&mut settings);
    (
        App::new(settings, Clock::fixed(DateTime::UNIX_EPOCH), test.db.clone()),
        test,
    )
}

async fn app() -> (App, TestDb) {
    app_with(|settings| settings.server.request_timeout = Duration::from_millis(200)).await
}

/// The router with operations that misbehave.
fn test_router(app: &App) -> Router {
    let faulty = Router::<App>::new()
        .route("/panic", get(async || -> &'static str { panic!("oh") }))
        .route(
            "/slow",
            get(async || std::future::pending::<&'static str>().await),
        )
        .route(
            "/broken",
            get(async || -> Result<&'static str> { Err(Error::internal("hunter2")) }),
        )
        .route("/json", post(async |Json(body): Json<Value>| Json(body)))
        .route("/import", post(async |Markdown(text): Markdown| text))
        .route(
            "/filter",
            get(async |Query(filter): Query<Filter>| filter.limit.to_string()),
        )
        .route(
            "/things/{id}",
            get(async |Path(id): Path<uuid::Uuid>| id.to_string()),
        )
        .route(
            "/headers",
            post(async |key: Option<IdempotencyKey>, version: Option<IfMatch>| {
                version.map_or(Ok(()), |version| version.check(7))?;
                Ok::<_, Error>(key.map(|key| key.as_str().to_owned()).unwrap_or_default())
            }),
        );
    complete(routes().nest("/api/test", faulty), app.clone())
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn kind(&self) -> String {
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            self.json()["request_id"],
            self.headers[REQUEST_ID].to_str().unwrap()
        );
        assert_eq!(self.json()["status"], self.status.as_u16());
        self.json()["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/")
            .to_owned()
    }
}

async fn ask(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (app, _test) = app().await;
    let response = test_router(&app)
        .oneshot(request.body(body.into()).unwrap())
        .await
        .unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), 10_000_000)
        .await
        .unwrap()
        .to_vec();
    Answer {
        status,
        headers,
        body,
    }
}

async fn get_answer(path: &str) -> Answer {
    ask(Method::GET, path, &[], "").await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_live_server_says_so() {
    let answer = get_answer("/healthz").await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, b"ok\n".as_slice())
    );
    assert_eq!(answer.headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(answer.headers[REQUEST_ID].len(), 36);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_document() {
    for path in [
        "/nowhere",
        "/api/v1/nothing",
        "/api/test/things/no-id",
        "/api/test/things/%00",
        "/problems/x",
    ] {
        assert_eq!(get_answer(path).await.kind(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn an_impossible_id_is_answered_like_one_that_never_was() {
    let without_id = |answer: Answer| {
        let mut document = answer.json();
        document["request_id"] = Value::Null;
        document
    };
    let one = without_id(get_answer("/api/test/things/no-id").await);
    let other = without_id(get_answer("/api/test/nowhere").await);
    assert_eq!(one, other);
}

#[tokio::test]
async fn a_wrong_method_lists_the_right_ones() {
    for path in ["/healthz", "/api/test/panic"] {
        let answer = ask(Method::DELETE, path, &[("sec-fetch-site", "same-origin")], "").await;
        assert_eq!(answer.kind(), "method-not-allowed");
        assert_eq!(answer.headers[ALLOW], "GET,HEAD");
    }
}

#[tokio::test]
async fn faults_are_ours_and_tell_nothing() {
    for path in ["/api/test/panic", "/api/test/broken"] {
        let answer = get_answer(path).await;
        assert_eq!(answer.kind(), "internal");
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_has_its_time() {
    let answer = get_answer("/api/test/slow").await;
    assert_eq!(answer.kind(), "timeout");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn bodies_have_a_type_a_size_and_a_time() {
    let post =
        |headers: &'static [(&str, &str)], body: Body| ask(Method::POST, "/api/test/json", headers, body);
    assert_eq!(post(&[JSON], Body::from("{\"a\":1}")).await.body, b"{\"a\":1}");
    assert_eq!(
        post(&[("content-type", "text/plain")], Body::from("{}"))
            .await
            .kind(),
        "unsupported-media-type"
    );
    assert_eq!(post(&[], Body::from("{}")).await.kind(), "unsupported-media-type");
    let answer = post(&[JSON], Body::from(vec![b' '; 2 << 20])).await;
    assert_eq!(answer.kind(), "payload-too-large");
    assert_eq!(answer.json()["detail"], "The body is over the limit of 1 MiB.");
    // Announced by its length alone, and not announced at all.
    assert_eq!(
        post(&[JSON, ("content-length", "99999999")], Body::from("{}"))
            .await
            .kind(),
        "payload-too-large"
    );
    let parts = futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 << 10])));
    assert_eq!(
        post(&[JSON], Body::from_stream(parts)).await.kind(),
        "payload-too-large"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_not_waited_for() {
    let (app, _test) = app_with(|settings| settings.server.body_timeout = Duration::from_secs(2)).await;
    let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post("/api/test/json")
        .header(JSON.0, JSON.1)
        .body(body)
        .unwrap();
    let response = test_router(&app).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn documents_to_import_are_text() {
    let post = |body: Vec<u8>| {
        ask(
            Method::POST,
            "/api/test/import",
            &[("content-type", "text/markdown; charset=utf-8")],
            body,
        )
    };
    assert_eq!(post("# Ä".into()).await.body, "# Ä".as_bytes());
    assert_eq!(post(vec![b'x'; 2 << 20]).await.status, StatusCode::OK);
    assert_eq!(post(vec![b'x'; 9 << 20]).await.kind(), "payload-too-large");
    assert_eq!(post(b"a\n\xff".to_vec()).await.json()["errors"][0]["line"], 2);
    let answer = post(b"a\n\0".to_vec()).await;
    assert_eq!(
        (answer.kind().as_str(), &answer.json()["errors"][0]["line"]),
        ("unprocessable", &Value::from(2))
    );
}

#[tokio::test]
async fn parameters_of_the_query_are_checked() {
    assert_eq!(get_answer("/api/test/filter?limit=3").await.body, b"3");
    for (query, name) in [
        ("limit=x", "limit"),
        ("limit=%00", ""),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = get_answer(&format!("/api/test/filter?{query}")).await;
        assert_eq!(answer.kind(), "unprocessable");
        assert_eq!(answer.json()["errors"][0]["parameter"], name, "{}", answer.json());
    }
    assert_eq!(
        get_answer("/api/test/filter?limti=1").await.kind(),
        "unprocessable"
    );
}

#[tokio::test]
async fn headers_are_checked() {
    let post =
        |name, value| async move { ask(Method::POST, "/api/test/headers", &[(name, value)], "").await };
    assert_eq!(post("idempotency-key", "k-1").await.body, b"k-1");
    assert_eq!(post("idempotency-key", "a b").await.kind(), "bad-request");
    assert_eq!(post("idempotency-key", "").await.kind(), "bad-request");
    assert_eq!(post("if-match", "\"7\"").await.status, StatusCode::OK);
    assert_eq!(post("if-match", "\"8\"").await.json()["current_version"], 7);
    assert_eq!(post("if-match", "8").await.kind(), "bad-request");
}

#[tokio::test]
async fn every_problem_type_is_explained_at_its_address() {
    for kind in kinds::Kind::ALL {
        assert_eq!(get_answer(&kind.uri()).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_description_is_openapi_three_one() {
    assert_eq!(get_answer("/api/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn metrics_name_routes_not_paths() {
    let (app, _test) = app().await;
    for path in ["/healthz", "/secret/path", "/problems/conflict"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        test_router(&app).oneshot(request).await.unwrap();
    }
    let text = app.metrics.text();
    assert!(
        text.contains(r#"route="/problems/{name}",status="200"} 1"#),
        "{text}"
    );
    assert!(text.contains(r#"route="none",status="404"} 1"#) && !text.contains("secret"));
    assert!(text.contains("requests_running 0"));
}

#[tokio::test]
async fn a_ready_server_has_its_database() {
    for test in testing::databases().await {
        let app = App::new(Settings::default(), Clock::system(), test.db.clone());
        let ask = async || {
            let request = Request::get("/readyz").body(Body::empty()).unwrap();
            test_router(&app).oneshot(request).await.unwrap().status()
        };
        assert_eq!(ask().await, StatusCode::OK);
        let newer = test.db.write(|tx| {
            async {
                tx.execute("UPDATE schema_migrations SET version = version + 100", &[])
                    .await
            }
            .boxed()
        });
        newer.await.unwrap();
        assert_eq!(ask().await, StatusCode::SERVICE_UNAVAILABLE);
        test.db.clone().close().await;
        assert_eq!(ask().await, StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test]
async fn every_answer_says_what_browsers_may_do_with_it() {
    let (app, _database) = app().await;
    for path in ["/sign-in", "/nothing", "/api/v1/me", "/livez"] {
        let request = Request::builder()
            .uri(path)
            .header("accept", "text/html")
            .header("origin", "https://evil.example")
            .body(Body::empty())
            .unwrap();
        let answer = test_router(&app).oneshot(request).await.unwrap();
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
        let policy = header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(
            header("strict-transport-security"),
            Some("max-age=31536000"),
            "{path}"
        );
        assert_eq!(header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
        assert_eq!(header("server"), None, "{path}");
    }
    let traced = Request::builder()
        .method(Method::TRACE)
        .uri("/sign-in")
        .body(Body::empty());
    let traced = test_router(&app).oneshot(traced.unwrap()).await.unwrap();
    assert!(
        matches!(traced.status().as_u16(), 403 | 405),
        "{}",
        traced.status()
    );
}

#[tokio::test]
async fn browsers_are_told_of_https_as_the_settings_say() {
    for (insecure_http, hosts_below, told) in [
        (false, false, Some("max-age=31536000")),
        (false, true, Some("max-age=31536000; includeSubDomains")),
        (true, true, None),
    ] {
        let (app, _database) = app_with(|settings| {
            settings.server.insecure_http = insecure_http;
            settings.server.hsts_include_subdomains = hosts_below;
        })
        .await;
        let request = Request::builder().uri("/livez").body(Body::empty()).unwrap();
        let answer = test_router(&app).oneshot(request).await.unwrap();
        let header = answer.headers().get("strict-transport-security");
        assert_eq!(header.map(|value| value.to_str().unwrap()), told);
    }
}
