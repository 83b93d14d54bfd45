//! Compares what a provider has with what it should have, in both directions, once an hour.
//!
//! The list is never trusted by itself. What should be there and is not listed is looked at; what should
//! not be there is taken away only after a second sweep has found it, and only if it was ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::id::{ItemId, OrderId, ProviderId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Answer, Item};
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::strays::{self, Kind, Ours};
use tasuki_store::{Tx, orders, providers};

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::context::{Context, News};

/// The kind of job that sweeps one provider.
pub const SWEEP_PROVIDER: &str = "sweep_provider";

/// The kind of job that takes away what was left over at a provider.
pub const REMOVE_STRAY: &str = "remove_stray";

/// What is left over counts only after this: a removal that is under way has come to its end by then.
const QUARANTINE_SECONDS: i64 = 1_800;

/// Which provider is swept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sweep {
    provider_id: ProviderId,
}

/// What is taken away.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stray {
    tenant: TenantId,
    order: OrderId,
    item: ItemId,
}

/// Plans this hour's sweep of every provider that has a server, unless it is planned already.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn plan_sweeps(ctx: &Context) -> Result<(), Problem> {
    let now = ctx.clock.now();
    let hour = now.as_microseconds().div_euclid(3_600_000_000);
    let tx = ctx.store.begin().await?;
    for provider in providers::all(&tx).await? {
        if provider.endpoint.is_empty() {
            continue;
        }
        let job = NewJob {
            id: ctx.ids.next(),
            tenant: None,
            lane: Lane::Low,
            kind: SWEEP_PROVIDER,
            key: format!("{SWEEP_PROVIDER}:{}:{hour}", provider.id),
            payload: jobs::payload(&Sweep { provider_id: provider.id })?,
            run_at: now,
        };
        jobs::enqueue_for(&tx, &job, Some(provider.id.as_uuid())).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Where the provider of a sweep answers; none when it is gone or has no server, and the job is done.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn begin_sweep(ctx: &Context, job: &Claimed) -> Result<Option<String>, Problem> {
    let sweep: Sweep = job.payload()?;
    let tx = ctx.store.begin().await?;
    let provider = providers::get(&tx, sweep.provider_id).await?;
    let endpoint = provider.map(|provider| provider.endpoint).filter(|it| !it.is_empty());
    if endpoint.is_none() {
        jobs::complete(&tx, job, ctx.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(endpoint)
}

/// Compares what the provider listed with what it should have; without a list there is nothing to compare.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again.
pub async fn record_sweep(
    ctx: &Context,
    job: &Claimed,
    listed: Option<&[String]>,
) -> Result<(), Problem> {
    let sweep: Sweep = job.payload()?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(listed) = listed {
        let there: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
        let ours = strays::items_of(&tx, sweep.provider_id).await?;
        for missing in ours.iter().filter(|it| it.state == "active") {
            if !there.contains(missing.item.to_string().as_str()) {
                look_at(ctx, &tx, missing).await?;
            }
        }
        let known: BTreeMap<String, &Ours> =
            ours.iter().map(|it| (it.item.to_string(), it)).collect();
        for id in there {
            let found = match known.get(id) {
                Some(ours) if is_over(&ours.state) => (id, Kind::LeftOver, Some(*ours)),
                Some(_) => continue,
                None if is_of_simulated(&tx, id).await? => continue,
                None => (id, Kind::Unknown, None),
            };
            note(ctx, &tx, sweep.provider_id, found).await?;
        }
        strays::forget_others(&tx, sweep.provider_id, now).await?;
    }
    jobs::complete(&tx, job, now).await?;

    tx.commit().await?;
    Ok(())
}

/// States in which nothing of an item is at its provider.
fn is_over(state: &str) -> bool {
    matches!(state, "refused" | "failed_final" | "cleaned" | "deprovisioned" | "cancelled")
}

/// An item of a tenant in another time: the sweep says nothing about it.
async fn is_of_simulated(tx: &Tx, id: &str) -> Result<bool, Problem> {
    let Ok(item) = id.parse::<ItemId>() else { return Ok(false) };
    Ok(orders::of_item(tx, item).await?.is_some())
}

async fn look_at(ctx: &Context, tx: &Tx, missing: &Ours) -> Result<(), Problem> {
    let entered = enter(ctx, tx, missing.tenant).await?;
    if let Some(read) = orders::lock(tx, missing.tenant, missing.order).await? {
        let look = Change { look_at: Some(entered.now), ..Change::of(missing.item) };
        apply(ctx, tx, &entered, read, (look, &system())).await?;
    }
    Ok(())
}

async fn note(
    ctx: &Context,
    tx: &Tx,
    provider: ProviderId,
    (id, kind, ours): (&str, Kind, Option<&Ours>),
) -> Result<(), Problem> {
    let now = ctx.clock.now();
    let (n_seen, first_seen_at) = strays::found(tx, provider, (id, kind), now).await?;
    if n_seen == 1 {
        let payload = json!({ "provider_id": provider, "ours": ours.is_some() });
        ctx.tell_scheme(tx, now, News::new("provider.stray_found", id, payload)).await?;
    }
    let Some(ours) = ours.filter(|_| now.seconds_since(first_seen_at) >= QUARANTINE_SECONDS) else {
        return Ok(());
    };
    let stray = Stray { tenant: ours.tenant, order: ours.order, item: ours.item };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(ours.tenant),
        lane: Lane::Provisioning,
        kind: REMOVE_STRAY,
        key: format!("{REMOVE_STRAY}:{}:{}", ours.item, first_seen_at.as_microseconds()),
        payload: jobs::payload(&stray)?,
        run_at: now,
    };
    jobs::enqueue_for(tx, &job, Some(provider.as_uuid())).await?;
    Ok(())
}

/// What is to be taken away, and where; none when it is wanted again meanwhile, and the job is done.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn begin_removal(
    ctx: &Context,
    job: &Claimed,
) -> Result<Option<(String, Item)>, Problem> {
    let stray: Stray = job.payload()?;
    let tx = ctx.store.begin().await?;
    let read = orders::get(&tx, stray.tenant, stray.order).await?;
    let item = read.as_ref().and_then(|read| read.item(stray.item)).map(|it| it.item.clone());
    let item = item.filter(|item| is_over(item.state.as_str()));
    let endpoint = match &item {
        Some(item) => providers::get(&tx, item.provider_id).await?.map(|it| it.endpoint),
        None => None,
    };
    if let (Some(item), Some(endpoint)) = (item, endpoint.filter(|it| !it.is_empty())) {
        // A generation of its own: what was asked for before is refused there from now on.
        let generation = item.generation.max(item.observed_generation).saturating_add(1);
        return Ok(Some((endpoint, Item { generation, ..item })));
    }
    jobs::complete(&tx, job, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(None)
}

/// Records whether it is gone; the item itself stays over.
///
/// # Errors
/// `STORE_UNAVAILABLE`. While it is still there nothing is recorded: the job is tried again.
pub async fn record_removal(
    ctx: &Context,
    job: &Claimed,
    (asked, answer): (&Item, &Answer),
) -> Result<bool, Problem> {
    let stray: Stray = job.payload()?;
    if answer.observation().is_none_or(|seen| seen.exists) {
        return Ok(false);
    }
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, stray.tenant).await?;
    if let Some(mut read) = orders::lock(&tx, stray.tenant, stray.order).await? {
        let order = (stray.tenant, stray.order);
        if let Some(stored) = read.items.iter_mut().find(|it| it.item.id == stray.item) {
            stored.item.observed_generation = asked.generation;
            orders::save_item(&tx, order, &stored.item, stored.version, None).await?;
        }
        let payload = json!({ "provider_id": asked.provider_id, "order_id": stray.order });
        let news = News::new("provider.stray_removed", stray.item, payload);
        ctx.tell(&tx, entered.when(), news).await?;
    }
    jobs::complete(&tx, job, entered.now).await?;
    tx.commit().await?;
    Ok(true)
}
