//! `tasuki.provider.v1.ProviderCallbackService`: what providers report by themselves.

use tasuki_app::call::Call;
use tasuki_app::provisioning::{Reported, Taken, receive_provider_event};
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::{Kind, Reason};
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_callback_service_server::ProviderCallbackService;
use tonic::{Request, Response, Status};

use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// Serves `ProviderCallbackService`.
#[derive(Debug, Clone)]
pub(crate) struct Callbacks {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl ProviderCallbackService for Callbacks {
    async fn report_event(
        &self,
        request: Request<proto::ReportEventRequest>,
    ) -> Result<Response<proto::ReportEventResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let provider =
            fields::id("provider_id", &message.provider_id).map_err(|problem| status(&problem))?;
        let mut acks = Vec::with_capacity(message.events.len());
        for event in message.events {
            acks.push(self.take(&call, provider, event).await);
        }
        Ok(Response::new(proto::ReportEventResponse { acks }))
    }
}

impl Callbacks {
    /// Each event is acknowledged by itself: one that fails holds up no other.
    async fn take(
        &self,
        call: &Call,
        provider: ProviderId,
        event: proto::Event,
    ) -> proto::EventAck {
        let event_id = event.event_id.clone();
        let taken = match reported(provider, event) {
            Ok(reported) => receive_provider_event(&self.edge.ctx, call, &reported).await,
            Err(problem) => Err(problem),
        };
        let ack = |outcome: proto::AckOutcome| proto::EventAck {
            event_id: event_id.clone(),
            outcome: outcome.into(),
            ..proto::EventAck::default()
        };
        match taken {
            Ok(Taken::Now) => ack(proto::AckOutcome::Accepted),
            Ok(Taken::Before) => ack(proto::AckOutcome::Repeated),
            Ok(Taken::Outdated) => ack(proto::AckOutcome::Stale),
            Err(problem) => proto::EventAck {
                reason: problem.reason().code().to_owned(),
                message: problem.message().to_owned(),
                ..ack(outcome_of(&problem))
            },
        }
    }
}

fn reported(provider: ProviderId, event: proto::Event) -> Result<Reported, Problem> {
    Ok(Reported {
        provider_id: Some(provider),
        item_id: fields::id("instance_id", &event.instance_id)?,
        generation: u32::try_from(event.generation).unwrap_or(u32::MAX),
        event_id: event.event_id,
    })
}

/// An instance that is not known may be one whose order is being committed just now.
fn outcome_of(problem: &Problem) -> proto::AckOutcome {
    match (problem.reason(), problem.kind()) {
        (Reason::ItemNotFound, _) => proto::AckOutcome::Early,
        (_, Kind::Conflict | Kind::Unavailable | Kind::Internal | Kind::DeadlineExceeded) => {
            proto::AckOutcome::Retry
        }
        _ => proto::AckOutcome::Refused,
    }
}
