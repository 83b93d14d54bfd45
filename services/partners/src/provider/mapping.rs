//! Messages of the provider contract into domain words and back.

use std::collections::BTreeSet;

use tasuki_core::provisioning::operation::FollowUp;
use tasuki_core::provisioning::{
    Capabilities, Cause, CustomerActionKind, CustomerRequest, Device, DnsRecord, EndpointCounts,
    Health, Observation, OperationFailure, OperationSeen, OperationStep, ReasonCode, Spec,
    VerifyMethod,
};
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provisioning::v1 as words;
use tasuki_proto::types::v1 as types;

pub(super) fn instant(at: Timestamp) -> prost_types::Timestamp {
    let at = at.as_jiff();
    let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

fn from_instant(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let at = at?;
    jiff::Timestamp::new(at.seconds, at.nanos).ok().map(Timestamp::new)
}

/// Every code of ours is in the contract, under the same name; a test compares them.
pub(super) fn reason(code: ReasonCode) -> words::ReasonCode {
    words::ReasonCode::from_str_name(&format!("REASON_CODE_{code}"))
        .unwrap_or(words::ReasonCode::Unspecified)
}

fn from_reason(code: words::ReasonCode) -> Option<ReasonCode> {
    code.as_str_name().strip_prefix("REASON_CODE_")?.parse().ok()
}

pub(super) fn spec(spec: &Spec) -> words::InstanceSpec {
    words::InstanceSpec {
        service: service(spec.service).into(),
        component: spec.component.clone(),
        plan: spec.plan.clone(),
        plan_version: spec.plan_version.clone(),
        quantity: i64::from(spec.quantity),
        parameters: spec.parameters.clone().into_iter().collect(),
        tenant_reference: spec.tenant_reference.clone(),
        region: spec.region.clone(),
    }
}

const fn service(service: Service) -> types::Service {
    match service {
        Service::Utm => types::Service::Utm,
        Service::CloudWaf => types::Service::CloudWaf,
        Service::Edr => types::Service::Edr,
        Service::Diagnosis => types::Service::Diagnosis,
        Service::Training => types::Service::Training,
        Service::HelpDesk => types::Service::HelpDesk,
        Service::OnSiteResponse => types::Service::OnSiteResponse,
        Service::DataRecovery => types::Service::DataRecovery,
    }
}

fn from_service(of: types::Service) -> Option<Service> {
    Service::ALL.into_iter().find(|it| service(*it) == of)
}

/// An operation; the error says what of it cannot be understood.
pub(super) fn operation(
    operation: Option<proto::Operation>,
    now: Timestamp,
) -> Result<OperationSeen, String> {
    let operation = operation.ok_or("the answer has no operation")?;
    tasuki_proto::validate(&operation).map_err(|broken| rules(&broken))?;
    let step = match operation.state() {
        proto::OperationState::Unspecified => return Err("the operation has no state".to_owned()),
        proto::OperationState::Pending | proto::OperationState::Running => OperationStep::Working,
        proto::OperationState::AwaitingCustomer => {
            let action = operation.customer_action.ok_or("nothing is asked of the customer")?;
            OperationStep::AwaitingCustomer(Box::new(request(action)?))
        }
        proto::OperationState::Succeeded => {
            let instance = operation.instance.map(|instance| observed(instance, now));
            OperationStep::Succeeded(instance.map(Box::new))
        }
        proto::OperationState::Failed => {
            OperationStep::Failed(failure(operation.failure.unwrap_or_default()))
        }
        proto::OperationState::Cancelled => OperationStep::Cancelled,
    };
    let retry = i64::from(operation.retry_after_seconds);
    Ok(OperationSeen {
        operation_id: operation.operation_id,
        step,
        retry_after_seconds: (retry > 0).then_some(retry),
        deadline_at: from_instant(operation.deadline),
    })
}

fn rules(broken: &[tasuki_proto::Violation]) -> String {
    let first = broken.first().map(|rule| format!("`{}` {}", rule.field, rule.message));
    format!("the answer breaks the contract: {}", first.unwrap_or_default())
}

fn failure(failure: proto::Failure) -> OperationFailure {
    let code = from_reason(failure.reason()).unwrap_or(ReasonCode::ProviderFailed);
    let follow_up = match (failure.left_behind, failure.repeatable) {
        (true, _) => FollowUp::CleanUp,
        (false, true) => FollowUp::TryAgain,
        (false, false) => FollowUp::Nothing,
    };
    OperationFailure { cause: Cause::new(code, failure.message), follow_up }
}

fn request(action: words::CustomerAction) -> Result<CustomerRequest, String> {
    let kind = match action.kind() {
        words::CustomerActionKind::Unspecified => {
            return Err("it is not said what the customer has to do".to_owned());
        }
        words::CustomerActionKind::DnsChange => CustomerActionKind::DnsChange,
        words::CustomerActionKind::DeviceInstall => CustomerActionKind::DeviceInstall,
        words::CustomerActionKind::AgentInstall => CustomerActionKind::AgentInstall,
        words::CustomerActionKind::Consent => CustomerActionKind::Consent,
        words::CustomerActionKind::Schedule => CustomerActionKind::Schedule,
        words::CustomerActionKind::Information => CustomerActionKind::Information,
    };
    let verify = match action.verify_method() {
        words::VerifyMethod::DnsLookup => VerifyMethod::DnsLookup,
        words::VerifyMethod::Heartbeat => VerifyMethod::Heartbeat,
        words::VerifyMethod::Unspecified | words::VerifyMethod::ProviderObserves => {
            VerifyMethod::ProviderObserves
        }
        words::VerifyMethod::Document => VerifyMethod::Document,
        words::VerifyMethod::Declaration => VerifyMethod::Declaration,
    };
    let instructions = match action.instructions {
        Some(text) => Text::new(text.ja, text.en),
        None => kind.label(),
    };
    let record = |record: words::DnsRecord| DnsRecord {
        name: record.name,
        kind: record.r#type,
        value: record.value,
        previous_value: record.previous_value,
    };
    Ok(CustomerRequest {
        kind,
        instructions,
        expected_records: action.expected_records.into_iter().map(record).collect(),
        verify,
        url: action.url,
        possible_from: from_instant(action.possible_from),
        possible_until: from_instant(action.possible_until),
    })
}

/// What is there; the error says what of it cannot be understood.
pub(super) fn observation(
    instance: Option<proto::Instance>,
    now: Timestamp,
) -> Result<Observation, String> {
    let instance = instance.ok_or("the answer has no instance")?;
    tasuki_proto::validate(&instance).map_err(|broken| rules(&broken))?;
    Ok(observed(instance, now))
}

/// What a provider says it can do; the error says what of it cannot be understood.
pub(super) fn capabilities(says: Option<proto::Capabilities>) -> Result<Capabilities, String> {
    let says = says.ok_or("the answer has no capabilities")?;
    tasuki_proto::validate(&says).map_err(|broken| rules(&broken))?;
    let offered = says.components.iter().map(proto::Component::service);
    let services: BTreeSet<Service> = offered.filter_map(from_service).collect();
    Ok(Capabilities {
        services: services.into_iter().collect(),
        contract_version: says.contract_version,
        lists_instances: says.lists_instances,
        sends_events: says.sends_events,
    })
}

/// Nothing is there, in a provider's words that are an error instead of an answer.
pub(super) fn nothing(now: Timestamp) -> Observation {
    observed(proto::Instance::default(), now)
}

fn observed(instance: proto::Instance, now: Timestamp) -> Observation {
    let health = match instance.health() {
        proto::Health::Unspecified => Health::Unknown,
        proto::Health::Ok => Health::Ok,
        proto::Health::Degraded => Health::Degraded,
        proto::Health::Down => Health::Down,
    };
    let device = instance.device.map(|device| Device {
        serial: device.serial,
        model: device.model,
        mode: device.mode,
        licence: device.licence,
    });
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    let endpoints = instance.endpoints.map(|counts| EndpointCounts {
        sent: count(counts.n_sent),
        downloaded: count(counts.n_downloaded),
        installed: count(counts.n_installed),
        reporting: count(counts.n_reporting),
        unsupported: count(counts.n_unsupported),
        removed: count(counts.n_removed),
    });
    Observation {
        exists: instance.exists,
        generation: u32::try_from(instance.generation).unwrap_or(0),
        spec_hash: instance.spec_hash,
        health,
        activated_at: from_instant(instance.activated_at),
        device,
        endpoints,
        changed_at: from_instant(instance.updated_at),
        operation_id: instance.operation_id,
        evidence_id: instance.evidence_id,
        observed_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_reason_codes_and_those_of_the_contract_are_the_same() {
        for code in ReasonCode::ALL.iter().copied() {
            assert_eq!(from_reason(reason(code)), Some(code), "{code}");
        }
        let unknown: Vec<_> = (0..1_000)
            .filter_map(|number| words::ReasonCode::try_from(number).ok())
            .filter(|code| *code != words::ReasonCode::Unspecified)
            .filter(|code| from_reason(*code).is_none())
            .collect();
        assert_eq!(unknown, []);
    }

    #[test]
    fn an_operation_without_a_state_is_an_error_and_never_waiting() {
        let blank = proto::Operation {
            operation_id: "op-1".into(),
            instance_id: "i-1".into(),
            generation: 1,
            kind: proto::OperationKind::Put.into(),
            ..proto::Operation::default()
        };
        let now = "2020-10-01T00:00:00Z".parse().unwrap();
        let text = operation(Some(blank.clone()), now).unwrap_err();
        assert!(text.contains("state"), "{text}");
        let running = proto::Operation {
            state: proto::OperationState::Running.into(),
            retry_after_seconds: 90,
            ..blank
        };
        let seen = operation(Some(running), now).unwrap();
        assert_eq!((seen.step, seen.retry_after_seconds), (OperationStep::Working, Some(90)));
    }
}
