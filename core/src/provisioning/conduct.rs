//! What is due without asking anybody: the rest of the machine beside [`Item::react`], pure as well, so
//! that it can be run a million times in a test.

use crate::provisioning::command::ItemCommand;
use crate::provisioning::item::Item;
use crate::provisioning::order::Order;
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::state::ItemState;
use crate::time::Timestamp;

impl Order {
    /// What is to be done to one of its items at an instant without asking anybody; none when its
    /// provider is to be asked, or nothing is due.
    pub fn due_command(&self, item: &Item, items: &[Item], now: Timestamp) -> Option<ItemCommand> {
        match &item.state {
            ItemState::Planned { .. } => {
                let is_due = self.due_items(items).iter().any(|due| due.id == item.id);
                is_due.then_some(ItemCommand::Request)
            }
            ItemState::FailedRetryable { next_at, .. } => {
                (*next_at <= now).then_some(ItemCommand::Request)
            }
            ItemState::AwaitingCustomer { step, .. } => {
                if step.expires_at <= now {
                    (!item.is_looked_at_before_expiry(now)).then(|| item.on_expiry())
                } else if step.escalated_at.is_none() && step.escalate_at <= now {
                    Some(ItemCommand::Escalate)
                } else {
                    step.next_reminder().filter(|at| *at <= now).map(|_| ItemCommand::Remind)
                }
            }
            ItemState::Refused { .. }
            | ItemState::Requested { .. }
            | ItemState::Accepted { .. }
            | ItemState::Verifying { .. }
            | ItemState::Active { .. }
            | ItemState::Unknown { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaning { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Updating { .. }
            | ItemState::Suspending { .. }
            | ItemState::Suspended { .. }
            | ItemState::Resuming { .. }
            | ItemState::Deprovisioning { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Done { .. }
            | ItemState::Cancelled { .. } => None,
        }
    }

    /// What one more item has to do because of the others, if any: taken back with a cancellation, or
    /// because the bundle is all or nothing.
    pub fn following<'a>(
        &self,
        items: &'a [Item],
        now: Timestamp,
    ) -> Option<(&'a Item, ItemCommand)> {
        let back = |item: &'a Item, cause: &Cause| {
            item.taken_back(cause, now).map(|command| (item, command))
        };
        if let Some(cancellation) = &self.cancellation {
            return items.iter().find_map(|item| back(item, &cancellation.cause));
        }
        let cause = Cause::from(ReasonCode::RolledBackWithBundle);
        self.to_roll_back(items).into_iter().find_map(|item| back(item, &cause))
    }
}

impl Item {
    /// The command that takes it back; none when its call is under way and its answer decides, or
    /// when it is on its way out already.
    pub fn taken_back(&self, cause: &Cause, now: Timestamp) -> Option<ItemCommand> {
        let command = if self.state.is_live() {
            ItemCommand::End { cause: cause.clone(), stopped_at: now }
        } else {
            ItemCommand::Cancel { cause: cause.clone() }
        };
        self.state.step(&command, now).ok().map(|_| command)
    }

    /// When it is looked at next: when its provider has to be asked, or when the customer's step has a
    /// deadline, whatever comes first; none when there is nothing to wait for.
    pub fn next_look(&self, look_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let deadline = self.state.customer_step().map(|step| {
            let escalation = step.escalated_at.is_none().then_some(step.escalate_at);
            [Some(step.expires_at), escalation, step.next_reminder()]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(step.expires_at)
        });
        let waits = matches!(self.state, ItemState::AwaitingCustomer { .. });
        // A look that follows the end is planned by itself, or it would be due at once without end.
        let is_up = self.is_looked_at_before_expiry(now) && look_at.is_some();
        let deadline = deadline.filter(|_| waits && !is_up);
        [look_at, deadline].into_iter().flatten().min().map(|at| at.max(now))
    }

    /// Whether something has to happen next without anybody's command: then a look is planned for it.
    pub const fn is_watched(&self) -> bool {
        match &self.state {
            ItemState::Requested { .. }
            | ItemState::Accepted { .. }
            | ItemState::AwaitingCustomer { .. }
            | ItemState::Verifying { .. }
            | ItemState::Active { .. }
            | ItemState::Unknown { .. }
            | ItemState::FailedRetryable { .. }
            | ItemState::Cleaning { .. }
            | ItemState::Updating { .. }
            | ItemState::Suspending { .. }
            | ItemState::Resuming { .. }
            | ItemState::Deprovisioning { .. } => true,
            ItemState::Refused { .. }
            | ItemState::Planned { .. }
            | ItemState::FailedFinal { .. }
            | ItemState::Cleaned { .. }
            | ItemState::CleanupStuck { .. }
            | ItemState::Suspended { .. }
            | ItemState::Deprovisioned { .. }
            | ItemState::Done { .. }
            | ItemState::Cancelled { .. } => false,
        }
    }
}
