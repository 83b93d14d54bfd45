//! Says what a tenant owes at a time.

use std::collections::BTreeMap;

use tasuki_core::credit_note::CreditNote;
use tasuki_core::id::{InvoiceId, TenantId};
use tasuki_core::invoice::Invoice;
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::payment::Payment;
use tasuki_core::problem::Problem;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::{Scope, Tx, invoices, payments};

use super::books;
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// Credit notes and payments read at once.
const AT_ONCE: u64 = 500;

/// What a tenant owes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Sum of final invoices.
    pub invoiced: Money,
    /// Sum of credit notes.
    pub credited: Money,
    /// Sum of payments.
    pub paid: Money,
    /// The first less the other two; negative when too much was paid.
    pub due: Money,
    /// What is late.
    pub past_due: Money,
    /// Due day of the oldest late invoice.
    pub oldest_due_on: Option<CivilDate>,
}

/// What a tenant owes at a time, or now: what was invoiced, given back and received until then; all
/// its payers together, or one of them.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn get_balance(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    (as_of, payer): (Option<Timestamp>, Option<&str>),
) -> Result<Balance, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let as_of = as_of.unwrap_or(entered.now);
    let filter = invoices::Filter {
        payer: payer.map(str::to_owned),
        ..invoices::Filter::of(Scope::Tenant(tenant))
    };
    let of_payer = |code: &str| payer.is_none_or(|payer| payer == code);
    let mut invoices = books::all_invoices(&tx, &filter).await?;
    invoices.retain(|it| it.state.issued().is_some_and(|issued| issued.finalized_at <= as_of));
    let mut notes = all_notes(&tx, tenant).await?;
    notes.retain(|note| note.issued_at <= as_of && of_payer(&note.payer.code));
    let mut payments = all_payments(&tx, tenant).await?;
    payments.retain(|payment| payment.received_at <= as_of);

    let invoiced = Money::total(invoices.iter().map(|invoice| invoice.content.gross))?;
    let credited = Money::total(notes.iter().map(|note| note.gross))?;
    // Who paid and whose invoice it was set against may be two: an invoice that anybody paid is not late.
    let own = payments.iter().filter(|payment| of_payer(&payment.payer_code));
    let paid = Money::total(own.map(|payment| payment.amount))?;
    let late = late(&invoices, &notes, &payments, as_of.day_in(&entered.tenant.zone))?;
    Ok(Balance {
        invoiced,
        credited,
        paid,
        due: invoiced.minus(credited)?.minus(paid)?,
        past_due: Money::total(late.iter().map(|(_, due)| *due))?,
        oldest_due_on: late.iter().map(|(due_on, _)| *due_on).min(),
    })
}

/// The invoices that were to be paid before a day and are not, with what is still to be paid.
fn late(
    invoices: &[Invoice],
    notes: &[CreditNote],
    payments: &[Payment],
    today: CivilDate,
) -> Result<Vec<(CivilDate, Money)>, Problem> {
    let mut settled: BTreeMap<InvoiceId, Money> = BTreeMap::new();
    let credits = notes.iter().map(|note| (note.invoice_id, note.gross));
    let parts = payments.iter().flat_map(|payment| &payment.allocations);
    for (id, amount) in credits.chain(parts.map(|part| (part.invoice_id, part.amount))) {
        let so_far = settled.entry(id).or_insert(amount.zero());
        *so_far = so_far.plus(amount)?;
    }
    let mut late = Vec::new();
    for invoice in invoices {
        let gross = invoice.content.gross;
        let due = gross.minus(settled.get(&invoice.id).copied().unwrap_or(gross.zero()))?;
        let due_on = invoice.state.issued().map(|issued| issued.due_on);
        if let Some(due_on) = due_on.filter(|due_on| *due_on < today && due.amount() > 0) {
            late.push((due_on, due));
        }
    }
    Ok(late)
}

async fn all_notes(tx: &Tx, tenant: TenantId) -> Result<Vec<CreditNote>, Problem> {
    let mut all: Vec<CreditNote> = Vec::new();
    loop {
        let before = all.last().map(|note| note.number.clone());
        let page = payments::credit_notes(tx, (tenant, None), before.as_deref(), AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn all_payments(tx: &Tx, tenant: TenantId) -> Result<Vec<Payment>, Problem> {
    let mut all: Vec<Payment> = Vec::new();
    loop {
        let last = all.last().map(|payment| (payment.received_at, payment.reference.clone()));
        let after = last.as_ref().map(|(at, reference)| (*at, reference.as_str()));
        let page = payments::list(tx, (tenant, (None, None)), after, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
