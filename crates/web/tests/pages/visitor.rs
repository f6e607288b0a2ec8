//! A person at a browser without scripts: a cookie, links and forms.

use std::net::SocketAddr;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::cast::{PASSWORD, TestApp};

/// A browser, signed in or not.
#[derive(Clone)]
pub(crate) struct Visitor {
    http: reqwest::Client,
    base: String,
    pub(crate) cookie: String,
    /// The cookie by which the browser is known, from then on when somebody signed in.
    pub(crate) device: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) location: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Page {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        let location = headers
            .get(LOCATION)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned();
        let status = response.status().as_u16();
        let is_stream = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        // A stream has no end to wait for.
        let text = if is_stream {
            String::new()
        } else {
            response.text().await.unwrap()
        };
        Self {
            status,
            text,
            location,
            headers,
        }
    }

    /// The page, which must have come.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    /// Where the answer sends the browser to.
    pub(crate) fn goes_to(self) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        self.location
    }

    /// The value of the first hidden control of that name.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let start = self.text.find(&mark).unwrap() + mark.len();
        self.text[start..].split('"').next().unwrap().to_owned()
    }

    /// Where the forms of the page go to that begin like this.
    pub(crate) fn forms_to(&self, prefix: &str) -> Vec<String> {
        let mark = format!("action=\"{prefix}");
        let ends = self.text.split(&mark).skip(1);
        ends.map(|rest| format!("{prefix}{}", rest.split('"').next().unwrap()))
            .collect()
    }

    /// The first text between two others, as it was meant.
    pub(crate) fn between(&self, before: &str, after: &str) -> String {
        let behind = self.text.split_once(before).map(|(_, behind)| behind);
        let text = behind
            .and_then(|behind| behind.split_once(after))
            .map(|(text, _)| text);
        let text = text.unwrap_or_else(|| panic!("{before} is not in {}", self.text));
        text.replace("&amp;", "&")
    }

    /// A header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that each of these stands in the page.
    pub(crate) fn has(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.text.contains(part), "{part} is not in {}", self.text);
        }
        self
    }

    /// Asserts that none of these stands in the page.
    pub(crate) fn lacks(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(!self.text.contains(part), "{part} is in {}", self.text);
        }
        self
    }
}

impl Visitor {
    /// Nobody yet.
    pub(crate) fn new(app: &TestApp) -> Self {
        Self::at(app.address)
    }

    /// Nobody yet, at the server there.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build();
        Self {
            http: http.unwrap(),
            base: format!("http://{address}"),
            cookie: String::new(),
            device: String::new(),
        }
    }

    /// Somebody of the cast, signed in through the page.
    pub(crate) async fn signed_in(app: &TestApp, name: &str) -> Self {
        let visitor = Self::new(app);
        let email = format!("{name}@example.com");
        let answer = visitor
            .post("/sign-in", &[("email", &email), ("password", PASSWORD)])
            .await;
        let cookies = answer.headers.get_all(SET_COOKIE).iter();
        let mut cookies =
            cookies.map(|cookie| cookie.to_str().unwrap().split_once(';').unwrap().0.to_owned());
        let (cookie, device) = (cookies.next().unwrap(), cookies.next().unwrap());
        assert!(device.starts_with("__Host-rf-device="), "{device}");
        assert_eq!(answer.goes_to(), "/");
        Self {
            cookie,
            device,
            ..visitor
        }
    }

    /// Follows a link.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send("GET", path, &[("accept", "text/html")], None).await
    }

    /// Sends a form from one of our pages.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
        self.send("POST", path, &headers, Some(form)).await
    }

    /// Sends a form of any kind from one of our pages.
    pub(crate) async fn send_body(&self, path: &str, kind: &str, body: Vec<u8>) -> Page {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie)
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, kind)
            .body(body);
        Page::of(request).await
    }

    /// Sends a request with headers of the test's own.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(form)
                .finish();
            request = request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
        }
        Page::of(request).await
    }
}
