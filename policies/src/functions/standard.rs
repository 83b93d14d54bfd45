//! The functions of standard CEL, for expressions outside of packs: no types are known before they
//! are called.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever has no meaning here is refused, as CEL asks"
)]

use crate::functions::Style;
use crate::value::{Dynamic, Value};

mod conversions;
mod format;
mod math;
mod strings;
mod times;

/// A function of standard CEL.
#[derive(Debug)]
pub(crate) struct Standard {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    /// Steps that it takes besides looking at its arguments once.
    pub(crate) steps: fn(&[Value]) -> usize,
    /// What it gives.
    pub(crate) call: fn(&[Value]) -> Result<Value, String>,
}

impl Standard {
    const fn new(
        name: &'static str,
        style: Style,
        call: fn(&[Value]) -> Result<Value, String>,
    ) -> Self {
        Self { name, style, steps: |_| 0, call }
    }

    const fn taking(mut self, steps: fn(&[Value]) -> usize) -> Self {
        self.steps = steps;
        self
    }
}

/// The types that are values, by name.
pub(crate) const TYPES: [&str; 12] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
];

fn all() -> impl Iterator<Item = &'static Standard> {
    [conversions::FUNCTIONS, strings::FUNCTIONS, times::FUNCTIONS, math::FUNCTIONS]
        .into_iter()
        .flatten()
}

/// A function of standard CEL by its name.
pub(crate) fn named(name: &str) -> Option<&'static Standard> {
    all().find(|function| function.name == name)
}

/// The names of all of them, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.name)
}

/// The arguments are of types that a function does not take.
fn no_overload(name: &str, values: &[Value]) -> String {
    let types: Vec<&str> = values.iter().map(Value::type_name).collect();
    format!("`{name}` does not take ({})", types.join(", "))
}

const fn uint(number: u64) -> Value {
    Value::Dynamic(Dynamic::Uint(number))
}

const fn double(number: f64) -> Value {
    Value::Dynamic(Dynamic::Double(number))
}
