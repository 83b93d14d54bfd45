//! Providers that are asked whether they answer, changed, and paused; preflight for nobody yet.

use tasuki_app::governing::{ProviderChange, ask_check, get_provider, read_check, update_provider};
use tasuki_app::provisioning::{self, OnRefusal, SurveyFacts};
use tasuki_core::id::ProviderId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    CompletionPolicy, FindingWeight, Item, ItemOutcome, ProviderCheck, ReasonCode,
};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::Provider;
use tasuki_store::outbox::{self, Filter, Whose};
use tasuki_worker::run_due_jobs;

use crate::scene::{company, operator, partner};
use crate::stage::{Stage, ids, only, stages, wanted};

async fn provider_of(stage: &Stage, service: Service) -> Provider {
    let all = tasuki_app::governing::list_providers(stage.ctx(), &operator()).await.unwrap();
    all.into_iter().find(|it| it.services.contains(&service)).unwrap()
}

async fn checked(stage: &Stage, id: ProviderId) -> ProviderCheck {
    let (ctx, call) = (stage.ctx(), operator());
    let asked = ask_check(ctx, &call, id).await.unwrap();
    let _waiting: Option<ProviderCheck> = read_check(ctx, &call, asked).await.unwrap();
    run_due_jobs(&stage.worker).await.unwrap();
    read_check(ctx, &call, asked).await.unwrap().unwrap()
}

fn change(provider: &Provider) -> ProviderChange {
    change_of(provider.id, provider.etag())
}

/// A change of nothing yet.
pub(crate) fn change_of(provider_id: ProviderId, etag: String) -> ProviderChange {
    ProviderChange {
        provider_id,
        etag,
        endpoint: None,
        paused: None,
        services: None,
        visit_calendar: None,
    }
}

async fn update(stage: &Stage, change: ProviderChange) -> Result<Provider, Problem> {
    update_provider(stage.ctx(), &operator(), change).await
}

#[tokio::test]
async fn a_provider_says_what_it_can_do_and_what_does_not_fit_is_named() {
    for mut stage in stages("", &[]).await {
        let edr = provider_of(&stage, Service::Edr).await;
        let check = checked(&stage, edr.id).await;
        let says = check.capabilities.unwrap();
        assert_eq!(says.contract_version.split('.').next(), Some("1"), "{}", stage.name());
        assert!(says.services.contains(&Service::Edr));
        assert!(says.lists_instances);
        assert!(
            !check.problems.iter().any(|it| it.contains("registered for `edr`")),
            "{:?}",
            check.problems
        );
        assert_eq!(stage.provider.instances(stage.ctx().clock.now()).await.len(), 0);

        let unregistered = |check: &ProviderCheck| {
            check.problems.iter().filter(|it| it.contains("is not registered for it")).count()
        };
        assert_eq!(unregistered(&checked(&stage, edr.id).await), says.services.len() - 1);
        let services = Some(says.services);
        update(&stage, ProviderChange { services, ..change(&edr) }).await.unwrap();
        assert_eq!(unregistered(&checked(&stage, edr.id).await), 0, "{}", stage.name());

        stage.provider.kill();
        let check = checked(&stage, edr.id).await;
        assert_eq!((check.capabilities, check.problems.len()), (None, 1), "{}", stage.name());

        let stranger = ask_check(stage.ctx(), &partner("ogs"), edr.id).await.unwrap_err();
        assert_eq!(stranger.reason(), Reason::RoleForbidden);
        let nobody = ask_check(stage.ctx(), &operator(), ProviderId::of_code("nobody")).await;
        assert_eq!(nobody.unwrap_err().reason(), Reason::ProviderNotFound);
    }
}

#[tokio::test]
async fn a_change_of_a_provider_is_told_and_one_of_an_older_state_is_refused() {
    for stage in stages("", &[]).await {
        let edr = provider_of(&stage, Service::Edr).await;
        let paused = ProviderChange { paused: Some(true), ..change(&edr) };
        let done = update(&stage, paused.clone()).await.unwrap();
        assert!(done.paused);
        let read = get_provider(stage.ctx(), &operator(), edr.id).await.unwrap();
        assert_eq!((&read, read.etag() == edr.etag()), (&done, false), "{}", stage.name());
        let stale = update(&stage, paused).await.unwrap_err();
        assert_eq!(stale.reason(), Reason::EtagMismatch);
        update(&stage, ProviderChange { paused: Some(true), ..change(&done) }).await.unwrap();

        let tx = stage.ctx().store.begin_read().await.unwrap();
        let topics = vec!["provider.updated".to_owned()];
        let filter = Filter { topics, ..Filter::of(Whose::Everybody) };
        let told = outbox::list(&tx, &filter, (0, i64::MAX), 10).await.unwrap();
        let payloads: Vec<_> = told.iter().map(|event| event.payload["changed"].clone()).collect();
        assert_eq!(payloads, [serde_json::json!(["paused"])], "what changes nothing tells nothing");
    }
}

#[tokio::test]
async fn a_paused_provider_gets_no_new_work_and_goes_on_with_the_old() {
    for stage in stages("active_after_days: 3", &[]).await {
        let begun = stage.order(&[Service::Edr]).await;
        stage.advance("2020-10-01T02:00:00Z").await;
        let id = only(&stage.read(begun).await).provider_id;
        let provider = get_provider(stage.ctx(), &operator(), id).await.unwrap();
        let paused = ProviderChange { paused: Some(true), ..change(&provider) };
        let paused = update(&stage, paused).await.unwrap();

        let waiting = stage.order(&[Service::Edr]).await;
        stage.advance("2020-10-10T00:00:00Z").await;
        let (begun, kept_back) = (stage.read(begun).await, stage.read(waiting).await);
        assert_eq!(only(&begun).state.as_str(), "active", "{}", stage.name());
        assert_eq!(only(&kept_back).state.as_str(), "planned");
        assert_eq!(stage.present(&begun).await, ids(&begun));

        update(&stage, ProviderChange { paused: Some(false), ..change(&paused) }).await.unwrap();
        stage.advance("2020-10-20T00:00:00Z").await;
        assert_eq!(only(&stage.read(waiting).await).state.as_str(), "active");
    }
}

#[tokio::test]
async fn preflight_tells_about_a_company_that_is_no_customer_yet() {
    for stage in stages("", &[]).await {
        let survey =
            SurveyFacts { profile: company([true, true, true], 30_000), ..SurveyFacts::default() };
        let command = |on_refusal| provisioning::CreateOrder {
            survey: survey.clone(),
            on_refusal,
            ..wanted(&[Service::Utm, Service::Edr], CompletionPolicy::Any)
        };
        let (ctx, call) = (stage.ctx(), partner("ogs"));
        let view = provisioning::ask_preflight(ctx, &call, command(OnRefusal::KeepItem)).await;
        let view = view.unwrap();
        let items = view.stored.items();
        let outcomes: Vec<_> = items.iter().map(Item::outcome).collect();
        assert_eq!(outcomes, [ItemOutcome::Refused, ItemOutcome::InProgress], "{}", stage.name());
        let found = &items.first().unwrap().preflight.as_ref().unwrap().findings;
        let blocking = found.iter().find(|it| it.weight == FindingWeight::Blocking).unwrap();
        assert_eq!(blocking.reason, Some(ReasonCode::ExistingUtmFoundOnSite));

        let refused =
            provisioning::ask_preflight(ctx, &call, command(OnRefusal::RefuseOrder)).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::PreflightRefused);
        let query = provisioning::FunnelQuery::default();
        let funnel = provisioning::get_funnel(ctx, &operator(), &query).await.unwrap();
        assert_eq!(funnel.total.applied, 0, "nothing is stored");
    }
}
