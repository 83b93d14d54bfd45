//! What firms share, the book for others, a year simulated from the books, and lists that never change.

use jiff::civil::date;
use tasuki_app::billing::{
    AccumulationAsk, Effect, ProjectPremium, SimulateScheme, export_exposure, get_bordereau,
    list_accumulations, project_premium, recorded_losses, settle_month, simulate_scheme,
};
use tasuki_app::call::Call;
use tasuki_app::paging::PageRequest;
use tasuki_core::actor::Actor;
use tasuki_core::certificate::{Certificate, CertificateCommand, CertificateDraft, Evidence, Stop};
use tasuki_core::id::{InsurerId, ItemId, OrderId, SubscriptionId, TenantId};
use tasuki_core::master_contract::{EndorsementDraft, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::party::{Principal, Role};
use tasuki_core::provisioning::{
    CompletionPolicy, Device, InService, Item, ItemState, Order, Spec, Transition, VerifyMethod,
    state,
};
use tasuki_core::rate::Rate;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::settlement::Counterpart;
use tasuki_core::settlement::accumulation::SharedKind;
use tasuki_core::settlement::bordereau::{Bordereau, Part};
use tasuki_core::text::Text;
use tasuki_economics::{Method, Wish};
use tasuki_store::{certificates, master_contracts, orders};
use uuid::Uuid;

use crate::scene::{Plan, Scheme, clerk, insurer, jst, month, provider, schemes, seller, yen};
use crate::settlements::{contract, covered};

/// A UTM of one model and a cloud WAF that are live.
async fn live(scheme: &Scheme, of: (TenantId, SubscriptionId), model: &str) {
    let at = jst("2021-02-01 00:00");
    let method = VerifyMethod::ProviderObserves;
    let evidence = state::Evidence { id: "ev-1".to_owned(), method, observed_at: at };
    let item = |number: u32, service: Service| {
        let id: ItemId = scheme.ctx.ids.next();
        let running = InService { evidence: evidence.clone(), installed_at: at, active_at: at };
        let device = Device { model: model.to_owned(), ..Device::default() };
        Item {
            state: ItemState::Active { service: running },
            device: (service == Service::Utm).then_some(device),
            ..Item::planned(id, number, provider(), Spec::of(service, service.as_str()))
        }
    };
    let order = Order {
        id: scheme.ctx.ids.next::<OrderId>(),
        tenant_id: of.0,
        subscription_id: Some(of.1),
        partner_id: seller(),
        external_reference: String::new(),
        completion: CompletionPolicy::All,
        ordered_at: at,
        cancellation: None,
    };
    let made = Transition {
        from: String::new(),
        to: "active".to_owned(),
        event: "activated".to_owned(),
        changed_at: at,
        cause: None,
        changed_by: Actor::from(&Principal::system()),
        note: String::new(),
        generation: 1,
        evidence_id: String::new(),
    };
    let items = [item(1, Service::Utm), item(2, Service::CloudWaf)].map(|it| (it, made.clone()));
    let tx = scheme.ctx.store.begin().await.unwrap();
    orders::insert(&tx, &order, &items).await.unwrap();
    tx.commit().await.unwrap();
}

/// A certificate whose changes were recorded at these times.
async fn certificate(
    scheme: &Scheme,
    contract: &MasterContract,
    of: (TenantId, SubscriptionId),
    changes: &[(CertificateCommand, &str)],
) {
    let draft = CertificateDraft {
        id: scheme.ctx.ids.next(),
        tenant_id: of.0,
        number: "CRT-000009".to_owned(),
        master_contract_id: contract.id,
        subscription_id: of.1,
        contract_period: contract.in_force,
    };
    let issued = Certificate::issue(draft, jst("2021-02-01 00:00"));
    let certificate = changes.iter().fold(issued, |certificate, (command, recorded)| {
        certificate.step(command, jst(recorded)).unwrap().0
    });
    let tx = scheme.ctx.store.begin().await.unwrap();
    master_contracts::insert(&tx, contract).await.unwrap();
    certificates::insert(&tx, &certificate).await.unwrap();
    tx.commit().await.unwrap();
}

fn in_force(from: &str) -> CertificateCommand {
    let evidence = Evidence { kind: "order_item_active".to_owned(), id: String::new() };
    CertificateCommand::PutInForce { from: jst(from), evidence }
}

async fn list_of(scheme: &Scheme, contract: &MasterContract, in_month: &str) -> Bordereau {
    get_bordereau(&scheme.ctx, &clerk(), contract.id, month(in_month), None).await.unwrap()
}

#[tokio::test]
async fn what_becomes_known_later_stands_on_a_later_list() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = contract();
        // In force from February, which nobody recorded before 10 April; ended in March, recorded in May.
        let stop = CertificateCommand::Lapse { at: jst("2021-03-01 00:00"), because: Stop::Unpaid };
        let changes =
            [(in_force("2021-02-01 00:00"), "2021-04-10 09:00"), (stop, "2021-05-20 09:00")];
        certificate(&scheme, &contract, of, &changes).await;

        let mut sums = Vec::new();
        for name in ["2021-02", "2021-03", "2021-04", "2021-05", "2021-06"] {
            let list = list_of(&scheme, &contract, name).await;
            let corrections: Vec<_> = list
                .corrections
                .iter()
                .map(|row| (row.month.to_string(), row.difference.amount()))
                .collect();
            sums.push((list.premium_total.amount(), corrections));
        }
        let of_month = |name: &str, yen: i64| (name.to_owned(), yen);
        assert_eq!(
            sums,
            [
                (0, vec![]),
                (0, vec![]),
                (80, vec![of_month("2021-02", 80), of_month("2021-03", 80)]),
                (0, vec![of_month("2021-03", -80), of_month("2021-04", -80)]),
                (0, vec![]),
            ],
            "{}: together the one month that was covered",
            scheme.name
        );
        let table = list_of(&scheme, &contract, "2021-05").await.csv(Part::Premiums);
        assert!(
            table.contains("2021-05,okinawa-first-response-2021,correction,2021-03"),
            "{table}"
        );
    }
}

/// An endorsement changes what is charged from its month on, and nothing before.
#[tokio::test]
async fn each_month_is_charged_by_the_terms_that_hold_in_it() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = contract();
        let mut dearer = contract.terms.clone();
        dearer.premium.amount = Some(yen(120));
        let endorsement = EndorsementDraft {
            effective_at: jst("2021-04-01 00:00"),
            terms: Some(dearer),
            cancels: false,
            summary: Text::new("保険料の変更", "Another premium"),
            by: Actor::from(&Principal::system()),
        };
        let contract = contract.endorse(endorsement, jst("2021-03-20 00:00")).unwrap();
        let changes = [(in_force("2021-02-01 00:00"), "2021-02-01 00:00")];
        certificate(&scheme, &contract, of, &changes).await;
        let mut premiums = Vec::new();
        for name in ["2021-03", "2021-04"] {
            premiums.push(list_of(&scheme, &contract, name).await.premium_total.amount());
        }
        assert_eq!(premiums, [80, 120], "{}", scheme.name);
    }
}

/// A list that was made stays as it was: an endorsement that reaches back is corrected on the list of the month
/// in which it was recorded, and next year's premium counts what the months came to.
#[tokio::test]
async fn an_endorsement_that_reaches_back_is_a_correction_of_a_later_list() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let before = contract();
        let mut dearer = before.terms.clone();
        dearer.premium.amount = Some(yen(120));
        let endorsement = EndorsementDraft {
            effective_at: jst("2021-03-01 00:00"),
            terms: Some(dearer),
            cancels: false,
            summary: Text::new("保険料の変更", "Another premium"),
            by: Actor::from(&Principal::system()),
        };
        let after = before.endorse(endorsement, jst("2021-05-10 09:00")).unwrap();
        let changes = [(in_force("2021-02-01 00:00"), "2021-02-01 00:00")];
        certificate(&scheme, &after, of, &changes).await;
        let mut lists = Vec::new();
        for name in ["2021-02", "2021-03", "2021-04", "2021-05", "2021-06"] {
            let list = list_of(&scheme, &after, name).await;
            let corrections = list.corrections.iter();
            let corrections: Vec<_> =
                corrections.map(|row| (row.month.to_string(), row.difference.amount())).collect();
            lists.push((list.premium_total.amount(), corrections));
        }
        let of_month = |name: &str| (name.to_owned(), 40);
        assert_eq!(
            lists,
            [
                (80, vec![]),
                (80, vec![]),
                (80, vec![]),
                (120, vec![of_month("2021-03"), of_month("2021-04")]),
                (120, vec![]),
            ],
            "{}",
            scheme.name
        );
        // The year came to 80 + 11 × 120, which is 117 a month to the yen.
        let ask = ProjectPremium {
            heavy_claim: Some(yen(1_000_000)),
            expected_losses: Some(yen(117 * 12 / 2)),
            margin_before_premium: Some(yen(10_000)),
            master_contract_id: Some(after.id),
            ..ProjectPremium::default()
        };
        let projected = project_premium(&scheme.ctx, &clerk(), &ask).await.unwrap();
        let half: Rate = "0.5".parse().unwrap();
        assert_eq!(projected.without_claim.loss_ratio, half, "{}", scheme.name);
    }
}

#[tokio::test]
async fn corrections_are_settled_with_the_month_in_which_they_are_known() {
    let scheme = schemes().await.remove(0);
    let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
    let contract = contract();
    let changes = [(in_force("2021-02-01 00:00"), "2021-03-10 09:00")];
    certificate(&scheme, &contract, of, &changes).await;
    scheme.advance(of.0, jst("2021-04-01 00:00")).await;
    let with = Counterpart::Insurer(insurer());
    let march = settle_month(&scheme.ctx, &clerk(), month("2021-03"), with, Effect::OnlySay).await;
    let lines = march.unwrap().settlement.lines;
    let seen: Vec<_> = lines.iter().map(|it| (it.code.as_str(), it.amount.amount())).collect();
    assert_eq!(seen, [("premium", 80), ("premium.correction", 80)]);
}

#[tokio::test]
async fn firms_add_up_by_provider_vendor_cloud_and_model() {
    for scheme in schemes().await {
        let first = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = covered(&scheme, first).await;
        live(&scheme, first, "firebox_t20").await;
        let ask = |kind, at: &str| AccumulationAsk {
            master_contract_id: Some(contract.id),
            as_of: Some(jst(at)),
            kind,
            page: PageRequest::default(),
        };
        let asked = ask(None, "2021-06-01 00:00");
        let page = list_accumulations(&scheme.ctx, &clerk(), &asked).await.unwrap();
        let kinds: Vec<_> = page.rows.iter().map(|view| view.row.shared.kind.as_str()).collect();
        assert_eq!(kinds, ["cloud", "vendor", "utm_model", "provider"], "{}", scheme.name);
        let model = &page.rows[2];
        assert_eq!(model.row.shared.name, "firebox_t20");
        assert_eq!((model.row.n_tenants, model.row.n_certificates), (1, 1));
        assert_eq!(model.row.yearly_limits, Some(yen(300_000)));
        assert_eq!(model.aggregate_left, None, "the programme has no aggregate");

        let only = ask(Some(SharedKind::Cloud), "2021-06-01 00:00");
        let page = list_accumulations(&scheme.ctx, &clerk(), &only).await.unwrap();
        assert_eq!(page.rows.len(), 1);
        let before = ask(None, "2021-01-15 00:00");
        let page = list_accumulations(&scheme.ctx, &clerk(), &before).await.unwrap();
        assert!(page.rows.is_empty(), "nobody was covered then");

        let page = PageRequest { size: 3, after: None };
        let mut paged = AccumulationAsk { page, ..asked };
        let first_page = list_accumulations(&scheme.ctx, &clerk(), &paged).await.unwrap();
        assert_eq!(first_page.rows.len(), 3);
        paged.page.after = first_page.next;
        let rest = list_accumulations(&scheme.ctx, &clerk(), &paged).await.unwrap();
        assert_eq!((rest.rows.len(), rest.next), (1, None));
        paged.page.after = Some("phone~x".to_owned());
        let refused = list_accumulations(&scheme.ctx, &clerk(), &paged).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::PageTokenInvalid);
    }
}

#[tokio::test]
async fn the_book_goes_out_in_cyber_coverage_codes() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = covered(&scheme, of).await;
        live(&scheme, of, "firebox_t20").await;
        let at = Some(jst("2021-06-01 00:00"));
        let tables = export_exposure(&scheme.ctx, &clerk(), contract.id, at).await.unwrap();
        let rows: Vec<&str> = tables.accounts.lines().collect();
        assert_eq!(rows.len(), 2, "{}", scheme.name);
        assert!(rows[0].ends_with("OEDVersion,PolLimitINRE,PolDedINRE"), "{}", rows[0]);
        let row = rows[1];
        assert!(row.contains("商店1,JPY,CRT-000001,2021-02-01,2022-01-31,Cyber"), "{row}");
        assert!(row.contains(",INRE,1,okinawa-soc,"), "{row}");
        assert!(row.ends_with("4.0.0,150000,0"), "{row}");
        assert_eq!(tables.locations.lines().count(), 2);

        let other = Principal {
            insurer_id: Some(InsurerId::of_code("insurer-b")),
            ..Principal::of("test:other", Role::Insurer)
        };
        let hidden = export_exposure(&scheme.ctx, &Call::by(other), contract.id, at).await;
        assert_eq!(hidden.unwrap_err().reason(), Reason::MasterContractNotFound);
    }
}

#[tokio::test]
async fn a_year_is_simulated_under_the_terms_of_the_contract() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = covered(&scheme, of).await;
        let ask = SimulateScheme {
            master_contract_id: Some(contract.id),
            n_tenants: Some(102),
            aggregate_limit: Some(yen(500_000)),
            margin_before_premium: Some(yen(918_000)),
            wish: Wish { method: Method::Exact, ..Wish::default() },
            ..SimulateScheme::default()
        };
        let found = simulate_scheme(&scheme.ctx, &clerk(), &ask).await.unwrap();
        let year = found.exact.unwrap();
        assert_eq!((year.n_tenants, year.premium), (102, yen(80 * 102 * 12)), "{}", scheme.name);
        assert!(year.expected_losses <= yen(500_000));
        assert!(year.exhaustion_probability.is_some_and(|it| it.value() > 0.into()));
        assert!(year.percentiles.iter().all(|it| it.losses <= yen(500_000)));
        assert!(year.margin_per_tenant.is_some());

        let nothing = SimulateScheme::default();
        let refused = simulate_scheme(&scheme.ctx, &clerk(), &nothing).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "n_tenants");
    }
}

#[tokio::test]
async fn a_book_without_losses_has_nothing_to_compare() {
    let scheme = schemes().await.remove(0);
    let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
    let contract = covered(&scheme, of).await;
    let book = recorded_losses(&scheme.ctx, &clerk(), &contract.code, None).await.unwrap();
    assert!(book.losses.is_empty());
    let unknown = recorded_losses(&scheme.ctx, &clerk(), "nothing", None).await.unwrap_err();
    assert_eq!(unknown.reason(), Reason::MasterContractNotFound);
}

#[tokio::test]
async fn lists_together_come_to_what_is_known_at_their_end() {
    // Changes that are recorded at any time after they happened: whatever was listed before, the lists
    // up to a month come to what the months should have had, as known at the end of that month.
    let scheme = schemes().await.remove(0);
    let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
    let mut random = fastrand_like(20_210_201);
    for round in 0..12_u128 {
        let contract = MasterContract {
            id: Uuid::from_u128(5_000 + round).into(),
            code: format!("contract-{round}"),
            ..contract()
        };
        let mut day = |from: u64, days: u64| from + random() % days;
        let begins = day(0, 90);
        let known = begins + day(0, 120);
        let lapses = begins + day(1, 90);
        let lapse_known = known.max(lapses) + day(0, 90);
        let at = |n: u64| {
            let start = jst("2021-02-01 00:00");
            start.plus_seconds(i64::try_from(n).unwrap() * 86_400).unwrap()
        };
        let text = |n: u64| at(n).to_string();
        let draft = CertificateDraft {
            id: scheme.ctx.ids.next(),
            tenant_id: of.0,
            number: format!("CRT-{round}"),
            master_contract_id: contract.id,
            subscription_id: of.1,
            contract_period: contract.in_force,
        };
        let evidence = Evidence { kind: "order_item_active".to_owned(), id: String::new() };
        let put = CertificateCommand::PutInForce { from: at(begins), evidence };
        let stop = CertificateCommand::Lapse { at: at(lapses), because: Stop::Unpaid };
        let issued = Certificate::issue(draft, at(0));
        let (next, _) = issued.step(&put, at(known)).unwrap();
        let (whole, _) = next.step(&stop, at(lapse_known)).unwrap();
        let tx = scheme.ctx.store.begin().await.unwrap();
        master_contracts::insert(&tx, &contract).await.unwrap();
        certificates::insert(&tx, &whole).await.unwrap();
        tx.commit().await.unwrap();

        let names = [
            "2021-02", "2021-03", "2021-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09",
            "2021-10", "2021-11", "2021-12", "2022-01",
        ];
        let mut listed = Money::ZERO_JPY;
        for name in names {
            let list = list_of(&scheme, &contract, name).await;
            listed = listed.plus(list.premium_total).unwrap();
            listed = listed.plus(list.correction_total().unwrap()).unwrap();
        }
        // Every month with a whole day in force, once everything is known.
        let months = names.iter().filter(|name| {
            let first = month(name).first_day();
            let (from, until) = (at(begins), at(lapses));
            let starts = jst(&format!("{first} 00:00"));
            let ends = jst(&format!("{} 00:00", month(name).next().unwrap().first_day()));
            from.max(starts) < until.min(ends)
        });
        let due = 80 * i64::try_from(months.count()).unwrap();
        assert_eq!(
            listed,
            yen(due),
            "{} to {}, known {} and {}",
            text(begins),
            text(lapses),
            text(known),
            text(lapse_known)
        );
    }
}

/// Numbers that only have to differ.
fn fastrand_like(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}
