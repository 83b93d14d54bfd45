//! Providers report what they detect, and the SOC looks at what waits for it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use tasuki_proto::alert::v1 as proto;
use tasuki_proto::alert::v1::{AlertState, ReportOutcome, Verdict};

use super::callers::ask;
use super::detections::Detection;
use super::play::{Firm, Play, provider_of};

/// More rows than any firm of the pilot has waiting.
const PAGE: i32 = 1_000;

impl Play {
    /// Reports detections of one moment, and lets the SOC judge what waits.
    pub(crate) async fn watch(&self, firm: &Firm, detections: &[Detection]) -> anyhow::Result<()> {
        let mut by_provider: BTreeMap<&str, Vec<proto::AlertReport>> = BTreeMap::new();
        for detection in detections {
            let provider = provider_of(detection.service);
            let report = self.complete(firm, detection, provider);
            by_provider.entry(provider).or_default().push(report);
        }
        for (provider, reports) in by_provider {
            let first = reports.first().map(|it| it.provider_alert_id.clone()).unwrap_or_default();
            let request =
                proto::ReportAlertsRequest { request_id: firm.request("alerts", &first), reports };
            let alerts = self.people.provider(provider)?.alerts();
            let answer = ask!(alerts, report_alerts, request)?;
            for result in answer.results {
                let refused = result.outcome() == ReportOutcome::Refused;
                ensure!(!refused, "an alert of {} was refused: {}", firm.key, result.message);
            }
        }
        self.judge(firm, detections).await
    }

    fn complete(&self, firm: &Firm, detection: &Detection, provider: &str) -> proto::AlertReport {
        let instance = firm.instances.get(&detection.service);
        proto::AlertReport {
            tenant_id: firm.tenant_id.clone(),
            instance_id: instance.map(|it| it.instance_id.clone()).unwrap_or_default(),
            provider_id: self.provider_id(provider),
            ..detection.report.clone()
        }
    }

    async fn judge(&self, firm: &Firm, detections: &[Detection]) -> anyhow::Result<()> {
        let said: BTreeMap<&str, _> = detections
            .iter()
            .filter_map(|it| Some((it.report.provider_alert_id.as_str(), it.soc.as_ref()?)))
            .collect();
        if said.is_empty() {
            return Ok(());
        }
        for alert in self.awaiting(firm).await? {
            let id = alert.report.as_ref().map(|it| it.provider_alert_id.clone());
            let Some((verdict, why)) = id.as_deref().and_then(|id| said.get(id)) else { continue };
            self.verdict(firm, &alert, *verdict, &why.en).await?;
        }
        Ok(())
    }

    /// The alerts of a firm that wait for the SOC.
    pub(crate) async fn awaiting(&self, firm: &Firm) -> anyhow::Result<Vec<proto::Alert>> {
        let request = proto::ListAlertsRequest {
            tenant_id: firm.tenant_id.clone(),
            states: vec![AlertState::AwaitingVerdict.into()],
            page_size: PAGE,
            ..proto::ListAlertsRequest::default()
        };
        Ok(ask!(self.people.soc.alerts(), list_alerts, request)?.alerts)
    }

    /// The SOC's verdict on an alert.
    pub(crate) async fn verdict(
        &self,
        firm: &Firm,
        alert: &proto::Alert,
        verdict: Verdict,
        why: &str,
    ) -> anyhow::Result<proto::Alert> {
        let which = alert.report.as_ref().map(|it| it.provider_alert_id.clone());
        let request = proto::RecordVerdictRequest {
            request_id: firm.request("verdict", &which.unwrap_or_default()),
            tenant_id: firm.tenant_id.clone(),
            alert_id: alert.id.clone(),
            verdict: verdict.into(),
            reason: why.to_owned(),
            reviewed_at: None,
            etag: String::new(),
        };
        let answer = ask!(self.people.soc.alerts(), record_verdict, request)?;
        answer.alert.context("the answer has no alert")
    }
}
