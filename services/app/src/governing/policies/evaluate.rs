//! Asks a pack, and records its answer when that is wanted.

use std::sync::Arc;

use serde_json::Value;
use tasuki_core::actor::Actor;
use tasuki_core::decision::{Decision, Occasion};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_policies::{Explanation, FactSet, Pack, PackSet, PackSource, placed};
use tasuki_store::decisions;

use super::files::aside;
use super::packs::{WhichPack, get_pack};
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// A question to a pack.
#[derive(Debug, Clone)]
pub struct PackQuestion {
    /// The pack: of the store, or among the files.
    pub which: WhichPack,
    /// Files of a pack that is not stored; none for one that is.
    pub sources: Vec<PackSource>,
    /// The facts, as JSON.
    pub facts: Value,
    /// Whose question it is; needed to record the answer.
    pub tenant_id: Option<TenantId>,
    /// What it is about, by id.
    pub subject: String,
    /// Whether the answer is recorded.
    pub record: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Evaluated {
    /// It was recorded.
    Recorded(Box<Decision>),
    /// It was not.
    Given(Arc<Pack>, Box<Explanation>),
}

/// What a pack gives for facts.
///
/// With files, the pack of that name among them is asked instead of one that is stored.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`, `PACK_INVALID`, `TENANT_NOT_FOUND`; `REQUEST_INVALID` for facts
/// that do not fit the schema, or an answer that cannot be recorded.
pub async fn evaluate_pack(
    ctx: &Context,
    call: &Call,
    question: PackQuestion,
) -> Result<Evaluated, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let facts = FactSet::from_json(&question.facts)
        .map_err(|error| Problem::invalid("facts_json", error.to_string()))?;
    if question.record {
        return record(ctx, call, &question, &facts).await;
    }
    let pack = asked(ctx, call, &question).await?;
    let explanation = pack.evaluate(&facts).into_explanation();
    Ok(Evaluated::Given(pack, Box::new(explanation)))
}

async fn record(
    ctx: &Context,
    call: &Call,
    question: &PackQuestion,
    facts: &FactSet,
) -> Result<Evaluated, Problem> {
    if !question.sources.is_empty() {
        let text = "are no stored version, and only those are recorded: draft and activate first";
        return Err(Problem::invalid("files", text));
    }
    let tenant = question.tenant_id.ok_or_else(|| {
        Problem::invalid("tenant_id", "is needed to record: whose decision is it?")
    })?;
    let pack = asked(ctx, call, question).await?;
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    if let Some(first) = call.first_answer::<DecisionId>(&tx, ctx.clock.now()).await? {
        let known = decisions::get(&tx, first).await?;
        let known = known.ok_or_else(|| Problem::not_found(Reason::DecisionNotFound, first))?;
        return Ok(Evaluated::Recorded(Box::new(known)));
    }
    let frozen = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
    let occasion = Occasion {
        id: ctx.ids.next(),
        tenant_id: Some(tenant),
        subject: question.subject.clone(),
        as_of: question.which.as_of.unwrap_or(entered.now),
        decided_at: entered.now,
        decided_by: Actor::from(&call.principal),
    };
    let explanation = pack.evaluate(facts).into_explanation();
    let decision = Decision::record(occasion, pack.identity().clone(), frozen, explanation);
    decisions::record(&tx, &decision)?;
    call.remember(&tx, &decision.id).await?;
    tx.commit().await?;
    Ok(Evaluated::Recorded(Box::new(decision)))
}

async fn asked(ctx: &Context, call: &Call, question: &PackQuestion) -> Result<Arc<Pack>, Problem> {
    let which = &question.which;
    if question.sources.is_empty() {
        let at = which.as_of.unwrap_or_else(|| ctx.clock.now());
        if let (Some(kind), None) = (which.kind, &which.version)
            && let Some(pack) = ctx.packs().in_force(kind, &which.name, at)
        {
            return Ok(pack);
        }
        return Ok(get_pack(ctx, call, which).await?.compiled);
    }
    let sources = placed(question.sources.clone());
    let packs = aside(move || PackSet::load(sources)).await?;
    let packs = packs.map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
    let mut meant = packs.packs().filter(|pack| {
        (which.name.is_empty() || pack.name() == which.name)
            && which.kind.is_none_or(|kind| pack.kind() == kind)
            && which.version.as_ref().is_none_or(|version| pack.version() == version)
    });
    match (meant.next(), meant.next()) {
        (Some(pack), None) => Ok(Arc::clone(pack)),
        (Some(_), Some(_)) => {
            Err(Problem::invalid("name", "is needed: the files hold several packs"))
        }
        (None, _) => Err(Problem::not_found(Reason::PackNotFound, &which.name)),
    }
}
