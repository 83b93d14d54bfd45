//! Records money that came in and sets it against invoices.

use serde_json::json;
use tasuki_core::id::{InvoiceId, TenantId};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::payment::{Payment, PaymentMethod, allocate};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::{StoreError, Tx, invoices, payments};

use super::late;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::{Context, News};

/// A payment is set against so many invoices at most: years of months.
const INVOICES_AT_MOST: u64 = 500;

/// Money that came in.
#[derive(Debug, Clone)]
pub struct RecordPayment {
    /// For whose invoices.
    pub tenant_id: TenantId,
    /// Who paid: `customer`, or the code of a sponsor.
    pub payer_code: String,
    /// How much; above nothing.
    pub amount: Money,
    /// When it came in.
    pub received_at: Timestamp,
    /// How it came in.
    pub method: PaymentMethod,
    /// Reference of the bank or the payment service.
    pub reference: String,
    /// The invoice it is for; none for the oldest open ones of the payer.
    pub invoice_id: Option<InvoiceId>,
    /// For people.
    pub note: String,
}

/// Records money that came in. A second payment of the tenant with the same reference is dropped and
/// gives the first one. What is left over stays with the payment.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `INVOICE_NOT_FOUND`; `LOST_RACE` if the same payment is
/// being recorded by another call.
pub async fn record_payment(
    ctx: &Context,
    call: &Call,
    record: RecordPayment,
) -> Result<Payment, Problem> {
    if record.amount.amount() <= 0 {
        return Err(Problem::invalid("amount", "must be above nothing"));
    }
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, record.tenant_id, Permission::Bill).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    let open = open_invoices(&tx, &record).await?;
    if let Some(known) = payments::by_reference(&tx, record.tenant_id, &record.reference).await? {
        return Ok(known);
    }

    let due = open.iter().map(|read| (read.invoice.id, read.invoice.balance().due()));
    let payment = Payment {
        id: ctx.ids.next(),
        tenant_id: record.tenant_id,
        payer_code: record.payer_code,
        amount: record.amount,
        received_at: record.received_at,
        recorded_at: entered.now,
        method: record.method,
        reference: record.reference,
        allocations: allocate(record.amount, due)?,
        note: record.note,
    };
    settle(ctx, &tx, &entered, &payment, open).await?;
    if !payments::insert(&tx, &payment).await? {
        return Err(StoreError::LostRace.into());
    }
    let payload = json!({ "amount": payment.amount, "allocations": payment.allocations });
    ctx.tell(&tx, entered.when(), News::new("payment.recorded", payment.id, payload)).await?;
    call.remember(&tx, &payment).await?;

    tx.commit().await?;
    Ok(payment)
}

/// The invoices that the payment may be set against, locked: the named one, or the open ones.
async fn open_invoices(tx: &Tx, record: &RecordPayment) -> Result<Vec<invoices::Stored>, Problem> {
    let Some(id) = record.invoice_id else {
        let (tenant, payer) = (record.tenant_id, record.payer_code.as_str());
        return Ok(invoices::lock_open(tx, tenant, payer, INVOICES_AT_MOST).await?);
    };
    let read = invoices::lock(tx, record.tenant_id, id).await?;
    let read = read.ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, id))?;
    // What is paid twice stays with the payment and is not refused: the money is there.
    Ok(if read.invoice.state.is_open() { vec![read] } else { Vec::new() })
}

async fn settle(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    payment: &Payment,
    open: Vec<invoices::Stored>,
) -> Result<(), Problem> {
    for read in open {
        let id = read.invoice.id;
        let Some(part) = payment.allocations.iter().find(|part| part.invoice_id == id) else {
            continue;
        };
        let (next, event) = read.invoice.record_payment(payment.id, part.amount, entered.now)?;
        invoices::save(tx, &next, read.version).await?;
        late::tell(ctx, tx, entered, (&next, &event)).await?;
        late::follow(ctx, tx, entered, &next).await?;
    }
    Ok(())
}
