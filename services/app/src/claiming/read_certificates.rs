//! Reads certificates: what was covered at a time, as far as was known at another.

use std::collections::BTreeMap;

use tasuki_core::certificate::{CertificateState, Stop};
use tasuki_core::id::{CertificateId, MasterContractId, SubscriptionId, TenantId};
use tasuki_core::master_contract::{Acknowledgement, ContractState, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, certificates, tenants};

use super::{CertificateView, loading};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::scope;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// The two times of a question: what held when, as far as was known when.
pub type Times = (Option<Timestamp>, Option<Timestamp>);

/// A certificate as it held at a time.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`.
pub async fn get_certificate(
    ctx: &Context,
    call: &Call,
    (tenant, id): (TenantId, CertificateId),
    (as_of, known_at): Times,
) -> Result<CertificateView, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let missing = || Problem::not_found(Reason::CertificateNotFound, id);
    let stored = certificates::get(&tx, tenant, id).await?.ok_or_else(missing)?;
    let contract = loading::contract(&tx, stored.certificate.master_contract_id).await?;
    if !loading::may_see(call, &contract) {
        return Err(missing());
    }
    let acknowledgements = certificates::acknowledgements(&tx, tenant, contract.id).await?;
    let of_contract = known_at.unwrap_or_else(|| loading::known_now(ctx, &entered));
    let contract = contract.held_at(as_of.unwrap_or(entered.now), of_contract);
    let times = (as_of.unwrap_or(entered.now), known_at.unwrap_or(entered.now));
    Ok(known(stored, contract, acknowledgements, times))
}

/// A certificate and what was acknowledged, as they held at a time, as far as was known at another,
/// under a contract that was chosen like that. What was recorded later changes nothing.
fn known(
    stored: certificates::Stored,
    contract: MasterContract,
    mut acknowledgements: Vec<Acknowledgement>,
    (as_of, known_at): (Timestamp, Timestamp),
) -> CertificateView {
    let mut certificate = stored.certificate;
    certificate.items = certificate.items_as_known(known_at);
    certificate.contract_period = contract.in_force;
    acknowledgements.retain(|known| known.acknowledged_at <= known_at);
    let version = stored.version;
    CertificateView { certificate, contract, acknowledgements, as_of, known_at, version }
}

/// Which certificates a list shows.
#[derive(Debug, Clone, Default)]
pub struct CertificateList {
    /// Only of this tenant; all that the caller may see if left out.
    pub tenant_id: Option<TenantId>,
    /// Only under this contract.
    pub master_contract_id: Option<MasterContractId>,
    /// Only of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Only in these states, by their words; empty for all.
    pub states: Vec<&'static str>,
    /// As they held at this time.
    pub as_of: Option<Timestamp>,
    /// As far as was known at this time.
    pub known_at: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

/// Certificates by number. A filter by state may leave a page short.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_certificates(
    ctx: &Context,
    call: &Call,
    list: &CertificateList,
) -> Result<Page<CertificateView>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = certificates::Filter {
        master_contract_id: list.master_contract_id,
        subscription_id: list.subscription_id,
        ..certificates::Filter::of(scope::of_list(ctx, &tx, call, list.tenant_id).await?)
    };
    let after = list.page.after.as_deref().map(place_from).transpose()?;
    let rows = certificates::list(&tx, &filter, after.as_ref(), list.page.to_read()).await?;
    let page = list.page.page(rows, |stored: &certificates::Stored| {
        let of = &stored.certificate;
        token::token(&[&of.tenant_id, &of.id, &of.number])
    });

    let mut around = Around { ctx, tx: &tx, contracts: BTreeMap::new() };
    let mut views = Vec::with_capacity(page.rows.len());
    for stored in page.rows {
        let view = around.view(stored, (list.as_of, list.known_at)).await?;
        let wanted = list.states.is_empty() || list.states.contains(&state_at(&view).as_str());
        if wanted && loading::may_see(call, &view.contract) {
            views.push(view);
        }
    }
    Ok(Page { rows: views, next: page.next })
}

/// The state of a certificate at the times of its view.
pub fn state_at(view: &CertificateView) -> CertificateState {
    use tasuki_core::certificate::CertificateEvent as E;
    let spans = view.certificate.spans_as_known(view.known_at);
    let held = spans.into_iter().rev().find(|span| span.starts_at <= view.as_of);
    // What stands under a contract ends with it, without an entry of its own.
    let over = matches!(
        view.contract.state_at(view.as_of),
        ContractState::Expired | ContractState::Cancelled
    );
    let carried = held.as_ref().is_some_and(|span| !matches!(span.event, E::Ended { .. }));
    if over && carried {
        let at = view.contract.in_force.end();
        return CertificateState::Ended { at, because: Stop::ContractEnded };
    }
    match held.map(|span| span.event) {
        None => CertificateState::NotYetInForce,
        Some(E::InForce { from, evidence } | E::Reinstated { from, evidence }) => {
            CertificateState::InForce { from, evidence }
        }
        Some(E::Lapsed { at, because }) => CertificateState::Lapsed { at, because },
        Some(E::Ended { at, because }) => CertificateState::Ended { at, because },
    }
}

struct Around<'a> {
    ctx: &'a Context,
    tx: &'a Tx,
    contracts: BTreeMap<MasterContractId, MasterContract>,
}

impl Around<'_> {
    async fn view(
        &mut self,
        stored: certificates::Stored,
        (as_of, known_at): Times,
    ) -> Result<CertificateView, Problem> {
        let certificate = stored.certificate;
        let id = certificate.master_contract_id;
        let contract = match self.contracts.get(&id) {
            Some(known) => known.clone(),
            None => loading::contract(self.tx, id).await?,
        };
        self.contracts.insert(id, contract.clone());
        let tenant = certificate.tenant_id;
        let acknowledgements = certificates::acknowledgements(self.tx, tenant, id).await?;
        let clock_at = tenants::get(self.tx, tenant).await?.and_then(|it| it.tenant.clock_at);
        let now = clock_at.unwrap_or_else(|| self.ctx.clock.now());
        let of_contract = known_at.unwrap_or_else(|| now.max(self.ctx.clock.now()));
        let contract = contract.held_at(as_of.unwrap_or(now), of_contract);
        let times = (as_of.unwrap_or(now), known_at.unwrap_or(now));
        let stored = certificates::Stored { certificate, version: stored.version };
        Ok(known(stored, contract, acknowledgements, times))
    }
}

fn place_from(text: &str) -> Result<certificates::Place, Problem> {
    let mut parts = Parts::of(text);
    let tenant_id = parts.next()?;
    let id = parts.next()?;
    Ok(certificates::Place { tenant_id, id, number: parts.last()? })
}
