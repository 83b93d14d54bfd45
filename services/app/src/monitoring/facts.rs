//! What policies may know about an alert or an enquiry.

use tasuki_core::alert::{Alert, AlertKind, Detail, EdrLevel, SymptomKey, Verdict};
use tasuki_core::calendar;
use tasuki_core::escalation::Rung;
use tasuki_core::incident::Enquiry;
use tasuki_core::problem::Problem;
use tasuki_core::severity::Severity;
use tasuki_policies::facts::{self, AlertFacts, FactSet};
use tasuki_store::{alerts, heartbeats, incidents};

use super::scene::Scene;

/// C&C callbacks are counted over one day (ESC-01; the report names no window: assumed).
const CALLBACK_WINDOW_SECONDS: i64 = 24 * 60 * 60;

/// The same symptom is a recurrence within thirty days (ESC-10; assumed).
const RECURRENCE_WINDOW_SECONDS: i64 = 30 * 24 * 60 * 60;

/// More recurrences than this are not told apart.
const MAX_RECURRENCES: u64 = 1_000;

/// What happened to a symptom before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct History {
    /// Incidents of the same symptom in the window.
    pub(crate) n_before: u32,
    /// The rung on which the last of them was solved.
    pub(crate) last_rung: Option<Rung>,
}

impl Scene<'_> {
    /// What is known about an alert that is not stored yet, or whose verdict is looked at again.
    ///
    /// # Errors
    /// Of the store and of calendars.
    pub(crate) async fn alert_facts(
        &self,
        alert: &Alert,
        history: History,
    ) -> Result<FactSet, Problem> {
        let report = &alert.report;
        let kind = report.detail.kind();
        let verdict = alert.verdicts.iter().rev().find(|record| record.decision_id.is_none());
        let facts = AlertFacts {
            kind: Some(kind_word(kind)),
            service: Some(report.service),
            count: Some(i64::from(report.n_detections)),
            blocked: Some(report.blocked),
            soc_verdict: verdict.map(|record| verdict_word(record.verdict)),
            edr_verdict: edr_word(&report.detail),
            cc_callbacks_in_window: Some(self.callbacks(alert).await?),
            offline_seconds: self.offline_seconds(alert).await?,
            av_unresolved: Some(av_unresolved(&report.detail)),
            severity: severity_of(&report.detail),
            is_enquiry: Some(false),
            detected_at: Some(report.detected_at),
            ..self.common(history)?
        };
        Ok(FactSet::at(self.now()).with_alert(facts))
    }

    /// What is known about an enquiry.
    ///
    /// # Errors
    /// Of calendars.
    pub(crate) fn enquiry_facts(
        &self,
        enquiry: &Enquiry,
        (severity, history): (Option<Severity>, History),
    ) -> Result<FactSet, Problem> {
        let facts = AlertFacts {
            service: enquiry.service,
            severity: severity.map(severity_word),
            is_enquiry: Some(true),
            detected_at: Some(enquiry.noticed_at),
            ..self.common(history)?
        };
        Ok(FactSet::at(self.now()).with_alert(facts))
    }

    /// What happened to a symptom before.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn history(&self, symptom: Option<&SymptomKey>) -> Result<History, Problem> {
        let Some(symptom) = symptom else {
            return Ok(History { n_before: 0, last_rung: None });
        };
        let since = self.now().plus_seconds(-RECURRENCE_WINDOW_SECONDS)?;
        let before =
            incidents::of_symptom(self.tx, self.tenant_id(), symptom, since, MAX_RECURRENCES)
                .await?;
        Ok(History {
            n_before: u32::try_from(before.len()).unwrap_or(u32::MAX),
            last_rung: before.last().map(|stored| stored.incident.climb.rung()),
        })
    }

    fn common(&self, history: History) -> Result<AlertFacts, Problem> {
        let now = self.now();
        let open = |name| calendar::named(name).and_then(|calendar| calendar.is_open(now));
        Ok(AlertFacts {
            same_symptom_in_window: Some(i64::from(history.n_before)),
            last_rung: history.last_rung.map(rung_word),
            phone_open: Some(open(self.desk.phone)?),
            help_desk_open: Some(open(self.desk.enquiries)?),
            ..AlertFacts::default()
        })
    }

    /// C&C callbacks of the tenant within the window that ends with this alert, itself included.
    async fn callbacks(&self, alert: &Alert) -> Result<i64, Problem> {
        let kind = AlertKind::InternalMalwareComms;
        let until = alert.report.detected_at;
        let after = until.plus_seconds(-CALLBACK_WINDOW_SECONDS)?;
        let (tenant, others) = (self.tenant_id(), (kind, alert.id));
        let known = alerts::count_detections(self.tx, tenant, others, (after, until)).await?;
        let is_one = alert.report.detail.kind() == kind;
        let own = if is_one { i64::from(alert.report.n_detections) } else { 0 };
        Ok(known.saturating_add(own))
    }

    /// How long the device of an alert has been silent: since the last sign of life that anybody
    /// knows of.
    async fn offline_seconds(&self, alert: &Alert) -> Result<Option<i64>, Problem> {
        let Detail::DeviceOffline(offline) = &alert.report.detail else {
            return Ok(None);
        };
        let mut seen_at = offline.last_seen_at;
        if let Some(device) = &alert.report.device_id {
            let (tenant, service) = (self.tenant_id(), alert.report.service);
            if let Some(known) = heartbeats::lock(self.tx, tenant, service, device).await? {
                seen_at = seen_at.max(known.heartbeat.last_seen_at);
            }
        }
        Ok(Some(self.now().seconds_since(seen_at)))
    }
}

fn av_unresolved(detail: &Detail) -> i64 {
    match detail {
        Detail::AvUnresolved(unresolved) => i64::from(unresolved.n_unresolved),
        Detail::InboundAttack
        | Detail::InternalMalwareComms
        | Detail::BadSiteBlock
        | Detail::Malware
        | Detail::Endpoint
        | Detail::Other
        | Detail::WafDetection(_)
        | Detail::EdrVerdict(_)
        | Detail::DeviceOffline(_)
        | Detail::DiagnosisFinding(_) => 0,
    }
}

/// How bad the provider says it is; most kinds say nothing.
fn severity_of(detail: &Detail) -> Option<facts::Severity> {
    match detail {
        Detail::DiagnosisFinding(finding) => Some(severity_word(finding.severity)),
        Detail::EdrVerdict(verdict) => Some(match verdict.level {
            EdrLevel::None => facts::Severity::Information,
            EdrLevel::Suspected => facts::Severity::Medium,
            EdrLevel::Feared => facts::Severity::High,
        }),
        Detail::InboundAttack
        | Detail::InternalMalwareComms
        | Detail::BadSiteBlock
        | Detail::Malware
        | Detail::Endpoint
        | Detail::Other
        | Detail::WafDetection(_)
        | Detail::DeviceOffline(_)
        | Detail::AvUnresolved(_) => None,
    }
}

fn edr_word(detail: &Detail) -> Option<facts::EdrVerdict> {
    match detail {
        Detail::EdrVerdict(verdict) => Some(match verdict.level {
            EdrLevel::None => facts::EdrVerdict::None,
            EdrLevel::Suspected => facts::EdrVerdict::Suspected,
            EdrLevel::Feared => facts::EdrVerdict::Feared,
        }),
        Detail::InboundAttack
        | Detail::InternalMalwareComms
        | Detail::BadSiteBlock
        | Detail::Malware
        | Detail::Endpoint
        | Detail::Other
        | Detail::WafDetection(_)
        | Detail::DeviceOffline(_)
        | Detail::AvUnresolved(_)
        | Detail::DiagnosisFinding(_) => None,
    }
}

const fn kind_word(kind: AlertKind) -> facts::AlertKind {
    match kind {
        AlertKind::InboundAttack => facts::AlertKind::InboundAttack,
        AlertKind::InternalMalwareComms => facts::AlertKind::InternalMalwareComms,
        AlertKind::BadSiteBlock => facts::AlertKind::BadSiteBlock,
        AlertKind::Malware => facts::AlertKind::Malware,
        AlertKind::Endpoint => facts::AlertKind::Endpoint,
        AlertKind::Other => facts::AlertKind::Other,
        AlertKind::WafDetection => facts::AlertKind::WafDetection,
        AlertKind::EdrVerdict => facts::AlertKind::EdrVerdict,
        AlertKind::DeviceOffline => facts::AlertKind::DeviceOffline,
        AlertKind::AvUnresolved => facts::AlertKind::AvUnresolved,
        AlertKind::DiagnosisFinding => facts::AlertKind::DiagnosisFinding,
    }
}

const fn verdict_word(verdict: Verdict) -> facts::Verdict {
    match verdict {
        Verdict::BlockedAuto => facts::Verdict::BlockedAuto,
        Verdict::FalsePositive => facts::Verdict::FalsePositive,
        Verdict::ActionNeeded => facts::Verdict::ActionNeeded,
    }
}

const fn severity_word(severity: Severity) -> facts::Severity {
    match severity {
        Severity::Information => facts::Severity::Information,
        Severity::Low => facts::Severity::Low,
        Severity::Medium => facts::Severity::Medium,
        Severity::High => facts::Severity::High,
        Severity::Critical => facts::Severity::Critical,
    }
}

const fn rung_word(rung: Rung) -> facts::Rung {
    match rung {
        Rung::HelpDesk => facts::Rung::L1HelpDesk,
        Rung::Remote => facts::Rung::L2Remote,
        Rung::OnSiteResponse => facts::Rung::L3OnSiteResponse,
        Rung::Recovery => facts::Rung::L4Recovery,
    }
}

/// The rung of a policy's word.
pub(crate) fn rung_from(text: &str) -> Option<Rung> {
    Rung::ALL.into_iter().find(|rung| rung_word(*rung).as_str() == text)
}
