//! What the services detect at each firm during the trial, and when.

use std::collections::BTreeMap;

use anyhow::bail;
use jiff::Timestamp;
use jiff::civil::Date;
use tasuki_proto::alert::v1::{
    AlertKind, AlertReport, DiagnosisFinding, DiagnosisTarget, EdrVerdict, EdrVerdictLevel,
    Verdict, WafDetection, alert_report,
};
use tasuki_proto::types::v1::Severity;

use super::pilot::{Pilot, Text, Wanted};
use super::profile::domain;
use super::{shares, words};

/// Reports come in on the last day of the trial where the data has sums only.
const LAST_HOUR: i8 = 12;

/// A detection, and what the SOC says when it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Detection {
    pub(crate) at: Timestamp,
    pub(crate) service: Wanted,
    /// Complete but for the tenant, the instance and the provider.
    pub(crate) report: AlertReport,
    /// The SOC's verdict and why. None: nobody is asked.
    pub(crate) soc: Option<(Verdict, Text)>,
}

/// Everything detected during the trial, by firm, in order of time.
pub(crate) fn of_trial(pilot: &Pilot) -> anyhow::Result<BTreeMap<String, Vec<Detection>>> {
    let mut all: BTreeMap<String, Vec<Detection>> = BTreeMap::new();
    utm(pilot, &mut all)?;
    waf(pilot, &mut all)?;
    edr(pilot, &mut all)?;
    findings(pilot, &mut all)?;
    for detections in all.values_mut() {
        detections.sort_by(|a, b| {
            let key = |it: &Detection| (it.at, it.report.provider_alert_id.clone());
            key(a).cmp(&key(b))
        });
    }
    Ok(all)
}

fn utm(pilot: &Pilot, all: &mut BTreeMap<String, Vec<Detection>>) -> anyhow::Result<()> {
    let table = &pilot.utm_alerts;
    for row in &table.firms {
        let from = words::at(row.watched_from, 0, 0)?;
        let until = words::at(row.watched_until, 0, 0)?;
        for (kind, count) in &row.alerts {
            let verdict = verdict(table.verdicts.get(kind).map_or("", String::as_str))?;
            let blocked = verdict == Verdict::BlockedAuto;
            for (place, at) in shares::spread(from, until, *count).into_iter().enumerate() {
                let id = format!("{}-{}-{place:03}", row.firm, kind.to_lowercase());
                let mut report = report(Wanted::Utm, alert_kind(kind)?, &id, at);
                report.blocked = blocked;
                report.device_id = format!("utm-{}", row.firm.to_lowercase());
                let said = Text::new("社内業務の通信による過検知", "normal traffic of the office");
                let soc = (!blocked).then_some((verdict, said));
                let detection = Detection { at, service: Wanted::Utm, report, soc };
                all.entry(row.firm.clone()).or_default().push(detection);
            }
        }
    }
    Ok(())
}

fn waf(pilot: &Pilot, all: &mut BTreeMap<String, Vec<Detection>>) -> anyhow::Result<()> {
    let table = &pilot.waf;
    let rows: Vec<i64> = table.firms.iter().map(|firm| firm.detections).collect();
    let columns: Vec<i64> = table.policies.iter().map(|policy| policy.detections).collect();
    for (firm, row) in table.firms.iter().zip(shares::matrix(&rows, &columns)) {
        let at = words::at(firm.watched_until, LAST_HOUR, 0)?;
        let from = words::at(firm.watched_from, 0, 0)?;
        for (policy, count) in table.policies.iter().zip(row) {
            if count == 0 {
                continue;
            }
            let id = format!("{}-{}", firm.firm, policy.policy.to_lowercase());
            let mut report = report(Wanted::CloudWaf, AlertKind::WafDetection, &id, at);
            report.count = count;
            report.blocked = true;
            report.detected = Some(words::period(from, at));
            report.detail = Some(alert_report::Detail::Waf(WafDetection {
                policy_name: policy.en.clone(),
                domain: domain(&firm.firm),
            }));
            let detection = Detection { at, service: Wanted::CloudWaf, report, soc: None };
            all.entry(firm.firm.clone()).or_default().push(detection);
        }
    }
    Ok(())
}

fn edr(pilot: &Pilot, all: &mut BTreeMap<String, Vec<Detection>>) -> anyhow::Result<()> {
    let last = words::at(pilot.scenario.programme.trial_until, LAST_HOUR, 0)?;
    let mut reasons =
        pilot.edr.review.reasons.iter().flat_map(|it| {
            std::iter::repeat_n(Text::new(it.ja.clone(), it.en.clone()), it.endpoints)
        });
    for firm in &pilot.edr.firms {
        let from = active_on(pilot, &firm.firm, Wanted::Edr)?;
        let from = words::at(from.tomorrow()?, 9, 0)?;
        let mut rows = vec![(EdrVerdictLevel::None, firm.no_sign, last)];
        let n_feared = firm.suspected + firm.feared;
        for (place, at) in (0_i64..).zip(shares::spread(from, last, n_feared)) {
            let level = if place < firm.suspected {
                EdrVerdictLevel::Suspected
            } else {
                EdrVerdictLevel::Feared
            };
            rows.push((level, 1, at));
        }
        for (place, (level, count, at)) in rows.into_iter().enumerate() {
            if count == 0 {
                continue;
            }
            let id = format!("{}-edr-{place:03}", firm.firm);
            let mut report = report(Wanted::Edr, AlertKind::EdrVerdict, &id, at);
            report.count = count;
            report.detail = Some(alert_report::Detail::Edr(EdrVerdict {
                level: level.into(),
                agent_version: String::new(),
            }));
            let asked = level != EdrVerdictLevel::None;
            if asked {
                report.endpoint_id = format!("{}-pc-{place:03}", firm.firm.to_lowercase());
            }
            let soc = asked.then(|| {
                let said = reasons.next().unwrap_or_else(|| Text::new("過検知", "no attack"));
                (Verdict::FalsePositive, said)
            });
            let detection = Detection { at, service: Wanted::Edr, report, soc };
            all.entry(firm.firm.clone()).or_default().push(detection);
        }
    }
    Ok(())
}

fn findings(pilot: &Pilot, all: &mut BTreeMap<String, Vec<Detection>>) -> anyhow::Result<()> {
    let kinds = [
        (Wanted::DiagnosisWeb, DiagnosisTarget::WebApplication, &pilot.diagnosis.web),
        (Wanted::DiagnosisPlatform, DiagnosisTarget::Platform, &pilot.diagnosis.platform),
    ];
    for (wanted, target, table) in kinds {
        for firm in &table.firms {
            let at = words::at(active_on(pilot, &firm.firm, wanted)?, 17, 0)?;
            for found in &firm.findings {
                let severity = severity(&found.severity)?;
                let id = format!(
                    "{}-{}-{}-{}",
                    firm.firm,
                    wanted.component(),
                    found.severity.to_lowercase(),
                    found.category
                );
                let mut report = report(wanted, AlertKind::DiagnosisFinding, &id, at);
                report.count = found.count;
                report.detail = Some(alert_report::Detail::Finding(DiagnosisFinding {
                    severity: severity.into(),
                    target: target.into(),
                    category: found.category.clone(),
                    hint: String::new(),
                    closed_at: None,
                }));
                let detection = Detection { at, service: wanted, report, soc: None };
                all.entry(firm.firm.clone()).or_default().push(detection);
            }
        }
    }
    Ok(())
}

/// The day on which a service went live at a firm.
pub(crate) fn active_on(pilot: &Pilot, firm: &str, wanted: Wanted) -> anyhow::Result<Date> {
    let found = pilot.applicants.iter().find(|applicant| applicant.id == firm);
    let days = found.and_then(|it| it.outcome(wanted)).and_then(|it| it.active_after_days);
    let Some((applicant, days)) = found.zip(days) else {
        bail!("the data says that `{firm}` never had {}", wanted.component());
    };
    Ok(applicant.ordered_on.checked_add(jiff::Span::new().days(days))?)
}

fn report(wanted: Wanted, kind: AlertKind, id: &str, at: Timestamp) -> AlertReport {
    AlertReport {
        provider_alert_id: id.to_owned(),
        service: wanted.service().into(),
        kind: kind.into(),
        count: 1,
        detected_at: Some(words::timestamp(at)),
        ..AlertReport::default()
    }
}

/// A kind of the data.
pub(crate) fn alert_kind(code: &str) -> anyhow::Result<AlertKind> {
    match AlertKind::from_str_name(&format!("ALERT_KIND_{code}")) {
        Some(kind) => Ok(kind),
        None => bail!("the data names a kind of alert `{code}` that nobody knows"),
    }
}

fn verdict(code: &str) -> anyhow::Result<Verdict> {
    match Verdict::from_str_name(&format!("VERDICT_{code}")) {
        Some(verdict) => Ok(verdict),
        None => bail!("the data names a verdict `{code}` that nobody knows"),
    }
}

fn severity(code: &str) -> anyhow::Result<Severity> {
    Ok(match code {
        "URGENT" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        other => bail!("the data names a severity `{other}` that nobody knows"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detections_make_the_totals_of_the_reports() {
        let pilot = Pilot::read().unwrap();
        let all = of_trial(&pilot).unwrap();
        let sum = |wanted: Wanted| -> i64 {
            all.values().flatten().filter(|it| it.service == wanted).map(|it| it.report.count).sum()
        };
        assert_eq!(sum(Wanted::Utm), pilot.utm_alerts.n_total);
        assert_eq!(sum(Wanted::CloudWaf), pilot.waf.n_total_of_rows);
        assert_eq!(sum(Wanted::Edr), pilot.edr.n_reporting);
        assert_eq!(sum(Wanted::DiagnosisWeb), pilot.diagnosis.web.n_findings);
        assert_eq!(sum(Wanted::DiagnosisPlatform), pilot.diagnosis.platform.n_findings);
    }

    #[test]
    fn every_doubt_of_the_edr_is_reviewed() {
        let pilot = Pilot::read().unwrap();
        let all = of_trial(&pilot).unwrap();
        let asked = |it: &&Detection| it.service == Wanted::Edr && it.soc.is_some();
        assert_eq!(all.values().flatten().filter(asked).count(), 113);
    }
}
