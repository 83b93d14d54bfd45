//! Calls about subscriptions.

use std::pin::Pin;

use tasuki_app::subscribing::{self, Changed, MigrationAsk, SubscriptionList};
use tasuki_core::problem::Problem;
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::subscription::v1::subscription_service_server::SubscriptionService;
use tasuki_proto::types::v1::Explanation;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{commands, mapping, migration};
use crate::edge::Edge;
use crate::explain::{self, Reader};
use crate::fields;
use crate::status::status;

/// Serves `SubscriptionService`.
#[derive(Debug, Clone)]
pub(crate) struct Subscriptions {
    pub(crate) edge: Edge,
}

/// The answer of every change: the subscription and what the change means.
fn answer(
    changed: Result<Changed, Problem>,
) -> Result<(Option<proto::Subscription>, Option<proto::MoneyEffect>), Status> {
    let changed = changed.map_err(|problem| status(&problem))?;
    Ok((Some(mapping::subscription(&changed.view)), Some(mapping::effect(&changed.effect))))
}

/// The policy decisions behind a change.
fn behind(reader: Reader, changed: &Result<Changed, Problem>) -> Vec<Explanation> {
    let decisions = changed.iter().flat_map(|changed| &changed.decisions);
    decisions.map(|it| explain::decision(reader, it)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn refused(problem: Problem) -> Status {
    status(&problem)
}

#[tonic::async_trait]
impl SubscriptionService for Subscriptions {
    type PreviewMigrationStream =
        Pin<Box<dyn Stream<Item = Result<proto::PreviewMigrationResponse, Status>> + Send>>;

    async fn get_subscription(
        &self,
        request: Request<proto::GetSubscriptionRequest>,
    ) -> Result<Response<proto::GetSubscriptionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let id = fields::id("subscription_id", &message.subscription_id).map_err(refused)?;
        let at = commands::as_of(message.as_of, message.known_at).map_err(refused)?;
        let view = subscribing::get_subscription(&self.edge.ctx, &call, tenant, (id, at))
            .await
            .map_err(refused)?;
        let subscription = Some(mapping::subscription(&view));
        Ok(Response::new(proto::GetSubscriptionResponse { subscription }))
    }

    async fn list_subscriptions(
        &self,
        request: Request<proto::ListSubscriptionsRequest>,
    ) -> Result<Response<proto::ListSubscriptionsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = SubscriptionList {
            tenant_id: fields::optional_id("tenant_id", &message.tenant_id).map_err(refused)?,
            flags: message
                .flags()
                .map(commands::flag)
                .collect::<Result<_, _>>()
                .map_err(refused)?,
            at: commands::as_of(message.as_of, message.known_at).map_err(refused)?,
            page: fields::page(message.page_size, message.page_token),
        };
        let page =
            subscribing::list_subscriptions(&self.edge.ctx, &call, &list).await.map_err(refused)?;
        Ok(Response::new(proto::ListSubscriptionsResponse {
            subscriptions: page.rows.iter().map(mapping::subscription).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn convert_trial(
        &self,
        request: Request<proto::ConvertTrialRequest>,
    ) -> Result<Response<proto::ConvertTrialResponse>, Status> {
        let (call, mut message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let etag = std::mem::take(&mut message.etag);
        let wanted = commands::wanted(&message.subscription_id, etag, message.validate_only)
            .map_err(refused)?;
        let command = commands::convert_trial(message).map_err(refused)?;
        let ctx = &self.edge.ctx;
        let (subscription, effect) =
            answer(subscribing::convert_trial(ctx, &call, tenant, &wanted, command).await)?;
        Ok(Response::new(proto::ConvertTrialResponse { subscription, effect }))
    }

    async fn change_subscription(
        &self,
        request: Request<proto::ChangeSubscriptionRequest>,
    ) -> Result<Response<proto::ChangeSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let wanted =
            commands::wanted(&message.subscription_id, message.etag, message.validate_only)
                .map_err(refused)?;
        let change = commands::change(message.change).map_err(refused)?;
        let when = commands::when(message.effective).map_err(refused)?;
        let ctx = &self.edge.ctx;
        let changed =
            subscribing::change_subscription(ctx, &call, tenant, &wanted, (change, when)).await;
        let orders = changed.as_ref().map(|it| it.order_ids.clone()).unwrap_or_default();
        let decisions = behind(Reader::of(ctx, &call), &changed);
        let (subscription, effect) = answer(changed)?;
        Ok(Response::new(proto::ChangeSubscriptionResponse {
            subscription,
            effect,
            order_ids: orders.iter().map(ToString::to_string).collect(),
            decisions,
        }))
    }

    async fn preview_change(
        &self,
        request: Request<proto::PreviewChangeRequest>,
    ) -> Result<Response<proto::PreviewChangeResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let id = fields::id("subscription_id", &message.subscription_id).map_err(refused)?;
        let kind = commands::kind(message.kind()).map_err(refused)?;
        let change = commands::change(message.change).map_err(refused)?;
        let when = commands::when(message.effective).map_err(refused)?;
        let ctx = &self.edge.ctx;
        let changed =
            subscribing::preview_change(ctx, &call, tenant, id, (kind, change, when)).await;
        let decisions = behind(Reader::of(ctx, &call), &changed);
        let (subscription, effect) = answer(changed)?;
        Ok(Response::new(proto::PreviewChangeResponse { subscription, effect, decisions }))
    }

    async fn suspend_subscription(
        &self,
        request: Request<proto::SuspendSubscriptionRequest>,
    ) -> Result<Response<proto::SuspendSubscriptionResponse>, Status> {
        let (call, mut message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let etag = std::mem::take(&mut message.etag);
        let wanted = commands::wanted(&message.subscription_id, etag, message.validate_only)
            .map_err(refused)?;
        let suspension = commands::suspension(message).map_err(refused)?;
        let ctx = &self.edge.ctx;
        let (subscription, effect) = answer(
            subscribing::suspend_subscription(ctx, &call, tenant, &wanted, suspension).await,
        )?;
        Ok(Response::new(proto::SuspendSubscriptionResponse { subscription, effect }))
    }

    async fn resume_subscription(
        &self,
        request: Request<proto::ResumeSubscriptionRequest>,
    ) -> Result<Response<proto::ResumeSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let services = fields::services("services", &message.services).map_err(refused)?;
        let when = commands::when(message.effective).map_err(refused)?;
        let wanted =
            commands::wanted(&message.subscription_id, message.etag, message.validate_only)
                .map_err(refused)?;
        let ctx = &self.edge.ctx;
        let (subscription, effect) = answer(
            subscribing::resume_subscription(ctx, &call, tenant, &wanted, (services, when)).await,
        )?;
        Ok(Response::new(proto::ResumeSubscriptionResponse { subscription, effect }))
    }

    async fn cancel_subscription(
        &self,
        request: Request<proto::CancelSubscriptionRequest>,
    ) -> Result<Response<proto::CancelSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let when = commands::when(message.effective).map_err(refused)?;
        let wanted =
            commands::wanted(&message.subscription_id, message.etag, message.validate_only)
                .map_err(refused)?;
        let asked = (when, message.reason);
        let ctx = &self.edge.ctx;
        let (subscription, effect) =
            answer(subscribing::cancel_subscription(ctx, &call, tenant, &wanted, asked).await)?;
        Ok(Response::new(proto::CancelSubscriptionResponse { subscription, effect }))
    }

    async fn reinstate_subscription(
        &self,
        request: Request<proto::ReinstateSubscriptionRequest>,
    ) -> Result<Response<proto::ReinstateSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let when = commands::when(message.effective).map_err(refused)?;
        let wanted =
            commands::wanted(&message.subscription_id, message.etag, message.validate_only)
                .map_err(refused)?;
        let ctx = &self.edge.ctx;
        let (subscription, effect) =
            answer(subscribing::reinstate_subscription(ctx, &call, tenant, &wanted, when).await)?;
        Ok(Response::new(proto::ReinstateSubscriptionResponse { subscription, effect }))
    }

    async fn withdraw_scheduled_change(
        &self,
        request: Request<proto::WithdrawScheduledChangeRequest>,
    ) -> Result<Response<proto::WithdrawScheduledChangeResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let tenant = commands::tenant(&message.tenant_id).map_err(refused)?;
        let wanted =
            commands::wanted(&message.subscription_id, message.etag, false).map_err(refused)?;
        let (ctx, id) = (&self.edge.ctx, message.change_id.as_str());
        let changed = subscribing::withdraw_scheduled_change(ctx, &call, tenant, &wanted, id).await;
        let (subscription, _) = answer(changed)?;
        Ok(Response::new(proto::WithdrawScheduledChangeResponse { subscription }))
    }

    async fn preview_migration(
        &self,
        request: Request<proto::PreviewMigrationRequest>,
    ) -> Result<Response<Self::PreviewMigrationStream>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ask = MigrationAsk {
            from: message.from_rate_card,
            to: message.to_rate_card,
            partner_id: fields::optional_id("partner_id", &message.partner_id).map_err(refused)?,
        };
        let (sender, receiver) = mpsc::channel(migration::MOST_WAITING);
        let ctx = self.edge.ctx.clone();
        tokio::spawn(migration::preview(ctx, call, (ask, message.only_changed), sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn migrate_subscriptions(
        &self,
        request: Request<proto::MigrateSubscriptionsRequest>,
    ) -> Result<Response<proto::MigrateSubscriptionsResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let command = commands::moving(&message).map_err(refused)?;
        let results = subscribing::migrate_subscriptions(&self.edge.ctx, &call, &command)
            .await
            .map_err(refused)?;
        let results = results.iter().map(mapping::migration_result).collect();
        Ok(Response::new(proto::MigrateSubscriptionsResponse { results }))
    }
}
