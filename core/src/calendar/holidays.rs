//! The national holidays of Japan (国民の祝日), with substitutes and the days between two holidays.
//!
//! The table is data (`core/data/holidays.csv`), since the law was changed for single years: the
//! enthronement of 2019 and the Olympic games of 2020 and 2021. The tests check it against the rules
//! of the law; `core/data/check_holidays.py` compares it with published lists.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::CalendarError;
use crate::text::Text;
use crate::time::CivilDate;

/// The first year of the table.
pub const FIRST_YEAR: i16 = 2019;
/// The last year of the table.
pub const LAST_YEAR: i16 = 2035;

const FILE: &str = include_str!("../../data/holidays.csv");

/// A national holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// What the day is called.
    pub name: Text,
}

static TABLE: LazyLock<BTreeMap<CivilDate, Holiday>> =
    LazyLock::new(|| FILE.lines().skip(1).filter_map(row).collect());

/// The holiday of a day, or `None` on other days.
///
/// # Errors
/// [`CalendarError::NoHolidayTable`] for a year that the table does not know: an unknown day is
/// neither a holiday nor a working day.
pub fn holiday_on(day: CivilDate) -> Result<Option<&'static Holiday>, CalendarError> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&day.year()) {
        Ok(TABLE.get(&day))
    } else {
        Err(CalendarError::NoHolidayTable(day.year()))
    }
}

/// One line: day, Japanese name, English name. No name holds a comma.
fn row(line: &str) -> Option<(CivilDate, Holiday)> {
    let mut cells = line.split(',');
    let (day, ja, en) = (cells.next()?, cells.next()?, cells.next()?);
    Some((day.parse().ok()?, Holiday { name: Text::new(ja, en) }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::{Weekday, date};

    use super::*;

    /// The n-th Monday of a month.
    fn monday(year: i16, month: i8, n: i8) -> CivilDate {
        date(year, month, 1).nth_weekday_of_month(n, Weekday::Monday).unwrap()
    }

    /// The day of the equinox by the usual approximation, exact for these years.
    fn equinox(year: i16, month: i8, millionths: i64) -> CivilDate {
        let years = i64::from(year) - 1980;
        let day = (millionths + 242_194 * years) / 1_000_000 - years / 4;
        date(year, month, i8::try_from(day).unwrap())
    }

    /// Articles 2 and the special laws for 2019 to 2021.
    fn named_days(year: i16) -> BTreeSet<CivilDate> {
        let mut days: BTreeSet<_> =
            [(1, 1), (2, 11), (4, 29), (5, 3), (5, 4), (5, 5), (11, 3), (11, 23)]
                .map(|(month, day)| date(year, month, day))
                .into();
        days.extend([monday(year, 1, 2), monday(year, 9, 3)]);
        days.extend([equinox(year, 3, 20_843_100), equinox(year, 9, 23_248_800)]);
        days.extend(match year {
            2020 => [date(year, 7, 23), date(year, 7, 24), date(year, 8, 10)],
            2021 => [date(year, 7, 22), date(year, 7, 23), date(year, 8, 8)],
            _ => [monday(year, 7, 3), monday(year, 10, 2), date(year, 8, 11)],
        });
        if year == 2019 {
            days.extend([date(2019, 5, 1), date(2019, 10, 22)]);
        } else {
            days.insert(date(year, 2, 23));
        }
        days
    }

    /// Article 3: the substitute for a holiday on a Sunday, and the day between two holidays.
    fn by_law(year: i16) -> BTreeSet<CivilDate> {
        let named = named_days(year);
        let mut all = named.clone();
        for day in &named {
            if day.weekday() == Weekday::Sunday {
                let mut substitute = day.tomorrow().unwrap();
                while named.contains(&substitute) {
                    substitute = substitute.tomorrow().unwrap();
                }
                all.insert(substitute);
            }
            let between = day.tomorrow().unwrap();
            if named.contains(&between.tomorrow().unwrap()) {
                all.insert(between);
            }
        }
        all
    }

    #[test]
    fn the_table_is_what_the_law_says() {
        for year in FIRST_YEAR..=LAST_YEAR {
            let ours: BTreeSet<_> =
                TABLE.keys().copied().filter(|day| day.year() == year).collect();
            assert_eq!(ours, by_law(year), "{year}");
        }
    }

    #[test]
    fn the_table_has_308_days_and_every_line_is_read() {
        assert_eq!(TABLE.len(), 308);
        assert_eq!(FILE.lines().count(), 309);
        assert!(TABLE.values().all(|holiday| !holiday.name.ja.is_empty()));
        assert!(FILE.lines().all(|line| line.matches(',').count() == 2));
    }

    #[test]
    fn special_days_have_their_names() {
        for (day, ja) in [
            (date(2019, 4, 30), "国民の休日"),
            (date(2019, 5, 6), "こどもの日の振替休日"),
            (date(2020, 7, 24), "スポーツの日"),
            (date(2021, 8, 9), "山の日の振替休日"),
            (date(2026, 9, 22), "国民の休日"),
        ] {
            assert_eq!(holiday_on(day).unwrap().unwrap().name.ja, ja);
        }
        // Without the Olympic games these would have been holidays.
        assert_eq!(holiday_on(date(2020, 10, 12)).unwrap(), None);
        assert_eq!(holiday_on(date(2021, 8, 11)).unwrap(), None);
        assert!(holiday_on(date(2018, 12, 31)).is_err());
    }
}
