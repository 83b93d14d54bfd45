//! Spans of calendar days, half open, and the one function that advances dates.
//!
//! Periods are counted from the original anchor and clamped to the length of the month, never from
//! the end of the period before: an anchor on the 31st stays one.

use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::time::{CivilDate, Month, Period, TimeError, Timestamp, Zone};

/// Seconds of a civil day; civil days have no zone and so no other length.
const SECONDS_PER_DAY: i64 = 86_400;

/// Days from a start, which belongs to the span, to an end, which does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct DayPeriod {
    start: CivilDate,
    end: CivilDate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    start: CivilDate,
    end: CivilDate,
}

impl From<DayPeriod> for Bounds {
    fn from(period: DayPeriod) -> Self {
        Self { start: period.start, end: period.end }
    }
}

impl TryFrom<Bounds> for DayPeriod {
    type Error = TimeError;

    fn try_from(bounds: Bounds) -> Result<Self, TimeError> {
        Self::new(bounds.start, bounds.end)
    }
}

impl DayPeriod {
    /// A span; it may be empty.
    ///
    /// # Errors
    /// [`TimeError::EndBeforeStart`].
    pub fn new(start: CivilDate, end: CivilDate) -> Result<Self, TimeError> {
        if end < start {
            return Err(TimeError::EndBeforeStart);
        }
        Ok(Self { start, end })
    }

    /// The days of a calendar month.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] after December 9999.
    pub fn of_month(month: Month) -> Result<Self, TimeError> {
        Self::new(month.first_day(), month.next()?.first_day())
    }

    /// Period `k` of a rhythm of months: from the anchor plus `k` times `months` to the anchor plus
    /// `k + 1` times `months`, each clamped to the length of its month.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] beyond the calendar, or if `months` is not positive.
    pub fn nth(anchor: CivilDate, months: i32, k: i32) -> Result<Self, TimeError> {
        if months <= 0 {
            return Err(TimeError::OutOfRange);
        }
        let next = k.checked_add(1).ok_or(TimeError::OutOfRange)?;
        Self::new(later(anchor, months, k)?, later(anchor, months, next)?)
    }

    /// The period of a rhythm of months that starts in the given calendar month, if one does, and
    /// its number. A rhythm of one month has exactly one in each month from the anchor's on.
    ///
    /// # Errors
    /// As [`DayPeriod::nth`].
    pub fn starting_in(
        anchor: CivilDate,
        months: i32,
        month: Month,
    ) -> Result<Option<(i32, Self)>, TimeError> {
        let first = month.first_day();
        let years = i32::from(first.year()) - i32::from(anchor.year());
        let distance = years * 12 + i32::from(first.month()) - i32::from(anchor.month());
        if months <= 0 {
            return Err(TimeError::OutOfRange);
        }
        if distance < 0 || distance % months != 0 {
            return Ok(None);
        }
        let k = distance / months;
        Self::nth(anchor, months, k).map(|period| Some((k, period)))
    }

    /// The first day.
    pub const fn start(self) -> CivilDate {
        self.start
    }

    /// The first day after it.
    pub const fn end(self) -> CivilDate {
        self.end
    }

    /// The number of its days.
    pub fn n_days(self) -> i64 {
        self.start.duration_until(self.end).as_secs() / SECONDS_PER_DAY
    }

    /// Whether it has no day.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the day belongs to it.
    pub fn contains(self, day: CivilDate) -> bool {
        self.start <= day && day < self.end
    }

    /// The days that belong to both, if there are any.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// The days from `start` on that belong to it, if there are any.
    #[must_use]
    pub fn from_day(self, start: CivilDate) -> Option<Self> {
        let start = self.start.max(start);
        (start < self.end).then_some(Self { start, end: self.end })
    }

    /// The days before `end` that belong to it, if there are any.
    #[must_use]
    pub fn before_day(self, end: CivilDate) -> Option<Self> {
        let end = self.end.min(end);
        (self.start < end).then_some(Self { start: self.start, end })
    }

    /// The days that belong to it and not to `other`: none, one or two spans, in order.
    pub fn without(self, other: Self) -> Vec<Self> {
        if self.overlap(other).is_none() {
            return if self.is_empty() { Vec::new() } else { vec![self] };
        }
        self.before_day(other.start).into_iter().chain(self.from_day(other.end)).collect()
    }

    /// Its instants in a zone.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn in_zone(self, zone: &Zone) -> Result<Period, TimeError> {
        Period::new(Timestamp::start_of(self.start, zone)?, Timestamp::start_of(self.end, zone)?)
    }
}

/// The anchor plus `k` times `months`, clamped to the length of the month it falls in.
fn later(anchor: CivilDate, months: i32, k: i32) -> Result<CivilDate, TimeError> {
    let n_months = i64::from(months) * i64::from(k);
    let span = Span::new().try_months(n_months).map_err(|_| TimeError::OutOfRange)?;
    anchor.checked_add(span).map_err(|_| TimeError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn days(start: CivilDate, end: CivilDate) -> DayPeriod {
        DayPeriod::new(start, end).unwrap()
    }

    #[test]
    fn an_anchor_on_the_31st_never_stops_and_never_drifts() {
        let starts: Vec<_> = (0..5)
            .map(|k| DayPeriod::nth(date(2024, 1, 31), 1, k).unwrap().start().to_string())
            .collect();
        assert_eq!(starts, ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]);
    }

    #[test]
    fn a_yearly_rhythm_starts_in_its_own_month_only() {
        let anchor = date(2020, 2, 29);
        let in_month = |text: &str| DayPeriod::starting_in(anchor, 12, text.parse().unwrap());
        assert_eq!(in_month("2021-01"), Ok(None));
        assert_eq!(in_month("2019-02"), Ok(None));
        let (k, period) = in_month("2021-02").unwrap().unwrap();
        assert_eq!((k, period), (1, days(date(2021, 2, 28), date(2022, 2, 28))));
    }

    #[test]
    fn taking_days_away_leaves_what_is_on_both_sides() {
        let february = days(date(2021, 2, 1), date(2021, 3, 1));
        let pause = days(date(2021, 2, 10), date(2021, 2, 20));
        let left: Vec<_> = february.without(pause).into_iter().map(DayPeriod::n_days).collect();
        assert_eq!(left, [9, 9]);
        assert_eq!(february.without(february), []);
        assert_eq!(february.without(days(date(2021, 3, 1), date(2021, 4, 1))), [february]);
    }

    #[test]
    fn a_span_that_ends_before_it_starts_is_not_read() {
        let text = r#"{"start":"2021-02-02","end":"2021-02-01"}"#;
        assert!(serde_json::from_str::<DayPeriod>(text).is_err());
    }

    proptest! {
        #[test]
        fn periods_of_a_rhythm_join_without_gap_or_overlap(
            offset in 0_i64..20_000, months in 1_i32..25, k in 0_i32..100,
        ) {
            let anchor = date(2000, 1, 1).checked_add(Span::new().days(offset)).unwrap();
            let this = DayPeriod::nth(anchor, months, k).unwrap();
            let next = DayPeriod::nth(anchor, months, k + 1).unwrap();
            prop_assert_eq!(this.end(), next.start());
            prop_assert!(this.n_days() >= i64::from(months) * 28);
        }

        /// Billing pitfalls #3 to #7: a zone shifts instants and nothing else. Periods follow each
        /// other without gap or overlap also where days have 23 or 25 hours, or are left out.
        #[test]
        fn a_zone_shifts_instants_and_leaves_no_gap(
            offset in 0_i64..9_000, k in 0_i32..60,
            zone in prop::sample::select(vec![
                "Asia/Tokyo", "UTC", "America/Anchorage", "America/Sao_Paulo", "Pacific/Apia",
                "Australia/Lord_Howe", "Europe/London", "Africa/Casablanca",
            ]),
        ) {
            let zone = Zone::named(zone).unwrap();
            let anchor = date(2000, 1, 1).checked_add(Span::new().days(offset)).unwrap();
            let (this, next) =
                (DayPeriod::nth(anchor, 1, k).unwrap(), DayPeriod::nth(anchor, 1, k + 1).unwrap());
            prop_assert_eq!(this.end(), next.start());
            let (here, there) = (this.in_zone(&zone).unwrap(), next.in_zone(&zone).unwrap());
            prop_assert_eq!(here.end(), there.start());
            prop_assert!(!here.contains(here.end()) && there.contains(here.end()));
            let days = this.n_days() * 86_400;
            let off = here.end().seconds_since(here.start()) - days;
            prop_assert!(off.abs() <= 26 * 3_600, "{off} seconds");
        }

        #[test]
        fn the_period_found_by_its_month_is_the_period_found_by_its_number(
            offset in 0_i64..20_000, months in 1_i32..25, k in 0_i32..100,
        ) {
            let anchor = date(2000, 1, 1).checked_add(Span::new().days(offset)).unwrap();
            let period = DayPeriod::nth(anchor, months, k).unwrap();
            let found = DayPeriod::starting_in(anchor, months, Month::of(period.start())).unwrap();
            prop_assert_eq!(found, Some((k, period)));
        }
    }
}
