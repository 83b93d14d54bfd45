//! What the services reported, and the figures of the reports' funnel.

#![expect(
    dead_code,
    reason = "every key is named so that an unknown one is refused; not all are played"
)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Text;

/// Counts by kind, in the words of the data.
pub(crate) type AlertCounts = BTreeMap<String, i64>;

/// O-tab 8.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UtmAlerts {
    pub(crate) n_total: i64,
    pub(crate) n_incidents: i64,
    pub(crate) totals: AlertCounts,
    pub(crate) verdicts: BTreeMap<String, String>,
    pub(crate) firms: Vec<UtmAlertRow>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UtmAlertRow {
    pub(crate) row: i32,
    pub(crate) firm: String,
    pub(crate) industry: String,
    pub(crate) alerts: AlertCounts,
    pub(crate) watched_from: Date,
    pub(crate) watched_until: Date,
}

/// O-tab 11.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WafDetections {
    pub(crate) n_total_in_text: i64,
    pub(crate) n_total_of_rows: i64,
    pub(crate) policies: Vec<WafPolicy>,
    pub(crate) firms: Vec<WafFirm>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WafPolicy {
    pub(crate) policy: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) detections: i64,
    pub(crate) intent: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WafFirm {
    pub(crate) firm: String,
    pub(crate) detections: i64,
    pub(crate) watched_from: Date,
    pub(crate) watched_until: Date,
}

/// O§7.3.3.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdrVerdicts {
    pub(crate) n_installed: i64,
    pub(crate) n_reporting: i64,
    pub(crate) verdicts: AlertCounts,
    pub(crate) review: EdrReview,
    pub(crate) firms: Vec<EdrFirm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdrReview {
    pub(crate) n_reviewed: i64,
    pub(crate) n_false_positive: i64,
    pub(crate) n_infected: i64,
    pub(crate) reasons: Vec<EdrReason>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdrReason {
    pub(crate) reason: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) endpoints: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EdrFirm {
    pub(crate) firm: String,
    pub(crate) installed: i32,
    pub(crate) reporting: i32,
    pub(crate) no_sign: i64,
    pub(crate) suspected: i64,
    pub(crate) feared: i64,
}

/// O-tab 15 and 16.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiagnosisTable {
    pub(crate) web: DiagnosisKind,
    pub(crate) platform: DiagnosisKind,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiagnosisKind {
    pub(crate) n_firms_diagnosed: i64,
    pub(crate) n_firms_by_worst_severity: AlertCounts,
    pub(crate) n_findings: i64,
    pub(crate) findings: Vec<FindingRow>,
    pub(crate) firms: Vec<FirmFindings>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingRow {
    pub(crate) severity: String,
    pub(crate) category: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) count: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirmFindings {
    pub(crate) firm: String,
    pub(crate) worst: String,
    pub(crate) findings: Vec<FirmFinding>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirmFinding {
    pub(crate) severity: String,
    pub(crate) category: String,
    pub(crate) count: i64,
}

/// Kumamoto's UTMs that went silent (N§3.8).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfflineUtm {
    pub(crate) n_calls: i64,
    pub(crate) utms: Vec<SilentUtm>,
    pub(crate) boundary_cases: Vec<SilentUtm>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilentUtm {
    pub(crate) id: String,
    pub(crate) name: Text,
    pub(crate) industry: String,
    pub(crate) service: super::Wanted,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) evaluated_at: Timestamp,
    pub(crate) offline_seconds: i64,
    pub(crate) is_offline_24h: bool,
    #[serde(default)]
    pub(crate) mail_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) call_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) restored_at: Option<Timestamp>,
    pub(crate) case: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recruiting {
    pub(super) okinawa: OkinawaRecruiting,
    /// Not played.
    #[serde(rename = "kumamoto")]
    _kumamoto: IgnoredAny,
}

/// Only the funnel is played; how the firms were found is not.
#[derive(Debug, Deserialize)]
pub(super) struct OkinawaRecruiting {
    pub(super) funnel: Funnel,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Funnel {
    #[serde(rename = "firms")]
    _firms: IgnoredAny,
    pub(super) services: Vec<FunnelFigures>,
}

/// O-tab 3.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunnelFigures {
    pub(crate) service: String,
    pub(crate) applied: i64,
    pub(crate) not_provided: i64,
    pub(crate) provided: i64,
}
