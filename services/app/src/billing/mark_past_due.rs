//! Marks an invoice that was not paid in time.

use tasuki_core::invoice::InvoiceCommand;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::invoices;
use tasuki_store::jobs::{self, Claimed};

use super::late;
use super::schedule::PaymentDue;
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// Marks the invoice of a due job as late, unless it was paid or given back meanwhile.
///
/// # Errors
/// `INVOICE_NOT_FOUND`, `LOST_RACE`.
pub async fn mark_past_due(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: PaymentDue = job.payload()?;
    let call = Call::system();
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, &call, due.tenant_id, Permission::Bill).await?;
    let read = invoices::lock(&tx, due.tenant_id, due.invoice_id).await?;
    let read = read.ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, due.invoice_id))?;

    if read.invoice.state.is_open() {
        let today = entered.now.day_in(&entered.tenant.zone);
        let (next, event) = read.invoice.step(&InvoiceCommand::FallDue { today }, entered.now)?;
        invoices::save(&tx, &next, read.version).await?;
        late::tell(ctx, &tx, &entered, (&next, &event)).await?;
        late::follow(ctx, &tx, &entered, &next).await?;
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}
