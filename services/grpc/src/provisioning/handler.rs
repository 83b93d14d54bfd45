//! Calls about orders.

use std::pin::Pin;

use tasuki_app::provisioning::{self, FunnelQuery};
use tasuki_core::problem::Problem;
use tasuki_proto::provisioning::v1 as proto;
use tasuki_proto::provisioning::v1::provisioning_service_server::ProvisioningService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{commands, ordering, orders, settling, watch};
use crate::edge::Edge;
use crate::fields;
use crate::status::{not_served_yet, status};

/// Serves `ProvisioningService`.
#[derive(Debug, Clone)]
pub(crate) struct Provisioning {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl ProvisioningService for Provisioning {
    type WatchOrderStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchOrderResponse, Status>> + Send>>;

    async fn get_order(
        &self,
        request: Request<proto::GetOrderRequest>,
    ) -> Result<Response<proto::GetOrderResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (tenant, id) = commands::which_order(&message.tenant_id, &message.order_id)
            .map_err(|problem| status(&problem))?;
        let mut view = provisioning::get_order(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        if !message.include_history {
            view.history.clear();
        }
        Ok(Response::new(proto::GetOrderResponse { order: Some(orders::view(&view)) }))
    }

    async fn list_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Result<Response<proto::ListOrdersResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let filter = commands::filter(&message).map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = provisioning::find_orders(&self.edge.ctx, &call, &filter, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListOrdersResponse {
            orders: page.rows.iter().map(orders::view).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn watch_order(
        &self,
        request: Request<proto::WatchOrderRequest>,
    ) -> Result<Response<Self::WatchOrderStream>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let stream = watch::start(self.edge.ctx.clone(), call, &message)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn cancel_order(
        &self,
        request: Request<proto::CancelOrderRequest>,
    ) -> Result<Response<proto::CancelOrderResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let (tenant, command) = settling::cancelled(message).map_err(|problem| status(&problem))?;
        let view = provisioning::cancel_order(&self.edge.ctx, &call, tenant, &command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::CancelOrderResponse { order: Some(orders::view(&view)) }))
    }

    async fn confirm_customer_action(
        &self,
        request: Request<proto::ConfirmCustomerActionRequest>,
    ) -> Result<Response<proto::ConfirmCustomerActionResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let (which, said) = commands::confirmed(message).map_err(|problem| status(&problem))?;
        let view = provisioning::confirm_customer_action(&self.edge.ctx, &call, which, said)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ConfirmCustomerActionResponse { order: Some(orders::view(&view)) }))
    }

    async fn get_funnel(
        &self,
        request: Request<proto::GetFunnelRequest>,
    ) -> Result<Response<proto::GetFunnelResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        if message.ordered.is_some() {
            return Err(not_served_yet(
                "tasuki.provisioning.v1.ProvisioningService/GetFunnel with `ordered`",
            ));
        }
        let query = funnel_query(&message).map_err(|problem| status(&problem))?;
        let funnel = provisioning::get_funnel(&self.edge.ctx, &call, &query)
            .await
            .map_err(|problem| status(&problem))?;
        let large = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(Response::new(proto::GetFunnelResponse {
            rows: funnel
                .rows
                .iter()
                .map(|row| {
                    let partner = row.partner_id.map(|id| id.to_string()).unwrap_or_default();
                    orders::funnel_row((row.service, &row.component), partner, &row.counts)
                })
                .collect(),
            n_tenants_applied: large(funnel.total.tenants_applied),
            n_tenants_active: large(funnel.total.tenants_active),
        }))
    }

    async fn create_order(
        &self,
        request: Request<proto::CreateOrderRequest>,
    ) -> Result<Response<proto::CreateOrderResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let only_asks = message.validate_only;
        let (tenant, command) = ordering::ordered(message).map_err(|problem| status(&problem))?;
        let view = provisioning::create_order(&self.edge.ctx, &call, tenant, command)
            .await
            .map_err(|problem| status(&problem))?;
        let mut order = orders::view(&view);
        if only_asks {
            ordering::without_ids(&mut order);
        }
        Ok(Response::new(proto::CreateOrderResponse { order: Some(order) }))
    }

    async fn retry_item(
        &self,
        request: Request<proto::RetryItemRequest>,
    ) -> Result<Response<proto::RetryItemResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let (tenant, command) = settling::retried(message).map_err(|problem| status(&problem))?;
        let view = provisioning::retry_item(&self.edge.ctx, &call, tenant, &command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::RetryItemResponse { order: Some(orders::view(&view)) }))
    }

    async fn resolve_item(
        &self,
        request: Request<proto::ResolveItemRequest>,
    ) -> Result<Response<proto::ResolveItemResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let (tenant, command) = settling::resolved(message).map_err(|problem| status(&problem))?;
        let view = provisioning::resolve_item(&self.edge.ctx, &call, tenant, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ResolveItemResponse { order: Some(orders::view(&view)) }))
    }

    async fn list_dead_letters(
        &self,
        _: Request<proto::ListDeadLettersRequest>,
    ) -> Result<Response<proto::ListDeadLettersResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/ListDeadLetters"))
    }

    async fn retry_job(
        &self,
        _: Request<proto::RetryJobRequest>,
    ) -> Result<Response<proto::RetryJobResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/RetryJob"))
    }

    async fn discard_job(
        &self,
        _: Request<proto::DiscardJobRequest>,
    ) -> Result<Response<proto::DiscardJobResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/DiscardJob"))
    }

    async fn lease_work(
        &self,
        _: Request<proto::LeaseWorkRequest>,
    ) -> Result<Response<proto::LeaseWorkResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/LeaseWork"))
    }

    async fn report_progress(
        &self,
        _: Request<proto::ReportProgressRequest>,
    ) -> Result<Response<proto::ReportProgressResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/ReportProgress"))
    }

    async fn complete_work(
        &self,
        _: Request<proto::CompleteWorkRequest>,
    ) -> Result<Response<proto::CompleteWorkResponse>, Status> {
        Err(not_served_yet("tasuki.provisioning.v1.ProvisioningService/CompleteWork"))
    }
}

fn funnel_query(message: &proto::GetFunnelRequest) -> Result<FunnelQuery, Problem> {
    Ok(FunnelQuery {
        partner: fields::optional_id("partner_id", &message.partner_id)?,
        service: fields::optional_service("service", message.service)?,
        partners: message.by_partner.into(),
        components: message.by_component.into(),
    })
}
