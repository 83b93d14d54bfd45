//! Calls about orders.

use std::pin::Pin;
use std::time::Duration;

use tasuki_app::provisioning::{self, FunnelQuery};
use tasuki_core::problem::Problem;
use tasuki_proto::provisioning::v1 as proto;
use tasuki_proto::provisioning::v1::provisioning_service_server::ProvisioningService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{commands, dead_letters, ordering, orders, settling, watch, work};
use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// How often to look for work while a caller waits for some.
const LOOK_FOR_WORK: Duration = Duration::from_millis(500);

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
        let ctx = &self.edge.ctx;
        let view = match tenant {
            Some(tenant) => provisioning::create_order(ctx, &call, tenant, command).await,
            None => provisioning::ask_preflight(ctx, &call, command).await,
        };
        let view = view.map_err(|problem| status(&problem))?;
        let mut order = orders::view(&view);
        if only_asks {
            ordering::without_ids(&mut order, tenant);
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
        request: Request<proto::ListDeadLettersRequest>,
    ) -> Result<Response<proto::ListDeadLettersResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let query = dead_letters::query(&message).map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = provisioning::list_dead_letters(&self.edge.ctx, &call, &query, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListDeadLettersResponse {
            dead_letters: page.rows.iter().map(dead_letters::message).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn retry_job(
        &self,
        request: Request<proto::RetryJobRequest>,
    ) -> Result<Response<proto::RetryJobResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let id = fields::id("job_id", &message.job_id).map_err(|problem| status(&problem))?;
        let read = provisioning::retry_job(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let dead_letter = Some(dead_letters::message(&read));
        Ok(Response::new(proto::RetryJobResponse { dead_letter }))
    }

    async fn discard_job(
        &self,
        request: Request<proto::DiscardJobRequest>,
    ) -> Result<Response<proto::DiscardJobResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let id = fields::id("job_id", &message.job_id).map_err(|problem| status(&problem))?;
        let read = provisioning::discard_job(&self.edge.ctx, &call, id, &message.reason)
            .await
            .map_err(|problem| status(&problem))?;
        let dead_letter = Some(dead_letters::message(&read));
        Ok(Response::new(proto::DiscardJobResponse { dead_letter }))
    }

    async fn lease_work(
        &self,
        request: Request<proto::LeaseWorkRequest>,
    ) -> Result<Response<proto::LeaseWorkResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = work::leasing(&message).map_err(|problem| status(&problem))?;
        let patience = Duration::from_secs(u64::try_from(message.wait_seconds).unwrap_or(0));
        let waiting = tokio::time::sleep(patience);
        tokio::pin!(waiting);
        let leased = loop {
            let leased = provisioning::lease_work(&self.edge.ctx, &call, &command)
                .await
                .map_err(|problem| status(&problem))?;
            if !leased.is_empty() {
                break leased;
            }
            tokio::select! {
                () = &mut waiting => break leased,
                () = tokio::time::sleep(LOOK_FOR_WORK) => {}
            }
        };
        let work = leased.iter().map(work::message).collect();
        Ok(Response::new(proto::LeaseWorkResponse { work }))
    }

    async fn report_progress(
        &self,
        request: Request<proto::ReportProgressRequest>,
    ) -> Result<Response<proto::ReportProgressResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let report = work::progress(message).map_err(|problem| status(&problem))?;
        let (leased, cancel_requested) =
            Box::pin(provisioning::report_progress(&self.edge.ctx, &call, report))
                .await
                .map_err(|problem| status(&problem))?;
        let work = Some(work::message(&leased));
        Ok(Response::new(proto::ReportProgressResponse { work, cancel_requested }))
    }

    async fn complete_work(
        &self,
        request: Request<proto::CompleteWorkRequest>,
    ) -> Result<Response<proto::CompleteWorkResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let report = work::completed(message).map_err(|problem| status(&problem))?;
        let (view, item) = Box::pin(provisioning::complete_work(&self.edge.ctx, &call, report))
            .await
            .map_err(|problem| status(&problem))?;
        let order = orders::view(&view);
        let item = order.items.into_iter().find(|it| it.id == item.to_string());
        Ok(Response::new(proto::CompleteWorkResponse { item }))
    }
}

fn funnel_query(message: &proto::GetFunnelRequest) -> Result<FunnelQuery, Problem> {
    let (ordered_from, ordered_before) = fields::bounds("ordered", message.ordered)?;
    Ok(FunnelQuery {
        ordered_from,
        ordered_before,
        partner: fields::optional_id("partner_id", &message.partner_id)?,
        service: fields::optional_service("service", message.service)?,
        partners: message.by_partner.into(),
        components: message.by_component.into(),
    })
}
