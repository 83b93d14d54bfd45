//! Ten firms of the pilot, each with its own story, at a provider that dies in between.

use std::sync::Arc;

use tasuki_app::provisioning;
use tasuki_core::id::{OrderId, TenantId};
use tasuki_core::provisioning::CompletionPolicy;
use tasuki_core::service::Service;
use tasuki_partners::provider::GrpcProviders;

use crate::reference_provider::Provider;
use crate::scene::{Scheme, at, operator, schemes};
use crate::stage::{START, advance, move_providers, only, wanted, worker};

const FIRMS: [(Service, &str, &str); 10] = [
    (Service::Utm, "utm", "behaviour: normal, active_after_days: 6"),
    (Service::Utm, "utm", "behaviour: fails_once, active_after_days: 2"),
    (Service::Utm, "utm", "behaviour: outcome_unknown_once, active_after_days: 2"),
    (Service::Utm, "utm", "behaviour: existing_device_on_site, active_after_days: 5"),
    (Service::Utm, "utm", "behaviour: visit_never_scheduled"),
    (
        Service::Utm,
        "utm",
        "behaviour: internet_lost_after_install, active_after_days: 4, removed_after_days: 3, \
         reason: UPSTREAM_CONFLICT",
    ),
    (Service::CloudWaf, "cloud_waf", "behaviour: customer_rolls_back, active_after_days: 3"),
    (Service::CloudWaf, "cloud_waf", "behaviour: customer_never_acts"),
    (Service::Edr, "edr", "behaviour: normal, active_after_days: 3, installed: 5, reporting: 4"),
    (Service::Diagnosis, "diagnosis.web", "behaviour: customer_never_acts, withholds: information"),
];

fn scenario(tenants: &[TenantId]) -> String {
    let lines = FIRMS.iter().zip(tenants).map(|((_, component, course), tenant)| {
        format!("- {{ tenant_reference: {tenant}, component: {component}, {course} }}\n")
    });
    format!("instances:\n{}", lines.collect::<String>())
}

/// What became of a firm, told by outcome, reason, and when it was live and stopped.
async fn story(scheme: &Scheme, (tenant, id): (TenantId, OrderId)) -> String {
    let view = provisioning::get_order(&scheme.ctx, &operator(), tenant, id).await.unwrap();
    let item = only(&view);
    let reason = item.state.cause().map_or("-", |cause| cause.code.as_str());
    let active = item.state.service().map(|service| service.active_at.to_string());
    let stopped = item.state.stopped_at().map(|stopped| stopped.to_string());
    format!(
        "{} {:?} {reason} active {} stopped {}",
        item.spec.component,
        item.outcome(),
        active.unwrap_or_else(|| "-".to_owned()),
        stopped.unwrap_or_else(|| "-".to_owned()),
    )
}

/// The stories, and how many instances the provider has in the end.
async fn play(scheme: &Scheme, switches: &[&str]) -> (Vec<String>, usize) {
    let mut tenants = Vec::new();
    for n in 1..=10 {
        tenants.push(scheme.tenant(n, START).await);
    }
    let mut provider = Provider::start(&scenario(&tenants), switches);
    move_providers(&scheme.ctx, &provider.endpoint()).await;
    let worker = worker(&scheme.ctx, Arc::new(GrpcProviders::new()));
    let mut orders = Vec::new();
    for (tenant, (service, ..)) in tenants.iter().zip(FIRMS) {
        let command = wanted(&[service], CompletionPolicy::Any);
        let view = provisioning::create_order(&scheme.ctx, &operator(), *tenant, command).await;
        orders.push((*tenant, view.unwrap().stored.order.id));
    }
    for tenant in &tenants {
        advance(&worker, *tenant, "2020-10-03T00:00:00Z").await;
    }
    provider.kill();
    provider.restart();
    for tenant in &tenants {
        advance(&worker, *tenant, "2020-12-20T00:00:00Z").await;
    }

    let mut stories = Vec::new();
    for order in orders {
        stories.push(story(scheme, order).await);
    }
    (stories, provider.instances(at("2020-12-20T00:00:00Z")).await.len())
}

#[tokio::test]
async fn ten_firms_end_as_the_pilot_tells() {
    for scheme in schemes().await {
        let (stories, n_present) = play(&scheme, &[]).await;
        insta::assert_snapshot!("ten_firms", stories.join("\n"));
        assert_eq!(n_present, 4, "{}: what is live and nothing else", scheme.name);
    }
}

#[tokio::test]
async fn a_provider_that_fails_every_third_call_and_loses_answers_tells_the_same_end() {
    for scheme in schemes().await {
        let faults = ["--fail-rate", "30", "--time-out-after-effect"];
        let (stories, n_present) = play(&scheme, &faults).await;
        // Times differ with every failed call; outcomes and reasons do not.
        let ends: Vec<&str> = stories
            .iter()
            .map(|story| story.split(" active ").next().unwrap_or_default())
            .collect();
        insta::assert_snapshot!("ten_firms_with_faults", ends.join("\n"));
        assert_eq!(n_present, 4, "{}: nothing is left over or doubled", scheme.name);
    }
}
