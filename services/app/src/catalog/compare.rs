//! What another rate card would change, in prices and in yen for the subscriptions on the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use tasuki_core::catalog::{RateCardRef, SelectedItem};
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::subscription::{Subscription, SubscriptionState};
use tasuki_pricing::rate_card::RateCard;
use tasuki_pricing::yearly_fees::YearlyFees;
use tasuki_store::{Scope, subscriptions};

use super::views::{get_rate_card, today};
use crate::call::Call;
use crate::context::Context;

/// Subscriptions read at once: what the memory of a preview is bounded by.
const AT_ONCE: u64 = 500;

/// Subscriptions that are named, those with the largest differences.
const NAMED: usize = 20;

/// Two cards, and what moving from the first to the second would mean.
#[derive(Debug, Clone)]
pub struct CardComparison {
    /// The first card.
    pub base: Arc<RateCard>,
    /// The second card.
    pub other: Arc<RateCard>,
    /// What it would mean for subscriptions, if that was asked.
    pub moves: Option<Moves>,
}

/// What the subscriptions on the first card would come to on the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves {
    /// Subscriptions on the first card.
    pub n_subscriptions: u64,
    /// Those of them whose yearly fees would change.
    pub n_changed: u64,
    /// Those of them that the second card does not sell, or not without a quote.
    pub n_not_sold: u64,
    /// What those that it sells would pay more per year without tax; negative when less.
    pub yearly_difference: Money,
    /// Those with the largest differences, and some of those that it does not sell.
    pub named: Vec<MovedSubscription>,
}

/// What a subscription would come to, per year without tax, before anything is taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedSubscription {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// On the first card.
    pub before: Money,
    /// On the second card, or why it is not sold there.
    pub after: Result<Money, String>,
}

/// Compares two cards by name; drafts can be compared by those who may put them in force.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `RATE_CARD_NOT_FOUND`.
pub async fn compare_rate_cards(
    ctx: &Context,
    call: &Call,
    (base, other): (&str, &str),
    with_subscriptions: WithSubscriptions,
) -> Result<CardComparison, Problem> {
    let day = today(ctx)?;
    let base = get_rate_card(ctx, call, base, day).await?.card;
    let other = get_rate_card(ctx, call, other, day).await?.card;
    let moves = match with_subscriptions {
        WithSubscriptions::No => None,
        WithSubscriptions::Yes => {
            call.require(ctx, Permission::ManageScheme)?;
            Some(moves_between(ctx, &base, &other).await?)
        }
    };
    Ok(CardComparison { base, other, moves })
}

/// Whether the subscriptions on the first card are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithSubscriptions {
    /// They are.
    Yes,
    /// Only the cards are compared.
    No,
}

/// Reprices every subscription on the first card by the second, page by page: none of them is kept but
/// those that are named. Whoever calls it has made sure that all tenants may be looked at.
///
/// # Errors
/// Of the store; `INTERNAL` when a subscription cannot be priced by its own card.
pub async fn moves_between(
    ctx: &Context,
    base: &RateCard,
    other: &RateCard,
) -> Result<Moves, Problem> {
    let mut tally = Tally {
        before: YearlyFees::of(base),
        after: YearlyFees::of(other),
        moves: Moves {
            n_subscriptions: 0,
            n_changed: 0,
            n_not_sold: 0,
            yearly_difference: Money::ZERO_JPY,
            named: Vec::new(),
        },
        largest: BTreeMap::new(),
    };
    let filter = subscriptions::Filter { scope: Scope::All, states: Vec::new() };
    let mut after: Option<SubscriptionId> = None;
    loop {
        let tx = ctx.store.begin_read().await?;
        let page = subscriptions::list(&tx, &filter, after, AT_ONCE).await?;
        drop(tx);
        let Some(last) = page.last() else { break };
        after = Some(last.subscription.id);
        for stored in &page {
            if is_on(&stored.subscription, &base.reference) {
                tally.add(&stored.subscription)?;
            }
        }
    }
    let mut moves = tally.moves;
    moves.named.extend(tally.largest.into_values().rev());
    Ok(moves)
}

/// Whether a subscription that is not over has its newest prices from a card.
fn is_on(subscription: &Subscription, card: &RateCardRef) -> bool {
    let is_over = matches!(subscription.state(), SubscriptionState::Cancelled { .. });
    !is_over && subscription.phases.last().is_some_and(|phase| phase.rate_card == *card)
}

struct Tally<'a> {
    before: YearlyFees<'a>,
    after: YearlyFees<'a>,
    moves: Moves,
    /// By the size of the difference, then by id.
    largest: BTreeMap<(u64, SubscriptionId), MovedSubscription>,
}

impl Tally<'_> {
    fn add(&mut self, subscription: &Subscription) -> Result<(), Problem> {
        let items = subscription.items.iter().filter(|item| item.ends_on.is_none());
        let selection: Vec<&SelectedItem> = items.map(|item| &item.selected).collect();
        self.moves.n_subscriptions += 1;
        let before = self.before.net(selection.iter().copied());
        let before = before.map_err(|error| {
            let id = subscription.id;
            Problem::internal(format!("`{id}` cannot be priced by its own rate card: {error}"))
        })?;
        let after = self.after.net(selection.iter().copied()).map_err(|error| error.to_string());
        let moved = MovedSubscription {
            subscription_id: subscription.id,
            tenant_id: subscription.tenant_id,
            before,
            after,
        };
        match &moved.after {
            Err(_) => {
                self.moves.n_not_sold += 1;
                if self.moves.named.len() < NAMED {
                    self.moves.named.push(moved);
                }
            }
            Ok(after) => {
                let difference = after.minus(before)?;
                self.moves.yearly_difference = self.moves.yearly_difference.plus(difference)?;
                if !difference.is_zero() {
                    self.moves.n_changed += 1;
                    let size = difference.amount().unsigned_abs();
                    self.largest.insert((size, subscription.id), moved);
                    if self.largest.len() > NAMED {
                        self.largest.pop_first();
                    }
                }
            }
        }
        Ok(())
    }
}
