//! Subscriptions: a tenant's running plan.
//!
//! A subscription has one state and several flags at once: it may be active, past due and about to
//! be cancelled. Its phases say which rate card is in force on which days, so that prices stay
//! pinned until somebody moves them. Days belong to exactly one phase: spans are half open.

mod standing;

use serde::{Deserialize, Serialize};

pub use standing::{
    Because, Flags, Standing, SubscriptionCommand, SubscriptionEvent, SubscriptionState,
};

use crate::catalog::price::{BillingCycle, RateCardRef};
use crate::catalog::selection::SelectedItem;
use crate::days::DayPeriod;
use crate::id::{ItemId, PartnerId, QuoteId, SubscriptionId, TenantId};
use crate::problem::Refused;
use crate::quote::Discount;
use crate::reason::Reason;
use crate::time::{CivilDate, Timestamp};

/// One service of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribedItem {
    /// Its id; also that of the service in its provisioning order.
    pub item_id: ItemId,
    /// What was chosen, complete with plan and quantities.
    pub selected: SelectedItem,
    /// The first day on which it is in use; none while it is being set up.
    pub starts_on: Option<CivilDate>,
    /// The first day on which it is no longer in use, or was given up before it ever was.
    pub ends_on: Option<CivilDate>,
}

impl SubscribedItem {
    /// Whether it is still being set up.
    pub const fn is_awaited(&self) -> bool {
        self.starts_on.is_none() && self.ends_on.is_none()
    }

    /// The days within a span on which it is in use.
    pub fn used_within(&self, span: DayPeriod) -> Option<DayPeriod> {
        let used = span.from_day(self.starts_on?)?;
        match self.ends_on {
            Some(end) => used.before_day(end),
            None => Some(used),
        }
    }
}

/// Whether a phase is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// A free trial: nothing is charged.
    Trial,
    /// Charged by its rate card.
    Paid,
}

/// Days on which one rate card is in force for a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Whether it is free.
    pub kind: PhaseKind,
    /// Its first day; none while the subscription is pending.
    pub from: Option<CivilDate>,
    /// The first day after it; none while it is open-ended.
    pub until: Option<CivilDate>,
    /// The prices, pinned.
    pub rate_card: RateCardRef,
}

impl Phase {
    /// The days of the phase within a span.
    pub fn within(&self, span: DayPeriod) -> Option<DayPeriod> {
        let days = span.from_day(self.from?)?;
        match self.until {
            Some(until) => days.before_day(until),
            None => Some(days),
        }
    }
}

/// Days on which a subscription is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The first day.
    pub from: CivilDate,
    /// The first day after it; none while it lasts.
    pub until: Option<CivilDate>,
}

/// What happened, and when we learned of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionEntry {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: SubscriptionEvent,
}

/// A tenant's running plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose plan it is.
    pub tenant_id: TenantId,
    /// Who sold it.
    pub partner_id: PartnerId,
    /// The quote it came from.
    pub quote_id: QuoteId,
    /// Its state and flags.
    pub standing: Standing,
    /// Its services.
    pub items: Vec<SubscribedItem>,
    /// Which prices are in force when, in order of time, without gap or overlap.
    pub phases: Vec<Phase>,
    /// When it was suspended, in order of time.
    pub pauses: Vec<Pause>,
    /// Which spans of time monthly fees are for.
    pub cycle: BillingCycle,
    /// The day that the customer wanted it to start on.
    pub start_on: CivilDate,
    /// The day on which it became active: what periods are counted from. Never moves.
    pub anchor: Option<CivilDate>,
    /// The least number of months it runs for, from its first paid day; zero for none.
    pub minimum_term_months: u32,
    /// What is taken off its fees, as quoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Everything that happened to it, in the order in which we learned of it.
    pub history: Vec<SubscriptionEntry>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a subscription is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionDraft {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose plan it is.
    pub tenant_id: TenantId,
    /// Who sells it.
    pub partner_id: PartnerId,
    /// The quote it comes from.
    pub quote_id: QuoteId,
    /// Its services with their ids.
    pub items: Vec<(ItemId, SelectedItem)>,
    /// The prices.
    pub rate_card: RateCardRef,
    /// Which spans of time monthly fees are for.
    pub cycle: BillingCycle,
    /// The day that the customer wants it to start on.
    pub start_on: CivilDate,
    /// The free trial it begins with.
    pub trial: Option<Trial>,
    /// The least number of months it runs for.
    pub minimum_term_months: u32,
    /// What is taken off its fees.
    pub discounts: Vec<Discount>,
}

/// A free trial with a fixed end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The first day after it.
    pub until: CivilDate,
    /// What comes then.
    pub then: AfterTrial,
}

/// What comes after a free trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterTrial {
    /// Nothing, unless it was converted.
    Ends,
    /// The same rate card is charged.
    Paid,
}

impl Subscription {
    /// A subscription that waits for its services to be set up.
    pub fn open(draft: SubscriptionDraft, now: Timestamp) -> Self {
        let items = draft
            .items
            .into_iter()
            .map(|(item_id, selected)| SubscribedItem {
                item_id,
                selected,
                starts_on: None,
                ends_on: None,
            })
            .collect();
        let phase =
            |kind, from, until| Phase { kind, from, until, rate_card: draft.rate_card.clone() };
        let phases = match draft.trial {
            None => vec![phase(PhaseKind::Paid, None, None)],
            Some(Trial { until, then: AfterTrial::Ends }) => {
                vec![phase(PhaseKind::Trial, None, Some(until))]
            }
            Some(Trial { until, then: AfterTrial::Paid }) => vec![
                phase(PhaseKind::Trial, None, Some(until)),
                phase(PhaseKind::Paid, Some(until), None),
            ],
        };
        Self {
            id: draft.id,
            tenant_id: draft.tenant_id,
            partner_id: draft.partner_id,
            quote_id: draft.quote_id,
            standing: Standing::pending(),
            items,
            phases,
            pauses: Vec::new(),
            cycle: draft.cycle,
            start_on: draft.start_on,
            anchor: None,
            minimum_term_months: draft.minimum_term_months,
            discounts: draft.discounts,
            history: Vec::new(),
            created_at: now,
        }
    }

    /// Its state.
    pub const fn state(&self) -> &SubscriptionState {
        &self.standing.state
    }

    /// The first day after the trial it begins with, if it begins with one.
    pub fn trial_until(&self) -> Option<CivilDate> {
        self.phases
            .iter()
            .find(|phase| phase.kind == PhaseKind::Trial)
            .and_then(|phase| phase.until)
    }

    /// Whether a paid phase follows the trial or it was paid from the start.
    pub fn has_paid_phase(&self) -> bool {
        self.phases.iter().any(|phase| phase.kind == PhaseKind::Paid)
    }

    /// Whether no service is still being set up.
    pub fn nothing_awaited(&self) -> bool {
        !self.items.iter().any(SubscribedItem::is_awaited)
    }

    /// The phase that a day lies in.
    pub fn phase_on(&self, day: CivilDate) -> Option<&Phase> {
        self.phases.iter().find(|phase| {
            phase.from.is_some_and(|from| from <= day) && phase.until.is_none_or(|end| day < end)
        })
    }

    /// Notes that a service was set up and is in use from a day on.
    ///
    /// Repeating it changes nothing: a provider may report twice.
    #[must_use]
    pub fn with_item_started(mut self, item_id: ItemId, on: CivilDate) -> Self {
        for item in self.items.iter_mut().filter(|item| item.item_id == item_id) {
            if item.is_awaited() {
                item.starts_on = Some(on);
            }
        }
        self
    }

    /// Notes that a service is not or no longer in use from a day on.
    ///
    /// Repeating it changes nothing.
    #[must_use]
    pub fn with_item_ended(mut self, item_id: ItemId, on: CivilDate) -> Self {
        for item in self.items.iter_mut().filter(|item| item.item_id == item_id) {
            if item.ends_on.is_none() {
                item.ends_on = Some(item.starts_on.map_or(on, |start| start.max(on)));
            }
        }
        self
    }

    /// Lets a paid phase follow the trial: the conversion that the customer ordered. It takes effect
    /// on the first day after the trial.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] unless there is a trial that nothing follows yet.
    pub fn with_conversion_ordered(mut self, rate_card: RateCardRef) -> Result<Self, Refused> {
        let refused = Refused {
            reason: Reason::SubscriptionState,
            subject: "subscription",
            state: self.state().as_str(),
            command: "convert",
        };
        let may = match self.state() {
            SubscriptionState::Pending | SubscriptionState::Trialing { .. } => true,
            SubscriptionState::Suspended { trial_until, .. } => trial_until.is_some(),
            SubscriptionState::Active | SubscriptionState::Cancelled { .. } => false,
        };
        match self.trial_until() {
            Some(until) if may && !self.has_paid_phase() => {
                self.phases.push(Phase {
                    kind: PhaseKind::Paid,
                    from: Some(until),
                    until: None,
                    rate_card,
                });
                Ok(self)
            }
            Some(_) | None => Err(refused),
        }
    }

    /// Moves the subscription to another version of its prices from a day on.
    ///
    /// # Errors
    /// [`Reason::SubscriptionState`] when the last phase is no paid one that began before that day.
    pub fn with_prices_moved(
        mut self,
        rate_card: RateCardRef,
        on: CivilDate,
    ) -> Result<Self, Refused> {
        let refused = Refused {
            reason: Reason::SubscriptionState,
            subject: "subscription",
            state: self.state().as_str(),
            command: "move prices",
        };
        match self.phases.last_mut() {
            Some(last)
                if last.kind == PhaseKind::Paid
                    && last.until.is_none()
                    && last.from.is_some_and(|from| from < on) =>
            {
                last.until = Some(on);
            }
            Some(_) | None => return Err(refused),
        }
        self.phases.push(Phase { kind: PhaseKind::Paid, from: Some(on), until: None, rate_card });
        Ok(self)
    }

    /// The subscription after a command, and what happened.
    ///
    /// # Errors
    /// As [`Standing::step`].
    pub fn step(
        &self,
        command: &SubscriptionCommand,
        now: Timestamp,
    ) -> Result<(Self, SubscriptionEvent), Refused> {
        let (standing, event) = self.standing.step(command)?;
        let mut next = Self { standing, ..self.clone() };
        next.take_effect(&event);
        next.history.push(SubscriptionEntry { recorded_at: now, event: event.clone() });
        Ok((next, event))
    }

    fn take_effect(&mut self, event: &SubscriptionEvent) {
        match event {
            SubscriptionEvent::Activated { on, .. } => {
                self.anchor = Some(*on);
                if let Some(first) = self.phases.first_mut() {
                    first.from = Some(*on);
                }
                // A trial that ended before everything was set up: charging starts with use.
                for phase in &mut self.phases {
                    phase.from = phase.from.map(|from| from.max(*on));
                }
                // Billing starts when the whole bundle is in use, not with its first box.
                for item in &mut self.items {
                    if item.starts_on.is_some() {
                        item.starts_on = Some(*on);
                    }
                }
            }
            SubscriptionEvent::Suspended { on } => {
                self.pauses.push(Pause { from: *on, until: None });
            }
            SubscriptionEvent::Resumed { on } => {
                if let Some(last) = self.pauses.last_mut() {
                    last.until = Some(*on);
                }
            }
            SubscriptionEvent::Cancelled { on, .. } => {
                for item in &mut self.items {
                    let end = item.starts_on.map_or(*on, |start| start.max(*on));
                    item.ends_on = Some(item.ends_on.map_or(end, |before| before.min(end)));
                }
            }
            SubscriptionEvent::Converted { .. }
            | SubscriptionEvent::MarkedPastDue { .. }
            | SubscriptionEvent::PastDueCleared
            | SubscriptionEvent::CancellationScheduled { .. }
            | SubscriptionEvent::CancellationWithdrawn => {}
        }
    }
}

#[cfg(test)]
mod tests;
