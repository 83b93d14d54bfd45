//! A subscription as it was on a day.
//!
//! What was known when is the business of the store, which keeps every revision with the time at which
//! it was recorded; [`Subscription::rewound`] does the same for revisions that were never kept. What
//! held when is here: the dated parts of one revision.

use super::item::{SubscribedItem, pauses_seen_on};
use super::{PhaseKind, Standing, Subscription, SubscriptionEntry, SubscriptionEvent};
use crate::time::{CivilDate, Timestamp, Zone};

impl SubscriptionEntry {
    /// The first day on which it held.
    pub fn since(&self, zone: &Zone) -> CivilDate {
        match &self.event {
            SubscriptionEvent::Activated { on, .. }
            | SubscriptionEvent::Converted { on }
            | SubscriptionEvent::Changed { on }
            | SubscriptionEvent::ServicesSuspended { on, .. }
            | SubscriptionEvent::ServicesResumed { on, .. }
            | SubscriptionEvent::Suspended { on }
            | SubscriptionEvent::Resumed { on }
            | SubscriptionEvent::Cancelled { on, .. }
            | SubscriptionEvent::Reinstated { on }
            | SubscriptionEvent::MarkedPastDue { since: on } => *on,
            SubscriptionEvent::ConversionOrdered { .. }
            | SubscriptionEvent::ConversionWithdrawn { .. }
            | SubscriptionEvent::ChangeScheduled { .. }
            | SubscriptionEvent::ChangeWithdrawn { .. }
            | SubscriptionEvent::ChangeLapsed { .. }
            | SubscriptionEvent::PastDueCleared
            | SubscriptionEvent::CancellationScheduled { .. }
            | SubscriptionEvent::CancellationWithdrawn => self.recorded_at.day_in(zone),
        }
    }
}

impl Subscription {
    /// The subscription as it was, is, or as far as is planned will be on a day; none before it was
    /// made.
    ///
    /// What it says of other days is not in it: a service that ends later has no end yet.
    #[must_use]
    pub fn seen_on(&self, day: CivilDate, zone: &Zone) -> Option<Self> {
        let last = self.history.last().map_or(self.created_at, |entry| entry.recorded_at);
        if day < self.created_at.day_in(zone) {
            return None;
        }
        let mut seen = self.turned(day, last);
        let mut held: Vec<_> =
            seen.history.iter().filter(|entry| entry.since(zone) <= day).cloned().collect();
        held.sort_by_key(|entry| entry.since(zone));
        seen.standing =
            held.iter().fold(Standing::pending(), |standing, entry| standing.after(&entry.event));
        seen.anchor = seen.anchor.filter(|anchor| *anchor <= day);
        let items = std::mem::take(&mut seen.items);
        seen.items =
            items.into_iter().filter_map(|item: SubscribedItem| item.seen_on(day)).collect();
        seen.pauses = pauses_seen_on(std::mem::take(&mut seen.pauses), day);
        // Prices that a later change moved to; what follows a trial was agreed before.
        let first_paid = seen.phases.iter().position(|phase| phase.kind == PhaseKind::Paid);
        let mut at = 0_usize;
        seen.phases.retain(|phase| {
            let keep = Some(at) <= first_paid || phase.from.is_none_or(|from| from <= day);
            at = at.saturating_add(1);
            keep
        });
        if let Some(last) = seen.phases.last_mut().filter(|last| last.kind == PhaseKind::Paid) {
            last.until = last.until.filter(|until| *until <= day);
        }
        seen.scheduled.retain(|change| change.requested_at.day_in(zone) <= day);
        for change in &mut seen.scheduled {
            change.closed = change.closed.filter(|(_, on)| *on <= day);
        }
        seen.history = held;
        Some(seen)
    }

    /// The subscription as it was known at a time, as far as its history tells: for what was stored
    /// before every revision was kept. Its standing is exact; when its services were set up was not
    /// recorded by itself, and is taken to be known with the event that followed.
    #[must_use]
    pub fn rewound(&self, known_at: Timestamp) -> Self {
        let mut known = self.clone();
        known.history.retain(|entry| entry.recorded_at <= known_at);
        known.standing = known
            .history
            .iter()
            .fold(Standing::pending(), |standing, entry| standing.after(&entry.event));
        let events = || known.history.iter().map(|entry| &entry.event);
        let n_suspended =
            events().filter(|event| matches!(event, SubscriptionEvent::Suspended { .. })).count();
        let n_resumed =
            events().filter(|event| matches!(event, SubscriptionEvent::Resumed { .. })).count();
        let activated = events().any(|event| matches!(event, SubscriptionEvent::Activated { .. }));
        let cancelled = events().any(|event| matches!(event, SubscriptionEvent::Cancelled { .. }));
        known.pauses.truncate(n_suspended);
        if let Some(last) = known.pauses.last_mut().filter(|_| n_resumed < n_suspended) {
            last.until = None;
        }
        if !activated {
            known.anchor = None;
            if let Some(first) = known.phases.first_mut() {
                first.from = None;
            }
        }
        for item in &mut known.items {
            if !activated {
                item.starts_on = None;
            }
            if !cancelled {
                let over = self.standing.ended_on();
                item.ends_on = item.ends_on.filter(|end| Some(*end) != over);
            }
        }
        known
    }
}
