//! Types of expressions.

use std::fmt;

use crate::facts::FactType;
use crate::value::Value;

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// Anything: an element of an empty list, a value of a map, or something already found wrong.
    Any,
    Null,
    Bool,
    Int,
    Decimal,
    /// A text; where only a few words are possible, those.
    Text(Option<&'static [&'static str]>),
    Timestamp,
    Duration,
    List(Box<Type>),
    Map,
}

impl Type {
    /// Free text.
    pub(crate) const TEXT: Self = Self::Text(None);

    /// The type of a fact.
    pub(crate) fn of_fact(fact: FactType) -> Self {
        match fact {
            FactType::Bool => Self::Bool,
            FactType::Int => Self::Int,
            FactType::Decimal => Self::Decimal,
            FactType::Text => Self::TEXT,
            FactType::Word(words) => Self::Text(Some(words)),
            FactType::Timestamp => Self::Timestamp,
            FactType::List(element) => Self::List(Box::new(Self::of_fact(*element))),
        }
    }

    /// The type of a value.
    pub(crate) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Decimal(_) => Self::Decimal,
            Value::Text(_) => Self::TEXT,
            Value::Timestamp(_) => Self::Timestamp,
            Value::Duration(_) => Self::Duration,
            Value::List(list) => {
                let mut kinds = list.items.iter().map(Self::of_value);
                let first = kinds.next().unwrap_or(Self::Any);
                let all = kinds.try_fold(first, |one, two| one.either(&two));
                Self::List(Box::new(all.unwrap_or(Self::Any)))
            }
            Value::Map(_) => Self::Map,
            Value::Dynamic(_) => Self::Any,
        }
    }

    /// Whether it is, or may be, a number.
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self, Self::Any | Self::Int | Self::Decimal)
    }

    /// Whether a value of this type can stand where `wanted` is asked for.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Any, _)
            | (_, Self::Any)
            | (Self::Text(_), Self::Text(_))
            | (Self::Int, Self::Decimal) => true,
            (Self::List(one), Self::List(two)) => one.fits(two),
            (one, two) => one == two,
        }
    }

    /// Whether values of both types can be the same.
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        self.fits(other) || other.fits(self)
    }

    /// The type of something that is one or the other; nothing when they have nothing in common.
    pub(crate) fn either(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (one, two) if one == two => Some(one.clone()),
            (Self::Any, known) | (known, Self::Any) => Some(known.clone()),
            (Self::Text(_), Self::Text(_)) => Some(Self::TEXT),
            (Self::Int, Self::Decimal) | (Self::Decimal, Self::Int) => Some(Self::Decimal),
            (Self::List(one), Self::List(two)) => Some(Self::List(Box::new(one.either(two)?))),
            (_, _) => None,
        }
    }

    /// The few words that a text, or the texts of a list, can be.
    pub(crate) fn words(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Text(words) => *words,
            Self::List(element) => element.words(),
            Self::Any
            | Self::Null
            | Self::Bool
            | Self::Int
            | Self::Decimal
            | Self::Timestamp
            | Self::Duration
            | Self::Map => None,
        }
    }

    /// The type of a list's elements; nothing when it is no list.
    pub(crate) fn element(&self) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::List(element) => Some(element.as_ref().clone()),
            Self::Null
            | Self::Bool
            | Self::Int
            | Self::Decimal
            | Self::Text(_)
            | Self::Timestamp
            | Self::Duration
            | Self::Map => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Decimal => f.write_str("decimal"),
            Self::Text(_) => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Map => f.write_str("map"),
        }
    }
}
