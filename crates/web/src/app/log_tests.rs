//! What failures leave in the log: one line each, with the request and the cause, whatever stands in the cause.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::StatusCode;
use chrono::DateTime;
use resolutionflow_store::testing;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::dispatcher;

use super::*;
use crate::config::{Format, Log};
use crate::context::Clock;
use crate::log;

/// What was logged since it was last taken.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// A text that would be lines of the log and commands to a terminal, if it were written as it is.
const HOSTILE: &str = "oh\n2026-01-01T00:00:00.000000Z ERROR forged\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\n\
                       \u{1b}[2J\u{1b}[31m\u{0}\u{8}\" cause=\"forged";

/// What goes wrong under which path, how loud the log is about it, and in which words.
type Failure = (&'static str, fn() -> Error, &'static str, &'static str);

const FAILURES: [Failure; 5] = [
    ("/fault", || Error::internal(HOSTILE), "ERROR", "failed"),
    (
        "/panic",
        || Error::internal("a handler panicked"),
        "ERROR",
        "failed",
    ),
    (
        "/away",
        || Error::from(StoreError::Unavailable(HOSTILE.to_owned())),
        "WARN",
        "not available",
    ),
    ("/full", || Error::from(StoreError::Full), "WARN", "not available"),
    ("/late", || Error::Timeout, "WARN", "not available"),
];

/// A router whose every operation fails.
fn failing(app: &App) -> Router {
    let mut routes = Router::<App>::new();
    for (path, error, _, _) in FAILURES {
        let fail = async move || -> Result<&'static str> {
            assert!(path != "/panic", "{HOSTILE}");
            Err(error())
        };
        routes = routes.route(path, get(fail));
    }
    complete(routes, app.clone())
}

#[tokio::test]
async fn what_fails_is_one_line_with_its_request_and_its_cause_whatever_that_says() {
    let test = testing::sqlite(|_| {}).await;
    let app = App::new(
        Settings::default(),
        Clock::fixed(DateTime::UNIX_EPOCH),
        test.db.clone(),
    );
    for format in [Format::Human, Format::Json] {
        let (written, settings) = (
            Written::default(),
            Log {
                format,
                ..Log::default()
            },
        );
        let writer = written.clone();
        let _logging = dispatcher::set_default(&log::lines(&settings, move || writer.clone(), false));
        for (path, error, level, message) in FAILURES {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = failing(&app).oneshot(request).await.unwrap();
            assert!(
                matches!(
                    answer.status(),
                    StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE
                ),
                "{path}"
            );
            let id = answer.headers()[REQUEST_ID].to_str().unwrap().to_owned();
            let (log, cause) = (written.take(), error().chain());
            let line = log.strip_suffix('\n').unwrap();
            assert!(!line.contains(|c: char| c.is_ascii_control()), "{path}: {line:?}");
            if format == Format::Json {
                let entry: Value = serde_json::from_str(line).unwrap();
                assert_eq!(
                    (&entry["level"], &entry["message"], &entry["cause"]),
                    (&json!(level), &json!(message), &json!(cause))
                );
                assert_eq!(
                    (&entry["span"]["request_id"], &entry["span"]["route"]),
                    (&json!(id), &json!(path))
                );
            } else {
                let parts = [
                    format!(" {level} "),
                    format!("request_id={id}"),
                    format!("route={path:?}"),
                    format!(": {message} cause={cause:?}"),
                ];
                for part in parts {
                    assert!(line.contains(&part), "{part}: {line}");
                }
            }
        }
    }
}
