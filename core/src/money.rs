//! Money: a whole number of minor units in one currency.
//!
//! Rounding happens once and by name. What is divided is handed out by largest remainder, so that
//! the parts always make the whole.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::rate::Rate;

/// The currency of an amount. The yen has no minor unit: one unit is ¥1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Currency {
    /// Japanese yen (ISO 4217 `JPY`).
    #[serde(rename = "JPY")]
    Jpy,
}

impl Currency {
    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Jpy => "JPY",
        }
    }
}

/// How a fraction of the smallest unit becomes a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Towards zero (切り捨て), the usual choice for Japanese consumption tax.
    Down,
    /// Away from zero (切り上げ).
    Up,
    /// To the nearest, halves away from zero (四捨五入).
    HalfUp,
}

impl Rounding {
    const fn strategy(self) -> RoundingStrategy {
        match self {
            Self::Down => RoundingStrategy::ToZero,
            Self::Up => RoundingStrategy::AwayFromZero,
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        }
    }
}

/// Why an amount could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amounts are in different currencies.
    #[error("`{left}` and `{right}` cannot be added: different currencies")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: &'static str,
        /// The currency of the second amount.
        right: &'static str,
    },
    /// The result does not fit into 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// A division into no parts, or by weights that add up to nothing.
    #[error("an amount cannot be divided into nothing")]
    NoParts,
}

/// An amount: minor units and their currency. May be negative (credits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    currency: Currency,
    minor: i64,
}

impl Money {
    /// No yen.
    pub const ZERO_JPY: Self = Self::jpy(0);

    /// Whole yen.
    pub const fn jpy(yen: i64) -> Self {
        Self { currency: Currency::Jpy, minor: yen }
    }

    /// An amount of minor units.
    pub const fn new(currency: Currency, minor: i64) -> Self {
        Self { currency, minor }
    }

    /// Nothing, in the same currency.
    #[must_use]
    pub const fn zero(self) -> Self {
        Self { minor: 0, ..self }
    }

    /// The number of minor units: yen for JPY.
    pub const fn amount(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is below nothing.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], or [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference; negative if `other` is larger.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], or [`MoneyError::Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference, but never below nothing.
    ///
    /// # Errors
    /// As [`Money::minus`].
    pub fn minus_floored(self, other: Self) -> Result<Self, MoneyError> {
        self.minus(other).map(|rest| if rest.is_negative() { rest.zero() } else { rest })
    }

    /// The smaller of two amounts.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn at_most(self, cap: Self) -> Result<Self, MoneyError> {
        self.same_currency(cap)?;
        Ok(if cap.minor < self.minor { cap } else { self })
    }

    /// The amount a whole number of times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, n: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(n).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount times an exact ratio, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn at_rate(self, rate: Rate, rounding: Rounding) -> Result<Self, MoneyError> {
        let exact = Decimal::from(self.minor).checked_mul(rate.value());
        self.rounded(exact.ok_or(MoneyError::Overflow)?, rounding)
    }

    /// The part of the amount that `used` of `whole` units make, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::NoParts`] if `whole` is not positive, or [`MoneyError::Overflow`].
    pub fn prorated(self, used: i64, whole: i64, rounding: Rounding) -> Result<Self, MoneyError> {
        if whole <= 0 {
            return Err(MoneyError::NoParts);
        }
        let product = i128::from(self.minor) * i128::from(used);
        let whole = i128::from(whole);
        let (quotient, rest) = (product / whole, product % whole);
        let away = if product < 0 { -1 } else { 1 };
        let step = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest != 0,
            Rounding::HalfUp => rest.abs() * 2 >= whole,
        };
        let minor = if step { quotient + away } else { quotient };
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Hands the amount out by weights; the parts always add up to the whole.
    ///
    /// Each part first gets its share rounded down, then the units left over go one each to the
    /// largest remainders; of equal remainders the earlier part comes first.
    ///
    /// # Errors
    /// [`MoneyError::NoParts`] if the weights are empty, all zero, or one is negative.
    pub fn allocated(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().copied().map(i128::from).sum();
        if total <= 0 || weights.iter().any(|weight| *weight < 0) {
            return Err(MoneyError::NoParts);
        }
        let whole = i128::from(self.minor);
        let mut parts: Vec<(usize, i128, i128)> = weights
            .iter()
            .enumerate()
            .map(|(at, weight)| {
                let product = whole * i128::from(*weight);
                (at, product.div_euclid(total), product.rem_euclid(total))
            })
            .collect();
        let given: i128 = parts.iter().map(|(_, share, _)| share).sum();
        let mut left = whole - given;
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for part in &mut parts {
            if left > 0 {
                part.1 += 1;
                left -= 1;
            }
        }
        parts.sort_by_key(|part| part.0);
        parts
            .into_iter()
            .map(|(_, share, _)| {
                let minor = i64::try_from(share).map_err(|_| MoneyError::Overflow)?;
                Ok(Self { minor, ..self })
            })
            .collect()
    }

    /// The sum of amounts, nothing in yen for no amounts.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::ZERO_JPY, Self::plus)
    }

    fn rounded(self, exact: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        let minor = exact
            .round_dp_with_strategy(0, rounding.strategy())
            .to_i64()
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency.code(),
                right: other.currency.code(),
            })
        }
    }
}

impl fmt::Display for Money {
    /// `¥10,000`, as customers read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        write!(f, "{sign}¥")?;
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                write!(f, ",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_reads_as_customers_write_it() {
        assert_eq!(Money::jpy(1_234_567).to_string(), "¥1,234,567");
        assert_eq!(Money::jpy(-500).to_string(), "-¥500");
        assert_eq!(Money::jpy(i64::MIN).to_string(), "-¥9,223,372,036,854,775,808");
    }

    #[test]
    fn too_large_is_an_error_and_not_a_wrapped_number() {
        assert_eq!(Money::jpy(i64::MAX).plus(Money::jpy(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::jpy(i64::MAX).times(2), Err(MoneyError::Overflow));
    }

    #[test]
    fn each_rounding_has_its_own_answer() {
        let third = |rounding| Money::jpy(1_000).prorated(1, 3, rounding).unwrap().amount();
        assert_eq!(third(Rounding::Down), 333);
        assert_eq!(third(Rounding::Up), 334);
        assert_eq!(third(Rounding::HalfUp), 333);
        let half = Money::jpy(-5).prorated(1, 2, Rounding::HalfUp).unwrap();
        assert_eq!(half.amount(), -3, "halves go away from zero");
    }

    #[test]
    fn tax_is_rounded_once() {
        let tax = Money::jpy(312).at_rate(Rate::percent(10), Rounding::Down).unwrap();
        assert_eq!(tax.amount(), 31);
    }

    proptest! {
        #[test]
        fn parts_always_make_the_whole(
            yen in -1_000_000_000_i64..1_000_000_000,
            weights in prop::collection::vec(0_i64..1_000, 1..20),
        ) {
            prop_assume!(weights.iter().sum::<i64>() > 0);
            let parts = Money::jpy(yen).allocated(&weights).unwrap();
            prop_assert_eq!(Money::total(parts.iter().copied()).unwrap(), Money::jpy(yen));
            let total: i64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let twice = (part.amount() * total - yen * weight).abs();
                prop_assert!(twice < total, "no part is off by a whole unit");
            }
        }
    }
}
