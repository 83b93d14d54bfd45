//! Which packs, ladder and calendars hold for a tenant.

use tasuki_core::calendar::{KUMAMOTO_PHONE, OKINAWA_HELP_DESK};
use tasuki_core::escalation::{KUMAMOTO, OKINAWA};
use tasuki_core::tenant::Tenant;

/// The desk that looks after a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Desk {
    /// Prefecture of the main site by its JIS X 0401 code; none for the desk of everywhere else.
    prefecture: Option<&'static str>,
    /// Name of the triage pack.
    pub(crate) triage: &'static str,
    /// Name of the escalation pack.
    pub(crate) escalation: &'static str,
    /// Name of the ladder.
    pub(crate) ladder: &'static str,
    /// When customers are called.
    pub(crate) phone: &'static str,
    /// When customers can call.
    pub(crate) enquiries: &'static str,
}

/// The desk of Kumamoto (ESC-07).
const KUMAMOTO_DESK: Desk = Desk {
    prefecture: Some("43"),
    triage: "kumamoto",
    escalation: "ladder",
    ladder: KUMAMOTO,
    phone: KUMAMOTO_PHONE,
    enquiries: KUMAMOTO_PHONE,
};

/// The desk of Okinawa (ESC-08), and of everywhere that has none of its own.
const OKINAWA_DESK: Desk = Desk {
    prefecture: None,
    triage: "okinawa",
    escalation: "ladder",
    ladder: OKINAWA,
    phone: OKINAWA_HELP_DESK,
    enquiries: OKINAWA_HELP_DESK,
};

impl Desk {
    /// The desk of a tenant, by the prefecture of its main site.
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let main = tenant.prefecture();
        if main.is_some() && main == KUMAMOTO_DESK.prefecture {
            KUMAMOTO_DESK
        } else {
            OKINAWA_DESK
        }
    }
}
