//! Instants, days and periods.
//!
//! Instants are cut to microseconds when they are made, as PostgreSQL keeps them. Periods are half
//! open: the start belongs to them, the end does not.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// A calendar day, without a zone.
pub type CivilDate = Date;

/// An instant, exact to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// Why a date or instant cannot be represented or understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an instant in RFC 3339 form.
    #[error("`{0}` is not an instant such as `2021-04-01T00:00:00Z`")]
    Instant(String),
    /// Not a zone of the IANA database.
    #[error("`{0}` is not a time zone of the IANA database such as `Asia/Tokyo`")]
    Zone(String),
    /// Beyond the years −9999 to 9999.
    #[error("the date is out of range")]
    OutOfRange,
    /// The end of a period is before its start.
    #[error("a period must not end before it starts")]
    EndBeforeStart,
    /// Not a month in the form `2021-04`.
    #[error("`{0}` is not a month such as `2021-04`")]
    Month(String),
}

/// Where the present comes from; tests and simulated tenants bring their own.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// An instant, cut to microseconds.
    pub fn new(instant: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant))
    }

    /// The instant as `jiff` knows it.
    pub const fn as_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// An instant from microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn from_microseconds(microseconds: i64) -> Result<Self, TimeError> {
        jiff::Timestamp::from_microsecond(microseconds).map(Self).map_err(|_| TimeError::OutOfRange)
    }

    /// The start of a day in a zone.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn start_of(day: CivilDate, zone: &Zone) -> Result<Self, TimeError> {
        day.to_zoned(zone.time_zone())
            .map(|zoned| Self::new(zoned.timestamp()))
            .map_err(|_| TimeError::OutOfRange)
    }

    /// The calendar day in a zone.
    pub fn day_in(self, zone: &Zone) -> CivilDate {
        zone.time_zone().to_datetime(self.0).date()
    }

    /// Later (or, with a negative number, earlier) by seconds.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn plus_seconds(self, seconds: i64) -> Result<Self, TimeError> {
        self.0
            .checked_add(SignedDuration::from_secs(seconds))
            .map(Self)
            .map_err(|_| TimeError::OutOfRange)
    }

    /// Later by calendar days in a zone, at the same local time.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn plus_days_in(self, days: i64, zone: &Zone) -> Result<Self, TimeError> {
        let span = Span::new().try_days(days).map_err(|_| TimeError::OutOfRange)?;
        self.0
            .to_zoned(zone.time_zone())
            .checked_add(span)
            .map(|zoned| Self::new(zoned.timestamp()))
            .map_err(|_| TimeError::OutOfRange)
    }

    /// Whole seconds from `earlier` to this instant; negative if it is the other way round.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_secs()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self::new).map_err(|_| TimeError::Instant(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        jiff::Timestamp::deserialize(deserializer).map(Self::new)
    }
}

/// A zone of the IANA database. The name is kept, never an offset: offsets change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    time_zone: TimeZone,
}

impl Zone {
    /// Japan, where most tenants are.
    pub const TOKYO: &'static str = "Asia/Tokyo";

    /// A zone by its name.
    ///
    /// # Errors
    /// [`TimeError::Zone`] if the database does not know it.
    pub fn named(name: &str) -> Result<Self, TimeError> {
        let time_zone = TimeZone::get(name).map_err(|_| TimeError::Zone(name.to_owned()))?;
        Ok(Self { name: name.to_owned(), time_zone })
    }

    /// Its name, such as `Asia/Tokyo`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone as `jiff` knows it.
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone.clone()
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

/// Instants from a start, which belongs to it, to an end, which does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    start: Timestamp,
    end: Timestamp,
}

impl Period {
    /// A period; it may be empty.
    ///
    /// # Errors
    /// [`TimeError::EndBeforeStart`].
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, TimeError> {
        if end < start {
            return Err(TimeError::EndBeforeStart);
        }
        Ok(Self { start, end })
    }

    /// The first instant that belongs to it.
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// The first instant after it.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// Whether the instant belongs to it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: CivilDate,
}

impl Month {
    /// The month that a day lies in.
    pub fn of(day: CivilDate) -> Self {
        Self { first: day.first_of_month() }
    }

    /// Its first day.
    pub const fn first_day(self) -> CivilDate {
        self.first
    }

    /// Its last day.
    pub fn last_day(self) -> CivilDate {
        self.first.last_of_month()
    }

    /// The month after.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] after December 9999.
    pub fn next(self) -> Result<Self, TimeError> {
        let first =
            self.first.checked_add(Span::new().months(1)).map_err(|_| TimeError::OutOfRange)?;
        Ok(Self { first })
    }

    /// The number of its days.
    pub fn n_days(self) -> i64 {
        i64::from(self.first.days_in_month())
    }

    /// Its instants in a zone, half open.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn in_zone(self, zone: &Zone) -> Result<Period, TimeError> {
        Period::new(
            Timestamp::start_of(self.first, zone)?,
            Timestamp::start_of(self.next()?.first, zone)?,
        )
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let refused = || TimeError::Month(text.to_owned());
        let first: CivilDate = format!("{text}-01").parse().map_err(|_| refused())?;
        let month = Self { first };
        if month.to_string() == text { Ok(month) } else { Err(refused()) }
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_is_cut_to_microseconds_when_it_is_made() {
        assert_eq!(at("2021-04-01T00:00:00.123456789Z").to_string(), "2021-04-01T00:00:00.123456Z");
    }

    #[test]
    fn a_day_starts_at_midnight_of_its_own_zone() {
        let tokyo = Zone::named(Zone::TOKYO).unwrap();
        let start = Timestamp::start_of(jiff::civil::date(2021, 4, 1), &tokyo).unwrap();
        assert_eq!(start, at("2021-03-31T15:00:00Z"));
        assert_eq!(start.day_in(&tokyo), jiff::civil::date(2021, 4, 1));
    }

    #[test]
    fn a_period_holds_its_start_and_not_its_end() {
        let month = "2021-02".parse::<Month>().unwrap();
        let period = month.in_zone(&Zone::named("UTC").unwrap()).unwrap();
        assert!(period.contains(at("2021-02-01T00:00:00Z")));
        assert!(!period.contains(at("2021-03-01T00:00:00Z")));
        assert_eq!(month.n_days(), 28);
    }

    #[test]
    fn a_month_has_one_way_to_be_written() {
        for text in ["2021-4", "2021-13", "21-04", "2021-04-01", "", "2021-00"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
