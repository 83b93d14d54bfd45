//! Tells our caller what happened: at least once, again until it is taken in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prost::Message as _;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_callback_service_client::ProviderCallbackServiceClient;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};

use crate::service::Shared;

/// As many events as one call may carry, and a few less.
const EVENTS_PER_CALL: usize = 100;

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long one call may take.
const CALL_TIME: Duration = Duration::from_secs(10);

/// Where events go.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// The server that serves `ProviderCallbackService`, such as `http://127.0.0.1:7400`.
    pub url: String,
    /// The bearer token, if it wants one.
    pub token: Option<String>,
    /// Our id there, `prv_…`.
    pub provider_id: String,
}

/// The client and what it says with every call.
pub(crate) struct Sender {
    client: ProviderCallbackServiceClient<Channel>,
    authorization: Option<AsciiMetadataValue>,
    provider_id: String,
}

impl Sender {
    pub(crate) fn new(callbacks: &Callbacks) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(callbacks.url.clone())
            .with_context(|| format!("`{}` is not a URL", callbacks.url))?
            .connect_timeout(CALL_TIME)
            .timeout(CALL_TIME);
        let authorization = callbacks
            .token
            .as_ref()
            .map(|token| format!("Bearer {token}").parse())
            .transpose()
            .context("the token has characters that no header may have")?;
        Ok(Self {
            client: ProviderCallbackServiceClient::new(endpoint.connect_lazy()),
            authorization,
            provider_id: callbacks.provider_id.clone(),
        })
    }

    /// Sends what is queued, for ever.
    pub(crate) async fn run(mut self, shared: Arc<Shared>) {
        let mut wait = Duration::from_millis(50);
        loop {
            let queued = shared.lock().queued(EVENTS_PER_CALL);
            if queued.is_empty() {
                shared.queued.notified().await;
                continue;
            }
            let mut events: Vec<proto::Event> = Vec::with_capacity(queued.len());
            let mut twice = Vec::new();
            for one in &queued {
                let decoded = hex::decode(&one.message)
                    .ok()
                    .and_then(|bytes| proto::Event::decode(bytes.as_slice()).ok());
                let Some(event) = decoded else { continue };
                if one.twice {
                    twice.push(event.clone());
                }
                events.push(event);
            }
            // The doubles come in the other order: a receiver must stand that too.
            twice.reverse();
            events.append(&mut twice);
            match self.send(events).await {
                Ok(settled) if !settled.is_empty() => {
                    wait = Duration::from_millis(50);
                    if shared.lock().settle(settled).is_ok() {
                        continue;
                    }
                }
                Ok(_none) => {}
                Err(status) => {
                    tracing::warn!(code = ?status.code(), "events were not taken in: {status}");
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    // The ids of the events that need not be sent again.
    async fn send(&mut self, events: Vec<proto::Event>) -> Result<Vec<String>, tonic::Status> {
        let mut request = tonic::Request::new(proto::ReportEventRequest {
            request_id: String::new(),
            provider_id: self.provider_id.clone(),
            events,
        });
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        let acks = self.client.report_event(request).await?.into_inner().acks;
        let mut settled = Vec::with_capacity(acks.len());
        for ack in acks {
            match ack.outcome() {
                proto::AckOutcome::Retry | proto::AckOutcome::Unspecified => {}
                proto::AckOutcome::Refused => {
                    tracing::warn!("event `{}` was refused: {}", ack.event_id, ack.message);
                    settled.push(ack.event_id);
                }
                proto::AckOutcome::Accepted
                | proto::AckOutcome::Repeated
                | proto::AckOutcome::Stale
                | proto::AckOutcome::Early => settled.push(ack.event_id),
            }
        }
        Ok(settled)
    }
}
