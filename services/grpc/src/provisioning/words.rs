//! The words of provisioning: states, reasons, kinds of steps.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::customer::{CustomerActionKind, VerifyMethod};
use tasuki_core::provisioning::order::{CompletionPolicy, OrderState};
use tasuki_core::provisioning::reason_code::ReasonCode;
use tasuki_core::provisioning::steps::{StepKind, StepState};
use tasuki_core::provisioning::{FindingWeight, ItemOutcome, StepOutcome};
use tasuki_proto::provisioning::v1 as proto;

/// What the names of the contract's reason codes start with.
const REASON_PREFIX: &str = "REASON_CODE_";

/// The contract and the domain share the names of reasons; a test holds them together.
pub(crate) fn reason(code: ReasonCode) -> proto::ReasonCode {
    let name = format!("{REASON_PREFIX}{}", code.as_str());
    proto::ReasonCode::from_str_name(&name).unwrap_or_default()
}

/// A reason that must be there.
pub(crate) fn reason_from(field: &str, code: proto::ReasonCode) -> Result<ReasonCode, Problem> {
    code.as_str_name()
        .strip_prefix(REASON_PREFIX)
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| Problem::invalid(field, "is required: say why"))
}

/// The state of an item, by the word that tables use for it.
pub(crate) fn item_state(word: &str) -> proto::ItemState {
    let name = format!("ITEM_STATE_{}", word.to_ascii_uppercase());
    proto::ItemState::from_str_name(&name).unwrap_or_default()
}

pub(crate) fn order_state(state: OrderState) -> proto::OrderState {
    match state {
        OrderState::Acknowledged => proto::OrderState::Acknowledged,
        OrderState::Rejected => proto::OrderState::Rejected,
        OrderState::Held => proto::OrderState::Held,
        OrderState::InProgress => proto::OrderState::InProgress,
        OrderState::AssessingCancellation => proto::OrderState::AssessingCancellation,
        OrderState::PendingCancellation => proto::OrderState::PendingCancellation,
        OrderState::Completed => proto::OrderState::Completed,
        OrderState::Partial => proto::OrderState::Partial,
        OrderState::Failed => proto::OrderState::Failed,
        OrderState::Cancelled => proto::OrderState::Cancelled,
    }
}

/// A state that an order of ours can be in.
pub(crate) fn order_state_from(state: proto::OrderState) -> Option<OrderState> {
    Some(match state {
        proto::OrderState::Unspecified | proto::OrderState::Draft => return None,
        proto::OrderState::Acknowledged => OrderState::Acknowledged,
        proto::OrderState::Rejected => OrderState::Rejected,
        proto::OrderState::Held => OrderState::Held,
        proto::OrderState::InProgress => OrderState::InProgress,
        proto::OrderState::AssessingCancellation => OrderState::AssessingCancellation,
        proto::OrderState::PendingCancellation => OrderState::PendingCancellation,
        proto::OrderState::Completed => OrderState::Completed,
        proto::OrderState::Partial => OrderState::Partial,
        proto::OrderState::Failed => OrderState::Failed,
        proto::OrderState::Cancelled => OrderState::Cancelled,
    })
}

pub(crate) fn outcome(outcome: ItemOutcome) -> proto::ItemOutcome {
    match outcome {
        ItemOutcome::InProgress => proto::ItemOutcome::InProgress,
        ItemOutcome::Refused => proto::ItemOutcome::Refused,
        ItemOutcome::NeverInstalled => proto::ItemOutcome::NeverInstalled,
        ItemOutcome::Removed => proto::ItemOutcome::Removed,
        ItemOutcome::Active => proto::ItemOutcome::Active,
        ItemOutcome::Ended => proto::ItemOutcome::Ended,
    }
}

pub(crate) fn completion(policy: CompletionPolicy) -> proto::CompletionPolicy {
    match policy {
        CompletionPolicy::All => proto::CompletionPolicy::All,
        CompletionPolicy::CoreThenRest => proto::CompletionPolicy::CoreThenRest,
        CompletionPolicy::Any => proto::CompletionPolicy::Any,
    }
}

/// A policy, if one was named.
pub(crate) fn completion_from(policy: proto::CompletionPolicy) -> Option<CompletionPolicy> {
    match policy {
        proto::CompletionPolicy::Unspecified => None,
        proto::CompletionPolicy::All => Some(CompletionPolicy::All),
        proto::CompletionPolicy::CoreThenRest => Some(CompletionPolicy::CoreThenRest),
        proto::CompletionPolicy::Any => Some(CompletionPolicy::Any),
    }
}

pub(crate) fn step_kind(kind: StepKind) -> proto::StepKind {
    match kind {
        StepKind::Sizing => proto::StepKind::Sizing,
        StepKind::Shipment => proto::StepKind::Shipment,
        StepKind::Schedule => proto::StepKind::Schedule,
        StepKind::Install => proto::StepKind::Install,
        StepKind::VerifyHeartbeat => proto::StepKind::VerifyHeartbeat,
        StepKind::IssueTarget => proto::StepKind::IssueTarget,
        StepKind::ChangeDns => proto::StepKind::ChangeDns,
        StepKind::VerifyDns => proto::StepKind::VerifyDns,
        StepKind::Enforce => proto::StepKind::Enforce,
        StepKind::IssueToken => proto::StepKind::IssueToken,
        StepKind::RollOut => proto::StepKind::RollOut,
        StepKind::Consent => proto::StepKind::Consent,
        StepKind::Window => proto::StepKind::Window,
        StepKind::Run => proto::StepKind::Run,
        StepKind::Report => proto::StepKind::Report,
        StepKind::Questions => proto::StepKind::Questions,
        StepKind::Campaign => proto::StepKind::Campaign,
        StepKind::Entitlement => proto::StepKind::Entitlement,
    }
}

pub(crate) fn step_state(state: StepState) -> proto::StepState {
    match state {
        StepState::Waiting => proto::StepState::Waiting,
        StepState::Running => proto::StepState::Running,
        StepState::Done => proto::StepState::Done,
        StepState::Failed => proto::StepState::Failed,
        StepState::Undone => proto::StepState::Undone,
    }
}

pub(crate) fn action_kind(kind: CustomerActionKind) -> proto::CustomerActionKind {
    match kind {
        CustomerActionKind::DnsChange => proto::CustomerActionKind::DnsChange,
        CustomerActionKind::DeviceInstall => proto::CustomerActionKind::DeviceInstall,
        CustomerActionKind::AgentInstall => proto::CustomerActionKind::AgentInstall,
        CustomerActionKind::Consent => proto::CustomerActionKind::Consent,
        CustomerActionKind::Schedule => proto::CustomerActionKind::Schedule,
        CustomerActionKind::Information => proto::CustomerActionKind::Information,
    }
}

/// A kind of step, if one was named.
pub(crate) fn action_kind_from(kind: proto::CustomerActionKind) -> Option<CustomerActionKind> {
    CustomerActionKind::ALL.into_iter().find(|ours| action_kind(*ours) == kind)
}

pub(crate) fn verify_method(method: VerifyMethod) -> proto::VerifyMethod {
    match method {
        VerifyMethod::DnsLookup => proto::VerifyMethod::DnsLookup,
        VerifyMethod::Heartbeat => proto::VerifyMethod::Heartbeat,
        VerifyMethod::ProviderObserves => proto::VerifyMethod::ProviderObserves,
        VerifyMethod::Document => proto::VerifyMethod::Document,
        VerifyMethod::Declaration => proto::VerifyMethod::Declaration,
    }
}

pub(crate) fn step_outcome(outcome: StepOutcome) -> proto::CustomerStepState {
    match outcome {
        StepOutcome::Asked => proto::CustomerStepState::Asked,
        StepOutcome::Escalated => proto::CustomerStepState::Escalated,
        StepOutcome::Confirmed => proto::CustomerStepState::Confirmed,
        StepOutcome::Done => proto::CustomerStepState::Done,
        StepOutcome::Refused => proto::CustomerStepState::Refused,
        StepOutcome::Expired => proto::CustomerStepState::Expired,
    }
}

pub(crate) fn weight(weight: FindingWeight) -> proto::FindingWeight {
    match weight {
        FindingWeight::Advice => proto::FindingWeight::Advice,
        FindingWeight::SettleFirst => proto::FindingWeight::SettleFirst,
        FindingWeight::CustomWork => proto::FindingWeight::CustomWork,
        FindingWeight::Blocking => proto::FindingWeight::Blocking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_name_in_the_contract_and_back() {
        for code in ReasonCode::ALL {
            let there = reason(*code);
            assert_ne!(there, proto::ReasonCode::Unspecified, "{code:?}");
            assert_eq!(reason_from("reason", there), Ok(*code));
        }
    }

    #[test]
    fn a_reason_that_is_not_said_is_asked_for() {
        assert!(reason_from("reason", proto::ReasonCode::Unspecified).is_err());
    }

    #[test]
    fn the_words_of_tables_are_states_of_the_contract() {
        assert_eq!(item_state("awaiting_customer"), proto::ItemState::AwaitingCustomer);
        assert_eq!(item_state(""), proto::ItemState::Unspecified);
    }
}
