//! From one type to another.

use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;

use super::{Standard, double, no_overload, uint};
use crate::functions::{self, Style};
use crate::value::{Dynamic, Value};

pub(super) const FUNCTIONS: &[Standard] = &[
    Standard::new("int", Style::Plain, int),
    Standard::new("uint", Style::Plain, to_uint),
    Standard::new("double", Style::Plain, to_double),
    Standard::new("string", Style::Plain, string),
    Standard::new("bytes", Style::Plain, bytes),
    Standard::new("bool", Style::Plain, boolean),
    Standard::new("dyn", Style::Plain, |values| match values {
        [value] => Ok(value.clone()),
        _ => Err(no_overload("dyn", values)),
    }),
    Standard::new("type", Style::Plain, |values| match values {
        [value] => Ok(Value::Dynamic(Dynamic::Type(Arc::from(type_of(value))))),
        _ => Err(no_overload("type", values)),
    }),
    Standard::new("size", Style::Both, size),
];

const RANGE: &str = "the number is out of range";

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null_type",
        Value::Timestamp(_) | Value::Dynamic(Dynamic::Instant(_)) => "google.protobuf.Timestamp",
        Value::Duration(_) | Value::Dynamic(Dynamic::Span(_)) => "google.protobuf.Duration",
        value => value.type_name(),
    }
}

fn int(values: &[Value]) -> Result<Value, String> {
    let refused = || RANGE.to_owned();
    match values {
        [Value::Dynamic(Dynamic::Uint(number))] => {
            i64::try_from(*number).map(Value::Int).map_err(|_| RANGE.to_owned())
        }
        [Value::Dynamic(Dynamic::Double(number))] => {
            // The ends themselves are refused: they cannot be told from numbers beyond them.
            let whole =
                number.to_i64().filter(|it| it.checked_abs().is_some_and(|it| it < i64::MAX));
            whole.map(Value::Int).ok_or_else(refused)
        }
        [Value::Dynamic(Dynamic::Instant(at))] => Ok(Value::Int(at.seconds())),
        [Value::Dynamic(Dynamic::Span(nanos))] => Ok(Value::Int(nanos / 1_000_000_000)),
        [Value::Int(_) | Value::Text(_) | Value::Decimal(_)] => {
            functions::named("int").map_or_else(|| Err(refused()), |it| (it.call)(values))
        }
        _ => Err(no_overload("int", values)),
    }
}

fn to_uint(values: &[Value]) -> Result<Value, String> {
    let refused = || RANGE.to_owned();
    match values {
        [Value::Dynamic(Dynamic::Uint(number))] => Ok(uint(*number)),
        [Value::Int(number)] => u64::try_from(*number).map(uint).map_err(|_| refused()),
        [Value::Dynamic(Dynamic::Double(number))] => {
            number.to_u64().filter(|it| *it < u64::MAX).map(uint).ok_or_else(refused)
        }
        [Value::Text(text)] => {
            text.parse().map(uint).map_err(|_| format!("`{text}` is not an unsigned number"))
        }
        _ => Err(no_overload("uint", values)),
    }
}

fn to_double(values: &[Value]) -> Result<Value, String> {
    let refused = || RANGE.to_owned();
    match values {
        [Value::Dynamic(Dynamic::Double(number))] => Ok(double(*number)),
        [Value::Int(number)] => number.to_f64().map(double).ok_or_else(refused),
        [Value::Dynamic(Dynamic::Uint(number))] => number.to_f64().map(double).ok_or_else(refused),
        [Value::Decimal(number)] => number.to_f64().map(double).ok_or_else(refused),
        [Value::Text(text)] => {
            text.parse().map(double).map_err(|_| format!("`{text}` is not a number"))
        }
        _ => Err(no_overload("double", values)),
    }
}

fn string(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Dynamic(Dynamic::Bytes(bytes))] => {
            let text = std::str::from_utf8(bytes).map_err(|_| "the bytes are not UTF-8")?;
            Value::made_text(text)
        }
        [Value::Null | Value::List(_) | Value::Map(_) | Value::Dynamic(Dynamic::Type(_))] => {
            Err(no_overload("string", values))
        }
        [value] => Value::made_text(&value.to_string()),
        _ => Err(no_overload("string", values)),
    }
}

fn bytes(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Text(text)] => Value::made_bytes(text.as_bytes()),
        [value @ Value::Dynamic(Dynamic::Bytes(_))] => Ok(value.clone()),
        _ => Err(no_overload("bytes", values)),
    }
}

fn boolean(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Bool(yes)] => Ok(Value::Bool(*yes)),
        [Value::Text(text)] => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(format!("`{text}` is neither true nor false")),
        },
        _ => Err(no_overload("bool", values)),
    }
}

fn size(values: &[Value]) -> Result<Value, String> {
    match values {
        [Value::Dynamic(Dynamic::Bytes(bytes))] => {
            i64::try_from(bytes.len()).map(Value::Int).map_err(|error| error.to_string())
        }
        [Value::Text(_) | Value::List(_) | Value::Map(_)] => {
            let own = functions::named("size");
            own.map_or_else(|| Err(no_overload("size", values)), |it| (it.call)(values))
        }
        _ => Err(no_overload("size", values)),
    }
}
