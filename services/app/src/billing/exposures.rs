//! Says what many firms have in common, and gives the book in the open exposure data format.

use std::collections::{BTreeMap, BTreeSet};

use tasuki_core::benefit::{Draw, Takers};
use tasuki_core::certificate::Certificate;
use tasuki_core::id::{MasterContractId, PartnerId, ProviderId, TenantId};
use tasuki_core::master_contract::{CoverTerms, LimitScope, MasterContract, Stacking};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Item, ItemOutcome};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::settlement::accumulation::{
    Accumulation, Exposure, Shared, SharedKind, accumulate,
};
use tasuki_core::settlement::exposure::{OedAccount, OedTables, oed_tables};
use tasuki_core::tenant::{Provider, Tenant};
use tasuki_core::time::Timestamp;
use tasuki_store::{Scope, Tx, limits, orders, partners, providers, tenants};

use super::books::Tenants;
use super::bordereau::{certificates_of, contracts_of, visible_contract};
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Orders read at once.
const AT_ONCE: u64 = 200;

/// Months of a yearly premium.
const MONTHS: i64 = 12;

/// Which things in common are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccumulationAsk {
    /// Only under this contract.
    pub master_contract_id: Option<MasterContractId>,
    /// At this time; now for none. What a firm uses is what it uses now.
    pub as_of: Option<Timestamp>,
    /// Only this kind.
    pub kind: Option<SharedKind>,
    /// Which rows.
    pub page: PageRequest,
}

/// A thing in common, beside what is left of the aggregates that bound it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccumulationView {
    /// The thing, and what stands on it.
    pub row: Accumulation,
    /// What is left of the aggregates of the programmes; none when one has no such limit.
    pub aggregate_left: Option<Money>,
}

/// What firms with cover have in common, most firms first.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_accumulations(
    ctx: &Context,
    call: &Call,
    ask: &AccumulationAsk,
) -> Result<Page<AccumulationView>, Problem> {
    call.require(ctx, Permission::Settle)?;
    let at = ask.as_of.unwrap_or_else(|| ctx.clock.now());
    let tx = ctx.store.begin_read().await?;
    let contracts = match ask.master_contract_id {
        Some(id) => vec![visible_contract(&tx, call, id).await?],
        None => contracts_of(&tx, call.principal.insurer_id).await?,
    };
    let mut firms = Firms::read(&tx).await?;
    let mut left = Some(Money::ZERO_JPY);
    for contract in contracts.iter().filter(|contract| contract.in_force.contains(at)) {
        firms.add(&tx, contract, at).await?;
        left = match (left, aggregate_left(&tx, contract).await?) {
            (Some(so_far), Some(more)) => Some(so_far.plus(more)?),
            (Some(_) | None, None) | (None, Some(_)) => None,
        };
    }
    let exposures = firms.exposures(&tx).await?;
    let mut rows = accumulate(&exposures)?;
    rows.retain(|row| ask.kind.is_none_or(|kind| kind == row.shared.kind));
    let token = |row: &Accumulation| format!("{}~{}", row.shared.kind, row.shared.name);
    if let Some(after) = &ask.page.after {
        let place = rows.iter().position(|row| token(row) == *after).ok_or_else(|| {
            Problem::new(Reason::PageTokenInvalid, "the page token is not of this list")
        })?;
        rows.drain(..=place);
    }
    let rows = rows.into_iter().map(|row| AccumulationView { row, aggregate_left: left });
    Ok(ask.page.page(rows.collect(), |view| token(&view.row)))
}

/// The book of a contract in the open exposure data format: certificates in force at a time.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`.
pub async fn export_exposure(
    ctx: &Context,
    call: &Call,
    id: MasterContractId,
    as_of: Option<Timestamp>,
) -> Result<OedTables, Problem> {
    call.require(ctx, Permission::Settle)?;
    let at = as_of.unwrap_or_else(|| ctx.clock.now());
    let tx = ctx.store.begin_read().await?;
    let contract = visible_contract(&tx, call, id).await?;
    let mut firms = Firms::read(&tx).await?;
    firms.add(&tx, &contract, at).await?;
    let clouds: BTreeMap<TenantId, String> = firms
        .exposures(&tx)
        .await?
        .into_iter()
        .map(|firm| {
            let clouds = firm.shared.into_iter().filter(|it| it.kind == SharedKind::Cloud);
            (firm.tenant_id, clouds.map(|it| it.name).collect::<Vec<_>>().join(";"))
        })
        .collect();
    let premium = contract.terms.premium.per_certificate_month();
    let yearly_premium = premium.map(|premium| premium.times(MONTHS)).transpose()?;
    let zone = &contract.period.zone;
    let mut tenants: BTreeMap<TenantId, Tenant> = BTreeMap::new();
    let mut known = Tenants::default();
    for certificate in &firms.certificates {
        let tenant = known.get(&tx, certificate.tenant_id).await?;
        tenants.insert(tenant.id, tenant.clone());
    }
    let last = contract.in_force.end().plus_seconds(-1)?.day_in(zone);
    let accounts: Vec<OedAccount<'_>> = firms
        .certificates
        .iter()
        .filter_map(|certificate| {
            let tenant = tenants.get(&certificate.tenant_id)?;
            Some(OedAccount {
                tenant,
                certificate: (certificate.id, &certificate.number),
                days: (began(certificate, &contract).day_in(zone), last),
                yearly_premium,
                cloud_vendor: clouds.get(&tenant.id).cloned().unwrap_or_default(),
            })
        })
        .collect();
    Ok(oed_tables(&contract, &accounts))
}

/// When a certificate came into force for the first time.
fn began(certificate: &Certificate, contract: &MasterContract) -> Timestamp {
    let first = certificate.history.iter().map(|entry| entry.event.at()).min();
    first.map_or(contract.in_force.start(), |first| first.max(contract.in_force.start()))
}

/// What is left of the aggregate of a programme.
async fn aggregate_left(tx: &Tx, contract: &MasterContract) -> Result<Option<Money>, Problem> {
    // Only limits of everybody: no firm is asked about.
    let nobody = Takers {
        contract: contract.id,
        tenant: TenantId::from(contract.id.as_uuid()),
        certificate: None,
        site: None,
        occurrence: None,
    };
    let programme = |draw: &Draw| {
        let limit = contract.terms.limit(&draw.code);
        limit.is_some_and(|limit| limit.scope == LimitScope::Programme)
    };
    let possible: Vec<Draw> =
        Draw::possible(&contract.terms, &nobody).into_iter().filter(programme).collect();
    let taken = limits::taken(tx, contract.id, &possible).await?;
    let mut least = None;
    for draw in &possible {
        let left = match taken.get(&draw.code) {
            Some(taken) => taken.left_of(draw.cap)?,
            None => draw.cap,
        };
        least = Some(least.map_or(left, |least: Money| least.min(left)));
    }
    Ok(least)
}

/// Firms with cover, and who runs what for them.
struct Firms {
    providers: BTreeMap<ProviderId, Provider>,
    vendors: BTreeMap<PartnerId, String>,
    covers: BTreeMap<TenantId, Cover>,
    certificates: Vec<Certificate>,
}

/// The cover of a firm.
#[derive(Default)]
struct Cover {
    n_certificates: u32,
    /// None once one of its contracts has no such limit.
    yearly_limit: Option<Money>,
}

impl Firms {
    async fn read(tx: &Tx) -> Result<Self, Problem> {
        let mut vendors: BTreeMap<PartnerId, String> = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = partners::list(tx, &after, AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            vendors.extend(page.into_iter().map(|partner| (partner.id, partner.name)));
        }
        let providers = providers::all(tx).await?;
        let providers = providers.into_iter().map(|provider| (provider.id, provider)).collect();
        Ok(Self { providers, vendors, covers: BTreeMap::new(), certificates: Vec::new() })
    }

    /// Adds the certificates of a contract that are in force.
    async fn add(
        &mut self,
        tx: &Tx,
        contract: &MasterContract,
        at: Timestamp,
    ) -> Result<(), Problem> {
        let all = certificates_of(tx, contract.id).await?;
        let mut by_firm: BTreeMap<TenantId, u32> = BTreeMap::new();
        for certificate in all.into_iter().filter(|certificate| certificate.in_force_at(at)) {
            *by_firm.entry(certificate.tenant_id).or_default() += 1;
            self.certificates.push(certificate);
        }
        for (tenant, n) in by_firm {
            let n_sites = match contract.terms.stacking {
                Stacking::PerSite => n_sites(tx, tenant).await?,
                Stacking::PerTenant | Stacking::PerCertificate => 1,
            };
            let limit = yearly_limit(&contract.terms, n, n_sites)?;
            let fresh = Cover { n_certificates: 0, yearly_limit: Some(Money::ZERO_JPY) };
            let cover = self.covers.entry(tenant).or_insert(fresh);
            cover.n_certificates = cover.n_certificates.saturating_add(n);
            cover.yearly_limit = match (cover.yearly_limit, limit) {
                (Some(so_far), Some(limit)) => Some(so_far.plus(limit)?),
                (Some(_) | None, None) | (None, Some(_)) => None,
            };
        }
        Ok(())
    }

    async fn exposures(&self, tx: &Tx) -> Result<Vec<Exposure>, Problem> {
        let mut exposures = Vec::with_capacity(self.covers.len());
        for (tenant, cover) in &self.covers {
            exposures.push(Exposure {
                tenant_id: *tenant,
                n_certificates: cover.n_certificates,
                yearly_limit: cover.yearly_limit,
                shared: self.shared(tx, *tenant).await?,
            });
        }
        Ok(exposures)
    }

    /// What a firm uses: the services that are live.
    async fn shared(&self, tx: &Tx, tenant: TenantId) -> Result<BTreeSet<Shared>, Problem> {
        let filter = orders::Filter { scope: Scope::Tenant(tenant), subscription: None };
        let (mut shared, mut after) = (BTreeSet::new(), None);
        loop {
            let page = orders::list(tx, &filter, after, AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(shared) };
            after = Some(last.order.id);
            let items = page.iter().flat_map(|stored| &stored.items).map(|stored| &stored.item);
            for item in items.filter(|item| item.outcome() == ItemOutcome::Active) {
                self.uses(item, &mut shared);
            }
        }
    }

    fn uses(&self, item: &Item, shared: &mut BTreeSet<Shared>) {
        let mut add = |kind, name: &str| {
            if !name.is_empty() {
                shared.insert(Shared { kind, name: name.to_owned() });
            }
        };
        if let Some(provider) = self.providers.get(&item.provider_id) {
            add(SharedKind::Provider, &provider.name);
            let behind = provider.partner_id.and_then(|id| self.vendors.get(&id));
            add(SharedKind::Vendor, behind.unwrap_or(&provider.name));
            if item.service() == Service::CloudWaf {
                add(SharedKind::Cloud, &provider.name);
            }
        }
        if item.service() == Service::Utm {
            let seen = item.device.as_ref().map(|device| device.model.as_str());
            let sized = item.preflight.as_ref().map(|preflight| preflight.sized_as.as_str());
            let model = seen.filter(|model| !model.is_empty()).or(sized);
            add(SharedKind::UtmModel, model.unwrap_or_default());
        }
    }
}

/// How many sites a firm has told; one at least.
async fn n_sites(tx: &Tx, tenant: TenantId) -> Result<u32, Problem> {
    let sites =
        tenants::get(tx, tenant).await?.map_or(0, |stored| stored.tenant.profile.sites.len());
    Ok(u32::try_from(sites).unwrap_or(u32::MAX).max(1))
}

/// The most that is paid to a firm with so many certificates and sites in the period.
fn yearly_limit(
    terms: &CoverTerms,
    n_certificates: u32,
    n_sites: u32,
) -> Result<Option<Money>, MoneyError> {
    let limits = terms.limits.iter().filter(|limit| limit.scope == LimitScope::Certificate);
    let Some(limit) = limits.map(|limit| limit.amount).min() else { return Ok(None) };
    match terms.stacking {
        Stacking::PerTenant => Ok(Some(limit)),
        Stacking::PerSite => limit.times(i64::from(n_sites)).map(Some),
        Stacking::PerCertificate => limit.times(i64::from(n_certificates)).map(Some),
    }
}
