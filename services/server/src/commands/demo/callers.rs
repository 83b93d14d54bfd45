//! Calls of the public gRPC API, each with the token of whoever makes it.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tasuki_proto::alert::v1::alert_service_client::AlertServiceClient;
use tasuki_proto::billing::v1::billing_service_client::BillingServiceClient;
use tasuki_proto::claim::v1::claim_service_client::ClaimServiceClient;
use tasuki_proto::cover::v1::cover_service_client::CoverServiceClient;
use tasuki_proto::incident::v1::incident_service_client::IncidentServiceClient;
use tasuki_proto::provisioning::v1::provisioning_service_client::ProvisioningServiceClient;
use tasuki_proto::quote::v1::quote_service_client::QuoteServiceClient;
use tasuki_proto::settlement::v1::settlement_service_client::SettlementServiceClient;
use tasuki_proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::usage::v1::usage_service_client::UsageServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// How long a call is repeated while the server is away or its work is stuck: longer than the lease
/// of a job whose worker was killed.
const PATIENCE: Duration = Duration::from_secs(150);

/// The wait before a call is repeated.
const REPEAT_AFTER: Duration = Duration::from_millis(50);

/// Answers with a page of a thousand rows are larger than the default of four MiB.
const LARGEST_ANSWER: usize = 64 << 20;

/// Adds the token to each call.
#[derive(Debug, Clone)]
pub(crate) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

type Line = InterceptedService<Channel, Bearer>;

/// Somebody who calls the server.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    line: Line,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident -> $client:ident;)*) => {
        impl Caller {
            $($(#[$doc])*
            pub(crate) fn $name(&self) -> $client<Line> {
                $client::new(self.line.clone()).max_decoding_message_size(LARGEST_ANSWER)
            })*
        }
    };
}

clients! {
    alerts -> AlertServiceClient;
    billing -> BillingServiceClient;
    claims -> ClaimServiceClient;
    covers -> CoverServiceClient;
    incidents -> IncidentServiceClient;
    orders -> ProvisioningServiceClient;
    partners -> PartnerServiceClient;
    quotes -> QuoteServiceClient;
    settlements -> SettlementServiceClient;
    subscriptions -> SubscriptionServiceClient;
    tenants -> TenantServiceClient;
    usage -> UsageServiceClient;
}

impl Caller {
    /// Somebody with this token; without one on a server that knows none.
    pub(crate) fn new(channel: &Channel, token: Option<&str>) -> anyhow::Result<Self> {
        let bearer = token
            .map(|token| format!("Bearer {token}").parse())
            .transpose()
            .context("a token may only have printable characters")?;
        Ok(Self { line: InterceptedService::new(channel.clone(), Bearer(bearer)) })
    }
}

/// A line to a server; it is opened when first used and again whenever it breaks.
pub(crate) fn connect(url: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .with_context(|| format!("`{url}` is no address such as http://127.0.0.1:50051"))?;
    Ok(endpoint.connect_timeout(Duration::from_secs(5)).connect_lazy())
}

/// Makes a call and unwraps the answer; while the server is away it is repeated with the same body.
macro_rules! ask {
    ($client:expr, $method:ident, $message:expr) => {{
        let (message, client) = ($message, $client);
        crate::commands::demo::callers::persist(stringify!($method), || {
            let mut client = client.clone();
            let message = message.clone();
            async move { client.$method(message).await.map(tonic::Response::into_inner) }
        })
        .await
    }};
}
pub(crate) use ask;

/// Repeats a call while it may still work. Every change carries a request id of its own, so that a
/// repeat gives the first answer and changes nothing twice.
pub(crate) async fn persist<T, F>(method: &str, mut call: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = Result<T, Status>>,
{
    let began = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(status) if may_pass(&status) && began.elapsed() < PATIENCE => {
                tokio::time::sleep(REPEAT_AFTER).await;
            }
            Err(status) => return Err(refused(method, &status)),
        }
    }
}

fn may_pass(status: &Status) -> bool {
    match status.code() {
        // A broken connection is `Unknown` when it broke while the answer was on its way.
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted => {
            true
        }
        Code::Unknown | Code::Cancelled | Code::Internal => is_transport(status),
        Code::FailedPrecondition => reason(status) == "CLOCK_STUCK",
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

/// Whether the error was made by our end of the line and not by the server.
fn is_transport(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// The stable reason of a refusal, or nothing.
pub(crate) fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

fn refused(method: &str, status: &Status) -> anyhow::Error {
    let code = status.code();
    let reason = reason(status);
    anyhow::anyhow!("`{method}` was refused: {code:?} {reason}: {}", status.message())
}
