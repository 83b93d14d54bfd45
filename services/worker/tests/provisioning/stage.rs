//! A scheme on one database, a provider process, and a worker between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tasuki_app::context::Context;
use tasuki_app::provisioning::{
    self, CreateOrder, Intent, NewItem, OnRefusal, OrderView, SurveyFacts,
};
use tasuki_core::id::{OrderId, TenantId};
use tasuki_core::provisioning::{
    BillingStart, CompletionPolicy, DriftPolicy, Item, OrderState, ReasonCode, Spec,
};
use tasuki_core::service::Service;
use tasuki_core::time::{Clock, Timestamp};
use tasuki_partners::notices::DeskQueue;
use tasuki_partners::provider::{GrpcProviders, Providers};
use tasuki_store::{jobs, providers, tenants};
use tasuki_worker::{Worker, run_due_jobs};

use crate::reference_provider::Provider;
use crate::scene::{Scheme, at, company, operator, schemes};

/// When every tenant begins, by its own clock.
pub(crate) const START: &str = "2020-10-01T01:00:00Z";

/// A scheme with one tenant and one provider for everything.
pub(crate) struct Stage {
    pub(crate) scheme: Scheme,
    pub(crate) provider: Provider,
    pub(crate) worker: Worker,
    pub(crate) tenant: TenantId,
    real_time: Arc<Movable>,
}

/// Real time that a test moves: leases end by it.
#[derive(Debug)]
struct Movable(AtomicI64);

impl Clock for Movable {
    fn now(&self) -> Timestamp {
        at("2021-06-01T00:00:00Z").plus_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A stage on each database; everything has the same course at the provider.
pub(crate) async fn stages(course: &str, switches: &[&str]) -> Vec<Stage> {
    stages_of(&format!("otherwise: {{ {course} }}\n"), switches).await
}

/// A stage on each database; the scenario says what happens at the provider.
pub(crate) async fn stages_of(scenario: &str, switches: &[&str]) -> Vec<Stage> {
    let mut all = Vec::new();
    for mut scheme in schemes().await {
        let real_time = Arc::new(Movable(AtomicI64::new(0)));
        scheme.ctx.clock = Arc::clone(&real_time) as Arc<dyn Clock>;
        let tenant = scheme.tenant(1, START).await;
        let provider = Provider::start(scenario, switches);
        move_providers(&scheme.ctx, &provider.endpoint()).await;
        let worker = worker(&scheme.ctx, Arc::new(GrpcProviders::new()));
        all.push(Stage { scheme, provider, worker, tenant, real_time });
    }
    all
}

/// A worker that asks providers in this way.
pub(crate) fn worker(ctx: &Context, providers: Arc<dyn Providers>) -> Worker {
    Worker { ctx: ctx.clone(), notices: Arc::new(DeskQueue), providers, dns: None }
}

/// Every provider answers at this address from now on.
pub(crate) async fn move_providers(ctx: &Context, endpoint: &str) {
    let tx = ctx.store.begin().await.unwrap();
    for mut provider in providers::all(&tx).await.unwrap() {
        endpoint.clone_into(&mut provider.endpoint);
        providers::update(&tx, &provider).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Moves a tenant's clock from due job to due job, as `AdvanceClock` does.
pub(crate) async fn advance(worker: &Worker, tenant: TenantId, to: &str) {
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

impl Stage {
    pub(crate) fn ctx(&self) -> &Context {
        &self.scheme.ctx
    }

    /// Of which database, for messages of failed tests.
    pub(crate) fn name(&self) -> &'static str {
        self.scheme.name
    }

    /// Replaces the way in which the worker asks providers.
    pub(crate) fn ask_by(&mut self, providers: Arc<dyn Providers>) {
        self.worker.providers = providers;
    }

    /// Orders one item of each service, none of which the others need.
    pub(crate) async fn order(&self, services: &[Service]) -> OrderId {
        self.order_with(wanted(services, CompletionPolicy::Any)).await
    }

    pub(crate) async fn order_with(&self, command: CreateOrder) -> OrderId {
        let (ctx, call) = (self.ctx(), operator());
        let ordered = provisioning::create_order(ctx, &call, self.tenant, command).await;
        ordered.unwrap().stored.order.id
    }

    pub(crate) async fn advance(&self, to: &str) {
        advance(&self.worker, self.tenant, to).await;
    }

    pub(crate) async fn read(&self, order: OrderId) -> OrderView {
        provisioning::get_order(self.ctx(), &operator(), self.tenant, order).await.unwrap()
    }

    /// What the provider has, at the tenant's present.
    pub(crate) async fn present(&self, view: &OrderView) -> Vec<String> {
        self.provider.instances(view.now).await
    }

    /// Real time goes on by more than a lease.
    pub(crate) fn let_leases_end(&self) {
        self.real_time.0.fetch_add(61, Ordering::SeqCst);
    }
}

pub(crate) fn item(service: Service) -> NewItem {
    let component = Spec::default_component(service);
    NewItem {
        spec: Spec { quantity: 5, ..Spec::of(service, component) },
        provider_id: None,
        core: true,
        depends_on: Vec::new(),
        billing_start: BillingStart::OnActive,
        drift_policy: DriftPolicy::Report,
        consent: None,
    }
}

pub(crate) fn wanted(services: &[Service], completion: CompletionPolicy) -> CreateOrder {
    let profile = company([true, true, false], 30_000);
    CreateOrder {
        subscription_id: None,
        external_reference: "PO-1".to_owned(),
        items: services.iter().copied().map(item).collect(),
        survey: SurveyFacts { profile, ..SurveyFacts::default() },
        completion,
        on_refusal: OnRefusal::RefuseOrder,
        intent: Intent::Do,
    }
}

pub(crate) fn state(view: &OrderView) -> OrderState {
    view.stored.order.state(&view.stored.items())
}

/// The only item of an order.
pub(crate) fn only(view: &OrderView) -> Item {
    view.stored.items.first().unwrap().item.clone()
}

/// Why the only item ended.
pub(crate) fn code(view: &OrderView) -> ReasonCode {
    only(view).state.cause().unwrap().code
}

/// What happened, oldest first.
pub(crate) fn events(view: &OrderView) -> Vec<String> {
    view.history.iter().map(|change| change.transition.event.clone()).collect()
}

/// The ids under which the provider knows the items of an order.
pub(crate) fn ids(view: &OrderView) -> Vec<String> {
    let mut ids: Vec<_> =
        view.stored.items.iter().map(|stored| stored.item.id.to_string()).collect();
    ids.sort();
    ids
}
