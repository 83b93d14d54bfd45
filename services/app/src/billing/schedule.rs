//! When months are closed, and when invoices are late.

use serde::{Deserialize, Serialize};
use tasuki_core::id::{InvoiceId, SubscriptionId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::time::{CivilDate, Month, TimeError, Timestamp};
use tasuki_store::Tx;
use tasuki_store::jobs::{self, Lane, NewJob};

use crate::access::Entered;
use crate::context::Context;

/// The kind of job that runs [`close_due_month`](super::close_due_month).
pub const CLOSE_MONTH: &str = "close_month";

/// The kind of job that runs [`mark_past_due`](super::mark_past_due).
pub const MARK_PAST_DUE: &str = "mark_past_due";

/// Which month of which subscription is due to be closed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MonthDue {
    /// Whose.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The month.
    pub month: Month,
}

/// Which invoice is late if it was not paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentDue {
    /// Whose.
    pub tenant_id: TenantId,
    /// The invoice.
    pub invoice_id: InvoiceId,
}

/// Plans the first month end of a subscription that became active on a day: the start of the next
/// month in the tenant's zone. Each close plans the next. Repeating it changes nothing.
///
/// # Errors
/// Of the store.
pub async fn first_close(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: SubscriptionId,
    active_on: CivilDate,
) -> Result<(), Problem> {
    plan_close(ctx, tx, entered, subscription, Month::of(active_on)).await
}

/// Plans the close of a month: at its end, once.
pub(crate) async fn plan_close(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: SubscriptionId,
    month: Month,
) -> Result<(), Problem> {
    let due = MonthDue { tenant_id: entered.tenant.id, subscription_id: subscription, month };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Billing,
        kind: CLOSE_MONTH,
        key: format!("{CLOSE_MONTH}:{subscription}:{month}"),
        payload: jobs::payload(&due)?,
        run_at: Timestamp::start_of(month.next()?.first_day(), &entered.tenant.zone)?,
    };
    jobs::enqueue(tx, &job).await?;
    Ok(())
}

/// Plans to look, on the day after it is to be paid by, whether an invoice was paid.
pub(crate) async fn plan_past_due(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    invoice: InvoiceId,
    due_on: CivilDate,
) -> Result<(), Problem> {
    let due = PaymentDue { tenant_id: entered.tenant.id, invoice_id: invoice };
    let day = due_on.tomorrow().map_err(|_| TimeError::OutOfRange)?;
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Billing,
        kind: MARK_PAST_DUE,
        key: format!("{MARK_PAST_DUE}:{invoice}"),
        payload: jobs::payload(&due)?,
        run_at: Timestamp::start_of(day, &entered.tenant.zone)?,
    };
    jobs::enqueue(tx, &job).await?;
    Ok(())
}
