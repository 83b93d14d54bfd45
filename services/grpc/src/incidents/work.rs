//! Messages about work and service requests into commands, and back.

use tasuki_app::monitoring::{AdvanceServiceRequest, OpenServiceRequest, RecordWork};
use tasuki_core::incident::{
    RequestCommand, RequestKind, RequestState, RequestStep, ServiceRequest, SettingsChange, Work,
    WorkKind, WorkOutcome, WorkReport,
};
use tasuki_core::problem::Problem;
use tasuki_proto::incident::v1 as proto;

use super::commands;
use crate::{fields, words};

pub(crate) fn record(message: proto::RecordWorkRequest) -> Result<RecordWork, Problem> {
    let next_phase = commands::phase(message.next_phase());
    let count = |field: &'static str, n: i32| {
        u32::try_from(n).map_err(|_| Problem::invalid(field, "must not be negative"))
    };
    let report = WorkReport {
        kind: kind_from(message.kind())?,
        provider_id: fields::optional_id("provider_id", &message.provider_id)?,
        started_at: fields::timestamp("started_at", message.started_at)?,
        n_minutes: count("n_minutes", message.n_minutes)?,
        n_travel_minutes: count("n_travel_minutes", message.n_travel_minutes)?,
        n_machines: count("n_machines", message.n_machines)?,
        outcome: outcome_from(message.outcome())?,
        findings: fields::text(message.findings)
            .ok_or_else(|| Problem::invalid("findings", "is required"))?,
        evidence_id: fields::optional_text(message.evidence_id),
        settings_change: message.settings_change.map(settings_change).transpose()?,
    };
    Ok(RecordWork {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        incident_id: fields::id("incident_id", &message.incident_id)?,
        report,
        next_phase,
        etag: message.etag,
    })
}

fn settings_change(message: proto::SettingsChange) -> Result<SettingsChange, Problem> {
    let expires_at = fields::optional_timestamp("settings_change.expires_at", message.expires_at)?;
    Ok(SettingsChange {
        instance_id: fields::id("settings_change.instance_id", &message.instance_id)?,
        bypass: message.bypass,
        target: message.target,
        approval_reference: fields::optional_text(message.approval_reference),
        expires_at,
    })
}

fn settings_change_of(change: &SettingsChange) -> proto::SettingsChange {
    proto::SettingsChange {
        instance_id: change.instance_id.to_string(),
        bypass: change.bypass,
        target: change.target.clone(),
        approval_reference: change.approval_reference.clone().unwrap_or_default(),
        expires_at: change.expires_at.map(words::timestamp),
    }
}

pub(crate) fn open_request(
    message: proto::OpenServiceRequestRequest,
) -> Result<OpenServiceRequest, Problem> {
    let kind = match message.kind() {
        proto::ServiceRequestKind::Unspecified => {
            return Err(Problem::invalid("kind", "is required"));
        }
        proto::ServiceRequestKind::DataRecovery => RequestKind::DataRecovery,
        proto::ServiceRequestKind::VirusRemoval => RequestKind::VirusRemoval,
        proto::ServiceRequestKind::OsReinitialisation => RequestKind::OsReinitialisation,
        proto::ServiceRequestKind::Forensics => RequestKind::Forensics,
    };
    Ok(OpenServiceRequest {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        incident_id: fields::id("incident_id", &message.incident_id)?,
        kind,
        provider_id: fields::optional_id("provider_id", &message.provider_id)?,
        note: message.note,
    })
}

pub(crate) fn advance_request(
    message: proto::AdvanceServiceRequestRequest,
) -> Result<AdvanceServiceRequest, Problem> {
    let to = match message.to() {
        proto::ServiceRequestState::Unspecified | proto::ServiceRequestState::Blocked => None,
        proto::ServiceRequestState::Ready => Some(RequestState::Ready),
        proto::ServiceRequestState::AwaitingCustomer => Some(RequestState::AwaitingCustomer),
        proto::ServiceRequestState::InProgress => Some(RequestState::InProgress),
        proto::ServiceRequestState::Completed => Some(RequestState::Completed),
        proto::ServiceRequestState::Failed => Some(RequestState::Failed),
        proto::ServiceRequestState::Cancelled => Some(RequestState::Cancelled),
    };
    let command = to.and_then(RequestCommand::towards).ok_or_else(|| {
        Problem::invalid("to", "a request becomes ready by itself when its prerequisites are done")
    })?;
    Ok(AdvanceServiceRequest {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        incident_id: fields::id("incident_id", &message.incident_id)?,
        number: u32::try_from(message.number)
            .map_err(|_| Problem::invalid("number", "must not be negative"))?,
        command,
        provider_id: fields::optional_id("provider_id", &message.provider_id)?,
        note: message.note,
        etag: message.etag,
    })
}

pub(crate) fn work(work: &Work) -> proto::Work {
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    proto::Work {
        number: count(work.number),
        kind: kind(work.kind).into(),
        provider_id: work.provider_id.map(|id| id.to_string()).unwrap_or_default(),
        started_at: Some(words::timestamp(work.started_at)),
        n_minutes: count(work.n_minutes),
        n_travel_minutes: count(work.n_travel_minutes),
        n_machines: count(work.n_machines),
        outcome: outcome(work.outcome).into(),
        findings: Some(words::text(&work.findings)),
        evidence_id: work.evidence_id.clone().unwrap_or_default(),
        settings_change: work.settings_change.as_ref().map(settings_change_of),
        recorded_by: Some(words::actor(&work.recorded_by)),
        recorded_at: Some(words::timestamp(work.recorded_at)),
    }
}

pub(crate) fn request(request: &ServiceRequest) -> proto::ServiceRequest {
    let kind = match request.kind {
        RequestKind::DataRecovery => proto::ServiceRequestKind::DataRecovery,
        RequestKind::VirusRemoval => proto::ServiceRequestKind::VirusRemoval,
        RequestKind::OsReinitialisation => proto::ServiceRequestKind::OsReinitialisation,
        RequestKind::Forensics => proto::ServiceRequestKind::Forensics,
    };
    proto::ServiceRequest {
        number: i32::try_from(request.number).unwrap_or(i32::MAX),
        kind: kind.into(),
        state: state(request.state).into(),
        provider_id: request.provider_id.map(|id| id.to_string()).unwrap_or_default(),
        waits_for: request.waits_for.iter().map(|it| self::kind(*it).into()).collect(),
        next_step: request.next_step().as_ref().map(words::text),
        steps: request.steps.iter().map(step).collect(),
    }
}

fn step(step: &RequestStep) -> proto::ServiceRequestStep {
    proto::ServiceRequestStep {
        state: state(step.state).into(),
        changed_at: Some(words::timestamp(step.changed_at)),
        changed_by: Some(words::actor(&step.changed_by)),
        note: step.note.clone(),
    }
}

const fn state(state: RequestState) -> proto::ServiceRequestState {
    match state {
        RequestState::Blocked => proto::ServiceRequestState::Blocked,
        RequestState::Ready => proto::ServiceRequestState::Ready,
        RequestState::AwaitingCustomer => proto::ServiceRequestState::AwaitingCustomer,
        RequestState::InProgress => proto::ServiceRequestState::InProgress,
        RequestState::Completed => proto::ServiceRequestState::Completed,
        RequestState::Failed => proto::ServiceRequestState::Failed,
        RequestState::Cancelled => proto::ServiceRequestState::Cancelled,
    }
}

fn kind_from(kind: proto::WorkKind) -> Result<WorkKind, Problem> {
    Ok(match kind {
        proto::WorkKind::Unspecified => return Err(Problem::invalid("kind", "is required")),
        proto::WorkKind::Advice => WorkKind::Advice,
        proto::WorkKind::RemoteSupport => WorkKind::RemoteSupport,
        proto::WorkKind::OnSiteResponse => WorkKind::OnSiteResponse,
        proto::WorkKind::VirusRemoval => WorkKind::VirusRemoval,
        proto::WorkKind::Restoration => WorkKind::Restoration,
        proto::WorkKind::DataRecovery => WorkKind::DataRecovery,
        proto::WorkKind::Forensics => WorkKind::Forensics,
        proto::WorkKind::SettingsChange => WorkKind::SettingsChange,
    })
}

const fn kind(kind: WorkKind) -> proto::WorkKind {
    match kind {
        WorkKind::Advice => proto::WorkKind::Advice,
        WorkKind::RemoteSupport => proto::WorkKind::RemoteSupport,
        WorkKind::OnSiteResponse => proto::WorkKind::OnSiteResponse,
        WorkKind::VirusRemoval => proto::WorkKind::VirusRemoval,
        WorkKind::Restoration => proto::WorkKind::Restoration,
        WorkKind::DataRecovery => proto::WorkKind::DataRecovery,
        WorkKind::Forensics => proto::WorkKind::Forensics,
        WorkKind::SettingsChange => proto::WorkKind::SettingsChange,
    }
}

fn outcome_from(outcome: proto::WorkOutcome) -> Result<WorkOutcome, Problem> {
    Ok(match outcome {
        proto::WorkOutcome::Unspecified => {
            return Err(Problem::invalid("outcome", "is required"));
        }
        proto::WorkOutcome::Fixed => WorkOutcome::Fixed,
        proto::WorkOutcome::WorkedAround => WorkOutcome::WorkedAround,
        proto::WorkOutcome::NothingFound => WorkOutcome::NothingFound,
        proto::WorkOutcome::NotFixed => WorkOutcome::NotFixed,
        proto::WorkOutcome::RemovedEquipment => WorkOutcome::RemovedEquipment,
        proto::WorkOutcome::RefusedByCustomer => WorkOutcome::RefusedByCustomer,
    })
}

const fn outcome(outcome: WorkOutcome) -> proto::WorkOutcome {
    match outcome {
        WorkOutcome::Fixed => proto::WorkOutcome::Fixed,
        WorkOutcome::WorkedAround => proto::WorkOutcome::WorkedAround,
        WorkOutcome::NothingFound => proto::WorkOutcome::NothingFound,
        WorkOutcome::NotFixed => proto::WorkOutcome::NotFixed,
        WorkOutcome::RemovedEquipment => proto::WorkOutcome::RemovedEquipment,
        WorkOutcome::RefusedByCustomer => proto::WorkOutcome::RefusedByCustomer,
    }
}
