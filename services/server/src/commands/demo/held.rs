//! What the server holds about the reports' contradictions, counted from its records.

use std::collections::BTreeMap;

use tasuki_proto::alert::v1 as alert;
use tasuki_proto::alert::v1::{AlertKind, DiagnosisTarget, alert_report};
use tasuki_proto::provisioning::v1 as provisioning;
use tasuki_proto::types::v1::{Service, Severity};

use super::gather::FunnelCounts;
use super::pilot::Pilot;
use super::report::{Checks, Held};

/// The severities of a diagnosis, worst first, as the tables have them.
const SEVERITIES: [(Severity, &str); 4] = [
    (Severity::Critical, "URGENT"),
    (Severity::High, "HIGH"),
    (Severity::Medium, "MEDIUM"),
    (Severity::Low, "LOW"),
];

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    pub(crate) pilot: &'a Pilot,
    pub(crate) funnel: &'a FunnelCounts,
    pub(crate) summary: &'a [alert::AlertSummaryRow],
    pub(crate) findings: &'a [alert::Alert],
    /// Endpoints of the EDR: installed, and reporting.
    pub(crate) endpoints: (i64, i64),
    pub(crate) n_offline_calls: i64,
    pub(crate) n_on_site_for_attacks: i64,
}

/// What the server counted, by the contradiction's id; checked against the data where that says what
/// is to be found.
pub(crate) fn held(records: &Records<'_>, checks: &mut Checks) -> BTreeMap<String, Held> {
    let mut all = BTreeMap::new();
    let mut add = |id: &str, held: Held| {
        all.insert(id.to_owned(), held);
    };
    let utm = row(&records.funnel.by_service, Service::Utm);
    let installed = utm.n_active + utm.n_removed;
    add(
        "C-1",
        Held::new(
            "UTM：提供・設置後撤去・設置・設置に至らず",
            "UTM active, removed, ever installed, never installed",
            vec![utm.n_active, utm.n_removed, installed, utm.n_never_installed + utm.n_refused],
        ),
    );
    let verdicts = detections(records.summary, AlertKind::EdrVerdict);
    let (n_installed, n_reporting) = records.endpoints;
    add(
        "C-2",
        Held::new(
            "EDR端末：導入・報告・判定",
            "EDR endpoints installed, reporting, with a verdict",
            vec![n_installed, n_reporting, verdicts],
        ),
    );
    let edr = &records.pilot.edr;
    let expected = (edr.n_installed, edr.n_reporting, edr.n_reporting);
    checks.same("EDR endpoints", &expected, &(n_installed, n_reporting, verdicts));
    let waf = detections(records.summary, AlertKind::WafDetection);
    add("C-3", Held::new("WAF検知の合計", "WAF detections", vec![waf]));
    checks.same("WAF detections", &records.pilot.waf.n_total_of_rows, &waf);
    let utm_alerts = records.summary.iter().filter(|row| row.service() == Service::Utm);
    let n_utm: i64 = utm_alerts.map(|row| row.n_detections).sum();
    checks.same("UTM alerts of the trial", &records.pilot.utm_alerts.n_total, &n_utm);
    diagnosis(records, &mut add);
    firms(records, &mut add, checks);
    let calls = vec![records.n_offline_calls, records.n_on_site_for_attacks];
    add(
        "C-10",
        Held::new(
            "オフラインUTMの電話・攻撃への駆け付け",
            "calls about silent UTMs, on-site response to attacks",
            calls,
        ),
    );
    checks.same(
        "calls about silent UTMs",
        &records.pilot.offline.n_calls,
        &records.n_offline_calls,
    );
    all
}

fn diagnosis(records: &Records<'_>, add: &mut impl FnMut(&str, Held)) {
    let service = row(&records.funnel.by_service, Service::Diagnosis);
    let of = |component: &str| {
        let rows = records.funnel.by_component.iter();
        rows.filter(|row| row.component == component)
            .fold((0, 0), |sum, row| (sum.0 + row.n_applied, sum.1 + row.n_active))
    };
    let (web, platform) = (of("diagnosis.web"), of("diagnosis.platform"));
    add(
        "C-5",
        Held::new(
            "診断：企業（申込・提供）・Web・プラットフォーム",
            "diagnosis, applied and provided: firms, web, platform",
            vec![
                service.n_tenants_applied,
                service.n_tenants_active,
                web.0,
                web.1,
                platform.0,
                platform.1,
            ],
        ),
    );
}

fn firms(records: &Records<'_>, add: &mut impl FnMut(&str, Held), checks: &mut Checks) {
    let funnel = &records.funnel.funnel;
    let applied: i64 = funnel.rows.iter().map(|row| row.applied).sum();
    let provided: i64 = funnel.rows.iter().map(|row| row.provided).sum();
    let values = vec![funnel.firms_applied, applied, funnel.firms_provided, provided];
    checks.same("firms and services, applied and provided", &vec![116, 203, 102, 138], &values);
    add(
        "C-6",
        Held::new(
            "申込：企業・件数、提供：企業・件数",
            "applied: firms, services; provided: firms, services",
            values,
        ),
    );
    let tables = [
        (DiagnosisTarget::WebApplication, &records.pilot.diagnosis.web),
        (DiagnosisTarget::Platform, &records.pilot.diagnosis.platform),
    ];
    let mut values = Vec::new();
    for (target, table) in tables {
        let (by_severity, n_findings) = worst(records.findings, target);
        let firms: i64 = by_severity.iter().sum();
        let what = format!("{target:?}: firms diagnosed, findings");
        let expected = (table.n_firms_diagnosed, table.n_findings);
        checks.same(what, &expected, &(firms, n_findings));
        if target == DiagnosisTarget::Platform {
            values.extend(by_severity);
            values.push(firms);
        }
    }
    add(
        "C-7",
        Held::new(
            "プラットフォーム診断：緊急・高・中・低の企業と合計",
            "platform, firms by worst severity from urgent to low, and all",
            values,
        ),
    );
}

/// Firms by their worst severity, each counted once, and all findings.
fn worst(findings: &[alert::Alert], target: DiagnosisTarget) -> (Vec<i64>, i64) {
    let mut by_firm: BTreeMap<&str, i32> = BTreeMap::new();
    let mut n_findings = 0;
    for found in findings {
        let Some(report) = &found.report else { continue };
        let Some(alert_report::Detail::Finding(finding)) = &report.detail else { continue };
        if finding.target() == target {
            let worst = by_firm.entry(&found.tenant_id).or_default();
            *worst = (*worst).max(finding.severity);
            n_findings += report.count;
        }
    }
    let n = |severity: Severity| {
        let of = by_firm.values().filter(|worst| **worst == i32::from(severity)).count();
        i64::try_from(of).unwrap_or(i64::MAX)
    };
    (SEVERITIES.into_iter().map(|(severity, _)| n(severity)).collect(), n_findings)
}

fn row(rows: &[provisioning::FunnelRow], service: Service) -> provisioning::FunnelRow {
    rows.iter().find(|row| row.service() == service).cloned().unwrap_or_default()
}

fn detections(rows: &[alert::AlertSummaryRow], kind: AlertKind) -> i64 {
    rows.iter().filter(|row| row.kind() == kind).map(|row| row.n_detections).sum()
}
