//! What measurements that came after their month was invoiced change: the difference stands on the
//! next invoice.

use std::collections::BTreeSet;

use tasuki_core::catalog::Quantity;
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::problem::Problem;
use tasuki_core::subscription::Subscription;
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Zone};
use tasuki_core::usage::{UsageRecord, summarize};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::{InvoiceLine, MonthAsk, Past, invoice_lines};
use tasuki_store::{Tx, usage};

use super::charges::{measured, usage_between};
use super::past::past;

/// What late measurements add to an invoice.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// The differences; negative where something is given back.
    pub(super) lines: Vec<InvoiceLine>,
    /// The measurements behind them.
    pub(super) usage: Vec<usage::Stored>,
    /// The months that they are of.
    pub(super) months: Vec<Month>,
}

/// The differences of the months before one, that no invoice has taken up.
///
/// # Errors
/// Of the store, or when a month cannot be priced.
pub(super) async fn late(
    tx: &Tx,
    subscription: &Subscription,
    (cards, zone): (&Cards, &Zone),
    before: Month,
) -> Result<Late, Problem> {
    let mut late = Late::default();
    let of = (subscription.tenant_id, subscription.id);
    for month in usage::late_months(tx, of, before).await? {
        let period = month.in_zone(zone)?;
        let stored = usage_between(tx, subscription, (period.start(), period.end())).await?;
        let past = past(tx, subscription, (cards, zone), month).await?;
        let asked = Asked { subscription, cards, zone, month, past: &past };
        let records: Vec<_> = stored.iter().map(|it| it.record.clone()).collect();
        let as_known = asked.priced(&records)?;
        let as_billed = asked.priced(&billed(&records))?;
        late.lines.extend(differences(month, &as_billed, &as_known)?);
        late.usage.extend(stored.into_iter().filter(|it| it.record.invoice_id.is_none()));
        late.months.push(month);
    }
    Ok(late)
}

struct Asked<'a> {
    subscription: &'a Subscription,
    cards: &'a Cards,
    zone: &'a Zone,
    month: Month,
    past: &'a Past,
}

impl Asked<'_> {
    /// What the month comes to with some measurements.
    fn priced(&self, records: &[UsageRecord]) -> Result<Vec<InvoiceLine>, Problem> {
        let Self { subscription, cards, zone, month, past } = *self;
        let meters = summarize(records).map_err(|error| Problem::internal(error.to_string()))?;
        let measured = measured(subscription, &meters, month)?;
        let ask = MonthAsk { subscription, month, zone, measured: &measured, triggered: &[], past };
        Ok(invoice_lines(cards, ask)?.lines)
    }
}

/// The measurements as they were when the month was last charged.
fn billed(records: &[UsageRecord]) -> Vec<UsageRecord> {
    let taken = records.iter().filter(|record| record.invoice_id.is_some());
    let ids: BTreeSet<_> = taken.clone().map(|record| record.id).collect();
    taken
        .map(|record| UsageRecord {
            corrected_by: record.corrected_by.filter(|by| ids.contains(by)),
            ..record.clone()
        })
        .collect()
}

/// What each row comes to more or less.
fn differences(
    month: Month,
    before: &[InvoiceLine],
    after: &[InvoiceLine],
) -> Result<Vec<InvoiceLine>, MoneyError> {
    let same = |a: &InvoiceLine, b: &InvoiceLine| {
        (a.item_id, &a.code, &a.rate_card) == (b.item_id, &b.code, &b.rate_card)
    };
    let gone: Vec<_> = before
        .iter()
        .filter(|line| !after.iter().any(|it| same(it, line)))
        .map(|line| InvoiceLine { amount: line.amount.zero(), ..line.clone() })
        .collect();
    let mut found: Vec<InvoiceLine> = Vec::new();
    for line in after.iter().chain(&gone) {
        if found.iter().any(|it| same(it, line)) {
            continue;
        }
        let sum = |of: &[InvoiceLine]| {
            Money::total(of.iter().filter(|it| same(it, line)).map(|it| it.amount))
        };
        found.push(InvoiceLine {
            quantity: Quantity::ONE,
            unit: None,
            unit_price: None,
            amount: sum(after)?.minus(sum(before)?)?,
            note: Some(Text::new(
                format!("{month}分：遅れて届いた計測による差額"),
                format!("Difference for {month}: measured after it was invoiced"),
            )),
            ..line.clone()
        });
    }
    found.retain(|line| !line.amount.is_zero());
    Ok(found)
}
