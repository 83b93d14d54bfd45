//! Messages about incidents into commands.

use tasuki_app::monitoring::{
    Answered, EscalateIncident, IncidentList, OpenIncident, Openness, ResolveIncident,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::escalation::Rung;
use tasuki_core::incident::{AfterResolution, Phase};
use tasuki_core::problem::Problem;
use tasuki_proto::incident::v1 as proto;

use crate::fields;

pub(crate) fn open(message: proto::OpenIncidentRequest) -> Result<OpenIncident, Problem> {
    Ok(OpenIncident {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        site_code: fields::optional_text(message.site_code),
        service: fields::optional_service("service", message.service)?,
        symptom: fields::optional_id("symptom_key", &message.symptom_key)?,
        description: message.description,
        noticed_at: fields::optional_timestamp("noticed_at", message.noticed_at)?,
        severity: fields::optional_severity("severity", message.severity)?,
    })
}

pub(crate) fn list(
    message: proto::ListIncidentsRequest,
) -> Result<(IncidentList, PageRequest), Problem> {
    let (opened_from, opened_until) = fields::bounds("opened", message.opened)?;
    let wanted = IncidentList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        phases: message.phases().filter_map(phase).collect(),
        rung: rung(message.rung()),
        answered: if message.unacknowledged { Answered::ByNobody } else { Answered::Any },
        openness: if message.open { Openness::OnlyOpen } else { Openness::Any },
        opened_from,
        opened_until,
    };
    Ok((wanted, fields::page(message.page_size, message.page_token)))
}

pub(crate) fn escalate(
    message: proto::EscalateIncidentRequest,
) -> Result<EscalateIncident, Problem> {
    Ok(EscalateIncident {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        incident_id: fields::id("incident_id", &message.incident_id)?,
        to: rung(message.to()),
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn resolve(message: proto::ResolveIncidentRequest) -> Result<ResolveIncident, Problem> {
    let then = if message.needs_review { AfterResolution::Review } else { AfterResolution::Close };
    Ok(ResolveIncident {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        incident_id: fields::id("incident_id", &message.incident_id)?,
        security_incident: message.security_incident,
        summary: fields::text(message.summary)
            .ok_or_else(|| Problem::invalid("summary", "is required"))?,
        prevention: fields::text(message.prevention),
        then,
        etag: message.etag,
    })
}

/// A phase; none for the unspecified one.
pub(crate) const fn phase(phase: proto::Phase) -> Option<Phase> {
    match phase {
        proto::Phase::Unspecified => None,
        proto::Phase::Triage => Some(Phase::Triage),
        proto::Phase::Containment => Some(Phase::Containment),
        proto::Phase::Eradication => Some(Phase::Eradication),
        proto::Phase::Recovery => Some(Phase::Recovery),
        proto::Phase::Review => Some(Phase::Review),
        proto::Phase::Closed => Some(Phase::Closed),
    }
}

const fn rung(rung: proto::Rung) -> Option<Rung> {
    match rung {
        proto::Rung::Unspecified => None,
        proto::Rung::L1HelpDesk => Some(Rung::HelpDesk),
        proto::Rung::L2Remote => Some(Rung::Remote),
        proto::Rung::L3OnSiteResponse => Some(Rung::OnSiteResponse),
        proto::Rung::L4Recovery => Some(Rung::Recovery),
    }
}
