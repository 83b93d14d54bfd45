//! A scheme with tenants whose plans run, a clock that a test moves, and a hand that runs due jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use tasuki_app::access;
use tasuki_app::billing::{self, CLOSE_MONTH, InvoiceView, MARK_PAST_DUE};
use tasuki_app::call::{Call, RequestKey};
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_app::quoting::Intent;
use tasuki_app::subscribing::{
    self, AsOf, AskedChange, Changed, SubscriptionView, TURN_SUBSCRIPTION, Wanted, When,
};
use tasuki_core::catalog::{BillingCycle, CompanyProfile, SelectedItem};
use tasuki_core::id::{IdSource, PartnerId, ProviderId, SubscriptionId, TenantId};
use tasuki_core::party::{Permission, Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_core::subscription::{
    AfterTrial, Subscription, SubscriptionCommand, SubscriptionDraft, Trial,
};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::time::{Clock, Month, Period, Timestamp, Zone};
use tasuki_core::usage::{UsageKind, UsageRecord, UsageReport};
use tasuki_pricing::quote_lines::{Ask, quote_lines};
use tasuki_store::jobs::{self, Claim, Claimed, Lane};
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, subscriptions, tenants, usage};
use uuid::Uuid;

/// Real time stands still long after everything.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        "2030-01-01T00:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000_000)
    }
}

/// A scheme on one database.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) ctx: Context,
    pub(crate) database: Fresh,
}

/// A tenant's running plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) tenant: TenantId,
    pub(crate) id: SubscriptionId,
}

/// How a plan runs.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) selection: Vec<SelectedItem>,
    pub(crate) active_on: Date,
    pub(crate) trial_until: Option<Date>,
    pub(crate) cycle: BillingCycle,
    pub(crate) minimum_term_months: u32,
    pub(crate) zone: &'static str,
    pub(crate) card: String,
}

impl Plan {
    pub(crate) fn from(active_on: Date) -> Self {
        Self {
            selection: vec![
                SelectedItem::of(Service::Utm),
                SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
                SelectedItem::of(Service::Edr).with_endpoints(5),
            ],
            active_on,
            trial_until: None,
            cycle: BillingCycle::CalendarMonth,
            minimum_term_months: 0,
            zone: Zone::TOKYO,
            card: "okinawa@2021-01".to_owned(),
        }
    }
}

/// Somebody of the operator.
pub(crate) fn operator() -> Call {
    Call::by(Principal::of("test:operator", Role::Operator))
}

/// A call with a request id.
pub(crate) fn keyed(id: &str) -> Call {
    let key = RequestKey {
        scope: "test:operator".to_owned(),
        method: "test".to_owned(),
        request_id: id.to_owned(),
        body_hash: String::new(),
    };
    Call { key: Some(key), ..operator() }
}

/// An instant by the clock of Japan.
pub(crate) fn jst(text: &str) -> Timestamp {
    format!("{}:00+09:00", text.replace(' ', "T")).parse().unwrap()
}

pub(crate) fn utm(quantity: u32) -> SelectedItem {
    let quantity = Some(tasuki_core::catalog::Quantity::whole(quantity));
    SelectedItem { quantity, ..SelectedItem::of(Service::Utm) }
}

pub(crate) fn edr(endpoints: u32) -> SelectedItem {
    SelectedItem::of(Service::Edr).with_endpoints(endpoints)
}

pub(crate) fn set(selected: Vec<SelectedItem>) -> AskedChange {
    AskedChange { set: selected, ..AskedChange::default() }
}

/// The scheme on each database.
pub(crate) async fn schemes() -> Vec<Scheme> {
    schemes_with(None).await
}

/// The scheme on each database, with these rate cards.
pub(crate) async fn schemes_with(cards: Option<&std::path::Path>) -> Vec<Scheme> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, cards).unwrap()),
        };
        let scheme = Scheme { name: database.name, ctx, database };
        scheme.found().await;
        all.push(scheme);
    }
    all
}

impl Scheme {
    async fn found(&self) {
        let tx = self.ctx.store.begin().await.unwrap();
        let partner = Partner {
            id: PartnerId::of_code("ogs"),
            code: "ogs".to_owned(),
            name: "沖電グローバルシステムズ".to_owned(),
            name_en: String::new(),
            kind: PartnerKind::Operator,
            capabilities: Vec::new(),
            solicitor_licence: None,
            terms: PartnerTerms::default(),
            created_at: jst("2020-09-01 00:00"),
        };
        partners::insert(&tx, &partner).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A simulated tenant whose plan runs; its clock stands at the start.
    pub(crate) async fn running(&self, n: u128, plan: Plan) -> Running {
        let zone = Zone::named(plan.zone).unwrap();
        let at = Timestamp::start_of(plan.active_on, &zone).unwrap();
        let tenant = Tenant {
            id: TenantId::from(Uuid::from_u128(n)),
            partner_id: PartnerId::of_code("ogs"),
            name: format!("商店{n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone,
            profile: CompanyProfile { industry: Some("I".to_owned()), ..CompanyProfile::default() },
            clock_at: Some(at),
            created_at: at,
            updated_at: at,
        };
        let subscription = self.subscription(&tenant, plan);
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        subscriptions::insert(&tx, &subscription).await.unwrap();
        let call = operator();
        let entered =
            access::enter(&self.ctx, &tx, &call, tenant.id, Permission::Bill).await.unwrap();
        let active_on = subscription.anchor.unwrap();
        billing::first_close(&self.ctx, &tx, &entered, subscription.id, active_on).await.unwrap();
        tx.commit().await.unwrap();
        Running { tenant: tenant.id, id: subscription.id }
    }

    fn subscription(&self, tenant: &Tenant, plan: Plan) -> Subscription {
        let ids = &self.ctx.ids;
        let cards = self.ctx.cards();
        let card = cards.named(&plan.card, plan.active_on).unwrap();
        let priced = quote_lines(card, &Ask::on(plan.active_on, plan.selection)).unwrap();
        let items: Vec<_> =
            priced.selection.into_iter().map(|selected| (ids.next(), selected)).collect();
        let item_ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
        let draft = SubscriptionDraft {
            id: ids.next(),
            tenant_id: tenant.id,
            partner_id: tenant.partner_id,
            quote_id: ids.next(),
            items,
            rate_card: card.reference.clone(),
            cycle: plan.cycle,
            start_on: plan.active_on,
            trial: plan.trial_until.map(|until| Trial { until, then: AfterTrial::Ends }),
            minimum_term_months: plan.minimum_term_months,
            discounts: Vec::new(),
        };
        let opened = Subscription::open(draft, tenant.created_at);
        let opened = item_ids
            .into_iter()
            .fold(opened, |of, item| of.with_item_started(item, plan.active_on));
        let trial_until = opened.trial_until();
        let command = SubscriptionCommand::Activate { on: plan.active_on, trial_until };
        opened.step(&command, tenant.created_at).unwrap().0
    }

    /// Claims what is due in the billing lane.
    pub(crate) async fn due(&self) -> Vec<Claimed> {
        let tx = self.ctx.store.begin().await.unwrap();
        let now = self.ctx.clock.now();
        let claim = Claim { token: self.ctx.ids.next_uuid(), limit: 20 };
        let until = now.plus_seconds(60).unwrap();
        let claimed = jobs::claim_due(&tx, Lane::Billing, now, until, claim).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    }

    /// Moves a tenant's clock from due job to due job.
    pub(crate) async fn advance(&self, tenant: TenantId, to: Timestamp) {
        loop {
            let tx = self.ctx.store.begin().await.unwrap();
            let due = jobs::next_due(&tx, tenant, to).await.unwrap();
            tenants::set_clock(&tx, tenant, due.unwrap_or(to)).await.unwrap();
            tx.commit().await.unwrap();
            for job in self.due().await {
                self.run(&job).await.unwrap();
            }
            if due.is_none() {
                return;
            }
            // Services are set up elsewhere: their jobs are not looked at here.
            let tx = self.ctx.store.begin().await.unwrap();
            let left = jobs::next_due(&tx, tenant, due.unwrap()).await.unwrap();
            tx.commit().await.unwrap();
            if left.is_some() {
                let tx = self.ctx.store.begin().await.unwrap();
                let now = self.ctx.clock.now();
                let claim = Claim { token: self.ctx.ids.next_uuid(), limit: 50 };
                let until = now.plus_seconds(60).unwrap();
                let others = jobs::claim_due(&tx, Lane::Provisioning, now, until, claim).await;
                for job in others.unwrap() {
                    jobs::complete(&tx, &job, now).await.unwrap();
                }
                tx.commit().await.unwrap();
            }
        }
    }

    pub(crate) async fn run(&self, job: &Claimed) -> Result<(), Problem> {
        match job.kind.as_str() {
            CLOSE_MONTH => billing::close_due_month(&self.ctx, job).await,
            MARK_PAST_DUE => billing::mark_past_due(&self.ctx, job).await,
            TURN_SUBSCRIPTION => subscribing::turn_subscription(&self.ctx, job).await,
            other => panic!("`{other}` is not a job of billing"),
        }
    }

    pub(crate) async fn read(&self, of: Running) -> SubscriptionView {
        self.read_at(of, AsOf::default()).await.unwrap()
    }

    pub(crate) async fn read_at(&self, of: Running, at: AsOf) -> Result<SubscriptionView, Problem> {
        subscribing::get_subscription(&self.ctx, &operator(), of.tenant, (of.id, at)).await
    }

    /// The subscription to be changed, in its present version.
    pub(crate) async fn wanted(&self, of: Running) -> Wanted {
        let etag = Some(subscribing::etag(self.read(of).await.version));
        Wanted { subscription_id: of.id, etag, intent: Intent::Do }
    }

    pub(crate) async fn change(
        &self,
        of: Running,
        change: AskedChange,
        when: When,
    ) -> Result<Changed, Problem> {
        let wanted = self.wanted(of).await;
        let call = operator();
        let asked = (change, when);
        subscribing::change_subscription(&self.ctx, &call, of.tenant, &wanted, asked).await
    }

    pub(crate) async fn cancel(&self, of: Running, when: When) -> Result<Changed, Problem> {
        let wanted = self.wanted(of).await;
        let asked = (when, "閉店".to_owned());
        subscribing::cancel_subscription(&self.ctx, &operator(), of.tenant, &wanted, asked).await
    }

    /// The rows that the invoice of a month would have as it is known now, and those that a credit
    /// note would have instead: code, days, yen.
    pub(crate) async fn promised(&self, of: Running, month: Month) -> (Rows, Rows) {
        let preview = billing::Preview {
            tenant_id: of.tenant,
            subscription_id: of.id,
            month,
            payer_code: "customer".to_owned(),
        };
        let call = operator();
        let content = billing::preview_invoice(&self.ctx, &call, &preview).await.unwrap();
        let lines = content.map(|content| content.lines).unwrap_or_default();
        let given = billing::preview_given_back(&self.ctx, &call, &preview).await.unwrap();
        (rows(&lines), rows(&given))
    }

    /// What credit notes gave back to a tenant, without tax.
    pub(crate) async fn credited(&self, tenant: TenantId) -> i64 {
        let list = billing::CreditNoteList {
            tenant_id: tenant,
            invoice_id: None,
            page: tasuki_app::paging::PageRequest { size: 1_000, after: None },
        };
        let all = billing::list_credit_notes(&self.ctx, &operator(), &list).await.unwrap().rows;
        all.iter().map(|note| note.net.amount()).sum()
    }

    /// Traffic that was measured in the hour after an instant.
    pub(crate) async fn measure(&self, of: Running, (from, gb): (Timestamp, u64)) {
        let id = self.ctx.ids.next_uuid();
        let report = UsageReport {
            provider_id: ProviderId::of_code("okinawa-soc"),
            provider_event_id: id.to_string(),
            tenant_id: of.tenant,
            subscription_id: of.id,
            service: Service::CloudWaf,
            meter: "waf.traffic_gb".parse().unwrap(),
            kind: UsageKind::Delta,
            quantity: gb.to_string().parse().unwrap(),
            measured: Period::new(from, from.plus_seconds(3_600).unwrap()).unwrap(),
            corrects_event_id: None,
            site_code: None,
            note: String::new(),
        };
        let record = UsageRecord {
            id: self.ctx.ids.next(),
            report,
            received_at: from,
            late: false,
            corrected_by: None,
            invoice_id: None,
        };
        let tx = self.ctx.store.begin().await.unwrap();
        assert!(usage::insert(&tx, &record).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// The rows of the invoices of a tenant, by month.
    pub(crate) async fn billed(&self, of: Running) -> Vec<(Month, Vec<(String, i64, i64)>)> {
        let list = billing::InvoiceList {
            tenant_id: Some(of.tenant),
            page: tasuki_app::paging::PageRequest { size: 1_000, after: None },
            ..billing::InvoiceList::default()
        };
        let all = billing::list_invoices(&self.ctx, &operator(), &list).await.unwrap().rows;
        let row =
            |view: InvoiceView| (view.invoice.content.month, rows(&view.invoice.content.lines));
        let mut all: Vec<_> = all.into_iter().map(row).collect();
        all.sort();
        all
    }
}

/// Rows as code, days and yen, in order.
pub(crate) type Rows = Vec<(String, i64, i64)>;

pub(crate) fn rows(lines: &[tasuki_core::invoice::InvoiceLine]) -> Rows {
    let row = |line: &tasuki_core::invoice::InvoiceLine| {
        let days = line.service_period.map_or(0, tasuki_core::days::DayPeriod::n_days);
        (line.code.clone(), days, line.amount.amount())
    };
    let mut rows: Vec<_> = lines.iter().map(row).collect();
    rows.sort();
    rows
}
