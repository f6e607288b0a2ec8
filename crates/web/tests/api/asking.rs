//! Requests and answers, kept short.

use std::net::SocketAddr;
use std::pin::Pin;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::Value;

/// What is asked for outside of the API.
const PAGES: [&str; 12] = [
    "/healthz",
    "/readyz",
    "/sign-in",
    "/sign-out",
    "/sign-up",
    "/switch",
    "/forgot",
    "/reset",
    "/verify",
    "/invite",
    "/settings/password",
    "/live",
];

/// What sends requests to one server; clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        // A proxy of the environment has no business on loopback.
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none());
        let http = http.build().unwrap();
        Self {
            http,
            base: format!("http://{address}"),
        }
    }

    /// A request; a path of the API is given without its prefix.
    pub(crate) fn ask(&self, method: &str, path: impl AsRef<str>) -> Ask {
        let path = path.as_ref();
        let page = path.split('?').next().unwrap_or_default();
        let prefix = if path.starts_with("/api/") || PAGES.contains(&page) {
            ""
        } else {
            "/api/v1"
        };
        let url = format!("{}{prefix}{path}", self.base);
        Ask(self.http.request(method.parse().unwrap(), url))
    }
}

/// A request that is being made; awaiting it sends it.
pub(crate) struct Ask(reqwest::RequestBuilder);

impl Ask {
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// An `Idempotency-Key`.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sets a header.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        let mut headers = HeaderMap::new();
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        Self(self.0.headers(headers))
    }

    /// A JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A body of any kind.
    pub(crate) fn body(self, kind: &str, body: impl Into<reqwest::Body>) -> Self {
        let Self(request) = self.header("content-type", kind);
        Self(request.body(body))
    }

    /// Sends it and answers once the head of the answer is there, for streams.
    pub(crate) async fn open(self) -> reqwest::Response {
        self.0.send().await.unwrap()
    }

    /// Sends it, where the server may be gone.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let stream = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream; charset=utf-8");
        // A stream has no end to wait for.
        let body = if stream {
            Vec::new()
        } else {
            response.bytes().await?.to_vec()
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.try_send().await.unwrap() })
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body, after a look at the status.
    #[track_caller]
    pub(crate) fn with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The problem document of that kind.
    #[track_caller]
    pub(crate) fn problem(&self, kind: &str) -> Value {
        let text = self.text();
        assert_eq!(self.headers["content-type"], "application/problem+json", "{text}");
        let document = self.json();
        assert_eq!(document["type"], format!("/problems/{kind}"), "{text}");
        assert_eq!(document["status"], self.status, "{text}");
        assert_eq!(
            document["request_id"],
            self.headers["x-request-id"].to_str().unwrap()
        );
        for name in ["title", "detail"] {
            assert!(
                document[name].as_str().is_some_and(|words| !words.is_empty()),
                "{text}"
            );
        }
        document
    }

    /// The problem document of that kind, which points at this place first: a JSON pointer, parameter or header.
    #[track_caller]
    pub(crate) fn problem_at(&self, kind: &str, place: &str) -> Value {
        let document = self.problem(kind);
        let error = &document["errors"][0];
        let found = ["pointer", "parameter", "header"]
            .iter()
            .find_map(|name| error[name].as_str());
        assert_eq!(found, Some(place), "{document:#}");
        document
    }

    /// All of the answer that may not tell two refusals apart: status, headers and every byte of the body, but for
    /// the request's id and the date.
    pub(crate) fn comparable(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.headers["x-request-id"].to_str().unwrap();
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            });
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        (self.status, headers, self.text().replace(id, "ID"))
    }
}
