//! What late payments do to a subscription: it is past due while any of its invoices is.

use serde_json::json;
use tasuki_core::invoice::Invoice;
use tasuki_core::problem::Problem;
use tasuki_core::subscription::SubscriptionCommand;
use tasuki_store::{Scope, Tx, invoices, subscriptions};

use crate::access::Entered;
use crate::context::{Context, News};

/// Lets the subscription of a changed invoice be past due, or no longer, as its invoices are.
///
/// # Errors
/// `LOST_RACE`.
pub(crate) async fn follow(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    invoice: &Invoice,
) -> Result<(), Problem> {
    let tenant = entered.tenant.id;
    let filter = invoices::Filter {
        subscription: Some(invoice.subscription_id),
        states: vec!["past_due"],
        ..invoices::Filter::of(Scope::Tenant(tenant))
    };
    let any_late = !invoices::list(tx, &filter, None, 1).await?.is_empty();
    let Some(read) = subscriptions::lock(tx, tenant, invoice.subscription_id).await? else {
        return Ok(());
    };
    let is_marked = read.subscription.standing.flags.past_due_since.is_some();
    let command = match (any_late, is_marked) {
        (true, false) => {
            SubscriptionCommand::MarkPastDue { since: entered.now.day_in(&entered.tenant.zone) }
        }
        (false, true) => SubscriptionCommand::ClearPastDue,
        (true, true) | (false, false) => return Ok(()),
    };
    let (next, event) = read.subscription.step(&command, entered.now)?;
    subscriptions::save(tx, &next, read.version, entered.now).await?;
    let news =
        News::new(event.topic(), next.id, json!({ "event": event, "invoice_id": invoice.id }));
    Ok(ctx.tell(tx, entered.when(), news).await?)
}

/// Tells others what happened to an invoice.
///
/// # Errors
/// Of the store.
pub(crate) async fn tell(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (invoice, event): (&Invoice, &tasuki_core::invoice::InvoiceEvent),
) -> Result<(), Problem> {
    let payload = json!({ "event": event, "subscription_id": invoice.subscription_id });
    let news = News::new(event.topic(), invoice.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}
