//! The harness itself: what it tells of pages, networks and failures is true.

mod failing;
mod networks;
mod pages;
mod servers;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

/// The strictest policy that a page of ours may have.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'";

/// Serves a page and what else a test needs, with a strict policy, and answers where.
async fn serve(page: String, more: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = more
        .route(
            "/",
            get(async || ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page))),
        )
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT));
    // It ends with the runtime of its test.
    tokio::spawn(async { axum::serve(listener, routes).await });
    url
}

/// A page that nothing is wrong with.
fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta name=viewport content=width=device-width><title>Test</title>\
         <script src=/page.js defer></script></head><body><main><h1>Test</h1>{body}</main></body></html>"
    )
}

/// The script of a page.
fn script(text: &'static str) -> Router {
    Router::new().route(
        "/page.js",
        get(async move || ([("content-type", "text/javascript")], text)),
    )
}
