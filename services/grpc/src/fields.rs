//! Fields of messages into domain types: what the contract's rules cannot say.

use std::str::FromStr;

use jiff::civil::Date;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Period, Timestamp, Zone};
use tasuki_proto::google::r#type::{Date as ProtoDate, Money as ProtoMoney};
use tasuki_proto::types::v1::{
    LocalizedText, Period as ProtoPeriod, Service as ProtoService, Severity as ProtoSeverity,
};

/// An id that must be there.
pub(crate) fn id<T>(field: &str, text: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: ToString,
{
    text.parse().map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}

/// An id that may be left out as an empty text.
pub(crate) fn optional_id<T>(field: &str, text: &str) -> Result<Option<T>, Problem>
where
    T: FromStr,
    T::Err: ToString,
{
    if text.is_empty() { Ok(None) } else { id(field, text).map(Some) }
}

/// An instant that may be left out.
pub(crate) fn optional_timestamp(
    field: &str,
    value: Option<prost_types::Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    value
        .map(|at| {
            jiff::Timestamp::new(at.seconds, at.nanos)
                .map(Timestamp::new)
                .map_err(|_| Problem::invalid(field, "is not an instant between years 1 and 9999"))
        })
        .transpose()
}

/// An instant that must be there.
pub(crate) fn timestamp(
    field: &str,
    value: Option<prost_types::Timestamp>,
) -> Result<Timestamp, Problem> {
    optional_timestamp(field, value)?.ok_or_else(|| Problem::invalid(field, "is required"))
}

/// A day that may be left out.
pub(crate) fn optional_day(field: &str, value: Option<ProtoDate>) -> Result<Option<Date>, Problem> {
    value
        .map(|day| {
            let part = |number: i32| i8::try_from(number).ok();
            i16::try_from(day.year)
                .ok()
                .zip(part(day.month).zip(part(day.day)))
                .and_then(|(year, (month, day))| Date::new(year, month, day).ok())
                .ok_or_else(|| Problem::invalid(field, "is not a day of the calendar"))
        })
        .transpose()
}

/// A day that must be there.
pub(crate) fn day(field: &str, value: Option<ProtoDate>) -> Result<Date, Problem> {
    optional_day(field, value)?.ok_or_else(|| Problem::invalid(field, "is required"))
}

/// Yen that may be left out. Fractions of a yen and other currencies are refused.
pub(crate) fn optional_money(
    field: &str,
    value: Option<ProtoMoney>,
) -> Result<Option<Money>, Problem> {
    value
        .map(|money| {
            if money.currency_code != "JPY" {
                return Err(Problem::invalid(field, "must be in `JPY`"));
            }
            if money.nanos != 0 {
                return Err(Problem::invalid(field, "must be whole yen: `nanos` must be 0"));
            }
            Ok(Money::jpy(money.units))
        })
        .transpose()
}

/// Yen that must be there.
pub(crate) fn money(field: &str, value: Option<ProtoMoney>) -> Result<Money, Problem> {
    optional_money(field, value)?.ok_or_else(|| Problem::invalid(field, "is required"))
}

/// A zone; Japan if left out.
pub(crate) fn zone(field: &str, name: &str) -> Result<Zone, Problem> {
    let name = if name.is_empty() { Zone::TOKYO } else { name };
    Zone::named(name).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// A month such as `2021-04`.
pub(crate) fn month(field: &str, text: &str) -> Result<Month, Problem> {
    text.parse()
        .map_err(|error: tasuki_core::time::TimeError| Problem::invalid(field, error.to_string()))
}

/// An exact ratio.
pub(crate) fn rate(field: &str, text: &str) -> Result<Rate, Problem> {
    text.parse().map_err(|error: tasuki_core::rate::ParseRateError| {
        Problem::invalid(field, error.to_string())
    })
}

/// A service; none for the unspecified one.
pub(crate) fn optional_service(field: &str, value: i32) -> Result<Option<Service>, Problem> {
    let known = ProtoService::try_from(value)
        .map_err(|_| Problem::invalid(field, "is not a service that this version knows"))?;
    Ok(match known {
        ProtoService::Unspecified => None,
        ProtoService::Utm => Some(Service::Utm),
        ProtoService::CloudWaf => Some(Service::CloudWaf),
        ProtoService::Edr => Some(Service::Edr),
        ProtoService::Diagnosis => Some(Service::Diagnosis),
        ProtoService::Training => Some(Service::Training),
        ProtoService::HelpDesk => Some(Service::HelpDesk),
        ProtoService::OnSiteResponse => Some(Service::OnSiteResponse),
        ProtoService::DataRecovery => Some(Service::DataRecovery),
    })
}

/// A service that must be there.
pub(crate) fn service(field: &str, value: i32) -> Result<Service, Problem> {
    optional_service(field, value)?.ok_or_else(|| Problem::invalid(field, "is required"))
}

/// Services, each of which must be there.
pub(crate) fn services(field: &str, values: &[i32]) -> Result<Vec<Service>, Problem> {
    values
        .iter()
        .enumerate()
        .map(|(at, value)| service(&format!("{field}[{at}]"), *value))
        .collect()
}

/// A severity; none for the unspecified one.
pub(crate) fn optional_severity(field: &str, value: i32) -> Result<Option<Severity>, Problem> {
    let known = ProtoSeverity::try_from(value)
        .map_err(|_| Problem::invalid(field, "is not a severity that this version knows"))?;
    Ok(match known {
        ProtoSeverity::Unspecified => None,
        ProtoSeverity::Information => Some(Severity::Information),
        ProtoSeverity::Low => Some(Severity::Low),
        ProtoSeverity::Medium => Some(Severity::Medium),
        ProtoSeverity::High => Some(Severity::High),
        ProtoSeverity::Critical => Some(Severity::Critical),
    })
}

/// The bounds of a period, each of which may be left out.
pub(crate) fn bounds(
    field: &str,
    value: Option<ProtoPeriod>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    let period = value.unwrap_or_default();
    let start = optional_timestamp(&format!("{field}.start"), period.start)?;
    let end = optional_timestamp(&format!("{field}.end"), period.end)?;
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(Problem::invalid(format!("{field}.end"), "must not be before `start`"));
    }
    Ok((start, end))
}

/// A period with both bounds.
pub(crate) fn period(field: &str, value: Option<ProtoPeriod>) -> Result<Period, Problem> {
    match bounds(field, value)? {
        (Some(start), Some(end)) => Ok(Period::new(start, end)?),
        (None, _) => Err(Problem::invalid(format!("{field}.start"), "is required")),
        (_, None) => Err(Problem::invalid(format!("{field}.end"), "is required")),
    }
}

/// A text in both languages; none when it was left out.
pub(crate) fn text(value: Option<LocalizedText>) -> Option<Text> {
    value.map(|text| Text::new(text.ja, text.en))
}

/// A text that may be left out as an empty one.
pub(crate) fn optional_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// What a list is asked for.
pub(crate) fn page(size: i32, token: String) -> tasuki_app::paging::PageRequest {
    tasuki_app::paging::PageRequest {
        size: u64::try_from(size).unwrap_or(0),
        after: (!token.is_empty()).then_some(token),
    }
}
