//! Instants, days in Japan and spans of time. The present is the fact `now`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tasuki_core::time::Timestamp;

use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::value::{Value, japan};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "timestamp",
        style: Style::Plain,
        doc: "An instant from its RFC 3339 text.",
        examples: &[("timestamp('2021-04-01T00:00:00+09:00')", "2021-03-31T15:00:00Z")],
        n_arguments: (1, 1),
        check: |given| fitting(given, &[Type::TEXT], Type::Timestamp),
        call: |values| match values {
            [Value::Text(text)] => text
                .parse()
                .map(Value::Timestamp)
                .map_err(|error: tasuki_core::time::TimeError| error.to_string()),
            _ => Err(unexpected("timestamp")),
        },
    },
    Function {
        name: "duration",
        style: Style::Plain,
        doc: "A span of time from its text, in hours, minutes, seconds, ms and us.",
        examples: &[
            ("duration('1h30m')", "5400s"),
            ("duration('24h') == duration('1440m')", "true"),
        ],
        n_arguments: (1, 1),
        check: |given| fitting(given, &[Type::TEXT], Type::Duration),
        call: |values| match values {
            [Value::Text(text)] => parse_duration(text).map(Value::Duration),
            _ => Err(unexpected("duration")),
        },
    },
    Function {
        name: "daysBetween",
        style: Style::Plain,
        doc: "Calendar days in Japan from the first instant to the second; negative when the \
              second is earlier.",
        examples: &[(
            "daysBetween(timestamp('2021-03-31T23:59:00+09:00'), timestamp('2021-04-01T00:00:00+09:00'))",
            "1",
        )],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::Timestamp, Type::Timestamp], Type::Int),
        call: |values| match values {
            [Value::Timestamp(one), Value::Timestamp(two)] => {
                days_between(*one, *two).map(Value::Int)
            }
            _ => Err(unexpected("daysBetween")),
        },
    },
    Function {
        name: "inPeriod",
        style: Style::Plain,
        doc: "Whether an instant lies in a period: the start belongs to it, the end does not.",
        examples: &[(
            "inPeriod(timestamp('2021-04-01T00:00:00Z'), timestamp('2021-04-01T00:00:00Z'), \
             timestamp('2022-04-01T00:00:00Z'))",
            "true",
        )],
        n_arguments: (3, 3),
        check: |given| {
            let at = Type::Timestamp;
            fitting(given, &[at.clone(), at.clone(), at], Type::Bool)
        },
        call: |values| match values {
            [Value::Timestamp(at), Value::Timestamp(from), Value::Timestamp(to)] => {
                Ok(Value::Bool(from <= at && at < to))
            }
            _ => Err(unexpected("inPeriod")),
        },
    },
];

/// Microseconds of a text such as `1h30m` or `-0.5s`.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let refused = || format!("`{text}` is not a span of time such as `24h` or `1h30m`");
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    if rest.is_empty() {
        return Err(refused());
    }
    let mut micros = Decimal::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits).ok_or_else(refused)?;
        let letters = after.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters).ok_or_else(refused)?;
        let worth: i64 = match unit {
            "h" => 3_600_000_000,
            "m" => 60_000_000,
            "s" => 1_000_000,
            "ms" => 1_000,
            "us" => 1,
            _ => return Err(refused()),
        };
        let number = Decimal::from_str_exact(number).map_err(|_| refused())?;
        let part = number.checked_mul(Decimal::from(worth)).ok_or_else(refused)?;
        micros = micros.checked_add(part).ok_or_else(refused)?;
        rest = after;
    }
    if !micros.is_integer() {
        return Err(format!("`{text}` is finer than a microsecond"));
    }
    micros.to_i64().and_then(|it| it.checked_mul(sign)).ok_or_else(refused)
}

pub(super) fn days_between(one: Timestamp, two: Timestamp) -> Result<i64, String> {
    let day = |at: Timestamp| japan().to_datetime(at.as_jiff()).date();
    let span = day(two).since(day(one)).map_err(|error| error.to_string())?;
    Ok(i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_exact_or_refused() {
        assert_eq!(parse_duration("24h"), Ok(86_400_000_000));
        assert_eq!(parse_duration("-1.5s"), Ok(-1_500_000));
        for text in ["", "-", "5", "h", "1d", "1h-", "0.0000001s", "999999999999h", "1..5s", "一h"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
