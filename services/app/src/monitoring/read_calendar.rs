//! Says what a service calendar means.

use tasuki_core::calendar::{self, CalendarPlan};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{CivilDate, Period, TimeError, Timestamp};

use crate::call::Call;
use crate::context::Context;

/// Days worked out at most: more than a year.
const MAX_DAYS: usize = 400;

/// What is asked of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarQuestion {
    /// Its name.
    pub name: String,
    /// The first day to work out; none works out none.
    pub from: Option<CivilDate>,
    /// The first day that is not worked out any more; left out, only the first.
    pub until: Option<CivilDate>,
    /// The instant to answer for; left out, real time.
    pub at: Option<Timestamp>,
}

/// What a calendar means for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarDay {
    /// The day, in the calendar's zone.
    pub day: CivilDate,
    /// The hours it is open.
    pub open: Vec<Period>,
    /// Name of the national holiday.
    pub holiday: Option<Text>,
}

/// What a calendar says about an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarAnswer {
    /// The instant.
    pub at: Timestamp,
    /// Whether it is open.
    pub open: bool,
    /// The language spoken then.
    pub language: Language,
    /// The first open instant at or after it.
    pub next_open_at: Timestamp,
}

/// A calendar and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarView {
    /// Its data.
    pub plan: CalendarPlan,
    /// The days asked for.
    pub days: Vec<CalendarDay>,
    /// What it says about the instant.
    pub answer: CalendarAnswer,
}

/// Works a calendar out.
///
/// # Errors
/// `CALENDAR_NOT_FOUND`; `CALENDAR_ENDS` beyond the table of holidays; `REQUEST_INVALID` for more
/// than 400 days.
pub fn read_calendar(
    ctx: &Context,
    call: &Call,
    question: &CalendarQuestion,
) -> Result<CalendarView, Problem> {
    call.require(ctx, Permission::Read)?;
    let calendar = calendar::named(&question.name)?;
    let mut days = Vec::new();
    if let Some(from) = question.from {
        let only = from.tomorrow().map_err(|_| TimeError::OutOfRange)?;
        let until = question.until.unwrap_or(only);
        let mut day = from;
        while day < until {
            if days.len() >= MAX_DAYS {
                let text = format!("must be at most {MAX_DAYS} days after `from`");
                return Err(Problem::invalid("until", text));
            }
            let holiday = calendar::holiday_on(day)?.map(|holiday| holiday.name.clone());
            days.push(CalendarDay { day, open: calendar.open_on(day)?, holiday });
            day = day.tomorrow().map_err(|_| TimeError::OutOfRange)?;
        }
    }
    let at = question.at.unwrap_or_else(|| ctx.clock.now());
    let answer = CalendarAnswer {
        at,
        open: calendar.is_open(at)?,
        language: calendar.language_at(at)?,
        next_open_at: calendar.next_open(at)?,
    };
    Ok(CalendarView { plan: calendar.plan().clone(), days, answer })
}
