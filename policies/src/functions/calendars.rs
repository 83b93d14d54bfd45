//! Days in Japan: dates, months, working days and waiting periods.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Span;
use jiff::civil::{Date, Weekday, date};
use tasuki_core::calendar::{self, FIRST_YEAR, LAST_YEAR, holiday_on};
use tasuki_core::time::Timestamp;

use super::times::days_between;
use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::value::{Key, Value, japan};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "date",
        style: Style::Plain,
        doc: "The start of a day in Japan: from `2021-04-01`, or of the day of an instant.",
        examples: &[
            ("date('2021-04-01')", "2021-03-31T15:00:00Z"),
            ("date(timestamp('2021-04-01T23:59:00+09:00')) == date('2021-04-01')", "true"),
        ],
        n_arguments: (1, 1),
        check: |given| match given {
            [Type::Text(_) | Type::Timestamp | Type::Any] => Ok(Type::Timestamp),
            _ => Err("it takes a day such as '2021-04-01' or an instant".to_owned()),
        },
        call: |values| match values {
            [Value::Text(text)] => {
                let day = text.parse().ok().filter(|_| text.len() == "2021-04-01".len());
                start_of(day.ok_or_else(|| format!("`{text}` is not a day such as `2021-04-01`"))?)
            }
            [Value::Timestamp(at)] => start_of(day_of(*at)),
            _ => Err(unexpected("date")),
        },
    },
    Function {
        name: "addMonths",
        style: Style::Plain,
        doc: "The same day and time in Japan so many months later, or the last day of a month that \
              is shorter.",
        examples: &[
            ("addMonths(date('2021-01-31'), 1) == date('2021-02-28')", "true"),
            ("addMonths(date('2021-04-01'), -12) == date('2020-04-01')", "true"),
        ],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::Timestamp, Type::Int], Type::Timestamp),
        call: add_months,
    },
    Function {
        name: "jst",
        style: Style::Plain,
        doc: "The parts of an instant in Japan: year, month, day, hour, minute, weekday and date, \
              as in `jst(now).hour`.",
        examples: &[
            ("jst(timestamp('2021-04-01T23:30:00Z')).hour", "8"),
            ("jst(timestamp('2021-04-01T23:30:00Z')).weekday", "friday"),
            ("jst(timestamp('2021-04-01T23:30:00Z')).date", "2021-04-02"),
        ],
        n_arguments: (1, 1),
        check: |given| fitting(given, &[Type::Timestamp], Type::Map),
        call: jst,
    },
    Function {
        name: "businessDays",
        style: Style::Plain,
        doc: "Working days in Japan after the day of the first instant, up to and including that of \
              the second. The calendar is 'japan', Monday to Friday but no national holidays, or one \
              of the service calendars.",
        examples: &[
            ("businessDays(date('2021-04-28'), date('2021-05-06'), 'japan')", "2"),
            ("businessDays(date('2021-05-06'), date('2021-04-28'), 'japan')", "-2"),
        ],
        n_arguments: (3, 3),
        check: |given| {
            let at = Type::Timestamp;
            fitting(given, &[at.clone(), at, Type::Text(Some(CALENDARS))], Type::Int)
        },
        call: business_days,
    },
    Function {
        name: "withinWaiting",
        style: Style::Plain,
        doc: "Whether a waiting period of so many calendar days in Japan, which starts with the day \
              of an instant, is not over yet at another instant. Before its start it is not over \
              either.",
        examples: &[
            ("withinWaiting(date('2021-04-01'), 30, date('2021-04-30'))", "true"),
            ("withinWaiting(date('2021-04-01'), 30, date('2021-05-01'))", "false"),
        ],
        n_arguments: (3, 3),
        check: |given| fitting(given, &[Type::Timestamp, Type::Int, Type::Timestamp], Type::Bool),
        call: |values| match values {
            [Value::Timestamp(start), Value::Int(days), Value::Timestamp(at)] => {
                if *days < 0 {
                    return Err("a waiting period is not negative".to_owned());
                }
                Ok(Value::Bool(days_between(*start, *at)? < *days))
            }
            _ => Err(unexpected("withinWaiting")),
        },
    },
];

/// What [`FUNCTIONS`]' `businessDays` can count by.
pub(super) const CALENDARS: &[&str] = &[
    "japan",
    calendar::ALWAYS,
    calendar::KUMAMOTO_PHONE,
    calendar::KUMAMOTO_ON_SITE,
    calendar::OKINAWA_HELP_DESK,
    calendar::UTM_VENDOR_SUPPORT,
];

/// The parts of an instant, and their types.
pub(crate) const PARTS: [(&str, Type); 7] = [
    ("year", Type::Int),
    ("month", Type::Int),
    ("day", Type::Int),
    ("hour", Type::Int),
    ("minute", Type::Int),
    ("weekday", Type::Text(Some(WEEKDAYS))),
    ("date", Type::TEXT),
];

const WEEKDAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// For each calendar and each day of the table of holidays: how many working days there were up to
/// and including it. Counting them one by one would make long periods costly.
static WORKED: LazyLock<BTreeMap<&str, Vec<i64>>> =
    LazyLock::new(|| CALENDARS.iter().map(|name| (*name, worked(name))).collect());

fn worked(name: &str) -> Vec<i64> {
    let service = calendar::named(name).ok();
    let mut counts = Vec::new();
    let mut n_days = 0;
    for day in first_day().series(Span::new().days(1)).take_while(|day| day.year() <= LAST_YEAR) {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let open = service.as_ref().map_or_else(
            || !weekend && holiday_on(day).is_ok_and(|holiday| holiday.is_none()),
            |calendar| calendar.open_on(day).is_ok_and(|periods| !periods.is_empty()),
        );
        n_days += i64::from(open);
        counts.push(n_days);
    }
    counts
}

const fn first_day() -> Date {
    date(FIRST_YEAR, 1, 1)
}

fn business_days(values: &[Value]) -> Result<Value, String> {
    let [Value::Timestamp(one), Value::Timestamp(two), Value::Text(name)] = values else {
        return Err(unexpected("businessDays"));
    };
    let counts = WORKED.get(name.as_ref()).ok_or_else(|| {
        format!("there is no calendar `{name}`; there are {}", CALENDARS.join(", "))
    })?;
    let until = |at: Timestamp| {
        let since = day_of(at).since(first_day()).map(|span| span.get_days());
        let place = since.ok().and_then(|days| usize::try_from(days).ok());
        place.and_then(|place| counts.get(place).copied()).ok_or_else(|| {
            format!("holidays are known from {FIRST_YEAR} to {LAST_YEAR}, not for {}", day_of(at))
        })
    };
    Ok(Value::Int(until(*two)? - until(*one)?))
}

fn day_of(at: Timestamp) -> Date {
    japan().to_datetime(at.as_jiff()).date()
}

fn start_of(day: Date) -> Result<Value, String> {
    let start = day.to_zoned(japan()).map_err(|error| error.to_string())?;
    Ok(Value::Timestamp(Timestamp::new(start.timestamp())))
}

fn add_months(values: &[Value]) -> Result<Value, String> {
    let [Value::Timestamp(at), Value::Int(months)] = values else {
        return Err(unexpected("addMonths"));
    };
    let span =
        Span::new().try_months(*months).map_err(|_| format!("{months} are too many months"))?;
    let moved = at.as_jiff().to_zoned(japan()).checked_add(span);
    let moved = moved.map_err(|_| "the instant is out of range".to_owned())?;
    Ok(Value::Timestamp(Timestamp::new(moved.timestamp())))
}

fn jst(values: &[Value]) -> Result<Value, String> {
    let [Value::Timestamp(at)] = values else { return Err(unexpected("jst")) };
    let local = japan().to_datetime(at.as_jiff());
    let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).ok();
    let weekday = weekday.and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or_default();
    let named = |name: &str, value: Value| (Key::Text(Arc::from(name)), value);
    Value::map(BTreeMap::from([
        named("year", Value::Int(i64::from(local.year()))),
        named("month", Value::Int(i64::from(local.month()))),
        named("day", Value::Int(i64::from(local.day()))),
        named("hour", Value::Int(i64::from(local.hour()))),
        named("minute", Value::Int(i64::from(local.minute()))),
        named("weekday", Value::text(weekday)),
        named("date", Value::text(&local.date().to_string())),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Value {
        start_of(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn working_days_are_those_of_the_table_of_holidays() {
        let days = |one, two, name| business_days(&[day(one), day(two), Value::text(name)]);
        let count = |one, two, name| days(one, two, name).unwrap().to_string();
        assert_eq!(count("2021-01-01", "2021-12-31", "japan"), "246");
        assert_eq!(count("2021-04-28", "2021-04-30", "japan"), "1", "29 April is a holiday");
        assert_eq!(count("2021-04-02", "2021-04-02", "japan"), "0");
        assert_eq!(count("2021-04-02", "2021-04-05", "always"), "3");
        assert!(days("2018-12-31", "2021-04-02", "japan").unwrap_err().contains("2019 to 2035"));
        assert!(days("2021-04-02", "2036-01-01", "japan").is_err());
    }
}
