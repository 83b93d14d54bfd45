//! Calls about what is sold.

use tasuki_app::catalog::{self, CardActivation, NewCardDraft, RateCardView, WithSubscriptions};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_proto::catalog::v1 as proto;
use tasuki_proto::catalog::v1::catalog_service_server::CatalogService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::{Asking, Edge};
use crate::fields;
use crate::status::status;

/// Serves `CatalogService`.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) edge: Edge,
}

/// A use case's failure as a status.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(problem: Problem) -> Status {
    status(&problem)
}

#[tonic::async_trait]
impl CatalogService for Catalog {
    async fn list_plans(
        &self,
        request: Request<proto::ListPlansRequest>,
    ) -> Result<Response<proto::ListPlansResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ctx = &self.edge.ctx;
        let service = fields::optional_service("service", message.service).map_err(refused)?;
        let day = fields::optional_day("orderable_on", message.orderable_on).map_err(refused)?;
        let cards = if message.rate_card.is_empty() {
            catalog::cards_on(ctx, &call, day).map_err(refused)?
        } else {
            let on = day.map_or_else(|| catalog::today(ctx), Ok).map_err(refused)?;
            let found = catalog::get_rate_card(ctx, &call, &message.rate_card, on).await;
            let card = found.map_err(refused)?.card;
            // A version that is named and not in force on the day has nothing to order then.
            let sold = day.is_none_or(|day| card.is_in_force_on(day));
            sold.then_some(card).into_iter().collect()
        };
        let after = message.page_token.clone();
        let asked = fields::page(message.page_size, message.page_token);
        let cursor =
            |plan: &proto::Plan| format!("{:03} {} {}", plan.service, plan.code, plan.version);
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
        let ctx = &self.edge.ctx;
        // Without a version: one in force today, otherwise the newest there is.
        let today = catalog::today(ctx).map_err(refused)?;
        let mut cards = catalog::cards_on(ctx, &call, None).map_err(refused)?;
        cards.sort_by_key(|card| {
            (!card.is_in_force_on(today), std::cmp::Reverse(card.effective_from))
        });
        let found = cards
            .iter()
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
        let day = fields::optional_day("effective_on", message.effective_on).map_err(refused)?;
        let views = catalog::list_rate_cards(&self.edge.ctx, &call, day).await.map_err(refused)?;
        let asked = fields::page(message.page_size, message.page_token);
        let cursor = |view: &RateCardView| view.card.reference.to_string();
        let from = match &asked.after {
            None => 0,
            Some(after) => {
                let place = views.iter().position(|view| cursor(view) == *after);
                let text = "the page token is not of this list";
                1 + place.ok_or_else(|| status(&Problem::new(Reason::PageTokenInvalid, text)))?
            }
        };
        let page = asked.page(views.into_iter().skip(from).collect(), cursor);
        let with = |view: &RateCardView| {
            let card = mapping::rate_card(view);
            if message.with_prices { card } else { proto::RateCard { prices: Vec::new(), ..card } }
        };
        Ok(Response::new(proto::ListRateCardsResponse {
            rate_cards: page.rows.iter().map(with).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_rate_card(
        &self,
        request: Request<proto::GetRateCardRequest>,
    ) -> Result<Response<proto::GetRateCardResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ctx = &self.edge.ctx;
        let day = catalog::today(ctx).map_err(refused)?;
        let found = catalog::get_rate_card(ctx, &call, &message.rate_card, day).await;
        let rate_card = Some(mapping::rate_card(&found.map_err(refused)?));
        Ok(Response::new(proto::GetRateCardResponse { rate_card }))
    }

    async fn compare_rate_cards(
        &self,
        request: Request<proto::CompareRateCardsRequest>,
    ) -> Result<Response<proto::CompareRateCardsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let names = (message.base.as_str(), message.other.as_str());
        let with =
            if message.with_subscriptions { WithSubscriptions::Yes } else { WithSubscriptions::No };
        let found = catalog::compare_rate_cards(&self.edge.ctx, &call, names, with).await;
        Ok(Response::new(mapping::comparison(&found.map_err(refused)?)))
    }

    async fn check_rate_card(
        &self,
        request: Request<proto::CheckRateCardRequest>,
    ) -> Result<Response<proto::CheckRateCardResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let files = mapping::files(message.files);
        let found = catalog::check_rate_cards(&self.edge.ctx, &call, &files).map_err(refused)?;
        Ok(Response::new(proto::CheckRateCardResponse {
            ok: found.iter().all(|finding| finding.level != catalog::Level::Error),
            diagnostics: mapping::diagnostics(&found),
        }))
    }

    async fn create_rate_card_draft(
        &self,
        request: Request<proto::CreateRateCardDraftRequest>,
    ) -> Result<Response<proto::CreateRateCardDraftResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let (files, validate_only) = (mapping::files(message.files), message.validate_only);
        let new = NewCardDraft { files, validate_only };
        let draft =
            catalog::create_card_draft(&self.edge.ctx, &call, new).await.map_err(refused)?;
        Ok(Response::new(proto::CreateRateCardDraftResponse {
            rate_card: Some(mapping::rate_card(&draft.view)),
            diagnostics: mapping::diagnostics(&draft.warnings),
        }))
    }

    async fn activate_rate_card(
        &self,
        request: Request<proto::ActivateRateCardRequest>,
    ) -> Result<Response<proto::ActivateRateCardResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let effective_on = fields::day("effective_on", message.effective_on).map_err(refused)?;
        let activation = CardActivation {
            rate_card: message.rate_card,
            etag: message.etag,
            effective_on,
            validate_only: message.validate_only,
        };
        let view = catalog::activate_rate_card(&self.edge.ctx, &call, &activation)
            .await
            .map_err(refused)?;
        let rate_card = Some(mapping::rate_card(&view));
        Ok(Response::new(proto::ActivateRateCardResponse { rate_card }))
    }
}
