//! Charges of a month that other charges decide: shares of prices, and agreed minimums.
//!
//! They belong to the bundle and stand once on an invoice, however many of its plans they are for.
//! What counts is what the named prices charge by the same prices before anything is taken off.

use tasuki_core::catalog::{Cadence, Proration, Quantity};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::Money;
use tasuki_core::subscription::{Phase, PhaseKind, SubscribedItem};
use tasuki_core::time::{CivilDate, TimeError};

use super::course::billed_from;
use super::month::{Charge, Charges, Context};
use super::spans::{MONTHS_OF_YEAR, nominal_month, not_suspended, year_anchor};
use super::{InvoiceError, MonthAsk};
use crate::cards::Cards;
use crate::proration::fraction;
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
            let selected = item.selected_on(last_of(ask, phase)?);
            items.push((item, resolve_item(card, selected, selected.service.as_str())?, from));
        }
    }
    for price in prices {
        let carriers: Vec<_> = items.iter().filter(|(_, of, _)| carries(card, of, price)).collect();
        let first = carriers.iter().min_by_key(|(_, of, _)| place(card, of));
        let Some((item, chosen, _)) = first else { continue };
        let billed_from = carriers.iter().map(|(_, _, from)| *from).min();
        let Some(billed_from) = billed_from else { continue };
        let bundle = Bundle { of: Context { ask, card, item, chosen, billed_from }, phase };
        let used: Vec<_> = carriers.iter().map(|(item, _, _)| *item).collect();
        match &price.model {
            Model::Percentage(share) => charge_share(&bundle, price, share, charges)?,
            Model::MinimumCommitment(commitment) => {
                charge_missing(&bundle, price, (commitment, &used), charges)?;
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

/// The last day of a month on which a phase runs: what is chosen on it counts.
fn last_of(ask: MonthAsk<'_>, phase: &Phase) -> Result<CivilDate, InvoiceError> {
    let calendar = DayPeriod::of_month(ask.month)?;
    let end = phase.until.map_or(calendar.end(), |until| until.min(calendar.end()));
    Ok(end.yesterday().map_err(|_| TimeError::OutOfRange)?)
}

/// The prices of a phase, by the item that carries them onto the invoice.
struct Bundle<'a> {
    of: Context<'a>,
    phase: &'a Phase,
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
    bundle: &Bundle<'_>,
    price: &Price,
    share: &Percentage,
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let of: Vec<_> = charges
        .lines
        .iter()
        .filter(|line| share.of.contains(&line.code))
        .filter(|line| line.rate_card == bundle.phase.rate_card)
        .map(|line| (line.service_period, line.amount))
        .collect();
    let sum = Money::total(of.iter().map(|(_, amount)| *amount))?;
    let start = of.iter().map(|(period, _)| period.start()).min();
    let end = of.iter().map(|(period, _)| period.end()).max();
    let (Some(start), Some(end)) = (start, end) else { return Ok(()) };
    let amount = share.share(sum, bundle.of.card.rounding)?;
    charge(bundle, price, (DayPeriod::new(start, end)?, amount), charges)
}

/// What the named prices lack to the minimum of a period that ends with this month's invoice.
fn charge_missing(
    bundle: &Bundle<'_>,
    price: &Price,
    (commitment, used): (&Commitment, &[&SubscribedItem]),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let ask = bundle.of.ask;
    if price.cadence == Cadence::Yearly {
        let anchor = year_anchor(price.anchor, bundle.of.billed_from);
        let calendar = DayPeriod::of_month(ask.month)?;
        for k in years_of(anchor, calendar) {
            let year = DayPeriod::nth(anchor, MONTHS_OF_YEAR, k)?;
            let Some(span) = span_of(bundle, used, year) else { continue };
            let last = span.end().yesterday().ok();
            // A minimum that is not divided belongs to the prices of the year's last day.
            let moved =
                price.proration == Proration::None && bundle.phase.until == Some(span.end());
            let goes_on = span.end() < last_day(used, year);
            if last.is_some_and(|last| calendar.contains(last)) && !(moved && goes_on) {
                missing(bundle, price, (commitment, (year, span)), charges)?;
            }
        }
        return Ok(());
    }
    let cycle = price.anchor.unwrap_or(ask.subscription.cycle);
    match nominal_month(cycle, bundle.of.billed_from, ask.month)? {
        Some(nominal) => match span_of(bundle, used, nominal) {
            Some(span) => missing(bundle, price, (commitment, (nominal, span)), charges),
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
    bundle: &Bundle<'_>,
    price: &Price,
    (commitment, (nominal, span)): (&Commitment, (DayPeriod, DayPeriod)),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    let days = not_suspended(bundle.of.ask.subscription, Some(span), nominal);
    let part = fraction(price.proration, nominal, &days, bundle.of.ask.zone)?;
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
        .filter(|line| line.rate_card == bundle.phase.rate_card)
        .map(|line| line.amount);
    let past = bundle.of.ask.past.charged.iter().filter(|_| is_yearly);
    let earlier = past.filter(|of| counts(&of.code, of.starts_on)).map(|before| before.amount);
    let sum = Money::total(now.chain(earlier))?;
    let amount = commitment.missing(sum, part, bundle.of.card.rounding)?;
    charge(bundle, price, (span, amount), charges)
}

/// The first day of a period on which none of the items is in use any more.
fn last_day(used: &[&SubscribedItem], nominal: DayPeriod) -> CivilDate {
    let end = |item: &&SubscribedItem| item.ends_on.unwrap_or(nominal.end()).min(nominal.end());
    used.iter().map(end).max().unwrap_or(nominal.end())
}

/// The span of a period in which the phase runs and any of the items is in use.
fn span_of(bundle: &Bundle<'_>, used: &[&SubscribedItem], nominal: DayPeriod) -> Option<DayPeriod> {
    let days = bundle.phase.within(nominal)?.from_day(bundle.of.billed_from)?;
    days.before_day(last_day(used, nominal)).filter(|days| !days.is_empty())
}

fn charge(
    bundle: &Bundle<'_>,
    price: &Price,
    (service_period, amount): (DayPeriod, Money),
    charges: &mut Charges,
) -> Result<(), InvoiceError> {
    if amount.is_zero() {
        return Ok(());
    }
    let amount = Some(amount);
    let charge = Charge { amount, ..Charge::whole(price, Quantity::ONE, service_period) };
    bundle.of.charge(&charge, charges)
}
