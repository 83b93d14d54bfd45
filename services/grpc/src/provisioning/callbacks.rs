//! `tasuki.provider.v1.ProviderCallbackService`: what providers report by themselves.

use tasuki_app::call::Call;
use tasuki_app::monitoring::{RowAnswer, RowOutcome, report_alerts, report_usage};
use tasuki_app::provisioning::{News, Reported, Taken, receive_provider_event, reported_instance};
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::{Kind, Reason};
use tasuki_core::time::Period;
use tasuki_proto::alert::v1::AlertReport;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::provider_callback_service_server::ProviderCallbackService;
use tasuki_proto::provisioning::v1::CustomerAction;
use tasuki_proto::usage::v1::UsageReport;
use tonic::{Request, Response, Status};

use super::words;
use crate::edge::{self, Edge};
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
        // Rules that an event breaks are its own answer; repeats are known by the events' ids.
        let (call, message) = self.edge.open_batch(request, "events", |_| "").await?;
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
        let taken = match edge::row(event) {
            Ok(event) => self.taken(call, provider, event).await,
            Err(problem) => Err(problem),
        };
        let (outcome, reason, message) = match taken {
            Ok(Ack { outcome, reason, message }) => (outcome, reason, message),
            Err(problem) => (
                outcome_of(&problem),
                problem.reason().code().to_owned(),
                problem.message().to_owned(),
            ),
        };
        proto::EventAck { event_id, outcome: outcome.into(), reason, message }
    }

    async fn taken(
        &self,
        call: &Call,
        provider: ProviderId,
        mut event: proto::Event,
    ) -> Result<Ack, Problem> {
        use proto::event::Payload;
        match event.payload.take() {
            Some(Payload::Usage(usage)) => self.usage(call, provider, (&event, usage)).await,
            Some(Payload::Incident(incident)) => {
                self.incident(call, provider, (&event, incident)).await
            }
            payload @ (Some(
                Payload::Operation(_) | Payload::CustomerAction(_) | Payload::Health(_),
            )
            | None) => {
                event.payload = payload;
                let reported = reported(provider, event)?;
                let taken = receive_provider_event(&self.edge.ctx, call, &reported).await?;
                Ok(Ack::from(taken))
            }
        }
    }

    /// Taken in as `UsageService` would: the provider knows its instance, we know whose it is.
    async fn usage(
        &self,
        call: &Call,
        provider: ProviderId,
        (event, usage): (&proto::Event, proto::UsageMeasured),
    ) -> Result<Ack, Problem> {
        let ctx = &self.edge.ctx;
        let id = fields::id("instance_id", &event.instance_id)?;
        let instance = reported_instance(ctx, call, (provider, id)).await?;
        let subscription_id = instance.subscription_id.ok_or_else(|| {
            let text = format!("`{id}` belongs to no subscription: nobody is billed for its usage");
            Problem::new(Reason::SubscriptionNotFound, text)
        })?;
        let report = UsageReport {
            provider_event_id: event.event_id.clone(),
            tenant_id: instance.tenant_id.to_string(),
            subscription_id: subscription_id.to_string(),
            service: crate::words::service(instance.service).into(),
            meter: usage.meter,
            kind: usage.kind,
            quantity: usage.quantity,
            measured: usage.measured,
            corrects_event_id: usage.corrects_event_id,
            ..UsageReport::default()
        };
        let rows = vec![crate::usage::row(report)];
        let answers = report_usage(ctx, call, instance.provider_id, rows).await?;
        Ack::of_row(answers)
    }

    /// Taken in as `AlertService` would, under the provider's id of the alert.
    async fn incident(
        &self,
        call: &Call,
        provider: ProviderId,
        (event, incident): (&proto::Event, AlertReport),
    ) -> Result<Ack, Problem> {
        for (field, named, ours) in [
            ("incident.instance_id", &incident.instance_id, &event.instance_id),
            ("incident.provider_id", &incident.provider_id, &provider.to_string()),
        ] {
            if !named.is_empty() && named != ours {
                return Err(Problem::invalid(field, "must be that of the event"));
            }
        }
        let report = AlertReport { instance_id: event.instance_id.clone(), ..incident };
        let rows = vec![crate::alerts::report_row(report)];
        let answers = Box::pin(report_alerts(&self.edge.ctx, call, rows)).await?;
        Ack::of_row(answers)
    }
}

/// What an event is answered.
struct Ack {
    outcome: proto::AckOutcome,
    reason: String,
    message: String,
}

impl Ack {
    const fn of(outcome: proto::AckOutcome) -> Self {
        Self { outcome, reason: String::new(), message: String::new() }
    }

    /// The answer for the only row of a batch.
    fn of_row(answers: Vec<RowAnswer>) -> Result<Self, Problem> {
        let answer = answers.into_iter().next();
        let answer = answer.ok_or_else(|| Problem::internal("a row was not answered"))?;
        let outcome = match answer.outcome {
            RowOutcome::Accepted | RowOutcome::AcceptedLate => proto::AckOutcome::Accepted,
            RowOutcome::Repeated => proto::AckOutcome::Repeated,
            RowOutcome::Refused => proto::AckOutcome::Refused,
        };
        Ok(Self { outcome, reason: answer.reason, message: answer.message })
    }
}

impl From<Taken> for Ack {
    fn from(taken: Taken) -> Self {
        Self::of(match taken {
            Taken::Now => proto::AckOutcome::Accepted,
            Taken::Before => proto::AckOutcome::Repeated,
            Taken::Outdated => proto::AckOutcome::Stale,
            Taken::Early => proto::AckOutcome::Early,
        })
    }
}

fn reported(provider: ProviderId, event: proto::Event) -> Result<Reported, Problem> {
    Ok(Reported {
        provider_id: Some(provider),
        item_id: fields::id("instance_id", &event.instance_id)?,
        generation: u32::try_from(event.generation).unwrap_or(u32::MAX),
        sequence: event.sequence,
        news: news(&event)?,
        visit: visit(&event)?,
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
        // Those are taken in by other use cases.
        Some(Payload::Usage(_) | Payload::Incident(_)) | None => {
            Err(Problem::invalid("payload", "is required"))
        }
    }
}

/// The date that was agreed with the customer.
fn visit(event: &proto::Event) -> Result<Option<Period>, Problem> {
    let Some(proto::event::Payload::CustomerAction(done)) = &event.payload else { return Ok(None) };
    done.visit
        .map(|visit| super::commands::period("customer_action.visit", Some(visit)))
        .transpose()
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
