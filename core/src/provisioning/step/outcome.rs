//! The states that commands lead to.

use crate::provisioning::command::ItemEvent;
use crate::provisioning::customer::CustomerStep;
use crate::provisioning::reason_code::Cause;
use crate::provisioning::state::{Evidence, InService, ItemState, Removal, Said};
use crate::time::Timestamp;

pub(super) fn accepted(operation_id: &str, deadline_at: Timestamp, now: Timestamp) -> ItemState {
    ItemState::Accepted { operation_id: operation_id.to_owned(), accepted_at: now, deadline_at }
}

pub(super) fn awaiting(operation_id: &str, step: &CustomerStep) -> ItemState {
    ItemState::AwaitingCustomer {
        operation_id: operation_id.to_owned(),
        step: Box::new(step.clone()),
    }
}

pub(super) fn reminded(operation_id: &str, step: &CustomerStep) -> ItemState {
    let n_reminded = step.n_reminded.saturating_add(1);
    awaiting(operation_id, &CustomerStep { n_reminded, ..step.clone() })
}

pub(super) fn escalated(operation_id: &str, step: &CustomerStep, now: Timestamp) -> ItemState {
    let escalated_at = Some(step.escalated_at.unwrap_or(now));
    awaiting(operation_id, &CustomerStep { escalated_at, ..step.clone() })
}

pub(super) fn confirmed(operation_id: &str, step: &CustomerStep, now: Timestamp) -> ItemState {
    ItemState::Verifying {
        operation_id: operation_id.to_owned(),
        said: Said::Customer { step: Box::new(step.clone()) },
        since: now,
    }
}

pub(super) fn installed(operation_id: &str, installed_at: Timestamp, now: Timestamp) -> ItemState {
    ItemState::Verifying {
        operation_id: operation_id.to_owned(),
        said: Said::Provider { installed_at: installed_at.min(now) },
        since: now,
    }
}

/// Active from the moment at which we saw it: neither billing nor cover begins before.
pub(super) fn active(evidence: &Evidence, installed_at: Timestamp, now: Timestamp) -> ItemState {
    ItemState::Active {
        service: InService {
            evidence: evidence.clone(),
            installed_at: installed_at.min(now),
            active_at: now,
        },
    }
}

pub(super) fn failed(cause: &Cause, now: Timestamp) -> ItemState {
    ItemState::FailedFinal { cause: cause.clone(), failed_at: now }
}

/// What is under way is taken back; what was installed until then is remembered.
pub(super) fn cleaning(from: &ItemState, cause: &Cause, now: Timestamp) -> ItemState {
    ItemState::Cleaning {
        removal: Removal {
            cause: cause.clone(),
            service: None,
            installed_at: from.installed_at(),
            stopped_at: now,
            attempt: 0,
            n_gone: 0,
        },
    }
}

/// What ran is taken away. It did not stop before it began.
pub(super) fn ending(service: &InService, cause: &Cause, stopped_at: Timestamp) -> ItemState {
    ItemState::Deprovisioning {
        removal: Removal {
            cause: cause.clone(),
            service: Some(service.clone()),
            installed_at: Some(service.installed_at),
            stopped_at: stopped_at.max(service.active_at),
            attempt: 0,
            n_gone: 0,
        },
    }
}

pub(super) fn under_way(removal: Removal) -> ItemState {
    if removal.service.is_some() {
        ItemState::Deprovisioning { removal }
    } else {
        ItemState::Cleaning { removal }
    }
}

pub(super) fn once_more(removal: &Removal) -> ItemState {
    let attempt = removal.attempt.saturating_add(1);
    under_way(Removal { attempt, n_gone: 0, ..removal.clone() })
}

pub(super) fn gone(removal: &Removal, now: Timestamp) -> (ItemState, ItemEvent) {
    match &removal.service {
        Some(service) => (
            ItemState::Deprovisioned {
                service: service.clone(),
                cause: removal.cause.clone(),
                stopped_at: removal.stopped_at,
                ended_at: now,
            },
            ItemEvent::Deprovisioned,
        ),
        None => (
            ItemState::Cleaned {
                cause: removal.cause.clone(),
                installed_at: removal.installed_at,
                stopped_at: removal.stopped_at,
                cleaned_at: now,
            },
            ItemEvent::Cleaned,
        ),
    }
}
