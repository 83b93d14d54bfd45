//! A scheme with an operator, a sales partner, an insurer and a provider; tenants with running
//! plans, whose clock is simulated; and a hand that runs due jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use tasuki_app::access;
use tasuki_app::billing::{self, CLOSE_MONTH, InvoiceView, MARK_PAST_DUE};
use tasuki_app::call::{Call, RequestKey};
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::catalog::{BillingCycle, CompanyProfile, SelectedItem};
use tasuki_core::id::{
    IdSource, InsurerId, ItemId, PartnerId, ProviderId, SubscriptionId, TenantId,
};
use tasuki_core::money::Money;
use tasuki_core::party::{Permission, Principal, Role};
use tasuki_core::service::Service;
use tasuki_core::subscription::{
    AfterTrial, Subscription, SubscriptionCommand, SubscriptionDraft, Trial,
};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Provider, Tenant};
use tasuki_core::time::{Clock, Month, Timestamp, Zone};
use tasuki_pricing::quote_lines::{Ask, quote_lines};
use tasuki_store::jobs::{self, Claim, Lane};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, providers, subscriptions, tenants};
use uuid::Uuid;

/// Real time stands still long after the pilots.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        jst("2023-01-01 00:00")
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(n) + 1_000_000)
    }
}

/// A scheme on one database.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    _database: Fresh,
}

/// An instant by the clock of Japan.
pub(crate) fn jst(text: &str) -> Timestamp {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    format!("{}{seconds}+09:00", text.replace(' ', "T")).parse().unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) fn yen(yen: i64) -> Money {
    Money::jpy(yen)
}

/// A clerk of the operator.
pub(crate) fn clerk() -> Call {
    Call::by(Principal::of("test:clerk", Role::Operator))
}

/// Another one.
pub(crate) fn head() -> Call {
    Call::by(Principal::of("test:head", Role::Operator))
}

/// A call with a request id.
pub(crate) fn keyed(id: &str) -> Call {
    let key = RequestKey {
        scope: "test:clerk".to_owned(),
        method: "test".to_owned(),
        request_id: id.to_owned(),
        body_hash: String::new(),
    };
    Call { key: Some(key), ..clerk() }
}

pub(crate) fn seller() -> PartnerId {
    PartnerId::of_code("secure-innovation")
}

pub(crate) fn insurer() -> InsurerId {
    InsurerId::of_code("insurer-a")
}

pub(crate) fn provider() -> ProviderId {
    ProviderId::of_code("okinawa-soc")
}

/// The bundle of the pilot: UTM, WAF up to 10 GB, EDR on five computers.
pub(crate) fn bundle() -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb("10".parse().unwrap()),
        SelectedItem::of(Service::Edr).with_endpoints(5),
    ]
}

/// A plan that is to run.
pub(crate) struct Plan {
    pub(crate) card: &'static str,
    pub(crate) selection: Vec<SelectedItem>,
    pub(crate) active_on: Date,
    pub(crate) trial_until: Option<Date>,
}

impl Plan {
    pub(crate) fn okinawa(active_on: Date) -> Self {
        Self { card: "okinawa", selection: bundle(), active_on, trial_until: None }
    }
}

/// The scheme on each database.
pub(crate) async fn schemes() -> Vec<Scheme> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let scheme = Scheme { name: database.name, ctx, _database: database };
        scheme.found().await;
        all.push(scheme);
    }
    all
}

impl Scheme {
    async fn found(&self) {
        let tx = self.ctx.store.begin().await.unwrap();
        let created_at = jst("2020-09-01 00:00");
        let partner = |code: &str, name: &str, kind, terms| Partner {
            id: PartnerId::of_code(code),
            code: code.to_owned(),
            name: name.to_owned(),
            name_en: String::new(),
            kind,
            capabilities: Vec::new(),
            solicitor_licence: None,
            terms,
            created_at,
        };
        let operator = PartnerTerms {
            registration_number: Some("T8700110005901".parse().unwrap()),
            address: "沖縄県那覇市".to_owned(),
            commission_rate: None,
        };
        let seller = PartnerTerms {
            commission_rate: Some("0.15".parse().unwrap()),
            ..PartnerTerms::default()
        };
        let none = PartnerTerms::default;
        for partner in [
            partner("ogs", "沖電グローバルシステムズ", PartnerKind::Operator, operator),
            partner("secure-innovation", "セキュアイノベーション", PartnerKind::Isv, seller),
            partner("insurer-a", "保険会社A", PartnerKind::Insurer, none()),
        ] {
            partners::insert(&tx, &partner).await.unwrap();
        }
        let provider = Provider {
            id: provider(),
            name: "okinawa-soc".to_owned(),
            services: vec![Service::Utm, Service::CloudWaf, Service::Edr],
            endpoint: "http://127.0.0.1:1".to_owned(),
            partner_id: None,
            fee_rate: Some("0.6".parse().unwrap()),
            paused: false,
            visit_calendar: None,
            created_at,
        };
        providers::insert(&tx, &provider).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A simulated tenant with a running plan; its clock stands at the start of the plan.
    pub(crate) async fn running(&self, n: u128, plan: Plan) -> (TenantId, SubscriptionId) {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let clock_at = Timestamp::start_of(plan.active_on, &zone).unwrap();
        let tenant = Tenant {
            id: TenantId::from(Uuid::from_u128(n)),
            partner_id: seller(),
            name: format!("商店{n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone,
            profile: CompanyProfile {
                industry: Some("I".to_owned()),
                employees: Some(5),
                ..CompanyProfile::default()
            },
            clock_at: Some(clock_at),
            created_at: clock_at,
            updated_at: clock_at,
        };
        let subscription = self.subscription(&tenant, plan);
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        subscriptions::insert(&tx, &subscription).await.unwrap();
        let call = clerk();
        let entered =
            access::enter(&self.ctx, &tx, &call, tenant.id, Permission::Bill).await.unwrap();
        let active_on = subscription.anchor.unwrap();
        billing::first_close(&self.ctx, &tx, &entered, subscription.id, active_on).await.unwrap();
        tx.commit().await.unwrap();
        (tenant.id, subscription.id)
    }

    fn subscription(&self, tenant: &Tenant, plan: Plan) -> Subscription {
        let ids = &self.ctx.ids;
        let cards = self.ctx.cards();
        let card = cards.in_force(plan.card, plan.active_on).unwrap();
        let priced = quote_lines(card, &Ask::on(plan.active_on, plan.selection)).unwrap();
        let items: Vec<(ItemId, SelectedItem)> =
            priced.selection.into_iter().map(|selected| (ids.next(), selected)).collect();
        let item_ids: Vec<ItemId> = items.iter().map(|(id, _)| *id).collect();
        let draft = SubscriptionDraft {
            id: ids.next(),
            tenant_id: tenant.id,
            partner_id: tenant.partner_id,
            quote_id: ids.next(),
            items,
            rate_card: card.reference.clone(),
            cycle: BillingCycle::CalendarMonth,
            start_on: plan.active_on,
            trial: plan.trial_until.map(|until| Trial { until, then: AfterTrial::Paid }),
            minimum_term_months: 0,
            discounts: Vec::new(),
        };
        let opened = Subscription::open(draft, tenant.created_at);
        let opened = item_ids.into_iter().fold(opened, |subscription, item| {
            subscription.with_item_started(item, plan.active_on)
        });
        let trial_until = opened.trial_until();
        let command = SubscriptionCommand::Activate { on: plan.active_on, trial_until };
        opened.step(&command, tenant.created_at).unwrap().0
    }

    /// Moves a tenant's clock, from due job to due job, and runs what is due in the billing lane.
    pub(crate) async fn advance(&self, tenant: TenantId, to: Timestamp) {
        loop {
            let tx = self.ctx.store.begin().await.unwrap();
            let due = jobs::next_due(&tx, tenant, to).await.unwrap();
            tenants::set_clock(&tx, tenant, due.unwrap_or(to)).await.unwrap();
            let now = self.ctx.clock.now();
            let lease_until = now.plus_seconds(60).unwrap();
            let claim = Claim { token: self.ctx.ids.next_uuid(), limit: 20 };
            let claimed =
                jobs::claim_due(&tx, Lane::Billing, now, lease_until, claim).await.unwrap();
            tx.commit().await.unwrap();
            for job in claimed {
                match job.kind.as_str() {
                    CLOSE_MONTH => billing::close_due_month(&self.ctx, &job).await.unwrap(),
                    MARK_PAST_DUE => billing::mark_past_due(&self.ctx, &job).await.unwrap(),
                    other => panic!("`{other}` is not a job of billing"),
                }
            }
            if due.is_none() {
                return;
            }
            self.set_up_elsewhere().await;
        }
    }

    /// Services are set up elsewhere: their jobs are done without looking.
    async fn set_up_elsewhere(&self) {
        let tx = self.ctx.store.begin().await.unwrap();
        let now = self.ctx.clock.now();
        let until = now.plus_seconds(60).unwrap();
        let claim = Claim { token: self.ctx.ids.next_uuid(), limit: 50 };
        let claimed = jobs::claim_due(&tx, Lane::Provisioning, now, until, claim).await.unwrap();
        for job in claimed {
            jobs::complete(&tx, &job, now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The invoices of a tenant, the oldest first.
    pub(crate) async fn invoices(&self, tenant: TenantId) -> Vec<InvoiceView> {
        let list =
            billing::InvoiceList { tenant_id: Some(tenant), ..billing::InvoiceList::default() };
        let mut all = billing::list_invoices(&self.ctx, &clerk(), &list).await.unwrap().rows;
        all.reverse();
        all
    }
}
