use jiff::civil::date;
use tasuki_app::billing::{
    self, Balance, Effect, InvoiceView, IssueCreditNote, Preview, RecordPayment, close_month,
    get_balance, issue_credit_note, preview_invoice, record_payment,
};
use tasuki_app::call::Call;
use tasuki_app::monitoring::{RowOutcome, UsageRow, report_usage, summarize_usage};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::credit_note::{Ask, AskedLine, AskedPart};
use tasuki_core::id::{ProviderId, SubscriptionId, TenantId};
use tasuki_core::invoice::{Invoice, Issued};
use tasuki_core::party::{Principal, Role};
use tasuki_core::payment::PaymentMethod;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Period;
use tasuki_core::usage::{UsageKind, UsageRecord, UsageReport};
use tasuki_store::{subscriptions, usage};

use crate::scene::{Plan, Scheme, clerk, jst, keyed, month, schemes, yen};

fn issued(invoice: &Invoice) -> &Issued {
    invoice.state.issued().unwrap()
}

fn rows(invoice: &Invoice) -> Vec<(&str, i64)> {
    let lines = invoice.content.lines.iter();
    lines.map(|line| (line.code.as_str(), line.amount.amount())).collect()
}

fn payment(tenant_id: TenantId, amount: i64, reference: &str) -> RecordPayment {
    RecordPayment {
        tenant_id,
        payer_code: "customer".to_owned(),
        amount: yen(amount),
        received_at: jst("2021-03-20 10:00"),
        method: PaymentMethod::BankTransfer,
        reference: reference.to_owned(),
        invoice_id: None,
        note: String::new(),
    }
}

fn credit(view: &InvoiceView, ask: Ask) -> IssueCreditNote {
    IssueCreditNote {
        tenant_id: view.invoice.tenant_id,
        invoice_id: view.invoice.id,
        etag: view.version.to_string(),
        ask,
        reason: "二重請求".to_owned(),
    }
}

#[tokio::test]
async fn the_first_year_of_the_pilot_bundle_is_invoiced_to_the_yen() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2022-02-01 00:00")).await;
        let all = scheme.invoices(tenant).await;
        assert_eq!(all.len(), 12, "{}: one for each month", scheme.name);
        let net: i64 = all.iter().map(|view| view.invoice.content.net.amount()).sum();
        assert_eq!(net, 259_000, "{}", scheme.name);

        let first = &all[0].invoice;
        assert_eq!(
            rows(first),
            [
                ("utm.initial", 10_000),
                ("utm.monthly", 10_000),
                ("cloud_waf.monthly", 10_000),
                ("edr.yearly", 9_000)
            ]
        );
        assert_eq!((first.content.tax, first.content.gross), (yen(3_900), yen(42_900)));
        assert_eq!(rows(&all[1].invoice), [("utm.monthly", 10_000), ("cloud_waf.monthly", 10_000)]);
        let numbers: Vec<_> =
            all.iter().map(|view| issued(&view.invoice).number.as_str()).collect();
        assert_eq!(numbers[..2], ["2021-000001", "2021-000002"]);
        assert_eq!(numbers[11], "2022-000012", "numbers have no gap");
    }
}

#[tokio::test]
async fn an_invoice_has_the_six_items_of_a_qualified_one() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-03-01 00:00")).await;
        let invoice = scheme.invoices(tenant).await.remove(0).invoice;
        let issuer = &invoice.content.issuer;
        assert_eq!(issuer.name, "沖電グローバルシステムズ");
        assert_eq!(issuer.registration_number.as_ref().unwrap().as_str(), "T8700110005901");
        assert_eq!(issued(&invoice).issued_on, date(2021, 3, 1));
        assert_eq!(invoice.content.service_period.unwrap().start(), date(2021, 2, 1));
        assert!(invoice.content.lines.iter().all(|line| !line.label.ja.is_empty()));
        let totals = &invoice.content.tax_totals;
        let total = totals.first().unwrap();
        assert_eq!(totals.len(), 1);
        assert_eq!(
            (total.rate.to_string(), total.net, total.tax),
            ("0.1".to_owned(), yen(39_000), yen(3_900))
        );
        assert_eq!(invoice.content.payer.name, "商店1");
        assert_eq!(issued(&invoice).due_on, date(2021, 3, 31));
    }
}

#[tokio::test]
async fn closing_twice_gives_one_invoice() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-03-01 00:00")).await;
        let february = month("2021-02");
        let ctx = &scheme.ctx;
        let again = close_month(ctx, &clerk(), tenant, february, Effect::Store).await.unwrap();
        let first = close_month(ctx, &keyed("a"), tenant, february, Effect::Store).await.unwrap();
        let repeat = close_month(ctx, &keyed("a"), tenant, february, Effect::Store).await.unwrap();
        assert_eq!(again, scheme.invoices(tenant).await, "{}", scheme.name);
        assert_eq!(again, first);
        assert_eq!(first, repeat);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_at_the_same_time_give_one_invoice() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let tx = scheme.ctx.store.begin().await.unwrap();
        tasuki_store::tenants::set_clock(&tx, tenant, jst("2021-03-01 09:00")).await.unwrap();
        tx.commit().await.unwrap();
        let closes: Vec<_> = (0..6)
            .map(|_| {
                let ctx = scheme.ctx.clone();
                tokio::spawn(async move {
                    close_month(&ctx, &clerk(), tenant, month("2021-02"), Effect::Store).await
                })
            })
            .collect();
        let mut ids = Vec::new();
        for close in closes {
            let made = close.await.unwrap().unwrap();
            assert_eq!(made.len(), 1, "{}", scheme.name);
            ids.push(made[0].invoice.id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{}", scheme.name);
        let all = scheme.invoices(tenant).await;
        assert_eq!(all.len(), 1);
        assert_eq!(issued(&all[0].invoice).number, "2021-000001");
    }
}

#[tokio::test]
async fn only_saying_what_would_be_closed_stores_nothing() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let (ctx, february) = (&scheme.ctx, month("2021-02"));
        let early = close_month(ctx, &clerk(), tenant, february, Effect::Store).await;
        assert_eq!(early.unwrap_err().reason(), Reason::MonthNotOver);
        let tx = ctx.store.begin().await.unwrap();
        tasuki_store::tenants::set_clock(&tx, tenant, jst("2021-03-01 00:00")).await.unwrap();
        tx.commit().await.unwrap();
        let said = close_month(ctx, &clerk(), tenant, february, Effect::OnlySay).await.unwrap();
        assert_eq!(said[0].invoice.content.gross, yen(42_900));
        assert_eq!(scheme.invoices(tenant).await, []);
    }
}

#[tokio::test]
async fn a_trial_is_free_and_what_follows_is_charged_from_its_own_first_day() {
    for scheme in schemes().await {
        let plan = Plan {
            card: "okinawa-trial",
            trial_until: Some(date(2021, 1, 26)),
            ..Plan::okinawa(date(2020, 10, 1))
        };
        let (tenant, subscription) = scheme.running(1, plan).await;
        scheme.advance(tenant, jst("2021-01-01 00:00")).await;
        assert_eq!(scheme.invoices(tenant).await, [], "{}: nothing is charged", scheme.name);
        let ask = Preview {
            tenant_id: tenant,
            subscription_id: subscription,
            month: month("2020-12"),
            payer_code: "customer".to_owned(),
        };
        assert_eq!(preview_invoice(&scheme.ctx, &clerk(), &ask).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_price_with_its_tax_in_it_shows_both() {
    for scheme in schemes().await {
        let plan = Plan {
            card: "kumamoto",
            selection: vec![SelectedItem::of(Service::Utm)],
            ..Plan::okinawa(date(2021, 2, 1))
        };
        let (tenant, _) = scheme.running(1, plan).await;
        scheme.advance(tenant, jst("2021-03-01 00:00")).await;
        let content = scheme.invoices(tenant).await.remove(0).invoice.content;
        let sums = (content.net, content.tax, content.gross);
        assert_eq!(sums, (yen(15_000), yen(1_500), yen(16_500)), "{}", scheme.name);
        assert_eq!(content.issuer.name, "セキュアイノベーション", "the operator is not registered");
    }
}

/// Traffic of February as a provider reports it; a correction names what it replaces.
async fn reported(
    scheme: &Scheme,
    of: (TenantId, SubscriptionId),
    (id, quantity, corrects): (&str, &str, Option<&str>),
) -> RowOutcome {
    let provider_id = ProviderId::of_code("okinawa-soc");
    let provider =
        Principal { provider_id: Some(provider_id), ..Principal::of("soc", Role::Provider) };
    let row = UsageRow {
        provider_event_id: id.to_owned(),
        tenant_id: of.0,
        subscription_id: of.1,
        service: Service::CloudWaf,
        meter: "waf.traffic_gb".parse().unwrap(),
        kind: corrects.is_none().then_some(UsageKind::Delta),
        quantity: quantity.parse().unwrap(),
        measured: Period::new(jst("2021-02-01 00:00"), jst("2021-03-01 00:00")).unwrap(),
        corrects_event_id: corrects.map(ToOwned::to_owned),
        site_code: None,
        note: String::new(),
    };
    let call = Call::by(provider);
    let mut answers = report_usage(&scheme.ctx, &call, provider_id, vec![Ok(row)]).await.unwrap();
    let answer = answers.remove(0);
    assert_eq!(answer.message, "");
    answer.outcome
}

#[tokio::test]
async fn what_was_measured_late_stands_on_the_next_invoice_once() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        measure(&scheme, of, "9").await;
        scheme.advance(of.0, jst("2021-03-01 00:00")).await;
        // 9 GB and late 4 GB are 13 GB: the step of February was ¥15,000 and not ¥10,000.
        assert_eq!(reported(&scheme, of, ("late", "4", None)).await, RowOutcome::AcceptedLate);
        assert_eq!(reported(&scheme, of, ("late", "4", None)).await, RowOutcome::Repeated);
        scheme.advance(of.0, jst("2021-04-01 00:00")).await;
        // A correction brings February back to 10 GB: ¥5,000 are given back with April.
        let corrected = reported(&scheme, of, ("right", "1", Some("late"))).await;
        assert_eq!(corrected, RowOutcome::AcceptedLate, "{}", scheme.name);
        scheme.advance(of.0, jst("2021-06-01 00:00")).await;

        let waf = |view: &InvoiceView| {
            let lines = view.invoice.content.lines.iter();
            lines
                .filter(|line| line.code == "cloud_waf.monthly")
                .map(|line| (line.amount.amount(), line.service_period.unwrap().start()))
                .collect::<Vec<_>>()
        };
        let seen: Vec<_> = scheme.invoices(of.0).await.iter().map(waf).collect();
        let (february, march) = (date(2021, 2, 1), date(2021, 3, 1));
        let (april, may) = (date(2021, 4, 1), date(2021, 5, 1));
        assert_eq!(
            seen,
            [
                vec![(10_000, february)],
                vec![(10_000, march), (5_000, february)],
                vec![(10_000, april), (-5_000, february)],
                vec![(10_000, may)],
            ],
            "{}",
            scheme.name
        );
    }
}

#[tokio::test]
async fn a_summary_says_what_a_meter_is_billed_by() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        measure(&scheme, of, "10.001").await;
        let meters = summarize_usage(&scheme.ctx, &clerk(), of, month("2021-02")).await.unwrap();
        let meter = &meters[0];
        assert_eq!(meter.price.as_deref(), Some("cloud_waf.monthly"), "{}", scheme.name);
        assert_eq!((meter.billed.to_string().as_str(), &meter.note), ("10.001", &None));
    }
}

async fn measure(scheme: &Scheme, of: (TenantId, SubscriptionId), quantity: &str) {
    let tx = scheme.ctx.store.begin().await.unwrap();
    let report = UsageReport {
        provider_id: ProviderId::of_code("okinawa-soc"),
        provider_event_id: "2021-02".to_owned(),
        tenant_id: of.0,
        subscription_id: of.1,
        service: Service::CloudWaf,
        meter: "waf.traffic_gb".parse().unwrap(),
        kind: UsageKind::Delta,
        quantity: quantity.parse().unwrap(),
        measured: Period::new(jst("2021-02-01 00:00"), jst("2021-03-01 00:00")).unwrap(),
        corrects_event_id: None,
        site_code: None,
        note: String::new(),
    };
    let record = UsageRecord {
        id: scheme.ctx.ids.next(),
        report,
        received_at: jst("2021-03-01 00:00"),
        late: false,
        corrected_by: None,
        invoice_id: None,
    };
    assert!(usage::insert(&tx, &record).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn measured_traffic_chooses_the_step_and_knows_its_invoice() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        measure(&scheme, of, "10.001").await;
        scheme.advance(of.0, jst("2021-03-01 00:00")).await;
        let invoice = scheme.invoices(of.0).await.remove(0).invoice;
        let line = invoice.content.lines.iter().find(|line| line.code == "cloud_waf.monthly");
        let line = line.unwrap();
        assert_eq!((line.amount, line.n_usage_records), (yen(15_000), 1), "{}", scheme.name);

        let tx = scheme.ctx.store.begin().await.unwrap();
        let provider = ProviderId::of_code("okinawa-soc");
        let stored = usage::lock_event(&tx, provider, "2021-02").await.unwrap().unwrap();
        assert_eq!(stored.record.invoice_id, Some(invoice.id));
    }
}

#[tokio::test]
async fn a_payment_settles_the_oldest_first_and_counts_once() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-04-01 00:00")).await;
        let ctx = &scheme.ctx;
        let paid = record_payment(ctx, &clerk(), payment(tenant, 50_000, "BANK-1")).await.unwrap();
        let parts: Vec<i64> = paid.allocations.iter().map(|part| part.amount.amount()).collect();
        assert_eq!(parts, [42_900, 7_100], "{}", scheme.name);
        let again = record_payment(ctx, &clerk(), payment(tenant, 50_000, "BANK-1")).await.unwrap();
        assert_eq!(again, paid);
        let states: Vec<_> =
            scheme.invoices(tenant).await.iter().map(|view| view.invoice.state.as_str()).collect();
        assert_eq!(states, ["paid", "partly_paid"]);

        let more = record_payment(ctx, &clerk(), payment(tenant, 20_000, "BANK-2")).await.unwrap();
        assert_eq!(more.unallocated().unwrap(), yen(5_100), "what is left stays with it");
        let balance = get_balance(ctx, &clerk(), tenant, (None, None)).await.unwrap();
        assert_eq!(balance.due, yen(-5_100));
        assert_eq!(balance.past_due, yen(0));
    }
}

#[tokio::test]
async fn what_is_not_paid_in_time_is_late_until_it_is() {
    for scheme in schemes().await {
        let (tenant, subscription) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-04-01 12:00")).await;
        let ctx = &scheme.ctx;
        let states: Vec<_> =
            scheme.invoices(tenant).await.iter().map(|view| view.invoice.state.as_str()).collect();
        assert_eq!(states, ["past_due", "final"], "{}", scheme.name);
        let late = get_balance(ctx, &clerk(), tenant, (None, None)).await.unwrap();
        let expected = Balance {
            invoiced: yen(64_900),
            credited: yen(0),
            paid: yen(0),
            due: yen(64_900),
            past_due: yen(42_900),
            oldest_due_on: Some(date(2021, 3, 31)),
        };
        assert_eq!(late, expected);
        let before = Some(jst("2021-03-15 00:00"));
        let earlier = get_balance(ctx, &clerk(), tenant, (before, None)).await.unwrap();
        assert_eq!((earlier.due, earlier.past_due), (yen(42_900), yen(0)));

        let late_since = async || {
            let tx = ctx.store.begin_read().await.unwrap();
            let read = subscriptions::get(&tx, tenant, subscription).await.unwrap().unwrap();
            read.subscription.standing.flags.past_due_since
        };
        assert_eq!(late_since().await, Some(date(2021, 4, 1)));
        record_payment(ctx, &clerk(), payment(tenant, 42_900, "BANK-1")).await.unwrap();
        assert_eq!(late_since().await, None, "{}", scheme.name);
    }
}

#[tokio::test]
async fn credit_notes_give_back_to_the_yen_and_never_more() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-03-01 00:00")).await;
        let ctx = &scheme.ctx;
        let view = scheme.invoices(tenant).await.remove(0);
        let row = |yen_back| {
            Ask::Lines(vec![AskedLine { number: 2, part: AskedPart::Amount(yen(yen_back)) }])
        };
        let first = credit(&view, row(3_333));
        let noted = issue_credit_note(ctx, &keyed("c"), &first, Effect::Store).await.unwrap();
        assert_eq!((noted.note.net, noted.note.gross), (yen(3_333), yen(3_667)));
        assert_eq!(noted.note.number, "C2021-000001");
        let repeat = issue_credit_note(ctx, &keyed("c"), &first, Effect::Store).await.unwrap();
        assert_eq!(repeat, noted, "{}", scheme.name);

        let stale = issue_credit_note(ctx, &clerk(), &first, Effect::Store).await.unwrap_err();
        assert_eq!(stale.reason(), Reason::EtagMismatch);
        let too_much = credit(&noted.invoice, row(6_668));
        let refused = issue_credit_note(ctx, &clerk(), &too_much, Effect::Store).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::AmountExceedsInvoice);

        let rest = credit(&noted.invoice, Ask::Everything);
        let void = issue_credit_note(ctx, &clerk(), &rest, Effect::Store).await.unwrap();
        assert_eq!(void.note.gross, yen(42_900 - 3_667));
        assert_eq!(void.note.number, "C2021-000002", "what was refused used no number");
        assert_eq!(void.invoice.invoice.state.as_str(), "void");
        let balance = get_balance(ctx, &clerk(), tenant, (None, None)).await.unwrap();
        assert_eq!((balance.due, balance.credited), (yen(0), yen(42_900)));
    }
}

#[tokio::test]
async fn a_stranger_sees_no_invoice_and_a_tenant_closes_no_month() {
    for scheme in schemes().await {
        let (tenant, _) = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(tenant, jst("2021-03-01 00:00")).await;
        let id = scheme.invoices(tenant).await[0].invoice.id;
        let other = Call::by(Principal {
            partner_id: Some(tasuki_core::id::PartnerId::of_code("somebody")),
            ..Principal::of("test:other", Role::Partner)
        });
        let hidden = billing::get_invoice(&scheme.ctx, &other, tenant, id).await.unwrap_err();
        assert_eq!(hidden.reason(), Reason::TenantNotFound);
        let itself = Call::by(Principal {
            tenant_id: Some(tenant),
            ..Principal::of("test:tenant", Role::Tenant)
        });
        assert!(billing::get_invoice(&scheme.ctx, &itself, tenant, id).await.is_ok());
        let february = month("2021-02");
        let refused = close_month(&scheme.ctx, &itself, tenant, february, Effect::Store).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::RoleForbidden);
    }
}
