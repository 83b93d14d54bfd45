//! Service calendars: when somebody can be reached, and in which language.
//!
//! A calendar is data: weekly hours, what national holidays do to them, days of the year that are
//! closed whatever the week says, and the languages spoken. All hours are those of the calendar's
//! own zone, whatever the zone of the tenant that asks.

mod holidays;
mod known;

use jiff::civil::{Time, Weekday};

pub use self::holidays::{FIRST_YEAR, Holiday, LAST_YEAR, holiday_on};
pub use self::known::{
    ALWAYS, KUMAMOTO_ON_SITE, KUMAMOTO_PHONE, NAMES, OKINAWA_HELP_DESK, UTM_VENDOR_SUPPORT, named,
};
use crate::problem::Problem;
use crate::reason::Reason;
use crate::text::{Language, Text};
use crate::time::{CivilDate, Period, TimeError, Timestamp, Zone};

/// The minutes of a day: the largest closing time.
const MINUTES_PER_DAY: u16 = 24 * 60;

/// How far ahead a calendar is searched: every yearly closure opens again within this.
const DAYS_AHEAD: usize = 400;

/// Why a calendar gives no answer. Never a silent open or closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No calendar of that name.
    #[error("there is no service calendar `{0}`")]
    Unknown(String),
    /// The table of national holidays does not know the year.
    #[error("the table of national holidays ends: it knows {FIRST_YEAR} to {LAST_YEAR}, not {0}")]
    NoHolidayTable(i16),
    /// The calendar does not open soon enough.
    #[error("the service calendar `{0}` does not open within {DAYS_AHEAD} days")]
    StaysClosed(String),
    /// The hours or closures contradict themselves.
    #[error("the service calendar `{name}` is not usable: {why}")]
    Unusable {
        /// The calendar.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Beyond the instants that can be represented, or an unknown zone.
    #[error(transparent)]
    Time(#[from] TimeError),
}

impl From<CalendarError> for Problem {
    fn from(error: CalendarError) -> Self {
        let text = error.to_string();
        match error {
            CalendarError::Unknown(name) => {
                Self::new(Reason::CalendarNotFound, text).with("calendar", name)
            }
            CalendarError::NoHolidayTable(year) => {
                Self::new(Reason::CalendarEnds, text).with("year", year)
            }
            CalendarError::StaysClosed(_) | CalendarError::Unusable { .. } => Self::internal(text),
            CalendarError::Time(error) => error.into(),
        }
    }
}

/// What national holidays and their substitutes do to a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolidayRule {
    /// Open like any other day of the week.
    Open,
    /// Closed.
    Closed,
}

/// Opening hours of one day of the week, in minutes after midnight; half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeeklyHours {
    /// The day.
    pub day: Weekday,
    /// 0 to 1439.
    pub opens_at_minute: u16,
    /// Later than the opening, up to 1440, which is midnight.
    pub closes_at_minute: u16,
}

/// A span of days of each year, both ends included; it may pass the end of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearlyClosure {
    /// First month and day.
    pub from: (i8, i8),
    /// Last month and day.
    pub to: (i8, i8),
}

/// Hours in which a language is spoken.
///
/// On a national holiday only the entry without hours holds: 平日 means a weekday that is no holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageHours {
    /// The language.
    pub language: Language,
    /// Its hours; none: whenever no other entry says otherwise.
    pub hours: Vec<WeeklyHours>,
}

/// The data of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarPlan {
    /// Name in files, tables and policies, such as `kumamoto_phone`.
    pub name: String,
    /// What it is the calendar of.
    pub title: Text,
    /// The zone of its hours.
    pub zone: Zone,
    /// The hours of a normal week; a day that is missing is closed.
    pub hours: Vec<WeeklyHours>,
    /// What national holidays do.
    pub holidays: HolidayRule,
    /// Days of each year that are closed whatever the week says.
    pub closures: Vec<YearlyClosure>,
    /// Where another language than Japanese is spoken; none: Japanese always.
    pub languages: Vec<LanguageHours>,
    /// Version of the data, such as `2021.1`.
    pub version: String,
}

/// When somebody can be reached, and in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCalendar {
    plan: CalendarPlan,
}

impl YearlyClosure {
    /// Whether the day lies in it.
    pub fn contains(self, day: CivilDate) -> bool {
        let at = (day.month(), day.day());
        if self.from <= self.to {
            self.from <= at && at <= self.to
        } else {
            self.from <= at || at <= self.to
        }
    }
}

impl ServiceCalendar {
    /// A calendar; its hours are put in order.
    ///
    /// # Errors
    /// [`CalendarError::Unusable`] when hours are empty, overlap or pass midnight, or when a closure
    /// names a day that no year has.
    pub fn new(mut plan: CalendarPlan) -> Result<Self, CalendarError> {
        check_hours(&plan.name, &mut plan.hours)?;
        for language in &mut plan.languages {
            check_hours(&plan.name, &mut language.hours)?;
        }
        // A leap year has every day that some year has.
        let exists = |(month, day): (i8, i8)| CivilDate::new(2020, month, day).is_ok();
        if plan.closures.iter().any(|closure| !exists(closure.from) || !exists(closure.to)) {
            return Err(CalendarError::Unusable {
                name: plan.name,
                why: "a closure names no day of the year",
            });
        }
        Ok(Self { plan })
    }

    /// Its data, with the hours in order.
    pub const fn plan(&self) -> &CalendarPlan {
        &self.plan
    }

    /// The periods of a day in which it is open, in order; none when it is closed.
    ///
    /// # Errors
    /// [`CalendarError::NoHolidayTable`] when the calendar closes on holidays and the year is not in
    /// the table.
    pub fn open_on(&self, day: CivilDate) -> Result<Vec<Period>, CalendarError> {
        if self.plan.closures.iter().any(|closure| closure.contains(day)) {
            return Ok(Vec::new());
        }
        match self.plan.holidays {
            HolidayRule::Closed if holiday_on(day)?.is_some() => Ok(Vec::new()),
            HolidayRule::Closed | HolidayRule::Open => self.periods(&self.plan.hours, day),
        }
    }

    /// Whether it is open at that instant. The instant of closing is closed.
    ///
    /// # Errors
    /// As [`ServiceCalendar::open_on`].
    pub fn is_open(&self, at: Timestamp) -> Result<bool, CalendarError> {
        let day = at.day_in(&self.plan.zone);
        Ok(self.open_on(day)?.into_iter().any(|period| period.contains(at)))
    }

    /// Whether it is open the whole time. Where one opening ends as the next begins, as at midnight, it stays open.
    ///
    /// # Errors
    /// As [`ServiceCalendar::open_on`].
    pub fn is_open_throughout(&self, period: Period) -> Result<bool, CalendarError> {
        let mut from = period.start();
        for _ in 0..DAYS_AHEAD {
            if from >= period.end() {
                return Ok(true);
            }
            let openings = self.open_on(from.day_in(&self.plan.zone))?;
            let Some(opening) = openings.into_iter().find(|opening| opening.contains(from)) else {
                return Ok(false);
            };
            from = opening.end();
        }
        Ok(false)
    }

    /// The first open instant at or after `at`: `at` itself when it is open.
    ///
    /// # Errors
    /// As [`ServiceCalendar::open_on`], or [`CalendarError::StaysClosed`].
    pub fn next_open(&self, at: Timestamp) -> Result<Timestamp, CalendarError> {
        let mut day = at.day_in(&self.plan.zone);
        for _ in 0..DAYS_AHEAD {
            if let Some(period) = self.open_on(day)?.into_iter().find(|period| at < period.end()) {
                return Ok(period.start().max(at));
            }
            day = day.tomorrow().map_err(|_| TimeError::OutOfRange)?;
        }
        Err(CalendarError::StaysClosed(self.plan.name.clone()))
    }

    /// The instant by which it was open for so many seconds, counted from `at`.
    ///
    /// Closed time does not count. When the seconds end with the opening hours, the answer is the
    /// instant of closing, not the next opening. No seconds, or fewer, give the next open instant.
    ///
    /// # Errors
    /// As [`ServiceCalendar::next_open`].
    pub fn plus_open_seconds(
        &self,
        at: Timestamp,
        seconds: i64,
    ) -> Result<Timestamp, CalendarError> {
        let mut from = self.next_open(at)?;
        let mut left = seconds.max(0).checked_mul(1_000_000).ok_or(TimeError::OutOfRange)?;
        for _ in 0..DAYS_AHEAD {
            let day = from.day_in(&self.plan.zone);
            for period in self.open_on(day)? {
                if from < period.end() {
                    let start = period.start().max(from);
                    let open = period.end().as_microseconds() - start.as_microseconds();
                    if left <= open {
                        return Ok(Timestamp::from_microseconds(start.as_microseconds() + left)?);
                    }
                    left -= open;
                }
            }
            let tomorrow = day.tomorrow().map_err(|_| TimeError::OutOfRange)?;
            from = self.next_open(Timestamp::start_of(tomorrow, &self.plan.zone)?)?;
        }
        Err(CalendarError::StaysClosed(self.plan.name.clone()))
    }

    /// The language spoken at that instant, whether it is open or not.
    ///
    /// # Errors
    /// [`CalendarError::NoHolidayTable`] when it speaks by the clock and the year is not in the
    /// table.
    pub fn language_at(&self, at: Timestamp) -> Result<Language, CalendarError> {
        if self.plan.languages.is_empty() {
            return Ok(Language::Ja);
        }
        let day = at.day_in(&self.plan.zone);
        if holiday_on(day)?.is_none() {
            for entry in &self.plan.languages {
                if self.periods(&entry.hours, day)?.into_iter().any(|period| period.contains(at)) {
                    return Ok(entry.language);
                }
            }
        }
        let otherwise = self.plan.languages.iter().find(|entry| entry.hours.is_empty());
        Ok(otherwise.map_or(Language::Ja, |entry| entry.language))
    }

    fn periods(&self, hours: &[WeeklyHours], day: CivilDate) -> Result<Vec<Period>, CalendarError> {
        hours
            .iter()
            .filter(|hours| hours.day == day.weekday())
            .map(|hours| {
                let opens = self.instant(day, hours.opens_at_minute)?;
                Ok(Period::new(opens, self.instant(day, hours.closes_at_minute)?)?)
            })
            .collect()
    }

    fn instant(&self, day: CivilDate, minute: u16) -> Result<Timestamp, CalendarError> {
        if minute >= MINUTES_PER_DAY {
            let tomorrow = day.tomorrow().map_err(|_| TimeError::OutOfRange)?;
            return Ok(Timestamp::start_of(tomorrow, &self.plan.zone)?);
        }
        let part = |value: u16| i8::try_from(value).map_err(|_| TimeError::OutOfRange);
        let time = Time::new(part(minute / 60)?, part(minute % 60)?, 0, 0)
            .map_err(|_| TimeError::OutOfRange)?;
        let zone = self.plan.zone.time_zone();
        let instant =
            zone.to_timestamp(day.to_datetime(time)).map_err(|_| TimeError::OutOfRange)?;
        Ok(Timestamp::new(instant))
    }
}

fn check_hours(name: &str, hours: &mut [WeeklyHours]) -> Result<(), CalendarError> {
    let unusable = |why| CalendarError::Unusable { name: name.to_owned(), why };
    hours.sort_by_key(|hours| (hours.day.to_monday_zero_offset(), hours.opens_at_minute));
    for hours in &*hours {
        if hours.opens_at_minute >= hours.closes_at_minute {
            return Err(unusable("hours must open before they close"));
        }
        if hours.closes_at_minute > MINUTES_PER_DAY {
            return Err(unusable("hours must not pass midnight"));
        }
    }
    let overlap = hours.iter().zip(hours.iter().skip(1)).any(|(earlier, later)| {
        earlier.day == later.day && later.opens_at_minute < earlier.closes_at_minute
    });
    if overlap { Err(unusable("hours of one day must not overlap")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An instant by the clock of Tokyo.
    fn jst(text: &str) -> Timestamp {
        format!("{}+09:00", text.replace(' ', "T")).parse().unwrap()
    }

    fn calendar(name: &str) -> ServiceCalendar {
        named(name).unwrap()
    }

    fn opens(name: &str, at: &str) -> Timestamp {
        calendar(name).next_open(jst(at)).unwrap()
    }

    #[test]
    fn the_kumamoto_phone_is_answered_from_nine_to_nine_holidays_included() {
        let phone = calendar(KUMAMOTO_PHONE);
        assert!(phone.is_open(jst("2020-10-05 09:00:00")).unwrap());
        assert!(phone.is_open(jst("2020-10-05 20:59:59")).unwrap());
        assert!(!phone.is_open(jst("2020-10-05 08:59:59")).unwrap());
        assert!(!phone.is_open(jst("2020-10-05 21:00:00")).unwrap());
        // A Sunday, and a national holiday on a Tuesday.
        assert!(phone.is_open(jst("2020-10-04 12:00:00")).unwrap());
        assert!(phone.is_open(jst("2020-11-03 12:00:00")).unwrap());
    }

    #[test]
    fn the_kumamoto_phone_is_silent_from_29_december_to_3_january() {
        assert_eq!(opens(KUMAMOTO_PHONE, "2020-12-28 21:00:00"), jst("2021-01-04 09:00:00"));
        assert_eq!(opens(KUMAMOTO_PHONE, "2020-12-31 12:00:00"), jst("2021-01-04 09:00:00"));
        assert_eq!(opens(KUMAMOTO_PHONE, "2021-01-03 20:00:00"), jst("2021-01-04 09:00:00"));
        assert_eq!(opens(KUMAMOTO_PHONE, "2020-12-28 20:59:59"), jst("2020-12-28 20:59:59"));
    }

    #[test]
    fn a_visit_has_to_lie_in_one_opening_from_its_first_to_its_last_instant() {
        let visit = |name, from, to| {
            let period = Period::new(jst(from), jst(to)).unwrap();
            calendar(name).is_open_throughout(period).unwrap()
        };
        let on_site = |from, to| visit(KUMAMOTO_ON_SITE, from, to);
        assert!(on_site("2020-10-05 09:00:00", "2020-10-05 21:00:00"));
        assert!(!on_site("2020-10-05 08:59:59", "2020-10-05 10:00:00"));
        assert!(!on_site("2020-10-05 20:00:00", "2020-10-05 21:00:01"));
        assert!(!on_site("2020-10-05 20:00:00", "2020-10-06 10:00:00"));
        assert!(!on_site("2020-12-29 10:00:00", "2020-12-29 11:00:00"));
        assert!(visit(ALWAYS, "2020-10-05 20:00:00", "2020-10-07 10:00:00"));
    }

    #[test]
    fn mail_goes_out_at_any_time() {
        assert_eq!(opens(ALWAYS, "2021-01-01 00:00:00"), jst("2021-01-01 00:00:00"));
        let deadline =
            calendar(ALWAYS).plus_open_seconds(jst("2020-12-31 23:30:00"), 3 * 86_400).unwrap();
        assert_eq!(deadline, jst("2021-01-03 23:30:00"));
    }

    #[test]
    fn the_okinawa_help_desk_is_closed_on_weekends_and_holidays() {
        // Friday evening; Tuesday 3 November 2020 is Culture Day.
        assert_eq!(opens(OKINAWA_HELP_DESK, "2020-10-30 17:00:00"), jst("2020-11-02 09:00:00"));
        assert_eq!(opens(OKINAWA_HELP_DESK, "2020-11-02 17:00:00"), jst("2020-11-04 09:00:00"));
        // Marine Day and Sports Day were moved to the Thursday and Friday before the Olympic games.
        assert_eq!(opens(OKINAWA_HELP_DESK, "2021-07-21 17:00:00"), jst("2021-07-26 09:00:00"));
        // Open between Christmas and the new year: the report names no closure.
        assert_eq!(opens(OKINAWA_HELP_DESK, "2020-12-29 08:00:00"), jst("2020-12-29 09:00:00"));
    }

    #[test]
    fn open_time_is_counted_across_closed_hours() {
        let desk = calendar(OKINAWA_HELP_DESK);
        let friday = jst("2020-10-30 16:50:00");
        assert_eq!(desk.plus_open_seconds(friday, 600).unwrap(), jst("2020-10-30 17:00:00"));
        assert_eq!(desk.plus_open_seconds(friday, 601).unwrap(), jst("2020-11-02 09:00:01"));
        // Ten minutes of Friday, eight hours of Monday, none of the holiday, the rest of Wednesday.
        assert_eq!(desk.plus_open_seconds(friday, 36_000).unwrap(), jst("2020-11-04 10:50:00"));
        assert_eq!(
            desk.plus_open_seconds(jst("2020-10-31 12:00:00"), 0).unwrap(),
            jst("2020-11-02 09:00:00")
        );
    }

    #[test]
    fn vendor_support_speaks_english_outside_the_hours_of_weekdays() {
        let vendor = calendar(UTM_VENDOR_SUPPORT);
        for (at, language) in [
            ("2020-10-05 09:00:00", Language::Ja),
            ("2020-10-05 17:59:59", Language::Ja),
            ("2020-10-05 18:00:00", Language::En),
            ("2020-10-04 12:00:00", Language::En),
            ("2020-11-03 12:00:00", Language::En),
        ] {
            assert_eq!(vendor.language_at(jst(at)).unwrap(), language, "{at}");
            assert!(vendor.is_open(jst(at)).unwrap(), "{at}");
        }
    }

    #[test]
    fn beyond_the_table_of_holidays_there_is_no_answer() {
        let at = jst("2036-01-07 12:00:00");
        assert_eq!(
            calendar(OKINAWA_HELP_DESK).is_open(at),
            Err(CalendarError::NoHolidayTable(2036))
        );
        assert_eq!(calendar(KUMAMOTO_PHONE).is_open(at), Ok(true));
    }

    #[test]
    fn a_calendar_that_contradicts_itself_is_refused() {
        let plan = calendar(ALWAYS).plan().clone();
        let hours = |opens_at_minute, closes_at_minute| WeeklyHours {
            day: Weekday::Monday,
            opens_at_minute,
            closes_at_minute,
        };
        for hours in
            [vec![hours(540, 540)], vec![hours(540, 1441)], vec![hours(600, 700), hours(540, 601)]]
        {
            assert!(ServiceCalendar::new(CalendarPlan { hours, ..plan.clone() }).is_err());
        }
        let closures = vec![YearlyClosure { from: (2, 30), to: (3, 1) }];
        assert!(ServiceCalendar::new(CalendarPlan { closures, ..plan.clone() }).is_err());
        let never = ServiceCalendar::new(CalendarPlan { hours: Vec::new(), ..plan }).unwrap();
        assert!(matches!(
            never.next_open(jst("2021-01-01 00:00:00")),
            Err(CalendarError::StaysClosed(_))
        ));
    }

    #[test]
    fn a_day_of_the_clock_change_keeps_its_wall_hours() {
        let plan = calendar(OKINAWA_HELP_DESK).plan().clone();
        let zone = Zone::named("Europe/Berlin").unwrap();
        let hours = vec![WeeklyHours {
            day: Weekday::Sunday,
            opens_at_minute: 0,
            closes_at_minute: MINUTES_PER_DAY,
        }];
        let berlin = ServiceCalendar::new(CalendarPlan { zone, hours, ..plan }).unwrap();
        let open = berlin.open_on(jiff::civil::date(2021, 3, 28)).unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].end().seconds_since(open[0].start()), 23 * 3600);
    }

    proptest! {
        #[test]
        fn the_next_opening_is_open_and_never_earlier(
            seconds in 1_546_300_800_i64..2_000_000_000, which in 0..NAMES.len()
        ) {
            let calendar = calendar(NAMES[which]);
            let at = Timestamp::from_microseconds(seconds * 1_000_000).unwrap();
            let next = calendar.next_open(at).unwrap();
            prop_assert!(next >= at);
            prop_assert!(calendar.is_open(next).unwrap());
            prop_assert_eq!(calendar.next_open(next).unwrap(), next);
            prop_assert_eq!(next == at, calendar.is_open(at).unwrap());
        }

        #[test]
        fn open_seconds_add_up(
            seconds in 1_546_300_800_i64..1_900_000_000, a in 0_i64..200_000, b in 0_i64..200_000
        ) {
            let desk = calendar(OKINAWA_HELP_DESK);
            let at = Timestamp::from_microseconds(seconds * 1_000_000).unwrap();
            let at_once = desk.plus_open_seconds(at, a + b).unwrap();
            let first = desk.plus_open_seconds(at, a).unwrap();
            let in_steps = desk.plus_open_seconds(first, b).unwrap();
            // The instant of closing and the next opening are the same open time.
            prop_assert_eq!(desk.next_open(at_once).unwrap(), desk.next_open(in_steps).unwrap());
        }
    }
}
