//! Numbers.

use std::cmp::Ordering;

use super::{Standard, double, no_overload, uint};
use crate::functions::Style;
use crate::value::{Dynamic, Value};

pub(super) const FUNCTIONS: &[Standard] = &[
    Standard::new("math.greatest", Style::Plain, |values| {
        extreme("math.greatest", values, Ordering::Greater)
    }),
    Standard::new("math.least", Style::Plain, |values| {
        extreme("math.least", values, Ordering::Less)
    }),
    Standard::new("math.ceil", Style::Plain, |values| of_double("math.ceil", values, f64::ceil)),
    Standard::new("math.floor", Style::Plain, |values| of_double("math.floor", values, f64::floor)),
    Standard::new("math.round", Style::Plain, |values| of_double("math.round", values, f64::round)),
    Standard::new("math.trunc", Style::Plain, |values| of_double("math.trunc", values, f64::trunc)),
    Standard::new("math.sqrt", Style::Plain, |values| match values {
        [Value::Int(_) | Value::Dynamic(Dynamic::Uint(_))] => {
            let number = super::named("double").ok_or("no `double`")?;
            of_double("math.sqrt", &[(number.call)(values)?], f64::sqrt)
        }
        _ => of_double("math.sqrt", values, f64::sqrt),
    }),
    Standard::new("math.isNaN", Style::Plain, |values| asked("math.isNaN", values, f64::is_nan)),
    Standard::new("math.isInf", Style::Plain, |values| {
        asked("math.isInf", values, f64::is_infinite)
    }),
    Standard::new("math.isFinite", Style::Plain, |values| {
        asked("math.isFinite", values, f64::is_finite)
    }),
    Standard::new("math.abs", Style::Plain, abs),
    Standard::new("math.sign", Style::Plain, sign),
    Standard::new("math.bitAnd", Style::Plain, |values| {
        bits("math.bitAnd", values, (|one, two| one & two, |one, two| one & two))
    }),
    Standard::new("math.bitOr", Style::Plain, |values| {
        bits("math.bitOr", values, (|one, two| one | two, |one, two| one | two))
    }),
    Standard::new("math.bitXor", Style::Plain, |values| {
        bits("math.bitXor", values, (|one, two| one ^ two, |one, two| one ^ two))
    }),
    Standard::new("math.bitNot", Style::Plain, |values| match values {
        [Value::Int(number)] => Ok(Value::Int(!number)),
        [Value::Dynamic(Dynamic::Uint(number))] => Ok(uint(!number)),
        _ => Err(no_overload("math.bitNot", values)),
    }),
    Standard::new("math.bitShiftLeft", Style::Plain, |values| {
        shifted("math.bitShiftLeft", values, u64::checked_shl)
    }),
    Standard::new("math.bitShiftRight", Style::Plain, |values| {
        shifted("math.bitShiftRight", values, u64::checked_shr)
    }),
];

/// The largest or smallest of numbers, or of a list of numbers.
fn extreme(name: &str, values: &[Value], wanted: Ordering) -> Result<Value, String> {
    let all = match values {
        [Value::List(list)] => list.items.as_slice(),
        all => all,
    };
    let number = |value: &Value| {
        matches!(value, Value::Int(_) | Value::Decimal(_))
            || matches!(value, Value::Dynamic(Dynamic::Uint(_) | Dynamic::Double(_)))
    };
    let (first, rest) = all.split_first().ok_or_else(|| no_overload(name, values))?;
    if !all.iter().all(number) {
        return Err(no_overload(name, values));
    }
    let mut best = first;
    for next in rest {
        if next.order(best) == Some(wanted) {
            best = next;
        }
    }
    Ok(best.clone())
}

fn of_double(name: &str, values: &[Value], change: fn(f64) -> f64) -> Result<Value, String> {
    match values {
        [Value::Dynamic(Dynamic::Double(number))] => Ok(double(change(*number))),
        _ => Err(no_overload(name, values)),
    }
}

fn asked(name: &str, values: &[Value], holds: fn(f64) -> bool) -> Result<Value, String> {
    match values {
        [Value::Dynamic(Dynamic::Double(number))] => Ok(Value::Bool(holds(*number))),
        _ => Err(no_overload(name, values)),
    }
}

fn abs(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Int(number)] => {
            number.checked_abs().map(Value::Int).ok_or_else(|| "the result is too large".to_owned())
        }
        [Value::Dynamic(Dynamic::Double(number))] => Ok(double(number.abs())),
        [value @ Value::Dynamic(Dynamic::Uint(_))] => Ok(value.clone()),
        _ => Err(no_overload("math.abs", values)),
    }
}

fn sign(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Int(number)] => Ok(Value::Int(number.signum())),
        [Value::Dynamic(Dynamic::Uint(number))] => Ok(uint((*number).min(1))),
        [Value::Dynamic(Dynamic::Double(number))] => {
            let zero = number.is_nan() || number.to_bits() << 1 == 0;
            Ok(double(if zero { *number } else { number.signum() }))
        }
        _ => Err(no_overload("math.sign", values)),
    }
}

type BothWays = (fn(i64, i64) -> i64, fn(u64, u64) -> u64);

fn bits(name: &str, values: &[Value], (signed, unsigned): BothWays) -> Result<Value, String> {
    match values {
        [Value::Int(one), Value::Int(two)] => Ok(Value::Int(signed(*one, *two))),
        [Value::Dynamic(Dynamic::Uint(one)), Value::Dynamic(Dynamic::Uint(two))] => {
            Ok(uint(unsigned(*one, *two)))
        }
        _ => Err(no_overload(name, values)),
    }
}

/// Shifts the bits; a sign is a bit like any other.
fn shifted(
    name: &str,
    values: &[Value],
    shift: fn(u64, u32) -> Option<u64>,
) -> Result<Value, String> {
    let (number, by) = match values {
        [Value::Int(number), Value::Int(by)] => (number.cast_unsigned(), *by),
        [Value::Dynamic(Dynamic::Uint(number)), Value::Int(by)] => (*number, *by),
        _ => return Err(no_overload(name, values)),
    };
    if by < 0 {
        return Err(format!("bits cannot be shifted by {by}"));
    }
    let given = u32::try_from(by).ok().and_then(|by| shift(number, by)).unwrap_or(0);
    Ok(if matches!(values, [Value::Int(_), _]) {
        Value::Int(given.cast_signed())
    } else {
        uint(given)
    })
}
