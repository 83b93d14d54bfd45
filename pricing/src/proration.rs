//! Which part of a period is charged: an exact fraction, rounded once when it meets an amount.
//!
//! The denominator is always the whole nominal period, never the part of it that somebody happened
//! to look at. Parts of a period add up to the period, and a day belongs to exactly one of them.

use tasuki_core::catalog::Proration;
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::time::{CivilDate, TimeError, Zone};

/// A part of a nominal period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    used: i64,
    whole: i64,
}

impl Fraction {
    /// All of it.
    pub const WHOLE: Self = Self { used: 1, whole: 1 };

    /// The units that were used: days, days of thirty-day months, or seconds.
    pub const fn used(self) -> i64 {
        self.used
    }

    /// The units of the whole nominal period.
    pub const fn whole(self) -> i64 {
        self.whole
    }

    /// Whether it is the whole period.
    pub const fn is_whole(self) -> bool {
        self.used == self.whole
    }

    /// Whether it is no part at all.
    pub const fn is_nothing(self) -> bool {
        self.used == 0
    }

    /// That part of an amount, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn of(self, amount: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        amount.prorated(self.used, self.whole, rounding)
    }
}

/// The part of a nominal period that the used spans make. The spans lie within the period and do
/// not overlap.
///
/// # Errors
/// [`TimeError::OutOfRange`] if the period is empty or beyond the calendar.
pub fn fraction(
    proration: Proration,
    nominal: DayPeriod,
    used: &[DayPeriod],
    zone: &Zone,
) -> Result<Fraction, TimeError> {
    if nominal.is_empty() {
        return Err(TimeError::OutOfRange);
    }
    match proration {
        Proration::None => {
            let any = used.iter().any(|span| !span.is_empty());
            Ok(Fraction { used: i64::from(any), whole: 1 })
        }
        Proration::ActualDays => Ok(Fraction {
            used: used.iter().map(|span| span.n_days()).sum(),
            whole: nominal.n_days(),
        }),
        Proration::ThirtyDays => Ok(Fraction {
            used: used.iter().map(|span| thirty_days(*span)).sum(),
            whole: thirty_days(nominal),
        }),
        Proration::Seconds => {
            let seconds = |span: DayPeriod| {
                span.in_zone(zone).map(|period| period.end().seconds_since(period.start()))
            };
            let used = used.iter().try_fold(0, |sum, span| Ok(sum + seconds(*span)?))?;
            Ok(Fraction { used, whole: seconds(nominal)? })
        }
    }
}

/// An amount in instalments: after each, what was charged so far is the rounded part of the whole, so
/// that they add up and none is off by more than the smallest unit.
///
/// # Errors
/// [`MoneyError::NoParts`] for no instalments.
pub fn instalments(
    amount: Money,
    n_instalments: u32,
    rounding: Rounding,
) -> Result<Vec<Money>, MoneyError> {
    if n_instalments == 0 {
        return Err(MoneyError::NoParts);
    }
    let mut before = amount.zero();
    (1..=n_instalments)
        .map(|n| {
            let so_far = amount.prorated(i64::from(n), i64::from(n_instalments), rounding)?;
            let part = so_far.minus(before)?;
            before = so_far;
            Ok(part)
        })
        .collect()
}

/// Days of a span in a calendar in which every month has thirty days; the 31st counts as the 30th.
fn thirty_days(span: DayPeriod) -> i64 {
    let count = |day: CivilDate| {
        let months = i64::from(day.year()) * 12 + i64::from(day.month());
        months * 30 + i64::from(day.day().min(30))
    };
    count(span.end()) - count(span.start())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(offset: i64) -> CivilDate {
        jiff::civil::date(2020, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap()
    }

    fn tokyo() -> Zone {
        Zone::named(Zone::TOKYO).unwrap()
    }

    #[test]
    fn a_day_without_midnight_in_a_zone_with_summer_time_is_still_a_day() {
        let zone = Zone::named("America/Sao_Paulo").unwrap();
        let nominal =
            DayPeriod::new(jiff::civil::date(2018, 11, 1), jiff::civil::date(2018, 12, 1)).unwrap();
        let whole = fraction(Proration::Seconds, nominal, &[nominal], &zone).unwrap();
        assert!(whole.is_whole());
        assert_eq!(whole.whole(), 30 * 86_400 - 3_600, "4 November 2018 had 23 hours");
    }

    proptest! {
        #[test]
        fn parts_of_a_period_make_the_period(
            start in 0_i64..2_000, length in 28_i64..400, cut in 0_i64..400,
            convention in prop::sample::select(vec![
                Proration::ActualDays, Proration::ThirtyDays, Proration::Seconds,
            ]),
        ) {
            let nominal = DayPeriod::new(day(start), day(start + length)).unwrap();
            let at = day(start + cut.min(length));
            let parts: Vec<_> =
                nominal.before_day(at).into_iter().chain(nominal.from_day(at)).collect();
            let of = |used: &[DayPeriod]| fraction(convention, nominal, used, &tokyo()).unwrap();
            prop_assert!(of(&parts).is_whole());
            let sum: i64 = parts.iter().map(|part| of(&[*part]).used()).sum();
            prop_assert_eq!(sum, of(&[nominal]).whole());
        }

        #[test]
        fn a_longer_part_never_costs_less(
            start in 0_i64..2_000, length in 28_i64..32, less in 0_i64..32, more in 0_i64..32,
            yen in 0_i64..100_000,
        ) {
            let nominal = DayPeriod::new(day(start), day(start + length)).unwrap();
            let cost = |n: i64| {
                let used = nominal.before_day(day(start + n.min(length)));
                let used: Vec<_> = used.into_iter().collect();
                fraction(Proration::ActualDays, nominal, &used, &tokyo())
                    .unwrap()
                    .of(Money::jpy(yen), Rounding::Down)
                    .unwrap()
            };
            prop_assert!(cost(less.min(more)) <= cost(less.max(more)));
        }
    }
}
