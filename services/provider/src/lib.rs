//! A provider of security services as a process: a reference implementation of the provider
//! contract (`tasuki.provider.v1`), for tests, for demonstrations, and for partners as a start.
//!
//! Nothing here looks at a clock. What an instance is follows from when it was asked for and from
//! the instant in the request, so that tenants who live in simulated time are served exactly.

pub mod command_line;

mod callbacks;
mod capabilities;
mod faults;
mod instructions;
mod journal;
mod record;
mod registry;
mod scenario;
mod service;
mod timeline;
pub mod verify;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tasuki_proto::provider::v1::provider_service_server::ProviderServiceServer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

pub use callbacks::Callbacks;
pub use faults::{Breach, Faults, code};
pub use scenario::{Behaviour, Course, Scenario};

use crate::callbacks::Sender;
use crate::faults::Tries;
use crate::journal::Journal;
use crate::registry::Registry;
use crate::service::{Service, Shared};

/// How a provider runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The provider's name for itself.
    pub name: String,
    /// Where its state is kept; without, it forgets everything when it ends.
    pub state: Option<PathBuf>,
    /// Where events go; without, none are sent.
    pub callbacks: Option<Callbacks>,
    /// What happens to which instance.
    pub scenario: Scenario,
    /// Seconds of the tenant's time until something is live whose course names no days.
    pub work_seconds: i64,
    /// Bad behaviour.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            name: "reference".to_owned(),
            state: None,
            callbacks: None,
            scenario: Scenario::default(),
            work_seconds: 0,
            faults: Faults::default(),
        }
    }
}

/// A provider that listens and does not serve yet.
pub struct Bound {
    address: SocketAddr,
    listener: TcpListener,
    service: Service,
    sender: Option<Sender>,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Reads the state and listens.
///
/// # Errors
/// The state is damaged, or the address is taken.
pub async fn bind(options: Options) -> anyhow::Result<Bound> {
    let opened = Journal::open(options.state.as_deref())?;
    let sends_events = options.callbacks.is_some();
    let registry = Registry::new(
        opened,
        options.scenario,
        options.faults.clone(),
        options.work_seconds,
        sends_events,
    );
    let sender = options.callbacks.as_ref().map(Sender::new).transpose()?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("`{}` cannot be listened on", options.listen))?;
    Ok(Bound {
        address: listener.local_addr()?,
        listener,
        service: Service {
            name: options.name,
            shared: Arc::new(Shared::new(registry)),
            faults: options.faults,
            tries: Tries::default(),
            sends_events,
        },
        sender,
    })
}

impl Bound {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is done.
    ///
    /// # Errors
    /// The transport failed.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
        let sending =
            self.sender.map(|sender| tokio::spawn(sender.run(Arc::clone(&self.service.shared))));
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_serving::<ProviderServiceServer<Service>>().await;
        let described = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(tasuki_proto::FILE_DESCRIPTOR_SET)
        };
        // An answer is several small writes: without this each would wait for the other side's
        // acknowledgement, some 40 ms.
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let served = Server::builder()
            .add_service(health)
            .add_service(described().build_v1()?)
            .add_service(described().build_v1alpha()?)
            .add_service(ProviderServiceServer::new(self.service))
            .serve_with_incoming_shutdown(incoming, shutdown)
            .await;
        if let Some(sending) = sending {
            sending.abort();
        }
        served.context("the provider stopped serving")
    }
}

/// Reads the state, listens and serves until `shutdown` is done.
///
/// # Errors
/// As [`bind`] and [`Bound::serve`].
pub async fn run(options: Options, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let bound = bind(options).await?;
    tracing::info!("the provider listens on `{}`", bound.address());
    bound.serve(shutdown).await
}
