//! How a struct becomes a schema.

use std::sync::Arc;

use rust_decimal::Decimal;
use tasuki_core::party::{Permission, Relation, Role};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use crate::value::Value;

/// What a fact can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// Yes or no.
    Bool,
    /// A whole number; amounts of yen are whole numbers.
    Int,
    /// An exact decimal.
    Decimal,
    /// Free text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An instant.
    Timestamp,
    /// Several of one type.
    List(&'static FactType),
}

/// One fact.
#[derive(Debug, Clone, Copy)]
pub struct FactSchema {
    /// Its name in expressions.
    pub name: &'static str,
    /// What Japanese readers call it.
    pub label: &'static str,
    /// What it means, from the doc comment; the first line is what English readers call it.
    pub doc: &'static str,
    /// What it can be.
    pub fact_type: FactType,
}

impl FactSchema {
    /// What English readers call it.
    pub(crate) fn label_en(&self) -> &'static str {
        let first = self.doc.lines().next().unwrap_or_default().trim();
        first.strip_suffix('.').unwrap_or(first)
    }
}

/// A struct of facts.
#[derive(Debug, Clone, Copy)]
pub struct RootSchema {
    /// Its name in expressions.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// Its facts.
    pub fields: &'static [FactSchema],
}

/// A struct of facts that expressions can read.
pub(crate) trait FactRoot {
    /// What it holds.
    const SCHEMA: &'static RootSchema;

    /// The value of the field at that place of the schema; nothing when it is missing.
    fn read(&self, field: usize) -> Option<Value>;

    /// Puts JSON in the place of the field at that place of the schema.
    fn write(&mut self, field: usize, json: &serde_json::Value) -> Result<(), serde_json::Error>;
}

/// Puts JSON in the place of one field.
pub(crate) type Writer<T> = fn(&mut T, &serde_json::Value) -> Result<(), serde_json::Error>;

/// A type that a fact can have.
pub(crate) trait FactValue {
    const TYPE: FactType;

    fn to_value(&self) -> Value;
}

impl FactValue for bool {
    const TYPE: FactType = FactType::Bool;

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FactValue for i64 {
    const TYPE: FactType = FactType::Int;

    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl FactValue for Decimal {
    const TYPE: FactType = FactType::Decimal;

    fn to_value(&self) -> Value {
        Value::Decimal(*self)
    }
}

impl FactValue for String {
    const TYPE: FactType = FactType::Text;

    fn to_value(&self) -> Value {
        Value::Text(Arc::from(self.as_str()))
    }
}

impl FactValue for Timestamp {
    const TYPE: FactType = FactType::Timestamp;

    fn to_value(&self) -> Value {
        Value::Timestamp(*self)
    }
}

/// Makes an enum of the domain a fact that is one of its words.
macro_rules! domain_words {
    ($($name:ident),+) => {$(
        impl FactValue for $name {
            const TYPE: FactType = {
                const WORDS: [&str; $name::ALL.len()] = {
                    let mut words = [""; $name::ALL.len()];
                    let mut rest: &[$name] = &$name::ALL;
                    let mut left: &mut [&str] = &mut words;
                    while let (Some((value, values)), Some((word, later))) =
                        (rest.split_first(), left.split_first_mut())
                    {
                        *word = value.as_str();
                        rest = values;
                        left = later;
                    }
                    words
                };
                FactType::Word(&WORDS)
            };

            fn to_value(&self) -> Value {
                Value::text(self.as_str())
            }
        }
    )+};
}

domain_words!(Service, Role, Permission, Relation);

impl<T: FactValue> FactValue for Vec<T>
where
    T: 'static,
{
    const TYPE: FactType = FactType::List(&T::TYPE);

    fn to_value(&self) -> Value {
        // A list of facts that is too heavy to look at counts as unknown, never as empty.
        Value::list(self.iter().map(FactValue::to_value).collect()).unwrap_or(Value::Null)
    }
}

/// Declares a struct of facts: the struct, its schema and how expressions read it.
///
/// Every fact has a doc comment for authors of packs and English readers, and after `=` the name
/// that Japanese readers see.
macro_rules! facts {
    (
        $(#[doc = $root_doc:literal])+
        $name:ident as $root:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: Option<$kind:ty> = $label:literal,
            )+
        }
    ) => {
        $(#[doc = $root_doc])+
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )+
        }

        impl $name {
            const READERS: &'static [fn(&Self) -> Option<$crate::value::Value>] = &[
                $(|facts| facts.$field.as_ref().map($crate::facts::schema::FactValue::to_value),)+
            ];
            const WRITERS: &'static [$crate::facts::schema::Writer<Self>] = &[
                $(|facts, json| {
                    facts.$field = serde::Deserialize::deserialize(json)?;
                    Ok(())
                },)+
            ];
        }

        impl $crate::facts::schema::FactRoot for $name {
            const SCHEMA: &'static $crate::facts::schema::RootSchema =
                &$crate::facts::schema::RootSchema {
                    name: $root,
                    doc: concat!($($root_doc, "\n"),+),
                    fields: &[
                        $($crate::facts::schema::FactSchema {
                            name: stringify!($field),
                            label: $label,
                            doc: concat!($($doc, "\n"),+),
                            fact_type: <$kind as $crate::facts::schema::FactValue>::TYPE,
                        },)+
                    ],
                };

            fn read(&self, field: usize) -> Option<$crate::value::Value> {
                Self::READERS.get(field).and_then(|read| read(self))
            }

            fn write(
                &mut self,
                field: usize,
                json: &serde_json::Value,
            ) -> Result<(), serde_json::Error> {
                Self::WRITERS.get(field).map_or(Ok(()), |write| write(self, json))
            }
        }
    };
}

pub(crate) use facts;
