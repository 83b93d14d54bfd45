//! Names of maps: texts, whole numbers and yes or no, in one fixed order.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::Value;
use super::dynamic::Dynamic;

/// What a value of a map is found by. Packs use texts only.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Text(Arc<str>),
}

impl Key {
    /// The name that a value is; nothing when no map has such names.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(Self::Bool(*yes)),
            Value::Int(number) => Some(Self::Int(*number)),
            Value::Text(text) => Some(Self::Text(Arc::clone(text))),
            Value::Dynamic(Dynamic::Uint(number)) => Some(Self::Uint(*number)),
            Value::Dynamic(
                Dynamic::Double(_)
                | Dynamic::Bytes(_)
                | Dynamic::Instant(_)
                | Dynamic::Span(_)
                | Dynamic::Type(_),
            )
            | Value::Null
            | Value::Decimal(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
            | Value::List(_)
            | Value::Map(_) => None,
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only floating point is looked up as something else"
    )]
    /// The name that is looked up: a floating-point number without a fraction finds the whole one.
    pub(crate) fn looked_up(value: &Value) -> Option<Self> {
        match value {
            Value::Dynamic(Dynamic::Double(number)) => {
                let whole = super::dynamic::whole(*number)?;
                i64::try_from(whole)
                    .map(Self::Int)
                    .or_else(|_| u64::try_from(whole).map(Self::Uint))
                    .ok()
            }
            value => Self::of(value),
        }
    }

    /// The name as a value.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Int(number) => Value::Int(*number),
            Self::Uint(number) => Value::Dynamic(Dynamic::Uint(*number)),
            Self::Text(text) => Value::Text(Arc::clone(text)),
        }
    }

    fn number(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(i128::from(*number)),
            Self::Uint(number) => Some(i128::from(*number)),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Uint(_) => 1,
            Self::Text(_) => 2,
        }
    }
}

impl Ord for Key {
    /// Yes and no, then numbers by worth, then texts by their bytes.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Bool(one), Self::Bool(two)) => one.cmp(two),
            (one, two) => one.rank().cmp(&two.rank()).then_with(|| one.number().cmp(&two.number())),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Uint(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
