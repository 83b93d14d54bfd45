//! Sees that nothing under way is forgotten, and that what is done is forgotten in time.
//!
//! Every change of an item plans its next look in the same transaction, so that none is ever without
//! one. A table that was restored from two backups, or repaired by hand, knows nothing of that.

use std::collections::BTreeSet;

use tasuki_core::problem::Problem;
use tasuki_core::provisioning::ItemState;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs;
use tasuki_store::orders::{self, UnderWay};

use super::attention::{ATTEND_ITEM, enter, look_key, system};
use super::following::{Change, apply};
use super::receive::HEAR_EVENT;
use super::sweeping::{REMOVE_STRAY, SWEEP_PROVIDER};
use crate::context::Context;
use crate::governing::CHECK_PROVIDER;

/// Items looked through at once.
const PAGE: u32 = 500;

/// Pages at most in one go: half a million items under way.
const MOST_PAGES: u32 = 1_000;

/// Kinds of jobs that are forgotten when they are done: their keys name a version, an hour or an event, and never come
/// again.
const FORGOTTEN: [&str; 5] =
    [ATTEND_ITEM, HEAR_EVENT, REMOVE_STRAY, SWEEP_PROVIDER, CHECK_PROVIDER];

/// Jobs deleted in one transaction: few enough that nobody waits for it.
const DELETED_AT_ONCE: u32 = 1_000;

/// Plans a look at every item that waits for one and has none; tells how many there were.
///
/// # Errors
/// `STORE_UNAVAILABLE`; what was planned so far stays.
pub async fn find_lost_looks(ctx: &Context) -> Result<u32, Problem> {
    let (mut n_lost, mut after) = (0_u32, None);
    for _page in 0..MOST_PAGES {
        let tx = ctx.store.begin_read().await?;
        let page = orders::under_way(&tx, after, PAGE).await?;
        let keys: Vec<String> = page.iter().map(|it| look_key(it.item, it.version)).collect();
        let open: BTreeSet<String> = jobs::open_keys(&tx, &keys).await?;
        drop(tx);
        for (one, key) in page.iter().zip(&keys) {
            if !open.contains(key) && look_again(ctx, one).await? {
                tracing::warn!(item = %one.item, "item `{}` had no look planned: it has now", one.item);
                n_lost = n_lost.saturating_add(1);
            }
        }
        after = page.last().map(|it| it.item);
        if after.is_none() {
            break;
        }
    }
    Ok(n_lost)
}

/// Plans a look now, unless the item has changed meanwhile or waits for nothing.
async fn look_again(ctx: &Context, one: &UnderWay) -> Result<bool, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, one.tenant).await?;
    let Some(read) = orders::lock(&tx, one.tenant, one.order).await? else { return Ok(false) };
    let items = read.items();
    let stored = read.item(one.item).filter(|stored| stored.version == one.version);
    let Some(item) = stored.map(|stored| &stored.item) else { return Ok(false) };
    let is_next = || read.order.due_items(&items).iter().any(|due| due.id == item.id);
    let planned = matches!(item.state, ItemState::Planned { .. });
    let waits = item.is_watched() || (planned && is_next());
    if !waits {
        return Ok(false);
    }
    let look = Change { look_at: Some(entered.now), ..Change::of(item.id) };
    apply(ctx, &tx, &entered, read, (look, &system())).await?;
    tx.commit().await?;
    Ok(true)
}

/// Forgets jobs that were done before an instant and never come again; tells how many.
///
/// # Errors
/// `STORE_UNAVAILABLE`; what was forgotten so far stays so.
pub async fn forget_done_jobs(ctx: &Context, before: Timestamp) -> Result<u64, Problem> {
    let mut n_forgotten = 0;
    for kind in FORGOTTEN {
        loop {
            let tx = ctx.store.begin().await?;
            let n = jobs::purge_done(&tx, kind, before, DELETED_AT_ONCE).await?;
            tx.commit().await?;
            n_forgotten += n;
            if n < u64::from(DELETED_AT_ONCE) {
                break;
            }
        }
    }
    Ok(n_forgotten)
}
