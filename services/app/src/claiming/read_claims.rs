//! Reads claims, and writes the letter of a claim from its record.

use std::collections::BTreeMap;

use tasuki_core::claim::{
    ClaimOutcome, ClaimPhase, Letter, LetterFacts, LetterKind, letter, letter_of,
};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, MasterContractId, TenantId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::{Tx, claims, tenants};

use super::{ClaimView, loading, reckoning};
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
    let mut view = read(ctx, &tx, call, (tenant, id)).await?.1;
    view.recomputed = reckoning::recomputed(&tx, &view).await?;
    Ok(view)
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
    let contract = contract.at_version(stored.claim.contract_version);
    let view = ClaimView::new(stored.claim, contract, entered.now);
    Ok((entered, ClaimView { decisions, version: stored.version, ..view }))
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
    /// Only those whose decision is late.
    pub late: bool,
    /// Which page.
    pub page: PageRequest,
}

/// Claims, newest notice first. A filter by lateness may leave a page short.
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
    let mut clocks: BTreeMap<TenantId, Timestamp> = BTreeMap::new();
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
        let tenant = stored.claim.tenant_id;
        let now = match clocks.get(&tenant) {
            Some(now) => *now,
            None => present(ctx, &tx, tenant).await?,
        };
        clocks.insert(tenant, now);
        let contract = contract.at_version(stored.claim.contract_version);
        let view = ClaimView::new(stored.claim, contract, now);
        if !list.late || view.clock.n_days_late > 0 {
            views.push(ClaimView { decisions, version: stored.version, ..view });
        }
    }
    Ok(Page { rows: views, next: page.next })
}

/// The present of a tenant.
async fn present(ctx: &Context, tx: &Tx, tenant: TenantId) -> Result<Timestamp, Problem> {
    let clock_at = tenants::get(tx, tenant).await?.and_then(|stored| stored.tenant.clock_at);
    Ok(clock_at.unwrap_or_else(|| ctx.clock.now()))
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

/// A letter: the one that fits how far a claim has come, or one of a kind.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `CLAIM_NOT_FOUND`; `CLAIM_STATE` if the record has nothing that a letter of
/// the kind could tell.
pub async fn get_claim_letter(
    ctx: &Context,
    call: &Call,
    (tenant, id): (TenantId, ClaimId),
    kind: Option<LetterKind>,
) -> Result<WrittenLetter, Problem> {
    let tx = ctx.store.begin_read().await?;
    let (entered, view) = read(ctx, &tx, call, (tenant, id)).await?;
    let phase = view.claim.state.phase();
    let facts = LetterFacts {
        claim: &view.claim,
        contract: &view.contract,
        decisions: &view.last_decisions(),
        insured: &entered.tenant.name,
        zone: &entered.tenant.zone,
    };
    let letter = match kind {
        None => letter(&facts),
        Some(kind) => letter_of(&facts, kind).ok_or_else(|| {
            let text = format!(
                "the record of a claim that is `{}` has nothing for such a letter",
                phase.as_str()
            );
            Problem::new(Reason::ClaimState, text).with("state", phase.as_str())
        })?,
    };
    let dated_on = entered.now.day_in(&entered.tenant.zone);
    Ok(WrittenLetter { letter, view, dated_on })
}
