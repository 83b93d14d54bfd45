//! The service calendars of the two pilots, as data.

use jiff::civil::Weekday;

use super::{
    CalendarError, CalendarPlan, HolidayRule, LanguageHours, MINUTES_PER_DAY, ServiceCalendar,
    WeeklyHours, YearlyClosure,
};
use crate::text::{Language, Text};
use crate::time::Zone;

/// Mail: every hour of every day (ESC-07).
pub const ALWAYS: &str = "always";
/// Telephone of Kumamoto: 9:00 to 21:00, holidays included, except 29 December to 3 January (ESC-07).
pub const KUMAMOTO_PHONE: &str = "kumamoto_phone";
/// Visits in Kumamoto: the same hours as its telephone (ESC-07).
pub const KUMAMOTO_ON_SITE: &str = "kumamoto_on_site";
/// Help desk of Okinawa: weekdays 9:00 to 17:00, except national holidays (ESC-08).
pub const OKINAWA_HELP_DESK: &str = "okinawa_help_desk";
/// The UTM vendor's support: always, in English outside weekdays 9:00 to 18:00 (ESC-09).
pub const UTM_VENDOR_SUPPORT: &str = "utm_vendor_support";

/// Every calendar that [`named`] knows.
pub const NAMES: [&str; 5] =
    [ALWAYS, KUMAMOTO_PHONE, KUMAMOTO_ON_SITE, OKINAWA_HELP_DESK, UTM_VENDOR_SUPPORT];

const VERSION: &str = "2021.1";

const WEEKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

const YEAR_END: YearlyClosure = YearlyClosure { from: (12, 29), to: (1, 3) };

/// The calendar of that name.
///
/// # Errors
/// [`CalendarError::Unknown`], or [`CalendarError::Time`] when the zone database lacks Tokyo.
pub fn named(name: &str) -> Result<ServiceCalendar, CalendarError> {
    let plan = CalendarPlan {
        name: name.to_owned(),
        title: Text::default(),
        zone: Zone::named(Zone::TOKYO)?,
        hours: hours(&EVERY_DAY, 0, MINUTES_PER_DAY),
        holidays: HolidayRule::Open,
        closures: Vec::new(),
        languages: Vec::new(),
        version: VERSION.to_owned(),
    };
    ServiceCalendar::new(match name {
        ALWAYS => CalendarPlan { title: Text::new("24時間365日", "At any time"), ..plan },
        KUMAMOTO_PHONE => CalendarPlan {
            title: Text::new("熊本 電話による受付・お知らせ", "Kumamoto telephone"),
            hours: hours(&EVERY_DAY, 9 * 60, 21 * 60),
            closures: vec![YEAR_END],
            ..plan
        },
        KUMAMOTO_ON_SITE => CalendarPlan {
            title: Text::new("熊本 訪問サポート", "Kumamoto visits"),
            hours: hours(&EVERY_DAY, 9 * 60, 21 * 60),
            closures: vec![YEAR_END],
            ..plan
        },
        OKINAWA_HELP_DESK => CalendarPlan {
            title: Text::new("沖縄 相談窓口", "Okinawa help desk"),
            hours: hours(&WEEKDAYS, 9 * 60, 17 * 60),
            holidays: HolidayRule::Closed,
            ..plan
        },
        UTM_VENDOR_SUPPORT => CalendarPlan {
            title: Text::new("UTMメーカーのサポート", "UTM vendor's support"),
            languages: vec![
                LanguageHours { language: Language::Ja, hours: hours(&WEEKDAYS, 9 * 60, 18 * 60) },
                LanguageHours { language: Language::En, hours: Vec::new() },
            ],
            ..plan
        },
        _ => return Err(CalendarError::Unknown(name.to_owned())),
    })
}

fn hours(days: &[Weekday], opens_at_minute: u16, closes_at_minute: u16) -> Vec<WeeklyHours> {
    days.iter().map(|day| WeeklyHours { day: *day, opens_at_minute, closes_at_minute }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_no_other() {
        for name in NAMES {
            let calendar = named(name).unwrap();
            assert_eq!(calendar.plan().name, name);
            assert!(!calendar.plan().title.ja.is_empty());
        }
        assert_eq!(named("sapporo"), Err(CalendarError::Unknown("sapporo".to_owned())));
    }
}
