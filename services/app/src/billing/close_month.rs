//! Closes a month: one invoice for each subscription and payer, however often it is asked for.

use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Month;
use tasuki_store::jobs::{self, Claimed};
use tasuki_store::{Scope, subscriptions};

use super::schedule::MonthDue;
use super::{Effect, InvoiceView, closing};
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// Closes a month of every subscription of a tenant; gives the invoices, those that were made before
/// included. Without effect, nothing is stored and the invoices are as they would be.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`; `MONTH_NOT_OVER` by the tenant's clock.
pub async fn close_month(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    month: Month,
    effect: Effect,
) -> Result<Vec<InvoiceView>, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Bill).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    closing::must_be_over(&entered, month)?;

    let mut made = Vec::new();
    for subscription in closing::subscriptions_of(&tx, Scope::Tenant(tenant)).await? {
        made.extend(closing::close(ctx, &tx, &entered, &subscription, month).await?);
    }
    if effect == Effect::Store {
        call.remember(&tx, &made).await?;
        tx.commit().await?;
    }
    Ok(made)
}

/// Closes the month of a subscription that a job says is due.
///
/// # Errors
/// `SUBSCRIPTION_NOT_FOUND`, `LOST_RACE`.
pub async fn close_due_month(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: MonthDue = job.payload()?;
    let call = Call::system();
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, &call, due.tenant_id, Permission::Bill).await?;
    let stored = subscriptions::get(&tx, due.tenant_id, due.subscription_id).await?;
    let stored = stored
        .ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, due.subscription_id))?;

    closing::close(ctx, &tx, &entered, &stored.subscription, due.month).await?;
    jobs::complete(&tx, job, entered.now).await?;

    tx.commit().await?;
    Ok(())
}
