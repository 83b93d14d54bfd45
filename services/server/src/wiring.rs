//! Puts the parts together: settings in, a running server out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::ExposeSecret;
use tasuki_app::catalog::adopt_cards;
use tasuki_app::context::Context;
use tasuki_app::governing::adopt_packs;
use tasuki_app::library::Library;
use tasuki_core::webhook::AddressRules;
use tasuki_grpc::edge::Edge;
use tasuki_partners::dns::Dns;
use tasuki_partners::nats::Stream;
use tasuki_partners::notices::DeskQueue;
use tasuki_partners::provider::GrpcProviders;
use tasuki_partners::webhooks::{Sender, SystemDns};
use tasuki_store::jobs::Lane;
use tasuki_store::{Keys, Options, Store, StoreError};
use tasuki_worker::streams::Publisher;
use tasuki_worker::webhooks::Post;
use tasuki_worker::{Hands, Worker};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;

use crate::auth::Tokens;
use crate::events_file::EventsFile;
use crate::http::{self, Bounds, Pages};
use crate::present::{self, RandomIds, SystemClock};
use crate::settings::{ServerRole, Settings};
use crate::telemetry;

/// How often the gRPC health service asks whether the server is ready.
const HEALTH_EVERY: Duration = Duration::from_secs(2);

/// How long a call to a provider may take at most, with a long lease as well.
const LONGEST_CALL: Duration = Duration::from_secs(20);

/// Opens the database of the settings.
pub(crate) async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let database = &settings.database;
    let options = Options {
        url: database.url.expose_secret().to_owned(),
        max_connections: database.max_connections,
        schema: (!database.schema.is_empty()).then(|| database.schema.clone()),
    };
    let store = Store::open(&options).await.context("cannot open the database (`database.url`)")?;
    Ok(store.with_keys(Keys::new(&settings.webhooks.secret_keys()?)))
}

/// What use cases work with.
pub(crate) async fn context(settings: &Settings) -> anyhow::Result<Context> {
    let store = open_store(settings).await?;
    if settings.database.migrate_at_start {
        store.migrate().await.context("cannot bring the database's schema up to date")?;
    } else {
        store.check().await?;
    }
    seal_secrets(&store).await.context("cannot read the secrets of webhooks")?;
    let library = library(settings)?;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let ctx = Context { store, clock, ids, library: Arc::new(library) };
    adopt_packs(&ctx).await.context("cannot take the policies into use")?;
    adopt_cards(&ctx).await.context("cannot take the rate cards into use")?;
    Ok(ctx)
}

/// Seals what is not sealed with the present key, and sees at the start whether a key is missing.
async fn seal_secrets(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let n_sealed = tasuki_store::webhooks::seal_anew(&tx).await?;
    tx.commit().await?;
    if n_sealed > 0 {
        tracing::info!("sealed {n_sealed} secrets of webhooks anew");
    }
    Ok(())
}

fn library(settings: &Settings) -> anyhow::Result<Library> {
    let folder =
        |path: &'_ std::path::PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
    let (packs, cards) = (folder(&settings.library.packs), folder(&settings.library.cards));
    Library::load(packs.as_deref(), cards.as_deref())
        .context("the policies or rate cards cannot be used (`library.packs`, `library.cards`)")
}

/// A server that is told to stop by a token and then finishes what is under way.
#[derive(Debug)]
pub(crate) struct Running {
    /// Where it listens, also when port 0 was asked for; none without the role `api`.
    pub(crate) address: Option<SocketAddr>,
    tasks: TaskTracker,
}

impl Running {
    /// Waits for everything under way, at most so long.
    pub(crate) async fn finished(self, within: Duration) {
        self.tasks.close();
        if tokio::time::timeout(within, self.tasks.wait()).await.is_err() {
            tracing::warn!("stopped with work under way; its leases end by themselves");
        }
    }
}

/// Starts what the roles of the settings say.
pub(crate) async fn start(
    settings: &Settings,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> anyhow::Result<Running> {
    let ctx = context(settings).await?;
    let tasks = TaskTracker::new();
    tasks.spawn(tasuki_worker::watch_packs(ctx.clone(), present::replica(), stop.clone()));
    tasks.spawn(telemetry::sum_up(metrics.clone(), stop.clone()));
    let has = |role| settings.server.roles.contains(&role);
    if has(ServerRole::Worker) {
        let worker = worker(settings, ctx.clone());
        tasks.spawn(tasuki_worker::run_jobs_with(worker, hands(&settings.worker), stop.clone()));
        tasks.spawn(tasuki_worker::watch_backlog(ctx.clone(), stop.clone()));
        let days = settings.worker.done_jobs_days;
        tasks.spawn(tasuki_worker::keep_up(ctx.clone(), days, stop.clone()));
    }
    if has(ServerRole::Relay) {
        start_relays(settings, &ctx, &tasks, &stop).await?;
    }
    let mut address = None;
    if has(ServerRole::Api) {
        let asked = settings.server.address;
        let listener = TcpListener::bind(asked)
            .await
            .with_context(|| format!("cannot listen on `{asked}` (`server.address`)"))?;
        address = Some(listener.local_addr()?);
        let pages = Pages { ctx: ctx.clone(), stopping: stop.clone(), metrics };
        let api = api(settings, ctx, pages, listener, stop)?;
        tasks.spawn(async move {
            if let Err(error) = api.await {
                tracing::error!("the listening socket failed: {error}");
            }
        });
    }
    Ok(Running { address, tasks })
}

/// Hands events on to everybody who is to have them; none waits for another.
async fn start_relays(
    settings: &Settings,
    ctx: &Context,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let relay = &settings.relay;
    if !relay.file.as_os_str().is_empty() {
        let sink = EventsFile::open(&relay.file, &relay.source)?;
        tasks.spawn(tasuki_worker::relay::relay(ctx.clone(), sink, stop.clone()));
    }
    if relay.nats.is_wanted() {
        let stream = Stream::open(&relay.nats.servers(), relay.nats.wanted()).await?;
        let publisher = Publisher::new(ctx.clone(), stream, &relay.source);
        tasks.spawn(tasuki_worker::streams::publish_events(publisher, stop.clone()));
    }
    let post = post(settings, ctx.clone())?;
    tasks.spawn(tasuki_worker::webhooks::deliver_webhooks(post, stop.clone()));
    Ok(())
}

fn hands(settings: &crate::settings::Worker) -> Hands {
    let lanes = Lane::ALL.map(|lane| {
        let n = match lane {
            Lane::Alerts => settings.alerts,
            Lane::Provisioning => settings.provisioning,
            Lane::Billing => settings.billing,
            Lane::Low => settings.low,
        };
        (lane, n)
    });
    Hands {
        lanes: lanes.into(),
        per_counterpart: settings.per_counterpart,
        lease_seconds: settings.lease_seconds,
    }
}

fn worker(settings: &Settings, ctx: Context) -> Worker {
    let asked = settings.dns.enabled.then(|| Dns::of(&settings.dns.servers));
    let dns = asked.and_then(|dns| {
        dns.inspect_err(|error| tracing::warn!("nobody looks into DNS: {error}; set `dns.servers`"))
            .ok()
    });
    // A question is at most two calls, and both together end before the lease of the job that asks.
    let lease = Duration::from_secs(u64::from(settings.worker.lease_seconds));
    let providers = Arc::new(GrpcProviders::with_call_time(LONGEST_CALL.min(lease / 3)));
    Worker { ctx, notices: Arc::new(DeskQueue), providers, dns }
}

fn webhook_rules(settings: &Settings) -> AddressRules {
    AddressRules::with_open_hosts(settings.webhooks.open_hosts.iter().cloned())
}

fn post(settings: &Settings, ctx: Context) -> anyhow::Result<Post> {
    let webhooks = &settings.webhooks;
    let roots = if webhooks.roots.as_os_str().is_empty() {
        Vec::new()
    } else {
        let file = webhooks.roots.display();
        std::fs::read(&webhooks.roots)
            .with_context(|| format!("cannot read `{file}` (`webhooks.roots`)"))?
    };
    let within = Duration::from_secs(webhooks.timeout_seconds);
    let sender = Sender::new(webhook_rules(settings), within, Arc::new(SystemDns), &roots)
        .context("`webhooks.roots` cannot be used")?;
    Ok(Post { ctx, sender, source: settings.relay.source.clone() })
}

fn api(
    settings: &Settings,
    ctx: Context,
    pages: Pages,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<impl Future<Output = Result<(), tonic::transport::Error>> + use<>> {
    let auth = Arc::new(Tokens::new(&settings.auth.tokens));
    let (health, health_service) = tonic_health::server::health_reporter();
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tasuki_proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let longest = Duration::from_secs(settings.server.call_timeout_seconds);
    let bounds = Bounds::new(settings.server.max_concurrent_calls, longest);
    let edge = Edge::new(ctx, auth).with_webhook_rules(webhook_rules(settings));
    let calls = tasuki_grpc::routes(&edge)
        .into_axum_router()
        .layer(axum::middleware::from_fn_with_state(bounds, http::around))
        // Around our services only: it refuses every plain HTTP/1 request, and so the pages.
        .layer(tonic_web::GrpcWebLayer::new());
    // Health and reflection stay outside the bounds: a busy server is alive and says so.
    let always = Routes::new(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .into_axum_router()
        .reset_fallback();
    let router = calls.merge(always).merge(pages.clone().router());
    let stopped = stop.clone();
    tokio::spawn(report_health(pages, health, stop));
    // An answer is several small writes: without this each would wait for the other side's
    // acknowledgement, some 40 ms.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = tonic::transport::Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(Duration::from_mins(1)))
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(incoming, async move {
            stopped.cancelled().await;
        });
    Ok(serving)
}

async fn report_health(
    pages: Pages,
    health: tonic_health::server::HealthReporter,
    stop: CancellationToken,
) {
    loop {
        let status = match pages.readiness().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        health.set_service_status("", status).await;
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(HEALTH_EVERY) => {}
        }
    }
}
