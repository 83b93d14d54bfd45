//! Amounts that other prices decide: a share of them, and what they lack to an agreed minimum.

use serde::Deserialize;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::rate::Rate;

use super::{maybe_yen, yen};
use crate::proration::Fraction;

/// A share of what other prices of the bundle come to.
///
/// It is a share of what is charged, parts of periods included, before anything is taken off, and
/// so it has no part of a period of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentage {
    /// The share; ten percent is 0.1.
    pub rate: Rate,
    /// Codes of the prices it is a share of.
    pub of: Vec<String>,
    /// At least so much, once anything is charged.
    #[serde(default, with = "maybe_yen")]
    pub least: Option<Money>,
    /// At most so much.
    #[serde(default, with = "maybe_yen")]
    pub most: Option<Money>,
}

/// An agreed minimum for a period: what the named prices lack to it is charged at its end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The minimum for a whole period.
    #[serde(rename = "yen", with = "yen")]
    pub amount: Money,
    /// Codes of the prices that count towards it, with what they charge before anything is taken off.
    pub of: Vec<String>,
}

impl Percentage {
    /// The share of a sum, rounded once; nothing of nothing.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn share(&self, sum: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        if sum.is_zero() {
            return Ok(sum);
        }
        let share = sum.at_rate(self.rate, rounding)?;
        let raised = self.least.map_or(share, |least| share.max(least));
        Ok(self.most.map_or(raised, |most| raised.min(most)))
    }
}

impl Commitment {
    /// What a sum lacks to the part of the minimum; never below nothing.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn missing(
        &self,
        sum: Money,
        part: Fraction,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        part.of(self.amount, rounding)?.minus_floored(sum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenth(least: Option<i64>, most: Option<i64>) -> Percentage {
        Percentage {
            rate: Rate::percent(10),
            of: vec!["utm.monthly".to_owned()],
            least: least.map(Money::jpy),
            most: most.map(Money::jpy),
        }
    }

    fn share(of: &Percentage, sum: i64) -> i64 {
        of.share(Money::jpy(sum), Rounding::Down).unwrap().amount()
    }

    #[test]
    fn a_share_keeps_within_its_bounds_and_is_nothing_of_nothing() {
        let bounded = tenth(Some(500), Some(2_000));
        let shares = [0, 1, 5_009, 10_000, 19_999, 20_000, 900_000].map(|sum| share(&bounded, sum));
        assert_eq!(shares, [0, 500, 500, 1_000, 1_999, 2_000, 2_000]);
        assert_eq!(share(&tenth(None, None), 15), 1, "rounded down, once");
    }

    #[test]
    fn what_is_above_the_minimum_is_not_given_back() {
        let commitment = Commitment { amount: Money::jpy(1_000), of: Vec::new() };
        let missing = |sum| {
            let sum = Money::jpy(sum);
            commitment.missing(sum, Fraction::WHOLE, Rounding::Down).unwrap().amount()
        };
        assert_eq!([0, 400, 1_000, 1_001].map(missing), [1_000, 600, 0, 0]);
    }

    proptest! {
        #[test]
        fn more_of_the_others_never_makes_the_share_less_nor_the_minimum_more(
            less in 0_i64..1_000_000, more in 0_i64..1_000_000, minimum in 0_i64..1_000_000,
            least in prop::option::of(0_i64..5_000), most in prop::option::of(5_000_i64..50_000),
        ) {
            let (less, more) = (less.min(more), less.max(more));
            let of = tenth(least, most);
            prop_assert!(share(&of, less) <= share(&of, more));
            let commitment = Commitment { amount: Money::jpy(minimum), of: Vec::new() };
            let with = |sum| {
                let sum = Money::jpy(sum);
                let missing = commitment.missing(sum, Fraction::WHOLE, Rounding::Down).unwrap();
                sum.plus(missing).unwrap().amount()
            };
            prop_assert!(with(less) <= with(more));
            prop_assert!(with(less) >= minimum);
        }
    }
}
