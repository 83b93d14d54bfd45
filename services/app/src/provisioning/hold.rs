//! Lets a service stand still at its provider while its subscription does, and go on with it.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::steps::is_one_off;
use tasuki_core::provisioning::{Cause, Item, ItemCommand, ItemState, ReasonCode};
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{StoreError, orders, subscriptions};

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::context::Context;
use crate::subscribing::HoldItem;

/// Suspends or resumes an item, as its subscription is today: what was asked for meanwhile counts, and
/// a repeat changes nothing.
///
/// # Errors
/// `STORE_UNAVAILABLE`; `LOST_RACE` also while the provider is being asked about the item: the job is
/// tried again.
pub async fn hold_item(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let hold: HoldItem = job.payload()?;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, hold.tenant_id).await?;
    let today = entered.now.day_in(&entered.tenant.zone);
    let held = subscriptions::get(&tx, hold.tenant_id, hold.subscription_id).await?;
    let still = held.is_some_and(|of| of.subscription.stands_still(hold.item_id, today));
    let found = orders::of_item(&tx, hold.item_id).await?;
    let read = match found {
        Some((tenant, order)) if tenant == hold.tenant_id => {
            orders::lock(&tx, tenant, order).await?
        }
        Some(_) | None => None,
    };
    if let Some(read) = read
        && let Some(item) = read.item(hold.item_id).map(|stored| stored.item.clone())
    {
        if is_being_asked(&item) {
            return Err(StoreError::LostRace.into());
        }
        if let Some(command) = holding(&item, still) {
            let look_at = Some(entered.now);
            let change = Change { command: Some(command), look_at, ..Change::of(item.id) };
            apply(ctx, &tx, &entered, read, (change, &system())).await?;
        }
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

/// Whether the answer to the last call decides what it is.
const fn is_being_asked(item: &Item) -> bool {
    matches!(
        item.state,
        ItemState::Requested { .. } | ItemState::Suspending { .. } | ItemState::Resuming { .. }
    )
}

/// The command that makes it stand still or go on; none when it does, or does not run.
fn holding(item: &Item, still: bool) -> Option<ItemCommand> {
    let is_active = matches!(item.state, ItemState::Active { .. });
    let is_suspended = matches!(item.state, ItemState::Suspended { .. });
    if still && is_active && !is_one_off(item.service()) {
        Some(ItemCommand::Suspend { cause: Cause::from(ReasonCode::SubscriptionSuspended) })
    } else if !still && is_suspended {
        Some(ItemCommand::Resume)
    } else {
        None
    }
}
