//! Dated evidence, in both directions.

use tasuki_app::claiming::{EvidenceList, RecordEvidence};
use tasuki_core::evidence::{Evidence, EvidenceKind, EvidenceValue};
use tasuki_core::problem::Problem;
use tasuki_proto::cover::v1 as proto;
use tasuki_proto::cover::v1::evidence_value::Value;

use crate::{actors, fields, words};

pub(crate) fn record(message: proto::RecordEvidenceRequest) -> Result<RecordEvidence, Problem> {
    Ok(RecordEvidence {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        instance_id: fields::optional_id("instance_id", &message.instance_id)?,
        device_id: fields::optional_text(message.device_id),
        observed_at: fields::timestamp("observed_at", message.observed_at)?,
        valid_until: fields::optional_timestamp("valid_until", message.valid_until)?,
        value: message.value.map(value_from).transpose()?,
        evidence_id: message.evidence_id,
        corrects: fields::optional_id("corrects", &message.corrects)?,
    })
}

pub(crate) fn list(message: proto::ListEvidenceRequest) -> Result<EvidenceList, Problem> {
    let kinds = message.kinds().filter_map(|kind| match kind {
        proto::EvidenceKind::Unspecified => None,
        proto::EvidenceKind::AgentVersion => Some(EvidenceKind::AgentVersion),
        proto::EvidenceKind::BypassApproval => Some(EvidenceKind::BypassApproval),
        proto::EvidenceKind::CriticalFindings => Some(EvidenceKind::CriticalFindings),
        proto::EvidenceKind::Training => Some(EvidenceKind::Training),
    });
    Ok(EvidenceList {
        kinds: kinds.collect(),
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        known_at: fields::optional_timestamp("known_at", message.known_at)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn evidence(of: &Evidence) -> proto::Evidence {
    proto::Evidence {
        id: of.id.to_string(),
        tenant_id: of.tenant_id.to_string(),
        kind: kind(of.kind).into(),
        instance_id: of.instance_id.map(|id| id.to_string()).unwrap_or_default(),
        device_id: of.device_id.clone().unwrap_or_default(),
        observed_at: Some(words::timestamp(of.observed_at)),
        valid_until: of.valid_until.map(words::timestamp),
        value: of.value.as_ref().map(value),
        evidence_id: of.evidence_id.clone(),
        corrects: of.corrects.map(|id| id.to_string()).unwrap_or_default(),
        recorded_at: Some(words::timestamp(of.recorded_at)),
        recorded_by: Some(actors::actor(&of.recorded_by)),
    }
}

const fn kind(kind: EvidenceKind) -> proto::EvidenceKind {
    match kind {
        EvidenceKind::AgentVersion => proto::EvidenceKind::AgentVersion,
        EvidenceKind::BypassApproval => proto::EvidenceKind::BypassApproval,
        EvidenceKind::CriticalFindings => proto::EvidenceKind::CriticalFindings,
        EvidenceKind::Training => proto::EvidenceKind::Training,
    }
}

fn value_from(message: proto::EvidenceValue) -> Result<EvidenceValue, Problem> {
    let number = |field: &str, n: i32| {
        u32::try_from(n).map_err(|_| Problem::invalid(field, "must not be negative"))
    };
    Ok(match message.value {
        None => return Err(Problem::invalid("value", "must be one of its kinds")),
        Some(Value::AgentVersion(of)) => EvidenceValue::AgentVersion {
            version: of.version,
            n_behind: number("value.agent_version.n_behind", of.n_behind)?,
        },
        Some(Value::BypassApproval(of)) => EvidenceValue::BypassApproval { approved: of.approved },
        Some(Value::CriticalFindings(of)) => {
            let field = "value.critical_findings.open_since";
            let open_since = fields::optional_timestamp(field, of.open_since)?;
            EvidenceValue::CriticalFindings { open_since }
        }
        Some(Value::Training(of)) => EvidenceValue::Training {
            n_participants: number("value.training.n_participants", of.n_participants)?,
        },
    })
}

fn value(value: &EvidenceValue) -> proto::EvidenceValue {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let value = match value {
        EvidenceValue::AgentVersion { version, n_behind } => {
            let (version, n_behind) = (version.clone(), number(*n_behind));
            Value::AgentVersion(proto::AgentVersion { version, n_behind })
        }
        EvidenceValue::BypassApproval { approved } => {
            Value::BypassApproval(proto::BypassApproval { approved: *approved })
        }
        EvidenceValue::CriticalFindings { open_since } => {
            let open_since = open_since.map(words::timestamp);
            Value::CriticalFindings(proto::CriticalFindings { open_since })
        }
        EvidenceValue::Training { n_participants } => {
            Value::Training(proto::Training { n_participants: number(*n_participants) })
        }
    };
    proto::EvidenceValue { value: Some(value) }
}
