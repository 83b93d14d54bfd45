//! Ratios: exact decimals, never floating point.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A ratio such as a tax rate or a share; `0.1` is ten percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(#[serde(with = "rust_decimal::serde::str")] Decimal);

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a decimal number such as `0.1`")]
pub struct ParseRateError {
    /// What was given.
    pub text: String,
}

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The whole.
    pub const ONE: Self = Self(Decimal::ONE);

    /// A rate from an exact decimal.
    pub const fn new(value: Decimal) -> Self {
        Self(value)
    }

    /// A rate from whole percents: `Rate::percent(10)` is `0.1`.
    pub fn percent(percent: i64) -> Self {
        Self(Decimal::new(percent, 2))
    }

    /// As percents, such as `50` or `12.5`.
    pub fn as_percent(self) -> String {
        let hundredfold = self.0.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(self.0);
        hundredfold.normalize().to_string()
    }

    /// The exact decimal.
    pub const fn value(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl FromStr for Rate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        Decimal::from_str_exact(text)
            .map(Self)
            .map_err(|_| ParseRateError { text: text.to_owned() })
    }
}
