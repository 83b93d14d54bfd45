//! One instance: what was asked for, its course, and what it is at an instant.

use std::collections::BTreeMap;

use jiff::Timestamp;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provisioning::v1::{CustomerAction, CustomerActionKind, Device, EndpointCounts};

use crate::instructions;
use crate::timeline::{self, Phase, Present, Stage};

/// The longest pause that the contract lets a provider ask for: thirty days, in seconds.
const LONGEST_RETRY: i64 = 2_592_000;

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) instance_id: String,
    pub(crate) component: String,
    pub(crate) tenant_reference: String,
    pub(crate) quantity: i64,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) plan: String,
    /// The generation of the last change, of whatever kind.
    pub(crate) generation: i64,
    /// The generation of the last put.
    pub(crate) put_generation: i64,
    pub(crate) spec_hash: String,
    /// When the last put was asked for, by the tenant's clock.
    pub(crate) started_at: Timestamp,
    pub(crate) stages: Vec<Stage>,
    pub(crate) installed: Option<u32>,
    pub(crate) reporting: Option<u32>,
    pub(crate) twice: bool,
    pub(crate) suspended: bool,
    pub(crate) cancelled_at: Option<Timestamp>,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) updated_at: Timestamp,
    /// How many stages of this put were reported in events.
    pub(crate) announced: usize,
    /// Operations that ended or were overtaken, encoded, by id.
    pub(crate) former: BTreeMap<String, String>,
}

/// The id of an operation: the same for the same change.
pub(crate) fn operation_id(kind: &str, instance_id: &str, generation: i64) -> String {
    format!("op-{kind}-{generation}-{instance_id}")
}

/// The instance that an operation belongs to.
pub(crate) fn instance_of(operation_id: &str) -> Option<&str> {
    operation_id.strip_prefix("op-")?.splitn(3, '-').nth(2)
}

pub(crate) fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// An instant of a message; none when it is missing or out of range.
pub(crate) fn from_instant(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.seconds, at.nanos).ok()
}

impl Record {
    pub(crate) fn put_operation_id(&self) -> String {
        operation_id("put", &self.instance_id, self.put_generation)
    }

    fn repair_operation_id(&self) -> String {
        operation_id("repair", &self.instance_id, self.put_generation)
    }

    /// Whether it is there for whoever asks.
    pub(crate) fn exists(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Whether it is there at an instant: what failed and left nothing behind is not.
    pub(crate) fn exists_at(&self, at: Timestamp) -> bool {
        let nothing =
            |present: Present| matches!(present.phase, Phase::Failed { left_behind: false, .. });
        self.exists() && !self.present(at).is_some_and(nothing)
    }

    pub(crate) fn present(&self, at: Timestamp) -> Option<Present> {
        let at = self.cancelled_at.map_or(at, |cancelled| at.min(cancelled));
        timeline::present(&self.stages, self.started_at, at)
    }

    /// The operation of that id as it is at an instant.
    pub(crate) fn operation(&self, id: &str, at: Timestamp) -> Option<proto::Operation> {
        if let Some(former) = self.former.get(id) {
            return proto::Operation::decode(hex::decode(former).ok()?.as_slice()).ok();
        }
        if id == self.put_operation_id() {
            return self.put_operation(at);
        }
        if id == self.repair_operation_id() {
            return self.repair_operation(at);
        }
        None
    }

    /// The operation that sets it up.
    pub(crate) fn put_operation(&self, at: Timestamp) -> Option<proto::Operation> {
        use proto::OperationState as State;
        let present = self.present(at)?;
        let mut operation = self.blank(self.put_operation_id(), proto::OperationKind::Put);
        // One second more than the rest, so that asking then surely finds the next stage.
        let rest = present.next_at.map_or(0, |next| next.duration_since(at).as_secs() + 1);
        operation.retry_after_seconds = i32::try_from(rest.clamp(0, LONGEST_RETRY)).unwrap_or(0);
        let state = match present.phase {
            Phase::Running { percent } => {
                operation.progress_percent = percent;
                State::Running
            }
            Phase::Awaiting { action } => {
                operation.progress_percent = 50;
                operation.customer_action = self.customer_action(action);
                State::AwaitingCustomer
            }
            Phase::Live | Phase::Down | Phase::Lost { .. } => {
                operation.progress_percent = 100;
                operation.usable = true;
                operation.past_return = true;
                operation.retry_after_seconds = 0;
                operation.instance = Some(self.instance(at));
                State::Succeeded
            }
            Phase::Failed { reason, left_behind } => {
                operation.failure = Some(failure(reason, left_behind));
                operation.retry_after_seconds = 0;
                State::Failed
            }
        };
        operation.set_state(state);
        let is_over = matches!(state, State::Succeeded | State::Failed);
        if self.cancelled_at.is_some() && !is_over {
            operation.set_state(State::Cancelled);
            operation.customer_action = None;
            operation.retry_after_seconds = 0;
        }
        Some(operation)
    }

    /// The operation that tries to repair what was live and was lost.
    fn repair_operation(&self, at: Timestamp) -> Option<proto::Operation> {
        let present = self.present(at)?;
        let mut operation = self.blank(self.repair_operation_id(), proto::OperationKind::Put);
        match present.phase {
            Phase::Down => operation.set_state(proto::OperationState::Running),
            Phase::Lost { reason } => {
                operation.set_state(proto::OperationState::Failed);
                operation.failure = Some(failure(reason, true));
            }
            Phase::Running { .. } | Phase::Awaiting { .. } | Phase::Live | Phase::Failed { .. } => {
                return None;
            }
        }
        Some(operation)
    }

    /// The operation that is worth an event: the one that changed with the present stage.
    pub(crate) fn present_operation(&self, at: Timestamp) -> Option<proto::Operation> {
        self.repair_operation(at).or_else(|| self.put_operation(at))
    }

    pub(crate) fn blank(&self, id: String, kind: proto::OperationKind) -> proto::Operation {
        proto::Operation {
            operation_id: id,
            instance_id: self.instance_id.clone(),
            generation: self.generation,
            kind: kind.into(),
            ..proto::Operation::default()
        }
    }

    /// What is there at an instant.
    pub(crate) fn instance(&self, at: Timestamp) -> proto::Instance {
        let evidence_id =
            format!("obs-{}-g{}-{}", self.instance_id, self.generation, at.as_second());
        if !self.exists_at(at) {
            return proto::Instance {
                instance_id: self.instance_id.clone(),
                updated_at: Some(instant(self.updated_at)),
                evidence_id,
                ..proto::Instance::default()
            };
        }
        let live_since = timeline::live_since(&self.stages, self.started_at, at);
        let repair = self.repair_operation(at);
        let changed_at = self.present(at).map_or(self.updated_at, |present| present.since);
        let health = match (&repair, live_since) {
            (Some(_), _) => proto::Health::Down,
            (None, Some(_)) => proto::Health::Ok,
            (None, None) => proto::Health::Unspecified,
        };
        proto::Instance {
            instance_id: self.instance_id.clone(),
            exists: true,
            generation: self.generation,
            spec_hash: self.spec_hash.clone(),
            component: self.component.clone(),
            health: health.into(),
            suspended: self.suspended,
            activated_at: live_since.map(instant),
            last_seen_at: match health {
                proto::Health::Ok => Some(instant(at)),
                proto::Health::Unspecified | proto::Health::Degraded | proto::Health::Down => None,
            },
            updated_at: Some(instant(changed_at.max(self.updated_at))),
            device: self.device(live_since.is_some()),
            endpoints: self.endpoints(at, live_since.is_some()),
            dns_records: Vec::new(),
            counters: Vec::new(),
            evidence_id,
            operation_id: repair.map(|operation| operation.operation_id).unwrap_or_default(),
        }
    }

    fn device(&self, live: bool) -> Option<Device> {
        (self.component == "utm" && live).then(|| Device {
            serial: format!("REF-{}", self.instance_id),
            model: self.parameters.get("model").cloned().unwrap_or_else(|| "t20".to_owned()),
            mode: self.parameters.get("mode").cloned().unwrap_or_else(|| "transparent".to_owned()),
            licence: if self.plan.is_empty() {
                "basic_security_suite".to_owned()
            } else {
                self.plan.clone()
            },
        })
    }

    fn endpoints(&self, at: Timestamp, live: bool) -> Option<EndpointCounts> {
        if self.component != "edr" {
            return None;
        }
        let ordered = u32::try_from(self.quantity).unwrap_or(u32::MAX);
        let sent = self.present(at).is_some_and(|present| present.index > 0);
        let with_agent = if live { self.installed.unwrap_or(ordered).min(ordered) } else { 0 };
        let reporting = self.reporting.unwrap_or(with_agent).min(with_agent);
        let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        Some(EndpointCounts {
            n_sent: if sent || live { count(ordered - with_agent) } else { 0 },
            n_installed: count(with_agent - reporting),
            n_reporting: count(reporting),
            ..EndpointCounts::default()
        })
    }

    fn customer_action(&self, action: i32) -> Option<CustomerAction> {
        let kind = CustomerActionKind::try_from(action).ok()?;
        Some(instructions::customer_action(kind, self))
    }
}

fn failure(reason: i32, left_behind: bool) -> proto::Failure {
    proto::Failure {
        reason,
        provider_code: String::new(),
        message: "the reference provider was told so".to_owned(),
        repeatable: false,
        left_behind,
    }
}
