//! Operators between two values: which types they take, and what they give.
//!
//! Arithmetic is exact. What does not fit, or would have to be rounded, is an error.

use rust_decimal::Decimal;
use tasuki_core::time::Timestamp;

use super::tree::Operator;
use super::types::Type;
use crate::value::{Key, Value};

mod dynamic;

/// The type that an operator gives for two types.
///
/// # Errors
/// What is wrong, when it does not take them.
pub(super) fn result_type(operator: Operator, left: &Type, right: &Type) -> Result<Type, String> {
    let refused = || Err(format!("`{left}` {} `{right}` has no meaning", operator.sign()));
    match operator {
        Operator::Equal | Operator::NotEqual => {
            if *left == Type::Null || *right == Type::Null {
                return Err("nothing is ever `null`".to_owned());
            }
            if left.comparable(right) { Ok(Type::Bool) } else { refused() }
        }
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            let ordered = !matches!(left, Type::List(_) | Type::Map | Type::Null);
            if ordered && left.comparable(right) { Ok(Type::Bool) } else { refused() }
        }
        Operator::In => match right.element() {
            Some(element) if left.comparable(&element) => Ok(Type::Bool),
            Some(_) | None => refused(),
        },
        Operator::Add => match (left, right) {
            (Type::Text(_), Type::Text(_)) => Ok(Type::TEXT),
            (Type::List(_), Type::List(_)) => match left.either(right) {
                Some(list) => Ok(list),
                None => refused(),
            },
            (Type::Timestamp, Type::Duration) | (Type::Duration, Type::Timestamp) => {
                Ok(Type::Timestamp)
            }
            (Type::Duration, Type::Duration) => Ok(Type::Duration),
            (Type::Any, other) | (other, Type::Any) => Ok(other.clone()),
            (_, _) => number(left, right).map_or_else(refused, Ok),
        },
        Operator::Subtract => match (left, right) {
            (Type::Timestamp, Type::Timestamp) | (Type::Duration, Type::Duration) => {
                Ok(Type::Duration)
            }
            (Type::Timestamp, Type::Duration) => Ok(Type::Timestamp),
            (_, _) => number(left, right).map_or_else(refused, Ok),
        },
        Operator::Multiply | Operator::Divide => number(left, right).map_or_else(refused, Ok),
        Operator::Remainder => match (left, right) {
            (Type::Int | Type::Any, Type::Int | Type::Any) => Ok(Type::Int),
            (_, _) => refused(),
        },
    }
}

fn number(left: &Type, right: &Type) -> Option<Type> {
    if left.is_number() && right.is_number() { left.either(right) } else { None }
}

/// Applies an operator.
///
/// # Errors
/// What went wrong: overflow, division by zero, a result that is not exact, types without meaning.
pub(crate) fn apply(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    match operator {
        Operator::Equal => Ok(Value::Bool(left.same(right))),
        Operator::NotEqual => Ok(Value::Bool(!left.same(right))),
        Operator::Less => ordered(left, right, operator).map(|it| Value::Bool(it.is_lt())),
        Operator::LessOrEqual => ordered(left, right, operator).map(|it| Value::Bool(it.is_le())),
        Operator::Greater => ordered(left, right, operator).map(|it| Value::Bool(it.is_gt())),
        Operator::GreaterOrEqual => {
            ordered(left, right, operator).map(|it| Value::Bool(it.is_ge()))
        }
        Operator::In => match (left, right) {
            (_, Value::List(list)) => {
                Ok(Value::Bool(list.items.iter().any(|item| item.same(left))))
            }
            (name, Value::Map(map)) => Ok(Value::Bool(
                Key::looked_up(name).is_some_and(|name| map.entries.contains_key(&name)),
            )),
            (left, right) => Err(meaningless(operator, left, right)),
        },
        Operator::Add => add(left, right),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply | Operator::Divide | Operator::Remainder => {
            multiply_or_divide(operator, left, right)
        }
    }
}

fn ordered(left: &Value, right: &Value, sign: Operator) -> Result<std::cmp::Ordering, String> {
    left.order(right).ok_or_else(|| meaningless(sign, left, right))
}

fn meaningless(operator: Operator, left: &Value, right: &Value) -> String {
    format!("`{}` {} `{}` has no meaning", left.type_name(), operator.sign(), right.type_name())
}

fn add(left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Dynamic(_), _) | (_, Value::Dynamic(_)) => {
            dynamic::apply(Operator::Add, left, right)
        }
        (Value::Int(one), Value::Int(two)) => whole(one.checked_add(*two)),
        (Value::Text(one), Value::Text(two)) => Value::made_text(&format!("{one}{two}")),
        (Value::List(one), Value::List(two)) => {
            Value::list(one.items.iter().chain(&two.items).cloned().collect())
        }
        (Value::Timestamp(at), Value::Duration(micros))
        | (Value::Duration(micros), Value::Timestamp(at)) => moved(*at, *micros),
        (Value::Duration(one), Value::Duration(two)) => span(one.checked_add(*two)),
        (one, two) => match (one.as_decimal(), two.as_decimal()) {
            (Some(one), Some(two)) => sum(one, two),
            (Some(_) | None, _) => Err(meaningless(Operator::Add, one, two)),
        },
    }
}

fn subtract(left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Dynamic(_), _) | (_, Value::Dynamic(_)) => {
            dynamic::apply(Operator::Subtract, left, right)
        }
        (Value::Int(one), Value::Int(two)) => whole(one.checked_sub(*two)),
        (Value::Timestamp(one), Value::Timestamp(two)) => {
            span(one.as_microseconds().checked_sub(two.as_microseconds()))
        }
        (Value::Timestamp(at), Value::Duration(micros)) => {
            moved(*at, micros.checked_neg().ok_or_else(overflow)?)
        }
        (Value::Duration(one), Value::Duration(two)) => span(one.checked_sub(*two)),
        (one, two) => match (one.as_decimal(), two.as_decimal()) {
            (Some(one), Some(two)) => sum(one, -two),
            (Some(_) | None, _) => Err(meaningless(Operator::Subtract, one, two)),
        },
    }
}

fn multiply_or_divide(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Value::Int(one), Value::Int(two)) = (left, right) {
        if operator == Operator::Multiply {
            return whole(one.checked_mul(*two));
        }
        if *two == 0 {
            return Err("division by zero".to_owned());
        }
        return whole(if operator == Operator::Divide {
            one.checked_div(*two)
        } else {
            one.checked_rem(*two)
        });
    }
    if matches!((left, right), (Value::Dynamic(_), _) | (_, Value::Dynamic(_))) {
        return dynamic::apply(operator, left, right);
    }
    match (left.as_decimal(), right.as_decimal()) {
        (Some(one), Some(two)) if operator == Operator::Multiply => product(one, two),
        (Some(one), Some(two)) if operator == Operator::Divide => quotient(one, two),
        (Some(_) | None, _) => Err(meaningless(operator, left, right)),
    }
}

/// The other sign.
pub(crate) fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(number) => whole(number.checked_neg()),
        Value::Decimal(number) => Ok(Value::Decimal(-*number)),
        Value::Duration(micros) => span(micros.checked_neg()),
        Value::Dynamic(value) => dynamic::negate(value),
        Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::List(_)
        | Value::Map(_) => Err(format!("`-` has no meaning before a `{}`", value.type_name())),
    }
}

fn sum(one: Decimal, two: Decimal) -> Result<Value, String> {
    let (one, two) = (one.normalize(), two.normalize());
    let sum = one.checked_add(two).ok_or_else(overflow)?;
    // Invariant: an exact sum keeps the finer of the two scales; a coarser one was rounded.
    if sum.scale() < one.scale().max(two.scale()) && !sum.is_zero() {
        return Err(inexact());
    }
    Ok(Value::Decimal(sum))
}

fn product(one: Decimal, two: Decimal) -> Result<Value, String> {
    let (one, two) = (one.normalize(), two.normalize());
    let product = one.checked_mul(two).ok_or_else(overflow)?;
    if !product.is_zero() && product.scale() != one.scale() + two.scale()
        || product.is_zero() && !one.is_zero() && !two.is_zero()
    {
        return Err(inexact());
    }
    Ok(Value::Decimal(product))
}

fn quotient(one: Decimal, two: Decimal) -> Result<Value, String> {
    if two.is_zero() {
        return Err("division by zero".to_owned());
    }
    let quotient = one.checked_div(two).ok_or_else(overflow)?;
    match product(quotient, two) {
        Ok(Value::Decimal(back)) if back == one => Ok(Value::Decimal(quotient)),
        Ok(_) | Err(_) => Err("the quotient is not exact: use `divide(a, b, scale, mode)`".into()),
    }
}

fn whole(number: Option<i64>) -> Result<Value, String> {
    number.map(Value::Int).ok_or_else(overflow)
}

fn span(micros: Option<i64>) -> Result<Value, String> {
    micros.map(Value::Duration).ok_or_else(overflow)
}

fn moved(at: Timestamp, micros: i64) -> Result<Value, String> {
    let moved = at.as_microseconds().checked_add(micros).ok_or_else(overflow)?;
    Timestamp::from_microseconds(moved).map(Value::Timestamp).map_err(|error| error.to_string())
}

fn overflow() -> String {
    "the result is too large".to_owned()
}

fn inexact() -> String {
    "the result has too many digits to be exact".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    fn result(operator: Operator, left: &Value, right: &Value) -> String {
        match apply(operator, left, right) {
            Ok(value) => value.to_string(),
            Err(error) => error,
        }
    }

    #[test]
    fn whole_numbers_never_wrap() {
        let most = Value::Int(i64::MAX);
        assert_eq!(result(Operator::Add, &most, &Value::Int(1)), "the result is too large");
        assert_eq!(result(Operator::Multiply, &most, &Value::Int(2)), "the result is too large");
        let least = Value::Int(i64::MIN);
        assert_eq!(result(Operator::Divide, &least, &Value::Int(-1)), "the result is too large");
        assert_eq!(result(Operator::Divide, &Value::Int(1), &Value::Int(0)), "division by zero");
        assert_eq!(result(Operator::Divide, &Value::Int(-7), &Value::Int(2)), "-3");
        assert_eq!(result(Operator::Remainder, &Value::Int(-7), &Value::Int(2)), "-1");
    }

    #[test]
    fn decimals_are_exact_or_an_error() {
        assert_eq!(result(Operator::Multiply, &decimal("0.1"), &Value::Int(3)), "0.3");
        assert_eq!(result(Operator::Add, &decimal("0.1"), &decimal("0.2")), "0.3");
        assert_eq!(result(Operator::Divide, &decimal("1"), &decimal("8")), "0.125");
        assert!(result(Operator::Divide, &decimal("1"), &decimal("3")).contains("not exact"));
        let tiny = decimal("0.0000000000000001");
        assert!(result(Operator::Multiply, &tiny, &tiny).contains("too many digits"));
        assert_eq!(result(Operator::Subtract, &decimal("0.1"), &decimal("0.10")), "0");
        assert_eq!(result(Operator::Add, &decimal("0.5"), &decimal("0.5")), "1");
        let huge = decimal("70000000000000000000000000000");
        assert!(result(Operator::Add, &huge, &decimal("0.1")).contains("too many digits"));
    }

    #[test]
    fn numbers_compare_by_worth_and_other_types_never_equal() {
        assert_eq!(result(Operator::Equal, &Value::Int(1), &decimal("1.0")), "true");
        assert_eq!(result(Operator::Less, &Value::Int(1), &decimal("1.5")), "true");
        assert_eq!(result(Operator::Equal, &Value::Int(1), &Value::text("1")), "false");
    }
}
