//! An order: the task of setting several items up. Its state is derived from them, never set.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{OrderId, PartnerId, SubscriptionId, TenantId};
use crate::provisioning::item::Item;
use crate::provisioning::reason_code::Cause;
use crate::provisioning::state::ItemState;
use crate::time::Timestamp;

/// The task of setting services up for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The subscription that it belongs to, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// The partner that ordered.
    pub partner_id: PartnerId,
    /// The partner's own order number; empty when it gave none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub external_reference: String,
    /// When it counts as complete.
    pub completion: CompletionPolicy,
    /// When it was ordered, by the tenant's clock.
    pub ordered_at: Timestamp,
    /// The cancellation that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
}

/// When an order counts as complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionPolicy {
    /// Only when every item is live; if one fails, the others are taken back.
    #[default]
    All,
    /// The core items first; the others begin when those are live and may fail by themselves.
    CoreThenRest,
    /// Each item by itself; one live item is enough.
    Any,
}

/// A cancellation that was asked for. Items whose call is under way follow when its answer is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// When.
    pub requested_at: Timestamp,
    /// Who.
    pub requested_by: Actor,
    /// Why.
    pub cause: Cause,
}

/// How far an order has come, in the words of TM Forum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Taken in; no provider has been asked yet.
    Acknowledged,
    /// Preflight refused every item. Final.
    Rejected,
    /// A person has to look.
    Held,
    /// At least one item is under way.
    InProgress,
    /// Cancellation was asked for, and a call is under way whose answer decides.
    AssessingCancellation,
    /// Cancellation is being carried out.
    PendingCancellation,
    /// Every item that the completion policy asks for is live or done. Final.
    Completed,
    /// Some items are live or done, others ended without. Final.
    Partial,
    /// No item went live. Final.
    Failed,
    /// Cancelled. Final.
    Cancelled,
}

/// Whether an order's subscription can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// Something that is waited for still moves.
    NotYet,
    /// The subscription can begin with what is live.
    Ready,
    /// Nothing went live, or not enough: it never begins.
    Never,
}

impl OrderState {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::InProgress => "in_progress",
            Self::AssessingCancellation => "assessing_cancellation",
            Self::PendingCancellation => "pending_cancellation",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the order is over. What happens to its items later does not reopen it, except that
    /// an item is begun anew.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Rejected | Self::Completed | Self::Partial | Self::Failed | Self::Cancelled => {
                true
            }
            Self::Acknowledged
            | Self::Held
            | Self::InProgress
            | Self::AssessingCancellation
            | Self::PendingCancellation => false,
        }
    }
}

impl Order {
    /// How far it has come.
    pub fn state(&self, items: &[Item]) -> OrderState {
        let all = |is: fn(&ItemState) -> bool| items.iter().all(|item| is(&item.state));
        if items.is_empty() {
            return OrderState::Acknowledged;
        }
        if all(|state| matches!(state, ItemState::Refused { .. })) {
            return OrderState::Rejected;
        }
        let leaves = |item: &Item| matches!(item.state, ItemState::Deprovisioning { .. });
        let leaving = self.cancellation.is_some() && items.iter().any(leaves);
        if leaving || items.iter().any(|item| item.state.is_moving()) {
            return self.state_while_moving(items);
        }
        if self.cancellation.is_some() && !items.iter().any(|item| item.state.is_live()) {
            return OrderState::Cancelled;
        }
        let went_live = |item: &&Item| item.state.service().is_some();
        let n_live = items.iter().filter(went_live).count();
        let needed = |item: &&Item| match self.completion {
            CompletionPolicy::All => true,
            CompletionPolicy::CoreThenRest => item.core,
            CompletionPolicy::Any => false,
        };
        if n_live == 0 {
            OrderState::Failed
        } else if items.iter().filter(needed).all(|item| went_live(&item)) {
            OrderState::Completed
        } else {
            OrderState::Partial
        }
    }

    fn state_while_moving(&self, items: &[Item]) -> OrderState {
        let moving = || items.iter().map(|item| &item.state).filter(|state| state.is_moving());
        if self.cancellation.is_some() {
            let in_doubt = |state: &ItemState| {
                matches!(state, ItemState::Requested { .. } | ItemState::Unknown { .. })
            };
            return if moving().any(in_doubt) {
                OrderState::AssessingCancellation
            } else {
                OrderState::PendingCancellation
            };
        }
        let needs_person = |state: &ItemState| {
            matches!(
                state,
                ItemState::Planned { held_for: Some(_) } | ItemState::CleanupStuck { .. }
            )
        };
        if moving().all(needs_person) {
            return OrderState::Held;
        }
        let untouched = |item: &Item| {
            matches!(item.state, ItemState::Planned { .. } | ItemState::Refused { .. })
        };
        if items.iter().all(untouched) { OrderState::Acknowledged } else { OrderState::InProgress }
    }

    /// Whether the subscription can begin.
    ///
    /// `All` waits for every item; `CoreThenRest` for the core items; `Any` until nothing moves any
    /// more, so that the customer gets one start and one bill for what really runs.
    pub fn readiness(&self, items: &[Item]) -> Readiness {
        let live = |item: &&Item| item.state.is_live();
        let moves = |item: &&Item| item.state.is_moving();
        let counts = |item: &&Item| match self.completion {
            CompletionPolicy::All | CompletionPolicy::Any => true,
            CompletionPolicy::CoreThenRest => item.core,
        };
        let counted = || items.iter().filter(counts);
        if items.is_empty() || counted().next().is_none() {
            return Readiness::NotYet;
        }
        let n_live = counted().filter(live).count();
        let enough = match self.completion {
            CompletionPolicy::All | CompletionPolicy::CoreThenRest => n_live == counted().count(),
            CompletionPolicy::Any => n_live > 0,
        };
        let waits = match self.completion {
            // Once one of these has failed there is nothing to wait for.
            CompletionPolicy::All | CompletionPolicy::CoreThenRest => {
                counted().all(|item| live(&item) || moves(&item))
            }
            CompletionPolicy::Any => counted().any(|item| moves(&item)),
        };
        match (enough, waits) {
            (true, _) if counted().all(|item| !moves(&item)) => Readiness::Ready,
            (_, true) => Readiness::NotYet,
            (true, false) => Readiness::Ready,
            (false, false) => Readiness::Never,
        }
    }

    /// The items whose turn it is: accepted, not held, and everything they depend on is live.
    pub fn due_items<'a>(&self, items: &'a [Item]) -> Vec<&'a Item> {
        if self.cancellation.is_some() {
            return Vec::new();
        }
        let is_live =
            |number: u32| items.iter().any(|item| item.number == number && item.state.is_live());
        let core_live = items.iter().filter(|item| item.core).all(|item| item.state.is_live());
        let may_begin = |item: &Item| match self.completion {
            CompletionPolicy::All | CompletionPolicy::Any => true,
            CompletionPolicy::CoreThenRest => item.core || core_live,
        };
        items
            .iter()
            .filter(|item| item.state == ItemState::PLANNED)
            .filter(|item| may_begin(item) && item.depends_on.iter().copied().all(is_live))
            .collect()
    }

    /// The items that are taken back because the completion policy wants all or nothing and one has
    /// failed; in reverse order of their numbers, since roll-back goes the other way round.
    pub fn to_roll_back<'a>(&self, items: &'a [Item]) -> Vec<&'a Item> {
        let failed = |item: &Item| {
            !item.state.is_live() && !item.state.is_moving() && item.state.service().is_none()
        };
        let all_or_nothing = match self.completion {
            CompletionPolicy::All => true,
            CompletionPolicy::CoreThenRest | CompletionPolicy::Any => false,
        };
        if !all_or_nothing || !items.iter().any(failed) {
            return Vec::new();
        }
        let stays = |item: &&Item| item.state.is_live() || item.state.is_moving();
        let taken_already = |item: &&Item| {
            matches!(item.state, ItemState::Cleaning { .. } | ItemState::CleanupStuck { .. })
        };
        items.iter().rev().filter(stays).filter(|item| !taken_already(item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::party::Principal;
    use crate::provisioning::customer::VerifyMethod;
    use crate::provisioning::item::tests::item;
    use crate::provisioning::reason_code::ReasonCode;
    use crate::provisioning::state::{Evidence, InService, Removal};
    use crate::service::Service;

    fn at(minutes: i64) -> Timestamp {
        "2020-10-01T00:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(minutes * 60).unwrap()
    }

    fn order(completion: CompletionPolicy) -> Order {
        Order {
            id: OrderId::from(Uuid::from_u128(1)),
            tenant_id: TenantId::from(Uuid::from_u128(2)),
            subscription_id: None,
            partner_id: PartnerId::of_code("ogs"),
            external_reference: String::new(),
            completion,
            ordered_at: at(0),
            cancellation: None,
        }
    }

    fn cancelled(order: Order) -> Order {
        let cancellation = Cancellation {
            requested_at: at(5),
            requested_by: Actor::from(&Principal::system()),
            cause: Cause::from(ReasonCode::CancelledByCustomer),
        };
        Order { cancellation: Some(cancellation), ..order }
    }

    fn active() -> ItemState {
        let evidence =
            Evidence { id: "obs-1".into(), method: VerifyMethod::Heartbeat, observed_at: at(9) };
        let service = InService { evidence, installed_at: at(8), active_at: at(9) };
        ItemState::Active { service }
    }

    fn failed() -> ItemState {
        ItemState::FailedFinal { cause: Cause::from(ReasonCode::ProviderRefused), failed_at: at(9) }
    }

    fn requested() -> ItemState {
        ItemState::Requested { attempt: 1, requested_at: at(1) }
    }

    fn cleaning() -> ItemState {
        ItemState::Cleaning {
            removal: Removal {
                cause: Cause::from(ReasonCode::UserDidNotDoDns),
                service: None,
                installed_at: None,
                stopped_at: at(9),
                attempt: 0,
                n_gone: 0,
            },
        }
    }

    fn items(states: &[ItemState]) -> Vec<Item> {
        let one = |(index, state): (usize, &ItemState)| {
            let number = u32::try_from(index).unwrap() + 1;
            Item { state: state.clone(), core: number == 1, ..item(number, Service::Utm) }
        };
        states.iter().enumerate().map(one).collect()
    }

    #[test]
    fn the_state_of_an_order_follows_from_its_items() {
        use CompletionPolicy::{All, Any, CoreThenRest};
        let held = ItemState::Planned { held_for: Some(ReasonCode::SurveyIncomplete) };
        let refused =
            ItemState::Refused { cause: Cause::from(ReasonCode::AlreadyHasWaf), refused_at: at(0) };
        let table = [
            (All, vec![], OrderState::Acknowledged),
            (All, vec![ItemState::PLANNED, ItemState::PLANNED], OrderState::Acknowledged),
            (All, vec![refused.clone(), refused.clone()], OrderState::Rejected),
            (Any, vec![held.clone(), active()], OrderState::Held),
            (Any, vec![held, requested()], OrderState::InProgress),
            (Any, vec![active(), cleaning()], OrderState::InProgress),
            (All, vec![active(), active()], OrderState::Completed),
            (All, vec![active(), failed()], OrderState::Partial),
            (CoreThenRest, vec![active(), failed()], OrderState::Completed),
            (CoreThenRest, vec![failed(), active()], OrderState::Partial),
            (Any, vec![failed(), active()], OrderState::Completed),
            (Any, vec![failed(), refused], OrderState::Failed),
        ];
        for (policy, states, expected) in table {
            assert_eq!(order(policy).state(&items(&states)), expected, "{policy:?} {states:?}");
        }
    }

    #[test]
    fn a_cancellation_is_assessed_while_the_answer_of_a_call_is_open() {
        let order = cancelled(order(CompletionPolicy::Any));
        let state = |states: &[ItemState]| order.state(&items(states));
        assert_eq!(state(&[requested(), cleaning()]), OrderState::AssessingCancellation);
        assert_eq!(state(&[cleaning()]), OrderState::PendingCancellation);
        assert_eq!(state(&[failed()]), OrderState::Cancelled);
        assert!(order.due_items(&items(&[ItemState::PLANNED])).is_empty());
    }

    #[test]
    fn a_subscription_begins_as_its_completion_policy_says() {
        use CompletionPolicy::{All, Any, CoreThenRest};
        use Readiness::{Never, NotYet, Ready};
        let table = [
            (All, vec![active(), requested()], NotYet),
            (All, vec![active(), active()], Ready),
            (All, vec![active(), failed()], Never),
            (CoreThenRest, vec![active(), requested()], Ready),
            (CoreThenRest, vec![requested(), active()], NotYet),
            (CoreThenRest, vec![failed(), ItemState::PLANNED], Never),
            (Any, vec![active(), requested()], NotYet),
            (Any, vec![active(), failed()], Ready),
            (Any, vec![failed(), failed()], Never),
        ];
        for (policy, states, expected) in table {
            assert_eq!(order(policy).readiness(&items(&states)), expected, "{policy:?} {states:?}");
        }
    }

    #[test]
    fn all_or_nothing_takes_back_the_others_in_reverse_order() {
        let order = order(CompletionPolicy::All);
        let items = items(&[active(), failed(), requested(), cleaning()]);
        let numbers: Vec<_> = order.to_roll_back(&items).iter().map(|item| item.number).collect();
        assert_eq!(numbers, [3, 1]);
    }

    #[test]
    fn the_rest_waits_for_the_core_and_for_what_it_depends_on() {
        let mut all = items(&[requested(), ItemState::PLANNED, ItemState::PLANNED]);
        all[2].depends_on = vec![2];
        let due = |items: &[Item], policy| -> Vec<u32> {
            order(policy).due_items(items).iter().map(|item| item.number).collect()
        };
        assert_eq!(due(&all, CompletionPolicy::Any), [2]);
        assert_eq!(due(&all, CompletionPolicy::CoreThenRest), [] as [u32; 0]);
        all[0].state = active();
        assert_eq!(due(&all, CompletionPolicy::CoreThenRest), [2]);
    }
}
