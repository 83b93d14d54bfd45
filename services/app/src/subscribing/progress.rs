//! Follows the set-up of a subscription's services: the last one that is settled starts the plan.
//!
//! Called by the use cases that learn of it, in their transaction: the service, the subscription,
//! its cover and its first bill change together or not at all.

use serde_json::json;
use tasuki_core::certificate::{CoveredItem, Evidence, Stop};
use tasuki_core::id::{ItemId, SubscriptionId};
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_core::subscription::{
    Because, Subscription, SubscriptionCommand, SubscriptionEvent, SubscriptionState,
};
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, certificates, subscriptions};

use super::lock;
use super::turn::{ended, plan_turns};
use crate::access::Entered;
use crate::billing;
use crate::claiming::cover;
use crate::context::{Context, News};

/// A service that was set up.
#[derive(Debug, Clone)]
pub struct ActiveItem {
    /// The subscription that it belongs to.
    pub subscription_id: SubscriptionId,
    /// The service's item.
    pub item_id: ItemId,
    /// The service.
    pub service: Service,
    /// When it was active, on the tenant's clock.
    pub at: Timestamp,
    /// What shows that it is active.
    pub evidence: Evidence,
}

/// A service that was not set up, or is no longer there.
#[derive(Debug, Clone)]
pub struct GoneItem {
    /// The subscription that it belongs to.
    pub subscription_id: SubscriptionId,
    /// The service's item.
    pub item_id: ItemId,
    /// From when on, on the tenant's clock.
    pub at: Timestamp,
    /// Why its cover stops.
    pub because: Stop,
}

/// A service is active: it carries cover from that instant on.
pub(crate) async fn item_active(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    item: &ActiveItem,
) -> Result<(), Problem> {
    let read = lock(tx, entered, item.subscription_id).await?;
    let day = item.at.day_in(&entered.tenant.zone);
    let next = read.subscription.with_item_started(item.item_id, day);
    let covered = CoveredItem {
        item_id: item.item_id,
        service: item.service,
        starts_at: item.at,
        ends_at: None,
        evidence: item.evidence.clone(),
    };
    let tenant = entered.tenant.id;
    for read in certificates::lock_of_subscription(tx, tenant, item.subscription_id).await? {
        let (next, event) = read.certificate.carry(covered.clone(), entered.now)?;
        certificates::save(tx, &next, read.version).await?;
        if let Some(event) = event {
            cover::tell(ctx, tx, entered, (&next, &event)).await?;
        }
    }
    settle(ctx, tx, entered, (next, read.version)).await
}

/// A service was not set up or is gone: it is not charged and carries no cover from then on.
pub(crate) async fn item_gone(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    item: &GoneItem,
) -> Result<(), Problem> {
    let read = lock(tx, entered, item.subscription_id).await?;
    let day = item.at.day_in(&entered.tenant.zone);
    let next = read.subscription.with_item_ended(item.item_id, day);
    let tenant = entered.tenant.id;
    for read in certificates::lock_of_subscription(tx, tenant, item.subscription_id).await? {
        let stop = (item.at, item.because);
        let (next, event) = read.certificate.drop_item(item.item_id, stop, entered.now)?;
        certificates::save(tx, &next, read.version).await?;
        if let Some(event) = event {
            cover::tell(ctx, tx, entered, (&next, &event)).await?;
        }
    }
    settle(ctx, tx, entered, (next, read.version)).await
}

/// Saves the subscription; starts or ends it once nothing is awaited any more.
async fn settle(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription, read_version): (Subscription, i64),
) -> Result<(), Problem> {
    let Some(command) = next_command(entered, &subscription) else {
        subscriptions::save(tx, &subscription, read_version, entered.now).await?;
        return Ok(());
    };
    let (next, event) = subscription.step(&command, entered.now)?;
    subscriptions::save(tx, &next, read_version, entered.now).await?;
    match &event {
        SubscriptionEvent::Activated { on, .. } => {
            plan_turns(ctx, tx, entered, &next).await?;
            billing::first_close(ctx, tx, entered, next.id, *on).await?;
        }
        SubscriptionEvent::Cancelled { .. } => ended(ctx, tx, entered, &next).await?,
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
        | SubscriptionEvent::Suspended { .. }
        | SubscriptionEvent::Resumed { .. }
        | SubscriptionEvent::MarkedPastDue { .. }
        | SubscriptionEvent::PastDueCleared
        | SubscriptionEvent::CancellationScheduled { .. }
        | SubscriptionEvent::CancellationWithdrawn => {}
    }
    let news = News::new(event.topic(), next.id, json!({ "event": event }));
    ctx.tell(tx, entered.when(), news).await?;
    Ok(())
}

fn next_command(entered: &Entered, subscription: &Subscription) -> Option<SubscriptionCommand> {
    let on = entered.now.day_in(&entered.tenant.zone);
    let in_use =
        subscription.items.iter().any(|item| item.starts_on.is_some() && item.ends_on.is_none());
    match subscription.state() {
        SubscriptionState::Pending if !subscription.nothing_awaited() => None,
        SubscriptionState::Pending if in_use => {
            let trial_until = subscription.trial_until().filter(|until| on < *until);
            Some(SubscriptionCommand::Activate { on, trial_until })
        }
        SubscriptionState::Pending => {
            Some(SubscriptionCommand::Cancel { on, because: Because::NothingProvided })
        }
        SubscriptionState::Trialing { .. }
        | SubscriptionState::Active
        | SubscriptionState::Suspended { .. } => (!in_use)
            .then_some(SubscriptionCommand::Cancel { on, because: Because::NothingProvided }),
        SubscriptionState::Cancelled { .. } => None,
    }
}
