//! What is on record about a loss: the certificate, the incident and its alerts, the last sign of
//! life, findings left open.

use tasuki_core::alert::{Alert, AlertKind, Detail, DiagnosisFinding, Verdict};
use tasuki_core::certificate::Certificate;
use tasuki_core::evidence::{About, Evidence as Recorded, Standing};
use tasuki_core::id::{CertificateId, IncidentId, ItemId, MasterContractId};
use tasuki_core::incident::Incident;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::heartbeats::{Instance, Of, Seen};
use tasuki_store::{Scope, Tx, alerts, certificates, evidence as recorded, heartbeats, incidents};

/// More alerts of one incident say nothing new about it.
const MOST_ALERTS: u64 = 200;

/// More findings than the largest diagnosis of the pilot had, ten times.
const MOST_FINDINGS: u64 = 3_000;

/// A year of daily records of a few dozen devices; what lies further back has run out or was repeated since.
const MOST_RECORDS: u64 = 10_000;

/// What is on record about a loss.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The certificate that is asked about: in force at the loss, or the nearest one.
    pub(crate) certificate: Option<Certificate>,
    /// The incident behind the loss.
    pub(crate) incident: Option<Incident>,
    /// Whether the SOC said that a person has to act; none when nothing was said.
    pub(crate) soc_confirmed: Option<bool>,
    /// The instance that is asked about, if a single one is.
    pub(crate) instance: Option<ItemId>,
    /// The service that the loss concerns, if that is known.
    pub(crate) service: Option<Service>,
    /// The last sign of life before the loss, and of which service.
    pub(crate) seen: Option<(Service, Seen)>,
    /// Days for which the oldest urgent finding was open at the loss; 0 when none was.
    pub(crate) urgent_open_days: i64,
    /// When the last diagnosis before the loss was made, if one is on record.
    pub(crate) diagnosed_at: Option<Timestamp>,
    /// How many versions the oldest agent was behind, and when that was seen.
    pub(crate) agent_versions_behind: Option<(u32, Timestamp)>,
    /// Whether a bypass was approved, and since when.
    pub(crate) bypass_approved: Option<(bool, Timestamp)>,
    /// When training was held last.
    pub(crate) trained_at: Option<Timestamp>,
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) loss_at: Timestamp,
    pub(crate) incident_id: Option<IncidentId>,
    pub(crate) certificate: Option<&'a Certificate>,
    /// As far as was known at this time; all that is on record if left out.
    pub(crate) known_at: Option<Timestamp>,
    /// Only this instance, and its service.
    pub(crate) instance: Option<(ItemId, Service)>,
    /// Only this device or endpoint.
    pub(crate) device_id: Option<&'a str>,
}

impl Question<'_> {
    /// Whether what was recorded then counts.
    fn knows(&self, recorded_at: Timestamp) -> bool {
        self.known_at.is_none_or(|known_at| recorded_at <= known_at)
    }

    fn verdict(&self, alert: &Alert) -> Option<Verdict> {
        match self.known_at {
            Some(known_at) => alert.verdict_as_known(known_at),
            None => alert.verdict(),
        }
    }
}

/// Reads what is on record.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`.
pub(crate) async fn gather(tx: &Tx, question: &Question<'_>) -> Result<Evidence, Problem> {
    let mut incident = match question.incident_id {
        Some(id) => Some(incident(tx, question.tenant, id).await?),
        None => None,
    };
    incident = incident.filter(|incident| question.knows(incident.opened_at));
    if let Some(incident) = &mut incident {
        incident.work.retain(|work| question.knows(work.recorded_at));
    }
    let mut alerts = match &incident {
        Some(incident) => alerts_of(tx, incident).await?,
        None => Vec::new(),
    };
    alerts.retain(|alert| question.knows(alert.received_at));
    let service = question
        .instance
        .map(|(_, service)| service)
        .or_else(|| incident.as_ref().and_then(|incident| incident.service))
        .or_else(|| alerts.first().map(|alert| alert.report.service));
    let needed = alerts.iter().any(|it| question.verdict(it) == Some(Verdict::ActionNeeded));
    let records = records(tx, question).await?;
    let standing = Standing::of(&records, question.known_at);
    let about =
        About { instance_id: question.instance.map(|(id, _)| id), device_id: question.device_id };
    let diagnosed = standing.critical_findings(question.loss_at);
    let (urgent_open_days, diagnosed_at) = urgent_open_days(tx, question, diagnosed).await?;
    Ok(Evidence {
        agent_versions_behind: standing.agent_versions_behind(question.loss_at, about),
        bypass_approved: standing.bypass_approved(question.loss_at, about),
        trained_at: standing.trained_at(question.loss_at),
        // Nothing said is not a no.
        soc_confirmed: needed.then_some(true),
        instance: question.instance.map(|(id, _)| id),
        certificate: question.certificate.cloned(),
        seen: seen(tx, question, (service, &alerts)).await?,
        urgent_open_days,
        diagnosed_at,
        incident,
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
    let named = alerts
        .iter()
        .find_map(|alert| alert.report.device_id.as_ref().or(alert.report.endpoint_id.as_ref()));
    let carriers = question.certificate.map(|it| it.items.as_slice()).unwrap_or_default();
    let of = Of {
        device_id: question.device_id.or(named.map(String::as_str)),
        instance: question.instance.map(|(id, service)| Instance {
            id,
            is_only_one: carriers.iter().all(|it| it.item_id == id || it.service != service),
        }),
        known_at: question.known_at,
    };
    if let Some(service) = service {
        let seen = heartbeats::last_before(tx, (tenant, service), of, at).await?;
        return Ok(seen.map(|seen| (service, seen)));
    }
    let mut services: Vec<Service> = carriers.iter().map(|item| item.service).collect();
    services.sort_unstable();
    services.dedup();
    let mut latest: Option<(Service, Seen)> = None;
    for service in services {
        let found = heartbeats::last_before(tx, (tenant, service), of, at).await?;
        let Some(seen) = found else { continue };
        if latest.as_ref().is_none_or(|(_, known)| known.seen_at < seen.seen_at) {
            latest = Some((service, seen));
        }
    }
    Ok(latest)
}

/// What providers, operators and insurers have recorded.
async fn records(tx: &Tx, question: &Question<'_>) -> Result<Vec<Recorded>, Problem> {
    let filter = recorded::Filter {
        tenant_id: question.tenant.id,
        kinds: Vec::new(),
        known_at: question.known_at,
    };
    Ok(recorded::list(tx, &filter, None, MOST_RECORDS).await?)
}

/// Days for which the oldest urgent finding was open at the loss, and when the last diagnosis was made. What the
/// record of a diagnosis says takes the place of findings that were reported before it.
async fn urgent_open_days(
    tx: &Tx,
    question: &Question<'_>,
    diagnosed: Option<(Option<Timestamp>, Timestamp)>,
) -> Result<(i64, Option<Timestamp>), Problem> {
    let filter = alerts::Filter {
        kind: Some(AlertKind::DiagnosisFinding),
        detected_until: Some(question.loss_at),
        ..alerts::Filter::of(Scope::Tenant(question.tenant.id))
    };
    let found = alerts::list(tx, &filter, None, MOST_FINDINGS).await?;
    let reported = found.iter().filter(|stored| question.knows(stored.alert.received_at));
    let diagnosed_at = reported
        .map(|stored| stored.alert.report.detected_at)
        .chain(diagnosed.map(|(_, observed_at)| observed_at))
        .max();
    let urgent: Vec<(Timestamp, DiagnosisFinding)> = found
        .into_iter()
        .filter(|stored| question.knows(stored.alert.received_at))
        .filter(|stored| question.verdict(&stored.alert) != Some(Verdict::FalsePositive))
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
    let later = |at: &Timestamp| diagnosed.is_none_or(|(_, observed_at)| *at > observed_at);
    let oldest = open
        .map(|(detected_at, _)| *detected_at)
        .filter(later)
        .chain(diagnosed.and_then(|(open_since, _)| open_since))
        .min();
    let zone = &question.tenant.zone;
    let days = |since: Timestamp| days_between(since.day_in(zone), question.loss_at.day_in(zone));
    Ok((oldest.map_or(0, days), diagnosed_at))
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

/// Months of the calendar from one day to another, a begun one counted whole: 15 January to 15 February is one,
/// to 16 February two. From the last day of a month it is one to the last day of the next.
pub(crate) fn months_begun(from: CivilDate, until: CivilDate) -> i64 {
    let years = i64::from(until.year()).saturating_sub(i64::from(from.year()));
    let months = i64::from(until.month()).saturating_sub(i64::from(from.month()));
    let whole = years.saturating_mul(12).saturating_add(months);
    let of_month = from.day().min(until.days_in_month());
    whole.saturating_add(i64::from(until.day() > of_month))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_begun_month_counts_whole() {
        let trained = date(2020, 3, 15);
        assert_eq!(months_begun(trained, date(2020, 3, 15)), 0);
        assert_eq!(months_begun(trained, date(2020, 3, 16)), 1);
        assert_eq!(months_begun(trained, date(2021, 3, 15)), 12);
        assert_eq!(months_begun(trained, date(2021, 3, 16)), 13);
        assert_eq!(months_begun(date(2020, 1, 31), date(2020, 2, 29)), 1);
        assert_eq!(months_begun(date(2020, 1, 31), date(2020, 3, 1)), 2);
    }
}
