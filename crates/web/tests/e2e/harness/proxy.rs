//! A proxy before a server that does to requests what bad networks do.
//!
//! It changes nothing of a request or an answer, the `Host` header neither, so that checks of the origin hold; live
//! streams pass through. Each request has a connection of its own: on one that is used again, a browser would repeat a
//! request whose answer was lost, and hide what a test wants to see.

mod rule;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use rule::{Fault, Rule};
use rule::{Rules, Then};

/// The longest body of a request.
const LONGEST: usize = 16 * 1024 * 1024;

/// Why a connection ends without an answer.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// A running proxy.
pub(crate) struct FaultProxy {
    url: String,
    shared: Shared,
    cut: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    server: String,
    client: reqwest::Client,
    rules: Rules,
}

impl FaultProxy {
    pub(super) async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let shared = Shared {
            server: server.trim_end_matches('/').to_owned(),
            client,
            rules: Rules::default(),
        };
        let (cut, is_cut) = watch::channel(false);
        Self {
            url: format!("http://{address}"),
            accepting: tokio::spawn(accept(listener, shared.clone(), is_cut)),
            shared,
            cut,
        }
    }

    /// `http://127.0.0.1:PORT`, what a browser opens instead of the server's.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on does this to requests of a method (`*` is any) whose path begins so, until the rule is lifted.
    /// A later rule goes before an earlier one.
    pub(crate) fn on(&self, method: &str, path: &str, fault: Fault) -> Rule {
        self.shared.rules.add(method, path, fault)
    }

    /// Cuts all connections, live streams too, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.cut.send_replace(false);
    }

    /// Every request until now, as `POST /sessions/1`, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.rules.requests()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Shared, is_cut: watch::Receiver<bool>) {
    while let Ok((stream, _)) = listener.accept().await {
        if *is_cut.borrow() {
            // Reset, as from a machine on which nobody listens.
            let _ = stream.set_zero_linger();
            continue;
        }
        tokio::spawn(converse(stream, shared.clone(), is_cut.clone()));
    }
}

/// Answers the one request of a connection.
async fn converse(stream: TcpStream, shared: Shared, mut is_cut: watch::Receiver<bool>) {
    // Taken by the request that comes, given back when its answer is written to the last byte.
    let rule = Arc::new(Mutex::new(None));
    let answering = {
        let rule = Arc::clone(&rule);
        hyper::service::service_fn(move |request| answer(shared.clone(), request, Arc::clone(&rule)))
    };
    let mut http = http1::Builder::new();
    let connection = http
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answering);
    tokio::select! {
        // How a connection ends is the browser's to tell.
        _ = connection => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
    let rule: Option<Rule> = rule.lock().unwrap().take();
    if let Some(rule) = rule {
        rule.gave();
    }
}

async fn answer(
    shared: Shared,
    request: Request<Incoming>,
    taken: Arc<Mutex<Option<Rule>>>,
) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let path = head
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    let rule = shared.rules.take(head.method.as_str(), &path);
    taken.lock().unwrap().clone_from(&rule);
    let Some(rule) = rule else {
        let body = to_bytes(Body::new(body), LONGEST).await?;
        return Ok(passed_on(shared.ask(&head, &path, body).await?));
    };
    if rule.refuses() {
        return Err("refused".into());
    }
    let turn = rule.turn();
    let body = to_bytes(Body::new(body), LONGEST).await?;
    let first = shared.ask(&head, &path, body.clone()).await?;
    rule.answered(first.status());
    match rule.then(turn).await {
        Then::PassOn => Ok(passed_on(first)),
        Then::Repeat => {
            let (head_of_first, whole) = passed_on(first).into_parts();
            let whole = to_bytes(whole, LONGEST).await?;
            let second = shared.ask(&head, &path, body).await?;
            rule.answered(second.status());
            second.bytes().await?;
            Ok(Response::from_parts(head_of_first, Body::from(whole)))
        }
        Then::Lose => {
            first.bytes().await?;
            Err("the answer was lost".into())
        }
    }
}

impl Shared {
    async fn ask(&self, head: &Parts, path: &str, body: Bytes) -> Result<reqwest::Response, Broken> {
        let mut headers = head.headers.clone();
        // It speaks of the browser's connection, not of this one.
        headers.remove(CONNECTION);
        let request = self
            .client
            .request(head.method.clone(), format!("{}{path}", self.server));
        Ok(request.headers(headers).body(body).send().await?)
    }
}

fn passed_on(answer: reqwest::Response) -> Response<Body> {
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    for name in [CONNECTION, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
