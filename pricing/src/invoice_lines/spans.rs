//! Which days a charge is for, and how a part of them is said.

use tasuki_core::catalog::{BillingCycle, Proration};
use tasuki_core::days::DayPeriod;
use tasuki_core::subscription::Subscription;
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Month, TimeError};

use crate::proration::Fraction;

/// Months of a year.
pub(super) const MONTHS_OF_YEAR: i32 = 12;

/// The period of a monthly fee that a month's invoice charges.
pub(super) fn nominal_month(
    cycle: BillingCycle,
    billed_from: CivilDate,
    month: Month,
) -> Result<Option<DayPeriod>, TimeError> {
    match cycle {
        BillingCycle::CalendarMonth => DayPeriod::of_month(month).map(Some),
        BillingCycle::Anniversary => {
            Ok(DayPeriod::starting_in(billed_from, 1, month)?.map(|(_, period)| period))
        }
    }
}

/// The day that the years of a yearly fee are counted from.
pub(super) fn year_anchor(anchor: Option<BillingCycle>, billed_from: CivilDate) -> CivilDate {
    match anchor.unwrap_or(BillingCycle::Anniversary) {
        BillingCycle::CalendarMonth => Month::of(billed_from).first_day(),
        BillingCycle::Anniversary => billed_from,
    }
}

/// The days that are left of some when those of suspensions are taken out.
pub(super) fn not_suspended(
    subscription: &Subscription,
    used: Option<DayPeriod>,
    span: DayPeriod,
) -> Vec<DayPeriod> {
    let mut left: Vec<_> = used.into_iter().collect();
    for pause in &subscription.pauses {
        let end = pause.until.unwrap_or(span.end()).max(pause.from);
        if let Ok(pause) = DayPeriod::new(pause.from, end) {
            left = left.into_iter().flat_map(|days| days.without(pause)).collect();
        }
    }
    left
}

/// Which part of a period was charged, in words.
pub(super) fn in_part(proration: Proration, part: Fraction) -> Text {
    let (used, whole) = (part.used(), part.whole());
    match proration {
        Proration::None | Proration::ActualDays => {
            Text::new(format!("日割り {used}/{whole}"), format!("For {used} of {whole} days"))
        }
        Proration::ThirtyDays => Text::new(
            format!("日割り {used}/{whole}（1か月を30日とする）"),
            format!("For {used} of {whole} days of a month of 30"),
        ),
        Proration::Seconds => {
            Text::new(format!("秒割り {used}/{whole}"), format!("For {used} of {whole} seconds"))
        }
    }
}
