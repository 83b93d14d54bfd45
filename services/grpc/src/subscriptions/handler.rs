//! Calls about subscriptions.

use std::pin::Pin;

use tasuki_app::subscribing;
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::subscription::v1::subscription_service_server::SubscriptionService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::fields;
use crate::status::{not_served_yet, status};

/// Serves `SubscriptionService`.
#[derive(Debug, Clone)]
pub(crate) struct Subscriptions {
    pub(crate) edge: Edge,
}

/// Asking without doing comes with previews of the money.
fn refuse_asking(validate_only: bool, call: &str) -> Result<(), Status> {
    if validate_only {
        return Err(not_served_yet(&format!("{call} with `validate_only`")));
    }
    Ok(())
}

fn tenant(text: &str) -> Result<TenantId, Problem> {
    fields::id("tenant_id", text)
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
        if message.as_of.is_some() || message.known_at.is_some() {
            return Err(not_served_yet(
                "tasuki.subscription.v1.SubscriptionService/GetSubscription with `as_of` or `known_at`",
            ));
        }
        let tenant = tenant(&message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("subscription_id", &message.subscription_id)
            .map_err(|problem| status(&problem))?;
        let stored = subscribing::get_subscription(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let subscription = Some(mapping::subscription(&stored));
        Ok(Response::new(proto::GetSubscriptionResponse { subscription }))
    }

    async fn list_subscriptions(
        &self,
        request: Request<proto::ListSubscriptionsRequest>,
    ) -> Result<Response<proto::ListSubscriptionsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        if message.as_of.is_some() || !message.flags.is_empty() {
            return Err(not_served_yet(
                "tasuki.subscription.v1.SubscriptionService/ListSubscriptions with `as_of` or `flags`",
            ));
        }
        let tenant = fields::optional_id("tenant_id", &message.tenant_id)
            .map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = subscribing::list_subscriptions(&self.edge.ctx, &call, tenant, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListSubscriptionsResponse {
            subscriptions: page.rows.iter().map(mapping::subscription).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn convert_trial(
        &self,
        request: Request<proto::ConvertTrialRequest>,
    ) -> Result<Response<proto::ConvertTrialResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        refuse_asking(
            message.validate_only,
            "tasuki.subscription.v1.SubscriptionService/ConvertTrial",
        )?;
        let tenant = tenant(&message.tenant_id).map_err(|problem| status(&problem))?;
        let command = mapping::convert_trial(message).map_err(|problem| status(&problem))?;
        let stored = subscribing::convert_trial(&self.edge.ctx, &call, tenant, &command)
            .await
            .map_err(|problem| status(&problem))?;
        let subscription = Some(mapping::subscription(&stored));
        Ok(Response::new(proto::ConvertTrialResponse { subscription, effect: None }))
    }

    async fn suspend_subscription(
        &self,
        request: Request<proto::SuspendSubscriptionRequest>,
    ) -> Result<Response<proto::SuspendSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        refuse_asking(
            message.validate_only,
            "tasuki.subscription.v1.SubscriptionService/SuspendSubscription",
        )?;
        if !message.services.is_empty() || message.resume_on.is_some() {
            return Err(not_served_yet(
                "tasuki.subscription.v1.SubscriptionService/SuspendSubscription of single services or until a day",
            ));
        }
        let tenant = tenant(&message.tenant_id).map_err(|problem| status(&problem))?;
        mapping::only_now(message.effective).map_err(|problem| status(&problem))?;
        let change =
            mapping::standing_change(&message.subscription_id, message.etag, message.reason)
                .map_err(|problem| status(&problem))?;
        let stored = subscribing::suspend_subscription(&self.edge.ctx, &call, tenant, &change)
            .await
            .map_err(|problem| status(&problem))?;
        let subscription = Some(mapping::subscription(&stored));
        Ok(Response::new(proto::SuspendSubscriptionResponse { subscription, effect: None }))
    }

    async fn resume_subscription(
        &self,
        request: Request<proto::ResumeSubscriptionRequest>,
    ) -> Result<Response<proto::ResumeSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        refuse_asking(
            message.validate_only,
            "tasuki.subscription.v1.SubscriptionService/ResumeSubscription",
        )?;
        if !message.services.is_empty() {
            return Err(not_served_yet(
                "tasuki.subscription.v1.SubscriptionService/ResumeSubscription of single services",
            ));
        }
        let tenant = tenant(&message.tenant_id).map_err(|problem| status(&problem))?;
        mapping::only_now(message.effective).map_err(|problem| status(&problem))?;
        let change =
            mapping::standing_change(&message.subscription_id, message.etag, String::new())
                .map_err(|problem| status(&problem))?;
        let stored = subscribing::resume_subscription(&self.edge.ctx, &call, tenant, &change)
            .await
            .map_err(|problem| status(&problem))?;
        let subscription = Some(mapping::subscription(&stored));
        Ok(Response::new(proto::ResumeSubscriptionResponse { subscription, effect: None }))
    }

    async fn cancel_subscription(
        &self,
        request: Request<proto::CancelSubscriptionRequest>,
    ) -> Result<Response<proto::CancelSubscriptionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        refuse_asking(
            message.validate_only,
            "tasuki.subscription.v1.SubscriptionService/CancelSubscription",
        )?;
        let tenant = tenant(&message.tenant_id).map_err(|problem| status(&problem))?;
        let at = mapping::cancel_at(message.effective).map_err(|problem| status(&problem))?;
        let change =
            mapping::standing_change(&message.subscription_id, message.etag, message.reason)
                .map_err(|problem| status(&problem))?;
        let stored = subscribing::cancel_subscription(&self.edge.ctx, &call, tenant, &change, at)
            .await
            .map_err(|problem| status(&problem))?;
        let subscription = Some(mapping::subscription(&stored));
        Ok(Response::new(proto::CancelSubscriptionResponse { subscription, effect: None }))
    }

    async fn change_subscription(
        &self,
        _: Request<proto::ChangeSubscriptionRequest>,
    ) -> Result<Response<proto::ChangeSubscriptionResponse>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/ChangeSubscription"))
    }

    async fn preview_change(
        &self,
        _: Request<proto::PreviewChangeRequest>,
    ) -> Result<Response<proto::PreviewChangeResponse>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/PreviewChange"))
    }

    async fn reinstate_subscription(
        &self,
        _: Request<proto::ReinstateSubscriptionRequest>,
    ) -> Result<Response<proto::ReinstateSubscriptionResponse>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/ReinstateSubscription"))
    }

    async fn withdraw_scheduled_change(
        &self,
        _: Request<proto::WithdrawScheduledChangeRequest>,
    ) -> Result<Response<proto::WithdrawScheduledChangeResponse>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/WithdrawScheduledChange"))
    }

    async fn preview_migration(
        &self,
        _: Request<proto::PreviewMigrationRequest>,
    ) -> Result<Response<Self::PreviewMigrationStream>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/PreviewMigration"))
    }

    async fn migrate_subscriptions(
        &self,
        _: Request<proto::MigrateSubscriptionsRequest>,
    ) -> Result<Response<proto::MigrateSubscriptionsResponse>, Status> {
        Err(not_served_yet("tasuki.subscription.v1.SubscriptionService/MigrateSubscriptions"))
    }
}
