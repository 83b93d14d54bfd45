//! Alerts, incidents, notices, signs of life and usage: who has to do something, and when.
//!
//! See `monitoring/README.md` for what this folder owns and its invariants.

mod acknowledge_incident;
mod advance_service_request;
mod check_heartbeat;
mod desk;
mod escalate_incident;
pub(crate) mod etag;
mod facts;
mod judging;
mod open_incident;
mod open_service_request;
mod opening;
mod read_alerts;
mod read_calendar;
mod read_incidents;
mod read_notices;
mod read_usage;
mod record_verdict;
mod record_work;
mod report_alerts;
mod report_heartbeats;
mod report_usage;
mod resolve_incident;
pub(crate) mod rows;
mod scene;
pub(crate) mod scope;
mod send_notice;
mod telling;
mod time_out_rung;
pub(crate) mod token;

pub use acknowledge_incident::acknowledge_incident;
pub use advance_service_request::{AdvanceServiceRequest, advance_service_request};
pub use check_heartbeat::{SilenceDue, check_heartbeat};
pub use escalate_incident::{EscalateIncident, escalate_incident};
pub use open_incident::{OpenIncident, Opened, open_incident};
pub use open_service_request::{OpenServiceRequest, open_service_request};
pub use read_alerts::{AlertList, get_alert, list_alerts, summarize_alerts};
pub use read_calendar::{
    CalendarAnswer, CalendarDay, CalendarQuestion, CalendarView, read_calendar,
};
pub use read_incidents::{IncidentList, get_incident, list_incidents};
pub use read_notices::{NoticeList, list_notices};
pub use read_usage::{MeterView, UsageList, list_usage, summarize_usage};
pub use record_verdict::{RecordVerdict, record_verdict};
pub use record_work::{RecordWork, record_work};
pub use report_alerts::{AlertRow, Reported, report_alert, report_alerts};
pub use report_heartbeats::{HeartbeatRow, report_heartbeats};
pub use report_usage::{UsageRow, report_usage};
pub use resolve_incident::{ResolveIncident, resolve_incident};
pub use rows::{RowAnswer, RowOutcome};
pub use send_notice::{LastTry, NoticeDue, due_notice, notice_failed, notice_sent};
pub use tasuki_store::incidents::{Answered, Openness};
pub use time_out_rung::{RungDue, time_out_rung};

use serde::{Deserialize, Serialize};
use tasuki_core::alert::Alert;
use tasuki_core::decision::Decision;
use tasuki_core::id::ClaimId;
use tasuki_core::incident::Incident;

/// An alert as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// What triage by policy said; none until it has run.
    pub triage: Option<Decision>,
    /// Version of the record.
    pub version: i64,
}

/// An incident as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentView {
    /// The incident.
    pub incident: Incident,
    /// Why it has its severity and ladder; none when no pack was in force.
    pub decision: Option<Decision>,
    /// The claims made from it.
    pub claim_ids: Vec<ClaimId>,
    /// Version of the record.
    pub version: i64,
}
