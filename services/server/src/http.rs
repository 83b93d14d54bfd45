//! What surrounds every call: bounds, a span, metrics; and the plain pages beside gRPC.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use opentelemetry::propagation::Extractor;
use tasuki_app::context::Context;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_grpc::status::status;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::call_metrics::CallMetrics;

/// How long the database may take to answer before the server is not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// A caller's own deadline is met a little early, so that our answer and not a broken call arrives.
const ANSWER_EARLY: Duration = Duration::from_millis(20);

/// Bounds that all calls share.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    calls: Arc<Semaphore>,
    longest: Duration,
    metrics: Arc<CallMetrics>,
}

impl Bounds {
    pub(crate) fn new(max_concurrent_calls: usize, longest: Duration) -> Self {
        let calls = Arc::new(Semaphore::new(max_concurrent_calls));
        Self { calls, longest, metrics: Arc::new(CallMetrics::new()) }
    }
}

/// Admits a call within the bounds, in a span of its own, and counts it.
pub(crate) async fn around(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let method = bounds.metrics.of(request.uri().path());
    let span = tracing::info_span!(
        "call",
        otel.name = method.name(),
        rpc.method = method.name(),
        otel.status_code = tracing::field::Empty,
        trace_id = trace_id(request.headers()),
        principal = tracing::field::Empty,
        rpc.grpc.status_code = tracing::field::Empty,
    );
    join_trace(&span, request.headers());
    let started = Instant::now();
    let response = admit(&bounds, request, next).instrument(span.clone()).await;
    let code = code_of(&response);
    let outcome = if code == 0 { "OK" } else { "ERROR" };
    tracing::record_all!(span, rpc.grpc.status_code = code, otel.status_code = outcome);
    method.answered(code, started.elapsed());
    response
}

async fn admit(bounds: &Bounds, request: Request, next: Next) -> Response {
    let Ok(_permit) = bounds.calls.try_acquire() else {
        let text = "the server is serving as many calls as it may; try again later";
        return refused(&Problem::new(Reason::TooManyCalls, text));
    };
    let longest = deadline(&request).map_or(bounds.longest, |asked| asked.min(bounds.longest));
    let Ok(response) = tokio::time::timeout(longest, next.run(request)).await else {
        let text = "the deadline passed; ask again with the same request id for the outcome";
        return refused(&Problem::new(Reason::DeadlineExceeded, text));
    };
    response
}

fn refused(problem: &Problem) -> Response {
    status(problem).into_http::<axum::body::Body>().into_response()
}

/// The caller's own deadline, from the `grpc-timeout` header.
fn deadline(request: &Request) -> Option<Duration> {
    let text = request.headers().get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = digits.parse().ok()?;
    let asked = match unit {
        "H" => Duration::from_secs(n.checked_mul(3_600)?),
        "M" => Duration::from_secs(n.checked_mul(60)?),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    };
    Some(asked.saturating_sub(ANSWER_EARLY))
}

/// The status of an answer that ended with its headers; of a stream or message it is 0 so far.
fn code_of(response: &Response) -> i32 {
    response
        .headers()
        .get("grpc-status")
        .and_then(|code| code.to_str().ok())
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Puts a call into the trace of the caller, if it says that it is in one.
fn join_trace(span: &tracing::Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let extract = Headers(headers);
        let parent = opentelemetry::global::get_text_map_propagator(|it| it.extract(&extract));
        // Without an exporter there is no tracer to join; the id still links our log lines.
        let _ = span.set_parent(parent);
    }
}

/// The id of the trace that the caller is in (`traceparent`), or a new one.
fn trace_id(headers: &HeaderMap) -> String {
    headers
        .get("traceparent")
        .and_then(|text| text.to_str().ok())
        .and_then(|text| text.split('-').nth(1))
        .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map_or_else(|| format!("{:032x}", fastrand::u128(1..)), str::to_owned)
}

/// What the plain pages look at.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    pub(crate) ctx: Context,
    pub(crate) stopping: CancellationToken,
    pub(crate) metrics: PrometheusHandle,
}

impl Pages {
    /// `/healthz`, `/readyz` and `/metrics`.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(async |State(pages): State<Self>| pages.metrics.render()))
            .with_state(self)
    }

    /// Whether calls can be served now, and if not, why.
    pub(crate) async fn readiness(&self) -> Result<(), String> {
        if self.stopping.is_cancelled() {
            return Err("the server is stopping".to_owned());
        }
        match tokio::time::timeout(READY_WITHIN, self.ctx.store.check()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the database does not answer".to_owned()),
        }
    }
}

async fn ready(State(pages): State<Pages>) -> (StatusCode, String) {
    match pages.readiness().await {
        Ok(()) => (StatusCode::OK, format!("ready\n{}", policies(&pages.ctx))),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}

/// Which policies this process serves, and why not newer ones. A set that cannot be loaded does not
/// make the process unready: it goes on with the old one, as all others do.
fn policies(ctx: &Context) -> String {
    let served = ctx.library.packs.served();
    let line = format!("policies: revision {}, {}\n", served.revision, served.packs.hash());
    match &served.failure {
        Some(failure) => format!("{line}policies: a newer set cannot be loaded: {failure}\n"),
        None => line,
    }
}
