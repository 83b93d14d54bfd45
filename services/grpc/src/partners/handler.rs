//! Calls about partners and providers.

use std::time::Duration;

use tasuki_app::call::Call;
use tasuki_app::governing;
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::ProviderCheck;
use tasuki_core::reason::Reason;
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::tenant::v1::partner_service_server::PartnerService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::fields;
use crate::status::{not_served_yet, status};

/// How long a worker may take to ask a provider: longer than one call to it may take.
const CHECKED_WITHIN: Duration = Duration::from_secs(30);

/// How often to look whether it has.
const LOOK_FOR_ANSWER: Duration = Duration::from_millis(100);

/// Serves `PartnerService`.
#[derive(Debug, Clone)]
pub(crate) struct Partners {
    pub(crate) edge: Edge,
}

impl Partners {
    /// Has a worker ask the provider, and waits for what came of it.
    async fn check(&self, call: &Call, id: ProviderId) -> Result<ProviderCheck, Problem> {
        let ctx = &self.edge.ctx;
        let asked = governing::ask_check(ctx, call, id).await?;
        let patience = tokio::time::sleep(CHECKED_WITHIN);
        tokio::pin!(patience);
        loop {
            if let Some(check) = governing::read_check(ctx, call, asked).await? {
                return Ok(check);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_FOR_ANSWER) => {}
                () = &mut patience => {
                    let text = "nobody has asked the provider in time: is a process with the role `worker` running?";
                    return Err(Problem::new(Reason::DeadlineExceeded, text));
                }
            }
        }
    }
}

#[tonic::async_trait]
impl PartnerService for Partners {
    async fn create_partner(
        &self,
        request: Request<proto::CreatePartnerRequest>,
    ) -> Result<Response<proto::CreatePartnerResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let new = mapping::new_partner(message).map_err(|problem| status(&problem))?;
        let partner = governing::create_partner(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        let partner = Some(mapping::partner(&partner));
        Ok(Response::new(proto::CreatePartnerResponse { partner }))
    }

    async fn get_partner(
        &self,
        request: Request<proto::GetPartnerRequest>,
    ) -> Result<Response<proto::GetPartnerResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id =
            fields::id("partner_id", &message.partner_id).map_err(|problem| status(&problem))?;
        let partner = governing::get_partner(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let partner = Some(mapping::partner(&partner));
        Ok(Response::new(proto::GetPartnerResponse { partner }))
    }

    async fn list_partners(
        &self,
        request: Request<proto::ListPartnersRequest>,
    ) -> Result<Response<proto::ListPartnersResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = governing::list_partners(&self.edge.ctx, &call, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListPartnersResponse {
            partners: page.rows.iter().map(mapping::partner).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn update_partner(
        &self,
        _: Request<proto::UpdatePartnerRequest>,
    ) -> Result<Response<proto::UpdatePartnerResponse>, Status> {
        Err(not_served_yet("tasuki.tenant.v1.PartnerService/UpdatePartner"))
    }

    async fn register_provider(
        &self,
        request: Request<proto::RegisterProviderRequest>,
    ) -> Result<Response<proto::RegisterProviderResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let new = mapping::new_provider(message).map_err(|problem| status(&problem))?;
        let provider = governing::register_provider(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        let provider = Some(mapping::provider(&provider));
        Ok(Response::new(proto::RegisterProviderResponse { provider }))
    }

    async fn get_provider(
        &self,
        request: Request<proto::GetProviderRequest>,
    ) -> Result<Response<proto::GetProviderResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id =
            fields::id("provider_id", &message.provider_id).map_err(|problem| status(&problem))?;
        let provider = governing::get_provider(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let provider = Some(mapping::provider(&provider));
        Ok(Response::new(proto::GetProviderResponse { provider }))
    }

    async fn list_providers(
        &self,
        request: Request<proto::ListProvidersRequest>,
    ) -> Result<Response<proto::ListProvidersResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let wanted = fields::optional_service("service", message.service)
            .map_err(|problem| status(&problem))?;
        let partner = fields::optional_id("partner_id", &message.partner_id)
            .map_err(|problem| status(&problem))?;
        let all = governing::list_providers(&self.edge.ctx, &call)
            .await
            .map_err(|problem| status(&problem))?;
        let providers = all
            .iter()
            .filter(|provider| wanted.is_none_or(|service| provider.services.contains(&service)))
            .filter(|provider| partner.is_none() || provider.partner_id == partner)
            .map(mapping::provider)
            .collect();
        let next_page_token = String::new();
        Ok(Response::new(proto::ListProvidersResponse { providers, next_page_token }))
    }

    async fn update_provider(
        &self,
        request: Request<proto::UpdateProviderRequest>,
    ) -> Result<Response<proto::UpdateProviderResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let change = mapping::provider_change(message).map_err(|problem| status(&problem))?;
        let provider = governing::update_provider(&self.edge.ctx, &call, change)
            .await
            .map_err(|problem| status(&problem))?;
        let provider = Some(mapping::provider(&provider));
        Ok(Response::new(proto::UpdateProviderResponse { provider }))
    }

    async fn check_provider(
        &self,
        request: Request<proto::CheckProviderRequest>,
    ) -> Result<Response<proto::CheckProviderResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id =
            fields::id("provider_id", &message.provider_id).map_err(|problem| status(&problem))?;
        let check = self.check(&call, id).await.map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::check(check)))
    }
}
