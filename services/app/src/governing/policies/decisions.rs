//! Recorded decisions: reads them, and proves them by evaluating them again.

use tasuki_core::decision::{Decision, Linked, Outcome, PackKind};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_policies::{Explanation, FactSet, Pack, Remedies};
use tasuki_store::decisions::DecisionFilter;
use tasuki_store::{Tx, decisions, policies};

use super::packs::compiled;
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;
use crate::monitoring::token::{Parts, token};
use crate::paging::{Page, PageRequest};

/// Which decisions a list shows. What is left out does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionList {
    /// Of this tenant; of all that the caller may see if left out.
    pub tenant_id: Option<TenantId>,
    /// By packs of this kind.
    pub kind: Option<PackKind>,
    /// By packs of this name.
    pub pack: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// With one of these outcomes.
    pub outcomes: Vec<Outcome>,
    /// Decided from this time on.
    pub from: Option<Timestamp>,
    /// Decided before this time.
    pub until: Option<Timestamp>,
}

/// A recorded decision about a tenant, and its place in the tenant's chain.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `DECISION_NOT_FOUND`.
pub async fn get_decision(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: DecisionId,
) -> Result<Linked, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    load(&tx, tenant, id).await
}

/// Decisions, the newest first.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_decisions(
    ctx: &Context,
    call: &Call,
    wanted: &DecisionList,
    request: &PageRequest,
) -> Result<Page<Linked>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = DecisionFilter {
        scope: scope::of_list(ctx, &tx, call, wanted.tenant_id).await?,
        kind: wanted.kind,
        pack: wanted.pack.clone(),
        subject: wanted.subject.clone(),
        outcomes: wanted.outcomes.clone(),
        from: wanted.from,
        until: wanted.until,
    };
    let after = request.after.as_deref().map(place).transpose()?;
    let rows = decisions::list(&tx, &filter, after, request.to_read()).await?;
    Ok(request
        .page(rows, |row| token(&[&row.decision.decided_at.as_microseconds(), &row.decision.id])))
}

fn place(text: &str) -> Result<(Timestamp, DecisionId), Problem> {
    let mut parts = Parts::of(text);
    let micros: i64 = parts.next()?;
    let at = Timestamp::from_microseconds(micros)?;
    Ok((at, parts.last()?))
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
    let recorded = load(&tx, tenant, id).await?.decision;
    let pack = by_hash(ctx, &tx, &recorded.pack.hash).await?;
    drop(tx);
    Ok(replay(recorded, pack.as_deref()))
}

/// Evaluates a record again.
pub(super) fn replay(recorded: Decision, pack: Option<&Pack>) -> Replay {
    match evaluate_again(&recorded, pack) {
        Ok(replayed) => {
            let again = Decision { explanation: replayed.clone(), ..recorded.clone() };
            let differs = again.replayable() != recorded.replayable();
            let problem = differs.then(|| "the explanation differs from the record".to_owned());
            Replay { recorded, replayed: Some(replayed), problem }
        }
        Err(problem) => Replay { recorded, replayed: None, problem: Some(problem) },
    }
}

fn evaluate_again(recorded: &Decision, pack: Option<&Pack>) -> Result<Explanation, String> {
    if !recorded.is_intact() {
        return Err("the recorded facts do not have the recorded hash".to_owned());
    }
    if recorded.pack.hash.is_empty() {
        // No version was in force: nothing was evaluated, and the record says so.
        return Ok(recorded.explanation.clone());
    }
    let pack =
        pack.ok_or_else(|| format!("no version with the hash `{}` is stored", recorded.pack.hash))?;
    let facts = FactSet::from_json(&recorded.facts)
        .map_err(|error| format!("the recorded facts do not fit the schema: {error}"))?;
    // Whether somebody asked for remedies is seen from the record; that none was taken out, from its chain.
    let has_remedies = recorded.explanation.findings.iter().any(|it| !it.remedies.is_empty());
    let remedies = if has_remedies { Remedies::Look } else { Remedies::Skip };
    Ok(pack.evaluate_with(&facts, remedies).into_explanation())
}

/// The version with that content: as it is served, or read again from its stored files.
pub(super) async fn by_hash(
    ctx: &Context,
    tx: &Tx,
    hash: &str,
) -> Result<Option<std::sync::Arc<Pack>>, Problem> {
    if let Some(pack) = ctx.packs().by_hash(hash) {
        return Ok(Some(pack));
    }
    match policies::by_hash(tx, hash).await? {
        Some(version) => compiled(ctx, &version).await.map(Some),
        None => Ok(None),
    }
}

async fn load(tx: &Tx, tenant: TenantId, id: DecisionId) -> Result<Linked, Problem> {
    decisions::linked(tx, id)
        .await?
        .filter(|linked| linked.decision.tenant_id == Some(tenant))
        .ok_or_else(|| Problem::not_found(Reason::DecisionNotFound, id))
}
