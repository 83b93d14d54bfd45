//! Somebody else pays a share: from the profile over the quote to the invoices of a year (ACT-10,
//! INS-09).

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use tasuki_app::access;
use tasuki_app::billing::{
    self, Effect, InvoiceList, IssueCreditNote, Preview, RecordPayment, close_month, get_balance,
    issue_credit_note, list_invoices, preview_invoice, record_payment, settle_month,
};
use tasuki_app::quoting::{
    AcceptQuote, Intent, NewQuote, QuoteView, WantedCover, accept_quote, create_quote,
};
use tasuki_core::catalog::{CompanyProfile, SelectedItem, Sponsor};
use tasuki_core::credit_note::Ask;
use tasuki_core::days::DayPeriod;
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::invoice::{InvoiceContent, InvoiceState};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::payment::PaymentMethod;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::settlement::Counterpart;
use tasuki_core::subscription::SubscriptionCommand;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::{decisions, subscriptions, tenants};
use uuid::Uuid;

use crate::scene::{Scheme, bundle, clerk, jst, keyed, month, provider, schemes, seller, yen};

const START: Date = date(2021, 4, 1);

fn sponsor(code: &str, share: &str) -> Sponsor {
    Sponsor {
        code: code.to_owned(),
        name: format!("{code}株式会社"),
        share_rate: share.parse().unwrap(),
        monthly_cap: None,
        valid: None,
        services: Vec::new(),
    }
}

/// Half of everything up to 8,000 yen a month, and for half a year 30 % of the WAF.
fn two_sponsors() -> Vec<Sponsor> {
    let valid = DayPeriod::new(START, date(2021, 10, 1)).unwrap();
    vec![
        Sponsor { monthly_cap: Some(yen(8_000)), ..sponsor("parent", "0.5") },
        Sponsor { services: vec![Service::CloudWaf], valid: Some(valid), ..sponsor("mall", "0.3") },
    ]
}

impl Scheme {
    async fn sponsored(&self, n: u128, sponsors: Vec<Sponsor>) -> TenantId {
        let zone = Zone::named(Zone::TOKYO).unwrap();
        let at = Timestamp::start_of(START, &zone).unwrap();
        let tenant = Tenant {
            id: TenantId::from(Uuid::from_u128(n)),
            partner_id: seller(),
            name: format!("商店{n}"),
            name_en: String::new(),
            partner_reference: String::new(),
            zone,
            profile: CompanyProfile { employees: Some(5), sponsors, ..CompanyProfile::default() },
            clock_at: Some(at),
            created_at: at,
            updated_at: at,
        };
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::insert(&tx, &tenant).await.unwrap();
        tx.commit().await.unwrap();
        tenant.id
    }

    async fn quoted(&self, tenant: TenantId, selection: Vec<SelectedItem>) -> QuoteView {
        create_quote(&self.ctx, &clerk(), wanting(tenant, selection)).await.unwrap()
    }

    /// Accepts a quote; its services are in use from the first day on.
    async fn accepted(&self, view: &QuoteView) -> SubscriptionId {
        let accept = AcceptQuote {
            quote_id: view.quote.id,
            etag: view.etag(),
            accepted: Vec::new(),
            start_on: None,
            accepted_by: "店主".to_owned(),
            intent: Intent::Do,
        };
        let tenant = view.quote.tenant_id;
        let accepted = Box::pin(accept_quote(&self.ctx, &clerk(), tenant, accept)).await.unwrap();
        let id = accepted.subscription_id.unwrap();
        let tx = self.ctx.store.begin().await.unwrap();
        let read = subscriptions::lock(&tx, tenant, id).await.unwrap().unwrap();
        let call = clerk();
        let entered = access::enter(&self.ctx, &tx, &call, tenant, Permission::Bill).await.unwrap();
        let items: Vec<_> = read.subscription.items.iter().map(|item| item.item_id).collect();
        let used = items
            .into_iter()
            .fold(read.subscription.clone(), |of, item| of.with_item_started(item, START));
        let activate = SubscriptionCommand::Activate { on: START, trial_until: None };
        let (next, _) = used.step(&activate, entered.now).unwrap();
        subscriptions::save(&tx, &next, read.version, entered.now).await.unwrap();
        billing::first_close(&self.ctx, &tx, &entered, id, START).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn invoices_of(&self, tenant: TenantId, payer: &str) -> Vec<billing::InvoiceView> {
        let list = InvoiceList {
            tenant_id: Some(tenant),
            payer_code: Some(payer.to_owned()),
            ..InvoiceList::default()
        };
        let mut all = list_invoices(&self.ctx, &clerk(), &list).await.unwrap().rows;
        all.reverse();
        all
    }

    async fn previewed(
        &self,
        of: (TenantId, SubscriptionId),
        payer: &str,
    ) -> Option<InvoiceContent> {
        let preview = Preview {
            tenant_id: of.0,
            subscription_id: of.1,
            month: month("2021-04"),
            payer_code: payer.to_owned(),
        };
        preview_invoice(&self.ctx, &clerk(), &preview).await.unwrap()
    }
}

fn wanting(tenant: TenantId, selection: Vec<SelectedItem>) -> NewQuote {
    NewQuote {
        tenant_id: Some(tenant),
        partner_id: None,
        profile: None,
        selection,
        rate_card: Some("okinawa".to_owned()),
        start_on: None,
        trial_until: None,
        valid_days: None,
        cover: WantedCover::None,
        campaign: None,
        intent: Intent::Do,
    }
}

/// What a quote says each payer pays in the first year, with tax.
fn promised(view: &QuoteView) -> BTreeMap<String, i64> {
    let payers = view.quote.offer.priced.payers.iter();
    payers
        .map(|payer| {
            let code = payer.terms.as_ref().map_or("customer", |terms| terms.code.as_str());
            (code.to_owned(), payer.first_year.gross.amount())
        })
        .collect()
}

#[tokio::test]
async fn what_a_quote_says_each_payer_pays_is_what_is_billed_in_the_year() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, two_sponsors()).await;
        let view = scheme.quoted(tenant, bundle()).await;
        let priced = &view.quote.offer.priced;
        let promised = promised(&view);
        assert_eq!(promised.len(), 3);
        let whole: i64 = promised.values().sum();
        assert_eq!(whole, priced.totals.first_year.gross.amount(), "{}", scheme.name);
        let later: i64 = priced.payers.iter().map(|it| it.steady_year.gross.amount()).sum();
        assert_eq!(later, priced.totals.steady_year.gross.amount());
        let bound = 12 * 8_000;
        assert!((bound - 12..=bound).contains(&promised["parent"]), "its bound every month");
        assert_eq!(promised["mall"], 6 * 3_300, "30 % of 10,000 and its tax, for half a year");
        assert_eq!(priced.payers[1].steady_year.gross, yen(0), "`mall` pays until a day only");

        scheme.accepted(&view).await;
        scheme.advance(tenant, jst("2022-04-01 00:00")).await;
        let mut billed: BTreeMap<String, i64> = BTreeMap::new();
        for invoice in scheme.invoices(tenant).await {
            let content = &invoice.invoice.content;
            assert!(content.payer.code != "parent" || content.gross <= yen(8_000));
            *billed.entry(content.payer.code.clone()).or_default() += content.gross.amount();
        }
        assert_eq!(billed, promised, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_month_makes_one_invoice_for_each_payer_however_often_it_is_closed() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, two_sponsors()).await;
        let view = scheme.quoted(tenant, bundle()).await;
        let id = scheme.accepted(&view).await;
        let before = scheme.previewed((tenant, id), "parent").await.unwrap();
        scheme.advance(tenant, jst("2021-05-01 00:00")).await;
        let (ctx, april) = (&scheme.ctx, month("2021-04"));
        let first = close_month(ctx, &keyed("a"), tenant, april, Effect::Store).await.unwrap();
        let again = close_month(ctx, &clerk(), tenant, april, Effect::Store).await.unwrap();
        assert_eq!(first, again, "{}", scheme.name);
        let seen: Vec<_> = first
            .iter()
            .map(|view| {
                let invoice = &view.invoice;
                let number = &invoice.state.issued().unwrap().number;
                (invoice.content.payer.code.as_str(), number.as_str())
            })
            .collect();
        assert_eq!(
            seen,
            [("customer", "2021-000001"), ("mall", "2021-000002"), ("parent", "2021-000003")]
        );

        // Each is a qualified invoice of its own: tax of its own rows, rounded once.
        let net: i64 = first.iter().map(|view| view.invoice.content.net.amount()).sum();
        assert_eq!(net, 39_000, "together they are what is charged");
        let parent = &first[2].invoice.content;
        assert_eq!(*parent, before, "as it was previewed");
        assert_eq!((parent.net, parent.tax, parent.gross), (yen(7_273), yen(727), yen(8_000)));
        assert_eq!(parent.payer.name, "parent株式会社");
        assert!(parent.remarks[0].ja.contains("商店1様"), "it says whose fees they are");
        let line = &parent.lines[0];
        assert!(line.note.as_ref().unwrap().en.contains("your part of ¥10,000"));
        let mall = &first[1].invoice.content;
        assert_eq!(mall.lines.len(), 1);
        assert_eq!((mall.lines[0].code.as_str(), mall.gross), ("cloud_waf.monthly", yen(3_300)));
    }
}

#[tokio::test]
async fn a_payer_that_pays_everything_leaves_the_customer_without_invoices() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, vec![sponsor("parent", "1")]).await;
        let view = scheme.quoted(tenant, bundle()).await;
        let id = scheme.accepted(&view).await;
        assert_eq!(scheme.previewed((tenant, id), "customer").await, None);
        scheme.advance(tenant, jst("2021-05-01 00:00")).await;
        let all = scheme.invoices(tenant).await;
        assert_eq!(all.len(), 1, "{}", scheme.name);
        assert_eq!(all[0].invoice.content.payer.code, "parent");
        assert_eq!(all[0].invoice.content.gross, yen(42_900));
        let notes = all[0].invoice.content.lines.iter().filter_map(|line| line.note.as_ref());
        assert!(notes.into_iter().all(|note| !note.en.contains("part")), "nobody else pays");
    }
}

#[tokio::test]
async fn each_payer_owes_its_own_and_pays_its_own() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, vec![sponsor("parent", "0.5")]).await;
        let view = scheme.quoted(tenant, bundle()).await;
        let id = scheme.accepted(&view).await;
        scheme.advance(tenant, jst("2021-05-02 00:00")).await;
        let ctx = &scheme.ctx;
        let owes = async |payer| get_balance(ctx, &clerk(), tenant, (None, payer)).await.unwrap();
        assert_eq!(owes(None).await.due, yen(42_900));
        assert_eq!(owes(Some("customer")).await.due, yen(21_450));
        assert_eq!(owes(Some("parent")).await.due, yen(21_450));
        let payment = RecordPayment {
            tenant_id: tenant,
            payer_code: "parent".to_owned(),
            amount: yen(21_450),
            received_at: jst("2021-05-01 10:00"),
            method: PaymentMethod::BankTransfer,
            reference: "BANK-1".to_owned(),
            invoice_id: None,
            note: String::new(),
        };
        record_payment(ctx, &clerk(), payment).await.unwrap();
        let state = async |payer| scheme.invoices_of(tenant, payer).await.remove(0).invoice.state;
        assert!(matches!(state("parent").await, InvoiceState::Paid { .. }), "{}", scheme.name);
        assert!(matches!(state("customer").await, InvoiceState::Final { .. }));
        assert_eq!(owes(Some("parent")).await.due, yen(0));
        assert_eq!(owes(Some("customer")).await.due, yen(21_450));

        scheme.advance(tenant, jst("2021-06-01 09:00")).await;
        assert_eq!(owes(Some("customer")).await.past_due, yen(21_450));
        assert_eq!(owes(Some("parent")).await.past_due, yen(0));

        let nobody = Preview {
            tenant_id: tenant,
            subscription_id: id,
            month: month("2021-04"),
            payer_code: "uncle".to_owned(),
        };
        let refused = preview_invoice(ctx, &clerk(), &nobody).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RequestInvalid);
        assert_eq!(refused.violations()[0].field, "payer_code");
        assert!(refused.violations()[0].description.contains("`parent`"), "{refused}");
    }
}

#[tokio::test]
async fn what_is_given_back_goes_to_the_payer_of_the_invoice() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, vec![sponsor("parent", "0.5")]).await;
        let view = scheme.quoted(tenant, bundle()).await;
        scheme.accepted(&view).await;
        scheme.advance(tenant, jst("2021-05-02 00:00")).await;
        let ctx = &scheme.ctx;
        let invoice = scheme.invoices_of(tenant, "parent").await.remove(0);
        let back = IssueCreditNote {
            tenant_id: tenant,
            invoice_id: invoice.invoice.id,
            etag: invoice.version.to_string(),
            ask: Ask::Everything,
            reason: "取消".to_owned(),
        };
        let note = issue_credit_note(ctx, &clerk(), &back, Effect::Store).await.unwrap().note;
        assert_eq!((note.payer.code.as_str(), note.gross), ("parent", yen(21_450)));
        let owes = async |payer| get_balance(ctx, &clerk(), tenant, (None, payer)).await.unwrap();
        let parent = owes(Some("parent")).await;
        assert_eq!((parent.credited, parent.due), (yen(21_450), yen(0)), "{}", scheme.name);
        let customer = owes(Some("customer")).await;
        assert_eq!((customer.credited, customer.due), (yen(0), yen(21_450)));
    }
}

#[tokio::test]
async fn what_is_settled_is_what_all_payers_are_charged() {
    for scheme in schemes().await {
        let shared = scheme.sponsored(1, two_sponsors()).await;
        let alone = scheme.sponsored(2, Vec::new()).await;
        for tenant in [shared, alone] {
            let view = scheme.quoted(tenant, bundle()).await;
            scheme.accepted(&view).await;
            scheme.advance(tenant, jst("2021-05-01 00:00")).await;
        }
        let with = Counterpart::Provider(provider());
        let april = month("2021-04");
        let settled = settle_month(&scheme.ctx, &clerk(), april, with, Effect::Store).await;
        let lines = settled.unwrap().settlement.lines;
        let basis_of = |tenant: TenantId| {
            let of = lines.iter().filter(|line| line.tenant_id == tenant);
            Money::total(of.filter_map(|line| line.basis)).unwrap()
        };
        assert_eq!(basis_of(shared), yen(39_000), "{}", scheme.name);
        assert_eq!(basis_of(shared), basis_of(alone));
    }
}

#[tokio::test]
async fn what_the_pack_does_not_take_is_paid_by_the_customer_and_the_quote_says_why() {
    for scheme in schemes().await {
        let small = Sponsor { monthly_cap: Some(yen(500)), ..sponsor("uncle", "0.5") };
        let tenant = scheme.sponsored(1, vec![small, sponsor("parent", "0.5")]).await;
        let view = scheme.quoted(tenant, bundle()).await;
        let priced = &view.quote.offer.priced;
        assert_eq!(promised(&view).into_keys().collect::<Vec<_>>(), ["customer", "parent"]);
        let [declined] = priced.declined_payers.as_slice() else { panic!("one is declined") };
        assert_eq!(declined.because, ["SPONSOR_CAP_TOO_SMALL"]);
        assert!(declined.reason.ja.contains("¥1,000") || declined.reason.ja.contains("1,000"));

        // Each has a decision of its own, and the quote knows which.
        let taken = priced.payers[1].terms.as_ref().unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let of = async |id: Option<_>| decisions::get(&tx, id.unwrap()).await.unwrap().unwrap();
        let about = of(declined.decision_id).await;
        assert_eq!(about.facts["sponsor"]["code"], "uncle", "{}", scheme.name);
        let about = of(taken.decision_id).await;
        assert_eq!(about.facts["sponsor"]["code"], "parent");
        assert_eq!(taken.pack, about.pack);
    }
}

#[tokio::test]
async fn shares_above_the_whole_are_refused_and_the_error_says_what_to_do() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        let both = vec![sponsor("parent", "0.6"), sponsor("mall", "0.5")];
        let tenant = scheme.sponsored(1, both).await;
        let refused = create_quote(ctx, &clerk(), wanting(tenant, bundle())).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RequestInvalid, "{}", scheme.name);
        let violation = &refused.violations()[0];
        assert_eq!(violation.field, "profile.sponsors[0].share_rate");
        assert!(violation.description.contains("lower one"), "{}", violation.description);

        let tenant = scheme.sponsored(2, vec![sponsor("customer", "0.6")]).await;
        let refused = create_quote(ctx, &clerk(), wanting(tenant, bundle())).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "profile.sponsors[0].code");
    }
}

#[tokio::test]
async fn the_budget_is_the_customers_and_so_is_what_is_compared_with_it() {
    for scheme in schemes().await {
        let tenant = scheme.sponsored(1, vec![sponsor("parent", "0.5")]).await;
        let budget = tasuki_core::catalog::Budget {
            monthly: yen(12_000),
            tax_mode: tasuki_core::catalog::TaxMode::Exclusive,
        };
        let profile = CompanyProfile { budget: Some(budget), ..CompanyProfile::default() };
        let new = NewQuote { profile: Some(profile), ..wanting(tenant, bundle()) };
        let view = create_quote(&scheme.ctx, &clerk(), new).await.unwrap();
        let priced = &view.quote.offer.priced;
        assert_eq!(priced.totals.first_year.net, yen(259_000));
        let check = priced.budget.as_ref().unwrap();
        assert_eq!(check.verdict.as_str(), "within", "{}: 129,500 of 144,000", scheme.name);
    }
}
