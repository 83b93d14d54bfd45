//! Reads claims, and writes the letter of a claim from its record.

use std::collections::BTreeMap;

use tasuki_core::claim::{ClaimOutcome, ClaimPhase, Letter, LetterFacts, LetterKind, letter};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, MasterContractId, TenantId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::{Tx, claims};

use super::{ClaimView, loading};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// A claim with its whole history.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `CLAIM_NOT_FOUND`.
pub async fn get_claim(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: ClaimId,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin_read().await?;
    Ok(read(ctx, &tx, call, (tenant, id)).await?.1)
}

async fn read(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (tenant, id): (TenantId, ClaimId),
) -> Result<(Entered, ClaimView), Problem> {
    let entered = access::enter(ctx, tx, call, tenant, Permission::Read).await?;
    let missing = || Problem::not_found(Reason::ClaimNotFound, id);
    let stored = claims::get(tx, tenant, id).await?.ok_or_else(missing)?;
    let contract = loading::contract(tx, stored.claim.master_contract_id).await?;
    if !loading::may_see(call, &contract) {
        return Err(missing());
    }
    let decisions = loading::decisions_of(tx, [&stored.claim]).await?;
    let view = ClaimView { claim: stored.claim, contract, decisions, version: stored.version };
    Ok((entered, view))
}

/// From an instant on, and before another.
pub type Within = (Option<Timestamp>, Option<Timestamp>);

/// Which claims a list shows.
#[derive(Debug, Clone, Default)]
pub struct ClaimList {
    /// Only of this tenant; of all that the caller may see if left out.
    pub tenant_id: Option<TenantId>,
    /// Only under this contract.
    pub master_contract_id: Option<MasterContractId>,
    /// Only under this certificate.
    pub certificate_id: Option<CertificateId>,
    /// Only from this incident.
    pub incident_id: Option<IncidentId>,
    /// Only in these phases; empty for all.
    pub phases: Vec<ClaimPhase>,
    /// Only with this outcome.
    pub outcome: Option<ClaimOutcome>,
    /// Only losses that happened in this span.
    pub happened: Within,
    /// Only losses that were notified in this span.
    pub notified: Within,
    /// Which page.
    pub page: PageRequest,
}

/// Claims, newest notice first.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_claims(
    ctx: &Context,
    call: &Call,
    list: &ClaimList,
) -> Result<Page<ClaimView>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = claims::Filter {
        master_contract_id: list.master_contract_id,
        certificate_id: list.certificate_id,
        incident_id: list.incident_id,
        phases: list.phases.clone(),
        outcome: list.outcome,
        happened: list.happened,
        notified: list.notified,
        ..claims::Filter::of(scope::of_list(ctx, &tx, call, list.tenant_id).await?)
    };
    let after = list.page.after.as_deref().map(place_from).transpose()?;
    let rows = claims::list(&tx, &filter, after.as_ref(), list.page.to_read()).await?;
    let page = list.page.page(rows, |stored: &claims::Stored| {
        let claim = &stored.claim;
        token::token(&[&claim.notified_at, &claim.tenant_id, &claim.number])
    });

    let all = loading::decisions_of(&tx, page.rows.iter().map(|stored| &stored.claim)).await?;
    let mut contracts: BTreeMap<MasterContractId, MasterContract> = BTreeMap::new();
    let mut views = Vec::with_capacity(page.rows.len());
    for stored in page.rows {
        let id = stored.claim.master_contract_id;
        let contract = match contracts.get(&id) {
            Some(known) => known.clone(),
            None => loading::contract(&tx, id).await?,
        };
        contracts.insert(id, contract.clone());
        if !loading::may_see(call, &contract) {
            continue;
        }
        let mine = stored.claim.assessments.iter().flat_map(|held| &held.decisions);
        let decisions = mine
            .filter_map(|summary| all.get(&summary.id).map(|it| (summary.id, it.clone())))
            .collect();
        views.push(ClaimView { claim: stored.claim, contract, decisions, version: stored.version });
    }
    Ok(Page { rows: views, next: page.next })
}

fn place_from(text: &str) -> Result<claims::Place, Problem> {
    let mut parts = Parts::of(text);
    let (notified_at, tenant_id) = (parts.next()?, parts.next()?);
    Ok(claims::Place { notified_at, tenant_id, number: parts.last()? })
}

/// A letter, and the claim and contract that it was written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLetter {
    /// The letter.
    pub letter: Letter,
    /// The claim.
    pub view: ClaimView,
    /// The day it is dated, in the tenant's zone.
    pub dated_on: CivilDate,
}

/// The letter that fits how far a claim has come.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `CLAIM_NOT_FOUND`; `CLAIM_STATE` if a letter of another kind is asked for than
/// the one that fits.
pub async fn get_claim_letter(
    ctx: &Context,
    call: &Call,
    (tenant, id): (TenantId, ClaimId),
    kind: Option<LetterKind>,
) -> Result<WrittenLetter, Problem> {
    let tx = ctx.store.begin_read().await?;
    let (entered, view) = read(ctx, &tx, call, (tenant, id)).await?;
    let phase = view.claim.state.phase();
    if kind.is_some_and(|kind| kind != LetterKind::fitting(phase)) {
        let text = format!("a claim that is `{}` has another kind of letter", phase.as_str());
        return Err(Problem::new(Reason::ClaimState, text).with("state", phase.as_str()));
    }
    let letter = letter(&LetterFacts {
        claim: &view.claim,
        contract: &view.contract,
        decisions: &view.last_decisions(),
        insured: &entered.tenant.name,
        zone: &entered.tenant.zone,
    });
    let dated_on = entered.now.day_in(&entered.tenant.zone);
    Ok(WrittenLetter { letter, view, dated_on })
}
