//! Counts of alerts by service and kind: derived, never typed in (C-3, C-4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::kind::AlertKind;
use super::{Alert, Verdict};
use crate::id::{IncidentId, TenantId};
use crate::service::Service;

/// The counts of one service and kind.
///
/// `n_alerts` is always the sum of `n_awaiting`, `n_blocked_auto`, `n_false_positive` and
/// `n_action_needed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// The service.
    pub service: Service,
    /// The kind.
    pub kind: AlertKind,
    /// Rows taken in, repeats not counted.
    pub n_alerts: u64,
    /// Detections: the sum over the rows.
    pub n_detections: u64,
    /// Without a verdict.
    pub n_awaiting: u64,
    /// Stopped by the service.
    pub n_blocked_auto: u64,
    /// No attack.
    pub n_false_positive: u64,
    /// A person has to act.
    pub n_action_needed: u64,
    /// With a verdict that a person gave.
    pub n_reviewed_by_soc: u64,
    /// That the customer was told about.
    pub n_notified: u64,
    /// Incidents, each counted once.
    pub n_incidents: u64,
    /// Tenants, each counted once.
    pub n_tenants: u64,
    /// The same by level, for kinds that have one; the least first.
    pub levels: Vec<LevelCount>,
}

/// How many alerts have a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelCount {
    /// The level, such as `feared` or `critical`.
    pub level: String,
    /// Rows with it.
    pub n_alerts: u64,
    /// Detections with it.
    pub n_detections: u64,
    /// Tenants whose highest level this is: each tenant is counted once (C-7).
    pub n_tenants_highest: u64,
}

/// Counts alerts one by one.
#[derive(Debug, Clone, Default)]
pub struct AlertSummary {
    rows: BTreeMap<(Service, AlertKind), Counting>,
}

#[derive(Debug, Clone, Default)]
struct Counting {
    n_alerts: u64,
    n_detections: u64,
    n_awaiting: u64,
    n_blocked_auto: u64,
    n_false_positive: u64,
    n_action_needed: u64,
    n_reviewed_by_soc: u64,
    n_notified: u64,
    incidents: BTreeSet<IncidentId>,
    tenants: BTreeMap<TenantId, Option<u8>>,
    levels: BTreeMap<u8, LevelCount>,
}

impl AlertSummary {
    /// Counts one alert.
    pub fn add(&mut self, alert: &Alert) {
        let key = (alert.report.service, alert.report.detail.kind());
        let row = self.rows.entry(key).or_default();
        let n_detections = u64::from(alert.report.n_detections);
        row.n_alerts += 1;
        row.n_detections += n_detections;
        match alert.verdict() {
            None => row.n_awaiting += 1,
            Some(Verdict::BlockedAuto) => row.n_blocked_auto += 1,
            Some(Verdict::FalsePositive) => row.n_false_positive += 1,
            Some(Verdict::ActionNeeded) => row.n_action_needed += 1,
        }
        row.n_reviewed_by_soc += u64::from(alert.is_reviewed_by_a_person());
        row.n_notified += u64::from(alert.notified_at.is_some());
        row.incidents.extend(alert.state.incident_id());
        let level = alert.report.detail.level();
        let highest = row.tenants.entry(alert.report.tenant_id).or_default();
        *highest = (*highest).max(level.map(|(place, _)| place));
        if let Some((place, word)) = level {
            let count = row.levels.entry(place).or_insert_with(|| LevelCount {
                level: word.to_owned(),
                n_alerts: 0,
                n_detections: 0,
                n_tenants_highest: 0,
            });
            count.n_alerts += 1;
            count.n_detections += n_detections;
        }
    }

    /// The rows, in the order of services and kinds.
    pub fn rows(self) -> Vec<SummaryRow> {
        self.rows.into_iter().map(|((service, kind), row)| row.finish(service, kind)).collect()
    }
}

impl Extend<Alert> for AlertSummary {
    fn extend<I: IntoIterator<Item = Alert>>(&mut self, alerts: I) {
        for alert in alerts {
            self.add(&alert);
        }
    }
}

impl Counting {
    fn finish(self, service: Service, kind: AlertKind) -> SummaryRow {
        let mut levels = self.levels;
        for place in self.tenants.values().flatten() {
            if let Some(count) = levels.get_mut(place) {
                count.n_tenants_highest += 1;
            }
        }
        SummaryRow {
            service,
            kind,
            n_alerts: self.n_alerts,
            n_detections: self.n_detections,
            n_awaiting: self.n_awaiting,
            n_blocked_auto: self.n_blocked_auto,
            n_false_positive: self.n_false_positive,
            n_action_needed: self.n_action_needed,
            n_reviewed_by_soc: self.n_reviewed_by_soc,
            n_notified: self.n_notified,
            n_incidents: size(self.incidents.len()),
            n_tenants: size(self.tenants.len()),
            levels: levels.into_values().collect(),
        }
    }
}

/// A length as a count; no machine holds more than fits.
fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::NoAction;
    use super::super::kind::{Detail, EdrLevel, EdrVerdict};
    use super::super::tests::{alert, judgement};
    use super::*;

    fn edr(tenant: u128, level: EdrLevel) -> Alert {
        let mut alert = alert();
        alert.report.tenant_id = TenantId::from(Uuid::from_u128(tenant));
        alert.report.service = Service::Edr;
        alert.report.detail = Detail::EdrVerdict(EdrVerdict { level, agent_version: None });
        alert
    }

    #[test]
    fn each_tenant_is_counted_once_at_its_highest_level() {
        let mut summary = AlertSummary::default();
        summary.extend([
            edr(1, EdrLevel::None),
            edr(1, EdrLevel::Feared),
            edr(2, EdrLevel::Suspected),
            edr(2, EdrLevel::None),
            edr(3, EdrLevel::None),
        ]);
        let rows = summary.rows();
        assert_eq!(rows.len(), 1);
        let highest: Vec<_> =
            rows[0].levels.iter().map(|l| (l.level.as_str(), l.n_tenants_highest)).collect();
        assert_eq!(highest, [("none", 1), ("suspected", 1), ("feared", 1)]);
        assert_eq!(rows[0].n_tenants, 3);
    }

    #[test]
    fn the_verdicts_add_up_to_the_alerts() {
        let mut settled = alert();
        settled.settle(NoAction::BlockedAuto, judgement()).unwrap();
        settled.report.n_detections = 39;
        let mut summary = AlertSummary::default();
        summary.extend([alert(), settled]);
        let row = summary.rows().remove(0);
        assert_eq!((row.n_alerts, row.n_detections), (2, 40));
        assert_eq!((row.n_awaiting, row.n_blocked_auto, row.n_incidents), (1, 1, 0));
        assert_eq!(row.n_reviewed_by_soc, 1);
    }
}
