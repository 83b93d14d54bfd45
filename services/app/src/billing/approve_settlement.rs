//! Approves a settlement, records that it was paid, and closes it.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::id::SettlementId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::settlement::{Remittance, SettlementCommand};
use tasuki_core::time::Timestamp;
use tasuki_store::settlements;

use super::SettlementView;
use super::settle_month::{must_be_visible, tell};
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::etag;

/// Which settlement, in which version.
#[derive(Debug, Clone)]
pub struct SettlementChange {
    /// The settlement.
    pub settlement_id: SettlementId,
    /// The version that the caller has read.
    pub etag: String,
}

/// That the money went out or came in.
#[derive(Debug, Clone)]
pub struct RemittanceRecord {
    /// When.
    pub remitted_at: Timestamp,
    /// Reference of the bank.
    pub reference: String,
}

/// Approves a settlement. Not by who asked for it.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `SETTLEMENT_NOT_FOUND`, `ETAG_MISMATCH`, `SETTLEMENT_STATE`;
/// `SECOND_PERSON_NEEDED` when its maker approves it.
pub async fn approve_settlement(
    ctx: &Context,
    call: &Call,
    change: &SettlementChange,
) -> Result<SettlementView, Problem> {
    let by = Actor::from(&call.principal);
    step(ctx, call, change, SettlementCommand::Approve { by }).await
}

/// Records that a settlement was paid.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `SETTLEMENT_NOT_FOUND`, `ETAG_MISMATCH`, `SETTLEMENT_STATE`.
pub async fn record_remittance(
    ctx: &Context,
    call: &Call,
    change: &SettlementChange,
    record: RemittanceRecord,
) -> Result<SettlementView, Problem> {
    let RemittanceRecord { remitted_at, reference } = record;
    let recorded_by = Actor::from(&call.principal);
    let remittance = Remittance { reference, remitted_at, recorded_by };
    step(ctx, call, change, SettlementCommand::RecordRemittance { remittance }).await
}

/// Closes a settlement that the counterpart has confirmed.
///
/// # Errors
/// As [`record_remittance`].
pub async fn close_settlement(
    ctx: &Context,
    call: &Call,
    change: &SettlementChange,
) -> Result<SettlementView, Problem> {
    step(ctx, call, change, SettlementCommand::Close).await
}

async fn step(
    ctx: &Context,
    call: &Call,
    change: &SettlementChange,
    command: SettlementCommand,
) -> Result<SettlementView, Problem> {
    call.require(ctx, Permission::Settle)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    let id = change.settlement_id;
    let missing = || Problem::not_found(Reason::SettlementNotFound, id);
    let read = settlements::lock(&tx, id).await?.ok_or_else(missing)?;
    must_be_visible(call, &read.settlement.counterpart).map_err(|_| missing())?;
    etag::check(&change.etag, read.version)?;

    let (settlement, event) = read.settlement.step(&command, now)?;
    let version = settlements::save(&tx, &settlement, read.version).await?;
    let payload = json!({ "event": event, "month": settlement.month });
    tell(ctx, &tx, (event.topic(), id), payload, now).await?;
    let view = SettlementView { settlement, version };
    call.remember(&tx, &view).await?;

    tx.commit().await?;
    Ok(view)
}
