//! What a subscription costs in a month and in a year: the one place where a selection becomes sums.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::quote::Discount;
use tasuki_core::subscription::{PhaseKind, Subscription, SubscriptionState};
use tasuki_core::time::CivilDate;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::discount::discounted;
use tasuki_pricing::quote_lines::{Ask, quote_lines};
use tasuki_pricing::rate_card::RateCard;

/// Months of a year.
const MONTHS: i64 = 12;

/// Fees without tax, as they come again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fees {
    /// Each month.
    pub(super) monthly: Money,
    /// Each year, beside those of its months.
    pub(super) yearly: Money,
}

impl Fees {
    const NONE: Self = Self { monthly: Money::ZERO_JPY, yearly: Money::ZERO_JPY };

    /// All that a year costs.
    pub(super) fn of_a_year(self) -> Result<Money, Problem> {
        Ok(self.monthly.times(MONTHS)?.plus(self.yearly)?)
    }
}

/// What a selection costs by a rate card.
pub(super) fn fees_of(
    card: &RateCard,
    selection: Vec<SelectedItem>,
    (discounts, day): (&[Discount], CivilDate),
) -> Result<Fees, Problem> {
    if selection.is_empty() {
        return Ok(Fees::NONE);
    }
    let priced = quote_lines(card, &Ask::on(day, selection))?;
    let given: Vec<_> = discounts
        .iter()
        .filter(|discount| discount.ends_on.is_none_or(|end| day < end))
        .cloned()
        .collect();
    let totals = discounted(card, priced, given)?.totals;
    Ok(Fees { monthly: totals.monthly, yearly: totals.yearly })
}

/// What a subscription costs as it is on a day. Nothing on trial, after its end, and for what stands
/// still; while it is being set up, what it will cost.
pub(super) fn fees_on(
    cards: &Cards,
    subscription: &Subscription,
    day: CivilDate,
) -> Result<Fees, Problem> {
    let stopped = subscription.pauses.iter().any(|pause| pause.contains(day));
    let over = matches!(subscription.state(), SubscriptionState::Cancelled { .. });
    let phase = subscription.phase_on(day).or_else(|| subscription.phases.first());
    let Some(phase) = phase.filter(|of| of.kind == PhaseKind::Paid && !stopped && !over) else {
        return Ok(Fees::NONE);
    };
    let card = cards.pinned(&phase.rate_card).ok_or_else(|| {
        Problem::internal(format!("the rate card `{}` is not loaded", phase.rate_card))
    })?;
    fees_of(card, taken_on(subscription, day), (&subscription.discounts_given(), day))
}

/// What is taken on a day and does not stand still.
pub(super) fn taken_on(subscription: &Subscription, day: CivilDate) -> Vec<SelectedItem> {
    subscription
        .items
        .iter()
        .filter(|item| item.ends_on.is_none_or(|end| day < end))
        .filter(|item| item.is_awaited() || !item.is_paused_on(day))
        .map(|item| item.selected_on(day).clone())
        .collect()
}
