//! Orders services for a tenant after preflight, without a quote.

use std::collections::BTreeSet;

use tasuki_core::actor::Actor;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::decision::PackKind;
use tasuki_core::id::{ProviderId, SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    BillingStart, CompletionPolicy, DriftPolicy, Item, ItemState, Order, Spec, ThirdPartyConsent,
};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_policies::facts::CompanyFacts;
use tasuki_store::orders::{Stored, StoredItem};
use tasuki_store::{Tx, providers, subscriptions};

use super::commanding::{Intent, Kept, close, view};
use super::placing::{OrderedItem, place_order};
use super::preflight::check;
use super::read_orders::OrderView;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;
use crate::quoting::company_facts;

/// An order of services.
#[derive(Debug, Clone)]
pub struct CreateOrder {
    /// The subscription that the services belong to.
    pub subscription_id: Option<SubscriptionId>,
    /// The partner's own order number.
    pub external_reference: String,
    /// What is ordered.
    pub items: Vec<NewItem>,
    /// What is said about the customer; it is completed by what is known about the tenant.
    pub survey: SurveyFacts,
    /// When the order counts as complete.
    pub completion: CompletionPolicy,
    /// What becomes of items that preflight refuses.
    pub on_refusal: OnRefusal,
    /// Whether it is done.
    pub intent: Intent,
}

/// An item as it is ordered.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// What shall be there.
    pub spec: Spec,
    /// The provider; the first that offers the service if none is named.
    pub provider_id: Option<ProviderId>,
    /// Whether the bundle needs it.
    pub core: bool,
    /// Numbers of the items that have to be live first.
    pub depends_on: Vec<u32>,
    /// When billing begins.
    pub billing_start: BillingStart,
    /// What is done when something else is there than what was ordered.
    pub drift_policy: DriftPolicy,
    /// The consent that is there already.
    pub consent: Option<ThirdPartyConsent>,
}

/// What is known about the customer before an order is accepted. Nothing is ever assumed to be "no".
#[derive(Debug, Clone, Default)]
pub struct SurveyFacts {
    /// The company.
    pub profile: CompanyProfile,
    /// Whether a device of somebody else stands upstream.
    pub upstream_device: Option<bool>,
    /// Whether internal servers are reached through the UTM.
    pub internal_servers: Option<bool>,
    /// Whether an engineer may come.
    pub visit_accepted: Option<bool>,
    /// Whether the site is in use by now.
    pub website_is_built: Option<bool>,
    /// Whether other services use the same domain.
    pub domain_shared: Option<bool>,
    /// Whether subdomains or redirects have to be set up.
    pub subdomain_work_needed: Option<bool>,
    /// Whether such work is done.
    pub subdomain_work_accepted: Option<bool>,
}

/// What becomes of items that preflight refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRefusal {
    /// The whole order is refused.
    RefuseOrder,
    /// The order is stored with those items refused, so that the funnel counts them.
    KeepItem,
}

/// Orders services.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `PROVIDER_NOT_FOUND`, `COMPONENT_NOT_OFFERED`;
/// `REQUEST_INVALID` for numbers that name no item or
/// go round in a circle; `PREFLIGHT_REFUSED` when an item is refused and the order is to be refused
/// then.
pub async fn create_order(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: CreateOrder,
) -> Result<OrderView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if let Some(first) = call.first_answer::<Kept>(&tx, entered.now).await? {
        return Ok(first.view(&entered));
    }

    check_dependencies(&command.items)?;
    check_subscription(&tx, &entered, command.subscription_id).await?;
    check_providers(&tx, &command.items).await?;
    let order = Order {
        id: ctx.ids.next(),
        tenant_id: entered.tenant.id,
        subscription_id: command.subscription_id,
        partner_id: entered.tenant.partner_id,
        external_reference: command.external_reference,
        completion: command.completion,
        ordered_at: entered.now,
        cancellation: None,
    };
    let items = kept(ctx, &entered, (command.items, &command.survey, command.on_refusal))?;
    if command.intent == Intent::OnlyAsk {
        let items = items.into_iter().map(|it| StoredItem { item: it.item, version: 0 }).collect();
        return view(&tx, &entered, Stored { order, version: 0, items }).await;
    }
    let by = Actor::from(&call.principal);
    let stored = place_order(ctx, &tx, &entered, &by, (order, items)).await?;

    close(call, tx, &entered, stored).await
}

/// The items after preflight, with those that it refused unless the whole order is refused then.
pub(super) fn kept(
    ctx: &Context,
    entered: &Entered,
    (new, survey, on_refusal): (Vec<NewItem>, &SurveyFacts, OnRefusal),
) -> Result<Vec<OrderedItem>, Problem> {
    let mut items = Vec::with_capacity(new.len());
    for (new, number) in new.into_iter().zip(1_u32..) {
        let item = ordered(ctx, entered, survey, (new, number))?;
        if on_refusal == OnRefusal::RefuseOrder {
            refuse(&item.item)?;
        }
        items.push(item);
    }
    Ok(items)
}

fn ordered(
    ctx: &Context,
    entered: &Entered,
    survey: &SurveyFacts,
    (new, number): (NewItem, u32),
) -> Result<OrderedItem, Problem> {
    let mut spec = new.spec;
    if spec.tenant_reference.is_empty() {
        spec.tenant_reference = entered.tenant.id.to_string();
    }
    // None named and none known by the name of the service: placing finds one that offers it.
    let provider_id = new.provider_id.unwrap_or_else(|| ProviderId::of_code(spec.service.as_str()));
    let facts = survey.about(&spec, new.consent.as_ref(), &entered.tenant.profile);
    let pack = pack_in_force(ctx, entered);
    let checked = check(ctx, pack.as_deref(), facts, entered)?;
    let refusal = checked.as_ref().and_then(|checked| checked.refusal.clone());
    let (preflight, judged) = checked.map(|it| (it.preflight, it.judged)).unzip();
    let state = match refusal {
        Some(cause) => ItemState::Refused { cause, refused_at: entered.now },
        None => ItemState::PLANNED,
    };
    let item = Item {
        core: new.core,
        depends_on: new.depends_on,
        billing_start: new.billing_start,
        drift_policy: new.drift_policy,
        consent: new.consent,
        preflight,
        state,
        ..Item::planned(ctx.ids.next(), number, provider_id, spec)
    };
    Ok(OrderedItem { item, judged })
}

/// The preflight pack in force: a scheme has one; of several the first by name.
fn pack_in_force(ctx: &Context, entered: &Entered) -> Option<String> {
    let packs = ctx.packs();
    let mut preflights = packs.all_in_force(PackKind::Preflight, entered.now);
    preflights.next().map(|pack| pack.name().to_owned())
}

fn refuse(item: &Item) -> Result<(), Problem> {
    let ItemState::Refused { cause, .. } = &item.state else { return Ok(()) };
    let (number, code) = (item.number, cause.code);
    let text = format!("item `{number}` cannot be set up here: `{code}`");
    Err(Problem::new(Reason::PreflightRefused, text)
        .with("item", number)
        .with("service", item.service())
        .with("reason", code))
}

async fn check_subscription(
    tx: &Tx,
    entered: &Entered,
    id: Option<SubscriptionId>,
) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    match subscriptions::get(tx, entered.tenant.id, id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::not_found(Reason::SubscriptionNotFound, id)),
    }
}

/// Each provider that is named exists, and somebody offers what is left to us.
pub(super) async fn check_providers(tx: &Tx, items: &[NewItem]) -> Result<(), Problem> {
    let all = providers::all(tx).await?;
    for item in items {
        let service = item.spec.service;
        match item.provider_id {
            Some(id) if !all.iter().any(|provider| provider.id == id) => {
                return Err(Problem::not_found(Reason::ProviderNotFound, id));
            }
            None if !all.iter().any(|provider| provider.services.contains(&service)) => {
                let text = format!("no registered provider offers `{}`", item.spec.component);
                return Err(Problem::new(Reason::ComponentNotOffered, text)
                    .with("service", service)
                    .with("component", &item.spec.component));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Every number names another item, and there is an order in which they can be set up.
pub(super) fn check_dependencies(items: &[NewItem]) -> Result<(), Problem> {
    let n_items = u32::try_from(items.len()).unwrap_or(u32::MAX);
    for (item, at) in items.iter().zip(0_u32..) {
        if let Some(wrong) = item.depends_on.iter().find(|of| **of == 0 || **of > n_items) {
            let text = format!("`{wrong}` is not the number of an item of this order");
            return Err(Problem::invalid(format!("items[{at}].depends_on"), text));
        }
    }
    let mut ready: BTreeSet<u32> = BTreeSet::new();
    for _round in items {
        let more = items.iter().zip(1_u32..).filter(|(item, number)| {
            !ready.contains(number) && item.depends_on.iter().all(|of| ready.contains(of))
        });
        let more: Vec<u32> = more.map(|(_, number)| number).collect();
        ready.extend(more);
    }
    if ready.len() == items.len() {
        return Ok(());
    }
    Err(Problem::invalid("items", "wait for each other in a circle: see `depends_on`"))
}

impl SurveyFacts {
    fn about(
        &self,
        spec: &Spec,
        consent: Option<&ThirdPartyConsent>,
        tenant: &CompanyProfile,
    ) -> CompanyFacts {
        let known = company_facts(&self.profile.clone().completed_by(tenant));
        let quantity = i64::from(spec.quantity);
        CompanyFacts {
            service: Some(spec.service),
            endpoints_wanted: (spec.service == Service::Edr).then_some(quantity),
            diagnosis_of_web: (spec.service == Service::Diagnosis)
                .then(|| spec.component == "diagnosis.web"),
            upstream_device: self.upstream_device,
            internal_servers: self.internal_servers,
            visit_accepted: self.visit_accepted,
            website_is_built: self.website_is_built,
            domain_shared: self.domain_shared.or(known.domain_shared),
            subdomain_work_needed: self.subdomain_work_needed,
            site_vendor_cooperates: self.subdomain_work_accepted,
            consent_valid_until: consent.map(|consent| consent.valid_within.end()),
            ..known
        }
    }
}
