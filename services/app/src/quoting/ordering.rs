//! What an accepted quote orders: one order, with one item for each service of the bundle.

use tasuki_core::actor::Actor;
use tasuki_core::catalog::{CompanyProfile, Quantity, SelectedItem};
use tasuki_core::decision::{Decision, Outcome, PackKind};
use tasuki_core::id::{ItemId, OrderId, ProviderId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::spec::Spec;
use tasuki_core::provisioning::state::ItemState;
use tasuki_core::provisioning::{BillingStart, Cause, CompletionPolicy, Item, Order, ReasonCode};
use tasuki_core::quote::Quote;
use tasuki_core::subscription::{SubscribedItem, Subscription};
use tasuki_policies::FactSet;
use tasuki_policies::facts::CompanyFacts;
use tasuki_pricing::rate_card::{Plan, RateCard};
use tasuki_store::Tx;

use super::facts::about;
use crate::access::Entered;
use crate::call::Call;
use crate::context::Context;
use crate::provisioning::{OrderedItem, check_preflight, place_order};

/// Orders the set-up of every service of a new subscription.
pub(super) async fn place_orders(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    entered: &Entered,
    (quote, subscription, card): (&Quote, &Subscription, &RateCard),
) -> Result<Vec<OrderId>, Problem> {
    let order = Order {
        id: ctx.ids.next(),
        tenant_id: entered.tenant.id,
        subscription_id: Some(subscription.id),
        partner_id: quote.partner_id,
        external_reference: String::new(),
        // Each service of a bundle helps by itself: one that cannot be set up holds up no other.
        completion: CompletionPolicy::Any,
        ordered_at: entered.now,
        cancellation: None,
    };
    // What the tenant told since, or told somebody else, is known as well.
    let profile = quote.profile.clone().completed_by(&entered.tenant.profile);
    let mut items = Vec::new();
    for (at, subscribed) in subscription.items.iter().enumerate() {
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        let bundle = (card, &profile);
        items.push(item(ctx, entered, bundle, (number, subscribed))?);
    }
    let stored =
        place_order(ctx, tx, entered, &Actor::from(&call.principal), (order, items)).await?;
    Ok(vec![stored.order.id])
}

/// Orders the set-up of services that were added to a running subscription, or came back to it.
pub(crate) async fn place_added(
    ctx: &Context,
    tx: &Tx,
    by: &Actor,
    entered: &Entered,
    (subscription, card, added): (&Subscription, &RateCard, &[SubscribedItem]),
) -> Result<OrderId, Problem> {
    let order = Order {
        id: ctx.ids.next(),
        tenant_id: entered.tenant.id,
        subscription_id: Some(subscription.id),
        partner_id: subscription.partner_id,
        external_reference: String::new(),
        completion: CompletionPolicy::Any,
        ordered_at: entered.now,
        cancellation: None,
    };
    let bundle = (card, &entered.tenant.profile);
    let items = (1_u32..)
        .zip(added)
        .map(|(number, subscribed)| item(ctx, entered, bundle, (number, subscribed)))
        .collect::<Result<Vec<_>, _>>()?;
    let stored = place_order(ctx, tx, entered, by, (order, items)).await?;
    Ok(stored.order.id)
}

/// What the packs say of services that would be added now; nothing of it is recorded.
pub(crate) fn judge_added(
    ctx: &Context,
    by: &Actor,
    entered: &Entered,
    (card, added): (&RateCard, &[SubscribedItem]),
) -> Result<Vec<Decision>, Problem> {
    let bundle = (card, &entered.tenant.profile);
    let mut decisions = Vec::new();
    for (number, subscribed) in (1_u32..).zip(added) {
        let ordered = item(ctx, entered, bundle, (number, subscribed))?;
        let judged = ordered.judged;
        decisions
            .extend(judged.map(|it| it.into_decision(subscribed.item_id.to_string(), by, entered)));
    }
    Ok(decisions)
}

fn item(
    ctx: &Context,
    entered: &Entered,
    (card, profile): (&RateCard, &CompanyProfile),
    (number, subscribed): (u32, &SubscribedItem),
) -> Result<OrderedItem, Problem> {
    let selected = subscribed.latest();
    let plan = selected.plan.as_deref().and_then(|code| card.plan(code)).ok_or_else(|| {
        Problem::internal(format!("`{}` was quoted without a plan", selected.service))
    })?;
    let facts = about(profile, selected, plan.tier == "web");
    let never = refused_for_good(ctx, card, facts.clone(), entered);
    let checked = check_preflight(ctx, card.packs.as_deref(), facts, entered)?;
    let refusal = never.or_else(|| checked.as_ref().and_then(|checked| checked.refusal.clone()));
    let state = match refusal {
        Some(cause) => ItemState::Refused { cause, refused_at: entered.now },
        None => ItemState::PLANNED,
    };
    let (preflight, judged) = checked.map(|checked| (checked.preflight, checked.judged)).unzip();
    let spec = spec(entered, plan, (selected, profile));
    let item = new_item(subscribed.item_id, number, plan, (spec, state));
    Ok(OrderedItem { item: Item { preflight, ..item }, judged })
}

/// Why the company may not have the service at all, if that is so. The quote keeps the record of the
/// same question about what was known then; here it decides.
fn refused_for_good(
    ctx: &Context,
    card: &RateCard,
    facts: CompanyFacts,
    entered: &Entered,
) -> Option<Cause> {
    let pack = card
        .packs
        .as_deref()
        .and_then(|name| ctx.packs().in_force(PackKind::Eligibility, name, entered.now))?;
    let evaluation = pack.evaluate(&FactSet::at(entered.now).with_company(facts));
    let mut failed = evaluation.findings.iter().filter(|of| of.outcome == Outcome::NotSatisfied);
    // A finding that is no reason for an order to fail, such as too few endpoints, is only told.
    failed.find_map(|finding| {
        let code: ReasonCode = finding.code.parse().ok()?;
        Some(Cause::new(code, finding.message.ja.clone()))
    })
}

fn new_item(id: ItemId, number: u32, plan: &Plan, (spec, state): (Spec, ItemState)) -> Item {
    Item {
        id,
        number,
        provider_id: ProviderId::of_code(&plan.provider),
        spec,
        generation: 1,
        core: true,
        depends_on: Vec::new(),
        billing_start: BillingStart::OnActive,
        preflight: None,
        state,
        steps_behind: 0,
        last_step: None,
        n_attempts: 0,
        in_doubt: false,
        last_error: String::new(),
        visit: None,
        consent: None,
        device: None,
        endpoints: None,
        observed_spec_hash: String::new(),
        observed_at: None,
        observed_generation: 0,
        drift_policy: tasuki_core::provisioning::DriftPolicy::Report,
        accepted_spec_hash: String::new(),
    }
}

/// What the provider is asked to set up. The tenant is named by a pseudonym: its id.
fn spec(
    entered: &Entered,
    plan: &Plan,
    (selected, profile): (&SelectedItem, &CompanyProfile),
) -> Spec {
    let nothing_yet = Spec {
        tenant_reference: entered.tenant.id.to_string(),
        region: profile.prefecture().unwrap_or_default().to_owned(),
        ..Spec::of(plan.service, String::new())
    };
    sized(nothing_yet, plan, selected)
}

/// What the provider is asked for when the same service is chosen in that plan and number.
pub(crate) fn sized(spec: Spec, plan: &Plan, selected: &SelectedItem) -> Spec {
    let component = if plan.component.is_empty() {
        Spec::default_component(plan.service).to_owned()
    } else {
        plan.component.clone()
    };
    let quantity = selected
        .endpoints
        .or_else(|| {
            selected.quantity.and_then(Quantity::as_whole).and_then(|n| u32::try_from(n).ok())
        })
        .unwrap_or(1)
        .max(1);
    Spec { component, plan: plan.plan.clone(), quantity, ..spec }
}
