//! What earlier months tell about a month, for the few prices that look back: steps that move only
//! after several months, minimums for a year.

use tasuki_core::problem::Problem;
use tasuki_core::subscription::{PhaseKind, Subscription};
use tasuki_core::time::{Month, Timestamp, Zone};
use tasuki_core::usage::{UsageRecord, summarize};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::{ChargedBefore, Past};
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Scope, Tx, invoices};

use super::books::all_invoices;
use super::charges::{measured, usage_between};

/// What came before a month, if any price of the subscription looks at it.
///
/// # Errors
/// Of the store.
pub(super) async fn past(
    tx: &Tx,
    subscription: &Subscription,
    (cards, zone): (&Cards, &Zone),
    month: Month,
) -> Result<Past, Problem> {
    let paid = subscription.phases.iter().filter(|phase| phase.kind == PhaseKind::Paid);
    let mut cards_of = paid.filter_map(|phase| cards.pinned(&phase.rate_card));
    let Some(anchor) = subscription.anchor.filter(|_| cards_of.any(RateCard::looks_back)) else {
        return Ok(Past::default());
    };
    let first = Month::of(anchor);
    if first >= month {
        return Ok(Past::default());
    }
    let begins = Timestamp::start_of(first.first_day(), zone)?;
    let ends = Timestamp::start_of(month.first_day(), zone)?;
    let records: Vec<UsageRecord> = usage_between(tx, subscription, (begins, ends))
        .await?
        .into_iter()
        .map(|stored| stored.record)
        .collect();
    let mut past = Past::default();
    let mut at = first;
    while at < month {
        let period = at.in_zone(zone)?;
        let of_month: Vec<_> = records
            .iter()
            .filter(|record| {
                let end = record.report.measured.end();
                period.start() < end && end <= period.end()
            })
            .cloned()
            .collect();
        let meters = summarize(&of_month).map_err(|error| Problem::internal(error.to_string()))?;
        let measured = measured(subscription, &meters, at)?;
        past.measured.extend(measured.into_iter().map(|it| (at, it)));
        at = at.next()?;
    }
    let filter = invoices::Filter {
        subscription: Some(subscription.id),
        from: Some(first),
        ..invoices::Filter::of(Scope::Tenant(subscription.tenant_id))
    };
    for invoice in all_invoices(tx, &filter).await? {
        for line in invoice.content.lines {
            if let Some(period) = line.service_period.filter(|_| invoice.content.month < month) {
                past.charged.push(ChargedBefore {
                    code: line.code,
                    starts_on: period.start(),
                    amount: line.amount,
                });
            }
        }
    }
    Ok(past)
}
