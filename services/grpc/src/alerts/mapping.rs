//! Messages about alerts into commands, and back.

use tasuki_app::monitoring::{
    AlertList, AlertRow, AlertView, HeartbeatRow, RecordVerdict, RowAnswer, RowOutcome,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::alert::{
    AlertKey, AlertKind, AlertReport, AlertState, AvUnresolved, Detail, DeviceOffline,
    DiagnosisFinding, DiagnosisTarget, EdrLevel, EdrVerdict, SummaryRow, Verdict, VerdictRecord,
    WafDetection,
};
use tasuki_core::problem::Problem;
use tasuki_proto::alert::v1 as proto;
use tasuki_proto::alert::v1::alert_report::Detail as ProtoDetail;

use crate::explain::Reader;
use crate::{edge, explain, fields, words};

/// A row of a batch: what is wrong with it is its own answer.
pub(crate) fn report_row(message: proto::AlertReport) -> Result<AlertRow, RowAnswer> {
    edge::row(message).and_then(reported).map_err(|problem| RowAnswer::refused(&problem))
}

/// A sign of life of a batch: what is wrong with it is its own answer.
pub(crate) fn heartbeat_row(message: proto::Heartbeat) -> Result<HeartbeatRow, RowAnswer> {
    edge::row(message).and_then(heartbeat).map_err(|problem| RowAnswer::refused(&problem))
}

pub(crate) fn reported(message: proto::AlertReport) -> Result<AlertRow, Problem> {
    let within = match message.detected {
        Some(period) => Some(fields::period("detected", Some(period))?),
        None => None,
    };
    Ok(AlertRow {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        instance_id: fields::optional_id("instance_id", &message.instance_id)?,
        key: AlertKey {
            provider_id: fields::id("provider_id", &message.provider_id)?,
            provider_alert_id: fields::id("provider_alert_id", &message.provider_alert_id)?,
        },
        service: fields::service("service", message.service)?,
        detail: detail(message.kind, message.detail)?,
        n_detections: u32::try_from(message.count)
            .map_err(|_| Problem::invalid("count", "is too large"))?,
        detected_at: fields::timestamp("detected_at", message.detected_at)?,
        detected_within: within,
        symptom: fields::optional_id("symptom_key", &message.symptom_key)?,
        blocked: message.blocked,
        device_id: fields::optional_text(message.device_id),
        endpoint_id: fields::optional_text(message.endpoint_id),
        summary: message.summary,
    })
}

fn heartbeat(message: proto::Heartbeat) -> Result<HeartbeatRow, Problem> {
    Ok(HeartbeatRow {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        instance_id: fields::optional_id("instance_id", &message.instance_id)?,
        service: fields::service("service", message.service)?,
        device_id: message.device_id,
        last_seen_at: fields::timestamp("last_seen_at", message.last_seen_at)?,
        agent_version: fields::optional_text(message.agent_version),
        bypass_active: message.bypass_active,
    })
}

/// The kind with what belongs to it; anything else beside it is refused.
fn detail(kind: i32, given: Option<ProtoDetail>) -> Result<Detail, Problem> {
    let kind =
        optional_kind("kind", kind)?.ok_or_else(|| Problem::invalid("kind", "is required"))?;
    let wanted = |name: &'static str| {
        Problem::invalid(name, format!("is required for alerts of the kind `{kind}`"))
    };
    let plain = match kind {
        AlertKind::WafDetection => {
            let Some(ProtoDetail::Waf(waf)) = given else { return Err(wanted("waf")) };
            let domain = fields::optional_text(waf.domain);
            let policy_name = waf.policy_name;
            return Ok(Detail::WafDetection(WafDetection { policy_name, domain }));
        }
        AlertKind::EdrVerdict => {
            let Some(ProtoDetail::Edr(edr)) = given else { return Err(wanted("edr")) };
            return edr_verdict(edr);
        }
        AlertKind::DeviceOffline => {
            let Some(ProtoDetail::Offline(offline)) = given else {
                return Err(wanted("offline"));
            };
            let last_seen_at = fields::timestamp("offline.last_seen_at", offline.last_seen_at)?;
            return Ok(Detail::DeviceOffline(DeviceOffline { last_seen_at }));
        }
        AlertKind::AvUnresolved => {
            let Some(ProtoDetail::Unresolved(unresolved)) = given else {
                return Err(wanted("unresolved"));
            };
            return Ok(Detail::AvUnresolved(AvUnresolved {
                malware_name: fields::optional_text(unresolved.malware_name),
                n_unresolved: u32::try_from(unresolved.n_unresolved).unwrap_or(1),
            }));
        }
        AlertKind::DiagnosisFinding => {
            let Some(ProtoDetail::Finding(finding)) = given else {
                return Err(wanted("finding"));
            };
            return diagnosis_finding(finding);
        }
        AlertKind::InboundAttack => Detail::InboundAttack,
        AlertKind::InternalMalwareComms => Detail::InternalMalwareComms,
        AlertKind::BadSiteBlock => Detail::BadSiteBlock,
        AlertKind::Malware => Detail::Malware,
        AlertKind::Endpoint => Detail::Endpoint,
        AlertKind::Other => Detail::Other,
    };
    match given {
        None => Ok(plain),
        Some(_) => Err(Problem::invalid("detail", format!("does not belong to `{kind}`"))),
    }
}

fn edr_verdict(edr: proto::EdrVerdict) -> Result<Detail, Problem> {
    let level = match edr.level() {
        proto::EdrVerdictLevel::Unspecified => {
            return Err(Problem::invalid("edr.level", "is required"));
        }
        proto::EdrVerdictLevel::None => EdrLevel::None,
        proto::EdrVerdictLevel::Suspected => EdrLevel::Suspected,
        proto::EdrVerdictLevel::Feared => EdrLevel::Feared,
    };
    let agent_version = fields::optional_text(edr.agent_version);
    Ok(Detail::EdrVerdict(EdrVerdict { level, agent_version }))
}

fn diagnosis_finding(finding: proto::DiagnosisFinding) -> Result<Detail, Problem> {
    let severity = fields::optional_severity("finding.severity", finding.severity)?
        .ok_or_else(|| Problem::invalid("finding.severity", "is required"))?;
    let target = match finding.target() {
        proto::DiagnosisTarget::Unspecified => {
            return Err(Problem::invalid("finding.target", "is required"));
        }
        proto::DiagnosisTarget::WebApplication => DiagnosisTarget::WebApplication,
        proto::DiagnosisTarget::Platform => DiagnosisTarget::Platform,
    };
    Ok(Detail::DiagnosisFinding(DiagnosisFinding {
        severity,
        target,
        closed_at: fields::optional_timestamp("finding.closed_at", finding.closed_at)?,
        category: finding.category,
        hint: finding.hint,
    }))
}

fn optional_kind(field: &str, value: i32) -> Result<Option<AlertKind>, Problem> {
    let known = proto::AlertKind::try_from(value)
        .map_err(|_| Problem::invalid(field, "is not a kind that this version knows"))?;
    Ok(match known {
        proto::AlertKind::Unspecified => None,
        proto::AlertKind::InboundAttack => Some(AlertKind::InboundAttack),
        proto::AlertKind::InternalMalwareComms => Some(AlertKind::InternalMalwareComms),
        proto::AlertKind::BadSiteBlock => Some(AlertKind::BadSiteBlock),
        proto::AlertKind::Malware => Some(AlertKind::Malware),
        proto::AlertKind::Endpoint => Some(AlertKind::Endpoint),
        proto::AlertKind::Other => Some(AlertKind::Other),
        proto::AlertKind::WafDetection => Some(AlertKind::WafDetection),
        proto::AlertKind::EdrVerdict => Some(AlertKind::EdrVerdict),
        proto::AlertKind::DeviceOffline => Some(AlertKind::DeviceOffline),
        proto::AlertKind::AvUnresolved => Some(AlertKind::AvUnresolved),
        proto::AlertKind::DiagnosisFinding => Some(AlertKind::DiagnosisFinding),
    })
}

pub(crate) fn record_verdict(
    message: proto::RecordVerdictRequest,
) -> Result<RecordVerdict, Problem> {
    let verdict = match message.verdict() {
        proto::Verdict::Unspecified => return Err(Problem::invalid("verdict", "is required")),
        proto::Verdict::BlockedAuto => Verdict::BlockedAuto,
        proto::Verdict::FalsePositive => Verdict::FalsePositive,
        proto::Verdict::ActionNeeded => Verdict::ActionNeeded,
    };
    Ok(RecordVerdict {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        alert_id: fields::id("alert_id", &message.alert_id)?,
        verdict,
        reviewed_at: fields::optional_timestamp("reviewed_at", message.reviewed_at)?,
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn list(message: proto::ListAlertsRequest) -> Result<(AlertList, PageRequest), Problem> {
    let states = message.states().filter_map(state_word).collect();
    let (detected_from, detected_until) = fields::bounds("detected", message.detected)?;
    let wanted = AlertList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        states,
        service: fields::optional_service("service", message.service)?,
        kind: optional_kind("kind", message.kind)?,
        incident_id: fields::optional_id("incident_id", &message.incident_id)?,
        detected_from,
        detected_until,
    };
    Ok((wanted, fields::page(message.page_size, message.page_token)))
}

const fn state_word(state: proto::AlertState) -> Option<&'static str> {
    match state {
        proto::AlertState::Unspecified => None,
        proto::AlertState::Received => Some("received"),
        proto::AlertState::AwaitingVerdict => Some("awaiting_verdict"),
        proto::AlertState::Triaged => Some("triaged"),
        proto::AlertState::InIncident => Some("in_incident"),
    }
}

pub(crate) fn summary_of(message: &proto::GetAlertSummaryRequest) -> Result<AlertList, Problem> {
    let (detected_from, detected_until) = fields::bounds("detected", message.detected)?;
    Ok(AlertList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        service: fields::optional_service("service", message.service)?,
        detected_from,
        detected_until,
        ..AlertList::default()
    })
}

pub(crate) fn result(answer: RowAnswer) -> proto::ReportResult {
    let outcome = match answer.outcome {
        RowOutcome::Accepted | RowOutcome::AcceptedLate => proto::ReportOutcome::Accepted,
        RowOutcome::Repeated => proto::ReportOutcome::Repeated,
        RowOutcome::Refused => proto::ReportOutcome::Refused,
    };
    proto::ReportResult {
        outcome: outcome.into(),
        alert_id: answer.id,
        reason: answer.reason,
        message: answer.message,
    }
}

pub(crate) fn alert(reader: Reader, view: &AlertView) -> proto::Alert {
    let alert = &view.alert;
    let state = match alert.state {
        AlertState::Received => proto::AlertState::Received,
        AlertState::AwaitingVerdict => proto::AlertState::AwaitingVerdict,
        AlertState::Triaged { .. } => proto::AlertState::Triaged,
        AlertState::InIncident { .. } => proto::AlertState::InIncident,
    };
    proto::Alert {
        id: alert.id.to_string(),
        tenant_id: alert.report.tenant_id.to_string(),
        report: Some(report(&alert.report)),
        received_at: Some(words::timestamp(alert.received_at)),
        state: state.into(),
        triage: view.triage.as_ref().map(|it| explain::decision(reader, it)),
        verdict: alert.verdict().map(verdict).unwrap_or_default().into(),
        verdicts: alert.verdicts.iter().map(verdict_record).collect(),
        severity: alert.severity.map(words::severity).unwrap_or_default().into(),
        incident_id: alert.state.incident_id().map(|id| id.to_string()).unwrap_or_default(),
        notified_at: alert.notified_at.map(words::timestamp),
        etag: view.version.to_string(),
    }
}

fn verdict_record(record: &VerdictRecord) -> proto::VerdictRecord {
    proto::VerdictRecord {
        verdict: verdict(record.verdict).into(),
        given_by: Some(words::actor(&record.given_by)),
        given_at: Some(words::timestamp(record.given_at)),
        reason: record.reason.clone(),
        decision_id: record.decision_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

fn report(report: &AlertReport) -> proto::AlertReport {
    proto::AlertReport {
        tenant_id: report.tenant_id.to_string(),
        instance_id: report.instance_id.map(|id| id.to_string()).unwrap_or_default(),
        provider_id: report.key.provider_id.to_string(),
        provider_alert_id: report.key.provider_alert_id.to_string(),
        service: words::service(report.service).into(),
        kind: kind(report.detail.kind()).into(),
        count: report.n_detections.into(),
        detected_at: Some(words::timestamp(report.detected_at)),
        detected: report.detected_within.map(words::period),
        symptom_key: report.symptom.to_string(),
        blocked: report.blocked,
        device_id: report.device_id.clone().unwrap_or_default(),
        endpoint_id: report.endpoint_id.clone().unwrap_or_default(),
        summary: report.summary.clone(),
        detail: detail_of(&report.detail),
    }
}

fn detail_of(detail: &Detail) -> Option<ProtoDetail> {
    match detail {
        Detail::WafDetection(waf) => Some(ProtoDetail::Waf(proto::WafDetection {
            policy_name: waf.policy_name.clone(),
            domain: waf.domain.clone().unwrap_or_default(),
        })),
        Detail::EdrVerdict(edr) => Some(ProtoDetail::Edr(proto::EdrVerdict {
            level: level(edr.level).into(),
            agent_version: edr.agent_version.clone().unwrap_or_default(),
        })),
        Detail::DeviceOffline(offline) => Some(ProtoDetail::Offline(proto::DeviceOffline {
            last_seen_at: Some(words::timestamp(offline.last_seen_at)),
        })),
        Detail::AvUnresolved(unresolved) => Some(ProtoDetail::Unresolved(proto::AvUnresolved {
            malware_name: unresolved.malware_name.clone().unwrap_or_default(),
            n_unresolved: i32::try_from(unresolved.n_unresolved).unwrap_or(i32::MAX),
        })),
        Detail::DiagnosisFinding(finding) => Some(ProtoDetail::Finding(proto::DiagnosisFinding {
            severity: words::severity(finding.severity).into(),
            target: target(finding.target).into(),
            category: finding.category.clone(),
            hint: finding.hint.clone(),
            closed_at: finding.closed_at.map(words::timestamp),
        })),
        Detail::InboundAttack
        | Detail::InternalMalwareComms
        | Detail::BadSiteBlock
        | Detail::Malware
        | Detail::Endpoint
        | Detail::Other => None,
    }
}

fn verdict(verdict: Verdict) -> proto::Verdict {
    match verdict {
        Verdict::BlockedAuto => proto::Verdict::BlockedAuto,
        Verdict::FalsePositive => proto::Verdict::FalsePositive,
        Verdict::ActionNeeded => proto::Verdict::ActionNeeded,
    }
}

fn level(level: EdrLevel) -> proto::EdrVerdictLevel {
    match level {
        EdrLevel::None => proto::EdrVerdictLevel::None,
        EdrLevel::Suspected => proto::EdrVerdictLevel::Suspected,
        EdrLevel::Feared => proto::EdrVerdictLevel::Feared,
    }
}

fn target(target: DiagnosisTarget) -> proto::DiagnosisTarget {
    match target {
        DiagnosisTarget::WebApplication => proto::DiagnosisTarget::WebApplication,
        DiagnosisTarget::Platform => proto::DiagnosisTarget::Platform,
    }
}

fn kind(kind: AlertKind) -> proto::AlertKind {
    match kind {
        AlertKind::InboundAttack => proto::AlertKind::InboundAttack,
        AlertKind::InternalMalwareComms => proto::AlertKind::InternalMalwareComms,
        AlertKind::BadSiteBlock => proto::AlertKind::BadSiteBlock,
        AlertKind::Malware => proto::AlertKind::Malware,
        AlertKind::Endpoint => proto::AlertKind::Endpoint,
        AlertKind::Other => proto::AlertKind::Other,
        AlertKind::WafDetection => proto::AlertKind::WafDetection,
        AlertKind::EdrVerdict => proto::AlertKind::EdrVerdict,
        AlertKind::DeviceOffline => proto::AlertKind::DeviceOffline,
        AlertKind::AvUnresolved => proto::AlertKind::AvUnresolved,
        AlertKind::DiagnosisFinding => proto::AlertKind::DiagnosisFinding,
    }
}

pub(crate) fn summary_row(row: &SummaryRow) -> proto::AlertSummaryRow {
    proto::AlertSummaryRow {
        service: words::service(row.service).into(),
        kind: kind(row.kind).into(),
        n_alerts: count(row.n_alerts),
        n_detections: count(row.n_detections),
        n_awaiting: count(row.n_awaiting),
        n_blocked_auto: count(row.n_blocked_auto),
        n_false_positive: count(row.n_false_positive),
        n_action_needed: count(row.n_action_needed),
        n_reviewed_by_soc: count(row.n_reviewed_by_soc),
        n_notified: count(row.n_notified),
        n_incidents: count(row.n_incidents),
        n_tenants: count(row.n_tenants),
        levels: row
            .levels
            .iter()
            .map(|level| proto::LevelCount {
                level: level.level.clone(),
                n_alerts: count(level.n_alerts),
                n_detections: count(level.n_detections),
                n_tenants_highest: count(level.n_tenants_highest),
            })
            .collect(),
    }
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
