//! Moves subscriptions to another version of their prices, and says before what it would mean.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::{PartnerId, SubscriptionId, TenantId};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{PhaseKind, PlannedChange, Subscription, SubscriptionState};
use tasuki_core::time::CivilDate;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::invoice_lines::charged_alike;
use tasuki_pricing::rate_card::{Price, RateCard};
use tasuki_store::subscriptions::{self, Filter};
use tasuki_store::{Scope, Tx};

use super::deciding::{Scene, When, commit};
use super::fees::fees_of;
use super::lock;
use super::read_subscriptions::everybody;
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::quoting::Intent;

/// Subscriptions read at once: what is held in memory, however many there are.
const AT_ONCE: u64 = 500;

/// Which move is asked about.
#[derive(Debug, Clone)]
pub struct MigrationAsk {
    /// Those on this rate card, `code@version`.
    pub from: String,
    /// The rate card to move to, `code@version`.
    pub to: String,
    /// Only subscriptions of this partner.
    pub partner_id: Option<PartnerId>,
}

/// What a move would mean for one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationRow {
    /// Whose.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Fees of a year before, without tax.
    pub yearly_before: Money,
    /// Fees of a year after; none when the other card does not sell what is taken.
    pub yearly_after: Option<Money>,
    /// The prices that differ, before and after; none where one of them does not exist.
    pub prices: Vec<(String, Option<Money>, Option<Money>)>,
}

/// Some subscriptions of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationPage {
    /// Those that would move.
    pub rows: Vec<MigrationRow>,
    /// How many were looked at.
    pub n_looked_at: i64,
    /// Where to go on; none after the last.
    pub next: Option<SubscriptionId>,
}

/// Subscriptions to be moved.
#[derive(Debug, Clone)]
pub struct Move {
    /// Which.
    pub subscription_ids: Vec<SubscriptionId>,
    /// The rate card to move to, `code@version`.
    pub to: String,
    /// When.
    pub when: When,
    /// Whether those who would pay another amount are refused.
    pub same_bill: bool,
    /// Whether it is done.
    pub intent: Intent,
}

/// What became of one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationResult {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Whether it was moved, or its move was planned.
    pub moved: bool,
    /// The reason why it was not; empty otherwise.
    pub reason: String,
    /// What it pays more in a year; negative when less.
    pub yearly_difference: Money,
}

/// How many subscriptions there are to look at.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn migration_size(
    ctx: &Context,
    call: &Call,
    ask: &MigrationAsk,
) -> Result<i64, Problem> {
    let tx = ctx.store.begin_read().await?;
    let scope = scope(ctx, call, ask)?;
    Ok(subscriptions::count_running(&tx, scope).await?)
}

/// Looks at the next subscriptions of a book. Each page is a transaction of its own: what is held is
/// one page, and a long look keeps nobody waiting.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `RATE_CARD_NOT_FOUND`.
pub async fn migration_page(
    ctx: &Context,
    call: &Call,
    ask: &MigrationAsk,
    after: Option<SubscriptionId>,
) -> Result<MigrationPage, Problem> {
    let cards = ctx.cards();
    let (from, to) = (version(&cards, &ask.from)?, version(&cards, &ask.to)?);
    let tx = ctx.store.begin_read().await?;
    let states = vec!["pending", "trialing", "active", "suspended"];
    let filter = Filter { scope: scope(ctx, call, ask)?, states };
    let read = subscriptions::list(&tx, &filter, after, AT_ONCE).await?;
    let n_looked_at = i64::try_from(read.len()).unwrap_or(i64::MAX);
    let next = read.last().map(|stored| stored.subscription.id);
    // Of the days of the tenants' clocks only the ends of discounts would depend.
    let today = ctx.clock.now().day_in(&tasuki_core::time::Zone::named("UTC")?);
    let mut rows = Vec::new();
    for stored in read {
        let subscription = stored.subscription;
        let on_it = subscription.phases.last().is_some_and(|last| last.rate_card == from.reference);
        if on_it {
            rows.push(row(&subscription, (from, to), today)?);
        }
    }
    Ok(MigrationPage { rows, n_looked_at, next })
}

fn scope(ctx: &Context, call: &Call, ask: &MigrationAsk) -> Result<Scope, Problem> {
    let seen = everybody(ctx, call)?;
    match (seen, ask.partner_id) {
        (Scope::All, Some(partner)) => Ok(Scope::Partner(partner)),
        (Scope::Partner(own), Some(partner)) if own != partner => {
            Err(Problem::not_found(Reason::PartnerNotFound, partner))
        }
        (scope, _) => Ok(scope),
    }
}

fn version<'a>(cards: &'a Cards, name: &str) -> Result<&'a RateCard, Problem> {
    let found = name.split_once('@').and_then(|(code, version)| cards.version(code, version));
    found.ok_or_else(|| {
        Problem::new(Reason::RateCardNotFound, format!("there is no rate card `{name}`"))
    })
}

fn row(
    subscription: &Subscription,
    (from, to): (&RateCard, &RateCard),
    day: CivilDate,
) -> Result<MigrationRow, Problem> {
    let taken = taken_last(subscription);
    let given = subscription.discounts_given();
    let discounts = (given.as_slice(), day);
    let before = fees_of(from, taken.clone(), discounts)?.of_a_year()?;
    let after = match fees_of(to, taken, discounts) {
        Ok(fees) => Some(fees.of_a_year()?),
        Err(problem) if problem.reason() == Reason::Internal => return Err(problem),
        Err(_) => None,
    };
    let prices = if after == Some(before) && same_bill(subscription, (from, to)) {
        Vec::new()
    } else {
        different(subscription, (from, to), day)
    };
    Ok(MigrationRow {
        tenant_id: subscription.tenant_id,
        subscription_id: subscription.id,
        yearly_before: before,
        yearly_after: after,
        prices,
    })
}

/// What was chosen last of each service that is taken, whether or not it stands still.
fn taken_last(of: &Subscription) -> Vec<SelectedItem> {
    let taken = of.items.iter().filter(|item| item.is_taken());
    taken.map(|item| item.latest().clone()).collect()
}

/// The prices that a bundle can be charged by with a card: those of its plans and their options.
fn prices_of<'a>(card: &'a RateCard, of: &Subscription) -> Vec<&'a Price> {
    let taken = taken_last(of);
    let plans: Vec<_> = taken.iter().filter_map(|item| item.plan.as_deref()).collect();
    card.prices.iter().filter(|price| plans.iter().any(|plan| price.is_for(plan))).collect()
}

/// Whether every invoice is the same by either card, whatever is used and whatever happens: each price
/// that can be charged is charged alike, and the months are the same.
fn same_bill(of: &Subscription, (from, to): (&RateCard, &RateCard)) -> bool {
    let (old, new) = (prices_of(from, of), prices_of(to, of));
    let limits = |card: &RateCard| -> Vec<_> {
        let plans = taken_last(of).into_iter().filter_map(|item| item.plan);
        plans.map(|plan| card.plan(&plan).map(|plan| plan.quantities.clone())).collect()
    };
    from.cycle == to.cycle
        && limits(from) == limits(to)
        && old.len() == new.len()
        && old.iter().all(|price| {
            let other = to.price(&price.price);
            other.is_some_and(|other| {
                price.is_contingent() == other.is_contingent()
                    && charged_alike((from, price), (to, other))
            })
        })
}

fn different(
    of: &Subscription,
    (from, to): (&RateCard, &RateCard),
    day: CivilDate,
) -> Vec<(String, Option<Money>, Option<Money>)> {
    let amounts = |card: &RateCard| {
        let ask = tasuki_pricing::quote_lines::Ask::on(day, taken_last(of));
        let priced = tasuki_pricing::quote_lines::quote_lines(card, &ask);
        let lines = priced.map(|priced| priced.lines).unwrap_or_default();
        let charged =
            lines.into_iter().filter(|line| line.kind == tasuki_core::quote::LineKind::Charged);
        charged.map(|line| (line.code, line.amount)).collect::<Vec<_>>()
    };
    let (old, mut new) = (amounts(from), amounts(to));
    let mut rows = Vec::new();
    for (code, before) in old {
        let at = new.iter().position(|(other, _)| *other == code);
        let after = at.and_then(|at| new.remove(at).1);
        if before != after {
            rows.push((code, before, after));
        }
    }
    rows.extend(new.into_iter().map(|(code, after)| (code, None, after)));
    rows
}

/// Moves subscriptions, or plans their move: each for itself, all in one transaction.
///
/// # Errors
/// `RATE_CARD_NOT_FOUND`; what is the matter with one subscription stands in its result.
pub async fn migrate_subscriptions(
    ctx: &Context,
    call: &Call,
    command: &Move,
) -> Result<Vec<MigrationResult>, Problem> {
    let cards = ctx.cards();
    let to = version(&cards, &command.to)?;
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let mut results = Vec::with_capacity(command.subscription_ids.len());
    // In one order, so that two moves of the same subscriptions do not wait for each other.
    let mut ordered: Vec<_> = command.subscription_ids.iter().enumerate().collect();
    ordered.sort_by_key(|(_, id)| **id);
    for (at, id) in ordered {
        results.push((at, migrated(ctx, &tx, call, (*id, to), command).await?));
    }
    results.sort_by_key(|(at, _)| *at);
    let results: Vec<_> = results.into_iter().map(|(_, result)| result).collect();
    if command.intent == Intent::Do {
        call.remember(&tx, &results).await?;
        tx.commit().await?;
    }
    Ok(results)
}

/// Moves one; what the caller can do something about is its result and no error.
async fn migrated(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (id, to): (SubscriptionId, &RateCard),
    command: &Move,
) -> Result<MigrationResult, Problem> {
    let result = |moved, reason: &str, yearly_difference| MigrationResult {
        subscription_id: id,
        moved,
        reason: reason.to_owned(),
        yearly_difference,
    };
    match move_one(ctx, tx, call, (id, to), command).await {
        Ok(difference) => Ok(result(true, "", difference)),
        Err((problem, difference)) => match problem.kind() {
            tasuki_core::reason::Kind::Internal
            | tasuki_core::reason::Kind::Unavailable
            | tasuki_core::reason::Kind::DeadlineExceeded
            | tasuki_core::reason::Kind::Conflict => Err(problem),
            tasuki_core::reason::Kind::Invalid
            | tasuki_core::reason::Kind::NotFound
            | tasuki_core::reason::Kind::AlreadyExists
            | tasuki_core::reason::Kind::NotAllowedNow
            | tasuki_core::reason::Kind::Unauthenticated
            | tasuki_core::reason::Kind::Forbidden
            | tasuki_core::reason::Kind::Exhausted
            | tasuki_core::reason::Kind::Unimplemented => {
                Ok(result(false, problem.reason().code(), difference))
            }
        },
    }
}

async fn move_one(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (id, to): (SubscriptionId, &RateCard),
    command: &Move,
) -> Result<Money, (Problem, Money)> {
    let plain = |problem: Problem| (problem, Money::ZERO_JPY);
    let owner = subscriptions::tenant_of(tx, id).await.map_err(|error| plain(error.into()))?;
    let tenant =
        owner.ok_or_else(|| plain(Problem::not_found(Reason::SubscriptionNotFound, id)))?;
    let entered =
        access::enter(ctx, tx, call, tenant, Permission::Sell).await.map_err(|problem| {
            // Who may not see it does not learn that it is there.
            let hidden = problem.reason() == Reason::TenantNotFound;
            let missing = Problem::not_found(Reason::SubscriptionNotFound, id);
            plain(if hidden { missing } else { problem })
        })?;
    let read = lock(tx, &entered, id).await.map_err(plain)?;
    let by = Actor::from(&call.principal);
    let cards = ctx.cards();
    let scene = Scene {
        ctx,
        cards: &cards,
        entered: &entered,
        subscription: &read.subscription,
        quote: None,
        by: &by,
        today: entered.now.day_in(&entered.tenant.zone),
    };
    let (next, difference) = moved(&scene, to, command)?;
    if let Some(next) = next {
        let change = (&read.subscription, next, read.version);
        commit(ctx, tx, &entered, &by, (change, "migration"))
            .await
            .map_err(|problem| (problem, difference))?;
    }
    Ok(difference)
}

/// The subscription with its move, made or planned; none when it is there already.
fn moved(
    scene: &Scene<'_>,
    to: &RateCard,
    command: &Move,
) -> Result<(Option<Subscription>, Money), (Problem, Money)> {
    let plain = |problem: Problem| (problem, Money::ZERO_JPY);
    let on = scene.day(command.when).map_err(plain)?;
    let base = scene.on(on);
    if matches!(base.state(), SubscriptionState::Cancelled { .. }) {
        let refused = base
            .clone()
            .step(&tasuki_core::subscription::SubscriptionCommand::Suspend { on }, scene.now());
        let problem = refused.err().map_or_else(|| Problem::internal("it ended"), Problem::from);
        return Err(plain(problem));
    }
    let paid = base.phases.iter().rfind(|phase| phase.kind == PhaseKind::Paid);
    let from = match paid {
        Some(phase) => super::deciding::pinned(scene.cards, &phase.rate_card).map_err(plain)?,
        None => scene.card_on(&base, on).map_err(plain)?,
    };
    if from.reference == to.reference {
        return Ok((None, Money::ZERO_JPY));
    }
    let taken = taken_last(&base);
    super::covering::adds_no_cover((from, &taken), (to, &taken)).map_err(plain)?;
    let given = base.discounts_given();
    let discounts = (given.as_slice(), on);
    let fees = |card: &RateCard| {
        fees_of(card, taken.clone(), discounts).and_then(super::fees::Fees::of_a_year)
    };
    let difference = fees(to).and_then(|after| Ok(after.minus(fees(from)?)?)).map_err(plain)?;
    if command.same_bill && !(difference.is_zero() && same_bill(&base, (from, to))) {
        let text = format!("by `{}` the invoices would not be the same", to.reference);
        return Err((Problem::new(Reason::BillWouldChange, text), difference));
    }
    let change = PlannedChange::Change {
        set: Vec::new(),
        remove: Vec::new(),
        rate_card: Some(to.reference.clone()),
        accepted: Vec::new(),
    };
    let next = scene.make(change, on).map_err(|problem| (problem, difference))?;
    Ok((Some(next), difference))
}
