//! Logs for people or machines, traces by OTLP when configured, and metrics.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::settings::{LogFormat, Telemetry};

/// The exporter would report on its own calls without end.
const NOT_EXPORTED: &str = "h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off";

/// Tells each step that it takes: only what goes wrong is of interest, unless the setting names it.
const QUIETER: &str = "sea_orm_migration=warn";

/// Bounds of the histogram of call times, in seconds.
const CALL_SECONDS: [f64; 11] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// How often measured calls are summed up.
const SUM_UP_EVERY: Duration = Duration::from_secs(5);

/// What must live as long as the process.
#[derive(Debug)]
pub(crate) struct Running {
    traces: Option<SdkTracerProvider>,
}

impl Running {
    /// Sends what has not been sent.
    pub(crate) fn stop(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::warn!("the last traces could not be sent: {error}");
        }
    }
}

/// Starts logging, and tracing if an endpoint is configured.
pub(crate) fn start(settings: &Telemetry) -> anyhow::Result<Running> {
    let filter = EnvFilter::try_new(format!("{QUIETER},{}", settings.log))
        .with_context(|| format!("`telemetry.log` is not a log filter: `{}`", settings.log))?;
    let log = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let log = match settings.log_format {
        LogFormat::Text => log.with_target(false).boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    let traces = exporter(&settings.otlp_endpoint)?;
    let export = traces.as_ref().map(|traces| {
        let tracer = traces.tracer("tasuki");
        let filter = EnvFilter::new(format!("info,{NOT_EXPORTED}"));
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(filter)
    });
    tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .with(export)
        .try_init()
        .context("logging was started twice")?;
    Ok(Running { traces })
}

/// Starts collecting metrics; the handle renders them for `/metrics`.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &CALL_SECONDS)?
        .install_recorder()
        .context("metrics were started twice")
}

/// Sums up what was measured, again and again: between two visits to `/metrics`, or without any, every measured call
/// would be kept by itself.
pub(crate) async fn sum_up(metrics: PrometheusHandle, stop: CancellationToken) {
    let mut again = tokio::time::interval(SUM_UP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = again.tick() => metrics.run_upkeep(),
        }
    }
}

fn exporter(endpoint: &str) -> anyhow::Result<Option<SdkTracerProvider>> {
    if endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .with_context(|| format!("`telemetry.otlp_endpoint` cannot be used: `{endpoint}`"))?;
    let resource = Resource::builder().with_service_name("tasuki").build();
    let traces =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    opentelemetry::global::set_text_map_propagator(
        opentelemetry_sdk::propagation::TraceContextPropagator::new(),
    );
    Ok(Some(traces))
}
