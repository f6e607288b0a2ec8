//! What is counted, for `/metrics` in the text format of Prometheus (OpenMetrics).
//!
//! Labels hold only what is bounded: methods, route templates, status codes.

use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The `Content-Type` of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the latency buckets, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

type Latencies = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latencies: Latencies,
    /// Requests that are being answered.
    pub requests_running: Gauge,
    /// Open connections.
    pub connections: Gauge,
    /// Open live streams.
    pub live_streams: Gauge,
}

impl Metrics {
    /// All at zero.
    #[expect(clippy::new_without_default, reason = "a server makes one, on purpose")]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("resolutionflow");
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests by method, route and status",
            requests.clone(),
        );
        let latencies = Latencies::new_with_constructor(|| Histogram::new(BUCKETS));
        let help = "Time from the head of a request to the head of its answer";
        registry.register_with_unit("request_duration", help, Unit::Seconds, latencies.clone());
        let requests_running = Gauge::default();
        registry.register(
            "requests_running",
            "Requests that are being answered",
            requests_running.clone(),
        );
        let connections = Gauge::default();
        registry.register("connections", "Open connections", connections.clone());
        let live_streams = Gauge::default();
        registry.register("live_streams", "Open live streams", live_streams.clone());
        Self {
            registry,
            requests,
            latencies,
            requests_running,
            connections,
            live_streams,
        }
    }

    /// Counts one answer.
    pub fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = known(method);
        let labels = RouteLabels {
            method,
            route: route.to_owned(),
        };
        self.latencies.get_or_create(&labels).observe(took.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route: labels.route,
                status,
            })
            .inc();
    }

    /// All counters as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// The method's name, or `OTHER`: a client must not make labels.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_and_status() {
        let metrics = Metrics::new();
        metrics.answered(
            &Method::GET,
            "/api/v1/sessions/{id}",
            200,
            Duration::from_millis(3),
        );
        metrics.answered(&Method::from_bytes(b"BREW").unwrap(), "none", 404, Duration::ZERO);
        let text = metrics.text();
        let line =
            r#"resolutionflow_requests_total{method="GET",route="/api/v1/sessions/{id}",status="200"} 1"#;
        assert!(text.contains(line), "{text}");
        assert!(text.contains(r#"method="OTHER""#));
        assert!(text.contains("resolutionflow_request_duration_seconds_bucket"));
    }
}
