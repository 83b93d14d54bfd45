//! Instants and spans of time to the nanosecond, and their parts.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Standard, no_overload};
use crate::functions::Style;
use crate::value::{Dynamic, Instant, InstantError, Value};

pub(super) const FUNCTIONS: &[Standard] = &[
    Standard::new("timestamp", Style::Plain, timestamp),
    Standard::new("duration", Style::Plain, duration),
    Standard::new("getFullYear", Style::Member, |values| {
        part(values, ("getFullYear", |at| i64::from(at.year()), None))
    }),
    Standard::new("getMonth", Style::Member, |values| {
        part(values, ("getMonth", |at| i64::from(at.month()) - 1, None))
    }),
    Standard::new("getDate", Style::Member, |values| {
        part(values, ("getDate", |at| i64::from(at.day()), None))
    }),
    Standard::new("getDayOfMonth", Style::Member, |values| {
        part(values, ("getDayOfMonth", |at| i64::from(at.day()) - 1, None))
    }),
    Standard::new("getDayOfYear", Style::Member, |values| {
        part(values, ("getDayOfYear", |at| i64::from(at.day_of_year()) - 1, None))
    }),
    Standard::new("getDayOfWeek", Style::Member, |values| {
        let day = |at: DateTime| i64::from(at.weekday().to_sunday_zero_offset());
        part(values, ("getDayOfWeek", day, None))
    }),
    Standard::new("getHours", Style::Member, |values| {
        part(values, ("getHours", |at| i64::from(at.hour()), Some(|it| it / 3_600_000_000_000)))
    }),
    Standard::new("getMinutes", Style::Member, |values| {
        part(values, ("getMinutes", |at| i64::from(at.minute()), Some(|it| it / 60_000_000_000)))
    }),
    Standard::new("getSeconds", Style::Member, |values| {
        part(values, ("getSeconds", |at| i64::from(at.second()), Some(|it| it / 1_000_000_000)))
    }),
    Standard::new("getMilliseconds", Style::Member, |values| {
        let of_span = |it: i64| it / 1_000_000 % 1_000;
        part(values, ("getMilliseconds", |at| i64::from(at.millisecond()), Some(of_span)))
    }),
];

fn made(instant: Result<Instant, InstantError>) -> Result<Value, String> {
    instant.map(|at| Value::Dynamic(Dynamic::Instant(at))).map_err(|error| error.to_string())
}

fn timestamp(values: &[Value]) -> Result<Value, String> {
    match values {
        [value @ Value::Dynamic(Dynamic::Instant(_))] => Ok(value.clone()),
        [Value::Text(text)] => made(text.parse()),
        [Value::Int(seconds)] => made(Instant::new(*seconds, 0)),
        _ => Err(no_overload("timestamp", values)),
    }
}

fn duration(values: &[Value]) -> Result<Value, String> {
    match values {
        [value @ Value::Dynamic(Dynamic::Span(_))] => Ok(value.clone()),
        [Value::Text(text)] => nanoseconds(text).map(|nanos| Value::Dynamic(Dynamic::Span(nanos))),
        _ => Err(no_overload("duration", values)),
    }
}

/// Nanoseconds of a text such as `1h30m` or `-0.5s`.
fn nanoseconds(text: &str) -> Result<i64, String> {
    let refused = || format!("`{text}` is not a span of time such as `24h` or `1h30m`");
    let unsigned = text.strip_prefix(['-', '+']);
    let negative = text.starts_with('-');
    let mut rest = unsigned.unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    let mut nanos = Decimal::ZERO;
    if rest.is_empty() {
        return Err(refused());
    }
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits).ok_or_else(refused)?;
        let letters =
            after.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters).ok_or_else(refused)?;
        let worth: i64 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return Err(refused()),
        };
        let number = Decimal::from_str_exact(number).map_err(|_| refused())?;
        let part = number.checked_mul(Decimal::from(worth)).ok_or_else(refused)?;
        nanos = nanos.checked_add(part.trunc()).ok_or_else(refused)?;
        rest = after;
    }
    if negative {
        nanos = -nanos;
    }
    nanos.to_i64().ok_or_else(|| "the span of time is out of range".to_owned())
}

type Part = (&'static str, fn(DateTime) -> i64, Option<fn(i64) -> i64>);

/// A part of an instant in a zone, or of a span of time.
fn part(values: &[Value], (name, of_instant, of_span): Part) -> Result<Value, String> {
    match (values, of_span) {
        ([Value::Dynamic(Dynamic::Instant(at))], _) => {
            in_zone(*at, &TimeZone::UTC).map(|at| Value::Int(of_instant(at)))
        }
        ([Value::Dynamic(Dynamic::Instant(at)), Value::Text(zone)], _) => {
            in_zone(*at, &time_zone(zone)?).map(|at| Value::Int(of_instant(at)))
        }
        ([Value::Dynamic(Dynamic::Span(nanos))], Some(of_span)) => Ok(Value::Int(of_span(*nanos))),
        (_, _) => Err(no_overload(name, values)),
    }
}

fn in_zone(at: Instant, zone: &TimeZone) -> Result<DateTime, String> {
    at.civil_in(zone).ok_or_else(|| "the instant is out of range".to_owned())
}

/// A zone by its name, or by its distance from UTC such as `+09:00`.
fn time_zone(name: &str) -> Result<TimeZone, String> {
    let refused = || format!("`{name}` is no time zone");
    let Some((hours, minutes)) = name.split_once(':') else {
        return TimeZone::get(name).map_err(|_| refused());
    };
    let negative = hours.starts_with('-');
    let hours: i32 = hours.trim_start_matches(['-', '+']).parse().map_err(|_| refused())?;
    let minutes: i32 = minutes.parse().map_err(|_| refused())?;
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
        return Err(refused());
    }
    let seconds = (hours * 60 + minutes) * 60;
    let offset = Offset::from_seconds(if negative { -seconds } else { seconds });
    offset.map(TimeZone::fixed).map_err(|_| refused())
}
