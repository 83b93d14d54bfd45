//! Orders, items, their history and the funnel as messages.

use tasuki_app::provisioning::OrderView;
use tasuki_core::provisioning::billing::BillingStart;
use tasuki_core::provisioning::customer::{CustomerRequest, CustomerStep};
use tasuki_core::provisioning::funnel::FunnelCounts;
use tasuki_core::provisioning::order::{Cancellation, Order};
use tasuki_core::provisioning::spec::{Device, DnsRecord, EndpointCounts, Spec};
use tasuki_core::provisioning::{
    DriftPolicy, Item, Preflight, PreflightFinding, StepRecord, ThirdPartyConsent, Transition,
};
use tasuki_core::service::Service;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_proto::catalog::v1::BillingStart as ProtoStart;
use tasuki_proto::provisioning::v1 as proto;
use tasuki_proto::types::v1::Explanation;

use super::words;
use crate::actors::actor;
use crate::explain;
use crate::words as shared;

/// An order as a use case gives it.
pub(crate) fn view(view: &OrderView) -> proto::Order {
    let stored = &view.stored;
    let histories: Vec<Vec<Transition>> = stored
        .items
        .iter()
        .map(|of| {
            let changes = view.history.iter().filter(|change| change.item_id == of.item.id);
            changes.map(|change| change.transition.clone()).collect()
        })
        .collect();
    let told: Vec<Told<'_>> = stored
        .items
        .iter()
        .zip(&histories)
        .map(|(of, transitions)| Told { item: &of.item, transitions, version: of.version })
        .collect();
    let seen = Seen { now: view.now, zone: &view.zone, version: stored.version };
    order(&stored.order, &told, seen)
}

/// An item with its history, the oldest change first, and the version of its row.
#[derive(Debug, Clone, Copy)]
struct Told<'a> {
    item: &'a Item,
    transitions: &'a [Transition],
    version: i64,
}

/// Where and when an order is looked at.
#[derive(Debug, Clone, Copy)]
struct Seen<'a> {
    now: Timestamp,
    zone: &'a Zone,
    version: i64,
}

fn order(order: &Order, told: &[Told<'_>], seen: Seen<'_>) -> proto::Order {
    let items: Vec<Item> = told.iter().map(|told| told.item.clone()).collect();
    let state = order.state(&items);
    let ended = told
        .iter()
        .filter_map(|told| told.transitions.last())
        .map(|last| last.changed_at)
        .max()
        .filter(|_| state.is_final());
    proto::Order {
        id: order.id.to_string(),
        tenant_id: order.tenant_id.to_string(),
        subscription_id: order.subscription_id.map(|id| id.to_string()).unwrap_or_default(),
        partner_id: order.partner_id.to_string(),
        external_reference: order.external_reference.clone(),
        state: words::order_state(state).into(),
        completion_policy: words::completion(order.completion).into(),
        items: told.iter().map(|told| item(order, *told, seen)).collect(),
        survey: None,
        ordered_at: Some(shared::timestamp(order.ordered_at)),
        ended_at: ended.map(shared::timestamp),
        cancellation: order.cancellation.as_ref().map(cancellation),
        etag: format!("v{}", seen.version),
    }
}

fn cancellation(cancellation: &Cancellation) -> proto::Cancellation {
    proto::Cancellation {
        requested_at: Some(shared::timestamp(cancellation.requested_at)),
        requested_by: Some(actor(&cancellation.requested_by)),
        reason: words::reason(cancellation.cause.code).into(),
        note: cancellation.cause.note.clone(),
        past_return_item_ids: Vec::new(),
    }
}

fn item(order: &Order, told: Told<'_>, seen: Seen<'_>) -> proto::OrderItem {
    let Told { item, transitions, version } = told;
    let cause = item.state.cause();
    let service = item.state.service();
    // A span that cannot be computed is beyond the calendar: nothing is billed there.
    let billed = item.billed(order.ordered_at, seen.now, seen.zone).ok().flatten();
    let covered = item.covered();
    proto::OrderItem {
        id: item.id.to_string(),
        number: small(item.number),
        action: proto::ItemAction::Add.into(),
        provider_id: item.provider_id.to_string(),
        instance_id: item.id.to_string(),
        spec: Some(spec(&item.spec)),
        spec_hash: item.spec.hash(),
        generation: item.generation.into(),
        core: item.core,
        depends_on: item.depends_on.iter().map(|number| small(*number)).collect(),
        state: words::item_state(state_word(item)).into(),
        outcome: words::outcome(item.outcome()).into(),
        steps: steps(item),
        preflight: item.preflight.as_ref().map(|it| preflight(item.service(), it)),
        customer_step: item.last_step.as_ref().map(customer_step),
        reason: cause.map(|cause| words::reason(cause.code).into()).unwrap_or_default(),
        reason_text: cause.map(|cause| shared::text(&cause.code.label())),
        next_step: cause.map(|cause| shared::text(&cause.code.next_step())),
        operation_id: item.state.operation_id().unwrap_or_default().to_owned(),
        n_attempts: small(item.n_attempts),
        last_error: item.last_error.clone(),
        billing_start: Some(billing_start(item.billing_start)),
        billing_starts_at: billed.map(|span| shared::timestamp(span.starts_at)),
        billing_ends_at: billed.and_then(|span| span.ends_at).map(shared::timestamp),
        cover_starts_at: covered.map(|(from, _)| shared::timestamp(from)),
        cover_ends_at: covered.and_then(|(_, until)| until).map(shared::timestamp),
        evidence_id: service.map(|service| service.evidence.id.clone()).unwrap_or_default(),
        installed_at: service.map(|service| shared::timestamp(service.installed_at)),
        activated_at: service.map(|service| shared::timestamp(service.active_at)),
        visit: item.visit.map(shared::period),
        device: item.device.as_ref().map(device),
        endpoints: item.endpoints.map(endpoints),
        consent: item.consent.as_ref().map(consent),
        drift_policy: match item.drift_policy {
            DriftPolicy::Report => proto::DriftPolicy::Report,
            DriftPolicy::Repair => proto::DriftPolicy::Repair,
            DriftPolicy::Accept => proto::DriftPolicy::Accept,
        }
        .into(),
        observed_spec_hash: item.observed_spec_hash.clone(),
        observed_at: item.observed_at.map(shared::timestamp),
        transitions: transitions.iter().enumerate().map(|(at, it)| transition(at, it)).collect(),
        etag: format!("v{version}"),
        order_id: order.id.to_string(),
        ..proto::OrderItem::default()
    }
}

/// What runs and is not as ordered is told apart.
fn state_word(item: &Item) -> &'static str {
    if item.has_drifted() { "drifted" } else { item.state.as_str() }
}

fn steps(item: &Item) -> Vec<proto::ItemStep> {
    item.steps()
        .into_iter()
        .map(|(kind, state)| proto::ItemStep {
            kind: words::step_kind(kind).into(),
            state: words::step_state(state).into(),
            ..proto::ItemStep::default()
        })
        .collect()
}

pub(crate) fn transition(at: usize, transition: &Transition) -> proto::ItemTransition {
    let cause = transition.cause.as_ref();
    proto::ItemTransition {
        sequence: i32::try_from(at).unwrap_or(i32::MAX).saturating_add(1),
        from: words::item_state(&transition.from).into(),
        to: words::item_state(&transition.to).into(),
        changed_at: Some(shared::timestamp(transition.changed_at)),
        reason: cause.map(|cause| words::reason(cause.code).into()).unwrap_or_default(),
        changed_by: Some(actor(&transition.changed_by)),
        cause: transition.event.clone(),
        note: transition.note.clone(),
        generation: transition.generation.into(),
        evidence_id: transition.evidence_id.clone(),
    }
}

fn preflight(service: Service, preflight: &Preflight) -> proto::Preflight {
    proto::Preflight {
        explanation: Some(Explanation {
            decision_id: preflight.decision_id.map(|id| id.to_string()).unwrap_or_default(),
            outcome: explain::outcome(preflight.outcome).into(),
            ..Explanation::default()
        }),
        findings: preflight.findings.iter().map(|it| finding(service, it)).collect(),
        custom_work_permille: preflight.custom_work_permille.into(),
        sized_as: preflight.sized_as.clone(),
    }
}

fn finding(service: Service, finding: &PreflightFinding) -> proto::PreflightFinding {
    proto::PreflightFinding {
        service: shared::service(service).into(),
        weight: words::weight(finding.weight).into(),
        reason: finding.reason.map(|code| words::reason(code).into()).unwrap_or_default(),
        message: Some(shared::text(&finding.message)),
        next_step: finding.next_step.as_ref().map(shared::text),
        settled_by: finding
            .settled_by
            .map(|kind| words::action_kind(kind).into())
            .unwrap_or_default(),
    }
}

fn customer_step(record: &StepRecord) -> proto::CustomerStep {
    let CustomerStep { request, asked_at, remind_at, n_reminded, escalate_at, expires_at, .. } =
        &record.step;
    proto::CustomerStep {
        action: Some(customer_action(request)),
        state: words::step_outcome(record.state).into(),
        asked_at: Some(shared::timestamp(*asked_at)),
        remind_at: remind_at.iter().map(|at| shared::timestamp(*at)).collect(),
        n_reminded: small(*n_reminded),
        escalate_at: Some(shared::timestamp(*escalate_at)),
        expires_at: Some(shared::timestamp(*expires_at)),
        confirmed_at: record.confirmed_at.map(shared::timestamp),
        confirmed_by: record.confirmed_by.as_ref().map(actor),
    }
}

fn customer_action(request: &CustomerRequest) -> proto::CustomerAction {
    proto::CustomerAction {
        kind: words::action_kind(request.kind).into(),
        instructions: Some(shared::text(&request.instructions)),
        expected_records: request.expected_records.iter().map(dns_record).collect(),
        verify_method: words::verify_method(request.verify).into(),
        url: request.url.clone(),
        possible_from: request.possible_from.map(shared::timestamp),
        possible_until: request.possible_until.map(shared::timestamp),
    }
}

fn dns_record(record: &DnsRecord) -> proto::DnsRecord {
    proto::DnsRecord {
        name: record.name.clone(),
        r#type: record.kind.clone(),
        value: record.value.clone(),
        previous_value: record.previous_value.clone(),
    }
}

pub(super) fn spec(spec: &Spec) -> proto::InstanceSpec {
    proto::InstanceSpec {
        service: shared::service(spec.service).into(),
        component: spec.component.clone(),
        plan: spec.plan.clone(),
        plan_version: spec.plan_version.clone(),
        quantity: spec.quantity.into(),
        parameters: spec.parameters.clone().into_iter().collect(),
        tenant_reference: spec.tenant_reference.clone(),
        region: spec.region.clone(),
    }
}

fn endpoints(counts: EndpointCounts) -> proto::EndpointCounts {
    proto::EndpointCounts {
        n_sent: small(counts.sent),
        n_downloaded: small(counts.downloaded),
        n_installed: small(counts.installed),
        n_reporting: small(counts.reporting),
        n_unsupported: small(counts.unsupported),
        n_removed: small(counts.removed),
    }
}

fn device(device: &Device) -> proto::Device {
    proto::Device {
        serial: device.serial.clone(),
        model: device.model.clone(),
        mode: device.mode.clone(),
        licence: device.licence.clone(),
    }
}

fn consent(consent: &ThirdPartyConsent) -> proto::ThirdPartyConsent {
    proto::ThirdPartyConsent {
        given_by: consent.given_by.clone(),
        scope: consent.scope.clone(),
        valid: Some(shared::period(consent.valid_within)),
        document_reference: consent.document_reference.clone(),
    }
}

fn billing_start(start: BillingStart) -> proto::BillingStartPolicy {
    let (start, n_days) = match start {
        BillingStart::OnOrder => (ProtoStart::OnOrder, 0),
        BillingStart::OnActive => (ProtoStart::OnActive, 0),
        BillingStart::OnActiveOrAfterDays { n_days } => {
            (ProtoStart::OnActiveOrAfterDays, i32::from(n_days))
        }
    };
    proto::BillingStartPolicy { start: start.into(), n_days }
}

/// One row of the funnel: of a service and its component, of one partner or of all.
pub(crate) fn funnel_row(
    (service, component): (Service, &str),
    partner_id: String,
    counts: &FunnelCounts,
) -> proto::FunnelRow {
    let large = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    proto::FunnelRow {
        service: shared::service(service).into(),
        component: component.to_owned(),
        partner_id,
        n_applied: large(counts.applied),
        n_in_progress: large(counts.in_progress),
        n_refused: large(counts.refused),
        n_never_installed: large(counts.never_installed),
        n_removed: large(counts.removed),
        n_active: large(counts.active),
        n_ended: large(counts.ended),
        n_tenants_applied: large(counts.tenants_applied),
        n_tenants_active: large(counts.tenants_active),
        quantity_active: large(counts.quantity_active),
        yield_permyriad: small(counts.yield_permyriad()),
        reasons: counts
            .reasons
            .iter()
            .map(|(code, n)| proto::ReasonCount {
                reason: words::reason(*code).into(),
                text: Some(shared::text(&code.label())),
                n_items: large(*n),
            })
            .collect(),
    }
}

fn small(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
