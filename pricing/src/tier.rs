//! How an amount is found from a quantity.
//!
//! Steps of a price are half open from below: a step holds the quantities above the step before, up
//! to and including its own end. Quantities are exact decimals, so 10.000 GB is in the step up to
//! 10 and 10.001 GB is not.

mod moves;
mod others;

use rust_decimal::Decimal;
use serde::Deserialize;
use tasuki_core::catalog::Quantity;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;

pub use moves::{Decided, Hysteresis, TierMoves, step_for};
pub use others::{Commitment, Percentage};

/// How the amount of a price is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The same amount whatever the quantity.
    Flat(#[serde(with = "yen")] Money),
    /// So much for each unit.
    PerUnit(PerUnit),
    /// The step that the whole quantity falls into gives the price.
    Volume(Vec<Tier>),
    /// Each part of the quantity is priced in the step it falls into.
    Graduated(Vec<Tier>),
    /// So much for each package begun.
    Package(Package),
    /// A share of what other prices come to.
    Percentage(Percentage),
    /// What other prices lack to an agreed minimum, at the end of each period.
    MinimumCommitment(Commitment),
    /// Not priced: somebody has to ask. The text says why.
    NeedsQuote(Text),
}

/// So much for each unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerUnit {
    /// For one unit.
    #[serde(rename = "yen", with = "yen")]
    pub amount: Money,
    /// Charged at least for so many.
    #[serde(default)]
    pub minimum: Option<Quantity>,
}

/// One step of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its end, which belongs to it; none for without end.
    #[serde(default)]
    pub up_to: Option<Quantity>,
    /// Charged once for the step.
    #[serde(rename = "yen", with = "maybe_yen", default)]
    pub flat: Option<Money>,
    /// Charged for each unit in the step.
    #[serde(rename = "yen_per_unit", with = "maybe_yen", default)]
    pub per_unit: Option<Money>,
    /// Not priced: somebody has to ask.
    #[serde(default)]
    pub needs_quote: bool,
}

/// So much for each package begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Units in a package.
    pub size: Quantity,
    /// For one package.
    #[serde(rename = "yen", with = "yen")]
    pub amount: Money,
}

/// What a price gives for a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// An amount.
    Priced {
        /// What is charged.
        amount: Money,
        /// For how many.
        charged: Quantity,
    },
    /// What other prices come to decides, not a quantity.
    OfOthers,
    /// Nobody has priced it: a person must (要見積).
    NeedsQuote,
}

impl Model {
    /// What the price gives for a quantity. A fraction of a yen goes where `rounding` says, once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn amount(&self, quantity: Quantity, rounding: Rounding) -> Result<Amount, MoneyError> {
        let priced = |amount, charged| Ok(Amount::Priced { amount, charged });
        match self {
            Self::Flat(amount) => priced(*amount, quantity),
            Self::PerUnit(price) => {
                let charged = price.minimum.map_or(quantity, |least| quantity.max(least));
                priced(times(price.amount, charged.value(), rounding)?, charged)
            }
            Self::Volume(tiers) => match step_of(tiers, quantity) {
                Some(tier) if !tier.needs_quote => {
                    priced(in_step(tier, quantity.value(), rounding)?, quantity)
                }
                Some(_) | None => Ok(Amount::NeedsQuote),
            },
            Self::Graduated(tiers) => graduated(tiers, quantity, rounding),
            Self::Package(package) => {
                let packages = quantity
                    .value()
                    .checked_div(package.size.value())
                    .ok_or(MoneyError::NoParts)?
                    .ceil();
                priced(times(package.amount, packages, rounding)?, quantity)
            }
            Self::Percentage(_) | Self::MinimumCommitment(_) => Ok(Amount::OfOthers),
            Self::NeedsQuote(_) => Ok(Amount::NeedsQuote),
        }
    }

    /// What a quantity costs in the step with that number, whichever step it falls into itself: for
    /// prices whose step somebody has to agree to.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn amount_in_step(
        &self,
        step: usize,
        quantity: Quantity,
        rounding: Rounding,
    ) -> Result<Amount, MoneyError> {
        match self.tiers().get(step) {
            Some(tier) if !tier.needs_quote => {
                let amount = in_step(tier, quantity.value(), rounding)?;
                Ok(Amount::Priced { amount, charged: quantity })
            }
            Some(_) | None => Ok(Amount::NeedsQuote),
        }
    }

    /// The codes of the prices that decide its amount; none for prices that stand for themselves.
    pub fn others(&self) -> &[String] {
        match self {
            Self::Percentage(share) => &share.of,
            Self::MinimumCommitment(commitment) => &commitment.of,
            Self::Flat(_)
            | Self::PerUnit(_)
            | Self::Volume(_)
            | Self::Graduated(_)
            | Self::Package(_)
            | Self::NeedsQuote(_) => &[],
        }
    }

    /// Whether other prices decide its amount.
    pub const fn is_of_others(&self) -> bool {
        matches!(self, Self::Percentage(_) | Self::MinimumCommitment(_))
    }

    /// The steps, if it has any.
    pub fn tiers(&self) -> &[Tier] {
        match self {
            Self::Volume(tiers) | Self::Graduated(tiers) => tiers,
            Self::Flat(_)
            | Self::PerUnit(_)
            | Self::Package(_)
            | Self::Percentage(_)
            | Self::MinimumCommitment(_)
            | Self::NeedsQuote(_) => &[],
        }
    }

    /// For one unit, where that is how it is priced.
    pub const fn unit_price(&self) -> Option<Money> {
        match self {
            Self::PerUnit(price) => Some(price.amount),
            Self::Flat(_)
            | Self::Volume(_)
            | Self::Graduated(_)
            | Self::Package(_)
            | Self::Percentage(_)
            | Self::MinimumCommitment(_)
            | Self::NeedsQuote(_) => None,
        }
    }

    /// The largest quantity that has a price, of a price by steps that ends somewhere.
    pub fn largest_priced(&self) -> Option<Quantity> {
        self.tiers().iter().rfind(|tier| !tier.needs_quote).and_then(|tier| tier.up_to)
    }
}

/// The step that a quantity falls into.
pub fn step_of(tiers: &[Tier], quantity: Quantity) -> Option<&Tier> {
    tiers.get(number_of(tiers, quantity))
}

/// The number of the step that a quantity falls into, from 0; the number of steps for a quantity above
/// the last.
pub fn number_of(tiers: &[Tier], quantity: Quantity) -> usize {
    tiers
        .iter()
        .position(|tier| tier.up_to.is_none_or(|end| quantity <= end))
        .unwrap_or(tiers.len())
}

/// Every part of the quantity in its own step; a step that nothing falls into is not charged.
fn graduated(tiers: &[Tier], quantity: Quantity, rounding: Rounding) -> Result<Amount, MoneyError> {
    let mut sum = Money::ZERO_JPY;
    let mut below = Decimal::ZERO;
    for tier in tiers {
        let end = tier.up_to.map_or(quantity, |end| end.min(quantity)).value();
        let part = end - below;
        if part <= Decimal::ZERO {
            break;
        }
        if tier.needs_quote {
            return Ok(Amount::NeedsQuote);
        }
        sum = sum.plus(in_step(tier, part, rounding)?)?;
        below = end;
    }
    // Invariant: a card is refused when its last step ends below what can be chosen.
    if below < quantity.value() {
        return Ok(Amount::NeedsQuote);
    }
    Ok(Amount::Priced { amount: sum, charged: quantity })
}

fn in_step(tier: &Tier, quantity: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
    let flat = tier.flat.unwrap_or(Money::ZERO_JPY);
    match tier.per_unit {
        Some(unit) => flat.plus(times(unit, quantity, rounding)?),
        None => Ok(flat),
    }
}

fn times(unit: Money, quantity: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
    unit.at_rate(Rate::new(quantity), rounding)
}

/// Amounts that authors of rate cards write as whole yen.
pub(crate) mod yen {
    use serde::{Deserialize, Deserializer};
    use tasuki_core::money::Money;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        i64::deserialize(from).map(Money::jpy)
    }
}

/// Amounts that authors of rate cards write as whole yen or leave out.
pub(crate) mod maybe_yen {
    use serde::{Deserialize, Deserializer};
    use tasuki_core::money::Money;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Money>, D::Error> {
        Option::<i64>::deserialize(from).map(|yen| yen.map(Money::jpy))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tier(up_to: Option<u32>, yen: i64) -> Tier {
        Tier {
            up_to: up_to.map(Quantity::whole),
            flat: Some(Money::jpy(yen)),
            per_unit: None,
            needs_quote: false,
        }
    }

    fn waf() -> Model {
        let last = Tier { needs_quote: true, flat: None, ..tier(None, 0) };
        Model::Volume(vec![
            tier(Some(10), 10_000),
            tier(Some(20), 15_000),
            tier(Some(50), 30_000),
            last,
        ])
    }

    fn yen_of(model: &Model, quantity: &str) -> Option<i64> {
        match model.amount(quantity.parse().unwrap(), Rounding::Down).unwrap() {
            Amount::Priced { amount, .. } => Some(amount.amount()),
            Amount::NeedsQuote | Amount::OfOthers => None,
        }
    }

    #[test]
    fn a_step_ends_exactly_where_it_says() {
        let prices: Vec<_> = ["0", "10.000", "10.001", "20", "20.001", "50", "50.001"]
            .map(|gb| yen_of(&waf(), gb))
            .into();
        let expected = [
            Some(10_000),
            Some(10_000),
            Some(15_000),
            Some(15_000),
            Some(30_000),
            Some(30_000),
            None,
        ];
        assert_eq!(prices, expected);
    }

    #[test]
    fn fewer_than_the_minimum_are_charged_as_the_minimum() {
        let edr = Model::PerUnit(PerUnit {
            amount: Money::jpy(1_800),
            minimum: Some(Quantity::whole(5)),
        });
        let prices: Vec<_> = ["4", "5", "6", "523", "521"].map(|n| yen_of(&edr, n)).into();
        let expected = [9_000, 9_000, 10_800, 941_400, 937_800].map(Some);
        assert_eq!(prices, expected);
    }

    #[test]
    fn a_begun_package_is_charged_whole() {
        let package = Model::Package(Package { size: Quantity::whole(5), amount: Money::jpy(100) });
        let prices: Vec<_> = ["0", "0.1", "5", "5.1"].map(|n| yen_of(&package, n)).into();
        assert_eq!(prices, [0, 100, 100, 200].map(Some));
    }

    proptest! {
        #[test]
        fn graduated_prices_never_fall_when_more_is_used(
            ends in prop::collection::btree_set(1_u32..1_000, 1..6),
            units in prop::collection::vec(0_i64..100, 7),
            less in 0_u32..2_000, more in 0_u32..2_000,
        ) {
            let tiers = ends
                .into_iter()
                .map(Some)
                .chain([None])
                .zip(units)
                .map(|(end, unit)| Tier {
                    up_to: end.map(Quantity::whole),
                    flat: None,
                    per_unit: Some(Money::jpy(unit)),
                    needs_quote: false,
                })
                .collect();
            let model = Model::Graduated(tiers);
            let of = |n| yen_of(&model, &u32::to_string(&n));
            prop_assert!(of(less.min(more)) <= of(less.max(more)));
        }
    }
}
