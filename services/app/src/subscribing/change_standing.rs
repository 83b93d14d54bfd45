//! Stops a subscription or some of its services for a while, lets them go on, ends it, or brings it
//! back.

use jiff::Span;
use tasuki_core::id::{ItemId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{
    PlannedChange, SubscribedItem, Subscription, SubscriptionCommand, SubscriptionState,
};
use tasuki_core::time::{CivilDate, Month, TimeError};

use super::deciding::{Changed, Decided, Scene, Wanted, When, run};
use crate::call::Call;
use crate::context::Context;

/// How many days after its end a subscription can come back. Later a new quote is made: prices,
/// devices and the company have changed.
const REINSTATED_WITHIN_DAYS: i64 = 30;

/// A suspension.
#[derive(Debug, Clone)]
pub struct Suspension {
    /// Only these services; all if empty.
    pub services: Vec<Service>,
    /// When.
    pub when: When,
    /// Why.
    pub reason: String,
    /// The day on which they go on by themselves.
    pub resume_on: Option<CivilDate>,
}

/// Stops a subscription, or some of its services; the term goes on.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`, `SUBSCRIPTION_STATE`;
/// `REQUEST_INVALID` for days in the wrong order and services that it does not have.
pub async fn suspend_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    suspension: Suspension,
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| suspend(scene, suspension)).await
}

/// Lets a stopped subscription, or some of its services, go on.
///
/// # Errors
/// As [`suspend_subscription`].
pub async fn resume_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    (services, when): (Vec<Service>, When),
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| resume(scene, &services, when)).await
}

/// Ends a subscription, after the notice that its plans ask for. What its minimum term still costs is
/// charged with its last month.
///
/// # Errors
/// As [`suspend_subscription`]; `REQUEST_INVALID` for a day before the notice is over.
pub async fn cancel_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    (when, reason): (When, String),
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| cancel(scene, when, reason)).await
}

/// Brings a subscription back, or takes a cancellation back that has not taken effect.
///
/// # Errors
/// As [`suspend_subscription`]; `SUBSCRIPTION_STATE` when it ended too long ago, or the rest of its
/// minimum term was charged.
pub async fn reinstate_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    when: When,
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| reinstate(scene, when)).await
}

pub(super) fn suspend(scene: &Scene<'_>, suspension: Suspension) -> Result<Decided, Problem> {
    let Suspension { services, when, reason, resume_on } = suspension;
    let on = scene.day(when)?;
    if let Some(day) = resume_on {
        if day <= on {
            let text = format!("must be after `{on}`, the first day without use");
            return Err(Problem::invalid("resume_on", text));
        }
        scene
            .day(When::On(day))
            .map_err(|_| Problem::invalid("resume_on", "must be within the next ten years"))?;
    }
    let items = items_of(&scene.on(on), &services)?;
    let change = PlannedChange::Suspend { items, reason: reason.clone(), resume_on };
    let next = scene.make(change, on)?;
    Ok(Decided { next, on, until: resume_on.unwrap_or(on), reason })
}

pub(super) fn resume(
    scene: &Scene<'_>,
    services: &[Service],
    when: When,
) -> Result<Decided, Problem> {
    let on = scene.day(when)?;
    let items = items_of(&scene.on(on), services)?;
    let next = scene.make(PlannedChange::Resume { items }, on)?;
    Ok(Decided { next, on, until: on, reason: String::new() })
}

pub(super) fn cancel(scene: &Scene<'_>, when: When, reason: String) -> Result<Decided, Problem> {
    let mut on = scene.day(when)?;
    let earliest = earliest_end(scene)?;
    if on < earliest {
        if when != When::NextPeriod {
            let text =
                format!("must not be before `{earliest}`: the plan asks for that much notice");
            return Err(Problem::invalid("effective", text));
        }
        let month = Month::of(earliest);
        on = if month.first_day() == earliest { earliest } else { month.next()?.first_day() };
    }
    let next = if on == scene.today {
        scene.make(PlannedChange::Cancel, on)?
    } else {
        scene.subscription.step(&SubscriptionCommand::ScheduleCancellation { on }, scene.now())?.0
    };
    Ok(Decided { next, on, until: on, reason })
}

/// The first day without use when it is cancelled today: after the longest notice among its plans.
fn earliest_end(scene: &Scene<'_>) -> Result<CivilDate, Problem> {
    let subscription = scene.subscription;
    if subscription.anchor.is_none() {
        return Ok(scene.today);
    }
    let card = scene.card_on(subscription, scene.today)?;
    let notice = subscription
        .items
        .iter()
        .filter(|item| item.is_taken())
        .filter_map(|item| card.plan(item.selected_on(scene.today).plan.as_deref()?))
        .map(|plan| plan.cancellation_notice_days)
        .max()
        .unwrap_or_default();
    let span = Span::new().days(i64::from(notice));
    let day = scene.today.checked_add(span).map_err(|_| TimeError::OutOfRange)?;
    Ok(day)
}

pub(super) fn reinstate(scene: &Scene<'_>, when: When) -> Result<Decided, Problem> {
    let on = scene.day(when)?;
    let subscription = scene.subscription;
    let reason = String::new();
    if let Some(end) = subscription.standing.flags.cancel_on {
        let next = subscription.step(&SubscriptionCommand::WithdrawCancellation, scene.now())?.0;
        return Ok(Decided { next, on: end, until: end, reason });
    }
    if let SubscriptionState::Cancelled { on: ended, .. } = *subscription.state() {
        within_terms(subscription, ended, on)?;
    }
    let ended = subscription.standing.ended_on();
    let items: Vec<_> = subscription
        .items
        .iter()
        .filter(|item| item.ends_on.is_some() && item.ends_on == ended)
        .map(|item| (item.item_id, scene.ctx.ids.next::<ItemId>()))
        .collect();
    let next = scene.make(PlannedChange::Reinstate { items }, on)?;
    Ok(Decided { next, on, until: on, reason })
}

fn within_terms(
    subscription: &Subscription,
    ended: CivilDate,
    on: CivilDate,
) -> Result<(), Problem> {
    let refused = |text: String| {
        Err(Problem::new(Reason::SubscriptionState, text)
            .with("state", subscription.state().as_str())
            .with("command", "reinstate"))
    };
    let last = ended
        .checked_add(Span::new().days(REINSTATED_WITHIN_DAYS))
        .map_err(|_| TimeError::OutOfRange)?;
    if on > last {
        return refused(format!(
            "it ended on `{ended}` and could come back until `{last}`: make a new quote"
        ));
    }
    let owed = subscription.minimum_term_until().is_some_and(|until| ended < until);
    if owed && Month::of(on) != Month::of(ended) {
        return refused("the rest of its minimum term was charged: make a new quote".to_owned());
    }
    Ok(())
}

/// The services that are named, as they are taken; none for all.
fn items_of(of: &Subscription, services: &[Service]) -> Result<Vec<ItemId>, Problem> {
    let mut found = Vec::new();
    for (at, service) in services.iter().enumerate() {
        let taken = |item: &&SubscribedItem| item.is_taken() && item.selected.service == *service;
        let before = found.len();
        found.extend(of.items.iter().filter(taken).map(|item| item.item_id));
        if found.len() == before {
            let text = format!("`{service}` is not part of the subscription on that day");
            return Err(Problem::invalid(format!("services[{at}]"), text));
        }
    }
    Ok(found)
}
