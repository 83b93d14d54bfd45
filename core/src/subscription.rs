//! Subscriptions: a tenant's running plan.
//!
//! A subscription has one state and several flags at once: it may be active, past due and about to
//! be cancelled. Its phases say which rate card is in force on which days, so that prices stay
//! pinned until somebody moves them. Days belong to exactly one phase: spans are half open.

mod change;
mod event;
mod item;
mod looking;
mod standing;
mod turning;

use serde::{Deserialize, Serialize};

pub use change::{Outcome, PlannedChange, ScheduledChange};
pub use event::SubscriptionEvent;
pub use item::{ItemTerms, Pause, PauseKind, SubscribedItem};
pub use standing::{Because, Flags, Standing, SubscriptionCommand, SubscriptionState};

use crate::actor::Actor;
use crate::catalog::price::{BillingCycle, RateCardRef};
use crate::catalog::selection::SelectedItem;
use crate::days::DayPeriod;
use crate::id::{ItemId, PartnerId, QuoteId, SubscriptionId, TenantId};
use crate::problem::Refused;
use crate::quote::{AcceptedText, Discount, PayerTerms};
use crate::time::{CivilDate, Timestamp};

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

/// What happened, and when we learned of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionEntry {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: SubscriptionEvent,
    /// Who asked for it; none for what happened by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
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
    /// What is taken off its fees, as quoted; [`Self::discounts_given`] says until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Who pays a share of its fees, as quoted; each on its own days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payers: Vec<PayerTerms>,
    /// Changes that were planned for a day, in the order in which they were asked for; those that
    /// took effect or were taken back stay, so that it is known what waited when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduled: Vec<ScheduledChange>,
    /// What was read and accepted with changes; what came with the quote stands there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptedText>,
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
            .map(|(item_id, selected)| SubscribedItem::awaited(item_id, selected))
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
            payers: Vec::new(),
            scheduled: Vec::new(),
            accepted: Vec::new(),
            history: Vec::new(),
            created_at: now,
        }
    }

    /// The subscription with those who pay a share of its fees.
    #[must_use]
    pub fn with_payers(mut self, payers: Vec<PayerTerms>) -> Self {
        self.payers = payers;
        self
    }

    /// Who pays a share of its fees on a day.
    pub fn payers_on(&self, day: CivilDate) -> impl Iterator<Item = &PayerTerms> {
        self.payers.iter().filter(move |payer| payer.pays_on(day))
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

    /// Whether a service stands still on a day, by itself or with all others.
    pub fn stands_still(&self, item_id: ItemId, day: CivilDate) -> bool {
        let all = self.pauses.iter().any(|pause| pause.contains(day));
        let mut items = self.items.iter().filter(|item| item.item_id == item_id);
        items.any(|item| all || item.is_paused_on(day))
    }

    /// Notes that a service was set up and is in use from a day on.
    ///
    /// Repeating it changes nothing: a provider may report twice.
    #[must_use]
    pub fn with_item_started(mut self, item_id: ItemId, on: CivilDate) -> Self {
        for item in self.items.iter_mut().filter(|item| item.item_id == item_id) {
            item.start(on);
        }
        self
    }

    /// Notes that a service is not or no longer in use from a day on.
    ///
    /// Repeating it changes nothing.
    #[must_use]
    pub fn with_item_ended(mut self, item_id: ItemId, on: CivilDate) -> Self {
        for item in self.items.iter_mut().filter(|item| item.item_id == item_id) {
            item.end(on);
        }
        self
    }

    /// The first day that is paid for; none while it is being set up, or on trial for good.
    pub fn first_paid_on(&self) -> Option<CivilDate> {
        let anchor = self.anchor?;
        let paid = self.phases.iter().find(|phase| phase.kind == PhaseKind::Paid)?;
        paid.from.map(|from| from.max(anchor))
    }

    /// What is taken off its fees. Months are counted from the first paid day, not from the one that
    /// was quoted: a set-up that took longer takes nothing away.
    pub fn discounts_given(&self) -> Vec<Discount> {
        let given = self.discounts.iter().cloned();
        match self.first_paid_on() {
            Some(first) => given.map(|discount| discount.counted_from(first)).collect(),
            None => given.collect(),
        }
    }

    /// The first day after the minimum term; none without one, or while nothing is paid.
    pub fn minimum_term_until(&self) -> Option<CivilDate> {
        let months = i32::try_from(self.minimum_term_months).ok().filter(|months| *months > 0)?;
        let paid = self.phases.iter().find(|phase| phase.kind == PhaseKind::Paid)?;
        DayPeriod::nth(paid.from?, months, 0).ok().map(DayPeriod::end)
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
        next.record(event.clone(), now);
        Ok((next, event))
    }

    /// Notes in the history that something happened.
    pub(crate) fn record(&mut self, event: SubscriptionEvent, now: Timestamp) {
        self.history.push(SubscriptionEntry { recorded_at: now, event, by: None });
    }

    /// Names who asked for what happened last.
    #[must_use]
    pub fn by(mut self, n_entries_before: usize, actor: &Actor) -> Self {
        for entry in self.history.iter_mut().skip(n_entries_before) {
            entry.by = Some(actor.clone());
        }
        self
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
                self.pauses.push(Pause::from_day(*on, String::new()));
            }
            SubscriptionEvent::Resumed { on } => item::close_last(&mut self.pauses, *on),
            SubscriptionEvent::Cancelled { on, .. } => {
                for item in &mut self.items {
                    item.cancel(*on);
                }
                for change in &mut self.scheduled {
                    change.close(Outcome::Lapsed, *on);
                }
            }
            SubscriptionEvent::Converted { .. }
            | SubscriptionEvent::ConversionOrdered { .. }
            | SubscriptionEvent::ConversionWithdrawn { .. }
            | SubscriptionEvent::Changed { .. }
            | SubscriptionEvent::ServicesSuspended { .. }
            | SubscriptionEvent::ServicesResumed { .. }
            | SubscriptionEvent::ChangeScheduled { .. }
            | SubscriptionEvent::ChangeWithdrawn { .. }
            | SubscriptionEvent::ChangeLapsed { .. }
            | SubscriptionEvent::Reinstated { .. }
            | SubscriptionEvent::MarkedPastDue { .. }
            | SubscriptionEvent::PastDueCleared
            | SubscriptionEvent::CancellationScheduled { .. }
            | SubscriptionEvent::CancellationWithdrawn => {}
        }
    }
}

#[cfg(test)]
mod tests;
