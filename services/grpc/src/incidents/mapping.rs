//! Incidents into messages.

use tasuki_app::monitoring::IncidentView;
use tasuki_core::escalation::{EscalationCause, Rung};
use tasuki_core::incident::{
    Acknowledgement, Escalation, OriginKind, Phase, PhaseChange, Resolution,
};
use tasuki_proto::incident::v1 as proto;
use tasuki_proto::types::v1::Service as ProtoService;

use super::work;
use crate::explain::Reader;
use crate::{explain, words};

pub(crate) fn incident(reader: Reader, view: &IncidentView) -> proto::Incident {
    let incident = &view.incident;
    let origin = match incident.origin {
        OriginKind::Alert => proto::IncidentOrigin::Alert,
        OriginKind::Enquiry => proto::IncidentOrigin::Enquiry,
    };
    proto::Incident {
        id: incident.id.to_string(),
        tenant_id: incident.tenant_id.to_string(),
        site_code: incident.site_code.clone().unwrap_or_default(),
        origin: origin.into(),
        service: incident.service.map_or(ProtoService::Unspecified, words::service).into(),
        symptom_key: incident.symptom.as_ref().map(ToString::to_string).unwrap_or_default(),
        title: Some(words::text(&incident.wording.title)),
        description: incident.description.clone(),
        next_step: Some(words::text(&incident.wording.next_step)),
        severity: words::severity(incident.severity).into(),
        phase: phase(incident.state.phase()).into(),
        rung: rung(incident.climb.rung()).into(),
        top_rung: rung(incident.ladder.top()).into(),
        explanation: view.decision.as_ref().map(|it| explain::decision(reader, it)),
        alert_ids: incident.alert_ids.iter().map(ToString::to_string).collect(),
        n_alerts: incident.n_alerts.into(),
        n_recurrences: i32::try_from(incident.n_recurrences).unwrap_or(i32::MAX),
        detected_at: Some(words::timestamp(incident.detected_at)),
        opened_at: Some(words::timestamp(incident.opened_at)),
        acknowledgement: incident.acknowledgement.as_ref().map(acknowledgement),
        next_escalation_at: incident.next_escalation_at.map(words::timestamp),
        escalations: incident.escalations.iter().map(escalation).collect(),
        phase_changes: incident.phase_changes.iter().map(phase_change).collect(),
        work: incident.work.iter().map(work::work).collect(),
        service_requests: incident.requests.iter().map(work::request).collect(),
        resolution: incident.state.resolution().map(resolution),
        claim_ids: view.claim_ids.iter().map(ToString::to_string).collect(),
        etag: view.version.to_string(),
    }
}

fn acknowledgement(acknowledgement: &Acknowledgement) -> proto::Acknowledgement {
    proto::Acknowledgement {
        acknowledged_by: Some(words::actor(&acknowledgement.acknowledged_by)),
        acknowledged_at: Some(words::timestamp(acknowledgement.acknowledged_at)),
        rung: rung(acknowledgement.rung).into(),
    }
}

fn escalation(escalation: &Escalation) -> proto::Escalation {
    let cause = match escalation.cause {
        EscalationCause::NotAcknowledged => proto::EscalationCause::NotAcknowledged,
        EscalationCause::Recurrence => proto::EscalationCause::Recurrence,
        EscalationCause::Person => proto::EscalationCause::Person,
        EscalationCause::Policy => proto::EscalationCause::Policy,
    };
    proto::Escalation {
        from: escalation.from.map_or(proto::Rung::Unspecified, rung).into(),
        to: rung(escalation.to).into(),
        escalated_at: Some(words::timestamp(escalation.escalated_at)),
        cause: cause.into(),
        reason: escalation.reason.clone(),
        escalated_by: Some(words::actor(&escalation.escalated_by)),
    }
}

fn phase_change(change: &PhaseChange) -> proto::PhaseChange {
    proto::PhaseChange {
        from: change.from.map_or(proto::Phase::Unspecified, phase).into(),
        to: phase(change.to).into(),
        changed_at: Some(words::timestamp(change.changed_at)),
        changed_by: Some(words::actor(&change.changed_by)),
    }
}

fn resolution(resolution: &Resolution) -> proto::Resolution {
    proto::Resolution {
        security_incident: resolution.security_incident,
        summary: Some(words::text(&resolution.summary)),
        prevention: resolution.prevention.as_ref().map(words::text),
        resolved_at: Some(words::timestamp(resolution.resolved_at)),
        resolved_by: Some(words::actor(&resolution.resolved_by)),
    }
}

const fn rung(rung: Rung) -> proto::Rung {
    match rung {
        Rung::HelpDesk => proto::Rung::L1HelpDesk,
        Rung::Remote => proto::Rung::L2Remote,
        Rung::OnSiteResponse => proto::Rung::L3OnSiteResponse,
        Rung::Recovery => proto::Rung::L4Recovery,
    }
}

const fn phase(phase: Phase) -> proto::Phase {
    match phase {
        Phase::Triage => proto::Phase::Triage,
        Phase::Containment => proto::Phase::Containment,
        Phase::Eradication => proto::Phase::Eradication,
        Phase::Recovery => proto::Phase::Recovery,
        Phase::Review => proto::Phase::Review,
        Phase::Closed => proto::Phase::Closed,
    }
}
