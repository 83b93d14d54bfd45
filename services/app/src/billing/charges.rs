//! What a month of a subscription comes to: loads, prices, and makes the content of the invoice.

use tasuki_core::catalog::Quantity;
use tasuki_core::id::PartnerId;
use tasuki_core::invoice::{ContentParts, InvoiceContent, InvoiceLine, Issuer, Payer};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::Subscription;
use tasuki_core::tenant::Partner;
use tasuki_core::time::{Month, Period};
use tasuki_core::usage::{MeterSummary, summarize};
use tasuki_pricing::invoice_lines::{
    Attention, InvoiceLine as PricedLine, Measured, MonthAsk, invoice_lines,
};
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, partners, usage};

use crate::access::Entered;
use crate::context::Context;

/// Measurements read at once.
const USAGE_AT_ONCE: u64 = 1_000;

/// A month of a subscription that has something to charge.
#[derive(Debug)]
pub(crate) struct Charged {
    /// What stands on the invoice.
    pub(crate) content: InvoiceContent,
    /// What a person should look at.
    pub(crate) attention: Vec<Attention>,
    /// The measurements behind it.
    pub(crate) usage: Vec<usage::Stored>,
}

/// Prices a month of a subscription; nothing for a month that is free.
///
/// # Errors
/// `INTERNAL` when the prices that the subscription is pinned to are not loaded.
pub(crate) async fn charged(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
    month: Month,
) -> Result<Option<Charged>, Problem> {
    let period = month.in_zone(&entered.tenant.zone)?;
    let subscription = &subscription.turned(month.last_day(), entered.now);
    let usage = usage_of(tx, subscription, period).await?;
    let records: Vec<_> = usage.iter().map(|stored| stored.record.clone()).collect();
    let meters = summarize(&records).map_err(|error| Problem::internal(error.to_string()))?;
    let measured = measured(subscription, &meters)?;
    let ask = MonthAsk {
        subscription,
        month,
        zone: &entered.tenant.zone,
        measured: &measured,
        triggered: &[],
    };
    let charges = invoice_lines(&ctx.library.cards, ask)?;
    let Some(last) = charges.lines.last() else { return Ok(None) };
    let card = ctx.library.cards.pinned(&last.rate_card).ok_or_else(|| {
        Problem::internal(format!("the rate card `{}` is not loaded", last.rate_card))
    })?;
    let issuer = issuer(tx, entered, card).await?;
    let lines = charges.lines.into_iter().map(|line| invoice_line(card, &meters, line)).collect();
    let parts = ContentParts {
        month,
        issuer,
        payer: Payer::customer(entered.tenant.name.clone()),
        invoice_at: period.end(),
        lines,
        tax_totals: charges.taxes,
        tax_rounding: card.tax.rounding,
    };
    let content =
        InvoiceContent::new(parts).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Some(Charged { content, attention: charges.attention, usage }))
}

/// The measurements of a month: those whose period ends in it, all of them.
async fn usage_of(
    tx: &Tx,
    subscription: &Subscription,
    period: Period,
) -> Result<Vec<usage::Stored>, Problem> {
    let filter = usage::Filter {
        tenant: subscription.tenant_id,
        subscription: Some(subscription.id),
        meter: None,
        ends_after: Some(period.start()),
        ends_by: Some(period.end()),
    };
    let mut all: Vec<usage::Stored> = Vec::new();
    loop {
        let after = all.last().map(|stored| usage::Place {
            measured_until: stored.record.report.measured.end(),
            meter: stored.record.report.meter.to_string(),
            provider_event_id: stored.record.report.provider_event_id.clone(),
        });
        let page = usage::list(tx, &filter, after.as_ref(), USAGE_AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// What was measured, by the service of the subscription that it belongs to.
fn measured(
    subscription: &Subscription,
    meters: &[MeterSummary],
) -> Result<Vec<Measured>, Problem> {
    let mut measured = Vec::with_capacity(meters.len());
    for summary in meters {
        // Of several in a row, the one that is there, or was there last.
        let items = subscription.items.iter().filter(|it| it.selected.service == summary.service);
        let Some(item) = items.max_by_key(|it| (it.is_taken(), it.ends_on)) else {
            continue;
        };
        let quantity = Quantity::new(summary.quantity.value()).ok_or_else(|| {
            let text = format!("`{}` of `{}` cannot be charged", summary.quantity, summary.meter);
            Problem::internal(text)
        })?;
        let meter = summary.meter.to_string();
        measured.push(Measured { item_id: item.item_id, meter, quantity });
    }
    Ok(measured)
}

/// The operator that the rate card names; the partner that sells to the tenant where the operator
/// does not take part in the scheme under its code.
async fn issuer(tx: &Tx, entered: &Entered, card: &RateCard) -> Result<Issuer, Problem> {
    let operator = PartnerId::of_code(&card.operator);
    let partner = match partners::get(tx, operator).await? {
        Some(partner) => partner,
        None => partners::get(tx, entered.tenant.partner_id).await?.ok_or_else(|| {
            Problem::not_found(Reason::PartnerNotFound, entered.tenant.partner_id)
        })?,
    };
    let Partner { id, name, terms, .. } = partner;
    Ok(Issuer {
        partner_id: id,
        name,
        registration_number: terms.registration_number,
        address: terms.address,
    })
}

fn invoice_line(card: &RateCard, meters: &[MeterSummary], line: PricedLine) -> InvoiceLine {
    let meter = card.price(&line.code).and_then(|price| price.meter.as_deref());
    let of_line = meters.iter().find(|summary| Some(summary.meter.as_str()) == meter);
    InvoiceLine {
        number: 0,
        code: line.code,
        label: line.label,
        service: Some(line.service),
        item_id: Some(line.item_id),
        cadence: line.cadence,
        service_period: Some(line.service_period),
        quantity: line.quantity,
        unit: line.unit,
        unit_price: line.unit_price,
        amount: line.amount,
        tax_mode: line.tax_mode,
        tax_rate: line.tax_rate,
        note: line.note,
        rate_card: Some(line.rate_card),
        n_usage_records: of_line.map_or(0, |summary| summary.n_records),
    }
}
