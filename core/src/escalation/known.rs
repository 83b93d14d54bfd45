//! The ladders of the two pilots, as data.
//!
//! The reports name the rungs and the hours (ESC-06 to ESC-08) but no time in which somebody has to
//! answer: the patience of each rung is assumed, and written here alone.

use super::{Ladder, LadderError, Rung, RungPlan};
use crate::calendar::{KUMAMOTO_ON_SITE, KUMAMOTO_PHONE, OKINAWA_HELP_DESK};

/// Okinawa: office hours on weekdays.
pub const OKINAWA: &str = "okinawa";
/// Kumamoto: nine to nine, holidays included, closed at the end of the year.
pub const KUMAMOTO: &str = "kumamoto";

/// Every ladder that [`ladder_named`] knows.
pub const LADDER_NAMES: [&str; 2] = [OKINAWA, KUMAMOTO];

/// Assumed: half an hour until the help desk takes an incident.
const HELP_DESK_SECONDS: u32 = 30 * 60;
/// Assumed: one hour until an engineer connects.
const REMOTE_SECONDS: u32 = 60 * 60;
/// Assumed: four open hours until somebody is sent.
const ON_SITE_SECONDS: u32 = 4 * 60 * 60;
/// Assumed: eight open hours, one day of an office, for recovery and the insurer.
const RECOVERY_SECONDS: u32 = 8 * 60 * 60;

/// The ladder of that name.
///
/// # Errors
/// [`LadderError::Unknown`].
pub fn ladder_named(name: &str) -> Result<Ladder, LadderError> {
    let (phone, on_site) = match name {
        OKINAWA => (OKINAWA_HELP_DESK, OKINAWA_HELP_DESK),
        KUMAMOTO => (KUMAMOTO_PHONE, KUMAMOTO_ON_SITE),
        _ => return Err(LadderError::Unknown(name.to_owned())),
    };
    let plan = |rung, patience_seconds, calendar: &str| RungPlan {
        rung,
        patience_seconds,
        calendar: calendar.to_owned(),
    };
    Ladder::new(
        name,
        vec![
            plan(Rung::HelpDesk, HELP_DESK_SECONDS, phone),
            plan(Rung::Remote, REMOTE_SECONDS, phone),
            plan(Rung::OnSiteResponse, ON_SITE_SECONDS, on_site),
            plan(Rung::Recovery, RECOVERY_SECONDS, phone),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ladder_has_the_four_rungs() {
        for name in LADDER_NAMES {
            let ladder = ladder_named(name).unwrap();
            assert_eq!(ladder.rungs().iter().map(|plan| plan.rung).collect::<Vec<_>>(), Rung::ALL);
        }
        assert!(ladder_named("sapporo").is_err());
    }
}
