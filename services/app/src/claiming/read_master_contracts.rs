//! Reads master contracts and their wording.

use tasuki_core::id::{InsurerId, MasterContractId, PartnerId, TenantId};
use tasuki_core::master_contract::{Acknowledgement, Clause, ClauseKind, ContractState};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_store::{certificates, master_contracts};

use super::{MasterContractView, Times, loading};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// A contract as it holds at a time, as far as was known at another.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`.
pub async fn get_master_contract(
    ctx: &Context,
    call: &Call,
    id: MasterContractId,
    (as_of, known_at): Times,
) -> Result<MasterContractView, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    let stored = master_contracts::get(&tx, id)
        .await?
        .filter(|stored| loading::may_see(call, &stored.contract))
        .ok_or_else(|| Problem::not_found(Reason::MasterContractNotFound, id))?;
    let now = ctx.clock.now();
    let (as_of, known_at) = (as_of.unwrap_or(now), known_at.unwrap_or(now));
    let contract = stored.contract.held_at(as_of, known_at);
    Ok(MasterContractView { contract, as_of, known_at, version: stored.version })
}

/// Which contracts a list shows.
#[derive(Debug, Clone, Default)]
pub struct MasterContractList {
    /// Only of this insurer.
    pub insurer_id: Option<InsurerId>,
    /// Only held by this operator.
    pub holder_id: Option<PartnerId>,
    /// Only in these states now; empty for all.
    pub states: Vec<ContractState>,
    /// Which page.
    pub page: PageRequest,
}

/// Contracts, the latest period first. A filter by state may leave a page short.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_master_contracts(
    ctx: &Context,
    call: &Call,
    list: &MasterContractList,
) -> Result<Page<MasterContractView>, Problem> {
    call.require(ctx, Permission::Read)?;
    let now = ctx.clock.now();
    let after = list.page.after.as_deref().map(place_from).transpose()?;
    let filter = master_contracts::Filter {
        insurer_id: call.principal.insurer_id.or(list.insurer_id),
        holder_id: list.holder_id,
        in_force_at: None,
    };
    let tx = ctx.store.begin_read().await?;
    let rows = master_contracts::list(&tx, &filter, after.as_ref(), list.page.to_read()).await?;
    let rows = rows
        .into_iter()
        .map(|stored| MasterContractView {
            contract: stored.contract.held_at(now, now),
            as_of: now,
            known_at: now,
            version: stored.version,
        })
        .collect();
    let mut page = list.page.page(rows, |view: &MasterContractView| {
        token::token(&[&view.contract.in_force.start(), &view.contract.code])
    });
    page.rows.retain(|view| {
        list.states.is_empty() || list.states.contains(&view.contract.state_at(now))
    });
    Ok(page)
}

fn place_from(text: &str) -> Result<master_contracts::Place, Problem> {
    let mut parts = Parts::of(text);
    let starts_at = parts.next()?;
    Ok(master_contracts::Place { starts_at, code: parts.last()? })
}

/// Which clauses a list shows.
#[derive(Debug, Clone)]
pub struct TermsList {
    /// Whose wording.
    pub master_contract_id: MasterContractId,
    /// The wording that held at a time, as far as was known at another.
    pub times: Times,
    /// Only of these kinds; empty for all.
    pub kinds: Vec<ClauseKind>,
    /// Says of each clause whether this tenant has acknowledged it.
    pub tenant_id: Option<TenantId>,
    /// Which page.
    pub page: PageRequest,
}

/// A clause, and whether it was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedClause {
    /// The wording's title.
    pub title: Text,
    /// The wording's version.
    pub version: String,
    /// The clause.
    pub clause: Clause,
    /// The acknowledgement, if a tenant was named and there is one.
    pub acknowledgement: Option<Acknowledgement>,
}

/// The clauses of a wording, in its own order.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`, `TENANT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_terms(
    ctx: &Context,
    call: &Call,
    list: &TermsList,
) -> Result<Page<ListedClause>, Problem> {
    let view = get_master_contract(ctx, call, list.master_contract_id, list.times).await?;
    let wording = view.contract.terms.wording;
    let tx = ctx.store.begin_read().await?;
    let acknowledgements = match list.tenant_id {
        Some(tenant) => {
            access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            certificates::acknowledgements(&tx, tenant, list.master_contract_id).await?
        }
        None => Vec::new(),
    };
    let skip: usize = match list.page.after.as_deref() {
        Some(text) => Parts::of(text).last()?,
        None => 0,
    };
    let to_read = usize::try_from(list.page.to_read()).unwrap_or(usize::MAX);
    let rows: Vec<(usize, ListedClause)> = wording
        .clauses
        .into_iter()
        .filter(|clause| list.kinds.is_empty() || list.kinds.contains(&clause.kind))
        .enumerate()
        .skip(skip)
        .take(to_read)
        .map(|(at, clause)| {
            let of_clause = |known: &&Acknowledgement| {
                known.code == clause.code && known.document_version == wording.version
            };
            let acknowledgement = acknowledgements.iter().find(of_clause).cloned();
            let (title, version) = (wording.title.clone(), wording.version.clone());
            (at, ListedClause { title, version, clause, acknowledgement })
        })
        .collect();
    let page = list.page.page(rows, |(at, _)| at.saturating_add(1).to_string());
    Ok(Page { rows: page.rows.into_iter().map(|(_, clause)| clause).collect(), next: page.next })
}
