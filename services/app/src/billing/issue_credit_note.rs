//! Gives back some or all of an invoice.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::credit_note::{self, Ask, CreditNote, CreditNoteDraft};
use tasuki_core::id::{InvoiceId, TenantId};
use tasuki_core::invoice::InvoiceLine;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_pricing::tax::{Taxable, tax_totals};
use tasuki_store::counters::{self, Series};
use tasuki_store::{Tx, invoices, payments};

use super::{Effect, InvoiceView, late};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// What is to be given back of which invoice.
#[derive(Debug, Clone)]
pub struct IssueCreditNote {
    /// Whose.
    pub tenant_id: TenantId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The version that the caller has read.
    pub etag: String,
    /// What is to be given back.
    pub ask: Ask,
    /// Why; stands on the credit note.
    pub reason: String,
}

/// A credit note and the invoice after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// The credit note.
    pub note: CreditNote,
    /// The invoice.
    pub invoice: InvoiceView,
}

/// Gives back some or all of an invoice, to the yen: several notes together never exceed it, and
/// when everything is given back so is all of its tax.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `INVOICE_NOT_FOUND`, `ETAG_MISMATCH`, `INVOICE_STATE`;
/// `AMOUNT_EXCEEDS_INVOICE` when more is asked for than is left.
pub async fn issue_credit_note(
    ctx: &Context,
    call: &Call,
    command: &IssueCreditNote,
    effect: Effect,
) -> Result<Credited, Problem> {
    let tenant = command.tenant_id;
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Bill).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    let read = invoices::lock(&tx, tenant, command.invoice_id).await?;
    let read =
        read.ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, command.invoice_id))?;
    etag::check(&command.etag, read.version)?;

    let asked = (read, &command.ask, command.reason.clone());
    let credited = credit(ctx, &tx, &entered, asked).await?;
    if effect == Effect::Store {
        call.remember(&tx, &credited).await?;
        tx.commit().await?;
    }
    Ok(credited)
}

/// Gives something back of an invoice that is locked, in the transaction of who asks for it.
pub(super) async fn credit(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (read, ask, reason): (invoices::Stored, &Ask, String),
) -> Result<Credited, Problem> {
    let lines = credit_note::lines(&read.invoice, ask)?;
    let rest = credit_note::rest(&read.invoice, &lines)?;
    let left = tax_totals(&taxable(&rest), read.invoice.content.tax_rounding)?;
    let issued_on = entered.now.day_in(&entered.tenant.zone);
    let issuer = read.invoice.content.issuer.partner_id;
    let number = counters::next(tx, Series::CreditNotes(issuer)).await?;
    let draft = CreditNoteDraft {
        id: ctx.ids.next(),
        number: format!("C{}-{number:06}", issued_on.year()),
        issued_on,
        lines,
        left,
        reason,
    };
    let (note, next, event) = CreditNote::issue(&read.invoice, draft, entered.now)?;
    let version = invoices::save(tx, &next, read.version).await?;
    payments::insert_credit_note(tx, &note).await?;
    let payload = json!({ "invoice_id": next.id, "gross": note.gross, "number": note.number });
    ctx.tell(tx, entered.when(), News::new("credit_note.issued", note.id, payload)).await?;
    late::tell(ctx, tx, entered, (&next, &event)).await?;
    late::follow(ctx, tx, entered, &next).await?;
    Ok(Credited { note, invoice: InvoiceView { invoice: next, version } })
}

/// Rows as the tax calculation wants them.
fn taxable(lines: &[InvoiceLine]) -> Vec<Taxable> {
    lines
        .iter()
        .map(|line| Taxable { amount: line.amount, mode: line.tax_mode, rate: line.tax_rate })
        .collect()
}
