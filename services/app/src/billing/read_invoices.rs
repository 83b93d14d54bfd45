//! Reads invoices, credit notes and payments.

use tasuki_core::credit_note::CreditNote;
use tasuki_core::id::{CreditNoteId, InvoiceId, SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::payment::Payment;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{Month, Timestamp};
use tasuki_store::{invoices, payments};

use super::InvoiceView;
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// Which invoices are wanted. Empty filters do not filter.
#[derive(Debug, Clone, Default)]
pub struct InvoiceList {
    /// Whose; none for all that the caller may see.
    pub tenant_id: Option<TenantId>,
    /// Of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Of this payer: `customer`, or the code of a sponsor.
    pub payer_code: Option<String>,
    /// Of this month.
    pub month: Option<Month>,
    /// In one of these states, by their words.
    pub states: Vec<&'static str>,
    /// The page.
    pub page: PageRequest,
}

/// Which credit notes of a tenant are wanted.
#[derive(Debug, Clone)]
pub struct CreditNoteList {
    /// Whose.
    pub tenant_id: TenantId,
    /// Of this invoice.
    pub invoice_id: Option<InvoiceId>,
    /// The page.
    pub page: PageRequest,
}

/// Which payments of a tenant are wanted.
#[derive(Debug, Clone)]
pub struct PaymentList {
    /// Whose.
    pub tenant_id: TenantId,
    /// Only those that came in from here on, and before.
    pub received: (Option<Timestamp>, Option<Timestamp>),
    /// The page.
    pub page: PageRequest,
}

/// An invoice.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `INVOICE_NOT_FOUND`.
pub async fn get_invoice(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: InvoiceId,
) -> Result<InvoiceView, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = invoices::get(&tx, tenant, id).await?;
    stored.map(InvoiceView::from).ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, id))
}

/// Invoices by month, the newest first, then by tenant and number.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_invoices(
    ctx: &Context,
    call: &Call,
    list: &InvoiceList,
) -> Result<Page<InvoiceView>, Problem> {
    let after = list.page.after.as_deref().map(invoice_place).transpose()?;
    let tx = ctx.store.begin_read().await?;
    let filter = invoices::Filter {
        subscription: list.subscription_id,
        payer: list.payer_code.clone(),
        from: list.month,
        until: list.month,
        states: list.states.clone(),
        ..invoices::Filter::of(scope::of_list(ctx, &tx, call, list.tenant_id).await?)
    };
    let rows = invoices::list(&tx, &filter, after.as_ref(), list.page.to_read()).await?;
    let page = list.page.page(rows, |stored| {
        let invoice = &stored.invoice;
        let number = invoice.state.issued().map(|issued| issued.number.as_str());
        let number = number.unwrap_or_default();
        token::token(&[&invoice.content.month, &invoice.tenant_id, &number])
    });
    Ok(Page { rows: page.rows.into_iter().map(InvoiceView::from).collect(), next: page.next })
}

/// A credit note.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `CREDIT_NOTE_NOT_FOUND`.
pub async fn get_credit_note(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: CreditNoteId,
) -> Result<CreditNote, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let note = payments::credit_note(&tx, tenant, id).await?;
    note.ok_or_else(|| Problem::not_found(Reason::CreditNoteNotFound, id))
}

/// Credit notes by number, the newest first.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn list_credit_notes(
    ctx: &Context,
    call: &Call,
    list: &CreditNoteList,
) -> Result<Page<CreditNote>, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, list.tenant_id, Permission::Read).await?;
    let of = (list.tenant_id, list.invoice_id);
    let before = list.page.after.as_deref();
    let rows = payments::credit_notes(&tx, of, before, list.page.to_read()).await?;
    Ok(list.page.page(rows, |note| note.number.clone()))
}

/// Payments, the newest first.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_payments(
    ctx: &Context,
    call: &Call,
    list: &PaymentList,
) -> Result<Page<Payment>, Problem> {
    let after = match list.page.after.as_deref() {
        Some(text) => {
            let mut parts = Parts::of(text);
            Some((parts.next()?, parts.last::<String>()?))
        }
        None => None,
    };
    let after = after.as_ref().map(|(at, reference)| (*at, reference.as_str()));
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, list.tenant_id, Permission::Read).await?;
    let of = (list.tenant_id, list.received);
    let rows = payments::list(&tx, of, after, list.page.to_read()).await?;
    Ok(list.page.page(rows, |payment| token::token(&[&payment.received_at, &payment.reference])))
}

fn invoice_place(text: &str) -> Result<invoices::Place, Problem> {
    let mut parts = Parts::of(text);
    let (month, tenant) = (parts.next()?, parts.next()?);
    Ok(invoices::Place { month, tenant, number: parts.last()? })
}
