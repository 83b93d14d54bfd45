//! Calls about invoices, credit notes and payments.

use tasuki_app::billing::{self, Effect};
use tasuki_documents::{invoice_html, invoice_pdf};
use tasuki_proto::billing::v1 as proto;
use tasuki_proto::billing::v1::billing_service_server::BillingService;
use tasuki_proto::types::v1::DocumentFormat;
use tonic::{Request, Response, Status};

use super::{commands, mapping};
use crate::actors;
use crate::documents::{Form, document, json, laid_out};
use crate::edge::Edge;
use crate::fields;
use crate::status::{not_served_yet, status};

/// Serves `BillingService`.
#[derive(Debug, Clone)]
pub(crate) struct Billing {
    pub(crate) edge: Edge,
}

/// The form of an invoice; the Japanese e-invoice is part of the contract and not made yet.
fn invoice_form(format: DocumentFormat) -> Result<Form, Status> {
    if format == DocumentFormat::JpPint {
        let call = "tasuki.billing.v1.BillingService/RenderInvoice with the format JP_PINT";
        return Err(not_served_yet(call));
    }
    Form::of(format).map_err(|problem| status(&problem))
}

#[tonic::async_trait]
impl BillingService for Billing {
    async fn close_month(
        &self,
        request: Request<proto::CloseMonthRequest>,
    ) -> Result<Response<proto::CloseMonthResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, m.validate_only.into()))
            .await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let month = fields::month("month", &message.month).map_err(|problem| status(&problem))?;
        let effect = commands::effect(message.validate_only);
        let made = billing::close_month(&self.edge.ctx, &call, tenant, month, effect)
            .await
            .map_err(|problem| status(&problem))?;
        let invoices = made.iter().map(|view| match effect {
            Effect::Store => mapping::invoice(view),
            Effect::OnlySay => {
                let of = (view.invoice.tenant_id, view.invoice.subscription_id);
                mapping::preview(&view.invoice.content, of)
            }
        });
        Ok(Response::new(proto::CloseMonthResponse { invoices: invoices.collect() }))
    }

    async fn preview_invoice(
        &self,
        request: Request<proto::PreviewInvoiceRequest>,
    ) -> Result<Response<proto::PreviewInvoiceResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let preview = commands::preview(message).map_err(|problem| status(&problem))?;
        let content = billing::preview_invoice(&self.edge.ctx, &call, &preview)
            .await
            .map_err(|problem| status(&problem))?;
        let of = (preview.tenant_id, preview.subscription_id);
        let invoice = content.map(|content| mapping::preview(&content, of));
        let given_back = billing::preview_given_back(&self.edge.ctx, &call, &preview)
            .await
            .map_err(|problem| status(&problem))?;
        let given_back = given_back.iter().map(mapping::line).collect();
        Ok(Response::new(proto::PreviewInvoiceResponse { invoice, given_back }))
    }

    async fn get_invoice(
        &self,
        request: Request<proto::GetInvoiceRequest>,
    ) -> Result<Response<proto::GetInvoiceResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("invoice_id", &message.invoice_id).map_err(|problem| status(&problem))?;
        let view = billing::get_invoice(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let invoice = Some(mapping::invoice(&view));
        Ok(Response::new(proto::GetInvoiceResponse { invoice }))
    }

    async fn list_invoices(
        &self,
        request: Request<proto::ListInvoicesRequest>,
    ) -> Result<Response<proto::ListInvoicesResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = commands::invoices(message).map_err(|problem| status(&problem))?;
        let page = billing::list_invoices(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListInvoicesResponse {
            invoices: page.rows.iter().map(mapping::invoice).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn render_invoice(
        &self,
        request: Request<proto::RenderInvoiceRequest>,
    ) -> Result<Response<proto::RenderInvoiceResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let form = invoice_form(message.format())?;
        let language = actors::language_from(message.language());
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("invoice_id", &message.invoice_id).map_err(|problem| status(&problem))?;
        let view = billing::get_invoice(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let name = id.to_string();
        let content = match form {
            Form::Html => laid_out(move || invoice_html(&view.invoice, language)).await,
            Form::Pdf => laid_out(move || invoice_pdf(&view.invoice, language)).await,
            Form::Json => json(&mapping::invoice(&view)),
        };
        let document = document((&name, form, language), content)?;
        Ok(Response::new(proto::RenderInvoiceResponse { document: Some(document) }))
    }

    async fn issue_credit_note(
        &self,
        request: Request<proto::IssueCreditNoteRequest>,
    ) -> Result<Response<proto::IssueCreditNoteResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let effect = commands::effect(message.validate_only);
        let command = commands::credit_note(message).map_err(|problem| status(&problem))?;
        let credited = billing::issue_credit_note(&self.edge.ctx, &call, &command, effect)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::IssueCreditNoteResponse {
            credit_note: Some(mapping::credit_note(&credited.note)),
            invoice: Some(mapping::invoice(&credited.invoice)),
        }))
    }

    async fn get_credit_note(
        &self,
        request: Request<proto::GetCreditNoteRequest>,
    ) -> Result<Response<proto::GetCreditNoteResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("credit_note_id", &message.credit_note_id)
            .map_err(|problem| status(&problem))?;
        let note = billing::get_credit_note(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let credit_note = Some(mapping::credit_note(&note));
        Ok(Response::new(proto::GetCreditNoteResponse { credit_note }))
    }

    async fn list_credit_notes(
        &self,
        request: Request<proto::ListCreditNotesRequest>,
    ) -> Result<Response<proto::ListCreditNotesResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = commands::credit_notes(message).map_err(|problem| status(&problem))?;
        let page = billing::list_credit_notes(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListCreditNotesResponse {
            credit_notes: page.rows.iter().map(mapping::credit_note).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn record_payment(
        &self,
        request: Request<proto::RecordPaymentRequest>,
    ) -> Result<Response<proto::RecordPaymentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let record = commands::payment(message).map_err(|problem| status(&problem))?;
        let payment = billing::record_payment(&self.edge.ctx, &call, record)
            .await
            .map_err(|problem| status(&problem))?;
        let payment = Some(mapping::payment(&payment));
        Ok(Response::new(proto::RecordPaymentResponse { payment }))
    }

    async fn list_payments(
        &self,
        request: Request<proto::ListPaymentsRequest>,
    ) -> Result<Response<proto::ListPaymentsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = commands::payments(message).map_err(|problem| status(&problem))?;
        let page = billing::list_payments(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListPaymentsResponse {
            payments: page.rows.iter().map(mapping::payment).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_balance(
        &self,
        request: Request<proto::GetBalanceRequest>,
    ) -> Result<Response<proto::GetBalanceResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let as_of = fields::optional_timestamp("as_of", message.as_of)
            .map_err(|problem| status(&problem))?;
        let payer = Some(message.payer_code.as_str()).filter(|code| !code.is_empty());
        let balance = billing::get_balance(&self.edge.ctx, &call, tenant, (as_of, payer))
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::balance(&balance)))
    }
}
