//! Values of standard CEL that packs do not have.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Instant, Value};

/// A value that no pack has: floating point, unsigned numbers, bytes, types, and times that are
/// finer than a microsecond.
#[derive(Debug, Clone)]
pub(crate) enum Dynamic {
    /// A whole number without a sign.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// An instant to the nanosecond.
    Instant(Instant),
    /// A span of time in nanoseconds.
    Span(i64),
    /// A type, by its name.
    Type(Arc<str>),
}

impl Dynamic {
    /// How much work it is to look at all of it.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Bytes(bytes) => 1 + bytes.len() / 32,
            Self::Type(name) => 1 + name.len() / 32,
            Self::Uint(_) | Self::Double(_) | Self::Instant(_) | Self::Span(_) => 1,
        }
    }

    /// What messages call its type.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Bytes(_) => "bytes",
            Self::Instant(_) => "timestamp",
            Self::Span(_) => "duration",
            Self::Type(_) => "type",
        }
    }

    /// Which of two values that are no numbers comes first.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bytes(one), Self::Bytes(two)) => Some(one.cmp(two)),
            (Self::Instant(one), Self::Instant(two)) => Some(one.cmp(two)),
            (Self::Span(one), Self::Span(two)) => Some(one.cmp(two)),
            (_, _) => None,
        }
    }

    /// Whether two values that are no numbers are the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Type(one), Self::Type(two)) => one == two,
            (one, two) => one.order(two) == Some(Ordering::Equal),
        }
    }

    /// As JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Uint(number) => (*number).into(),
            Self::Double(number) => serde_json::Number::from_f64(*number)
                .map_or_else(|| self.to_string().into(), serde_json::Value::Number),
            Self::Bytes(_) | Self::Instant(_) | Self::Span(_) | Self::Type(_) => {
                self.to_string().into()
            }
        }
    }
}

impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uint(number) => write!(f, "{number}"),
            Self::Double(number) => f.write_str(&written(*number)),
            Self::Bytes(bytes) => write!(f, "{}", bytes.escape_ascii()),
            Self::Instant(at) => write!(f, "{at}"),
            Self::Span(nanos) => write!(f, "{}s", Decimal::new(*nanos, 9).normalize()),
            Self::Type(name) => f.write_str(name),
        }
    }
}

/// A floating-point number with the fewest digits that give it back; very large and very small ones
/// with an exponent.
fn written(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN".to_owned()
        } else if number.is_sign_positive() {
            "+Inf".to_owned()
        } else {
            "-Inf".to_owned()
        };
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&power) {
        return format!("{number}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// A floating-point number as a whole one; nothing when it has a fraction or is out of range.
pub(crate) fn whole(number: f64) -> Option<i128> {
    number.to_i128().filter(|_| number.is_finite() && number.fract().to_bits() << 1 == 0)
}

/// A number, whichever type it has.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Double(f64),
    Decimal(Decimal),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(number) => Some(Number::Whole(i128::from(*number))),
        Value::Decimal(number) => Some(Number::Decimal(*number)),
        Value::Dynamic(Dynamic::Uint(number)) => Some(Number::Whole(i128::from(*number))),
        Value::Dynamic(Dynamic::Double(number)) => Some(Number::Double(*number)),
        Value::Dynamic(
            Dynamic::Bytes(_) | Dynamic::Instant(_) | Dynamic::Span(_) | Dynamic::Type(_),
        )
        | Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::List(_)
        | Value::Map(_) => None,
    }
}

/// Which of two numbers is smaller by worth; nothing for what is no number.
pub(crate) fn compare(one: &Value, two: &Value) -> Option<Ordering> {
    match (number(one)?, number(two)?) {
        (Number::Whole(one), Number::Whole(two)) => Some(one.cmp(&two)),
        (Number::Double(one), Number::Double(two)) => one.partial_cmp(&two),
        // As CEL has it: the whole number becomes the nearest floating-point one.
        (Number::Double(one), Number::Whole(two)) => one.partial_cmp(&two.to_f64()?),
        (Number::Whole(one), Number::Double(two)) => one.to_f64()?.partial_cmp(&two),
        (Number::Decimal(one), Number::Decimal(two)) => Some(one.cmp(&two)),
        (Number::Decimal(one), Number::Whole(two)) => {
            Some(one.cmp(&Decimal::try_from_i128_with_scale(two, 0).ok()?))
        }
        (Number::Whole(one), Number::Decimal(two)) => {
            Some(Decimal::try_from_i128_with_scale(one, 0).ok()?.cmp(&two))
        }
        (Number::Decimal(one), Number::Double(two)) => one.to_f64()?.partial_cmp(&two),
        (Number::Double(one), Number::Decimal(two)) => one.partial_cmp(&two.to_f64()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floating_point_number_is_written_as_short_as_possible() {
        for (number, text) in [
            (123.456, "123.456"),
            (-0.0045, "-0.0045"),
            (6.02214e23, "6.02214e+23"),
            (1.38e-23, "1.38e-23"),
            (1e20, "100000000000000000000"),
            (3.0, "3"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(number), text);
        }
    }

    #[test]
    fn numbers_of_different_types_compare_by_worth() {
        let double = |number| Value::Dynamic(Dynamic::Double(number));
        let most = Value::Int(i64::MAX);
        assert_eq!(compare(&most, &double(2_f64.powi(63))), Some(Ordering::Equal));
        assert_eq!(compare(&double(1.5), &Value::Int(1)), Some(Ordering::Greater));
        assert_eq!(compare(&double(-1.5), &Value::Int(-1)), Some(Ordering::Less));
        assert_eq!(compare(&double(f64::INFINITY), &most), Some(Ordering::Greater));
        assert_eq!(compare(&double(f64::NAN), &most), None);
        let uint = Value::Dynamic(Dynamic::Uint(u64::MAX));
        assert_eq!(compare(&uint, &Value::Int(-1)), Some(Ordering::Greater));
    }
}
