//! Values that expressions work with. Those of packs have no floating point number among them.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::tz::{TimeZone, offset};
use rust_decimal::Decimal;
use tasuki_core::money::Money;
use tasuki_core::text::Language;
use tasuki_core::time::Timestamp;

mod dynamic;
mod instant;
mod key;

pub(crate) use dynamic::Dynamic;
pub use instant::{Instant, InstantError};

pub(crate) use key::Key;

/// The heaviest value that may be made, counting every element and every 32 bytes of text. Facts of
/// a busy tenant weigh a few hundred.
pub(crate) const MAX_WEIGHT: usize = 20_000;

/// The longest text that may be made, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 16 * 1024;

/// A value. Copies share what is large.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// No value.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// A text.
    Text(Arc<str>),
    /// An instant.
    Timestamp(Timestamp),
    /// A span of time in microseconds.
    Duration(i64),
    /// Values in an order.
    List(Arc<List>),
    /// Values by name, in byte order of the names.
    Map(Arc<Map>),
    /// What only expressions outside of packs have.
    Dynamic(Dynamic),
}

/// Values in an order, and what they weigh together.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) items: Vec<Value>,
    weight: usize,
}

/// Values by name, and what they weigh together.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) entries: BTreeMap<Key, Value>,
    weight: usize,
}

impl Value {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// A text that an expression made.
    pub(crate) fn made_text(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(format!("a text of more than {MAX_TEXT_BYTES} bytes"));
        }
        Ok(Self::text(text))
    }

    /// Bytes that an expression made.
    pub(crate) fn made_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_TEXT_BYTES {
            return Err(format!("more than {MAX_TEXT_BYTES} bytes"));
        }
        Ok(Self::Dynamic(Dynamic::Bytes(Arc::from(bytes))))
    }

    /// A list, unless it would be too heavy.
    pub(crate) fn list(items: Vec<Self>) -> Result<Self, String> {
        let weight = weigh(items.iter())?;
        Ok(Self::List(Arc::new(List { items, weight })))
    }

    /// A map, unless it would be too heavy.
    pub(crate) fn map(entries: BTreeMap<Key, Self>) -> Result<Self, String> {
        let weight = weigh(entries.values())?;
        Ok(Self::Map(Arc::new(Map { entries, weight })))
    }

    /// How much work it is to look at all of it.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Decimal(_)
            | Self::Timestamp(_)
            | Self::Duration(_) => 1,
            Self::Text(text) => 1 + text.len() / 32,
            Self::List(list) => list.weight,
            Self::Map(map) => map.weight,
            Self::Dynamic(value) => value.weight(),
        }
    }

    /// What messages call its type.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "string",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Dynamic(value) => value.type_name(),
        }
    }

    /// Whether two values are the same. Whole numbers and decimals compare by what they are worth;
    /// values of different types are never the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Text(one), Self::Text(two)) => one == two,
            (Self::Timestamp(one), Self::Timestamp(two)) => one == two,
            (Self::Int(one), Self::Int(two)) | (Self::Duration(one), Self::Duration(two)) => {
                one == two
            }
            (Self::List(one), Self::List(two)) => {
                one.items.len() == two.items.len()
                    && one.items.iter().zip(&two.items).all(|(one, two)| one.same(two))
            }
            (Self::Map(one), Self::Map(two)) => {
                one.entries.len() == two.entries.len()
                    && one
                        .entries
                        .iter()
                        .zip(&two.entries)
                        .all(|(one, two)| one.0 == two.0 && one.1.same(two.1))
            }
            (Self::Dynamic(one), Self::Dynamic(two)) if one.same(two) => true,
            (one, two) => dynamic::compare(one, two) == Some(Ordering::Equal),
        }
    }

    /// Which of two values comes first; nothing for values that have no order.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => Some(one.cmp(two)),
            (Self::Int(one), Self::Int(two)) | (Self::Duration(one), Self::Duration(two)) => {
                Some(one.cmp(two))
            }
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Timestamp(one), Self::Timestamp(two)) => Some(one.cmp(two)),
            (Self::Dynamic(one), Self::Dynamic(two)) => {
                one.order(two).or_else(|| dynamic::compare(self, other))
            }
            (one, two) => dynamic::compare(one, two),
        }
    }

    /// A number as a decimal.
    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            Self::Null
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Dynamic(_) => None,
        }
    }

    /// As JSON: decimals, instants and spans as text, so that nothing is lost.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(yes) => (*yes).into(),
            Self::Int(number) => (*number).into(),
            Self::List(list) => list.items.iter().map(Self::to_json).collect(),
            Self::Map(map) => serde_json::Value::Object(
                map.entries
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_json()))
                    .collect(),
            ),
            Self::Decimal(_) | Self::Text(_) | Self::Timestamp(_) | Self::Duration(_) => {
                self.to_string().into()
            }
            Self::Dynamic(value) => value.to_json(),
        }
    }

    /// As a reader of a message sees it.
    pub(crate) fn shown(&self, language: Language) -> String {
        match self {
            Self::Bool(yes) => said(*yes, language).to_owned(),
            Self::List(list) => {
                let items: Vec<String> =
                    list.items.iter().map(|item| item.shown(language)).collect();
                match language {
                    Language::Ja => items.join("、"),
                    Language::En => items.join(", "),
                }
            }
            Self::Timestamp(at) => {
                let local = japan().to_datetime(at.as_jiff());
                match language {
                    Language::Ja => local.strftime("%Y年%-m月%-d日 %H:%M").to_string(),
                    Language::En => local.strftime("%Y-%m-%d %H:%M JST").to_string(),
                }
            }
            Self::Null
            | Self::Int(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::Duration(_)
            | Self::Map(_)
            | Self::Dynamic(_) => self.to_string(),
        }
    }

    /// As an amount of yen, such as `¥10,000`.
    pub(crate) fn shown_as_yen(&self) -> Option<String> {
        match self {
            Self::Int(yen) => Some(Money::jpy(*yen).to_string()),
            Self::Null
            | Self::Bool(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Dynamic(_) => None,
        }
    }

    /// As a day in Japan.
    pub(crate) fn shown_as_day(&self, language: Language) -> Option<String> {
        match self {
            Self::Timestamp(at) => {
                let day = japan().to_datetime(at.as_jiff()).date();
                Some(match language {
                    Language::Ja => day.strftime("%Y年%-m月%-d日").to_string(),
                    Language::En => day.to_string(),
                })
            }
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::Duration(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Dynamic(_) => None,
        }
    }
}

impl fmt::Display for Value {
    /// As CEL's `string()` writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{}", number.normalize()),
            Self::Text(text) => f.write_str(text),
            Self::Timestamp(at) => write!(f, "{at}"),
            Self::Duration(micros) => {
                write!(f, "{}s", Decimal::new(*micros, 6).normalize())
            }
            Self::List(_) | Self::Map(_) => write!(f, "{}", self.to_json()),
            Self::Dynamic(value) => write!(f, "{value}"),
        }
    }
}

fn weigh<'v>(values: impl Iterator<Item = &'v Value>) -> Result<usize, String> {
    let weight = values.map(Value::weight).fold(1_usize, usize::saturating_add);
    if weight > MAX_WEIGHT {
        return Err(format!("a value of more than {MAX_WEIGHT} elements"));
    }
    Ok(weight)
}

const fn said(yes: bool, language: Language) -> &'static str {
    match (language, yes) {
        (Language::Ja, true) => "はい",
        (Language::Ja, false) => "いいえ",
        (Language::En, true) => "yes",
        (Language::En, false) => "no",
    }
}

/// Japan's time. A fixed offset, since Japan has kept one since 1951: the answer of a policy must
/// not depend on the zone files of the machine.
pub(crate) fn japan() -> TimeZone {
    TimeZone::fixed(offset(9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_standard_cel_has_does_not_make_values_larger() {
        assert_eq!(size_of::<Value>(), 24);
    }
}
