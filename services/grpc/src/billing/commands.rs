//! Requests about billing into commands.

use tasuki_app::billing::{
    CreditNoteList, Effect, InvoiceList, IssueCreditNote, PaymentList, Preview, RecordPayment,
};
use tasuki_core::catalog::Quantity;
use tasuki_core::credit_note::{Ask, AskedLine, AskedPart};
use tasuki_core::invoice::Payer;
use tasuki_core::payment::PaymentMethod;
use tasuki_core::problem::Problem;
use tasuki_proto::billing::v1 as proto;

use crate::fields;

/// What a call with `validate_only` does.
pub(crate) const fn effect(validate_only: bool) -> Effect {
    if validate_only { Effect::OnlySay } else { Effect::Store }
}

pub(crate) fn preview(message: proto::PreviewInvoiceRequest) -> Result<Preview, Problem> {
    Ok(Preview {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        subscription_id: fields::id("subscription_id", &message.subscription_id)?,
        month: fields::month("month", &message.month)?,
        payer_code: payer(message.payer_code),
    })
}

pub(crate) fn invoices(message: proto::ListInvoicesRequest) -> Result<InvoiceList, Problem> {
    let month = fields::optional_text(message.month.clone());
    Ok(InvoiceList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        subscription_id: fields::optional_id("subscription_id", &message.subscription_id)?,
        payer_code: fields::optional_text(message.payer_code.clone()),
        month: month.map(|text| fields::month("month", &text)).transpose()?,
        states: message.states().flat_map(states).copied().collect(),
        page: fields::page(message.page_size, message.page_token),
    })
}

/// The words of the states that a caller means. One that is given back in full is nothing to be paid
/// any more, like a paid one.
const fn states(state: proto::InvoiceState) -> &'static [&'static str] {
    match state {
        proto::InvoiceState::Unspecified => &[],
        proto::InvoiceState::Draft => &["draft"],
        proto::InvoiceState::Final => &["final"],
        proto::InvoiceState::PartlyPaid => &["partly_paid"],
        proto::InvoiceState::Paid => &["paid", "void"],
        proto::InvoiceState::PastDue => &["past_due"],
    }
}

pub(crate) fn credit_note(
    message: proto::IssueCreditNoteRequest,
) -> Result<IssueCreditNote, Problem> {
    let ask = if message.lines.is_empty() {
        Ask::Everything
    } else {
        let lines = message.lines.into_iter().enumerate().map(|(at, line)| asked(at, line));
        Ask::Lines(lines.collect::<Result<_, _>>()?)
    };
    Ok(IssueCreditNote {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        invoice_id: fields::id("invoice_id", &message.invoice_id)?,
        etag: message.etag,
        ask,
        reason: message.reason,
    })
}

fn asked(at: usize, line: proto::CreditNoteLine) -> Result<AskedLine, Problem> {
    let amount = fields::optional_money(&format!("lines[{at}].amount"), line.amount)?;
    let field = format!("lines[{at}].quantity");
    let quantity: Option<Quantity> = fields::optional_id(&field, &line.quantity)?;
    let part = match (amount, quantity) {
        (None, None) => AskedPart::All,
        (Some(amount), None) => AskedPart::Amount(amount),
        (None, Some(quantity)) => AskedPart::Quantity(quantity),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(field, "must be left out when `amount` is given"));
        }
    };
    let number = u32::try_from(line.invoice_line)
        .map_err(|_| Problem::invalid(format!("lines[{at}].invoice_line"), "starts at 1"))?;
    Ok(AskedLine { number, part })
}

pub(crate) fn credit_notes(
    message: proto::ListCreditNotesRequest,
) -> Result<CreditNoteList, Problem> {
    Ok(CreditNoteList {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        invoice_id: fields::optional_id("invoice_id", &message.invoice_id)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn payment(message: proto::RecordPaymentRequest) -> Result<RecordPayment, Problem> {
    let method = match message.method() {
        proto::PaymentMethod::Unspecified => return Err(Problem::invalid("method", "is required")),
        proto::PaymentMethod::BankTransfer => PaymentMethod::BankTransfer,
        proto::PaymentMethod::DirectDebit => PaymentMethod::DirectDebit,
        proto::PaymentMethod::Card => PaymentMethod::Card,
        proto::PaymentMethod::Other => PaymentMethod::Other,
    };
    Ok(RecordPayment {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        payer_code: payer(message.payer_code),
        amount: fields::money("amount", message.amount)?,
        received_at: fields::timestamp("received_at", message.received_at)?,
        method,
        reference: message.reference,
        invoice_id: fields::optional_id("invoice_id", &message.invoice_id)?,
        note: message.note,
    })
}

pub(crate) fn payments(message: proto::ListPaymentsRequest) -> Result<PaymentList, Problem> {
    Ok(PaymentList {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        received: fields::bounds("received", message.received)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

fn payer(code: String) -> String {
    if code.is_empty() { Payer::CUSTOMER.to_owned() } else { code }
}
