//! Calls about settlements, bordereaux and what the scheme earns.

use tasuki_app::billing::{self, Effect, RemittanceRecord};
use tasuki_proto::settlement::v1 as proto;
use tasuki_proto::settlement::v1::settlement_service_server::SettlementService;
use tonic::{Request, Response, Status};

use super::{bordereaux, economics, exposures, mapping, page, simulation};
use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// Serves `SettlementService`.
#[derive(Debug, Clone)]
pub(crate) struct Settlements {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl SettlementService for Settlements {
    async fn settle_month(
        &self,
        request: Request<proto::SettleMonthRequest>,
    ) -> Result<Response<proto::SettleMonthResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let month = fields::month("month", &message.month).map_err(|problem| status(&problem))?;
        let counterpart =
            mapping::counterpart_from(message.counterpart).map_err(|problem| status(&problem))?;
        let effect = if message.validate_only { Effect::OnlySay } else { Effect::Store };
        let view = billing::settle_month(&self.edge.ctx, &call, month, counterpart, effect)
            .await
            .map_err(|problem| status(&problem))?;
        let settlement = match effect {
            Effect::Store => mapping::settlement(&view),
            Effect::OnlySay => mapping::preview(&view.settlement),
        };
        Ok(Response::new(proto::SettleMonthResponse { settlement: Some(settlement) }))
    }

    async fn get_settlement(
        &self,
        request: Request<proto::GetSettlementRequest>,
    ) -> Result<Response<proto::GetSettlementResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id = fields::id("settlement_id", &message.settlement_id)
            .map_err(|problem| status(&problem))?;
        let view = billing::get_settlement(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let settlement = Some(mapping::settlement(&view));
        Ok(Response::new(proto::GetSettlementResponse { settlement }))
    }

    async fn list_settlements(
        &self,
        request: Request<proto::ListSettlementsRequest>,
    ) -> Result<Response<proto::ListSettlementsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::list(message).map_err(|problem| status(&problem))?;
        let page = billing::list_settlements(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListSettlementsResponse {
            settlements: page.rows.iter().map(mapping::settlement).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn approve_settlement(
        &self,
        request: Request<proto::ApproveSettlementRequest>,
    ) -> Result<Response<proto::ApproveSettlementResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let change = mapping::change(&message.settlement_id, message.etag)
            .map_err(|problem| status(&problem))?;
        let view = billing::approve_settlement(&self.edge.ctx, &call, &change)
            .await
            .map_err(|problem| status(&problem))?;
        let settlement = Some(mapping::settlement(&view));
        Ok(Response::new(proto::ApproveSettlementResponse { settlement }))
    }

    async fn record_remittance(
        &self,
        request: Request<proto::RecordRemittanceRequest>,
    ) -> Result<Response<proto::RecordRemittanceResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let change = mapping::change(&message.settlement_id, message.etag)
            .map_err(|problem| status(&problem))?;
        let record = RemittanceRecord {
            remitted_at: fields::timestamp("remitted_at", message.remitted_at)
                .map_err(|problem| status(&problem))?,
            reference: message.reference,
        };
        let view = billing::record_remittance(&self.edge.ctx, &call, &change, record)
            .await
            .map_err(|problem| status(&problem))?;
        let settlement = Some(mapping::settlement(&view));
        Ok(Response::new(proto::RecordRemittanceResponse { settlement }))
    }

    async fn render_settlement(
        &self,
        request: Request<proto::RenderSettlementRequest>,
    ) -> Result<Response<proto::RenderSettlementResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id = fields::id("settlement_id", &message.settlement_id)
            .map_err(|problem| status(&problem))?;
        let view = billing::get_settlement(&self.edge.ctx, &call, id)
            .await
            .map_err(|problem| status(&problem))?;
        let document = page::rendered(&view, (message.format(), message.language())).await?;
        Ok(Response::new(proto::RenderSettlementResponse { document: Some(document) }))
    }

    async fn get_bordereau(
        &self,
        request: Request<proto::GetBordereauRequest>,
    ) -> Result<Response<proto::GetBordereauResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let month = fields::month("month", &message.month).map_err(|problem| status(&problem))?;
        let contract = fields::id("master_contract_id", &message.master_contract_id)
            .map_err(|problem| status(&problem))?;
        let known_at = fields::optional_timestamp("known_at", message.known_at)
            .map_err(|problem| status(&problem))?;
        let list = billing::get_bordereau(&self.edge.ctx, &call, contract, month, known_at)
            .await
            .map_err(|problem| status(&problem))?;
        let bordereau = Some(bordereaux::bordereau(&list));
        Ok(Response::new(proto::GetBordereauResponse { bordereau }))
    }

    async fn render_bordereau(
        &self,
        request: Request<proto::RenderBordereauRequest>,
    ) -> Result<Response<proto::RenderBordereauResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let part = bordereaux::part(message.part()).map_err(|problem| status(&problem))?;
        let month = fields::month("month", &message.month).map_err(|problem| status(&problem))?;
        let contract = fields::id("master_contract_id", &message.master_contract_id)
            .map_err(|problem| status(&problem))?;
        let list = billing::get_bordereau(&self.edge.ctx, &call, contract, month, None)
            .await
            .map_err(|problem| status(&problem))?;
        let document = bordereaux::document(&list, part, message.format())
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::RenderBordereauResponse { document: Some(document) }))
    }

    async fn get_margin(
        &self,
        request: Request<proto::GetMarginRequest>,
    ) -> Result<Response<proto::GetMarginResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ask = economics::margin_ask(&message).map_err(|problem| status(&problem))?;
        let margins = billing::get_margin(&self.edge.ctx, &call, &ask)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(economics::margins(&margins).map_err(|problem| status(&problem))?))
    }

    async fn project_premium(
        &self,
        request: Request<proto::ProjectPremiumRequest>,
    ) -> Result<Response<proto::ProjectPremiumResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ask = economics::project(message).map_err(|problem| status(&problem))?;
        let projected = billing::project_premium(&self.edge.ctx, &call, &ask)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(economics::projected(&projected)))
    }

    async fn simulate_scheme(
        &self,
        request: Request<proto::SimulateSchemeRequest>,
    ) -> Result<Response<proto::SimulateSchemeResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ask = simulation::ask(&message).map_err(|problem| status(&problem))?;
        let simulated = billing::simulate_scheme(&self.edge.ctx, &call, &ask)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(simulation::answer(&simulated)))
    }

    async fn list_accumulations(
        &self,
        request: Request<proto::ListAccumulationsRequest>,
    ) -> Result<Response<proto::ListAccumulationsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ask = exposures::ask(message).map_err(|problem| status(&problem))?;
        let page = billing::list_accumulations(&self.edge.ctx, &call, &ask)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(exposures::answer(page)))
    }

    async fn export_exposure(
        &self,
        request: Request<proto::ExportExposureRequest>,
    ) -> Result<Response<proto::ExportExposureResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let contract = fields::id("master_contract_id", &message.master_contract_id)
            .map_err(|problem| status(&problem))?;
        let as_of = fields::optional_timestamp("as_of", message.as_of)
            .map_err(|problem| status(&problem))?;
        let tables = billing::export_exposure(&self.edge.ctx, &call, contract, as_of)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(exposures::tables(tables)))
    }
}
