//! `tasuki.provider.v1.ProviderCallbackService`: what providers report by themselves.

use tasuki_app::call::Call;
use tasuki_app::provisioning::{News, Reported, Taken, receive_provider_event};
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::{Kind, Reason};
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_callback_service_server::ProviderCallbackService;
use tasuki_proto::provisioning::v1::CustomerAction;
use tonic::{Request, Response, Status};

use super::words;
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
            Ok(Taken::Early) => ack(proto::AckOutcome::Early),
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
        sequence: event.sequence,
        news: news(&event)?,
        event_id: event.event_id,
    })
}

fn news(event: &proto::Event) -> Result<News, Problem> {
    use proto::event::Payload;
    let step =
        |kind| words::action_kind_from(kind).ok_or_else(|| Problem::invalid("kind", "is required"));
    match &event.payload {
        Some(Payload::Operation(operation)) => match operation.state() {
            proto::OperationState::Unspecified => {
                Err(Problem::invalid("operation.state", "is required"))
            }
            proto::OperationState::Pending | proto::OperationState::Running => Ok(News::Working),
            proto::OperationState::AwaitingCustomer => {
                let action = operation.customer_action.as_ref();
                let kind = action.map(CustomerAction::kind).unwrap_or_default();
                step(kind).map(News::AwaitingCustomer)
            }
            proto::OperationState::Succeeded => Ok(News::Succeeded),
            proto::OperationState::Failed | proto::OperationState::Cancelled => Ok(News::Failed),
        },
        Some(Payload::CustomerAction(done)) => step(done.kind()).map(News::CustomerActed),
        Some(Payload::Health(instance)) => {
            let ok = matches!(instance.health(), proto::Health::Ok | proto::Health::Degraded);
            Ok(if instance.exists && ok { News::Works } else { News::Broken })
        }
        Some(Payload::Usage(_) | Payload::Incident(_)) => {
            let text = "usage and incidents are taken in by their own services in this version";
            Err(Problem::new(Reason::NotServedYet, text))
        }
        None => Err(Problem::invalid("payload", "is required")),
    }
}

/// Whether sending it again helps.
fn outcome_of(problem: &Problem) -> proto::AckOutcome {
    match problem.kind() {
        Kind::Conflict
        | Kind::Exhausted
        | Kind::Unavailable
        | Kind::DeadlineExceeded
        | Kind::Internal => proto::AckOutcome::Retry,
        Kind::Invalid
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotAllowedNow
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::Unimplemented => proto::AckOutcome::Refused,
    }
}
