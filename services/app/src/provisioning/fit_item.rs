//! Makes a service at its provider what its subscription says: still or running, and of its size.

use tasuki_core::id::SubscriptionId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::steps::is_one_off;
use tasuki_core::provisioning::{Cause, Fit, Item, ItemCommand, ItemState, ReasonCode, Spec};
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{StoreError, Tx, orders, subscriptions};

use super::attention::{enter, system};
use super::following::{Change, apply};
use crate::access::Entered;
use crate::context::Context;
use crate::quoting::sized;
use crate::subscribing::{FitItem, pinned, plan_fit};

/// Makes an item what its subscription says today: what was asked for meanwhile counts, and a repeat changes nothing.
///
/// # Errors
/// `STORE_UNAVAILABLE`; `LOST_RACE` also while the provider is being asked about the item: the job is
/// tried again.
pub async fn fit_item(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let fit: FitItem = job.payload()?;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, fit.tenant_id).await?;
    let found = orders::of_item(&tx, fit.item_id).await?;
    let read = match found {
        Some((tenant, order)) if tenant == fit.tenant_id => {
            orders::lock(&tx, tenant, order).await?
        }
        Some(_) | None => None,
    };
    if let Some(read) = read
        && let Some(item) = read.item(fit.item_id).map(|stored| stored.item.clone())
    {
        if is_being_asked(&item) {
            return Err(StoreError::LostRace.into());
        }
        let said = said(ctx, &tx, &entered, (fit.subscription_id, &item)).await?;
        if let Some(change) = said.change(&item) {
            let change = Change { look_at: Some(entered.now), ..change };
            apply(ctx, &tx, &entered, read, (change, &system())).await?;
        }
    }
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}

/// Plans that an item which has come to run is made what its subscription says, if that is something else: it may have
/// changed while nothing could be done about it.
pub(super) async fn fit_again(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription, item, version): (SubscriptionId, &Item, i64),
) -> Result<(), Problem> {
    if said(ctx, tx, entered, (subscription, item)).await?.change(item).is_some() {
        let cause = format!("runs {version}");
        plan_fit(ctx, tx, entered, (subscription, item.id, &cause)).await?;
    }
    Ok(())
}

/// Whether the answer to the last call decides what it is.
const fn is_being_asked(item: &Item) -> bool {
    matches!(
        item.state,
        ItemState::Requested { .. } | ItemState::Suspending { .. } | ItemState::Resuming { .. }
    )
}

/// What a subscription says of one of its items.
#[derive(Debug)]
struct Said {
    stands_still: bool,
    spec: Spec,
}

/// What is said today; what is there stays as it is when nothing is said of its size.
async fn said(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (id, item): (SubscriptionId, &Item),
) -> Result<Said, Problem> {
    let nothing = || Said { stands_still: false, spec: item.spec.clone() };
    let today = entered.now.day_in(&entered.tenant.zone);
    let Some(read) = subscriptions::get(tx, entered.tenant.id, id).await? else {
        return Ok(nothing());
    };
    let subscription = read.subscription;
    let stands_still = subscription.stands_still(item.id, today);
    let subscribed = subscription.items.iter().find(|of| of.item_id == item.id && of.is_taken());
    let phase = subscription.phase_on(today).or_else(|| subscription.phases.last());
    let (Some(subscribed), Some(phase)) = (subscribed, phase) else {
        return Ok(Said { stands_still, ..nothing() });
    };
    let selected = subscribed.selected_on(today);
    let cards = ctx.cards();
    let card = pinned(&cards, &phase.rate_card)?;
    let plan = selected.plan.as_deref().and_then(|code| card.plan(code));
    let spec =
        plan.map_or_else(|| item.spec.clone(), |plan| sized(item.spec.clone(), plan, selected));
    Ok(Said { stands_still, spec })
}

impl Said {
    /// The change that makes an item so; none when it is, or when it has to wait.
    fn change(self, item: &Item) -> Option<Change> {
        let change = Change::of(item.id);
        if let Some(command) = holding(item, self.stands_still) {
            return Some(Change { command: Some(command), ..change });
        }
        let spec = Some(self.spec);
        match spec.as_ref().map(|spec| item.fit(spec))? {
            Fit::Fits | Fit::Later => None,
            Fit::Ordered => Some(Change { spec, ..change }),
            Fit::Changed(command) => Some(Change { spec, command: Some(command), ..change }),
        }
    }
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
