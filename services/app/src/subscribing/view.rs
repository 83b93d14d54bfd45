//! A subscription as callers see it: with its cover, its orders and its prices, for a time and as it
//! was known at a time.

use serde::{Deserialize, Serialize};
use tasuki_core::decision::PackVersion;
use tasuki_core::id::{CertificateId, ItemId, OrderId, ProviderId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{ItemOutcome, ItemState};
use tasuki_core::quote::{AcceptedText, Line, LineKind, Quote, QuoteState};
use tasuki_core::subscription::{Subscription, SubscriptionState};
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_pricing::quote_lines::{Ask, quote_lines};
use tasuki_store::orders::StoredItem;
use tasuki_store::subscriptions::Stored;
use tasuki_store::{Scope, Tx, certificates, orders, quotes};

use crate::access::Entered;
use crate::context::Context;

/// Orders and certificates of one subscription that are looked at: far more than there are.
const MOST_OF_ONE: u64 = 1_000;

/// A subscription as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionView {
    /// The subscription as it was at the time asked for.
    pub subscription: Subscription,
    /// The present version of its record.
    pub version: i64,
    /// The time that the answer holds for.
    pub as_of: Timestamp,
    /// What was known at this time is all that it uses.
    pub known_at: Timestamp,
    /// The tenant's zone.
    pub zone: Zone,
    /// Whether its cover is in force.
    pub is_on_risk: bool,
    /// Whether something waits for a person.
    pub needs_attention: bool,
    /// Its certificates.
    pub certificate_ids: Vec<CertificateId>,
    /// Its orders.
    pub order_ids: Vec<OrderId>,
    /// How its services are set up.
    pub items: Vec<ItemView>,
    /// The policy versions that it was quoted with.
    pub packs: Vec<PackVersion>,
    /// What was read and accepted.
    pub accepted: Vec<AcceptedText>,
}

/// How a service is set up, and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemView {
    /// The service's item.
    pub item_id: ItemId,
    /// The order that sets it up, and who does.
    pub order: Option<(OrderId, ProviderId)>,
    /// When it was first in use.
    pub active_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it was set up and taken out again before it worked.
    pub is_removed: bool,
    /// Why it was not set up, or is gone.
    pub reason: String,
    /// Its prices.
    pub lines: Vec<Line>,
}

impl SubscriptionView {
    /// The day that the answer holds for.
    pub fn day(&self) -> CivilDate {
        self.as_of.day_in(&self.zone)
    }
}

/// The times that a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsOf {
    /// The time it is wanted for; the tenant's present if none.
    pub as_of: Option<Timestamp>,
    /// Only what was known then; everything if none.
    pub known_at: Option<Timestamp>,
}

/// The view of a subscription at the tenant's present.
pub(super) async fn view_now(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    stored: Stored,
) -> Result<SubscriptionView, Problem> {
    let (now, zone) = (entered.now, &entered.tenant.zone);
    view(ctx, tx, (stored, zone), (now, now)).await
}

/// The view at a time, as known at a time. `stored` is the revision that was known, cut to the day.
pub(super) async fn view(
    ctx: &Context,
    tx: &Tx,
    (stored, zone): (Stored, &Zone),
    (as_of, known_at): (Timestamp, Timestamp),
) -> Result<SubscriptionView, Problem> {
    let Stored { subscription, version } = stored;
    let scope = Scope::Tenant(subscription.tenant_id);
    let of = certificates::Filter {
        subscription_id: Some(subscription.id),
        ..certificates::Filter::of(scope)
    };
    let covers = certificates::list(tx, &of, None, MOST_OF_ONE).await?;
    let covers: Vec<_> =
        covers.into_iter().map(|it| it.certificate).filter(|it| it.issued_at <= known_at).collect();
    let of = orders::Filter { scope, subscription: Some(subscription.id) };
    let mut placed = orders::list(tx, &of, None, MOST_OF_ONE).await?;
    placed.retain(|stored| stored.order.ordered_at <= known_at);
    let day = as_of.day_in(zone);
    let items = subscription
        .items
        .iter()
        .map(|item| {
            let found = placed.iter().find_map(|of| Some((of.order.id, of.item(item.item_id)?)));
            let lines = lines_of(ctx, &subscription, (item.item_id, day));
            item_view(item.item_id, found, (lines, known_at))
        })
        .collect();
    let over = matches!(subscription.state(), SubscriptionState::Cancelled { .. });
    let taken = |id: ItemId| subscription.items.iter().any(|it| it.item_id == id);
    let mut set_up = placed.iter().flat_map(|of| &of.items);
    let needs_attention = set_up.any(|of| taken(of.item.id) && waits_for_a_person(of, over));
    let quote = quotes::get(tx, subscription.tenant_id, subscription.quote_id).await?;
    let mut accepted = quote.as_ref().map(|it| accepted_with(&it.quote)).unwrap_or_default();
    accepted.extend(subscription.accepted.iter().cloned());
    Ok(SubscriptionView {
        version,
        as_of,
        known_at,
        zone: zone.clone(),
        is_on_risk: covers.iter().any(|of| of.in_force_as_known(as_of, known_at)),
        needs_attention,
        certificate_ids: covers.iter().map(|of| of.id).collect(),
        order_ids: placed.iter().map(|of| of.order.id).collect(),
        items,
        packs: quote.map(|stored| stored.quote.offer.packs).unwrap_or_default(),
        accepted,
        subscription,
    })
}

fn item_view(
    item_id: ItemId,
    found: Option<(OrderId, &StoredItem)>,
    (lines, known_at): (Vec<Line>, Timestamp),
) -> ItemView {
    let Some((order_id, StoredItem { item, .. })) = found else {
        return ItemView {
            item_id,
            order: None,
            active_at: None,
            ended_at: None,
            is_removed: false,
            reason: String::new(),
            lines,
        };
    };
    let known = |at: Option<Timestamp>| at.filter(|at| *at <= known_at);
    let ended_at = known(item.state.stopped_at().or_else(|| item.state.ended_at()));
    let over = ended_at.is_some() || item.state.cause().is_some();
    ItemView {
        item_id,
        order: Some((order_id, item.provider_id)),
        active_at: known(item.state.service().map(|service| service.active_at)),
        ended_at,
        is_removed: item.outcome() == ItemOutcome::Removed,
        reason: item
            .state
            .cause()
            .filter(|_| over)
            .map(|cause| cause.code.to_string())
            .unwrap_or_default(),
        lines,
    }
}

/// Whether a person has to look: a service is held up or stuck, or was given up although its
/// subscription goes on.
fn waits_for_a_person(of: &StoredItem, over: bool) -> bool {
    let held = matches!(
        of.item.state,
        ItemState::Planned { held_for: Some(_) } | ItemState::CleanupStuck { .. }
    );
    let given_up = match of.item.outcome() {
        ItemOutcome::Refused | ItemOutcome::NeverInstalled | ItemOutcome::Removed => !over,
        ItemOutcome::InProgress | ItemOutcome::Active | ItemOutcome::Ended => false,
    };
    held || given_up
}

/// The prices of a service on a day; none where its card cannot say it, for instance since somebody
/// has to quote it.
fn lines_of(ctx: &Context, of: &Subscription, (item_id, day): (ItemId, CivilDate)) -> Vec<Line> {
    let phase = of.phase_on(day).or_else(|| of.phases.last());
    let cards = ctx.cards();
    let card = phase.and_then(|phase| cards.pinned(&phase.rate_card));
    let item = of.items.iter().find(|item| item.item_id == item_id);
    let (Some(card), Some(item)) = (card, item) else { return Vec::new() };
    let ask = Ask::on(day, vec![item.selected_on(day).clone()]);
    quote_lines(card, &ask)
        .map(|priced| {
            priced.lines.into_iter().filter(|line| line.kind == LineKind::Charged).collect()
        })
        .unwrap_or_default()
}

/// What was read and accepted with a quote.
pub(super) fn accepted_with(quote: &Quote) -> Vec<AcceptedText> {
    match &quote.state {
        QuoteState::Accepted { accepted, .. } => accepted.clone(),
        QuoteState::Issued | QuoteState::Expired { .. } | QuoteState::Withdrawn { .. } => {
            Vec::new()
        }
    }
}
