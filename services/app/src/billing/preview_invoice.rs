//! Says what the invoice of a month would be, as far as it is known now.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::invoice::{InvoiceContent, Payer};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Month;
use tasuki_store::subscriptions;

use super::charges;
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// Which invoice is looked at.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Whose.
    pub tenant_id: TenantId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The month; it need not be over.
    pub month: Month,
    /// `customer`, or the code of a sponsor.
    pub payer_code: String,
}

/// The content of the invoice; none when nothing would be charged to that payer.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`.
pub async fn preview_invoice(
    ctx: &Context,
    call: &Call,
    preview: &Preview,
) -> Result<Option<InvoiceContent>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, preview.tenant_id, Permission::Read).await?;
    let stored = subscriptions::get(&tx, preview.tenant_id, preview.subscription_id).await?;
    let stored = stored
        .ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, preview.subscription_id))?;
    if preview.payer_code != Payer::CUSTOMER {
        return Ok(None);
    }
    let charged = charges::charged(ctx, &tx, &entered, &stored.subscription, preview.month).await?;
    Ok(charged.map(|charged| charged.content))
}
