//! The router: what every request passes on its way in and out, and the operations that are no part of the API.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::FutureExt;
use resolutionflow_core::id::Id;
use resolutionflow_store::Error as StoreError;
use resolutionflow_store::migrate::MIGRATIONS;
use tracing::{Instrument, Span, field};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::api;
use crate::api::answers::{ProblemDocument, ProblemPlace};
use crate::auth::visitor::Look;
use crate::auth::{elsewhere, origin};
use crate::config::Settings;
use crate::context::App;
use crate::error::{Error, Refused, Result, kinds};
use crate::{metrics, pages};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// How long the database has to answer whether it is there.
const READY_TIME: Duration = Duration::from_secs(2);

/// When to ask again.
const READY_AGAIN: Duration = Duration::from_secs(1);

/// Marks a request for its identifier.
enum RequestKind {}

/// The identifier of one request, which stands in its answer and on each of its log lines; handlers take it as an
/// `Extension`.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The JSON Schema of a flow document, as core keeps it in step with its types.
const FLOW_SCHEMA: &str = include_str!("../../core/schema/flow.schema.json");

/// What a page may load and where its forms may go: this server alone.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// The whole application.
pub fn router(app: App) -> Router {
    complete(routes(), app)
}

fn routes() -> Router<App> {
    let (operations, mut document) = operations().split_for_parts();
    api::scopes::describe(&mut document);
    let document = bytes::Bytes::from(document.to_json().expect("the document is made of plain values"));
    operations
        .merge(pages::routes())
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(count))
        .route("/problems/{name}", get(kinds::explain))
        .route(
            "/api/flow.schema.json",
            get(async || ([(CONTENT_TYPE, "application/schema+json")], FLOW_SCHEMA)),
        )
        .route(
            "/api/openapi.json",
            get(async move || ([(CONTENT_TYPE, "application/json")], document.clone())),
        )
}

/// Adds what all routes share.
fn complete(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(from_fn_with_state(app.clone(), elsewhere::tell))
        .layer(from_fn_with_state(app.clone(), origin::refuse_strangers))
        .layer(from_fn_with_state(app.clone(), surround))
        .with_state(app)
}

/// The description of the API, made from its router.
pub fn openapi() -> OpenApi {
    let mut document = operations().into_openapi();
    api::scopes::describe(&mut document);
    document
}

fn operations() -> OpenApiRouter<App> {
    let info = InfoBuilder::new()
        .title("ResolutionFlow")
        .version("1")
        .description(Some(
            "Runs procedures: start a flow at once, fill each value where the work first needs it.",
        ));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An access token from `POST /api/v1/auth/login`, or a personal token. Each operation names the scope that a \
             personal token needs for it; an access token has all.",
        ));
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
        .schema_from::<ProblemDocument>()
        .schema_from::<ProblemPlace>();
    let document = OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::new("bearer", [""; 0])]))
        .build();
    OpenApiRouter::with_openapi(document).nest("/api/v1", api::routes())
}

/// Whether the server can do its work: the database answers, and its tables are the ones that this program knows.
async fn ready(State(app): State<App>) -> Result<&'static str> {
    let version = app.db.read::<_, StoreError, _>(|tx| {
        async move {
            let (version,): (i64,) = tx.one("SELECT max(version) FROM schema_migrations", &[]).await?;
            Ok(version)
        }
        .boxed()
    });
    let unavailable = |detail: &str| Error::Unavailable {
        detail: detail.to_owned(),
        retry_after: READY_AGAIN,
    };
    let version = tokio::time::timeout(READY_TIME, version)
        .await
        .map_err(|_| unavailable("The database does not answer in time."))??;
    if MIGRATIONS.last().is_none_or(|newest| newest.version != version) {
        return Err(unavailable(
            "The tables of the database are those of another version of the program.",
        ));
    }
    Ok("ready\n")
}

async fn count(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.text())
}

/// What surrounds each request: its identifier, its log span, its time limit, a net for panics, the answer for an
/// error, the headers of every answer, and its place in the metrics.
async fn surround(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Id::<RequestKind>::new(app.now(), &mut app.random()).to_string();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = route.as_ref().map_or("none", MatchedPath::as_str);
    // The path itself may hold what is private; its template does not.
    let span = tracing::info_span!("request", request_id = %id, %method, route = path, user = field::Empty);
    let asker = Asker::of(&request, &app.settings);
    request.extensions_mut().insert(RequestId(id.clone()));
    let limit = app.settings.server.request_timeout;
    app.metrics.requests_running.inc();
    let running = Running(&app);
    let answer = tokio::time::timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind());
    let mut response = match answer.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => Error::internal("a handler panicked").into_response(),
        Err(_elapsed) => Error::Timeout.into_response(),
    };
    drop(running);
    if let Some(Refused(error)) = response.extensions_mut().remove::<Refused>() {
        response = refuse(&app, &asker, &span, &error, &id, &response);
    }
    finish(&app, &mut response, &id);
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics.answered(&method, path, status, took);
    span.in_scope(|| tracing::debug!(status, micros = took.as_micros(), "answered"));
    response
}

/// Counts a request as running until it is dropped, which also happens where the client goes away.
struct Running<'a>(&'a App);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.metrics.requests_running.dec();
    }
}

/// What an answer depends on that the handler may not have given.
struct Asker {
    /// Whether a person reads the answer in a browser.
    page: bool,
    look: Look,
    /// What they asked for.
    path: String,
    /// Whether they sent something to it.
    was_sent: bool,
    /// Where to come back to after signing in; for what only reads.
    next: Option<String>,
}

impl Asker {
    fn of(request: &Request, settings: &Settings) -> Self {
        let accepts = request
            .headers()
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok());
        let page = !request.uri().path().starts_with(origin::API)
            && accepts.is_some_and(|accept| accept.contains("text/html"));
        Self {
            page,
            look: Look::of(request.headers(), settings),
            path: request.uri().path().to_owned(),
            was_sent: !request.method().is_safe(),
            next: (page && request.method().is_safe()).then(|| request.uri().to_string()),
        }
    }
}

fn refuse(app: &App, asker: &Asker, span: &Span, error: &Error, id: &str, original: &Response) -> Response {
    span.in_scope(|| error.log());
    if let (Error::Unauthorized(_), Some(next)) = (error, &asker.next) {
        return Redirect::to(&pages::sign_in::address(next)).into_response();
    }
    let mut response = error.respond(id);
    if asker.page {
        let request = (asker.path.as_str(), asker.was_sent);
        let page = pages::error::page(app, asker.look, error, request, id).into_string();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        *response.body_mut() = axum::body::Body::from(page);
    }
    if let Some(allow) = original.headers().get(ALLOW) {
        response.headers_mut().insert(ALLOW, allow.clone());
    }
    response
}

fn finish(app: &App, response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    let page = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page {
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(PAGE_POLICY);
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
    let stream = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
    if stream {
        let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let server = &app.settings.server;
    if !server.insecure_http {
        // Browsers heed it only where it came by HTTPS.
        let only_https = if server.hsts_include_subdomains {
            "max-age=31536000; includeSubDomains"
        } else {
            "max-age=31536000"
        };
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(only_https));
    }
    headers.insert(
        REQUEST_ID,
        HeaderValue::from_str(id).expect("a UUID is a header value"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    // Nobody's to keep, unless the handler says so.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod tests;
