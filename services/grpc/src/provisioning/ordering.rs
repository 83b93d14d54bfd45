//! Orders without a quote: the message into a command.

use tasuki_app::provisioning::{CreateOrder, Intent, NewItem, OnRefusal, SurveyFacts};
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{BillingStart, CompletionPolicy, DriftPolicy, Spec};
use tasuki_proto::catalog::v1::BillingStart as ProtoStart;
use tasuki_proto::provisioning::v1 as proto;

use super::{commands, words};
use crate::{fields, profiles};

/// The order, and for whom; nobody when preflight is asked about a company that is no customer yet.
pub(super) fn ordered(
    message: proto::CreateOrderRequest,
) -> Result<(Option<TenantId>, CreateOrder), Problem> {
    let tenant = fields::optional_id("tenant_id", &message.tenant_id)?;
    if tenant.is_none() && !message.validate_only {
        return Err(Problem::invalid("tenant_id", "is required, except with `validate_only`"));
    }
    let is_described = message.survey.as_ref().is_some_and(|survey| survey.profile.is_some());
    if tenant.is_none() && !is_described {
        let text = "is required without a tenant: nothing else is known about the company";
        return Err(Problem::invalid("survey.profile", text));
    }
    let policy = words::completion_from(message.completion_policy());
    let items = message.items.into_iter().enumerate();
    let command = CreateOrder {
        subscription_id: fields::optional_id("subscription_id", &message.subscription_id)?,
        external_reference: message.external_reference,
        items: items.map(|(at, new)| item(at, new)).collect::<Result<_, _>>()?,
        survey: message.survey.map(survey).transpose()?.unwrap_or_default(),
        completion: policy.unwrap_or(CompletionPolicy::All),
        on_refusal: if message.keep_refused { OnRefusal::KeepItem } else { OnRefusal::RefuseOrder },
        intent: if message.validate_only { Intent::OnlyAsk } else { Intent::Do },
    };
    Ok((tenant, command))
}

/// The order as it would be: it has no ids.
pub(super) fn without_ids(order: &mut proto::Order, tenant: Option<TenantId>) {
    if tenant.is_none() {
        order.tenant_id.clear();
        order.partner_id.clear();
        for spec in order.items.iter_mut().filter_map(|item| item.spec.as_mut()) {
            spec.tenant_reference.clear();
        }
    }
    order.id.clear();
    order.etag.clear();
    for item in &mut order.items {
        item.id.clear();
        item.order_id.clear();
        item.instance_id.clear();
        item.etag.clear();
        if let Some(explanation) =
            item.preflight.as_mut().and_then(|preflight| preflight.explanation.as_mut())
        {
            explanation.decision_id.clear();
        }
    }
}

fn item(at: usize, new: proto::NewItem) -> Result<NewItem, Problem> {
    let field = |name: &str| format!("items[{at}].{name}");
    let adds = matches!(new.action(), proto::ItemAction::Unspecified | proto::ItemAction::Add);
    if !adds || !new.instance_id.is_empty() {
        let text = "only `ITEM_ACTION_ADD` is served by this version";
        return Err(Problem::invalid(field("action"), text));
    }
    let drift_policy = match new.drift_policy() {
        proto::DriftPolicy::Unspecified | proto::DriftPolicy::Report => DriftPolicy::Report,
        proto::DriftPolicy::Repair => DriftPolicy::Repair,
        proto::DriftPolicy::Accept => DriftPolicy::Accept,
    };
    let spec = new.spec.ok_or_else(|| Problem::invalid(field("spec"), "is required"))?;
    let depends_on = new.depends_on.iter().map(|number| u32::try_from(*number).unwrap_or(0));
    Ok(NewItem {
        spec: self::spec(&field("spec"), spec)?,
        provider_id: fields::optional_id(&field("provider_id"), &new.provider_id)?,
        core: new.core,
        depends_on: depends_on.collect(),
        drift_policy,
        billing_start: billing_start(&field("billing_start"), new.billing_start)?,
        consent: new.consent.map(commands::consent).transpose()?,
    })
}

fn spec(field: &str, spec: proto::InstanceSpec) -> Result<Spec, Problem> {
    Ok(Spec {
        service: fields::service(&format!("{field}.service"), spec.service)?,
        component: spec.component,
        plan: spec.plan,
        plan_version: spec.plan_version,
        quantity: u32::try_from(spec.quantity)
            .map_err(|_| Problem::invalid(format!("{field}.quantity"), "is too large"))?,
        parameters: spec.parameters.into_iter().collect(),
        tenant_reference: spec.tenant_reference,
        region: spec.region,
    })
}

fn billing_start(
    field: &str,
    policy: Option<proto::BillingStartPolicy>,
) -> Result<BillingStart, Problem> {
    let Some(policy) = policy else { return Ok(BillingStart::OnActive) };
    match policy.start() {
        ProtoStart::Unspecified | ProtoStart::OnActive => Ok(BillingStart::OnActive),
        ProtoStart::OnOrder => Ok(BillingStart::OnOrder),
        ProtoStart::OnActiveOrAfterDays => match u16::try_from(policy.n_days) {
            Ok(n_days) if n_days > 0 => Ok(BillingStart::OnActiveOrAfterDays { n_days }),
            Ok(_) | Err(_) => Err(Problem::invalid(format!("{field}.n_days"), "must be 1 to 366")),
        },
    }
}

fn survey(survey: proto::Survey) -> Result<SurveyFacts, Problem> {
    let profile = survey.profile.map(|of| profiles::from_proto("survey.profile", of));
    Ok(SurveyFacts {
        profile: profile.transpose()?.unwrap_or_default(),
        upstream_device: survey.has_upstream_device,
        internal_servers: survey.has_internal_servers,
        visit_accepted: survey.visit_accepted,
        website_is_built: None,
        domain_shared: survey.domain_is_shared,
        subdomain_work_needed: survey.needs_subdomain_work,
        subdomain_work_accepted: survey.subdomain_work_accepted,
    })
}
