//! Orders on their way, on both databases: customers who never act, providers that are busy, lose
//! answers or die, workers that die, and the reference provider over gRPC.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::provisioning::{
    self, CancelOrder, CreateOrder, FunnelQuery, Intent, NewItem, News, OnRefusal, OrderView,
    Reported, Resolution, ResolveItem, RetryItem, StepDetail, StepSaid, SurveyFacts, Taken, Which,
};
use tasuki_app::quoting::{self, AcceptQuote, NewQuote};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::{OrderId, ProviderId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::provisioning::{
    Answer, BillingStart, Cause, CompletionPolicy, CustomerActionKind, Item, ItemOutcome,
    OrderState, Question, ReasonCode, Spec,
};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::SubscriptionState;
use tasuki_core::time::{Clock, Timestamp};
use tasuki_partners::notices::DeskQueue;
use tasuki_partners::provider::{Behaviour, FakeProviders, GrpcProviders, Providers};
use tasuki_provider::{Faults, Options, Scenario};
use tasuki_store::{jobs, providers, subscriptions, tenants};
use tasuki_worker::{Worker, run_due_jobs};
use tokio::sync::oneshot;

#[path = "../../app/tests/quoting/scene.rs"]
#[expect(dead_code, reason = "the scene of quotes has more than orders need")]
mod scene;
use scene::{Scheme, at, company, operator, partner, schemes, wanting, with_key};

const START: &str = "2020-10-01T01:00:00Z";

fn worker(scheme: &Scheme, providers: Arc<dyn Providers>) -> Worker {
    Worker { ctx: scheme.ctx.clone(), notices: Arc::new(DeskQueue), providers }
}

/// Moves a tenant's clock from due job to due job, as `AdvanceClock` does.
async fn advance(worker: &Worker, tenant: TenantId, to: &str) {
    loop {
        run_due_jobs(worker).await.unwrap();
        let tx = worker.ctx.store.begin().await.unwrap();
        let due = jobs::next_due(&tx, tenant, at(to)).await.unwrap();
        tenants::set_clock(&tx, tenant, due.unwrap_or(at(to))).await.unwrap();
        tx.commit().await.unwrap();
        if due.is_none() {
            break;
        }
    }
    run_due_jobs(worker).await.unwrap();
}

fn item(service: Service) -> NewItem {
    let component = Spec::default_component(service);
    NewItem {
        spec: Spec { quantity: 5, ..Spec::of(service, component) },
        provider_id: None,
        core: true,
        depends_on: Vec::new(),
        billing_start: BillingStart::OnActive,
        consent: None,
    }
}

fn wanted(items: Vec<NewItem>, completion: CompletionPolicy) -> CreateOrder {
    let profile = company([true, true, false], 30_000);
    CreateOrder {
        subscription_id: None,
        external_reference: "PO-1".to_owned(),
        items,
        survey: SurveyFacts { profile, ..SurveyFacts::default() },
        completion,
        on_refusal: OnRefusal::RefuseOrder,
        intent: Intent::Do,
    }
}

async fn order(ctx: &Context, tenant: TenantId, services: &[Service]) -> OrderId {
    let items = services.iter().copied().map(item).collect();
    let command = wanted(items, CompletionPolicy::Any);
    let view = provisioning::create_order(ctx, &operator(), tenant, command).await;
    view.unwrap().stored.order.id
}

async fn read(ctx: &Context, tenant: TenantId, order: OrderId) -> OrderView {
    provisioning::get_order(ctx, &operator(), tenant, order).await.unwrap()
}

fn state(view: &OrderView) -> OrderState {
    view.stored.order.state(&view.stored.items())
}

fn only(view: &OrderView) -> Item {
    view.stored.items[0].item.clone()
}

fn events(view: &OrderView) -> Vec<String> {
    view.history.iter().map(|change| change.transition.event.clone()).collect()
}

fn waf(behaviour: Behaviour) -> Arc<FakeProviders> {
    Arc::new(FakeProviders::new().with(Service::CloudWaf, behaviour))
}

fn never(kind: CustomerActionKind) -> Behaviour {
    Behaviour { step: Some(kind), never: true, ..Behaviour::default() }
}

#[tokio::test]
async fn a_customer_who_never_changes_dns_is_reminded_helped_and_released() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let provider = waf(never(CustomerActionKind::DnsChange));
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
        advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
        let view = read(&scheme.ctx, tenant, id).await;
        assert_eq!(only(&view).state.as_str(), "awaiting_customer", "{}", scheme.name);
        assert_eq!(state(&view), OrderState::InProgress);

        advance(&worker, tenant, "2020-11-10T00:00:00Z").await;
        let view = read(&scheme.ctx, tenant, id).await;
        let ended = only(&view);
        assert_eq!(ended.state.cause().unwrap().code, ReasonCode::UserDidNotDoDns);
        assert_eq!(ended.outcome(), ItemOutcome::NeverInstalled);
        assert_eq!((state(&view), provider.n_present()), (OrderState::Failed, 0));
        let expected = [
            "ordered",
            "requested",
            "customer_asked",
            "customer_reminded",
            "customer_reminded",
            "customer_escalated",
            "customer_reminded",
            "customer_step_expired",
            "seen_gone",
            "cleaned",
        ];
        assert_eq!(events(&view), expected, "{}", scheme.name);
        assert_eq!(ended.billed(view.stored.order.ordered_at, view.now, &view.zone), Ok(None));
    }
}

#[tokio::test]
async fn what_a_customer_says_is_looked_at_and_only_evidence_makes_it_active() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let kind = CustomerActionKind::DnsChange;
        let days = Behaviour { work_seconds: 4 * 86_400, step: Some(kind), ..Behaviour::default() };
        let worker = worker(&scheme, waf(days));
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
        advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
        let view = read(&scheme.ctx, tenant, id).await;
        let which = |kind| Which {
            tenant_id: tenant,
            order_id: id,
            item_id: only(&view).id,
            kind,
            note: "設定しました".to_owned(),
            etag: String::new(),
        };
        let done = || StepSaid::Done(Box::new(StepDetail::default()));
        let (ctx, call) = (&scheme.ctx, operator());
        let wrong = which(CustomerActionKind::Schedule);
        let problem = provisioning::confirm_customer_action(ctx, &call, wrong, done()).await;
        assert_eq!(problem.unwrap_err().reason(), Reason::CustomerStepMismatch);

        let call = with_key(operator(), "confirm-1", "dns");
        let said = provisioning::confirm_customer_action(ctx, &call, which(kind), done()).await;
        assert_eq!(only(&said.unwrap()).state.as_str(), "verifying");
        advance(&worker, tenant, "2020-10-02T12:00:00Z").await;
        let doubted = read(ctx, tenant, id).await;
        assert_eq!(only(&doubted).state.as_str(), "awaiting_customer", "{}", scheme.name);
        let again = provisioning::confirm_customer_action(ctx, &call, which(kind), done()).await;
        assert_eq!(only(&again.unwrap()).state.as_str(), "verifying", "a repeat changes nothing");
        assert_eq!(read(ctx, tenant, id).await.history, doubted.history);

        advance(&worker, tenant, "2020-10-07T00:00:00Z").await;
        let view = read(ctx, tenant, id).await;
        let active = only(&view);
        assert_eq!((state(&view), active.outcome()), (OrderState::Completed, ItemOutcome::Active));
        let service = active.state.service().unwrap();
        assert!(!service.evidence.id.is_empty());
        assert!(service.active_at >= at("2020-10-05T01:00:00Z"), "{}", service.active_at);
        assert_eq!(active.covered(), Some((service.active_at, None)));
    }
}

#[tokio::test]
async fn a_busy_provider_and_a_lost_answer_set_one_instance_up() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let behaviour = Behaviour { n_busy: 3, lose_first_answer: true, ..Behaviour::default() };
        let provider = waf(behaviour);
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
        advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
        let view = read(&scheme.ctx, tenant, id).await;
        assert_eq!(state(&view), OrderState::Completed, "{} {:?}", scheme.name, events(&view));
        assert_eq!((provider.n_set_up(), provider.n_present()), (1, 1));
        assert!(events(&view).contains(&"track_lost".to_owned()));
    }
}

#[tokio::test]
async fn all_or_nothing_takes_the_others_back_and_says_why() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let broken = Behaviour {
            work_seconds: 3_600,
            fails_with: Some(ReasonCode::InstallFailedNoInfo),
            ..Behaviour::default()
        };
        let provider = Arc::new(FakeProviders::new().with(Service::Edr, broken));
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let items = vec![item(Service::CloudWaf), item(Service::Edr)];
        let command = wanted(items, CompletionPolicy::All);
        let view = provisioning::create_order(&scheme.ctx, &operator(), tenant, command).await;
        let id = view.unwrap().stored.order.id;
        advance(&worker, tenant, "2020-10-03T00:00:00Z").await;
        let view = read(&scheme.ctx, tenant, id).await;
        let reasons: Vec<_> =
            view.stored.items().iter().map(|item| item.state.cause().unwrap().code).collect();
        let expected = [ReasonCode::RolledBackWithBundle, ReasonCode::InstallFailedNoInfo];
        assert_eq!(reasons, expected, "{}", scheme.name);
        assert_eq!(provider.n_present(), 0);
    }
}

#[tokio::test]
async fn a_cancelled_order_leaves_nothing_at_the_provider() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let provider = waf(never(CustomerActionKind::DnsChange));
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf, Service::Edr]).await;
        advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
        assert_eq!(provider.n_present(), 2);
        let cancel = |intent| CancelOrder {
            order_id: id,
            item_ids: Vec::new(),
            cause: Cause::from(ReasonCode::CancelledByCustomer),
            etag: String::new(),
            intent,
        };
        let (ctx, call) = (&scheme.ctx, operator());
        let asked = provisioning::cancel_order(ctx, &call, tenant, &cancel(Intent::OnlyAsk)).await;
        assert_eq!(state(&asked.unwrap()), OrderState::PendingCancellation);
        assert_eq!(state(&read(ctx, tenant, id).await), OrderState::InProgress, "only asked");

        provisioning::cancel_order(ctx, &call, tenant, &cancel(Intent::Do)).await.unwrap();
        advance(&worker, tenant, "2020-10-03T00:00:00Z").await;
        let view = read(ctx, tenant, id).await;
        assert_eq!((provider.n_present(), state(&view)), (0, OrderState::Completed));
        let twice = provisioning::cancel_order(ctx, &call, tenant, &cancel(Intent::Do)).await;
        assert_eq!(twice.unwrap_err().reason(), Reason::OrderState);
    }
}

/// Does what it is asked and never answers: whoever asked has died meanwhile.
#[derive(Debug)]
struct DiesInTheMiddle {
    provider: FakeProviders,
    has_died: AtomicBool,
    question: Question,
}

#[async_trait]
impl Providers for DiesInTheMiddle {
    async fn ask(
        &self,
        endpoint: &str,
        item: &Item,
        question: &Question,
        now: Timestamp,
    ) -> Answer {
        let answer = self.provider.ask(endpoint, item, question, now).await;
        if *question == self.question && !self.has_died.swap(true, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        answer
    }
}

/// Real time that a test moves.
#[derive(Debug)]
struct Movable(AtomicI64);

impl Clock for Movable {
    fn now(&self) -> Timestamp {
        at("2021-06-01T00:00:00Z").plus_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_of_a_step_loses_and_doubles_nothing() {
    for question in [Question::Put, Question::Observe, Question::Remove] {
        for mut scheme in schemes().await {
            let clock = Arc::new(Movable(AtomicI64::new(0)));
            scheme.ctx.clock = Arc::clone(&clock) as Arc<dyn Clock>;
            let tenant = scheme.tenant(1, START).await;
            let dying = Arc::new(DiesInTheMiddle {
                provider: FakeProviders::new(),
                has_died: AtomicBool::new(false),
                question: question.clone(),
            });
            let worker = worker(&scheme, Arc::clone(&dying) as Arc<dyn Providers>);
            let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
            let ends = question == Question::Remove;
            if ends {
                advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
                end(&scheme.ctx, tenant, id).await;
            }
            let died = run_until_death(&worker).await;
            assert!(died && dying.has_died.load(Ordering::SeqCst), "{question:?}");
            advance(&worker, tenant, "2020-10-03T00:00:00Z").await;
            let stuck = read(&scheme.ctx, tenant, id).await;
            assert!(!only(&stuck).state.ended_at().is_some_and(|_| ends), "the lease still holds");

            clock.0.store(61, Ordering::SeqCst);
            advance(&worker, tenant, "2020-10-04T00:00:00Z").await;
            let view = read(&scheme.ctx, tenant, id).await;
            let expected = if ends { "deprovisioned" } else { "active" };
            assert_eq!(only(&view).state.as_str(), expected, "{} {question:?}", scheme.name);
            assert_eq!(dying.provider.n_set_up(), 1);
            assert_eq!(dying.provider.n_present(), usize::from(!ends));
        }
    }
}

async fn run_until_death(worker: &Worker) -> bool {
    tokio::time::timeout(Duration::from_millis(500), run_due_jobs(worker)).await.is_err()
}

async fn end(ctx: &Context, tenant: TenantId, id: OrderId) {
    let view = read(ctx, tenant, id).await;
    let resolve = ResolveItem {
        order_id: id,
        item_id: only(&view).id,
        resolution: Resolution::Clean,
        reason: Some(ReasonCode::CancelledByOperator),
        note: "no longer wanted".to_owned(),
        evidence_id: String::new(),
        etag: format!("v{}", view.stored.items[0].version),
    };
    provisioning::resolve_item(ctx, &operator(), tenant, resolve).await.unwrap();
}

fn reported(item: &Item, sequence: i64, news: News) -> Reported {
    Reported {
        provider_id: Some(item.provider_id),
        event_id: format!("{}-{sequence}", item.id),
        item_id: item.id,
        generation: item.generation,
        sequence,
        news,
    }
}

#[tokio::test]
async fn events_make_us_look_once_and_old_doubled_or_foreign_ones_do_not() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let days = Behaviour { work_seconds: 3 * 86_400, ..Behaviour::default() };
        let provider = waf(days);
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
        let ctx = &scheme.ctx;
        let planned = only(&read(ctx, tenant, id).await);
        let own = Principal {
            provider_id: Some(planned.provider_id),
            ..Principal::of("test:provider", Role::Provider)
        };
        let foreign = Principal { provider_id: Some(ProviderId::of_code("other")), ..own.clone() };
        let (own, foreign) = (Call::by(own), Call::by(foreign));
        advance(&worker, tenant, "2020-10-01T02:00:00Z").await;
        let item = only(&read(ctx, tenant, id).await);
        assert_eq!(item.state.as_str(), "accepted");
        let n_asked = provider.asked().len();

        let known = reported(&item, 2, News::Working);
        let take = |call: Call, event: Reported| async move {
            provisioning::receive_provider_event(ctx, &call, &event).await
        };
        assert_eq!(take(own.clone(), known.clone()).await.unwrap(), Taken::Now);
        assert_eq!(take(own.clone(), known).await.unwrap(), Taken::Before);
        let older = reported(&item, 1, News::Succeeded);
        assert_eq!(take(own.clone(), older).await.unwrap(), Taken::Outdated);
        let theirs = reported(&item, 3, News::Succeeded);
        let problem = take(foreign, theirs).await.unwrap_err();
        assert_eq!(problem.reason(), Reason::ItemNotFound, "{}", scheme.name);
        run_due_jobs(&worker).await.unwrap();
        assert_eq!(provider.asked().len(), n_asked, "nothing of this is news");

        assert_eq!(take(own, reported(&item, 4, News::Succeeded)).await.unwrap(), Taken::Now);
        run_due_jobs(&worker).await.unwrap();
        assert_eq!(provider.asked().len(), n_asked + 1, "we looked, and the state is what we saw");
        assert_eq!(only(&read(ctx, tenant, id).await).state.as_str(), "accepted");
    }
}

#[tokio::test]
async fn an_item_that_was_refused_is_tried_again_with_other_parameters_as_a_new_generation() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let provider = waf(never(CustomerActionKind::DnsChange));
        let worker = worker(&scheme, Arc::clone(&provider) as Arc<dyn Providers>);
        let id = order(&scheme.ctx, tenant, &[Service::CloudWaf]).await;
        advance(&worker, tenant, "2020-11-10T00:00:00Z").await;
        let (ctx, view) = (&scheme.ctx, read(&scheme.ctx, tenant, id).await);
        let retry = |etag: &str| RetryItem {
            order_id: id,
            item_id: only(&view).id,
            parameters: [("domains".to_owned(), "www.example.jp".to_owned())].into(),
            etag: etag.to_owned(),
        };
        let stale = provisioning::retry_item(ctx, &operator(), tenant, &retry("v1")).await;
        assert_eq!(stale.unwrap_err().reason(), Reason::EtagMismatch);
        let foreign =
            provisioning::retry_item(ctx, &partner("elsewhere"), tenant, &retry("")).await;
        assert_eq!(foreign.unwrap_err().reason(), Reason::TenantNotFound);
        let again = provisioning::retry_item(ctx, &partner("ogs"), tenant, &retry("")).await;
        let again = only(&again.unwrap());
        assert_eq!((again.state.as_str(), again.generation), ("planned", 3));
        advance(&worker, tenant, "2020-11-11T00:00:00Z").await;
        let item = only(&read(ctx, tenant, id).await);
        assert_eq!(item.state.as_str(), "awaiting_customer", "{}", scheme.name);
        assert_eq!(provider.n_present(), 1);
    }
}

#[tokio::test]
async fn preflight_refuses_an_order_or_keeps_the_item_refused_for_the_funnel() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let survey =
            SurveyFacts { profile: company([true, true, true], 30_000), ..SurveyFacts::default() };
        let command = |on_refusal| CreateOrder {
            survey: survey.clone(),
            on_refusal,
            ..wanted(vec![item(Service::Utm), item(Service::Edr)], CompletionPolicy::Any)
        };
        let (ctx, call) = (&scheme.ctx, operator());
        let refused =
            provisioning::create_order(ctx, &call, tenant, command(OnRefusal::RefuseOrder)).await;
        let problem = refused.unwrap_err();
        assert_eq!(problem.reason(), Reason::PreflightRefused, "{problem}");
        assert!(problem.metadata().contains(&("reason", "EXISTING_UTM_FOUND_ON_SITE".to_owned())));

        let kept =
            provisioning::create_order(ctx, &call, tenant, command(OnRefusal::KeepItem)).await;
        let kept = kept.unwrap();
        assert_eq!(only(&kept).outcome(), ItemOutcome::Refused);
        assert!(only(&kept).preflight.unwrap().decision_id.is_some());
        let worker = worker(&scheme, Arc::new(FakeProviders::new()));
        advance(&worker, tenant, "2020-10-02T00:00:00Z").await;
        let funnel = provisioning::get_funnel(ctx, &call, &FunnelQuery::default()).await.unwrap();
        let counts: Vec<_> = funnel
            .rows
            .iter()
            .map(|row| (row.service, row.counts.applied, row.counts.refused, row.counts.active))
            .collect();
        assert_eq!(counts, [(Service::Utm, 1, 1, 0), (Service::Edr, 1, 0, 1)], "{}", scheme.name);
        assert_eq!(funnel.total.tenants_applied, 1);
    }
}

#[tokio::test]
async fn items_that_wait_for_each_other_in_a_circle_are_refused() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, START).await;
        let waits = |service, depends_on| NewItem { depends_on, ..item(service) };
        for items in [
            vec![waits(Service::Utm, vec![2]), waits(Service::Edr, vec![1])],
            vec![waits(Service::Utm, vec![3])],
        ] {
            let command = wanted(items, CompletionPolicy::Any);
            let problem =
                provisioning::create_order(&scheme.ctx, &operator(), tenant, command).await;
            assert_eq!(problem.unwrap_err().reason(), Reason::RequestInvalid);
        }
    }
}

#[tokio::test]
async fn a_subscription_begins_when_nothing_is_awaited_with_what_really_runs() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, "2021-04-01T01:00:00Z").await;
        let selection = vec![
            SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
            SelectedItem::of(Service::Edr).with_endpoints(5),
        ];
        let profile = Some(company([true, true, false], 30_000));
        let (ctx, call) = (&scheme.ctx, operator());
        let new = NewQuote { profile, ..wanting(tenant, selection) };
        let view = quoting::create_quote(ctx, &call, new).await.unwrap();
        let accept = AcceptQuote {
            quote_id: view.quote.id,
            etag: view.etag(),
            accepted: Vec::new(),
            start_on: None,
            accepted_by: "代表取締役".to_owned(),
            intent: quoting::Intent::Do,
        };
        let accepted = quoting::accept_quote(ctx, &call, tenant, accept).await.unwrap();
        let subscription = |ctx: Context| async move {
            let tx = ctx.store.begin_read().await.unwrap();
            let id = accepted.subscription_id.unwrap();
            subscriptions::get(&tx, tenant, id).await.unwrap().unwrap().subscription
        };
        let provider = waf(never(CustomerActionKind::DnsChange));
        let worker = worker(&scheme, provider);
        advance(&worker, tenant, "2021-04-10T00:00:00Z").await;
        let pending = subscription.clone()(ctx.clone()).await;
        assert_eq!(*pending.state(), SubscriptionState::Pending, "the WAF is still awaited");

        advance(&worker, tenant, "2021-05-10T00:00:00Z").await;
        let begun = subscription(ctx.clone()).await;
        assert_eq!(*begun.state(), SubscriptionState::Active, "{}", scheme.name);
        let used: Vec<_> = begun
            .items
            .iter()
            .map(|item| (item.selected.service, item.starts_on.is_some(), item.ends_on.is_some()))
            .collect();
        assert_eq!(used, [(Service::CloudWaf, false, true), (Service::Edr, true, false)]);
    }
}

struct Real {
    endpoint: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Real {
    async fn start(options: Options) -> Self {
        let bound = tasuki_provider::bind(options).await.unwrap();
        let endpoint = format!("http://{}", bound.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(bound.serve(async move {
            let _told = stopped.await;
        }));
        Self { endpoint, stop, done }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }
}

async fn move_providers(ctx: &Context, endpoint: &str) {
    let tx = ctx.store.begin().await.unwrap();
    for mut provider in providers::all(&tx).await.unwrap() {
        endpoint.clone_into(&mut provider.endpoint);
        providers::update(&tx, &provider).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn scenario(tenants: &[TenantId]) -> Scenario {
    let courses = [
        ("utm", "normal, active_after_days: 6"),
        ("utm", "fails_once, active_after_days: 2"),
        ("utm", "outcome_unknown_once, active_after_days: 2"),
        ("utm", "existing_device_on_site, active_after_days: 5"),
        ("utm", "visit_never_scheduled"),
        (
            "utm",
            "internet_lost_after_install, active_after_days: 4, removed_after_days: 3, \
             reason: UPSTREAM_CONFLICT",
        ),
        ("cloud_waf", "customer_rolls_back, active_after_days: 3"),
        ("cloud_waf", "customer_never_acts"),
        ("edr", "normal, active_after_days: 3, installed: 5, reporting: 4"),
        ("diagnosis.web", "customer_never_acts, reason: NO_LOGIN_INFO"),
    ];
    let lines = courses.iter().zip(tenants).map(|((component, course), tenant)| {
        format!("- {{ tenant_reference: {tenant}, component: {component}, behaviour: {course} }}\n")
    });
    Scenario::parse(&format!("instances:\n{}", lines.collect::<String>())).unwrap()
}

const SERVICES: [Service; 10] = [
    Service::Utm,
    Service::Utm,
    Service::Utm,
    Service::Utm,
    Service::Utm,
    Service::Utm,
    Service::CloudWaf,
    Service::CloudWaf,
    Service::Edr,
    Service::Diagnosis,
];

fn options(folder: &Path, tenants: &[TenantId], faults: Faults) -> Options {
    Options {
        state: Some(folder.join("provider.jsonl")),
        scenario: scenario(tenants),
        faults,
        ..Options::default()
    }
}

/// What became of each of the ten firms, told by outcome, reason, and when it was live and stopped.
async fn stories(scheme: &Scheme, tenants: &[(TenantId, OrderId)]) -> Vec<String> {
    let mut all = Vec::new();
    for (tenant, id) in tenants {
        let view = read(&scheme.ctx, *tenant, *id).await;
        let item = only(&view);
        let reason = item.state.cause().map_or("-", |cause| cause.code.as_str());
        let active = item.state.service().map(|service| service.active_at.to_string());
        let stopped = item.state.stopped_at().map(|stopped| stopped.to_string());
        all.push(format!(
            "{} {:?} {reason} active {} stopped {}",
            item.spec.component,
            item.outcome(),
            active.unwrap_or_else(|| "-".to_owned()),
            stopped.unwrap_or_else(|| "-".to_owned()),
        ));
    }
    all
}

async fn play(scheme: &Scheme, folder: &Path, faults: Faults) -> (Vec<String>, usize) {
    let mut tenants = Vec::new();
    for n in 1..=10 {
        tenants.push(scheme.tenant(n, START).await);
    }
    let real = Real::start(options(folder, &tenants, faults.clone())).await;
    move_providers(&scheme.ctx, &real.endpoint).await;
    let worker = worker(scheme, Arc::new(GrpcProviders::new()));
    let mut orders = Vec::new();
    for (tenant, service) in tenants.iter().zip(SERVICES) {
        orders.push((*tenant, order(&scheme.ctx, *tenant, &[service]).await));
    }
    for tenant in &tenants {
        advance(&worker, *tenant, "2020-10-03T00:00:00Z").await;
    }

    // The provider dies and comes back elsewhere with what it had promised.
    real.stop().await;
    let real = Real::start(options(folder, &tenants, faults)).await;
    move_providers(&scheme.ctx, &real.endpoint).await;
    for tenant in &tenants {
        advance(&worker, *tenant, "2020-12-20T00:00:00Z").await;
    }
    let stories = stories(scheme, &orders).await;
    let present = instances(&real.endpoint).await;
    real.stop().await;
    (stories, present)
}

/// How many instances the provider has, asked by the contract.
async fn instances(endpoint: &str) -> usize {
    tasuki_partners::provider::GrpcProviders::new()
        .count_instances(endpoint, at("2020-12-20T00:00:00Z"))
        .await
        .unwrap()
}

#[tokio::test]
async fn ten_firms_end_at_the_reference_provider_as_the_pilot_tells() {
    for scheme in schemes().await {
        let folder = tempfile::tempdir().unwrap();
        let (stories, present) = play(&scheme, folder.path(), Faults::default()).await;
        insta::assert_snapshot!("ten_firms", stories.join("\n"));
        assert_eq!(present, 4, "{}: what is live and nothing else", scheme.name);
    }
}

#[tokio::test]
async fn a_provider_that_fails_every_third_call_and_loses_answers_tells_the_same_end() {
    let faults = Faults { fail_percent: 30, time_out_after_effect: true, ..Faults::default() };
    let told = Mutex::new(Vec::new());
    for scheme in schemes().await {
        let folder = tempfile::tempdir().unwrap();
        let (stories, present) = play(&scheme, folder.path(), faults.clone()).await;
        // Times differ with every failed call; outcomes and reasons do not.
        let ends: Vec<String> = stories
            .iter()
            .map(|story| story.split(" active ").next().unwrap_or_default().to_owned())
            .collect();
        told.lock().unwrap().push(ends.clone());
        insta::assert_snapshot!("ten_firms_with_faults", ends.join("\n"));
        assert_eq!(present, 4, "{}: nothing is left over or doubled", scheme.name);
    }
}
