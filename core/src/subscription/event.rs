//! What can happen to a subscription.

use serde::{Deserialize, Serialize};

use super::Phase;
use super::standing::Because;
use crate::id::ItemId;
use crate::time::CivilDate;

/// What happened to a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SubscriptionEvent {
    /// It is in use.
    Activated {
        /// The first day: the anchor of its periods.
        on: CivilDate,
        /// The first day after the trial it began with.
        trial_until: Option<CivilDate>,
    },
    /// The paid phase began.
    Converted {
        /// The first paid day.
        on: CivilDate,
    },
    /// The paid plan that follows the trial was ordered.
    ConversionOrdered {
        /// The first paid day: the trial ends there.
        on: CivilDate,
        /// What its phases were before; none for what was recorded before they were kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        instead_of: Vec<Phase>,
    },
    /// The paid plan that was to follow the trial was taken back.
    ConversionWithdrawn {
        /// The trial ends there again.
        until: CivilDate,
    },
    /// Services, plans, quantities or prices changed.
    Changed {
        /// The first day of it.
        on: CivilDate,
    },
    /// Some services were stopped for a while.
    ServicesSuspended {
        /// The first day without them.
        on: CivilDate,
        /// Which.
        items: Vec<ItemId>,
    },
    /// Services that were stopped went on.
    ServicesResumed {
        /// The first day of use again.
        on: CivilDate,
        /// Which.
        items: Vec<ItemId>,
    },
    /// A change waits for its day.
    ChangeScheduled {
        /// Its number.
        number: u32,
        /// The day.
        on: CivilDate,
    },
    /// A change that waited was taken back.
    ChangeWithdrawn {
        /// Its number.
        number: u32,
    },
    /// A change that waited could not be made on its day any more.
    ChangeLapsed {
        /// Its number.
        number: u32,
        /// The day.
        on: CivilDate,
    },
    /// It came back after it had ended.
    Reinstated {
        /// The first day.
        on: CivilDate,
    },
    /// It was stopped for a while.
    Suspended {
        /// The first day without use.
        on: CivilDate,
    },
    /// It went on.
    Resumed {
        /// The first day of use again.
        on: CivilDate,
    },
    /// A payment is late.
    MarkedPastDue {
        /// Since this day.
        since: CivilDate,
    },
    /// Nothing is late any more.
    PastDueCleared,
    /// It will end.
    CancellationScheduled {
        /// The first day without use.
        on: CivilDate,
    },
    /// It will not end after all.
    CancellationWithdrawn,
    /// It ended.
    Cancelled {
        /// The first day without use.
        on: CivilDate,
        /// Why.
        because: Because,
    },
}

impl SubscriptionEvent {
    /// The topic under which others hear of it.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Activated { .. } => "subscription.activated",
            Self::Converted { .. } => "subscription.converted",
            Self::ConversionOrdered { .. } => "subscription.conversion_ordered",
            Self::ConversionWithdrawn { .. } => "subscription.conversion_withdrawn",
            Self::Changed { .. } => "subscription.changed",
            Self::ServicesSuspended { .. } => "subscription.services_suspended",
            Self::ServicesResumed { .. } => "subscription.services_resumed",
            Self::ChangeScheduled { .. } => "subscription.change_scheduled",
            Self::ChangeWithdrawn { .. } => "subscription.change_withdrawn",
            Self::ChangeLapsed { .. } => "subscription.change_lapsed",
            Self::Reinstated { .. } => "subscription.reinstated",
            Self::Suspended { .. } => "subscription.suspended",
            Self::Resumed { .. } => "subscription.resumed",
            Self::MarkedPastDue { .. } => "subscription.marked_past_due",
            Self::PastDueCleared => "subscription.past_due_cleared",
            Self::CancellationScheduled { .. } => "subscription.cancellation_scheduled",
            Self::CancellationWithdrawn => "subscription.cancellation_withdrawn",
            Self::Cancelled { .. } => "subscription.cancelled",
        }
    }
}
