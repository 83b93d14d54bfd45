//! Charges of a month that other charges decide: shares of prices, and agreed minimums.
//!
//! They belong to the bundle and stand once on an invoice, however many of its plans they are for.
//! What counts is what the named prices charge by the same prices before anything is taken off.

use tasuki_core::catalog::{Cadence, Proration, Quantity};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::Money;
use tasuki_core::subscription::{Phase, PhaseKind, SubscribedItem};
use tasuki_core::time::CivilDate;

use super::month::{Charge, Charges, Context, MONTHS_OF_YEAR};
use super::spans::{billed_from, nominal_month, not_suspended, year_anchor};
use super::{InvoiceError, MonthAsk};
use crate::cards::Cards;
use crate::proration::{Fraction, fraction};
use crate::quote_lines::{Chosen, resolve_item};
use crate::rate_card::{Price, RateCard};
use crate::tier::{Commitment, Model, Percentage};

pub(super) fn charge_phase(
    cards: &Cards,
    ask: MonthAsk<'_>,
    phase: &Phase,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    if phase.kind == PhaseKind::Trial {
        return Ok(());
    }
    let card = cards
        .pinned(&phase.rate_card)
        .ok_or_else(|| InvoiceError::UnknownCard(phase.rate_card.clone()))?;
    let mut prices: Vec<_> = card
        .prices
        .iter()
        .filter(|price| price.model.is_of_others() && !price.is_contingent())
        .collect();
    if prices.is_empty() {
        return Ok(());
    }
    // A share may count towards a minimum.
    prices.sort_by_key(|price| matches!(price.model, Model::MinimumCommitment(_)));
    let mut items = Vec::new();
    for item in &ask.subscription.items {
        if let Some(from) = billed_from(ask.subscription, item) {
            items.push((
                item,
                resolve_item(card, &item.selected, item.selected.service.as_str())?,
                from,
            ));
        }
    }
    for price in prices {
        let carriers: Vec<_> = items.iter().filter(|(_, of, _)| carries(card, of, price)).collect();
        let first = carriers.iter().min_by_key(|(_, of, _)| place(card, of));
        let Some((item, chosen, _)) = first else { continue };
        let billed_from = carriers.iter().map(|(_, _, from)| *from).min();
        let Some(billed_from) = billed_from else { continue };
        let context = Context { ask, phase, card, item, chosen, billed_from };
        let used: Vec<_> = carriers.iter().map(|(item, _, _)| *item).collect();
        match &price.model {
            Model::Percentage(share) => charge_share(&context, price, share, charges)?,
            Model::MinimumCommitment(commitment) => {
                charge_missing(&context, price, (commitment, &used), charges)?;
            }
            Model::Flat(_)
            | Model::PerUnit(_)
            | Model::Volume(_)
            | Model::Graduated(_)
            | Model::Package(_)
            | Model::NeedsQuote(_) => {}
        }
    }
    Ok(())
}

fn carries(card: &RateCard, chosen: &Chosen<'_>, price: &Price) -> bool {
    chosen.prices(card).iter().any(|(of, _)| of.price == price.price)
}

/// Where its plan stands in the card: the order of items changes nothing.
fn place(card: &RateCard, chosen: &Chosen<'_>) -> Option<usize> {
    card.plans.iter().position(|plan| plan.plan == chosen.plan.plan)
}

/// A share of what the named prices of this phase charge in the month.
fn charge_share(
    context: &Context<'_>,
    price: &Price,
    share: &Percentage,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let of: Vec<_> = charges
        .lines
        .iter()
        .filter(|line| share.of.contains(&line.code))
        .filter(|line| line.rate_card == context.phase.rate_card)
        .map(|line| (line.service_period, line.amount))
        .collect();
    let sum = Money::total(of.iter().map(|(_, amount)| *amount))?;
    let start = of.iter().map(|(period, _)| period.start()).min();
    let end = of.iter().map(|(period, _)| period.end()).max();
    let (Some(start), Some(end)) = (start, end) else { return Ok(()) };
    let amount = share.share(sum, context.card.rounding)?;
    charge(context, price, (DayPeriod::new(start, end)?, amount), charges)
}

/// What the named prices lack to the minimum of a period that ends with this month's invoice.
fn charge_missing(
    context: &Context<'_>,
    price: &Price,
    (commitment, used): (&Commitment, &[&SubscribedItem]),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let ask = context.ask;
    if price.cadence == Cadence::Yearly {
        let anchor = year_anchor(price.anchor, context.billed_from);
        let calendar = DayPeriod::of_month(ask.month)?;
        for k in years_of(anchor, calendar) {
            let year = DayPeriod::nth(anchor, MONTHS_OF_YEAR, k)?;
            let Some(span) = span_of(context, used, year) else { continue };
            let last = span.end().yesterday().ok();
            // A minimum that is not divided belongs to the prices of the year's last day.
            let moved =
                price.proration == Proration::None && context.phase.until == Some(span.end());
            let goes_on = span.end() < last_day(used, year);
            if last.is_some_and(|last| calendar.contains(last)) && !(moved && goes_on) {
                missing(context, price, (commitment, (year, span)), charges)?;
            }
        }
        return Ok(());
    }
    let cycle = price.anchor.unwrap_or(ask.subscription.cycle);
    match nominal_month(cycle, context.billed_from, ask.month)? {
        Some(nominal) => match span_of(context, used, nominal) {
            Some(span) => missing(context, price, (commitment, (nominal, span)), charges),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// The numbers of the years, counted from an anchor, that a month can lie in.
fn years_of(anchor: CivilDate, month: DayPeriod) -> impl Iterator<Item = i32> {
    let years = i32::from(month.start().year()) - i32::from(anchor.year());
    (years.saturating_sub(1)..=years).filter(|k| *k >= 0)
}

/// What is missing for a span of a nominal period.
fn missing(
    context: &Context<'_>,
    price: &Price,
    (commitment, (nominal, span)): (&Commitment, (DayPeriod, DayPeriod)),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let days = not_suspended(context.ask.subscription, Some(span), nominal);
    let part = fraction(price.proration, nominal, &days, context.ask.zone)?;
    if part.is_nothing() {
        return Ok(());
    }
    let counting = match price.proration {
        Proration::None => nominal,
        Proration::ActualDays | Proration::ThirtyDays | Proration::Seconds => {
            nominal.from_day(span.start()).unwrap_or(nominal)
        }
    };
    let is_yearly = price.cadence == Cadence::Yearly;
    let counts = |code: &String, on: CivilDate| {
        commitment.of.contains(code) && (!is_yearly || counting.contains(on))
    };
    let now = charges
        .lines
        .iter()
        .filter(|line| counts(&line.code, line.service_period.start()))
        .filter(|line| line.rate_card == context.phase.rate_card)
        .map(|line| line.amount);
    let past = context.ask.past.charged.iter().filter(|_| is_yearly);
    let earlier = past.filter(|of| counts(&of.code, of.starts_on)).map(|before| before.amount);
    let sum = Money::total(now.chain(earlier))?;
    let amount = commitment.missing(sum, part, context.card.rounding)?;
    charge(context, price, (span, amount), charges)
}

/// The first day of a period on which none of the items is in use any more.
fn last_day(used: &[&SubscribedItem], nominal: DayPeriod) -> CivilDate {
    let end = |item: &&SubscribedItem| item.ends_on.unwrap_or(nominal.end()).min(nominal.end());
    used.iter().map(end).max().unwrap_or(nominal.end())
}

/// The span of a period in which the phase runs and any of the items is in use.
fn span_of(
    context: &Context<'_>,
    used: &[&SubscribedItem],
    nominal: DayPeriod,
) -> Option<DayPeriod> {
    let days = context.phase.within(nominal)?.from_day(context.billed_from)?;
    days.before_day(last_day(used, nominal)).filter(|days| !days.is_empty())
}

fn charge(
    context: &Context<'_>,
    price: &Price,
    (service_period, amount): (DayPeriod, Money),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    if amount.is_zero() {
        return Ok(());
    }
    let charge = Charge {
        price,
        quantity: Quantity::ONE,
        service_period,
        part: Fraction::WHOLE,
        before: 0,
        days: None,
        amount: Some(amount),
    };
    context.charge(&charge, charges)
}
