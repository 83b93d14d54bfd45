//! Numbers: exact, with named rounding.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "int",
        style: Style::Plain,
        doc: "A whole number from a text or from a decimal without a fraction.",
        examples: &[("int('12')", "12"), ("int(decimal('3.0'))", "3")],
        n_arguments: (1, 1),
        check: |given| match given {
            [Type::Int | Type::Decimal | Type::Text(_) | Type::Any] => Ok(Type::Int),
            _ => Err("it takes a string or a number".to_owned()),
        },
        call: int,
    },
    Function {
        name: "decimal",
        style: Style::Plain,
        doc: "An exact decimal from a text or a whole number.",
        examples: &[("decimal('0.10')", "0.1"), ("decimal('0.1') * 3 == decimal('0.3')", "true")],
        n_arguments: (1, 1),
        check: |given| match given {
            [Type::Int | Type::Decimal | Type::Text(_) | Type::Any] => Ok(Type::Decimal),
            _ => Err("it takes a string or a number".to_owned()),
        },
        call: decimal,
    },
    Function {
        name: "round",
        style: Style::Plain,
        doc: "A decimal rounded to so many places: 'down' towards zero, 'up' away from it, \
              'floor' to the smaller, 'ceil' to the larger, 'half_up' to the nearest with halves \
              away from zero, 'half_even' with halves to the even digit.",
        examples: &[
            ("round(decimal('1.25'), 1, 'half_up')", "1.3"),
            ("round(decimal('-1.29'), 1, 'down')", "-1.2"),
            ("round(decimal('-1.21'), 1, 'floor')", "-1.3"),
            ("round(decimal('1.25'), 1, 'half_even')", "1.2"),
        ],
        n_arguments: (3, 3),
        check: |given| {
            fitting(given, &[Type::Decimal, Type::Int, Type::Text(Some(MODES))], Type::Decimal)
        },
        call: round,
    },
    Function {
        name: "yen",
        style: Style::Plain,
        doc: "Whole yen from a decimal, rounded by a named rule.",
        examples: &[
            ("yen(decimal('0.1') * 312, 'down')", "31"),
            ("yen(decimal('10.5'), 'half_up')", "11"),
        ],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::Decimal, Type::Text(Some(MODES))], Type::Int),
        call: yen,
    },
    Function {
        name: "divide",
        style: Style::Plain,
        doc: "A quotient rounded to so many places by a named rule.",
        examples: &[("divide(1, 3, 4, 'half_up')", "0.3333"), ("divide(2, 3, 2, 'up')", "0.67")],
        n_arguments: (4, 4),
        check: |given| {
            let wanted = [Type::Decimal, Type::Decimal, Type::Int, Type::Text(Some(MODES))];
            fitting(given, &wanted, Type::Decimal)
        },
        call: divide,
    },
    Function {
        name: "min",
        style: Style::Plain,
        doc: "The smallest of its arguments.",
        examples: &[("min(3, 1, 2)", "1"), ("min(decimal('0.5'), 1)", "0.5")],
        n_arguments: (2, 8),
        check: same_kind,
        call: |values| extreme(values, std::cmp::Ordering::Less),
    },
    Function {
        name: "max",
        style: Style::Plain,
        doc: "The largest of its arguments.",
        examples: &[("max(3, 1, 2)", "3")],
        n_arguments: (2, 8),
        check: same_kind,
        call: |values| extreme(values, std::cmp::Ordering::Greater),
    },
    Function {
        name: "clamp",
        style: Style::Plain,
        doc: "A number, but not below the second and not above the third argument.",
        examples: &[("clamp(-5, 0, 10)", "0"), ("clamp(50, 0, 10)", "10")],
        n_arguments: (3, 3),
        check: same_kind,
        call: clamp,
    },
    Function {
        name: "tierOf",
        style: Style::Plain,
        doc: "The place, from 0, of the first limit that a number does not exceed; the number of \
              limits when it exceeds them all.",
        examples: &[
            ("tierOf(10, [10, 20, 50])", "0"),
            ("tierOf(decimal('10.001'), [10, 20, 50])", "1"),
            ("tierOf(51, [10, 20, 50])", "3"),
        ],
        n_arguments: (2, 2),
        check: |given| {
            fitting(given, &[Type::Decimal, Type::List(Box::new(Type::Decimal))], Type::Int)
        },
        call: tier_of,
    },
];

/// How a number may be rounded.
pub(super) const MODES: &[&str] = &["down", "up", "floor", "ceil", "half_up", "half_even"];

fn strategy(mode: &str) -> Result<RoundingStrategy, String> {
    match mode {
        "down" => Ok(RoundingStrategy::ToZero),
        "up" => Ok(RoundingStrategy::AwayFromZero),
        "floor" => Ok(RoundingStrategy::ToNegativeInfinity),
        "ceil" => Ok(RoundingStrategy::ToPositiveInfinity),
        "half_up" => Ok(RoundingStrategy::MidpointAwayFromZero),
        "half_even" => Ok(RoundingStrategy::MidpointNearestEven),
        _ => Err(format!("`{mode}` is no rounding; there are {}", MODES.join(", "))),
    }
}

fn int(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Int(number)] => Ok(Value::Int(*number)),
        [Value::Text(text)] => {
            text.parse().map(Value::Int).map_err(|_| format!("`{text}` is not a whole number"))
        }
        [Value::Decimal(number)] if number.is_integer() => {
            number.to_i64().map(Value::Int).ok_or_else(|| format!("`{number}` is too large"))
        }
        [Value::Decimal(number)] => Err(format!("`{number}` has a fraction: use `yen` or `round`")),
        _ => Err(unexpected("int")),
    }
}

fn decimal(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Text(text)] => Decimal::from_str_exact(text)
            .map(Value::Decimal)
            .map_err(|_| format!("`{text}` is not a decimal such as `0.1`")),
        [number] => number.as_decimal().map(Value::Decimal).ok_or_else(|| unexpected("decimal")),
        _ => Err(unexpected("decimal")),
    }
}

pub(super) fn rounded(number: Decimal, places: i64, mode: &str) -> Result<Decimal, String> {
    let places = u32::try_from(places)
        .ok()
        .filter(|it| *it <= Decimal::MAX_SCALE)
        .ok_or_else(|| format!("`{places}` is no number of decimal places"))?;
    Ok(number.round_dp_with_strategy(places, strategy(mode)?))
}

fn round(values: &[Value]) -> Result<Value, String> {
    match values {
        [number, Value::Int(places), Value::Text(mode)] => {
            let number = number.as_decimal().ok_or_else(|| unexpected("round"))?;
            rounded(number, *places, mode).map(Value::Decimal)
        }
        _ => Err(unexpected("round")),
    }
}

fn yen(values: &[Value]) -> Result<Value, String> {
    match values {
        [number, Value::Text(mode)] => {
            let number = number.as_decimal().ok_or_else(|| unexpected("yen"))?;
            let whole = rounded(number, 0, mode)?;
            whole.to_i64().map(Value::Int).ok_or_else(|| format!("`{whole}` yen are too many"))
        }
        _ => Err(unexpected("yen")),
    }
}

fn divide(values: &[Value]) -> Result<Value, String> {
    match values {
        [one, two, Value::Int(places), Value::Text(mode)] => {
            let one = one.as_decimal().ok_or_else(|| unexpected("divide"))?;
            let two = two.as_decimal().ok_or_else(|| unexpected("divide"))?;
            if two.is_zero() {
                return Err("division by zero".to_owned());
            }
            let quotient = one.checked_div(two).ok_or("the quotient is too large")?;
            rounded(quotient, *places, mode).map(Value::Decimal)
        }
        _ => Err(unexpected("divide")),
    }
}

fn same_kind(given: &[Type]) -> Result<Type, String> {
    let mut kind = Type::Any;
    for one in given {
        let ordered = one.is_number() || matches!(one, Type::Timestamp | Type::Duration);
        kind = kind
            .either(one)
            .filter(|_| ordered)
            .ok_or_else(|| "it takes numbers, instants or spans of time of one type".to_owned())?;
    }
    Ok(kind)
}

fn extreme(values: &[Value], wanted: std::cmp::Ordering) -> Result<Value, String> {
    let (first, rest) = values.split_first().ok_or_else(|| unexpected("min"))?;
    rest.iter().try_fold(first.clone(), |best, next| {
        let order = next.order(&best).ok_or_else(|| unexpected("min"))?;
        Ok(if order == wanted { next.clone() } else { best })
    })
}

fn clamp(values: &[Value]) -> Result<Value, String> {
    match values {
        [number, low, high] => {
            let at_least = extreme(&[number.clone(), low.clone()], std::cmp::Ordering::Greater)?;
            extreme(&[at_least, high.clone()], std::cmp::Ordering::Less)
        }
        _ => Err(unexpected("clamp")),
    }
}

fn tier_of(values: &[Value]) -> Result<Value, String> {
    match values {
        [number, Value::List(limits)] => {
            let mut place = 0_i64;
            for limit in &limits.items {
                if number.order(limit).ok_or_else(|| unexpected("tierOf"))?.is_le() {
                    break;
                }
                place += 1;
            }
            Ok(Value::Int(place))
        }
        _ => Err(unexpected("tierOf")),
    }
}
