//! Calls about what is sold.

use tasuki_app::selling;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_proto::catalog::v1 as proto;
use tasuki_proto::catalog::v1::catalog_service_server::CatalogService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::fields;
use crate::status::{not_served_yet, status};

/// Serves `CatalogService`.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl CatalogService for Catalog {
    async fn list_plans(
        &self,
        request: Request<proto::ListPlansRequest>,
    ) -> Result<Response<proto::ListPlansResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let service = fields::optional_service("service", message.service)
            .map_err(|problem| status(&problem))?;
        let day = fields::optional_day("orderable_on", message.orderable_on)
            .and_then(|day| day.map_or_else(|| selling::today(&self.edge.ctx), Ok))
            .map_err(|problem| status(&problem))?;
        let cards = if message.rate_card.is_empty() {
            selling::list_rate_cards(&self.edge.ctx, &call, Some(day))
        } else {
            selling::get_rate_card(&self.edge.ctx, &call, &message.rate_card, day)
                .map(|card| vec![card])
        }
        .map_err(|problem| status(&problem))?;
        let after = message.page_token.clone();
        let asked = fields::page(message.page_size, message.page_token);
        let cursor = |plan: &proto::Plan| format!("{} {}", plan.code, plan.version);
        let mut rows: Vec<proto::Plan> = cards
            .iter()
            .flat_map(|card| card.plans.iter().map(|plan| mapping::plan(card, plan)))
            .filter(|plan| service.is_none_or(|it| plan.service() == crate::words::service(it)))
            .filter(|plan| cursor(plan) > after)
            .collect();
        rows.sort_by_key(cursor);
        let page = asked.page(rows, cursor);
        Ok(Response::new(proto::ListPlansResponse {
            plans: page.rows,
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_plan(
        &self,
        request: Request<proto::GetPlanRequest>,
    ) -> Result<Response<proto::GetPlanResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let cards = selling::list_rate_cards(&self.edge.ctx, &call, None)
            .map_err(|problem| status(&problem))?;
        let found = cards
            .iter()
            .rev()
            .filter(|card| message.version.is_empty() || card.reference.version == message.version)
            .find_map(|card| card.plan(&message.code).map(|plan| mapping::plan(card, plan)));
        let plan = found
            .ok_or_else(|| status(&Problem::not_found(Reason::PlanNotFound, &message.code)))?;
        Ok(Response::new(proto::GetPlanResponse { plan: Some(plan) }))
    }

    async fn list_rate_cards(
        &self,
        request: Request<proto::ListRateCardsRequest>,
    ) -> Result<Response<proto::ListRateCardsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let day = fields::optional_day("effective_on", message.effective_on)
            .map_err(|problem| status(&problem))?;
        let cards = selling::list_rate_cards(&self.edge.ctx, &call, day)
            .map_err(|problem| status(&problem))?;
        let after = message.page_token.clone();
        let asked = fields::page(message.page_size, message.page_token);
        let cursor = |card: &proto::RateCard| format!("{}@{}", card.code, card.version);
        let map = if message.with_prices {
            mapping::rate_card
        } else {
            mapping::rate_card_without_prices
        };
        let mut rows: Vec<proto::RateCard> =
            cards.into_iter().map(map).filter(|card| cursor(card) > after).collect();
        rows.sort_by_key(cursor);
        let page = asked.page(rows, cursor);
        Ok(Response::new(proto::ListRateCardsResponse {
            rate_cards: page.rows,
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_rate_card(
        &self,
        request: Request<proto::GetRateCardRequest>,
    ) -> Result<Response<proto::GetRateCardResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let found = selling::today(&self.edge.ctx)
            .and_then(|day| selling::get_rate_card(&self.edge.ctx, &call, &message.rate_card, day))
            .map_err(|problem| status(&problem))?;
        let rate_card = Some(mapping::rate_card(found));
        Ok(Response::new(proto::GetRateCardResponse { rate_card }))
    }

    async fn compare_rate_cards(
        &self,
        _: Request<proto::CompareRateCardsRequest>,
    ) -> Result<Response<proto::CompareRateCardsResponse>, Status> {
        Err(not_served_yet("tasuki.catalog.v1.CatalogService/CompareRateCards"))
    }

    async fn check_rate_card(
        &self,
        _: Request<proto::CheckRateCardRequest>,
    ) -> Result<Response<proto::CheckRateCardResponse>, Status> {
        Err(not_served_yet("tasuki.catalog.v1.CatalogService/CheckRateCard"))
    }

    async fn create_rate_card_draft(
        &self,
        _: Request<proto::CreateRateCardDraftRequest>,
    ) -> Result<Response<proto::CreateRateCardDraftResponse>, Status> {
        Err(not_served_yet("tasuki.catalog.v1.CatalogService/CreateRateCardDraft"))
    }

    async fn activate_rate_card(
        &self,
        _: Request<proto::ActivateRateCardRequest>,
    ) -> Result<Response<proto::ActivateRateCardResponse>, Status> {
        Err(not_served_yet("tasuki.catalog.v1.CatalogService/ActivateRateCard"))
    }
}
