//! How much of a service: exact, never below nothing.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Digits after the point that a quantity may have: a gigabyte to the byte.
const MAX_SCALE: u32 = 9;
/// The largest quantity that anybody sells or measures, so that prices times quantities fit.
const MAX: i64 = 1_000_000_000;

/// A count or a measured amount, as an exact decimal from 0 to 1,000,000,000.
///
/// Its text form has no superfluous zeros: `10.000` and `10` are the same quantity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(Decimal);

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a quantity: a decimal number from 0 to 1000000000 such as `10.5`")]
pub struct ParseQuantityError {
    /// What was given.
    pub text: String,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// One.
    pub const ONE: Self = Self(Decimal::ONE);

    /// A quantity from an exact decimal; nothing if it is out of range.
    pub fn new(value: Decimal) -> Option<Self> {
        let value = value.normalize();
        let in_range = !value.is_sign_negative() || value.is_zero();
        let fits = value <= Decimal::from(MAX) && value.scale() <= MAX_SCALE;
        (in_range && fits).then_some(Self(value))
    }

    /// A whole quantity, such as a number of endpoints.
    pub fn whole(n: u32) -> Self {
        Self(Decimal::from(n))
    }

    /// The exact decimal.
    pub const fn value(self) -> Decimal {
        self.0
    }

    /// The whole number it is, if it is one.
    pub fn as_whole(self) -> Option<i64> {
        if self.0.is_integer() { self.0.to_i64() } else { None }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum; nothing if it is out of range.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, ParseQuantityError> {
        Decimal::from_str_exact(text)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| ParseQuantityError { text: text.to_owned() })
    }
}

impl Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Invariant: from text only. A JSON number would come through a float.
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a quantity counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The thing itself: a box, a plan, an option.
    Unit,
    /// A computer with an agent.
    Endpoint,
    /// A gigabyte of traffic in a month.
    Gb,
    /// A screen of a web application.
    Screen,
    /// A global IP address.
    GlobalIp,
    /// A mail of a training.
    Mail,
    /// A visit to a site.
    Visit,
    /// One time that something is done.
    Time,
    /// An hour of work.
    Hour,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 9] = [
        Self::Unit,
        Self::Endpoint,
        Self::Gb,
        Self::Screen,
        Self::GlobalIp,
        Self::Mail,
        Self::Visit,
        Self::Time,
        Self::Hour,
    ];

    /// The word in files, tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Endpoint => "endpoint",
            Self::Gb => "gb",
            Self::Screen => "screen",
            Self::GlobalIp => "global_ip",
            Self::Mail => "mail",
            Self::Visit => "visit",
            Self::Time => "time",
            Self::Hour => "hour",
        }
    }

    /// The word behind a number in documents: `5台`, `5 endpoints`.
    pub fn label(self) -> Text {
        match self {
            Self::Unit => Text::new("式", "unit(s)"),
            Self::Endpoint => Text::new("台", "endpoint(s)"),
            Self::Gb => Text::new("GB", "GB"),
            Self::Screen => Text::new("画面", "screen(s)"),
            Self::GlobalIp => Text::new("IP", "IP address(es)"),
            Self::Mail => Text::new("通", "mail(s)"),
            Self::Visit => Text::new("回訪問", "visit(s)"),
            Self::Time => Text::new("回", "time(s)"),
            Self::Hour => Text::new("時間", "hour(s)"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_quantity_has_one_text() {
        assert_eq!("10.000".parse::<Quantity>().unwrap().to_string(), "10");
        assert_eq!("10.001".parse::<Quantity>().unwrap().to_string(), "10.001");
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "-1", "1e3", "ten", "1000000000.1", "0.0000000001", "NaN"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
        assert!("-0".parse::<Quantity>().is_ok_and(Quantity::is_zero));
    }

    #[test]
    fn a_json_number_is_refused_since_it_would_come_through_a_float() {
        assert!(serde_json::from_str::<Quantity>("10.001").is_err());
        assert!(serde_json::from_str::<Quantity>("\"10.001\"").is_ok());
    }
}
