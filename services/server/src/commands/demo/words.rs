//! Rust values into the words of the contracts, and back.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tasuki_proto::google::r#type as common;
use tasuki_proto::types::v1::{Acknowledgement, Language, LocalizedText, Period, Service};

use super::pilot::Text;

/// Both pilots are in Japan.
pub(crate) const ZONE: &str = "Asia/Tokyo";

/// An amount of yen.
pub(crate) fn yen(units: i64) -> common::Money {
    common::Money { currency_code: "JPY".to_owned(), units, nanos: 0 }
}

/// Whole yen of an amount; nothing is zero.
pub(crate) fn units(amount: Option<&common::Money>) -> i64 {
    amount.map_or(0, |amount| amount.units)
}

pub(crate) fn date(day: Date) -> common::Date {
    common::Date {
        year: i32::from(day.year()),
        month: i32::from(day.month()),
        day: i32::from(day.day()),
    }
}

pub(crate) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// An instant of an answer; none when it is absent or out of range.
pub(crate) fn instant(at: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok())
}

/// A time of day in Japan.
pub(crate) fn at(day: Date, hour: i8, minute: i8) -> anyhow::Result<Timestamp> {
    let time = Time::new(hour, minute, 0, 0)?;
    let zone = TimeZone::get(ZONE)?;
    Ok(day.to_datetime(time).to_zoned(zone)?.timestamp())
}

/// An instant as it is read in Japan.
pub(crate) fn local(at: Timestamp) -> anyhow::Result<Zoned> {
    Ok(at.in_tz(ZONE)?)
}

/// An instant as a report prints it: day and time in Japan.
pub(crate) fn shown(at: Option<Timestamp>) -> String {
    at.and_then(|at| local(at).ok())
        .map(|at| at.strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

pub(crate) fn period(from: Timestamp, until: Timestamp) -> Period {
    Period { start: Some(timestamp(from)), end: Some(timestamp(until)) }
}

pub(crate) fn localized(text: &Text) -> LocalizedText {
    LocalizedText { ja: text.ja.clone(), en: text.en.clone() }
}

/// A text of an answer.
pub(crate) fn text(text: Option<&LocalizedText>) -> Text {
    text.map_or_else(|| Text::new("", ""), |it| Text::new(it.ja.clone(), it.en.clone()))
}

/// Evidence that somebody was shown a text in Japanese and accepted it.
pub(crate) fn acknowledged(code: &str, version: &str, shown_at: Timestamp) -> Acknowledgement {
    Acknowledgement {
        code: code.to_owned(),
        document_version: version.to_owned(),
        language: Language::Ja.into(),
        shown_at: Some(timestamp(shown_at)),
        acknowledged_at: None,
        acknowledged_by: "代表者".to_owned(),
    }
}

/// What customers call a service.
pub(crate) fn service_name(service: Service) -> Text {
    match service {
        Service::Unspecified => Text::new("セット全体", "Bundle"),
        Service::Utm => Text::new("UTM", "UTM"),
        Service::CloudWaf => Text::new("クラウドWAF", "Cloud WAF"),
        Service::Edr => Text::new("簡易EDR", "Light EDR"),
        Service::Diagnosis => Text::new("簡易診断", "Diagnosis"),
        Service::Training => Text::new("メール訓練", "Mail training"),
        Service::HelpDesk => Text::new("相談窓口", "Help desk"),
        Service::OnSiteResponse => Text::new("駆け付け対応", "On-site response"),
        Service::DataRecovery => Text::new("データ復旧", "Data recovery"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_in_japan() {
        let nine = at(Date::constant(2020, 9, 16), 9, 0).unwrap();
        assert_eq!(nine.to_string(), "2020-09-16T00:00:00Z");
        assert_eq!(shown(Some(nine)), "2020-09-16 09:00");
    }
}
