//! Takes a service away whose subscription has ended.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::steps::is_one_off;
use tasuki_core::provisioning::{Cause, Item, ItemCommand, ItemState, Order, ReasonCode};
use tasuki_core::subscription::{Because, SubscriptionState};
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{StoreError, Tx, orders, subscriptions};

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::context::Context;
use crate::subscribing::RemoveItem;

/// Begins the removal of an item, unless it is on its way out already.
///
/// # Errors
/// `STORE_UNAVAILABLE`; `LOST_RACE` also while a call about the item is under way, since its answer
/// decides what there is to take away: the job is tried again.
pub async fn remove_item(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let remove: RemoveItem = job.payload()?;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, remove.tenant_id).await?;
    let found = orders::of_item(&tx, remove.item_id).await?;
    let read = match found {
        Some((tenant, order)) if tenant == remove.tenant_id => {
            orders::lock(&tx, tenant, order).await?
        }
        Some(_) | None => None,
    };

    if let Some(read) = read
        && let Some(item) = read.item(remove.item_id).map(|stored| stored.item.clone())
    {
        if matches!(item.state, ItemState::Requested { .. }) {
            return Err(StoreError::LostRace.into());
        }
        let cause = Cause::from(why(&tx, &read.order).await?);
        let stopped_at = remove.stopped_at.unwrap_or(job.run_at).min(entered.now);
        if let Some(command) = ending(&item, cause, stopped_at) {
            let look_at = Some(entered.now);
            let change = Change { command: Some(command), look_at, ..Change::of(item.id) };
            apply(ctx, &tx, &entered, read, (change, &system())).await?;
        }
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

async fn why(tx: &Tx, order: &Order) -> Result<ReasonCode, Problem> {
    let Some(id) = order.subscription_id else { return Ok(ReasonCode::SubscriptionEnded) };
    let trial_ended = subscriptions::get(tx, order.tenant_id, id).await?.is_some_and(|stored| {
        matches!(
            stored.subscription.state(),
            SubscriptionState::Cancelled { because: Because::TrialEnded, .. }
        )
    });
    Ok(if trial_ended { ReasonCode::TrialEnded } else { ReasonCode::SubscriptionEnded })
}

/// The command that takes it away; none when there is nothing to take away any more.
fn ending(item: &Item, cause: Cause, stopped_at: Timestamp) -> Option<ItemCommand> {
    let command = if matches!(item.state, ItemState::Active { .. }) && is_one_off(item.service()) {
        // What was rendered once is not taken back.
        ItemCommand::Finish
    } else if item.state.is_live() {
        ItemCommand::End { cause, stopped_at }
    } else {
        ItemCommand::Cancel { cause }
    };
    item.state.step(&command, stopped_at).ok().map(|_| command)
}
