//! Where whole numbers become floating-point ones and back, by name.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::rate::Rate;

/// Digits of a floating-point amount that carry meaning: what lies beyond is noise of the summing, and
/// must not lift a rounding up by a yen.
const SIGNIFICANT_DIGITS: u32 = 12;

/// A whole number. Exact up to 2^53, far more yen than any scheme has.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub(crate) const fn of_whole(n: i64) -> f64 {
    n as f64
}

/// A number of things.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub(crate) const fn of_count(n: usize) -> f64 {
    n as f64
}

/// The 53 upper bits of a random number as a number from 0 to below 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn of_bits(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// An exact decimal.
pub(crate) fn of_rate(rate: Rate) -> f64 {
    rate.value().to_f64().unwrap_or_default()
}

/// The whole part of a number; nothing for what is below nothing, the largest for what is too large.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the whole part is meant; `as` stops at both ends"
)]
pub(crate) const fn to_count(value: f64) -> usize {
    value as usize
}

/// An amount of yen, rounded once, by name.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub(crate) fn to_yen(value: f64, rounding: Rounding) -> Result<Money, MoneyError> {
    Money::jpy(1).at_rate(Rate::new(significant(value)?), rounding)
}

/// A probability or a ratio with so many digits, rounded up: risk is never shown smaller than it is.
pub(crate) fn to_rate_up(value: f64, digits: u32) -> Result<Rate, MoneyError> {
    let up = rust_decimal::RoundingStrategy::AwayFromZero;
    // What a sum of probabilities is off by is no risk.
    if value.abs() < 1e-12 {
        return Ok(Rate::ZERO);
    }
    Ok(Rate::new(significant(value)?.round_dp_with_strategy(digits, up)))
}

fn significant(value: f64) -> Result<Decimal, MoneyError> {
    // Smaller than anything that is shown, and too small for a decimal.
    if value.abs() < 1e-20 {
        return Ok(Decimal::ZERO);
    }
    Decimal::from_f64(value)
        .and_then(|exact| exact.round_sf(SIGNIFICANT_DIGITS))
        .ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_of_the_summing_lifts_no_rounding() {
        assert_eq!(to_yen(290.000_000_000_000_06, Rounding::Up), Ok(Money::jpy(290)));
        assert_eq!(to_yen(290.01, Rounding::Up), Ok(Money::jpy(291)));
        assert_eq!(to_yen(290.5, Rounding::HalfUp), Ok(Money::jpy(291)));
        assert_eq!(to_yen(-290.5, Rounding::Down), Ok(Money::jpy(-290)));
        assert_eq!(to_rate_up(0.000_000_1, 6).unwrap().to_string(), "0.000001");
        assert_eq!(to_rate_up(0.0, 6).unwrap(), Rate::ZERO);
    }

    #[test]
    fn random_bits_lie_within_nothing_and_one() {
        assert!(of_bits(0).abs() < f64::EPSILON);
        assert!(of_bits(u64::MAX) < 1.0);
    }
}
