//! Instants of standard CEL: to the nanosecond, from the year 1 to the end of the year 9999.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, date};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The first second of the year 1.
const FIRST_SECOND: i64 = -62_135_596_800;
/// The first second after the year 9999.
const END_SECOND: i64 = 253_402_300_800;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An instant to the nanosecond, within the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    seconds: i64,
    nanos: i64,
}

/// The text is no instant, or the instant is out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InstantError(pub(crate) String);

fn out_of_range() -> InstantError {
    InstantError("the instant is out of range".to_owned())
}

impl Instant {
    /// From seconds since 1970-01-01T00:00:00Z and nanoseconds after them.
    ///
    /// # Errors
    /// When it does not lie in the years 1 to 9999.
    pub fn new(seconds: i64, nanos: i64) -> Result<Self, InstantError> {
        let carried = nanos.div_euclid(NANOS_PER_SECOND);
        let seconds = seconds.checked_add(carried).ok_or_else(out_of_range)?;
        if !(FIRST_SECOND..END_SECOND).contains(&seconds) {
            return Err(out_of_range());
        }
        Ok(Self { seconds, nanos: nanos.rem_euclid(NANOS_PER_SECOND) })
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds after the whole second.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// As `jiff` knows it; its instants end a day earlier.
    pub(crate) fn to_jiff(self) -> Option<Timestamp> {
        let nanos = i32::try_from(self.nanos).ok()?;
        Timestamp::new(self.seconds, nanos).ok()
    }

    /// From an instant of `jiff`.
    pub(crate) fn from_jiff(at: Timestamp) -> Result<Self, InstantError> {
        Self::new(at.as_second(), i64::from(at.subsec_nanosecond()))
    }

    /// Nanoseconds from an earlier instant; nothing when they are too many.
    pub(crate) fn nanos_since(self, earlier: Self) -> Option<i64> {
        let seconds = self.seconds.checked_sub(earlier.seconds)?;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(self.nanos - earlier.nanos)
    }

    /// Later by nanoseconds.
    pub(crate) fn plus(self, nanos: i64) -> Result<Self, InstantError> {
        Self::new(
            self.seconds
                .checked_add(nanos.div_euclid(NANOS_PER_SECOND))
                .ok_or_else(out_of_range)?,
            self.nanos + nanos.rem_euclid(NANOS_PER_SECOND),
        )
    }

    /// The day and time of the clock in a zone.
    pub(crate) fn civil_in(self, zone: &TimeZone) -> Option<DateTime> {
        let known = self.to_jiff().unwrap_or(Timestamp::MAX);
        let offset = i64::from(zone.to_offset(known).seconds());
        self.civil(offset)
    }

    fn civil(self, offset: i64) -> Option<DateTime> {
        let start = date(1970, 1, 1).at(0, 0, 0, 0);
        let nanos = i32::try_from(self.nanos).ok()?;
        start.checked_add(SignedDuration::new(self.seconds.checked_add(offset)?, nanos)).ok()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil(0) {
            Some(civil) => write!(f, "{civil}Z"),
            None => f.write_str("no instant"),
        }
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    /// From its RFC 3339 text.
    fn from_str(text: &str) -> Result<Self, InstantError> {
        let refused = || InstantError(format!("`{text}` is not an instant of RFC 3339"));
        let pieces = Pieces::parse(text).map_err(|_| refused())?;
        let time = pieces.time().ok_or_else(refused)?;
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        if pieces.offset().is_none() {
            return Err(refused());
        }
        let start = date(1970, 1, 1).at(0, 0, 0, 0);
        let since = pieces.date().to_datetime(time).duration_since(start);
        let seconds = since.as_secs() - i64::from(offset.seconds());
        Self::new(seconds, i64::from(since.subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_go_from_the_year_1_to_the_end_of_9999() {
        for text in [
            "9999-12-31T23:59:59.999999999Z",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "2009-02-13T23:31:30Z",
        ] {
            assert_eq!(text.parse::<Instant>().unwrap().to_string(), text);
        }
        let local: Instant = "2021-04-01T00:00:00+09:00".parse().unwrap();
        assert_eq!(local.to_string(), "2021-03-31T15:00:00Z");
        let last: Instant = "9999-12-31T23:59:59.999999999Z".parse().unwrap();
        assert!(last.plus(1).is_err());
        assert_eq!(last.plus(-1_000_000_000).unwrap().nanos_since(last), Some(-1_000_000_000));
        for text in ["", "2021-04-01", "2021-04-01T00:00:00", "10000-01-01T00:00:00Z", "x"] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }
}
