//! Takes a service away whose subscription has ended.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Cause, ItemCommand, ReasonCode};
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::orders;

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::context::Context;
use crate::subscribing::RemoveItem;

/// Begins the removal of an item, unless it is on its way out already.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again.
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
        && let Some(stored) = read.item(remove.item_id)
    {
        let cause = Cause::from(ReasonCode::SubscriptionEnded);
        let command = if stored.item.state.is_live() {
            ItemCommand::End { cause, stopped_at: entered.now }
        } else {
            ItemCommand::Cancel { cause }
        };
        if stored.item.state.step(&command, entered.now).is_ok() {
            let change = Change {
                command: Some(command),
                look_at: Some(entered.now),
                ..Change::of(remove.item_id)
            };
            apply(ctx, &tx, &entered, read, (change, &system())).await?;
        }
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}
