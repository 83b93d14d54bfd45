//! Recorded decisions: reads them, and proves them by evaluating them again.

use tasuki_core::decision::Decision;
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_policies::{Explanation, FactSet};
use tasuki_store::{Tx, decisions};

use crate::access;
use crate::call::Call;
use crate::context::Context;

/// A recorded decision about a tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `DECISION_NOT_FOUND`.
pub async fn get_decision(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: DecisionId,
) -> Result<Decision, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    load(&tx, tenant, id).await
}

/// The decisions about one subject of a tenant, the oldest first.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn list_decisions(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    subject: &str,
) -> Result<Vec<Decision>, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    Ok(decisions::of_subject(&tx, tenant, subject).await?)
}

/// What came of evaluating a decision again.
#[derive(Debug, Clone)]
pub struct Replay {
    /// As it was recorded.
    pub recorded: Decision,
    /// As it came out now; none when it could not be evaluated.
    pub replayed: Option<Explanation>,
    /// Why it is not identical; none when it is, byte for byte.
    pub problem: Option<String>,
}

/// Evaluates a recorded decision again, with its own version of the pack and its own facts.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `DECISION_NOT_FOUND`.
pub async fn replay_decision(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: DecisionId,
) -> Result<Replay, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let recorded = load(&tx, tenant, id).await?;
    drop(tx);

    let (replayed, problem) = match evaluate_again(ctx, &recorded) {
        Ok(replayed) => {
            let again = Decision { explanation: replayed.clone(), ..recorded.clone() };
            let differs = again.replayable() != recorded.replayable();
            let problem = differs.then(|| "the explanation differs from the record".to_owned());
            (Some(replayed), problem)
        }
        Err(problem) => (None, Some(problem)),
    };
    Ok(Replay { recorded, replayed, problem })
}

fn evaluate_again(ctx: &Context, recorded: &Decision) -> Result<Explanation, String> {
    if !recorded.is_intact() {
        return Err("the recorded facts do not have the recorded hash".to_owned());
    }
    let hash = &recorded.pack.hash;
    let pack = ctx
        .library
        .packs
        .by_hash(hash)
        .ok_or_else(|| format!("no pack with the hash `{hash}` is loaded"))?;
    let facts = FactSet::from_json(&recorded.facts)
        .map_err(|error| format!("the recorded facts do not fit the schema: {error}"))?;
    Ok(pack.evaluate(&facts).explanation())
}

async fn load(tx: &Tx, tenant: TenantId, id: DecisionId) -> Result<Decision, Problem> {
    decisions::get(tx, id)
        .await?
        .filter(|decision| decision.tenant_id == Some(tenant))
        .ok_or_else(|| Problem::not_found(Reason::DecisionNotFound, id))
}
