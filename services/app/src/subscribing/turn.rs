//! What a subscription does by itself on a day: a trial ends, a planned change takes effect.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::certificate::{CertificateCommand, CertificateState, Stop};
use tasuki_core::id::{ItemId, SubscriptionId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::subscription::{Because, Subscription, SubscriptionState};
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::{Tx, certificates};

use super::deciding::commit;
use super::lock;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::claiming::cover;
use crate::context::Context;

/// The kind of job that runs [`turn_subscription`].
pub const TURN_SUBSCRIPTION: &str = "turn_subscription";

/// The kind of job that takes a service away at its provider.
pub const REMOVE_ITEM: &str = "remove_item";

/// Which subscription turns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Turn {
    /// Whose.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// Which service is to be taken away at its provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveItem {
    /// Whose.
    pub tenant_id: TenantId,
    /// The service's item.
    pub item_id: ItemId,
    /// From when on it is not wanted, however long taking it away is held up.
    #[serde(default)]
    pub stopped_at: Option<Timestamp>,
}

/// The kind of job that makes a service at its provider what its subscription says: still or running, and of its size.
pub const FIT_ITEM: &str = "fit_item";

/// Which service is to be at its provider as its subscription is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FitItem {
    /// Whose.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The service's item.
    pub item_id: ItemId,
}

/// Has providers follow: which services stand still from today on, which go on, and which are to be larger, smaller or
/// of another plan.
pub(crate) async fn fit(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (before, next): (&Subscription, &Subscription),
) -> Result<(), Problem> {
    let today = entered.now.day_in(&entered.tenant.zone);
    for item in next.items.iter().filter(|item| item.is_taken()) {
        let Some(was) = before.items.iter().find(|was| was.item_id == item.item_id) else {
            continue;
        };
        let still = |of: &Subscription| of.stands_still(item.item_id, today);
        let turns = item.starts_on.is_some() && still(before) != still(next);
        if turns || was.selected_on(today) != item.selected_on(today) {
            let cause = format!("changed {}", next.history.len());
            plan_fit(ctx, tx, entered, (next.id, item.item_id, &cause)).await?;
        }
    }
    Ok(())
}

/// Plans that an item is made what its subscription says, once for each cause.
pub(crate) async fn plan_fit(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription_id, item_id, cause): (SubscriptionId, ItemId, &str),
) -> Result<(), Problem> {
    let fit = FitItem { tenant_id: entered.tenant.id, subscription_id, item_id };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Provisioning,
        kind: FIT_ITEM,
        key: format!("{FIT_ITEM}:{item_id}:{cause}"),
        payload: jobs::payload(&fit)?,
        run_at: entered.now,
    };
    jobs::enqueue(tx, &job).await?;
    Ok(())
}

/// Plans the days on which the subscription does something by itself.
pub(crate) async fn plan_turns(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
) -> Result<(), Problem> {
    for day in subscription.turning_days() {
        let turn = Turn { tenant_id: entered.tenant.id, subscription_id: subscription.id };
        let job = NewJob {
            id: ctx.ids.next(),
            tenant: Some(entered.tenant.id),
            lane: Lane::Billing,
            kind: TURN_SUBSCRIPTION,
            key: format!("{TURN_SUBSCRIPTION}:{}:{day}", subscription.id),
            payload: jobs::payload(&turn)?,
            run_at: Timestamp::start_of(day, &entered.tenant.zone)?,
        };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// Does what is due on this day, if it still is: plans change after a job was planned.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `LOST_RACE`.
pub async fn turn_subscription(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let turn: Turn = job.payload()?;
    let call = Call::system();
    let tx = ctx.store.begin().await?;
    let permission = tasuki_core::party::Permission::Sell;
    let entered = access::enter(ctx, &tx, &call, turn.tenant_id, permission).await?;
    let read = lock(&tx, &entered, turn.subscription_id).await?;
    let today = entered.now.day_in(&entered.tenant.zone);

    let next = read.subscription.turned(today, entered.now);
    if next != read.subscription {
        let change = (&read.subscription, next, read.version);
        let by = Actor::from(&call.principal);
        commit(ctx, &tx, &entered, &by, (change, "")).await?;
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

/// What follows the end of a subscription: its cover ends, its services are taken away.
pub(crate) async fn ended(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
) -> Result<(), Problem> {
    let SubscriptionState::Cancelled { on, because } = subscription.state() else { return Ok(()) };
    let at = Timestamp::start_of(*on, &entered.tenant.zone)?;
    let because = match because {
        Because::CustomerWish | Because::TrialEnded => Stop::ServiceRemoved,
        Because::NothingProvided => Stop::NeverProvided,
        Because::NotPaid => Stop::Unpaid,
    };
    end_cover(ctx, tx, entered, (subscription.id, at, because)).await?;
    // Those on their way too: a service that would run for nobody is not set up to its end.
    for item in &subscription.items {
        let run_at = at.max(entered.now);
        let remove = RemoveItem {
            tenant_id: entered.tenant.id,
            item_id: item.item_id,
            stopped_at: Some(run_at),
        };
        let job = NewJob {
            id: ctx.ids.next(),
            tenant: Some(entered.tenant.id),
            lane: Lane::Provisioning,
            kind: REMOVE_ITEM,
            key: format!("{REMOVE_ITEM}:{}", item.item_id),
            payload: jobs::payload(&remove)?,
            run_at,
        };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

async fn end_cover(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription, at, because): (SubscriptionId, Timestamp, Stop),
) -> Result<(), Problem> {
    let all = certificates::lock_of_subscription(tx, entered.tenant.id, subscription).await?;
    for read in all {
        if matches!(read.certificate.state, CertificateState::Ended { .. }) {
            continue;
        }
        let command = CertificateCommand::End { at, because };
        let (next, event) = read.certificate.step(&command, entered.now)?;
        certificates::save(tx, &next, read.version).await?;
        cover::tell(ctx, tx, entered, (&next, &event)).await?;
    }
    Ok(())
}
