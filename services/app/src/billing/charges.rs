//! What a month of a subscription comes to: loads, prices, and makes the content of the invoice.

use tasuki_core::catalog::Quantity;
use tasuki_core::days::DayPeriod;
use tasuki_core::id::PartnerId;
use tasuki_core::invoice::{ContentParts, InvoiceContent, InvoiceLine, Issuer, Payer};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::Subscription;
use tasuki_core::tenant::Partner;
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Timestamp, Zone};
use tasuki_core::usage::{MeterSummary, summarize};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::{
    Attention, InvoiceLine as PricedLine, Measured, MonthAsk, MonthCharges, invoice_lines,
};
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, partners, usage};

use super::past::past;
use super::{giving_back, late_usage, payers};
use crate::access::Entered;
use crate::context::Context;

/// Measurements read at once.
const USAGE_AT_ONCE: u64 = 1_000;

/// A month of a subscription that has something to charge.
#[derive(Debug)]
pub(crate) struct Charged {
    /// What stands on the invoices: the customer's first, then those of who pays a share, by code.
    pub(crate) contents: Vec<InvoiceContent>,
    /// What a person should look at.
    pub(crate) attention: Vec<Attention>,
    /// The measurements behind it.
    pub(crate) usage: Vec<usage::Stored>,
    /// Earlier months of which measurements came late.
    pub(crate) late_months: Vec<Month>,
}

/// Prices a month of a subscription; nothing for a month that is free. Measurements that came after
/// their month was invoiced stand on it too, unless more would be given back than it charges.
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
    let subscription = &subscription.turned(month.last_day(), entered.now);
    let cards = ctx.cards();
    let zone = &entered.tenant.zone;
    let Priced { mut charges, meters, mut usage } =
        priced(tx, (&cards, zone), subscription, month).await?;
    // What a credit note gives back: see `giving_back`.
    giving_back::set_apart(&cards, subscription, &mut charges.lines)?;
    let mut late = late_usage::late(tx, subscription, (&cards, zone), month).await?;
    let Some(last) = charges.lines.last().or(late.lines.last()) else { return Ok(None) };
    let card = cards.pinned(&last.rate_card).ok_or_else(|| {
        Problem::internal(format!("the rate card `{}` is not loaded", last.rate_card))
    })?;
    let rounding = card.tax.rounding;
    let mut parts =
        payers::divided(subscription, charges.lines.iter().chain(&late.lines), rounding)?;
    if payers::any_pays_out(&parts)? {
        // The next invoice takes it up; nobody gets an invoice that pays out.
        late = late_usage::Late::default();
        parts = payers::divided(subscription, charges.lines.iter(), rounding)?;
        if charges.lines.is_empty() {
            return Ok(None);
        }
    }
    usage.extend(late.usage);
    let issuer = issuer(tx, entered, card).await?;
    let own = charges.lines.into_iter().map(|line| invoice_line(card, &meters, line));
    let lines = own.chain(late.lines.into_iter().map(|line| invoice_line(card, &[], line)));
    let whole = ContentParts {
        month,
        issuer,
        payer: Payer::customer(entered.tenant.name.clone()),
        invoice_at: month.in_zone(zone)?.end(),
        lines: lines.collect(),
        tax_totals: Vec::new(),
        tax_rounding: rounding,
    };
    let contents = payers::contents(subscription, &whole, parts)?;
    let attention = charges.attention;
    Ok(Some(Charged { contents, attention, usage, late_months: late.months }))
}

/// What a meter is billed by in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metered {
    /// The meter.
    pub(crate) meter: String,
    /// Code of the price.
    pub(crate) code: String,
    /// How many are charged.
    pub(crate) quantity: Quantity,
    /// How the amount was found.
    pub(crate) note: Option<Text>,
}

/// What each meter of a subscription is billed by in a month, as far as it is known now.
///
/// # Errors
/// Of the store, or when the month cannot be priced.
pub(crate) async fn metered(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
    month: Month,
) -> Result<Vec<Metered>, Problem> {
    if subscription.anchor.is_none() {
        return Ok(Vec::new());
    }
    let cards = ctx.cards();
    let priced = priced(tx, (&cards, &entered.tenant.zone), subscription, month).await?;
    let billed = priced.charges.lines.into_iter().filter_map(|line| {
        let price = cards.pinned(&line.rate_card)?.price(&line.code)?;
        let meter = price.meter.clone()?;
        Some(Metered { meter, code: line.code, quantity: line.quantity, note: line.note })
    });
    Ok(billed.collect())
}

/// What a month of a subscription comes to as far as it is known now.
///
/// # Errors
/// Of the store, or when the month cannot be priced.
pub(crate) async fn as_known(
    tx: &Tx,
    of: (&Cards, &Zone),
    subscription: &Subscription,
    month: Month,
) -> Result<MonthCharges, Problem> {
    Ok(priced(tx, of, subscription, month).await?.charges)
}

/// A month with the measurements that it was priced by.
struct Priced {
    charges: MonthCharges,
    meters: Vec<MeterSummary>,
    usage: Vec<usage::Stored>,
}

async fn priced(
    tx: &Tx,
    (cards, zone): (&Cards, &Zone),
    subscription: &Subscription,
    month: Month,
) -> Result<Priced, Problem> {
    let period = month.in_zone(zone)?;
    let past = past(tx, subscription, (cards, zone), month).await?;
    let usage = usage_between(tx, subscription, (period.start(), period.end())).await?;
    let records: Vec<_> = usage.iter().map(|stored| stored.record.clone()).collect();
    let meters = summarize(&records).map_err(|error| Problem::internal(error.to_string()))?;
    let measured = measured(subscription, &meters, month)?;
    let ask =
        MonthAsk { subscription, month, zone, measured: &measured, triggered: &[], past: &past };
    let charges = invoice_lines(cards, ask)?;
    Ok(Priced { charges, meters, usage })
}

/// All measurements whose period ends after one instant and by another.
pub(super) async fn usage_between(
    tx: &Tx,
    subscription: &Subscription,
    (start, end): (Timestamp, Timestamp),
) -> Result<Vec<usage::Stored>, Problem> {
    let filter = usage::Filter {
        tenant: subscription.tenant_id,
        subscription: Some(subscription.id),
        meter: None,
        ends_after: Some(start),
        ends_by: Some(end),
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

/// What was measured, by the service of the subscription that it belongs to: where several items
/// are of that service, the newest that was in use in the month.
pub(super) fn measured(
    subscription: &Subscription,
    meters: &[MeterSummary],
    month: Month,
) -> Result<Vec<Measured>, Problem> {
    let days = DayPeriod::of_month(month)?;
    let mut measured = Vec::with_capacity(meters.len());
    for summary in meters {
        // Of several in a row, the one that was in use, is there, or was there last.
        let items = subscription.items.iter().filter(|it| it.selected.service == summary.service);
        let newest = items.max_by_key(|item| {
            (item.used_within(days).is_some(), item.is_taken(), item.ends_on, item.starts_on)
        });
        let Some(item) = newest else { continue };
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

pub(super) fn invoice_line(
    card: &RateCard,
    meters: &[MeterSummary],
    line: PricedLine,
) -> InvoiceLine {
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
