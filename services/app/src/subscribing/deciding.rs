//! The course of every change: look, decide, say what it means in yen, and commit unless it is only
//! asked.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::catalog::{BillingCycle, RateCardRef};
use tasuki_core::days::DayPeriod;
use tasuki_core::decision::Decision;
use tasuki_core::id::{OrderId, SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::quote::Quote;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{
    PlannedChange, SubscribedItem, Subscription, SubscriptionEvent, SubscriptionState,
};
use tasuki_core::time::{CivilDate, Month, Timestamp};
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::jobs::{self, Lane, NewJob};
use tasuki_store::subscriptions::{self, Stored};
use tasuki_store::{Tx, decisions, orders, quotes};

use super::covering;
use super::effect::{MoneyEffect, Span, money_effect};
use super::turn::{REMOVE_ITEM, RemoveItem, ended, fit, plan_turns};
use super::view::{SubscriptionView, view_now};
use super::{check_etag, lock};
use crate::access::{self, Entered};
use crate::billing;
use crate::call::Call;
use crate::context::{Context, News};
use crate::quoting::{Intent, judge_added, place_added};

/// How far ahead a change can be planned, in months: ten years.
const MOST_MONTHS_AHEAD: i32 = 120;

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Today.
    Now,
    /// On the first day of the next billing period.
    NextPeriod,
    /// On this day, today at the earliest.
    On(CivilDate),
}

/// Which subscription is to change, and how it is asked.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The version that the caller has read; none where nothing is stored anyway.
    pub etag: Option<String>,
    /// Whether it is done, or only asked.
    pub intent: Intent,
}

/// A subscription after a change, and what the change means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// The subscription.
    pub view: SubscriptionView,
    /// What it means in yen.
    pub effect: MoneyEffect,
    /// The orders that it led to.
    pub order_ids: Vec<OrderId>,
    /// The policy decisions behind it: whether services that are added can be set up. Of what is only
    /// asked they are not recorded.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// What a decision is made from.
pub(super) struct Scene<'a> {
    pub(super) ctx: &'a Context,
    pub(super) cards: &'a Cards,
    pub(super) entered: &'a Entered,
    pub(super) subscription: &'a Subscription,
    /// The quote that it came from, as far as it is kept.
    pub(super) quote: Option<&'a Quote>,
    pub(super) by: &'a Actor,
    pub(super) today: CivilDate,
}

/// What was decided.
pub(super) struct Decided {
    pub(super) next: Subscription,
    /// The day on which it takes effect.
    pub(super) on: CivilDate,
    /// The last day on which something of it does.
    pub(super) until: CivilDate,
    /// Why, as the caller wrote it down.
    pub(super) reason: String,
}

impl Scene<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.entered.now
    }

    /// The subscription on a day, with all that is planned until then.
    pub(super) fn on(&self, day: CivilDate) -> Subscription {
        if day <= self.today {
            self.subscription.clone()
        } else {
            self.subscription.turned(day, self.now())
        }
    }

    /// The day that a change takes effect on.
    pub(super) fn day(&self, when: When) -> Result<CivilDate, Problem> {
        match when {
            When::Now => Ok(self.today),
            When::NextPeriod => next_period(self.subscription, self.today),
            When::On(day) => {
                let latest = DayPeriod::nth(self.today, MOST_MONTHS_AHEAD, 0)?.end();
                if day < self.today {
                    let text = format!("must not be before today, `{}`", self.today);
                    return Err(Problem::invalid("effective.on", text));
                }
                if day > latest {
                    let text = format!("must not be after `{latest}`: plan it later");
                    return Err(Problem::invalid("effective.on", text));
                }
                Ok(day)
            }
        }
    }

    /// Makes a change at once, or plans it for its day; on that day it must be possible as far as is
    /// known now.
    pub(super) fn make(
        &self,
        change: PlannedChange,
        on: CivilDate,
    ) -> Result<Subscription, Problem> {
        let made = self.on(on).changed(&change, on, self.now())?;
        if on == self.today {
            return Ok(made);
        }
        let mut next = self.subscription.clone();
        next.plan(change, on, (self.now(), Some(self.by.clone())));
        Ok(next)
    }

    /// The rate card in force for a subscription on a day; before it begins, the first.
    pub(super) fn card_on(&self, of: &Subscription, day: CivilDate) -> Result<&RateCard, Problem> {
        let phase = of.phase_on(day).or_else(|| of.phases.last());
        let reference = phase.map(|phase| &phase.rate_card);
        reference.map_or_else(
            || Err(Problem::internal("a subscription without phases")),
            |reference| pinned(self.cards, reference),
        )
    }
}

/// A version of prices that something is pinned to.
pub(crate) fn pinned<'a>(
    cards: &'a Cards,
    reference: &RateCardRef,
) -> Result<&'a RateCard, Problem> {
    cards.pinned(reference).ok_or_else(|| {
        let text = format!("the rate card `{reference}` is not loaded, or not with this content");
        Problem::new(Reason::RateCardNotFound, text).with("hash", &reference.hash)
    })
}

/// The first day of the next billing period: of the calendar, or counted from the original anchor.
fn next_period(subscription: &Subscription, today: CivilDate) -> Result<CivilDate, Problem> {
    let month = Month::of(today);
    let anchor = subscription.anchor.filter(|_| subscription.cycle == BillingCycle::Anniversary);
    let Some(anchor) = anchor else { return Ok(month.next()?.first_day()) };
    for month in [month, month.next()?] {
        if let Some((_, period)) = DayPeriod::starting_in(anchor, 1, month)?
            && period.start() > today
        {
            return Ok(period.start());
        }
    }
    Ok(month.next()?.first_day())
}

/// Runs a change from the first look to the commit.
pub(super) async fn run(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    decide: impl FnOnce(&Scene<'_>) -> Result<Decided, Problem> + Send,
) -> Result<Changed, Problem> {
    let asks = wanted.intent == Intent::OnlyAsk;
    let tx = if asks { ctx.store.begin_read().await? } else { ctx.store.begin().await? };
    let permission =
        if asks && wanted.etag.is_none() { Permission::Read } else { Permission::Sell };
    let entered = access::enter(ctx, &tx, call, tenant, permission).await?;
    let id = wanted.subscription_id;
    let read = if asks {
        let found = subscriptions::get(&tx, tenant, id).await?;
        found.ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, id))?
    } else {
        if let Some(first) = call.first_answer(&tx, entered.now).await? {
            return Ok(first);
        }
        lock(&tx, &entered, id).await?
    };
    if let Some(etag) = &wanted.etag {
        check_etag(etag, &read)?;
    }
    let quote = quotes::get(&tx, tenant, read.subscription.quote_id).await?;
    let by = Actor::from(&call.principal);
    let today = entered.now.day_in(&entered.tenant.zone);
    let cards = ctx.cards();
    let scene = Scene {
        ctx,
        cards: &cards,
        entered: &entered,
        subscription: &read.subscription,
        quote: quote.as_ref().map(|stored| &stored.quote),
        by: &by,
        today,
    };
    let Decided { next, on, until, reason } = decide(&scene)?;
    let next = next.by(read.subscription.history.len(), &by);
    let effect = money_effect(
        &tx,
        (&cards, &entered.tenant.zone, entered.now),
        (&read.subscription, &next),
        Span { today, on, until: until.max(on) },
    )
    .await?;
    if asks {
        let would = next.turned(on, entered.now);
        let decisions = judged(ctx, &by, &entered, (&read.subscription, &would, on))?;
        let stored = Stored { subscription: would, version: read.version };
        let view = view_now(ctx, &tx, &entered, stored).await?;
        return Ok(Changed { view, effect, order_ids: Vec::new(), decisions });
    }

    let change = (&read.subscription, next, read.version);
    let (stored, order_ids) = commit(ctx, &tx, &entered, &by, (change, &reason)).await?;
    let view = view_now(ctx, &tx, &entered, stored).await?;
    let decisions = recorded(&tx, tenant, &order_ids).await?;
    let changed = Changed { view, effect, order_ids, decisions };
    call.remember(&tx, &changed).await?;

    tx.commit().await?;
    Ok(changed)
}

/// Stores a changed subscription with all that follows from it: days to come are planned, services
/// ordered and taken away, cover ended or issued anew, and others told.
pub(super) async fn commit(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    by: &Actor,
    ((before, next, version), reason): ((&Subscription, Subscription, i64), &str),
) -> Result<(Stored, Vec<OrderId>), Problem> {
    subscriptions::save(tx, &next, version, entered.now).await?;
    plan_turns(ctx, tx, entered, &next).await?;
    let mut came_back = false;
    for entry in next.history.iter().skip(before.history.len()) {
        came_back |= matches!(entry.event, SubscriptionEvent::Reinstated { .. });
        let payload = json!({ "event": entry.event, "reason": reason });
        let news = News::new(entry.event.topic(), next.id, payload);
        ctx.tell(tx, entered.when(), news).await?;
    }
    if matches!(next.state(), SubscriptionState::Cancelled { .. }) {
        if !matches!(before.state(), SubscriptionState::Cancelled { .. }) {
            ended(ctx, tx, entered, &next).await?;
        }
    } else {
        take_away(ctx, tx, entered, (before, &next)).await?;
        covering::end_given_up(ctx, tx, entered, &next).await?;
        fit(ctx, tx, entered, (before, &next)).await?;
    }
    if came_back {
        covering::cover_again(ctx, tx, entered, &next).await?;
        let today = entered.now.day_in(&entered.tenant.zone);
        billing::first_close(ctx, tx, entered, next.id, today).await?;
    }
    let order_ids = set_up(ctx, tx, entered, by, (before, &next)).await?;
    let stored = lock(tx, entered, next.id).await?;
    Ok((stored, order_ids))
}

/// Lets services that were removed be taken away at their providers.
async fn take_away(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (before, next): (&Subscription, &Subscription),
) -> Result<(), Problem> {
    let was_taken = |item: &SubscribedItem| {
        before.items.iter().any(|of| of.item_id == item.item_id && of.is_taken())
    };
    for item in next.items.iter().filter(|item| was_taken(item)) {
        let Some(on) = item.ends_on else { continue };
        let run_at = Timestamp::start_of(on, &entered.tenant.zone)?.max(entered.now);
        let tenant_id = entered.tenant.id;
        let remove = RemoveItem { tenant_id, item_id: item.item_id, stopped_at: Some(run_at) };
        let job = NewJob {
            id: ctx.ids.next(),
            tenant: Some(tenant_id),
            lane: Lane::Provisioning,
            kind: REMOVE_ITEM,
            key: format!("{REMOVE_ITEM}:{}", item.item_id),
            payload: jobs::payload(&remove)?,
            run_at,
        };
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// Services that were added or came back, and wait to be set up.
fn added(before: &Subscription, next: &Subscription) -> Vec<SubscribedItem> {
    let is_new = |item: &&SubscribedItem| !before.items.iter().any(|of| of.item_id == item.item_id);
    next.items.iter().filter(is_new).filter(|item| item.is_awaited()).cloned().collect()
}

/// What the packs say of the services that a change would add.
fn judged(
    ctx: &Context,
    by: &Actor,
    entered: &Entered,
    (before, would, on): (&Subscription, &Subscription, CivilDate),
) -> Result<Vec<Decision>, Problem> {
    let added = added(before, would);
    let phase = would.phase_on(on).or_else(|| would.phases.last());
    let Some(phase) = phase.filter(|_| !added.is_empty()) else { return Ok(Vec::new()) };
    let cards = ctx.cards();
    judge_added(ctx, by, entered, (pinned(&cards, &phase.rate_card)?, &added))
}

/// The recorded decisions behind orders, in the order of their services.
async fn recorded(
    tx: &Tx,
    tenant: TenantId,
    order_ids: &[OrderId],
) -> Result<Vec<Decision>, Problem> {
    let mut ids = Vec::new();
    for order in order_ids {
        let placed = orders::get(tx, tenant, *order).await?;
        let items = placed.into_iter().flat_map(|placed| placed.items);
        ids.extend(items.filter_map(|stored| stored.item.preflight?.decision_id));
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known = decisions::by_ids(tx, &ids).await?;
    Ok(ids.iter().filter_map(|id| known.get(id)).cloned().collect())
}

/// Orders the set-up of services that were added or came back.
async fn set_up(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    by: &Actor,
    (before, next): (&Subscription, &Subscription),
) -> Result<Vec<OrderId>, Problem> {
    let added = added(before, next);
    if added.is_empty() {
        return Ok(Vec::new());
    }
    let today = entered.now.day_in(&entered.tenant.zone);
    let phase = next.phase_on(today).or_else(|| next.phases.last());
    let Some(phase) = phase else { return Ok(Vec::new()) };
    let cards = ctx.cards();
    let card = pinned(&cards, &phase.rate_card)?;
    Ok(vec![place_added(ctx, tx, by, entered, (next, card, &added)).await?])
}
