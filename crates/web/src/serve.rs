//! The network side of the server: connections, their limits, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::context::App;

/// The most bytes that the head of a request may have.
const HEAD_LIMIT: usize = 64 * 1024;

/// The most headers that a request may have.
const MOST_HEADERS: usize = 100;

/// Answers requests on the listener until `stop` is done; then no new connection is taken, live streams end, what
/// was accepted is finished, and after `server.stop_timeout` the rest is cut off.
pub async fn serve(listener: TcpListener, router: Router, app: &App, stop: impl Future<Output = ()>) {
    let settings = &app.settings.server;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(MOST_HEADERS)
        .half_close(false);
    let permits = Arc::new(Semaphore::new(settings.max_connections));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = &mut stop => break,
        };
        let (stream, address, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Without a pause, a server out of file handles would spin.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = http.serve_connection(TokioIo::new(stream), service(router.clone(), address));
        let connection = graceful.watch(connection);
        let app = app.clone();
        tokio::spawn(async move {
            app.metrics.connections.inc();
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            app.metrics.connections.dec();
            drop(permit);
        });
    }
    drop(listener);
    app.stop();
    tracing::info!("stopping: finishing what was accepted");
    if tokio::time::timeout(settings.stop_timeout, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    let (stream, address) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, address, permit))
}

fn service(
    router: Router,
    address: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request.map(axum::body::Body::new))
    })
}

/// Done when the system asks the program to end: SIGTERM or Ctrl+C.
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("the program may listen to SIGTERM");
    let mut interrupt = signal(SignalKind::interrupt()).expect("the program may listen to SIGINT");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use chrono::DateTime;
    use resolutionflow_store::testing::{self, TestDb};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::config::Settings;
    use crate::context::Clock;

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<()>,
        app: App,
        _test: TestDb,
    }

    async fn running(router: Router, change: impl FnOnce(&mut Settings)) -> Running {
        let test = testing::sqlite(|_| {}).await;
        let mut settings = Settings::default();
        change(&mut settings);
        let app = App::new(settings, Clock::fixed(DateTime::UNIX_EPOCH), test.db.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = app.clone();
        let ended = tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or_default() };
            serve(listener, router, &server, stop).await;
        });
        Running {
            address,
            stop,
            ended,
            app,
            _test: test,
        }
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test]
    async fn what_was_accepted_is_finished_and_nothing_more() {
        let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (signal, released) = (Arc::clone(&begun), Arc::clone(&release));
        let router = Router::new().route(
            "/",
            get(async move || {
                signal.notify_one();
                released.notified().await;
                "done"
            }),
        );
        let running = running(router, |_| {}).await;
        let accepted = send(running.address, GET).await;
        begun.notified().await;
        running.stop.send(()).unwrap();
        running.app.stopped().await;
        assert!(TcpStream::connect(running.address).await.is_err());
        release.notify_one();
        assert!(rest(accepted).await.ends_with("\r\n\r\ndone"));
        running.ended.await.unwrap();
    }

    #[tokio::test]
    async fn an_end_that_does_not_come_is_not_waited_for() {
        let begun = Arc::new(Notify::new());
        let signal = Arc::clone(&begun);
        let router = Router::new().route(
            "/",
            get(async move || {
                signal.notify_one();
                std::future::pending::<&'static str>().await
            }),
        );
        let running = running(router, |settings| {
            settings.server.stop_timeout = Duration::from_millis(20);
        })
        .await;
        let _accepted = send(running.address, GET).await;
        begun.notified().await;
        running.stop.send(()).unwrap();
        running.ended.await.unwrap();
    }

    #[tokio::test]
    async fn headers_that_trickle_are_not_waited_for() {
        let router = Router::new().route("/", get(async || "never"));
        let running = running(router, |settings| {
            settings.server.header_timeout = Duration::from_millis(20);
        })
        .await;
        let slow = send(running.address, "GET / HTTP/1.1\r\nhost:").await;
        assert!(!rest(slow).await.contains("never"));
    }

    #[tokio::test]
    async fn connections_over_the_limit_wait_their_turn() {
        let router = Router::new().route("/", get(async || "done"));
        let running = running(router, |settings| settings.server.max_connections = 1).await;
        let first = send(
            running.address,
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        )
        .await;
        let second = send(
            running.address,
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        )
        .await;
        assert!(rest(first).await.ends_with("done"));
        assert!(rest(second).await.ends_with("done"));
    }

    #[tokio::test]
    async fn headers_without_end_are_refused() {
        let router = Router::new().route("/", get(async || "never"));
        let running = running(router, |_| {}).await;
        let many = "x: y\r\n".repeat(MOST_HEADERS + 1);
        let refused = send(
            running.address,
            &format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        )
        .await;
        assert!(rest(refused).await.starts_with("HTTP/1.1 431 "));
    }
}
