//! Invoices, credit notes and payments as messages.

use tasuki_app::billing::{Balance, InvoiceView};
use tasuki_core::catalog::{TaxMode, TaxTotal};
use tasuki_core::credit_note::{CreditNote, CreditNoteLine};
use tasuki_core::days::DayPeriod;
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::invoice::{
    Balance as InvoiceBalance, InvoiceContent, InvoiceLine, InvoiceState, Issuer, Payer,
};
use tasuki_core::money::Money;
use tasuki_core::payment::{Payment, PaymentMethod};
use tasuki_core::rate::Rate;
use tasuki_proto::billing::v1 as proto;
use tasuki_proto::quote::v1::RateCardReference;
use tasuki_proto::types::v1 as shared;

use crate::{prices, words};

/// An invoice as it is stored.
pub(crate) fn invoice(view: &InvoiceView) -> proto::Invoice {
    let invoice = &view.invoice;
    let issued = invoice.state.issued();
    proto::Invoice {
        id: invoice.id.to_string(),
        number: issued.map(|issued| issued.number.clone()).unwrap_or_default(),
        state: state(&invoice.state).into(),
        issued_on: issued.map(|issued| words::day(issued.issued_on)),
        due_on: issued.map(|issued| words::day(issued.due_on)),
        credit_note_ids: invoice.credit_note_ids.iter().map(ToString::to_string).collect(),
        payment_ids: invoice.payment_ids.iter().map(ToString::to_string).collect(),
        hash: issued.map(|issued| issued.hash.clone()).unwrap_or_default(),
        etag: view.version.to_string(),
        ..content(&invoice.content, (invoice.tenant_id, invoice.subscription_id), invoice.balance())
    }
}

/// An invoice as it would be: without id, number and state.
pub(crate) fn preview(what: &InvoiceContent, of: (TenantId, SubscriptionId)) -> proto::Invoice {
    content(what, of, InvoiceBalance::untouched(what.gross))
}

fn content(
    content: &InvoiceContent,
    (tenant, subscription): (TenantId, SubscriptionId),
    balance: InvoiceBalance,
) -> proto::Invoice {
    proto::Invoice {
        tenant_id: tenant.to_string(),
        subscription_id: subscription.to_string(),
        issuer: Some(issuer(&content.issuer)),
        payer: Some(payer(&content.payer)),
        month: content.month.to_string(),
        service_period: content.service_period.map(days),
        invoice_at: Some(words::timestamp(content.invoice_at)),
        lines: content.lines.iter().map(line).collect(),
        tax_totals: content.tax_totals.iter().map(tax_total).collect(),
        tax_rounding: prices::rounding(content.tax_rounding).into(),
        net: Some(words::money(content.net)),
        tax: Some(words::money(content.tax)),
        gross: Some(words::money(content.gross)),
        credited: Some(words::money(balance.credited)),
        paid: Some(words::money(balance.paid)),
        due: Some(words::money(balance.due())),
        remarks: content.remarks.iter().map(words::text).collect(),
        ..proto::Invoice::default()
    }
}

const fn state(state: &InvoiceState) -> proto::InvoiceState {
    match state {
        InvoiceState::Draft => proto::InvoiceState::Draft,
        InvoiceState::Final { .. } => proto::InvoiceState::Final,
        InvoiceState::PartlyPaid { .. } => proto::InvoiceState::PartlyPaid,
        InvoiceState::PastDue { .. } => proto::InvoiceState::PastDue,
        InvoiceState::Paid { .. } | InvoiceState::Void { .. } => proto::InvoiceState::Paid,
    }
}

fn issuer(issuer: &Issuer) -> proto::Issuer {
    let number = issuer.registration_number.as_ref();
    proto::Issuer {
        partner_id: issuer.partner_id.to_string(),
        name: issuer.name.clone(),
        registration_number: number.map(ToString::to_string).unwrap_or_default(),
        address: issuer.address.clone(),
    }
}

fn payer(payer: &Payer) -> proto::Payer {
    proto::Payer {
        code: payer.code.clone(),
        name: payer.name.clone(),
        share_rate: payer.share_rate.to_string(),
    }
}

pub(crate) fn line(line: &InvoiceLine) -> proto::InvoiceLine {
    let service = line.service.map_or(shared::Service::Unspecified, words::service);
    proto::InvoiceLine {
        number: count(line.number),
        code: line.code.clone(),
        label: Some(words::text(&line.label)),
        service: service.into(),
        item_id: line.item_id.map(|id| id.to_string()).unwrap_or_default(),
        cadence: prices::cadence(line.cadence).into(),
        service_period: line.service_period.map(days),
        quantity: line.quantity.to_string(),
        unit: line.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        unit_price: line.unit_price.map(words::money),
        amount: Some(words::money(line.amount)),
        tax_mode: prices::tax_mode(line.tax_mode).into(),
        tax_rate: rate_of(line.tax_mode, line.tax_rate),
        reduced_rate: line.tax_mode.is_taxed() && line.tax_rate == Rate::percent(REDUCED_PERCENT),
        note: line.note.as_ref().map(words::text),
        rate_card: line.rate_card.as_ref().map(|card| RateCardReference {
            code: card.code.clone(),
            version: card.version.clone(),
            hash: card.hash.clone(),
        }),
        n_usage_records: count(line.n_usage_records),
    }
}

/// The reduced rate of consumption tax (軽減税率), which an invoice has to mark.
const REDUCED_PERCENT: i64 = 8;

/// A total by rate of tax.
pub(crate) fn tax_total(total: &TaxTotal) -> shared::TaxTotal {
    shared::TaxTotal {
        rate: rate_of(total.mode, total.rate),
        mode: prices::tax_mode(total.mode).into(),
        net: Some(words::money(total.net)),
        tax: Some(words::money(total.tax)),
        gross: Some(words::money(total.gross)),
    }
}

fn rate_of(mode: TaxMode, rate: Rate) -> String {
    if mode.is_taxed() { rate.to_string() } else { String::new() }
}

/// A credit note.
pub(crate) fn credit_note(note: &CreditNote) -> proto::CreditNote {
    proto::CreditNote {
        id: note.id.to_string(),
        number: note.number.clone(),
        tenant_id: note.tenant_id.to_string(),
        invoice_id: note.invoice_id.to_string(),
        invoice_number: note.invoice_number.clone(),
        issued_on: Some(words::day(note.issued_on)),
        lines: note.lines.iter().map(credit_note_line).collect(),
        tax_totals: note.tax_totals.iter().map(tax_total).collect(),
        gross: Some(words::money(note.gross)),
        reason: note.reason.clone(),
        refunded: Some(words::money(Money::ZERO_JPY)),
        issuer: Some(issuer(&note.issuer)),
        payer: Some(payer(&note.payer)),
    }
}

fn credit_note_line(line: &CreditNoteLine) -> proto::CreditNoteLine {
    proto::CreditNoteLine {
        invoice_line: count(line.invoice_line),
        amount: Some(words::money(line.amount)),
        quantity: line.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
    }
}

/// A payment.
pub(crate) fn payment(payment: &Payment) -> proto::Payment {
    let method = match payment.method {
        PaymentMethod::BankTransfer => proto::PaymentMethod::BankTransfer,
        PaymentMethod::DirectDebit => proto::PaymentMethod::DirectDebit,
        PaymentMethod::Card => proto::PaymentMethod::Card,
        PaymentMethod::Other => proto::PaymentMethod::Other,
    };
    let allocations = payment.allocations.iter().map(|part| proto::Allocation {
        invoice_id: part.invoice_id.to_string(),
        amount: Some(words::money(part.amount)),
    });
    proto::Payment {
        id: payment.id.to_string(),
        tenant_id: payment.tenant_id.to_string(),
        amount: Some(words::money(payment.amount)),
        received_at: Some(words::timestamp(payment.received_at)),
        method: method.into(),
        reference: payment.reference.clone(),
        allocations: allocations.collect(),
        unallocated: payment.unallocated().ok().map(words::money),
        payer_code: payment.payer_code.clone(),
        note: payment.note.clone(),
    }
}

/// What a tenant owes.
pub(crate) fn balance(balance: &Balance) -> proto::GetBalanceResponse {
    proto::GetBalanceResponse {
        invoiced: Some(words::money(balance.invoiced)),
        credited: Some(words::money(balance.credited)),
        paid: Some(words::money(balance.paid)),
        due: Some(words::money(balance.due)),
        past_due: Some(words::money(balance.past_due)),
        oldest_due_on: balance.oldest_due_on.map(words::day),
    }
}

fn days(days: DayPeriod) -> shared::DayPeriod {
    shared::DayPeriod { start: Some(words::day(days.start())), end: Some(words::day(days.end())) }
}

fn count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
