//! Messages about service calendars into questions, and calendars into messages.

use jiff::civil::Weekday;
use tasuki_app::monitoring::{CalendarDay, CalendarQuestion, CalendarView};
use tasuki_core::calendar::{CalendarPlan, HolidayRule, LanguageHours, WeeklyHours, YearlyClosure};
use tasuki_core::problem::Problem;
use tasuki_proto::incident::v1 as proto;

use super::notices::language;
use crate::{fields, words};

pub(crate) fn question(
    message: proto::GetServiceCalendarRequest,
) -> Result<CalendarQuestion, Problem> {
    Ok(CalendarQuestion {
        from: fields::optional_day("from", message.from)?,
        until: fields::optional_day("until", message.until)?,
        at: fields::optional_timestamp("at", message.at)?,
        name: message.name,
    })
}

pub(crate) fn answer(view: &CalendarView) -> proto::GetServiceCalendarResponse {
    proto::GetServiceCalendarResponse {
        calendar: Some(calendar(&view.plan)),
        days: view.days.iter().map(day).collect(),
        answer: Some(proto::CalendarAnswer {
            at: Some(words::timestamp(view.answer.at)),
            open: view.answer.open,
            language: language(view.answer.language).into(),
            next_open_at: Some(words::timestamp(view.answer.next_open_at)),
        }),
    }
}

fn calendar(plan: &CalendarPlan) -> proto::ServiceCalendar {
    let holidays = match plan.holidays {
        HolidayRule::Open => proto::HolidayRule::Open,
        HolidayRule::Closed => proto::HolidayRule::Closed,
    };
    proto::ServiceCalendar {
        name: plan.name.clone(),
        title: Some(words::text(&plan.title)),
        zone: plan.zone.name().to_owned(),
        hours: plan.hours.iter().copied().map(hours).collect(),
        holidays: holidays.into(),
        closures: plan.closures.iter().copied().map(closure).collect(),
        languages: plan.languages.iter().map(language_hours).collect(),
        version: plan.version.clone(),
    }
}

fn hours(hours: WeeklyHours) -> proto::WeeklyHours {
    let day = match hours.day {
        Weekday::Monday => proto::Weekday::Monday,
        Weekday::Tuesday => proto::Weekday::Tuesday,
        Weekday::Wednesday => proto::Weekday::Wednesday,
        Weekday::Thursday => proto::Weekday::Thursday,
        Weekday::Friday => proto::Weekday::Friday,
        Weekday::Saturday => proto::Weekday::Saturday,
        Weekday::Sunday => proto::Weekday::Sunday,
    };
    proto::WeeklyHours {
        day: day.into(),
        opens_at_minute: hours.opens_at_minute.into(),
        closes_at_minute: hours.closes_at_minute.into(),
    }
}

fn closure(closure: YearlyClosure) -> proto::YearlyClosure {
    proto::YearlyClosure {
        from_month: closure.from.0.into(),
        from_day: closure.from.1.into(),
        to_month: closure.to.0.into(),
        to_day: closure.to.1.into(),
    }
}

fn language_hours(entry: &LanguageHours) -> proto::LanguageHours {
    proto::LanguageHours {
        language: language(entry.language).into(),
        hours: entry.hours.iter().copied().map(hours).collect(),
    }
}

fn day(day: &CalendarDay) -> proto::CalendarDay {
    proto::CalendarDay {
        day: Some(words::day(day.day)),
        open: day.open.iter().map(|period| words::period(*period)).collect(),
        holiday: day.holiday.as_ref().map(words::text),
    }
}
