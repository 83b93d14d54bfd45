//! What a tenant was known to be: taken over by quotes and orders that do not say otherwise.
#![expect(clippy::indexing_slicing, reason = "test")]

use tasuki_app::governing::{TenantChange, get_tenant, update_tenant};
use tasuki_app::provisioning::{
    CreateOrder, Intent as OrderIntent, NewItem, OnRefusal, OrderView, SurveyFacts, create_order,
    get_order,
};
use tasuki_app::quoting::{NewQuote, accept_quote};
use tasuki_core::catalog::{CompanyProfile, EndpointCounts, ProfileSite, SelectedItem};
use tasuki_core::id::TenantId;
use tasuki_core::provisioning::{BillingStart, CompletionPolicy, ItemState, Spec};
use tasuki_core::service::Service;
use tasuki_store::decisions;

use super::scene::{Scheme, company, operator, schemes, wanting};
use super::{accept_of, quoted};

const NOW: &str = "2021-04-01T01:00:00Z";

/// A company of figure 2 with everything that a salesperson asks.
fn known() -> CompanyProfile {
    let site = ProfileSite {
        code: "head-office".to_owned(),
        name: "本社".to_owned(),
        prefecture: Some("47".to_owned()),
        remote_island: Some(true),
    };
    CompanyProfile { sites: vec![site], ..company([true, true, false], 30_000) }
}

async fn learn(scheme: &Scheme, tenant: TenantId, profile: CompanyProfile) {
    let etag = get_tenant(&scheme.ctx, &operator(), tenant).await.unwrap().etag();
    let change = TenantChange {
        tenant_id: tenant,
        etag,
        name: None,
        name_en: None,
        profile: Some(profile),
        partner_reference: None,
    };
    update_tenant(&scheme.ctx, &operator(), change).await.unwrap();
}

fn refusals(view: &OrderView) -> Vec<&'static str> {
    let states = view.stored.items.iter().map(|it| &it.item.state);
    states
        .filter_map(|state| {
            if let ItemState::Refused { cause, .. } = state {
                Some(cause.code.as_str())
            } else {
                None
            }
        })
        .collect()
}

/// The facts of the preflight of the first item.
async fn facts(scheme: &Scheme, view: &OrderView) -> serde_json::Value {
    let tx = scheme.ctx.store.begin_read().await.unwrap();
    let preflight = view.stored.items[0].item.preflight.as_ref().unwrap();
    let decision = decisions::get(&tx, preflight.decision_id.unwrap()).await.unwrap().unwrap();
    decision.facts["company"].clone()
}

#[tokio::test]
async fn a_quote_without_a_profile_is_made_for_what_is_known_of_the_tenant() {
    use Service::{CloudWaf, Diagnosis, Edr, Utm};
    for scheme in schemes().await {
        let tenant = scheme.tenant_with(1, NOW, known()).await;
        let view = quoted(&scheme, wanting(tenant, vec![])).await;
        assert_eq!(view.quote.profile, known(), "{}", scheme.name);
        let priced = &view.quote.offer.priced;
        let services: Vec<_> = priced.selection.iter().map(|item| item.service).collect();
        assert_eq!(services, [Utm, Edr, CloudWaf, Diagnosis], "as for company B of figure 2");
        assert!(priced.budget.is_some(), "the budget is known as well");
    }
}

#[tokio::test]
async fn what_the_request_says_wins_and_the_tenant_completes_it() {
    for scheme in schemes().await {
        let tenant = scheme.tenant_with(1, NOW, known()).await;
        let windows = EndpointCounts { windows: Some(7), ..EndpointCounts::default() };
        let said = CompanyProfile {
            has_utm: Some(true),
            endpoints: Some(windows),
            ..CompanyProfile::default()
        };
        let new = NewQuote { profile: Some(said), ..wanting(tenant, vec![]) };
        let profile = quoted(&scheme, new).await.quote.profile;
        assert_eq!((profile.has_utm, profile.has_antivirus), (Some(true), Some(true)));
        let endpoints = profile.endpoints.unwrap();
        assert_eq!((endpoints.windows, endpoints.mac), (Some(7), Some(0)), "{}", scheme.name);
        assert_eq!(profile.sites, known().sites);
    }
}

#[tokio::test]
async fn the_prefecture_of_the_request_chooses_the_rate_card() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, NOW).await;
        let mut site = known().sites.remove(0);
        site.prefecture = Some("43".to_owned());
        let said = CompanyProfile { sites: vec![site], ..CompanyProfile::default() };
        let utm = vec![SelectedItem::of(Service::Utm)];
        let new = NewQuote {
            partner_id: Some(tasuki_core::id::PartnerId::of_code("elsewhere")),
            profile: Some(said),
            ..wanting(tenant, utm)
        };
        let view = quoted(&scheme, new).await;
        assert_eq!(view.quote.offer.priced.rate_card.code, "kumamoto", "{}", scheme.name);
    }
}

#[tokio::test]
async fn an_accepted_quote_is_checked_against_everything_known_by_then() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, NOW).await;
        let utm = wanting(tenant, vec![SelectedItem::of(Service::Utm)]);
        let first = quoted(&scheme, utm.clone()).await;
        let second = quoted(&scheme, utm).await;
        assert_eq!(first.quote.profile.has_utm, None);
        let order = async |view| {
            let accepted = accept_quote(&scheme.ctx, &operator(), tenant, accept_of(view)).await;
            let id = accepted.unwrap().order_ids[0];
            get_order(&scheme.ctx, &operator(), tenant, id).await.unwrap()
        };

        let ordered = order(&first).await;
        assert!(refusals(&ordered).is_empty(), "{}: nobody knows", scheme.name);
        learn(&scheme, tenant, CompanyProfile { has_utm: Some(true), ..known() }).await;
        let ordered = order(&second).await;
        assert_eq!(refusals(&ordered), ["EXISTING_UTM_FOUND_ON_SITE"], "{}", scheme.name);
        let facts = facts(&scheme, &ordered).await;
        assert_eq!(facts["has_utm"], true, "the record says what it was decided on: {facts}");
        assert_eq!(facts["remote_island"], false, "the quote's sites win over those told later");
    }
}

#[tokio::test]
async fn an_order_without_a_survey_is_checked_against_what_is_known_of_the_tenant() {
    for scheme in schemes().await {
        let with_utm = CompanyProfile { has_utm: Some(true), ..known() };
        let tenant = scheme.tenant_with(1, NOW, with_utm).await;
        let order = async |survey: CompanyProfile| {
            let item = NewItem {
                spec: Spec::of(Service::Utm, "utm"),
                provider_id: None,
                core: true,
                depends_on: Vec::new(),
                billing_start: BillingStart::OnActive,
                drift_policy: tasuki_core::provisioning::DriftPolicy::Report,
                consent: None,
            };
            let command = CreateOrder {
                subscription_id: None,
                external_reference: String::new(),
                items: vec![item],
                survey: SurveyFacts { profile: survey, ..SurveyFacts::default() },
                completion: CompletionPolicy::All,
                on_refusal: OnRefusal::KeepItem,
                intent: OrderIntent::Do,
            };
            create_order(&scheme.ctx, &operator(), tenant, command).await.unwrap()
        };
        let refused = order(CompanyProfile::default()).await;
        assert_eq!(refusals(&refused), ["EXISTING_UTM_FOUND_ON_SITE"], "{}", scheme.name);
        let gone = CompanyProfile { has_utm: Some(false), ..CompanyProfile::default() };
        let placed = order(gone).await;
        assert!(refusals(&placed).is_empty(), "{}: the survey is newer", scheme.name);
        assert_eq!(facts(&scheme, &placed).await["remote_island"], true, "the rest is completed");
    }
}
