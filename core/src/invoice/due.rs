//! When an invoice is to be paid.

use jiff::Span;
use jiff::civil::Weekday;

use crate::calendar::{CalendarError, holiday_on};
use crate::time::{CivilDate, TimeError};

/// A customer has at least so many days: who is invoiced late in a month pays at the end of the next.
const DAYS_AT_LEAST: i64 = 14;

/// The longest run of closed days of a bank, twice over.
const CLOSED_DAYS_AT_MOST: usize = 20;

/// Why a day to pay by could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// The year is beyond the table of holidays.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The day is beyond the calendar.
    #[error(transparent)]
    Time(#[from] TimeError),
}

/// The day an invoice is to be paid by: the end of the month of its issue (月末締め翌月末払い, since
/// a month is invoiced on the first day of the next), or of the month after it when issued late in
/// the month; moved to the next day on which banks are open.
///
/// # Errors
/// [`DueError`].
pub fn due_on(issued_on: CivilDate) -> Result<CivilDate, DueError> {
    let span = Span::new().days(DAYS_AT_LEAST);
    let earliest = issued_on.checked_add(span).map_err(|_| TimeError::OutOfRange)?;
    let mut day = earliest.last_of_month();
    for _ in 0..CLOSED_DAYS_AT_MOST {
        if !is_bank_holiday(day)? {
            break;
        }
        day = day.tomorrow().map_err(|_| TimeError::OutOfRange)?;
    }
    Ok(day)
}

/// Weekends, national holidays, and the banks' own days at the turn of the year.
fn is_bank_holiday(day: CivilDate) -> Result<bool, CalendarError> {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_turn_of_year = matches!((day.month(), day.day()), (12, 31) | (1, 1..=3));
    Ok(is_weekend || is_turn_of_year || holiday_on(day)?.is_some())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_month_is_paid_by_the_end_of_the_next_on_a_day_of_the_banks() {
        for (issued_on, expected) in [
            (date(2021, 3, 1), date(2021, 3, 31)),
            (date(2021, 2, 1), date(2021, 3, 1)),
            (date(2021, 5, 1), date(2021, 5, 31)),
            (date(2024, 12, 1), date(2025, 1, 6)),
            (date(2021, 3, 20), date(2021, 4, 30)),
        ] {
            assert_eq!(due_on(issued_on), Ok(expected), "issued on {issued_on}");
        }
    }

    #[test]
    fn beyond_the_table_of_holidays_no_day_is_guessed() {
        assert!(due_on(date(2036, 3, 1)).is_err());
    }
}
