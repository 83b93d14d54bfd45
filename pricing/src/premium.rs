//! The premium of the included cover, and what losses do to it next year.
//!
//! The premium is so much for each certificate and month. After a year the insurer looks at the
//! losses, and one heavy claim can make the next premium so high that the scheme stops (INS-05).
//! [`project`] says how high, so that it can be seen before it happens.
//!
//! # How the projection works
//!
//! The *loss ratio* is what was paid and reserved over what was earned. The insurer meant to spend a
//! *target* share of the premium on losses. Full trust in one year's experience would multiply the
//! premium by loss ratio / target; a small scheme's year says little, so the experience gets a
//! weight `Z` ([`Credibility`]). The change may be kept between a largest fall and a largest rise,
//! and the next premium is rounded up to a whole yen:
//!
//! ```text
//! change = Z * (loss ratio / target) + (1 - Z), kept within [1 - largest fall, 1 + largest rise]
//! next premium = premium * change
//! ```
//!
//! Every number is a parameter: which ones an insurer uses is its own affair.

use rust_decimal::Decimal;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::rate::Rate;

/// Digits to which ratios are carried and shown.
const RATIO_DIGITS: u32 = 6;

/// The weight of a year's experience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credibility {
    /// The same whatever the size of the scheme, 0 to 1.
    Fixed(Rate),
    /// `n / (n + k)` (Bühlmann): `n` is the number of certificate-months, `k` the number at which
    /// experience and expectation weigh the same.
    HalfAt {
        /// `k`, in certificate-months.
        certificate_months: u32,
    },
}

/// How an insurer reads experience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    /// The share of the premium that is meant for losses, above 0.
    pub target_loss_ratio: Rate,
    /// The weight of a year's experience.
    pub credibility: Credibility,
    /// The largest rise in a year; `1` doubles the premium. None for no bound.
    pub largest_rise: Option<Rate>,
    /// The largest fall in a year, at most 1. None for no bound.
    pub largest_fall: Option<Rate>,
}

impl Rating {
    /// Assumed, since no insurer has published its own: 60 % of the premium for losses, a weight of
    /// 0.3, no bounds.
    pub fn assumed() -> Self {
        Self {
            target_loss_ratio: Rate::percent(60),
            credibility: Credibility::Fixed(Rate::percent(30)),
            largest_rise: None,
            largest_fall: None,
        }
    }
}

/// What happened in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Experience {
    /// The months in which certificates were in force, added up.
    pub n_certificate_months: u32,
    /// What was paid for losses and is reserved for them.
    pub incurred: Money,
}

/// What a year means for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Projection {
    /// The premium of the year.
    pub earned: Money,
    /// Losses over premium, six digits.
    pub loss_ratio: Rate,
    /// The weight of the experience, six digits.
    pub credibility: Rate,
    /// What the experience says the premium should be multiplied by, six digits, before bounds.
    pub indicated: Rate,
    /// What it is multiplied by.
    pub change: Rate,
    /// Whether a bound held the change back.
    pub is_bounded: bool,
    /// The next premium of one certificate for one month.
    pub next_per_month: Money,
    /// The next premium of a year with as many certificate-months.
    pub next_year: Money,
}

/// Why there is no projection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PremiumError {
    /// Nothing was earned, so there is no ratio.
    #[error("without premium there is no loss ratio")]
    NoPremium,
    /// A target of nothing, a weight beyond 0 and 1, or a fall of more than everything.
    #[error("the target loss ratio must be above 0, the weight within 0 and 1, a fall at most 1")]
    Rating,
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The premium of some certificate-months. Premiums bear no consumption tax.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn premium(per_month: Money, n_certificate_months: u32) -> Result<Money, MoneyError> {
    per_month.times(i64::from(n_certificate_months))
}

/// What a year's experience does to the next premium.
///
/// # Errors
/// [`PremiumError`].
pub fn project(
    per_month: Money,
    experience: Experience,
    rating: Rating,
) -> Result<Projection, PremiumError> {
    let earned = premium(per_month, experience.n_certificate_months)?;
    if earned.amount() <= 0 {
        return Err(PremiumError::NoPremium);
    }
    let overflow = || PremiumError::Money(MoneyError::Overflow);
    let credibility = weight(experience, rating).ok_or(PremiumError::Rating)?;
    let loss_ratio = Decimal::from(experience.incurred.amount())
        .checked_div(Decimal::from(earned.amount()))
        .ok_or_else(overflow)?;
    let relative = loss_ratio.checked_div(rating.target_loss_ratio.value()).ok_or_else(overflow)?;
    let indicated = credibility
        .checked_mul(relative)
        .and_then(|experienced| experienced.checked_add(Decimal::ONE - credibility))
        .ok_or_else(overflow)?
        .round_dp(RATIO_DIGITS);
    let lowest = rating.largest_fall.map(|fall| Decimal::ONE - fall.value());
    let highest = rating.largest_rise.map(|rise| Decimal::ONE + rise.value());
    let change = lowest.map_or(indicated, |lowest| indicated.max(lowest));
    let change = highest.map_or(change, |highest| change.min(highest));
    let next_per_month = per_month.at_rate(Rate::new(change), Rounding::Up)?;
    Ok(Projection {
        earned,
        loss_ratio: Rate::new(loss_ratio.round_dp(RATIO_DIGITS)),
        credibility: Rate::new(credibility.round_dp(RATIO_DIGITS)),
        indicated: Rate::new(indicated),
        change: Rate::new(change),
        is_bounded: change != indicated,
        next_per_month,
        next_year: premium(next_per_month, experience.n_certificate_months)?,
    })
}

/// The weight of the experience; none if the rating makes no sense.
fn weight(experience: Experience, rating: Rating) -> Option<Decimal> {
    let sound = rating.target_loss_ratio > Rate::ZERO
        && rating.largest_fall.is_none_or(|fall| fall <= Rate::ONE);
    let weight = match rating.credibility {
        Credibility::Fixed(weight) => weight.value(),
        Credibility::HalfAt { certificate_months } => {
            let n = Decimal::from(experience.n_certificate_months);
            n.checked_div(n + Decimal::from(certificate_months))?
        }
    };
    (sound && weight >= Decimal::ZERO && weight <= Decimal::ONE).then_some(weight)
}

/// What one tenant leaves to the operator for a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// What the tenant pays, without tax.
    pub revenue: Money,
    /// What providers get.
    pub provider_fees: Money,
    /// What the selling partner gets.
    pub commission: Money,
    /// What the insurer gets.
    pub premium: Money,
}

impl Margin {
    /// What is left; negative when the tenant costs more than it brings.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn left(self) -> Result<Money, MoneyError> {
        self.revenue.minus(self.provider_fees)?.minus(self.commission)?.minus(self.premium)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn year(n_certificate_months: u32, incurred: i64) -> Experience {
        Experience { n_certificate_months, incurred: Money::jpy(incurred) }
    }

    #[test]
    fn a_year_as_expected_changes_nothing() {
        let projection = project(Money::jpy(300), year(1_200, 216_000), Rating::assumed()).unwrap();
        assert_eq!(projection.loss_ratio, Rate::percent(60));
        assert_eq!(projection.change, Rate::ONE);
        assert_eq!(projection.next_per_month, Money::jpy(300));
    }

    #[test]
    fn one_heavy_claim_is_felt_by_everybody() {
        // A hundred and two firms at ¥80 a month: no loss, one at the cover's limits, one that uses
        // up the programme, and one that nothing limits.
        let next = |incurred| {
            let projection =
                project(Money::jpy(80), year(1_224, incurred), Rating::assumed()).unwrap();
            assert_eq!(projection.earned, Money::jpy(97_920));
            projection.next_per_month.amount()
        };
        let seen = [0, 150_000, 5_000_000, 50_000_000].map(next);
        assert_eq!(seen, [56, 118, 2_099, 20_481]);
    }

    #[test]
    fn a_small_scheme_is_trusted_less_and_a_bound_holds() {
        let rating = Rating {
            credibility: Credibility::HalfAt { certificate_months: 1_200 },
            largest_rise: Some(Rate::percent(200)),
            ..Rating::assumed()
        };
        let projection = project(Money::jpy(300), year(480, 1_000_000), rating).unwrap();
        assert_eq!(projection.loss_ratio.to_string(), "6.944444");
        assert_eq!(projection.credibility.to_string(), "0.285714");
        assert_eq!(projection.indicated.to_string(), "4.021164");
        assert_eq!(projection.change, Rate::new(Decimal::from(3)));
        assert!(projection.is_bounded);
        assert_eq!(projection.next_year, Money::jpy(432_000));
    }

    #[test]
    fn without_premium_there_is_no_ratio() {
        let nothing = project(Money::jpy(300), year(0, 0), Rating::assumed());
        assert_eq!(nothing, Err(PremiumError::NoPremium));
    }

    #[test]
    fn a_tenant_may_cost_more_than_it_brings() {
        let margin = Margin {
            revenue: Money::jpy(10_000),
            provider_fees: Money::jpy(8_000),
            commission: Money::jpy(1_000),
            premium: Money::jpy(1_500),
        };
        assert_eq!(margin.left(), Ok(Money::jpy(-500)));
    }

    proptest! {
        #[test]
        fn more_losses_never_make_the_premium_fall(
            months in 1_u32..10_000, less in 0_i64..5_000_000, more in 0_i64..5_000_000,
        ) {
            let next = |yen| {
                project(Money::jpy(300), year(months, yen), Rating::assumed())
                    .unwrap()
                    .next_per_month
            };
            prop_assert!(next(less.min(more)) <= next(less.max(more)));
        }
    }
}
