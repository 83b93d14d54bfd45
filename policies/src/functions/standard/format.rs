//! `'%s'.format([…])`.

use std::sync::Arc;

use super::no_overload;
use crate::value::{Dynamic, MAX_TEXT_BYTES, Value};

/// The most places behind the point.
const MAX_PRECISION: usize = 100;

/// Fills the gaps of a text in order.
pub(super) fn format(values: &[Value]) -> Result<Value, String> {
    let [Value::Text(text), Value::List(list)] = values else {
        return Err(no_overload("format", values));
    };
    let mut made = String::new();
    let mut items = list.items.iter();
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('%') {
            made.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = precision(rest)?;
        let clause = after.chars().next().ok_or("`%` needs a letter after it")?;
        rest = after.get(clause.len_utf8()..).unwrap_or_default();
        let item = items.next().ok_or("there are fewer values than gaps")?;
        made.push_str(&filled(clause, precision, item)?);
        if made.len() > MAX_TEXT_BYTES {
            return Err(format!("a text of more than {MAX_TEXT_BYTES} bytes"));
        }
    }
    made.push_str(rest);
    Value::made_text(&made)
}

/// The places behind the point that a gap asks for.
fn precision(rest: &str) -> Result<(usize, &str), String> {
    let Some(after) = rest.strip_prefix('.') else { return Ok((6, rest)) };
    let digits = after.find(|it: char| !it.is_ascii_digit()).unwrap_or(after.len());
    let (number, after) = after.split_at_checked(digits).unwrap_or((after, ""));
    let number = number.parse().ok().filter(|it| *it <= MAX_PRECISION);
    number.map(|it| (it, after)).ok_or_else(|| format!("at most {MAX_PRECISION} places"))
}

fn filled(clause: char, precision: usize, item: &Value) -> Result<String, String> {
    let refused = || format!("`%{clause}` does not take a {}", item.type_name());
    if let Value::Dynamic(Dynamic::Double(number)) = item
        && !number.is_finite()
        && matches!(clause, 'd' | 'e' | 'f')
    {
        return Ok(not_finite(*number).to_owned());
    }
    match clause {
        's' => shown(item),
        'd' => match item {
            Value::Int(_) | Value::Decimal(_) | Value::Dynamic(Dynamic::Uint(_)) => {
                Ok(item.to_string())
            }
            _ => Err(refused()),
        },
        'f' | 'e' => {
            let number = match item {
                Value::Dynamic(Dynamic::Double(number)) => *number,
                Value::Int(_) | Value::Dynamic(Dynamic::Uint(_)) => {
                    item.to_string().parse().map_err(|_| refused())?
                }
                _ => return Err(refused()),
            };
            Ok(if clause == 'f' {
                format!("{number:.precision$}")
            } else {
                scientific(number, precision)
            })
        }
        'b' => match item {
            Value::Bool(yes) => Ok(i32::from(*yes).to_string()),
            _ => in_base(item, |number| format!("{number:b}")).ok_or_else(refused),
        },
        'o' => in_base(item, |number| format!("{number:o}")).ok_or_else(refused),
        'x' | 'X' => {
            let small = match item {
                Value::Text(text) => hex::encode(text.as_bytes()),
                Value::Dynamic(Dynamic::Bytes(bytes)) => hex::encode(bytes),
                _ => in_base(item, |number| format!("{number:x}")).ok_or_else(refused)?,
            };
            Ok(if clause == 'X' { small.to_uppercase() } else { small })
        }
        _ => Err(format!("`%{clause}` is no way to write a value")),
    }
}

/// With an exponent of at least two digits.
fn scientific(number: f64, precision: usize) -> String {
    let plain = format!("{number:.precision$e}");
    let (digits, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
    let power: i32 = exponent.parse().unwrap_or_default();
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

fn in_base(item: &Value, write: fn(u64) -> String) -> Option<String> {
    match item {
        Value::Int(number) => {
            let sign = if *number < 0 { "-" } else { "" };
            Some(format!("{sign}{}", write(number.unsigned_abs())))
        }
        Value::Dynamic(Dynamic::Uint(number)) => Some(write(*number)),
        _ => None,
    }
}

const fn not_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number.is_sign_positive() {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Any value as text; the names of maps in the order of their texts.
fn shown(item: &Value) -> Result<String, String> {
    Ok(match item {
        Value::Dynamic(Dynamic::Double(number)) if !number.is_finite() => {
            not_finite(*number).to_owned()
        }
        Value::Dynamic(Dynamic::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Value::List(list) => {
            let all: Result<Vec<String>, String> = list.items.iter().map(shown).collect();
            format!("[{}]", all?.join(", "))
        }
        Value::Map(map) => {
            let mut all = Vec::with_capacity(map.entries.len());
            for (name, value) in &map.entries {
                all.push((shown(&name.to_value())?, shown(value)?));
            }
            all.sort();
            let all: Vec<String> =
                all.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{{{}}}", all.join(", "))
        }
        Value::Dynamic(Dynamic::Type(name)) => Arc::clone(name).to_string(),
        item => item.to_string(),
    })
}
