//! What a change means in yen: the invoices that follow, with it and without it.

use serde::{Deserialize, Serialize};
use tasuki_core::catalog::TaxMode;
use tasuki_core::days::DayPeriod;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::subscription::Subscription;
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Month, Timestamp, Zone};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::InvoiceLine;
use tasuki_store::Tx;

use super::fees::fees_on;
use crate::billing;

/// What a change means in yen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyEffect {
    /// The rows that the next invoices have because of it, and, as negative amounts, those that they
    /// would have without it.
    pub lines: Vec<EffectLine>,
    /// The last month of whose invoice the rows speak: by then all of it has taken effect.
    pub through: Month,
    /// By how much the first invoice with such a row grows, with tax.
    pub next_invoice_difference: Money,
    /// Each month before, without tax.
    pub monthly_before: Money,
    /// Each month after, without tax.
    pub monthly_after: Money,
    /// Each year before, beside its months, without tax.
    pub yearly_before: Money,
    /// Each year after, beside its months, without tax.
    pub yearly_after: Money,
}

/// A row of what a change means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectLine {
    /// Code of the price.
    pub code: String,
    /// What it is.
    pub label: Text,
    /// What it pays for.
    pub service_period: DayPeriod,
    /// The amount; negative when it falls away or is given back.
    pub amount: Money,
    /// How the amount relates to tax.
    pub tax_mode: TaxMode,
    /// The rate of tax.
    pub tax_rate: Rate,
    /// How it was found.
    pub note: Option<Text>,
}

/// Which days a change is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The tenant's day on which it is asked.
    pub(super) today: CivilDate,
    /// The day on which the change takes effect.
    pub(super) on: CivilDate,
    /// The last day on which something of it takes effect.
    pub(super) until: CivilDate,
}

/// What a change means, from the subscription without it and with it. Both run ahead through all that
/// is planned, by the function that does it on its day; services that are being set up are taken to
/// be in use from the day on which they were asked for. What was measured so far counts as it does
/// on the invoice: the rest of the month, and months to come, are said as declared.
pub(super) async fn money_effect(
    tx: &Tx,
    (cards, zone, now): (&Cards, &Zone, Timestamp),
    (before, after): (&Subscription, &Subscription),
    span: Span,
) -> Result<MoneyEffect, Problem> {
    let last = Month::of(span.until);
    let ahead = |of: &Subscription| in_use(of.turned(last.last_day(), now), span.on);
    let (without, with) = (ahead(before), ahead(after));
    let mut lines = Vec::new();
    let mut next_invoice_difference = None;
    let mut month = Month::of(span.today);
    while month <= last {
        let old = billing::as_known(tx, (cards, zone), &without, month).await?;
        let new = billing::as_known(tx, (cards, zone), &with, month).await?;
        let found = differences(old.lines, new.lines)?;
        if !found.is_empty() && next_invoice_difference.is_none() {
            next_invoice_difference = Some(new.sum.gross.minus(old.sum.gross)?);
        }
        lines.extend(found);
        month = month.next()?;
    }
    let on = |of: &Subscription| fees_on(cards, &of.turned(span.on, now), span.on);
    let (was, will) = (on(before)?, on(after)?);
    Ok(MoneyEffect {
        lines,
        through: last,
        next_invoice_difference: next_invoice_difference.unwrap_or(Money::ZERO_JPY),
        monthly_before: was.monthly,
        monthly_after: will.monthly,
        yearly_before: was.yearly,
        yearly_after: will.yearly,
    })
}

fn in_use(subscription: Subscription, on: CivilDate) -> Subscription {
    if subscription.anchor.is_none() {
        return subscription;
    }
    let awaited: Vec<_> = subscription
        .items
        .iter()
        .filter(|item| item.is_awaited())
        .map(|item| (item.item_id, item.added_on.unwrap_or(on)))
        .collect();
    awaited.into_iter().fold(subscription, |of, (item, day)| of.with_item_started(item, day))
}

/// What falls away and what comes instead.
fn differences(
    old: Vec<InvoiceLine>,
    mut new: Vec<InvoiceLine>,
) -> Result<Vec<EffectLine>, Problem> {
    let mut lines = Vec::new();
    for line in old {
        if let Some(at) = new.iter().position(|of| is_same(of, &line)) {
            new.remove(at);
            continue;
        }
        let amount = line.amount.zero().minus(line.amount)?;
        let note = Text::new("この明細は請求されなくなります", "This row is no longer charged");
        lines.push(EffectLine { note: Some(note), ..row(line, amount) });
    }
    lines.extend(new.into_iter().map(|line| {
        let amount = line.amount;
        row(line, amount)
    }));
    Ok(lines)
}

/// Whether two rows read the same on an invoice, whichever version of the prices they go by.
fn is_same(a: &InvoiceLine, b: &InvoiceLine) -> bool {
    let of = |line: &InvoiceLine| {
        (line.code.clone(), line.service_period, line.amount, line.quantity, line.label.clone())
    };
    of(a) == of(b) && (a.tax_mode, a.tax_rate) == (b.tax_mode, b.tax_rate)
}

fn row(line: InvoiceLine, amount: Money) -> EffectLine {
    let InvoiceLine { code, label, service_period, tax_mode, tax_rate, note, .. } = line;
    EffectLine { code, label, service_period, amount, tax_mode, tax_rate, note }
}
