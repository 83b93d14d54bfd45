//! Records what a provider answered, and what follows from it.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Answer, DnsSeen, Item, ItemState};
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::orders;

use super::attention::{Attention, enter, surroundings, system};
use super::following::{Change, apply};
use crate::access::Entered;
use crate::context::Context;

/// Records an answer, and what was seen in DNS beside it, and completes the job, unless the item has changed since it was asked: then the
/// answer is out of date, and the change has planned a look of its own.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again, and asks again with the same key.
pub async fn record_answer(
    ctx: &Context,
    job: &Claimed,
    asked: &Attention,
    (answer, dns): (&Answer, &DnsSeen),
) -> Result<(), Problem> {
    let attend = &asked.attend;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, attend.tenant_id).await?;
    let read = orders::lock(&tx, attend.tenant_id, attend.order_id).await?;
    let current = read
        .as_ref()
        .and_then(|stored| stored.item(attend.item_id))
        .filter(|stored| stored.version == attend.version)
        .map(|stored| stored.item.clone());

    if let (Some(read), Some(item)) = (read, current) {
        let lost_try = job.attempt > 1 && matches!(item.state, ItemState::Requested { .. });
        let answer = answer.clone();
        let answer = if lost_try { answer.after_lost_try() } else { answer };
        let change = following(ctx, &entered, &item, (&answer, dns))?;
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

/// What follows from an answer about an item.
pub(super) fn following(
    ctx: &Context,
    entered: &Entered,
    item: &Item,
    (answer, dns): (&Answer, &DnsSeen),
) -> Result<Change, Problem> {
    let around = surroundings(ctx, entered);
    let reaction = item.react(answer, &around)?;
    let reaction = item.with_dns(reaction, dns, &around)?;
    Ok(Change {
        command: reaction.command,
        look_at: reaction.look_at,
        error: reaction.error,
        seen: answer.observation().cloned(),
        ..Change::of(item.id)
    })
}
