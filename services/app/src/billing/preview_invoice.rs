//! Says what the invoice of a month would be, as far as it is known now.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::invoice::{InvoiceContent, Payer};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::Subscription;
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
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`; `REQUEST_INVALID` for a payer that it does not have.
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
    known_payer(&stored.subscription, &preview.payer_code)?;
    let charged = charges::charged(ctx, &tx, &entered, &stored.subscription, preview.month).await?;
    let contents = charged.map(|charged| charged.contents).unwrap_or_default();
    Ok(contents.into_iter().find(|content| content.payer.code == preview.payer_code))
}

fn known_payer(subscription: &Subscription, code: &str) -> Result<(), Problem> {
    let sponsors = subscription.payers.iter().map(|payer| payer.code.as_str());
    let known: Vec<&str> = std::iter::once(Payer::CUSTOMER).chain(sponsors).collect();
    if known.contains(&code) {
        return Ok(());
    }
    let known = known.join("`, `");
    let text = format!("`{code}` does not pay for this subscription; those who do are `{known}`");
    Err(Problem::invalid("payer_code", text))
}
