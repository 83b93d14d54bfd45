//! Arithmetic of standard CEL on values that packs do not have.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever has no meaning here is refused, as CEL asks"
)]
#![expect(
    clippy::float_arithmetic,
    reason = "standard CEL has floating-point numbers; packs do not"
)]

use super::{meaningless, overflow};
use crate::expression::tree::Operator;
use crate::value::{Dynamic, Instant, Value};

/// Applies an operator of arithmetic.
pub(super) fn apply(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    let (Value::Dynamic(one), Value::Dynamic(two)) = (left, right) else {
        return Err(meaningless(operator, left, right));
    };
    match (one, two) {
        (Dynamic::Uint(one), Dynamic::Uint(two)) => unsigned(operator, *one, *two),
        (Dynamic::Double(one), Dynamic::Double(two)) => {
            double(operator, *one, *two).ok_or_else(|| meaningless(operator, left, right))
        }
        (Dynamic::Bytes(one), Dynamic::Bytes(two)) if operator == Operator::Add => {
            Value::made_bytes(&[one.as_ref(), two.as_ref()].concat())
        }
        (Dynamic::Instant(at), Dynamic::Span(nanos)) => match operator {
            Operator::Add => moved(*at, *nanos),
            Operator::Subtract => moved(*at, nanos.checked_neg().ok_or_else(overflow)?),
            _ => Err(meaningless(operator, left, right)),
        },
        (Dynamic::Span(nanos), Dynamic::Instant(at)) if operator == Operator::Add => {
            moved(*at, *nanos)
        }
        (Dynamic::Instant(one), Dynamic::Instant(two)) if operator == Operator::Subtract => {
            one.nanos_since(*two).map(span).ok_or_else(overflow)
        }
        (Dynamic::Span(one), Dynamic::Span(two)) => match operator {
            Operator::Add => one.checked_add(*two).map(span).ok_or_else(overflow),
            Operator::Subtract => one.checked_sub(*two).map(span).ok_or_else(overflow),
            _ => Err(meaningless(operator, left, right)),
        },
        (_, _) => Err(meaningless(operator, left, right)),
    }
}

/// The other sign.
pub(super) fn negate(value: &Dynamic) -> Result<Value, String> {
    match value {
        Dynamic::Double(number) => Ok(Value::Dynamic(Dynamic::Double(-*number))),
        Dynamic::Span(nanos) => nanos.checked_neg().map(span).ok_or_else(overflow),
        Dynamic::Uint(_) | Dynamic::Bytes(_) | Dynamic::Instant(_) | Dynamic::Type(_) => {
            Err(format!("`-` has no meaning before a `{}`", value.type_name()))
        }
    }
}

fn unsigned(operator: Operator, one: u64, two: u64) -> Result<Value, String> {
    let given = match operator {
        Operator::Add => one.checked_add(two),
        Operator::Subtract => one.checked_sub(two),
        Operator::Multiply => one.checked_mul(two),
        _ if two == 0 => return Err("division by zero".to_owned()),
        Operator::Divide => one.checked_div(two),
        _ => one.checked_rem(two),
    };
    given.map(|it| Value::Dynamic(Dynamic::Uint(it))).ok_or_else(overflow)
}

fn double(operator: Operator, one: f64, two: f64) -> Option<Value> {
    let given = match operator {
        Operator::Add => one + two,
        Operator::Subtract => one - two,
        Operator::Multiply => one * two,
        Operator::Divide => one / two,
        _ => return None,
    };
    Some(Value::Dynamic(Dynamic::Double(given)))
}

const fn span(nanos: i64) -> Value {
    Value::Dynamic(Dynamic::Span(nanos))
}

/// An instant moved by a span, within the years that CEL has: 1 to 9999.
fn moved(at: Instant, nanos: i64) -> Result<Value, String> {
    let moved = at.plus(nanos).map_err(|error| error.to_string())?;
    Ok(Value::Dynamic(Dynamic::Instant(moved)))
}
