//! Which step a month is charged in, where the traffic of the months decides: a choice of the price.
//!
//! The months are looked at one after the other from the first that is charged, so that the same
//! measurements always give the same step.

use serde::Deserialize;
use tasuki_core::catalog::Quantity;
use tasuki_core::rate::Rate;

use super::{Tier, number_of};

/// How a price by volume moves between its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierMoves {
    /// Each month is charged in the step that it was measured in.
    #[default]
    Automatic,
    /// The step that was agreed stays; a month measured in another is told to a person, who asks the
    /// customer and changes the agreed quantity.
    Approval,
    /// The step moves when several months in a row lie in others: one month of a campaign does not
    /// raise the price, one quiet month does not lower it.
    Hysteresis(Hysteresis),
}

/// When the step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hysteresis {
    /// So many months in a row above the step move it up.
    pub up_after_months: u32,
    /// So many months in a row below the step move it down.
    pub down_after_months: u32,
    /// A month counts as above or below only beyond the end of the step by this share of it: 0.1
    /// leaves a step up to 10 with more than 11, and goes back below it with 9 or less.
    #[serde(default = "no_band")]
    pub band: Rate,
}

const fn no_band() -> Rate {
    Rate::ZERO
}

impl Hysteresis {
    /// Above which quantity a month counts towards leaving a step that ends there.
    pub fn above(self, end: Quantity) -> Quantity {
        beyond(end, self.band)
    }
}

/// The step of a month, and whether a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Its number, from 0; the number of steps for a quantity above the last.
    pub step: usize,
    /// The number of the step that was measured, where somebody has to agree to it first.
    pub to_agree: Option<usize>,
}

/// The step that the last of the months is charged in.
///
/// `agreed` is the quantity that was agreed, from which the first month starts. A month of which
/// nothing was measured moves nothing and ends a row of months.
pub fn step_for(
    moves: TierMoves,
    tiers: &[Tier],
    agreed: Quantity,
    months: &[Option<Quantity>],
) -> Decided {
    let agreed = number_of(tiers, agreed);
    let measured = months.last().copied().flatten().map(|last| number_of(tiers, last));
    match moves {
        TierMoves::Automatic => Decided { step: measured.unwrap_or(agreed), to_agree: None },
        TierMoves::Approval => {
            Decided { step: agreed, to_agree: measured.filter(|step| *step != agreed) }
        }
        TierMoves::Hysteresis(rule) => {
            let step =
                months.iter().fold(Row::from(agreed), |row, month| row.after(rule, tiers, *month));
            Decided { step: step.step, to_agree: None }
        }
    }
}

/// A step, and the row of months beyond it.
#[derive(Debug, Clone, Copy)]
struct Row {
    step: usize,
    /// Months in a row above it, and the lowest step that all of them reached.
    above: (u32, usize),
    /// Months in a row below it, and the highest step that any of them needs.
    below: (u32, usize),
}

impl From<usize> for Row {
    fn from(step: usize) -> Self {
        Self { step, above: (0, usize::MAX), below: (0, 0) }
    }
}

impl Row {
    fn after(self, rule: Hysteresis, tiers: &[Tier], month: Option<Quantity>) -> Self {
        let still = Self::from(self.step);
        let Some(month) = month else { return still };
        let step = number_of(tiers, month);
        let end_of = |step: usize| tiers.get(step).and_then(|tier| tier.up_to);
        if step > self.step && end_of(self.step).is_some_and(|end| month > beyond(end, rule.band)) {
            let above = (self.above.0.saturating_add(1), self.above.1.min(step));
            if above.0 >= rule.up_after_months {
                return Self::from(above.1);
            }
            return Self { above, ..still };
        }
        let lower = self.step.checked_sub(1).and_then(end_of);
        if step < self.step && lower.is_some_and(|end| month <= within(end, rule.band)) {
            let below = (self.below.0.saturating_add(1), self.below.1.max(step));
            if below.0 >= rule.down_after_months {
                return Self::from(below.1);
            }
            return Self { below, ..still };
        }
        still
    }
}

/// The end of a step and the band above it.
fn beyond(end: Quantity, band: Rate) -> Quantity {
    let band = Quantity::new(scaled(end, band)).unwrap_or(Quantity::ZERO);
    end.plus(band).unwrap_or(end)
}

/// The end of a step less the band below it.
fn within(end: Quantity, band: Rate) -> Quantity {
    Quantity::new(end.value() - scaled(end, band)).unwrap_or(end)
}

/// The band in the unit of the price, to the byte of a gigabyte.
fn scaled(end: Quantity, band: Rate) -> rust_decimal::Decimal {
    const DIGITS: u32 = 9;
    end.value().checked_mul(band.value()).unwrap_or_default().trunc_with_scale(DIGITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tasuki_core::money::{Money, Rounding};

    use super::super::{Amount, Model};
    use super::*;

    fn waf() -> Vec<Tier> {
        [Some((10, 10_000)), Some((20, 15_000)), Some((50, 30_000)), None]
            .map(|step| Tier {
                up_to: step.map(|(end, _)| Quantity::whole(end)),
                flat: step.map(|(_, yen)| Money::jpy(yen)),
                per_unit: None,
                needs_quote: step.is_none(),
            })
            .into()
    }

    fn gb(text: &str) -> Option<Quantity> {
        text.parse().ok()
    }

    /// The step of each month, one after the other.
    fn steps(moves: TierMoves, agreed: &str, months: &[&str]) -> Vec<usize> {
        let months: Vec<_> = months.iter().map(|month| gb(month)).collect();
        let agreed = gb(agreed).unwrap();
        (1..=months.len()).map(|n| step_for(moves, &waf(), agreed, &months[..n]).step).collect()
    }

    fn slowly(up: u32, down: u32, band: i64) -> TierMoves {
        TierMoves::Hysteresis(Hysteresis {
            up_after_months: up,
            down_after_months: down,
            band: Rate::percent(band),
        })
    }

    #[test]
    fn automatically_each_month_has_its_own_step() {
        let months = ["8", "10.001", "-", "60", "3"];
        assert_eq!(steps(TierMoves::Automatic, "8", &months), [0, 1, 0, 3, 0]);
    }

    #[test]
    fn with_approval_the_agreed_step_stays_and_a_person_is_told() {
        let seen =
            |month: &str| step_for(TierMoves::Approval, &waf(), Quantity::whole(15), &[gb(month)]);
        assert_eq!(seen("30"), Decided { step: 1, to_agree: Some(2) });
        assert_eq!(seen("4"), Decided { step: 1, to_agree: Some(0) });
        assert_eq!(seen("11"), Decided { step: 1, to_agree: None });
        assert_eq!(seen("-"), Decided { step: 1, to_agree: None });
    }

    #[test]
    fn with_hysteresis_one_loud_or_quiet_month_moves_nothing() {
        let months = ["8", "30", "8", "12", "30", "30", "8", "12", "30", "8", "9", "3"];
        assert_eq!(steps(slowly(2, 3, 0), "8", &months), [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0]);
    }

    #[test]
    fn a_month_that_was_not_measured_ends_the_row() {
        assert_eq!(steps(slowly(2, 2, 0), "8", &["12", "-", "12", "12"]), [0, 0, 0, 1]);
    }

    #[test]
    fn a_band_keeps_small_differences_from_moving_the_step() {
        let months = ["10.9", "11", "11.001", "9.5", "9.001", "9"];
        assert_eq!(steps(slowly(1, 1, 10), "8", &months), [0, 0, 1, 1, 1, 0]);
    }

    #[test]
    fn a_quantity_is_priced_in_the_step_that_was_decided() {
        let model = Model::Volume(waf());
        let of = |step| model.amount_in_step(step, Quantity::whole(30), Rounding::Down).unwrap();
        let priced = |yen| Amount::Priced { amount: Money::jpy(yen), charged: Quantity::whole(30) };
        assert_eq!([of(0), of(2)], [priced(10_000), priced(30_000)]);
        assert_eq!([of(3), of(4)], [Amount::NeedsQuote, Amount::NeedsQuote]);
    }

    proptest! {
        #[test]
        fn one_month_in_a_row_without_a_band_is_automatic(
            agreed in 0_u32..60, months in prop::collection::vec(0_u32..60, 1..24),
        ) {
            let months: Vec<_> = months.into_iter().map(|n| Some(Quantity::whole(n))).collect();
            let agreed = Quantity::whole(agreed);
            let slow = step_for(slowly(1, 1, 0), &waf(), agreed, &months);
            prop_assert_eq!(slow, step_for(TierMoves::Automatic, &waf(), agreed, &months));
        }

        #[test]
        fn a_step_is_never_one_that_no_month_reached(
            agreed in 0_u32..60, months in prop::collection::vec(0_u32..60, 1..24),
            up in 1_u32..4, down in 1_u32..4, band in 0_i64..30,
        ) {
            let tiers = waf();
            let months: Vec<_> = months.into_iter().map(|n| Some(Quantity::whole(n))).collect();
            let agreed = Quantity::whole(agreed);
            let step = step_for(slowly(up, down, band), &tiers, agreed, &months).step;
            let reached = months.iter().flatten().any(|month| number_of(&tiers, *month) == step);
            prop_assert!(reached || step == number_of(&tiers, agreed));
        }
    }
}
