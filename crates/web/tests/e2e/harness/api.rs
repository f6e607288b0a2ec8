//! The API, for what a test needs to be there but does not look at.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::Person;

/// The API as one person.
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Api {
    pub(super) async fn sign_in(url: &str, person: &Person) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut api = Self {
            client,
            url: url.to_owned(),
            token: String::new(),
        };
        let who = json!({ "email": person.email, "password": person.password });
        let answer = api.does("POST", "/api/v1/auth/login", &who).await;
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut api.token);
        api
    }

    /// The body of an answer to a GET, which must be a good one.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.good("GET", path, None).await
    }

    /// The body of an answer to a request with a body, which must be a good one.
    pub(crate) async fn does(&self, method: &str, path: &str, body: &Value) -> Value {
        self.good(method, path, Some(body)).await
    }

    /// The status and the body of any answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let method: Method = method.parse().unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn good(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
}
