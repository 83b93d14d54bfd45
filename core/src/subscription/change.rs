//! Changes of a subscription: at once, or planned for a day.
//!
//! What a change does is one pure function, [`Subscription::changed`]. A change that is made at once,
//! one that is made on its day by a job, and one that is only asked about go through it alike.

use serde::{Deserialize, Serialize};

use super::item::SubscribedItem;
use super::{
    Because, Phase, PhaseKind, Subscription, SubscriptionCommand, SubscriptionEvent,
    SubscriptionState,
};
use crate::actor::Actor;
use crate::catalog::price::RateCardRef;
use crate::catalog::selection::SelectedItem;
use crate::id::ItemId;
use crate::problem::Refused;
use crate::quote::AcceptedText;
use crate::reason::Reason;
use crate::time::{CivilDate, Timestamp};

/// A change with everything resolved: plans found, quantities filled in, prices pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlannedChange {
    /// Services, plans, quantities or prices.
    Change {
        /// Services to take in another way, or to add: those whose id is new.
        set: Vec<(ItemId, SelectedItem)>,
        /// Services to end.
        remove: Vec<ItemId>,
        /// Prices to move to.
        rate_card: Option<RateCardRef>,
        /// What was read and accepted for it.
        accepted: Vec<AcceptedText>,
    },
    /// It is stopped for a while.
    Suspend {
        /// Only these services; all if empty.
        items: Vec<ItemId>,
        /// Why.
        reason: String,
        /// The day on which it goes on by itself.
        resume_on: Option<CivilDate>,
    },
    /// It goes on.
    Resume {
        /// Only these services; all that are stopped if empty.
        items: Vec<ItemId>,
    },
    /// It comes back after it ended.
    Reinstate {
        /// Services that come back, with the ids that they had and get.
        items: Vec<(ItemId, ItemId)>,
    },
    /// It ends.
    Cancel,
}

/// What became of a planned change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect.
    Done,
    /// It was taken back.
    Withdrawn,
    /// It could not be made on its day any more.
    Lapsed,
}

/// A change that waits, or waited, for its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledChange {
    /// Its number within the subscription, from 1.
    pub number: u32,
    /// The day on which it takes effect.
    pub effective_on: CivilDate,
    /// What changes.
    pub change: PlannedChange,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who asked for it; none for what follows from another change.
    pub requested_by: Option<Actor>,
    /// What became of it, and on which day; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<(Outcome, CivilDate)>,
}

impl ScheduledChange {
    /// Whether it waits for its day.
    pub const fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Its id for callers.
    pub fn id(&self) -> String {
        format!("c{}", self.number)
    }

    pub(super) fn close(&mut self, outcome: Outcome, on: CivilDate) {
        if self.is_open() {
            self.closed = Some((outcome, on));
        }
    }
}

impl PlannedChange {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Change { .. } => "change",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Reinstate { .. } => "reinstate",
            Self::Cancel => "cancel",
        }
    }
}

impl Subscription {
    /// The subscription after a change that takes effect on a day, and what happened.
    ///
    /// Several changes on one day are one: what holds at its end holds for the whole day.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] when its standing does not allow the change.
    pub fn changed(
        &self,
        change: &PlannedChange,
        on: CivilDate,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        match change {
            PlannedChange::Change { set, remove, rate_card, accepted } => {
                let mut next = self.retaken(set, remove, on)?;
                if let Some(card) = rate_card {
                    next.move_prices(card, on)?;
                }
                next.accepted.extend(accepted.iter().cloned());
                next.record(SubscriptionEvent::Changed { on }, now);
                Ok(next)
            }
            PlannedChange::Suspend { items, reason, resume_on } => {
                let mut next = self.suspended(items, reason, (on, now))?;
                if let Some(day) = *resume_on {
                    let resume = PlannedChange::Resume { items: items.clone() };
                    next.plan(resume, day, (now, None));
                }
                Ok(next)
            }
            PlannedChange::Resume { items } => self.resumed(items, (on, now)),
            PlannedChange::Reinstate { items } => {
                let reinstate = SubscriptionCommand::Reinstate { on };
                let mut next = self.step(&reinstate, now)?.0;
                for item in &mut next.items {
                    let came = items.iter().find(|(old, _)| *old == item.item_id);
                    if let Some((_, new)) = came {
                        item.reinstate(*new);
                    }
                }
                Ok(next)
            }
            PlannedChange::Cancel => {
                let because = Because::CustomerWish;
                Ok(self.step(&SubscriptionCommand::Cancel { on, because }, now)?.0)
            }
        }
    }

    /// Plans a change for a day to come; gives its number.
    pub fn plan(
        &mut self,
        change: PlannedChange,
        effective_on: CivilDate,
        (requested_at, requested_by): (Timestamp, Option<Actor>),
    ) -> u32 {
        let last = self.scheduled.last().map_or(0, |change| change.number);
        let number = last.saturating_add(1);
        self.scheduled.push(ScheduledChange {
            number,
            effective_on,
            change,
            requested_at,
            requested_by,
            closed: None,
        });
        let event = SubscriptionEvent::ChangeScheduled { number, on: effective_on };
        self.record(event, requested_at);
        number
    }

    /// Takes a change back that waits; none if none of that number does.
    #[must_use]
    pub fn with_withdrawn(mut self, number: u32, on: CivilDate, now: Timestamp) -> Option<Self> {
        let mut waiting = self.scheduled.iter_mut();
        waiting.find(|it| it.number == number && it.is_open())?.close(Outcome::Withdrawn, on);
        self.record(SubscriptionEvent::ChangeWithdrawn { number }, now);
        Some(self)
    }

    /// Changes that wait for their day, by day.
    pub fn waiting(&self) -> Vec<&ScheduledChange> {
        let mut waiting: Vec<_> = self.scheduled.iter().filter(|it| it.is_open()).collect();
        waiting.sort_by_key(|change| (change.effective_on, change.number));
        waiting
    }

    /// Lets a paid phase follow the trial from a day on, at its end or before.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] unless there is a trial that goes on to that day, and nothing
    /// follows it yet or what follows begins later.
    pub fn with_conversion_ordered(
        mut self,
        rate_card: RateCardRef,
        paid_from: CivilDate,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let refused = self.refuse("convert");
        let may = match self.state() {
            SubscriptionState::Pending | SubscriptionState::Trialing { .. } => true,
            SubscriptionState::Suspended { trial_until, .. } => trial_until.is_some(),
            SubscriptionState::Active | SubscriptionState::Cancelled { .. } => false,
        };
        let until = self.trial_until().filter(|until| paid_from <= *until).filter(|_| may);
        let Some(until) = until else { return Err(refused) };
        if self.has_paid_phase() && paid_from == until {
            return Err(refused);
        }
        let instead_of = self.phases.clone();
        for trial in self.phases.iter_mut().filter(|phase| phase.kind == PhaseKind::Trial) {
            trial.until = Some(paid_from);
        }
        self.phases.retain(|phase| phase.kind == PhaseKind::Trial);
        let paid = Phase { kind: PhaseKind::Paid, from: Some(paid_from), until: None, rate_card };
        self.phases.push(paid);
        let event = SubscriptionEvent::ConversionOrdered { on: paid_from, instead_of };
        self.standing = self.standing.after(&event);
        self.record(event, now);
        Ok(self)
    }

    /// Takes back an ordered conversion that waits for its day, with the changes that came with it:
    /// the trial ends when it would have, and what followed it then follows it again.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] unless a conversion was ordered and has not begun.
    pub fn with_conversion_withdrawn(
        mut self,
        today: CivilDate,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let refused = self.refuse("withdraw the conversion");
        let waits = match self.state() {
            SubscriptionState::Pending | SubscriptionState::Trialing { .. } => true,
            SubscriptionState::Suspended { trial_until, .. } => trial_until.is_some(),
            SubscriptionState::Active | SubscriptionState::Cancelled { .. } => false,
        };
        let last = self.history.iter().rfind(|entry| {
            matches!(
                entry.event,
                SubscriptionEvent::ConversionOrdered { .. }
                    | SubscriptionEvent::ConversionWithdrawn { .. }
            )
        });
        let Some(SubscriptionEvent::ConversionOrdered { on: paid_from, instead_of }) =
            last.filter(|_| waits).map(|entry| entry.event.clone())
        else {
            return Err(refused);
        };
        let (asked_at, mut phases) = (last.map(|entry| entry.recorded_at), instead_of);
        let trial = phases.iter().find(|phase| phase.kind == PhaseKind::Trial);
        let Some(until) = trial.and_then(|trial| trial.until) else { return Err(refused) };
        if let Some(anchor) = self.anchor {
            // It may have begun since the conversion was ordered.
            for phase in &mut phases {
                phase.from = phase.from.map(|from| from.max(anchor));
            }
            if let Some(first) = phases.first_mut() {
                first.from = Some(anchor);
            }
        }
        self.phases = phases;
        let together = |change: &&mut ScheduledChange| {
            change.is_open()
                && change.effective_on == paid_from
                && Some(change.requested_at) == asked_at
        };
        let mut numbers = Vec::new();
        for change in self.scheduled.iter_mut().filter(together) {
            change.close(Outcome::Withdrawn, today);
            numbers.push(change.number);
        }
        for number in numbers {
            self.record(SubscriptionEvent::ChangeWithdrawn { number }, now);
        }
        let event = SubscriptionEvent::ConversionWithdrawn { until };
        self.standing = self.standing.after(&event);
        self.record(event, now);
        Ok(self)
    }

    /// Moves the subscription to other prices from a day on.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] when nothing is paid, or a later phase stands already.
    pub fn with_prices_moved(
        mut self,
        rate_card: &RateCardRef,
        on: CivilDate,
    ) -> Result<Self, Refused> {
        self.move_prices(rate_card, on)?;
        Ok(self)
    }

    fn move_prices(&mut self, rate_card: &RateCardRef, on: CivilDate) -> Result<(), Refused> {
        let refused = self.refuse("move prices");
        let last = self.phases.last_mut().filter(|last| last.kind == PhaseKind::Paid);
        let Some(last) = last.filter(|last| last.until.is_none()) else { return Err(refused) };
        if last.rate_card == *rate_card {
            return Ok(());
        }
        if last.from.is_none_or(|from| on <= from) {
            // No day was charged by the former prices.
            last.rate_card = rate_card.clone();
            return Ok(());
        }
        last.until = Some(on);
        let rate_card = rate_card.clone();
        self.phases.push(Phase { kind: PhaseKind::Paid, from: Some(on), until: None, rate_card });
        Ok(())
    }

    fn retaken(
        &self,
        set: &[(ItemId, SelectedItem)],
        remove: &[ItemId],
        on: CivilDate,
    ) -> Result<Self, Refused> {
        match self.state() {
            SubscriptionState::Pending | SubscriptionState::Cancelled { .. } => {
                return Err(self.refuse("change"));
            }
            SubscriptionState::Trialing { .. }
            | SubscriptionState::Active
            | SubscriptionState::Suspended { .. } => {}
        }
        let mut next = self.clone();
        for (item_id, selected) in set {
            let known = next.items.iter_mut().find(|item| item.item_id == *item_id);
            if let Some(item) = known {
                if item.is_taken() {
                    item.take(selected.clone(), on);
                }
                continue;
            }
            let mut added = SubscribedItem::awaited(*item_id, selected.clone());
            added.added_on = Some(on);
            next.items.push(added);
        }
        for item in next.items.iter_mut().filter(|item| remove.contains(&item.item_id)) {
            item.end(on);
        }
        if next.items.iter().any(SubscribedItem::is_taken) {
            Ok(next)
        } else {
            Err(self.refuse("remove the last service of"))
        }
    }

    fn suspended(
        &self,
        items: &[ItemId],
        reason: &str,
        (on, now): (CivilDate, Timestamp),
    ) -> Result<Self, Refused> {
        if items.is_empty() {
            let mut next = self.step(&SubscriptionCommand::Suspend { on }, now)?.0;
            if let Some(pause) = next.pauses.last_mut() {
                reason.clone_into(&mut pause.reason);
            }
            return Ok(next);
        }
        self.may_stop_services("suspend")?;
        let mut next = self.clone();
        let mut stopped = Vec::new();
        for item in next.items.iter_mut().filter(|item| items.contains(&item.item_id)) {
            if item.suspend(on, reason) {
                stopped.push(item.item_id);
            }
        }
        if stopped.is_empty() {
            return Err(self.refuse("suspend"));
        }
        next.record(SubscriptionEvent::ServicesSuspended { on, items: stopped }, now);
        Ok(next)
    }

    fn resumed(
        &self,
        items: &[ItemId],
        (on, now): (CivilDate, Timestamp),
    ) -> Result<Self, Refused> {
        let whole = matches!(self.state(), SubscriptionState::Suspended { .. });
        let mut next = self.clone();
        if items.is_empty() && whole {
            next = self.step(&SubscriptionCommand::Resume { on }, now)?.0;
        } else {
            self.may_stop_services("resume")?;
        }
        let mut going = Vec::new();
        for item in &mut next.items {
            if (items.is_empty() || items.contains(&item.item_id)) && item.resume(on) {
                going.push(item.item_id);
            }
        }
        if !going.is_empty() {
            next.record(SubscriptionEvent::ServicesResumed { on, items: going }, now);
        } else if !(items.is_empty() && whole) {
            return Err(self.refuse("resume"));
        }
        Ok(next)
    }

    fn may_stop_services(&self, command: &'static str) -> Result<(), Refused> {
        match self.state() {
            SubscriptionState::Trialing { .. }
            | SubscriptionState::Active
            | SubscriptionState::Suspended { .. } => Ok(()),
            SubscriptionState::Pending | SubscriptionState::Cancelled { .. } => {
                Err(self.refuse(command))
            }
        }
    }

    fn refuse(&self, command: &'static str) -> Refused {
        Refused {
            reason: Reason::SubscriptionState,
            subject: "subscription",
            state: self.state().as_str(),
            command,
        }
    }
}
