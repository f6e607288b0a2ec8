//! Commands through a server's API, as any client would use it.

use std::collections::BTreeSet;
use std::time::Duration;

use resolutionflow_core::id::FlowId;
use resolutionflow_core::import::Style;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::{Response, header};
use ureq::{Agent, Body};
use url::{Host, Url};
use uuid::Uuid;

use super::credentials::{Answered, Credentials};
use super::way::{Document, Outcome, Refused};
use super::{Done, Failure};

/// How long a server may take: to be reached, and in all.
const CONNECT: Duration = Duration::from_secs(10);
const IN_ALL: Duration = Duration::from_mins(2);

/// How long a server may take to refresh, how often it is asked, and the pause between. The last try begins well within
/// the 30 seconds in which the server answers the same again, unless it is told otherwise.
const REFRESH: Duration = Duration::from_secs(8);
const REFRESH_TRIES: usize = 3;
const REFRESH_PAUSE: Duration = Duration::from_secs(1);

/// The largest answer, in bytes; exports are far smaller.
const LARGEST: u64 = 32 << 20;

/// The longest name of a file that the API takes, in characters.
const LONGEST_NAME: usize = 300;

/// A server and the right to use it.
#[derive(Clone)]
pub(super) struct Remote {
    server: Url,
    credentials: Option<Credentials>,
    agent: Agent,
}

/// The API's answer to an import, as far as it is shown.
#[derive(Deserialize)]
struct Imported {
    flow: Flow,
    version: Option<i64>,
    changed: bool,
}

#[derive(Deserialize)]
struct Flow {
    id: String,
    step_count: u64,
    field_count: u64,
}

/// A problem document (RFC 9457), as far as it is shown.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<Wrong>,
}

#[derive(Deserialize)]
struct Wrong {
    detail: String,
    line: Option<u64>,
    column: Option<u64>,
    pointer: Option<String>,
    parameter: Option<String>,
    header: Option<String>,
}

impl Wrong {
    fn place(&self) -> Option<(u64, u64)> {
        Some((self.line?, self.column?))
    }

    /// What is wrong, after the member that it is about.
    fn text(&self) -> String {
        let about = [&self.pointer, &self.parameter, &self.header]
            .into_iter()
            .flatten()
            .find(|about| !about.is_empty());
        about.map_or_else(
            || self.detail.clone(),
            |about| format!("{about}: {}", self.detail),
        )
    }
}

/// Whether the address leads to this machine, on every machine: what is sent there passes nobody.
fn is_this_machine(server: &Url) -> bool {
    match server.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Remote {
    /// A server at an address such as `https://flows.example.com`, and what is shown to it.
    pub(super) fn new(server: Url, credentials: Credentials) -> Done<Self> {
        if let Credentials::Given(token) = &credentials
            && token.chars().any(|character| !character.is_ascii_graphic())
        {
            return Err(Failure::Usage("the token holds what no token has".to_owned()));
        }
        Ok(Self {
            credentials: Some(credentials),
            ..Self::unknown(server)?
        })
    }

    /// A server that is shown nothing.
    pub(super) fn unknown(server: Url) -> Done<Self> {
        if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
            return Err(Failure::Usage(format!(
                "{server} is no address of a server, such as https://flows.example.com"
            )));
        }
        let open = server.scheme() == "http";
        if open && !is_this_machine(&server) {
            return Err(Failure::Usage(format!(
                "{server} is plain HTTP to another machine, and anybody on the way could read the password or the token; \
                 use https://"
            )));
        }
        let mut config = Agent::config_builder();
        if open {
            // What is open stays on this machine; a proxy of the environment may be another.
            config = config.proxy(None);
        }
        let agent = config
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(IN_ALL))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("resolutionflow/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self {
            server,
            credentials: None,
            agent,
        })
    }

    /// Signs a person in, to one of their accounts.
    pub(super) async fn sign_in(self, email: &str, password: &str, account: Option<Uuid>) -> Done<Answered> {
        let body = json!({ "email": email, "password": password, "account_id": account });
        let (status, text) = self.post(&["auth", "login"], &body).await?;
        match status {
            200 => serde_json::from_str(&text).map_err(|_| self.no_server_of_ours(status)),
            _ => Err(self.refusal(status, &text)),
        }
    }

    /// Ends what a refresh token came from.
    pub(super) async fn sign_out(self, token: &str) -> Done {
        let body = json!({ "refresh_token": token });
        match self.post(&["auth", "logout"], &body).await? {
            (204, _) => Ok(()),
            (status, text) => Err(self.refusal(status, &text)),
        }
    }

    async fn post(&self, path: &[&str], body: &Value) -> Done<(u16, String)> {
        let (this, url, body) = (self.clone(), self.url(path)?, body.to_string());
        let sent = tokio::task::spawn_blocking(move || this.answer(this.send_json(&url, &body)));
        sent.await.map_err(|error| error.to_string())?
    }

    fn send_json(&self, url: &Url, body: &str) -> Result<Response<Body>, ureq::Error> {
        let request = self.agent.post(url.as_str()).content_type("application/json");
        request.send(body)
    }

    /// Asks with the token that is to be shown. A server that refuses it is asked once more with the next one, where
    /// there is one: nothing was done yet.
    fn ask(&self, send: impl Fn(&Agent, &str) -> Result<Response<Body>, ureq::Error>) -> Done<(u16, String)> {
        let with = |token: &str| self.answer(send(&self.agent, &format!("Bearer {token}")));
        match &self.credentials {
            None => Err(Failure::Usage("nobody says who asks".to_owned())),
            Some(Credentials::Given(token)) => with(token),
            Some(Credentials::Kept(login)) => {
                let token = login.access(None, |refresh| self.refresh(refresh))?;
                match with(&token)? {
                    (401, _) => with(&login.access(Some(&token), |refresh| self.refresh(refresh))?),
                    answer => Ok(answer),
                }
            }
        }
    }

    /// The next pair of tokens; nothing where the server wants a new sign-in. An answer that is lost, or that a proxy
    /// gives because it lost one, is asked for again, which the server answers the same for a while.
    fn refresh(&self, token: &str) -> Done<Option<Answered>> {
        let url = self.url(&["auth", "refresh"])?;
        let body = json!({ "refresh_token": token }).to_string();
        let mut tries = 1;
        let (status, text) = loop {
            match self.try_refresh(&url, &body) {
                Ok((502..=504, _)) | Err(_) if tries < REFRESH_TRIES => {}
                answered => break answered?,
            }
            tries += 1;
            std::thread::sleep(REFRESH_PAUSE);
        };
        match status {
            200 => serde_json::from_str(&text)
                .map(Some)
                .map_err(|_| self.no_server_of_ours(status)),
            401 => Ok(None),
            _ => Err(self.refusal(status, &text)),
        }
    }

    fn try_refresh(&self, url: &Url, body: &str) -> Done<(u16, String)> {
        let request = self.agent.post(url.as_str()).config();
        let request = request.timeout_global(Some(REFRESH)).build();
        self.answer(request.content_type("application/json").send(body))
    }

    /// Imports a document.
    pub(super) async fn import(
        &self,
        document: Document,
        convert: &BTreeSet<Style>,
    ) -> Result<Outcome, Refused> {
        let mut url = self.url(&["flows", "import"])?;
        {
            let mut query = url.query_pairs_mut();
            let styles: Vec<_> = convert.iter().map(|style| style.name()).collect();
            query.append_pair("placeholders", &styles.join(","));
            if document.draft {
                query.append_pair("draft", "true");
            }
            if let Some(flow) = document.into {
                query.append_pair("into", &flow.to_string());
            }
            let name = document.file_name.as_deref();
            if let Some(name) = name.filter(|name| name.chars().count() <= LONGEST_NAME) {
                query.append_pair("file_name", name);
            }
        }
        let this = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            this.ask(|agent, shown| {
                let request = agent
                    .post(url.as_str())
                    .content_type("text/markdown; charset=utf-8");
                request.header(header::AUTHORIZATION, shown).send(&document.text)
            })
        });
        let answer = answer.await.map_err(|error| Failure::Reason(error.to_string()))?;
        let (status, text) = answer?;
        match status {
            200..=299 => {
                let imported: Imported =
                    serde_json::from_str(&text).map_err(|_| self.no_server_of_ours(status))?;
                Ok(Outcome {
                    flow: imported.flow.id,
                    version: imported.version,
                    changed: imported.changed,
                    steps: imported.flow.step_count,
                    fields: imported.flow.field_count,
                })
            }
            // What is said of the document, and not of whoever sends it.
            400 | 404 | 409 | 413 | 422 => match self.problem(status, &text)? {
                problem if problem.errors.is_empty() => Err(Refused::Document(vec![(None, problem.detail)])),
                problem => {
                    let wrongs = problem.errors.iter().map(|wrong| (wrong.place(), wrong.text()));
                    Err(Refused::Document(wrongs.collect()))
                }
            },
            _ => Err(self.refusal(status, &text).into()),
        }
    }

    /// A flow as a file.
    pub(super) async fn export(&self, flow: FlowId, version: Option<i64>, format: &str) -> Done<String> {
        let mut url = self.url(&["flows", &flow.to_string(), "export"])?;
        url.query_pairs_mut().append_pair("format", format);
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", &version.to_string());
        }
        let this = self.clone();
        let answer = tokio::task::spawn_blocking(move || {
            this.ask(|agent, shown| {
                agent
                    .get(url.as_str())
                    .header(header::AUTHORIZATION, shown)
                    .call()
            })
        });
        match answer.await.map_err(|error| error.to_string())?? {
            (200, text) => Ok(text),
            (status, text) => Err(self.refusal(status, &text)),
        }
    }

    fn url(&self, path: &[&str]) -> Done<Url> {
        let mut url = self.server.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut()
            .map_err(|()| format!("{} is no address of a server", self.server))?
            .pop_if_empty()
            .extend(["api", "v1"])
            .extend(path);
        Ok(url)
    }

    fn answer(&self, sent: Result<Response<Body>, ureq::Error>) -> Done<(u16, String)> {
        let unreachable = |error: ureq::Error| format!("{}: {error}", self.server);
        let mut response = sent.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST).lossy_utf8(true);
        Ok((status, body.read_to_string().map_err(unreachable)?))
    }

    fn problem(&self, status: u16, text: &str) -> Done<Problem> {
        let problem: Option<Problem> = serde_json::from_str(text).ok();
        problem
            .filter(|problem| !problem.detail.is_empty() || !problem.title.is_empty())
            .ok_or_else(|| self.no_server_of_ours(status))
    }

    fn no_server_of_ours(&self, status: u16) -> Failure {
        Failure::Reason(format!(
            "{} answered {status}, and not as a ResolutionFlow server does",
            self.server
        ))
    }

    /// A refusal in one line.
    fn refusal(&self, status: u16, text: &str) -> Failure {
        match self.problem(status, text) {
            Ok(problem) => {
                let said = if problem.detail.is_empty() {
                    problem.title
                } else {
                    problem.detail
                };
                let wrongs: Vec<_> = problem.errors.iter().map(Wrong::text).collect();
                let said = [said, wrongs.join("; ")].join(" ");
                Failure::Reason(format!("{}: {}", self.server, said.trim_end()))
            }
            Err(failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_this_machine() {
        let is_here = |url: &str| is_this_machine(&Url::parse(url).unwrap());
        for here in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "http://LocalHost:8080/flows",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "http://flows.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@flows.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://[::]",
            "http://[fd00::1]",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
