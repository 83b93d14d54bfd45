//! Stops a subscription for a while, lets it go on, or ends it.

use serde_json::json;
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::subscription::{Because, Subscription, SubscriptionCommand, SubscriptionEvent};
use tasuki_core::time::CivilDate;
use tasuki_store::subscriptions::{self, Stored};

use super::turn::{ended, plan_turns};
use super::{check_etag, lock};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::{Context, News};

/// Which subscription, in which version, and what for.
#[derive(Debug, Clone)]
pub struct StandingChange {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The version that the caller has read.
    pub etag: String,
    /// Why, as the caller wrote it down.
    pub reason: String,
}

/// When a cancellation takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Today.
    Now,
    /// On the first day of the next billing month.
    NextPeriod,
    /// On this day, today at the earliest.
    On(CivilDate),
}

/// Stops a subscription from today on; its term goes on.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`, `SUBSCRIPTION_STATE`.
pub async fn suspend_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    change: &StandingChange,
) -> Result<Stored, Problem> {
    step(ctx, call, tenant, change, |today, _| Ok(SubscriptionCommand::Suspend { on: today })).await
}

/// Lets a stopped subscription go on from today.
///
/// # Errors
/// As [`suspend_subscription`].
pub async fn resume_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    change: &StandingChange,
) -> Result<Stored, Problem> {
    step(ctx, call, tenant, change, |today, _| Ok(SubscriptionCommand::Resume { on: today })).await
}

/// Ends a subscription today or on a day to come.
///
/// # Errors
/// As [`suspend_subscription`]; `REQUEST_INVALID` for a day that has passed.
pub async fn cancel_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    change: &StandingChange,
    at: CancelAt,
) -> Result<Stored, Problem> {
    step(ctx, call, tenant, change, |today, _| {
        let on = match at {
            CancelAt::Now => today,
            CancelAt::NextPeriod => tasuki_core::time::Month::of(today).next()?.first_day(),
            CancelAt::On(day) if day < today => {
                let text = format!("must not be before today, `{today}`");
                return Err(Problem::invalid("effective.on", text));
            }
            CancelAt::On(day) => day,
        };
        Ok(if on == today {
            SubscriptionCommand::Cancel { on, because: Because::CustomerWish }
        } else {
            SubscriptionCommand::ScheduleCancellation { on }
        })
    })
    .await
}

async fn step(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    change: &StandingChange,
    command: impl FnOnce(CivilDate, &Subscription) -> Result<SubscriptionCommand, Problem>,
) -> Result<Stored, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if let Some((subscription, version)) = call.first_answer(&tx, entered.now).await? {
        return Ok(Stored { subscription, version });
    }

    let read = lock(&tx, &entered, change.subscription_id).await?;
    check_etag(&change.etag, &read)?;
    let command = command(today(&entered), &read.subscription)?;
    let (next, event) = read.subscription.step(&command, entered.now)?;
    let version = subscriptions::save(&tx, &next, read.version).await?;
    plan_turns(ctx, &tx, &entered, &next).await?;
    if let SubscriptionEvent::Cancelled { .. } = &event {
        ended(ctx, &tx, &entered, &next).await?;
    }
    let payload = json!({ "event": event, "reason": change.reason });
    let news = News::new(event.topic(), next.id, payload);
    ctx.tell(&tx, entered.when(), news).await?;
    call.remember(&tx, &(&next, version)).await?;

    tx.commit().await?;
    Ok(Stored { subscription: next, version })
}

fn today(entered: &Entered) -> CivilDate {
    entered.now.day_in(&entered.tenant.zone)
}
