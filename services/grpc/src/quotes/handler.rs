//! Calls about quotes.

use tasuki_app::quoting;
use tasuki_documents::{quote_html, quote_pdf};
use tasuki_proto::quote::v1 as proto;
use tasuki_proto::quote::v1::quote_service_server::QuoteService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::actors;
use crate::documents::{Form, document, json, laid_out};
use crate::edge::Edge;
use crate::explain::Reader;
use crate::fields;
use crate::status::status;

/// Serves `QuoteService`.
#[derive(Debug, Clone)]
pub(crate) struct Quotes {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl QuoteService for Quotes {
    async fn create_quote(
        &self,
        request: Request<proto::CreateQuoteRequest>,
    ) -> Result<Response<proto::CreateQuoteResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let new = mapping::new_quote(message).map_err(|problem| status(&problem))?;
        let view = quoting::create_quote(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        let quote = Some(mapping::quote(Reader::of(&self.edge.ctx, &call), view));
        Ok(Response::new(proto::CreateQuoteResponse { quote }))
    }

    async fn get_quote(
        &self,
        request: Request<proto::GetQuoteRequest>,
    ) -> Result<Response<proto::GetQuoteResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("quote_id", &message.quote_id).map_err(|problem| status(&problem))?;
        let view = quoting::get_quote(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::GetQuoteResponse {
            quote: Some(mapping::quote(Reader::of(&self.edge.ctx, &call), view)),
        }))
    }

    async fn list_quotes(
        &self,
        request: Request<proto::ListQuotesRequest>,
    ) -> Result<Response<proto::ListQuotesResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::list(&message).map_err(|problem| status(&problem))?;
        let asked = fields::page(message.page_size, message.page_token);
        let page = quoting::list_quotes(&self.edge.ctx, &call, &list, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListQuotesResponse {
            quotes: page
                .rows
                .into_iter()
                .map(|row| mapping::quote(Reader::of(&self.edge.ctx, &call), row))
                .collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn accept_quote(
        &self,
        request: Request<proto::AcceptQuoteRequest>,
    ) -> Result<Response<proto::AcceptQuoteResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let command = mapping::accept(message).map_err(|problem| status(&problem))?;
        let accepted = quoting::accept_quote(&self.edge.ctx, &call, tenant, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::accepted(Reader::of(&self.edge.ctx, &call), accepted)))
    }

    async fn withdraw_quote(
        &self,
        request: Request<proto::WithdrawQuoteRequest>,
    ) -> Result<Response<proto::WithdrawQuoteResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let command = mapping::withdraw(message).map_err(|problem| status(&problem))?;
        let view = quoting::withdraw_quote(&self.edge.ctx, &call, tenant, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::WithdrawQuoteResponse {
            quote: Some(mapping::quote(Reader::of(&self.edge.ctx, &call), view)),
        }))
    }

    async fn render_quote(
        &self,
        request: Request<proto::RenderQuoteRequest>,
    ) -> Result<Response<proto::RenderQuoteResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let form = Form::of(message.format()).map_err(|problem| status(&problem))?;
        let language = actors::language_from(message.language());
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("quote_id", &message.quote_id).map_err(|problem| status(&problem))?;
        let addressed = quoting::get_addressed_quote(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let name = addressed.view.quote.id.to_string();
        let parties = mapping::parties(&addressed, language);
        let quote = addressed.view.quote.clone();
        let content = match form {
            Form::Html => laid_out(move || quote_html(&quote, &parties, language)).await,
            Form::Pdf => laid_out(move || quote_pdf(&quote, &parties, language)).await,
            Form::Json => json(&mapping::quote(Reader::of(&self.edge.ctx, &call), addressed.view)),
        };
        let document = document((&name, form, language), content)?;
        Ok(Response::new(proto::RenderQuoteResponse { document: Some(document) }))
    }
}
