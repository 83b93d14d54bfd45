//! Takes a quote back.

use serde_json::json;
use tasuki_core::id::{QuoteId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::quote::QuoteCommand;
use tasuki_store::quotes::{self, Stored};

use super::{QuoteView, lock, view};
use crate::access;
use crate::call::Call;
use crate::context::{Context, News};

/// Which quote, in which version, and why.
#[derive(Debug, Clone)]
pub struct WithdrawQuote {
    /// The quote.
    pub quote_id: QuoteId,
    /// The version that the caller has read.
    pub etag: String,
    /// Why.
    pub because: String,
}

/// Takes a quote back that was not accepted.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `QUOTE_NOT_FOUND`, `ETAG_MISMATCH`, `QUOTE_STATE`.
pub async fn withdraw_quote(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: WithdrawQuote,
) -> Result<QuoteView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if let Some((quote, version)) = call.first_answer(&tx, entered.now).await? {
        return view(&tx, Stored { quote, version }, entered.now).await;
    }

    let read = lock(&tx, &entered, command.quote_id, &command.etag).await?;
    let withdraw = QuoteCommand::Withdraw { because: command.because };
    let (next, event) = read.quote.step(&withdraw, entered.now)?;
    let version = quotes::save(&tx, &next, read.version).await?;
    ctx.tell(&tx, entered.when(), News::new(event.topic(), next.id, json!({}))).await?;
    call.remember(&tx, &(&next, version)).await?;
    let view = view(&tx, Stored { quote: next, version }, entered.now).await?;

    tx.commit().await?;
    Ok(view)
}
