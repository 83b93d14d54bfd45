//! What several use cases load: contracts, claims with their decisions, and who may see them.

use std::collections::BTreeMap;

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::benefit::{Draw, TakenByCode};
use tasuki_core::claim::{Acknowledged, Claim, ClaimEvent, ClaimOutcome};
use tasuki_core::decision::Decision;
use tasuki_core::id::{ClaimId, DecisionId, MasterContractId, TenantId};
use tasuki_core::master_contract::{Acknowledgement, MasterContract, Stacking};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, certificates, claims, decisions, limits, master_contracts};

use super::ClaimView;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// A claim that is to be changed, with everything around it.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) tx: &'a Tx,
    pub(crate) entered: Entered,
    pub(crate) by: Actor,
    pub(crate) claim: Claim,
    pub(crate) contract: MasterContract,
    pub(crate) acknowledgements: Vec<Acknowledgement>,
    /// As far as was known at this time; none for all that is on record.
    pub(crate) known_at: Option<Timestamp>,
    version: i64,
}

/// Which claim is to be changed, and as it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) claim: ClaimId,
    pub(crate) etag: &'a str,
    pub(crate) permission: Permission,
}

impl<'a> Desk<'a> {
    /// Enters the tenant and locks the claim.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `ETAG_MISMATCH`.
    pub(crate) async fn open(
        ctx: &'a Context,
        tx: &'a Tx,
        call: &Call,
        wanted: &Wanted<'_>,
    ) -> Result<Self, Problem> {
        let entered = access::enter(ctx, tx, call, wanted.tenant, wanted.permission).await?;
        let missing = || Problem::not_found(Reason::ClaimNotFound, wanted.claim);
        let stored = claims::lock(tx, wanted.tenant, wanted.claim).await?.ok_or_else(missing)?;
        let contract = contract(tx, stored.claim.master_contract_id).await?;
        if !may_see(call, &contract) {
            return Err(missing());
        }
        // What was decided before an endorsement stays as it was decided: an assessment chooses anew.
        let contract = contract.at_version(stored.claim.contract_version);
        etag::check(wanted.etag, stored.version)?;
        let acknowledgements =
            certificates::acknowledgements(tx, wanted.tenant, contract.id).await?;
        Ok(Self {
            ctx,
            tx,
            entered,
            by: Actor::from(&call.principal),
            claim: stored.claim,
            contract,
            acknowledgements,
            known_at: None,
            version: stored.version,
        })
    }

    /// Looks at the claim as somebody would have at an earlier time, who knew nothing of what was recorded since.
    pub(crate) fn look_back(&mut self, known_at: Timestamp) {
        self.claim = self.claim.as_known(known_at);
        self.acknowledgements.retain(|known| known.acknowledged_at <= known_at);
        self.entered.now = known_at;
        self.known_at = Some(known_at);
    }

    /// Up to when contracts are known.
    pub(crate) fn contracts_known_at(&self) -> Timestamp {
        self.known_at.unwrap_or_else(|| known_now(self.ctx, &self.entered))
    }

    /// What was acknowledged before the loss.
    pub(crate) fn acknowledged(&self) -> Acknowledged<'_> {
        Acknowledged {
            wording: &self.contract.terms.wording,
            acknowledgements: &self.acknowledgements,
            loss_at: self.claim.loss_at,
        }
    }

    /// Who takes from the limits.
    pub(crate) fn holder(&self) -> limits::Holder {
        limits::Holder {
            contract: self.contract.id,
            tenant: self.claim.tenant_id,
            claim: self.claim.id,
            at: self.entered.now,
        }
    }

    /// Writes the changed claim, tells what happened, and gives it as callers see it.
    ///
    /// # Errors
    /// `LOST_RACE`.
    pub(crate) async fn save(self, next: Claim, event: &ClaimEvent) -> Result<ClaimView, Problem> {
        self.save_as(next, event.topic()).await
    }

    /// Writes a claim whose file has changed, tells so, and gives it as callers see it.
    ///
    /// # Errors
    /// `LOST_RACE`.
    pub(crate) async fn save_as(
        self,
        next: Claim,
        topic: &'static str,
    ) -> Result<ClaimView, Problem> {
        let version = claims::save(self.tx, &next, self.version).await?;
        tell(self.ctx, self.tx, &self.entered, (&next, topic)).await?;
        let decisions = decisions_of(self.tx, [&next]).await?;
        let now = self.entered.now;
        let contract = self.contract;
        Ok(ClaimView { decisions, version, ..ClaimView::new(next, contract, now) })
    }

    /// What was taken from every limit that a claim can touch; of the deductibles only what others have
    /// borne: its own is not borne twice, and not forgotten either.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn taken(&self, claim: &Claim) -> Result<TakenByCode, Problem> {
        let possible = Draw::possible(&self.contract.terms, &claim.takers());
        let mut taken = taken(self.tx, self.contract.id, &possible, self.known_at).await?;
        for (code, own) in self.own_deductibles().await? {
            if let Some(known) = taken.get_mut(&code) {
                known.used = known.used.minus_floored(own.used)?;
                known.reserved = known.reserved.minus_floored(own.reserved)?;
            }
        }
        if self.known_at.is_some() {
            // What it had reserved itself does not stand in its way when somebody looks back at it.
            for (code, own) in self.own().await? {
                if let Some(known) = taken.get_mut(&code) {
                    known.reserved = known.reserved.minus_floored(own.reserved)?;
                }
            }
        }
        Ok(taken)
    }

    /// What the claim itself has taken from limits and deductibles.
    async fn own(&self) -> Result<TakenByCode, Problem> {
        Ok(match self.known_at {
            Some(known_at) => limits::held_as_known(self.tx, &self.holder(), known_at).await?,
            None => limits::held(self.tx, &self.holder()).await?,
        })
    }

    /// What the claim itself has taken from deductibles.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn own_deductibles(&self) -> Result<TakenByCode, Problem> {
        let mut own = self.own().await?;
        own.retain(|code, _| self.contract.terms.limit(code).is_none());
        Ok(own)
    }
}

/// Tells others what happened to a claim: numbers and words, no names.
///
/// # Errors
/// Of the store.
pub(crate) async fn tell(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (claim, topic): (&Claim, &'static str),
) -> Result<(), Problem> {
    let payload = json!({
        "number": claim.number,
        "state": claim.state.phase().as_str(),
        "outcome": claim.outcome().map(ClaimOutcome::as_str),
        "master_contract_id": claim.master_contract_id,
        "payable_yen": claim.approved.as_ref().map(|benefit| benefit.total.amount()),
        "paid_yen": claim.paid()?.amount(),
    });
    let news = News::new(topic, claim.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}

/// Up to when contracts are known: they are recorded in real time, also for a tenant whose clock stands
/// still in the past.
pub(crate) fn known_now(ctx: &Context, entered: &Entered) -> Timestamp {
    entered.now.max(ctx.clock.now())
}

/// The sites of a firm that have limits of their own under a contract; one that is nobody's where limits are
/// not counted by site, or no site is told.
pub(crate) fn sites(tenant: &Tenant, contract: &MasterContract) -> Vec<Option<String>> {
    let sites = &tenant.profile.sites;
    if contract.terms.stacking != Stacking::PerSite || sites.is_empty() {
        return vec![None];
    }
    sites.iter().map(|site| Some(site.code.clone())).collect()
}

/// What was taken from limits, as far as was known at a time; all that is on record if left out.
///
/// # Errors
/// Of the store.
pub(crate) async fn taken(
    tx: &Tx,
    contract: MasterContractId,
    draws: &[Draw],
    known_at: Option<Timestamp>,
) -> Result<TakenByCode, Problem> {
    Ok(match known_at {
        Some(known_at) => limits::taken_as_known(tx, contract, draws, known_at).await?,
        None => limits::taken(tx, contract, draws).await?,
    })
}

/// The certificates of a tenant, as far as was known at a time; all that is on record if left out.
///
/// # Errors
/// Of the store.
pub(crate) async fn certificates_of(
    tx: &Tx,
    tenant: TenantId,
    known_at: Option<Timestamp>,
) -> Result<Vec<certificates::Stored>, Problem> {
    let all = certificates::of_tenant(tx, tenant).await?.into_iter();
    let Some(known_at) = known_at else { return Ok(all.collect()) };
    let known = all.filter_map(|stored| {
        let certificate = stored.certificate.as_known(known_at)?;
        Some(certificates::Stored { certificate, ..stored })
    });
    Ok(known.collect())
}

/// A contract that a row refers to.
///
/// # Errors
/// `MASTER_CONTRACT_NOT_FOUND`.
pub(crate) async fn contract(tx: &Tx, id: MasterContractId) -> Result<MasterContract, Problem> {
    let stored = master_contracts::get(tx, id).await?;
    stored
        .map(|stored| stored.contract)
        .ok_or_else(|| Problem::not_found(Reason::MasterContractNotFound, id))
}

/// Whether the caller may see what stands under a contract: an insurer sees its own only.
pub(crate) fn may_see(call: &Call, contract: &MasterContract) -> bool {
    let principal = &call.principal;
    match principal.role {
        Role::Insurer => principal.insurer_id.is_none_or(|own| own == contract.insurer_id),
        Role::Operator
        | Role::Partner
        | Role::Provider
        | Role::Soc
        | Role::HelpDesk
        | Role::Tenant
        | Role::System => true,
    }
}

/// The recorded decisions behind claims.
///
/// # Errors
/// Of the store.
pub(crate) async fn decisions_of(
    tx: &Tx,
    claims: impl IntoIterator<Item = &Claim>,
) -> Result<BTreeMap<DecisionId, Decision>, Problem> {
    let ids: Vec<DecisionId> = claims
        .into_iter()
        .flat_map(|claim| &claim.assessments)
        .flat_map(|assessment| &assessment.decisions)
        .map(|summary| summary.id)
        .collect();
    Ok(decisions::by_ids(tx, &ids).await?)
}
