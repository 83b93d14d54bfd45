//! Calls about customer companies.

use std::pin::Pin;

use tasuki_app::governing;
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::tenant::v1::tenant_service_server::TenantService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{mapping, watch};
use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// Serves `TenantService`.
#[derive(Debug, Clone)]
pub(crate) struct Tenants {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl TenantService for Tenants {
    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchEventsResponse, Status>> + Send>>;

    async fn create_tenant(
        &self,
        request: Request<proto::CreateTenantRequest>,
    ) -> Result<Response<proto::CreateTenantResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let new = mapping::new_tenant(message).map_err(|problem| status(&problem))?;
        let tenant = governing::create_tenant(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        let tenant = Some(mapping::tenant(&tenant));
        Ok(Response::new(proto::CreateTenantResponse { tenant }))
    }

    async fn get_tenant(
        &self,
        request: Request<proto::GetTenantRequest>,
    ) -> Result<Response<proto::GetTenantResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id = fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let tenant = governing::get_tenant(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let tenant = Some(mapping::tenant(&tenant));
        Ok(Response::new(proto::GetTenantResponse { tenant }))
    }

    async fn list_tenants(
        &self,
        request: Request<proto::ListTenantsRequest>,
    ) -> Result<Response<proto::ListTenantsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::list(&message).map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = governing::list_tenants(&self.edge.ctx, &call, list, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListTenantsResponse {
            tenants: page.rows.iter().map(mapping::tenant).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn update_tenant(
        &self,
        request: Request<proto::UpdateTenantRequest>,
    ) -> Result<Response<proto::UpdateTenantResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let change = mapping::change(message).map_err(|problem| status(&problem))?;
        let tenant = governing::update_tenant(&self.edge.ctx, &call, change)
            .await
            .map_err(|problem| status(&problem))?;
        let tenant = Some(mapping::tenant(&tenant));
        Ok(Response::new(proto::UpdateTenantResponse { tenant }))
    }

    async fn advance_clock(
        &self,
        request: Request<proto::AdvanceClockRequest>,
    ) -> Result<Response<proto::AdvanceClockResponse>, Status> {
        // Not remembered: the clock only moves forward, so a repeat is harmless.
        let (call, message) = self.edge.open(request).await?;
        let (id, to) = mapping::advance(&message).map_err(|problem| status(&problem))?;
        let advanced = governing::advance_clock(&self.edge.ctx, &call, id, to)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::advanced(&advanced)))
    }

    async fn list_events(
        &self,
        request: Request<proto::ListEventsRequest>,
    ) -> Result<Response<proto::ListEventsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::events(&message).map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = governing::list_events(&self.edge.ctx, &call, list, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListEventsResponse {
            events: page.rows.iter().map(mapping::event).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let asked = mapping::watch(message).map_err(|problem| status(&problem))?;
        let stream = watch::start(self.edge.ctx.clone(), &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(Box::pin(stream)))
    }
}
