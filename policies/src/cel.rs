//! Standard CEL outside of packs: any expression over any values, within the bounds of packs.
//!
//! Packs are written in a strict part of CEL: exact numbers only, every name and every type known
//! when the pack is loaded. This is the whole language as its specification has it, without
//! protobuf messages: integers with and without sign, floating point, texts, bytes, lists, maps,
//! types, instants and spans of time, every macro, and the libraries for texts and numbers. The
//! functions of packs are there as well. It is what the specification's own tests run against: the
//! tree and the evaluator are those of packs.
//!
//! ```
//! use tasuki_policies::cel::{Bindings, CelValue, evaluate};
//!
//! let mut bindings = Bindings::new();
//! bindings.insert("price", CelValue::Double(0.5));
//! bindings.insert("names", CelValue::List(vec![CelValue::String("沖縄".to_owned())]));
//!
//! assert_eq!(evaluate("price * 3.0", &bindings)?, CelValue::Double(1.5));
//! assert_eq!(evaluate("names.exists(it, it.startsWith('沖'))", &bindings)?, CelValue::Bool(true));
//! assert_eq!(evaluate("type(1u)", &bindings)?, CelValue::Type("uint".to_owned()));
//!
//! let wrong = evaluate("pric * 3.0", &bindings).map_err(|error| error.to_string());
//! assert_eq!(wrong, Err("nothing is called `pric`; did you mean `price`?".to_owned()));
//! # Ok::<(), tasuki_policies::cel::CelError>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::evaluate::{EvalError, Evaluator};
use crate::expression::{FactTable, Fault, Name, Scope, Type, check, lower, parse, parse_standard};
use crate::facts::FactSet;
use crate::pack::parse_stack;
use crate::value::{Dynamic, Key, Value};

pub use crate::value::{Instant, InstantError};

/// Which expressions are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The strict part of CEL that packs are written in: checked against the facts, exact numbers.
    Pack,
    /// All of standard CEL but messages: types are looked at when it is evaluated.
    Cel,
}

/// A value of CEL.
#[derive(Debug, Clone, PartialEq)]
pub enum CelValue {
    /// No value.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without a sign.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// An exact decimal: not in the specification, but in packs.
    Decimal(Decimal),
    /// A text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant.
    Timestamp(Instant),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// Values in an order.
    List(Vec<Self>),
    /// Names and values, in one fixed order of the names.
    Map(Vec<(Self, Self)>),
    /// A type, by its name.
    Type(String),
}

/// The names that an expression may use, and the namespace that it is in.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    values: BTreeMap<String, CelValue>,
    container: String,
}

impl Bindings {
    /// None.
    pub const fn new() -> Self {
        Self { values: BTreeMap::new(), container: String::new() }
    }

    /// Gives a name a value. A name may have dots, as in `a.b`.
    pub fn insert(&mut self, name: impl Into<String>, value: CelValue) {
        self.values.insert(name.into(), value);
    }

    /// The namespace in which names are looked up before they are taken as they stand.
    #[must_use]
    pub fn in_container(mut self, container: impl Into<String>) -> Self {
        self.container = container.into();
        self
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CelError {
    /// It is not CEL, or too long, or too deep.
    Wrong {
        /// A stable word for what is wrong.
        code: &'static str,
        /// Byte offsets of the part that is wrong.
        part: (usize, usize),
        /// What is wrong.
        message: String,
        /// What would be right.
        suggestion: Option<String>,
    },
    /// It has no result, such as a division by zero or a value of the wrong type.
    Failed(String),
    /// It asks a person to look, under a code: `refer` and `require`.
    Referred(String),
    /// It takes more steps than are allowed.
    Spent,
}

impl fmt::Display for CelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { message, suggestion: Some(hint), .. } => write!(f, "{message}; {hint}"),
            Self::Wrong { message, .. } | Self::Failed(message) => f.write_str(message),
            Self::Referred(code) => write!(f, "a person has to look: {code}"),
            Self::Spent => f.write_str("it takes more steps than are allowed"),
        }
    }
}

impl std::error::Error for CelError {}

impl From<Vec<Fault>> for CelError {
    fn from(faults: Vec<Fault>) -> Self {
        match faults.into_iter().next() {
            Some(Fault { code, part, message, suggestion }) => {
                Self::Wrong { code, part, message, suggestion }
            }
            None => Self::Failed("the expression is wrong".to_owned()),
        }
    }
}

/// The value of an expression of standard CEL: [`evaluate_as`] with [`Profile::Cel`].
///
/// # Errors
/// When it is not CEL, has no result, or takes too much work.
pub fn evaluate(source: &str, bindings: &Bindings) -> Result<CelValue, CelError> {
    evaluate_as(Profile::Cel, source, bindings)
}

/// The value of an expression.
///
/// Bounded in both profiles alike: length, words, depth, steps, and the weight of every value that
/// is made. In the profile of packs the names are constants, and the expression is checked first.
///
/// ```
/// use tasuki_policies::cel::{Bindings, CelValue, Profile, evaluate_as};
///
/// let none = Bindings::new();
/// assert_eq!(evaluate_as(Profile::Cel, "0.5 + 1.0", &none)?, CelValue::Double(1.5));
/// let wrong = evaluate_as(Profile::Pack, "0.5 + 1.0", &none).map_err(|error| error.to_string());
/// let told = "floating point numbers are not exact; write `decimal('0.5')`";
/// assert_eq!(wrong, Err(told.to_owned()));
/// # Ok::<(), tasuki_policies::cel::CelError>(())
/// ```
///
/// # Errors
/// When it is not CEL, has no result, or takes too much work.
pub fn evaluate_as(
    profile: Profile,
    source: &str,
    bindings: &Bindings,
) -> Result<CelValue, CelError> {
    let mut scope = Scope { container: bindings.container.clone(), ..Scope::default() };
    for (name, value) in &bindings.values {
        let value = to_value(value).map_err(CelError::Failed)?;
        scope.bindings.insert(name.clone(), value);
    }
    // The parser recurses once per operand, which an ordinary thread has no room for.
    parse_stack(|| run(profile, source, &scope))
        .unwrap_or_else(|| Err(CelError::Failed("the evaluator failed".to_owned())))
}

fn run(profile: Profile, source: &str, scope: &Scope) -> Result<CelValue, CelError> {
    let compiled = match profile {
        Profile::Cel => lower(&parse_standard(source)?, scope)?,
        Profile::Pack => {
            let constants = scope.bindings.iter().map(|(name, value)| {
                (name.clone(), Name::Constant(value.clone(), Type::of_value(value)))
            });
            check(&parse(source)?, &constants.collect(), &mut FactTable::default())?
        }
    };
    let facts = FactSet::at(tasuki_core::time::Timestamp::new(jiff::Timestamp::UNIX_EPOCH));
    let mut evaluator = Evaluator::new(&facts, &[], &[]);
    match evaluator.evaluate(&compiled.node) {
        Ok(value) => Ok(from_value(&value)),
        Err(EvalError::Failed(message)) => Err(CelError::Failed(message)),
        Err(EvalError::Missing(_)) => Err(CelError::Failed("a fact is missing".to_owned())),
        Err(EvalError::Referred(code)) => Err(CelError::Referred(code)),
        Err(EvalError::Spent) => Err(CelError::Spent),
    }
}

fn to_value(value: &CelValue) -> Result<Value, String> {
    Ok(match value {
        CelValue::Null => Value::Null,
        CelValue::Bool(yes) => Value::Bool(*yes),
        CelValue::Int(number) => Value::Int(*number),
        CelValue::Uint(number) => Value::Dynamic(Dynamic::Uint(*number)),
        CelValue::Double(number) => Value::Dynamic(Dynamic::Double(*number)),
        CelValue::Decimal(number) => Value::Decimal(*number),
        CelValue::String(text) => Value::made_text(text)?,
        CelValue::Bytes(bytes) => Value::made_bytes(bytes)?,
        CelValue::Timestamp(at) => Value::Dynamic(Dynamic::Instant(*at)),
        CelValue::Duration(nanos) => Value::Dynamic(Dynamic::Span(*nanos)),
        CelValue::List(items) => {
            Value::list(items.iter().map(to_value).collect::<Result<_, _>>()?)?
        }
        CelValue::Map(entries) => {
            let mut made = BTreeMap::new();
            for (name, value) in entries {
                let key = Key::of(&to_value(name)?).ok_or("this cannot be a name in a map")?;
                made.insert(key, to_value(value)?);
            }
            Value::map(made)?
        }
        CelValue::Type(name) => Value::Dynamic(Dynamic::Type(Arc::from(name.as_str()))),
    })
}

fn from_value(value: &Value) -> CelValue {
    match value {
        Value::Bool(yes) => CelValue::Bool(*yes),
        Value::Int(number) => CelValue::Int(*number),
        Value::Decimal(number) => CelValue::Decimal(*number),
        Value::Text(text) => CelValue::String(text.to_string()),
        // The times of packs are wrapped where their functions are called, so none is left over.
        Value::Null | Value::Timestamp(_) | Value::Duration(_) => CelValue::Null,
        Value::List(list) => CelValue::List(list.items.iter().map(from_value).collect()),
        Value::Map(map) => {
            let entries = map.entries.iter();
            CelValue::Map(
                entries
                    .map(|(name, value)| (from_value(&name.to_value()), from_value(value)))
                    .collect(),
            )
        }
        Value::Dynamic(Dynamic::Uint(number)) => CelValue::Uint(*number),
        Value::Dynamic(Dynamic::Double(number)) => CelValue::Double(*number),
        Value::Dynamic(Dynamic::Bytes(bytes)) => CelValue::Bytes(bytes.to_vec()),
        Value::Dynamic(Dynamic::Instant(at)) => CelValue::Timestamp(*at),
        Value::Dynamic(Dynamic::Span(nanos)) => CelValue::Duration(*nanos),
        Value::Dynamic(Dynamic::Type(name)) => CelValue::Type(name.to_string()),
    }
}
