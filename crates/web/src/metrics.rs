//! What is counted, for `/metrics` in the text format of Prometheus (OpenMetrics).
//!
//! Labels hold only what is bounded: methods, route templates, status codes.

use std::fmt;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use resolutionflow_store::Db;
use resolutionflow_store::db::BATCH_SIZES;

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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailLabels {
    outcome: &'static str,
}

type Latencies = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latencies: Latencies,
    mails: Family<MailLabels, Counter>,
    /// Requests that are being answered.
    pub requests_running: Gauge,
    /// Open connections.
    pub connections: Gauge,
    /// Open live streams.
    pub live_streams: Gauge,
}

impl Metrics {
    /// All at zero.
    pub fn new(db: Db) -> Self {
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
        let mails = Family::default();
        registry.register(
            "mails",
            "Messages by what became of an attempt to send them",
            mails.clone(),
        );
        registry.register_collector(Box::new(DbCollector(db)));
        Self {
            registry,
            requests,
            latencies,
            mails,
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

    /// Counts one attempt to send a message: `sent`, `put_off` or `given_up`.
    pub fn mailed(&self, outcome: &'static str) {
        self.mails.get_or_create(&MailLabels { outcome }).inc();
    }

    /// All counters as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// Reads the database's own counters when they are asked for.
struct DbCollector(Db);

impl fmt::Debug for DbCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DbCollector")
    }
}

impl Collector for DbCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let db = self.0.metrics();
        let gauges = [
            (
                "writer_queue",
                "Changes that wait for SQLite's writer",
                db.writer_queue,
            ),
            ("pool_connections", "Connections to PostgreSQL", db.pool_size),
            (
                "pool_free",
                "Connections to PostgreSQL that are free",
                db.pool_available,
            ),
            (
                "pool_waiting",
                "Requests that wait for a connection to PostgreSQL",
                db.pool_waiting,
            ),
        ];
        for (name, help, value) in gauges {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        let counters = [
            (
                "writer_batches_repeated",
                "Batches that failed and were run one by one",
                db.batches_repeated,
            ),
            (
                "write_retries",
                "Writes on PostgreSQL that were repeated after meeting others",
                db.retries,
            ),
        ];
        for (name, help, value) in counters {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(metric)?;
        }
        let help = "Changes that SQLite's writer committed together";
        let mut metric = encoder.encode_descriptor("writer_batch_size", help, None, MetricType::Histogram)?;
        let ends = BATCH_SIZES.iter().map(|end| rounded(*end)).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = ends.zip(db.batch_sizes.into_iter().chain([0])).collect();
        metric.encode_histogram::<NoLabelSet>(rounded(db.batched), db.batches, &buckets, None)
    }
}

/// A count as the format wants it.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 are not reached")]
fn rounded(count: u64) -> f64 {
    count as f64
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

    #[tokio::test]
    async fn answers_are_counted_by_route_and_status() {
        let database = resolutionflow_store::testing::sqlite(|_| {}).await;
        let metrics = Metrics::new(database.db.clone());
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
        assert!(text.contains("resolutionflow_writer_queue 0"), "{text}");
        assert!(
            text.contains(r#"resolutionflow_writer_batch_size_bucket{le="+Inf"}"#),
            "{text}"
        );
        assert!(text.contains("resolutionflow_write_retries_total 0"), "{text}");
    }
}
