//! Places an order: its items, what preflight said of each, and the first look at those whose turn
//! it is.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Item, Order};
use tasuki_store::orders::{self, Stored, StoredItem};
use tasuki_store::{Tx, decisions, providers};

use super::attention::plan_look;
use super::following::is_over;
use super::preflight::Judged;
use crate::access::Entered;
use crate::context::{Context, News};
use crate::subscribing::{GoneItem, item_gone};

/// An item as it is ordered, with the decision of preflight behind it.
#[derive(Debug, Clone)]
pub(crate) struct OrderedItem {
    pub(crate) item: Item,
    pub(crate) judged: Option<Judged>,
}

/// Places an order in the caller's transaction. Items that preflight refused are kept, so that the
/// funnel counts them, and their subscription learns of it.
pub(crate) async fn place_order(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    by: &Actor,
    (order, ordered): (Order, Vec<OrderedItem>),
) -> Result<Stored, Problem> {
    let mut rows = Vec::new();
    for OrderedItem { mut item, judged } in ordered {
        item.provider_id = provider_of(tx, &item).await?;
        if let Some(judged) = judged {
            decisions::record(tx, &judged.into_decision(item.id.to_string(), by, entered))?;
        }
        let transition = item.first_transition(by, entered.now);
        rows.push((item, transition));
    }
    orders::insert(tx, &order, &rows).await?;
    let items = rows.into_iter().map(|(item, _)| StoredItem { item, version: 1 }).collect();
    let stored = Stored { order, version: 1, items };

    let items = stored.items();
    for item in stored.order.due_items(&items) {
        plan_look(ctx, tx, entered, (stored.order.id, item, 1), Some(entered.now)).await?;
    }
    let payload = json!({
        "subscription_id": stored.order.subscription_id,
        "state": stored.order.state(&items),
        "services": items.iter().map(Item::service).collect::<Vec<_>>(),
    });
    let news = News::new("order.placed", stored.order.id, payload);
    ctx.tell(tx, entered.when(), news).await?;
    if let Some(subscription_id) = stored.order.subscription_id {
        for item in items.iter().filter(|item| is_over(&item.state)) {
            let gone = GoneItem {
                subscription_id,
                item_id: item.id,
                at: entered.now,
                because: tasuki_core::certificate::Stop::NeverProvided,
            };
            item_gone(ctx, tx, entered, &gone).await?;
        }
    }
    Ok(stored)
}

/// Who sets an item up: the provider that was named, if it is registered, or else the first by name
/// that offers the service, before those that get no new work. When nobody does, the name stays, and the item waits until somebody
/// registers under it.
async fn provider_of(tx: &Tx, item: &Item) -> Result<ProviderId, Problem> {
    let all = providers::all(tx).await?;
    let named = all.iter().find(|provider| provider.id == item.provider_id);
    let offers = || {
        let offering = all.iter().filter(|provider| provider.services.contains(&item.service()));
        offering.min_by_key(|provider| provider.paused)
    };
    Ok(named.or_else(offers).map_or(item.provider_id, |provider| provider.id))
}
