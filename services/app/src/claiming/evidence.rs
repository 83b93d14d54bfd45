//! What is on record about a loss: the certificate, the incident and its alerts, the last sign of
//! life, findings left open.

use tasuki_core::alert::{Alert, AlertKind, Detail, DiagnosisFinding, Verdict};
use tasuki_core::certificate::Certificate;
use tasuki_core::id::{CertificateId, IncidentId, MasterContractId};
use tasuki_core::incident::Incident;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::heartbeats::Seen;
use tasuki_store::{Scope, Tx, alerts, certificates, heartbeats, incidents};

/// More alerts of one incident say nothing new about it.
const MOST_ALERTS: u64 = 200;

/// More findings than the largest diagnosis of the pilot had, ten times.
const MOST_FINDINGS: u64 = 3_000;

/// What is on record about a loss.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The certificate that is asked about: in force at the loss, or the nearest one.
    pub(crate) certificate: Option<Certificate>,
    /// The incident behind the loss.
    pub(crate) incident: Option<Incident>,
    /// Its alerts.
    pub(crate) alerts: Vec<Alert>,
    /// The service that the loss concerns, if that is known.
    pub(crate) service: Option<Service>,
    /// The last sign of life before the loss, and of which service.
    pub(crate) seen: Option<(Service, Seen)>,
    /// Days for which the oldest urgent finding was open at the loss; 0 when none was.
    pub(crate) urgent_open_days: i64,
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) loss_at: Timestamp,
    pub(crate) incident_id: Option<IncidentId>,
    pub(crate) certificate: Option<&'a Certificate>,
}

/// Reads what is on record.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`.
pub(crate) async fn gather(tx: &Tx, question: &Question<'_>) -> Result<Evidence, Problem> {
    let incident = match question.incident_id {
        Some(id) => Some(incident(tx, question.tenant, id).await?),
        None => None,
    };
    let alerts = match &incident {
        Some(incident) => alerts_of(tx, incident).await?,
        None => Vec::new(),
    };
    let service = incident
        .as_ref()
        .and_then(|incident| incident.service)
        .or_else(|| alerts.first().map(|alert| alert.report.service));
    Ok(Evidence {
        certificate: question.certificate.cloned(),
        seen: seen(tx, question, (service, &alerts)).await?,
        urgent_open_days: urgent_open_days(tx, question).await?,
        incident,
        alerts,
        service,
    })
}

/// The certificate for a loss: the one named, or the one in force, or the latest one.
///
/// # Errors
/// `CERTIFICATE_NOT_FOUND` if the one named does not exist.
pub(crate) fn choose(
    certificates: &[certificates::Stored],
    (named, contract): (Option<CertificateId>, Option<MasterContractId>),
    at: Timestamp,
) -> Result<Option<&Certificate>, Problem> {
    let mut eligible = certificates
        .iter()
        .map(|stored| &stored.certificate)
        .filter(|it| contract.is_none_or(|contract| it.master_contract_id == contract));
    if let Some(named) = named {
        let found = eligible.find(|certificate| certificate.id == named);
        let missing = || Problem::not_found(Reason::CertificateNotFound, named);
        return found.map(Some).ok_or_else(missing);
    }
    let all: Vec<&Certificate> = eligible.collect();
    let in_force = all.iter().find(|certificate| certificate.in_force_at(at));
    Ok(in_force.or(all.last()).copied())
}

/// An incident of a tenant.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`.
pub(crate) async fn incident(
    tx: &Tx,
    tenant: &Tenant,
    id: IncidentId,
) -> Result<Incident, Problem> {
    let stored = incidents::get(tx, tenant.id, id).await?;
    stored
        .map(|stored| stored.incident)
        .ok_or_else(|| Problem::not_found(Reason::IncidentNotFound, id))
}

impl Evidence {
    /// Whether the SOC said that a person has to act. Nothing said is not a no.
    pub(crate) fn soc_confirmed(&self) -> Option<bool> {
        let needed = self.alerts.iter().any(|alert| alert.verdict() == Some(Verdict::ActionNeeded));
        needed.then_some(true)
    }
}

async fn alerts_of(tx: &Tx, incident: &Incident) -> Result<Vec<Alert>, Problem> {
    let filter = alerts::Filter {
        incident: Some(incident.id),
        ..alerts::Filter::of(Scope::Tenant(incident.tenant_id))
    };
    let mut found: Vec<Alert> = alerts::list(tx, &filter, None, MOST_ALERTS)
        .await?
        .into_iter()
        .map(|stored| stored.alert)
        .collect();
    found.sort_by(|a, b| {
        let by_time = a.report.detected_at.cmp(&b.report.detected_at);
        by_time.then_with(|| a.report.key.provider_alert_id.cmp(&b.report.key.provider_alert_id))
    });
    Ok(found)
}

/// The last sign of life before the loss: of the device that the alerts name, or else of the service,
/// or else of any service that carries the certificate.
async fn seen(
    tx: &Tx,
    question: &Question<'_>,
    (service, alerts): (Option<Service>, &[Alert]),
) -> Result<Option<(Service, Seen)>, Problem> {
    let (tenant, at) = (question.tenant.id, question.loss_at);
    let device = alerts
        .iter()
        .find_map(|alert| alert.report.device_id.as_ref().or(alert.report.endpoint_id.as_ref()));
    if let Some(service) = service {
        let seen = match device {
            Some(device) => {
                heartbeats::last_of_device_before(tx, (tenant, service), device, at).await?
            }
            None => heartbeats::last_before(tx, tenant, service, at).await?,
        };
        return Ok(seen.map(|seen| (service, seen)));
    }
    let mut services: Vec<Service> = question
        .certificate
        .map(|certificate| certificate.items.iter().map(|item| item.service).collect())
        .unwrap_or_default();
    services.sort_unstable();
    services.dedup();
    let mut latest: Option<(Service, Seen)> = None;
    for service in services {
        let Some(seen) = heartbeats::last_before(tx, tenant, service, at).await? else { continue };
        if latest.as_ref().is_none_or(|(_, known)| known.seen_at < seen.seen_at) {
            latest = Some((service, seen));
        }
    }
    Ok(latest)
}

async fn urgent_open_days(tx: &Tx, question: &Question<'_>) -> Result<i64, Problem> {
    let filter = alerts::Filter {
        kind: Some(AlertKind::DiagnosisFinding),
        detected_until: Some(question.loss_at),
        ..alerts::Filter::of(Scope::Tenant(question.tenant.id))
    };
    let found = alerts::list(tx, &filter, None, MOST_FINDINGS).await?;
    let urgent: Vec<(Timestamp, DiagnosisFinding)> = found
        .into_iter()
        .filter(|stored| stored.alert.verdict() != Some(Verdict::FalsePositive))
        .filter_map(|stored| Some((stored.alert.report.detected_at, finding(&stored.alert)?)))
        .filter(|(_, finding)| finding.severity == Severity::Critical)
        .collect();
    // A later report of the same weakness may say that it was repaired.
    let repaired = |weakness: &DiagnosisFinding| {
        urgent.iter().any(|(_, other)| {
            other.target == weakness.target
                && other.category == weakness.category
                && other.closed_at.is_some_and(|closed_at| closed_at <= question.loss_at)
        })
    };
    let open = urgent.iter().filter(|(_, finding)| !repaired(finding));
    let oldest = open.map(|(detected_at, _)| *detected_at).min();
    let zone = &question.tenant.zone;
    Ok(oldest.map_or(0, |since| days_between(since.day_in(zone), question.loss_at.day_in(zone))))
}

fn finding(alert: &Alert) -> Option<DiagnosisFinding> {
    match &alert.report.detail {
        Detail::DiagnosisFinding(finding) => Some(finding.clone()),
        Detail::InboundAttack
        | Detail::InternalMalwareComms
        | Detail::BadSiteBlock
        | Detail::Malware
        | Detail::Endpoint
        | Detail::Other
        | Detail::WafDetection(_)
        | Detail::EdrVerdict(_)
        | Detail::AvUnresolved(_)
        | Detail::DeviceOffline(_) => None,
    }
}

/// Days of the calendar from one day to another.
pub(crate) fn days_between(from: CivilDate, until: CivilDate) -> i64 {
    until.duration_since(from).as_hours() / 24
}
