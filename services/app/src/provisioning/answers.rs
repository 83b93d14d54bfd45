//! Records what a provider answered, and what follows from it.

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::Answer;
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::orders;

use super::attention::{Attention, enter, surroundings, system};
use super::following::{Change, apply};
use crate::context::Context;

/// Records an answer and completes the job, unless the item has changed since it was asked: then the
/// answer is out of date, and the change has planned a look of its own.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again, and asks again with the same key.
pub async fn record_answer(
    ctx: &Context,
    job: &Claimed,
    asked: &Attention,
    answer: &Answer,
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
        let reaction = item.react(answer, &surroundings(&entered))?;
        let change = Change {
            item_id: item.id,
            command: reaction.command,
            look_at: reaction.look_at,
            error: reaction.error,
            seen: answer.observation().cloned(),
            note: String::new(),
        };
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}
