use jiff::civil::date;
use tasuki_app::billing::{
    Effect, IssueCreditNote, MarginAsk, ProjectPremium, RemittanceRecord, SettlementChange,
    SettlementView, approve_settlement, get_bordereau, get_margin, issue_credit_note,
    project_premium, record_remittance, settle_month,
};
use tasuki_app::call::Call;
use tasuki_core::catalog::{Cadence, Proration};
use tasuki_core::certificate::{Certificate, CertificateCommand, CertificateDraft, Evidence};
use tasuki_core::credit_note::Ask;
use tasuki_core::id::{InsurerId, MasterContractId, PartnerId, SubscriptionId, TenantId};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, CoverPacks, CoverTerms, CoveragePart, InsurancePeriod, Limit,
    LimitBasis, LimitScope, LossBasis, MasterContract, MasterContractDraft, PartTerms, Premium,
    PremiumBasis, PremiumPayer, Stacking, Wording,
};
use tasuki_core::money::Money;
use tasuki_core::party::{Principal, Role};
use tasuki_core::rate::Rate;
use tasuki_core::reason::Reason;
use tasuki_core::settlement::Counterpart;
use tasuki_core::text::Text;
use tasuki_core::time::Zone;
use tasuki_store::{certificates, master_contracts};
use uuid::Uuid;

use crate::scene::{
    Plan, Scheme, clerk, head, insurer, jst, keyed, month, provider, schemes, seller, yen,
};

fn wording() -> Wording {
    Wording {
        title: Text::new("初動対応補償", "First-response cover"),
        version: "2021.1".to_owned(),
        uri: String::new(),
        hash: String::new(),
        clauses: Vec::new(),
    }
}

pub(crate) fn contract() -> MasterContract {
    let part = PartTerms {
        part: CoveragePart::OnSiteResponse,
        form: BenefitForm::InKind,
        coinsurance: Rate::ONE,
        deductible: Money::ZERO_JPY,
        waiting_seconds: 0,
        n_per_period: None,
        section: "costs".to_owned(),
        clause: None,
        required_documents: Vec::new(),
    };
    let limit = |code: &str, scope, basis, amount| Limit {
        code: code.to_owned(),
        scope,
        basis,
        parts: [].into(),
        amount: yen(amount),
        reinstatement_rates: Vec::new(),
        clause: None,
    };
    let (occurrence, period) = (LimitBasis::PerOccurrence, LimitBasis::PerPeriod);
    let terms = CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec!["JP".to_owned()],
        parts: vec![part],
        limits: vec![
            limit("limit.occurrence", LimitScope::Occurrence, occurrence, 150_000),
            limit("limit.certificate", LimitScope::Certificate, period, 300_000),
        ],
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(yen(80)),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: Some("first-response".to_owned()),
            trigger: "first-response".to_owned(),
            exclusion: "first-response".to_owned(),
            payable: None,
        },
        wording: wording(),
        notice_days: Some(30),
        single_approval_up_to: Some(yen(100_000)),
        authorities: Vec::new(),
    };
    let draft = MasterContractDraft {
        code: "okinawa-first-response-2021".to_owned(),
        insurer_id: insurer(),
        holder_id: PartnerId::of_code("ogs"),
        period: InsurancePeriod {
            starts_on: date(2021, 2, 1),
            ends_on: date(2022, 2, 1),
            hour: 0,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms,
    };
    let id = MasterContractId::from(Uuid::from_u128(900));
    MasterContract::new(id, draft, jst("2021-01-01 00:00")).unwrap()
}

/// A contract, and a certificate under it that is in force from the start.
pub(crate) async fn covered(scheme: &Scheme, of: (TenantId, SubscriptionId)) -> MasterContract {
    let contract = contract();
    let draft = CertificateDraft {
        id: scheme.ctx.ids.next(),
        tenant_id: of.0,
        number: "CRT-000001".to_owned(),
        master_contract_id: contract.id,
        subscription_id: of.1,
        contract_period: contract.in_force,
    };
    let from = jst("2021-02-01 00:00");
    let evidence = Evidence { kind: "order_item_active".to_owned(), id: String::new() };
    let (certificate, _) = Certificate::issue(draft, from)
        .step(&CertificateCommand::PutInForce { from, evidence }, from)
        .unwrap();
    let tx = scheme.ctx.store.begin().await.unwrap();
    master_contracts::insert(&tx, &contract).await.unwrap();
    certificates::insert(&tx, &certificate).await.unwrap();
    tx.commit().await.unwrap();
    contract
}

fn rows(view: &SettlementView) -> Vec<(&str, i64, i64)> {
    let lines = view.settlement.lines.iter();
    lines
        .map(|line| {
            let basis = line.basis.map_or(0, Money::amount);
            (line.code.as_str(), basis, line.amount.amount())
        })
        .collect()
}

async fn settled(scheme: &Scheme, in_month: &str, counterpart: Counterpart) -> SettlementView {
    settle_month(&scheme.ctx, &clerk(), month(in_month), counterpart, Effect::Store).await.unwrap()
}

#[tokio::test]
async fn a_month_is_settled_with_everybody_from_its_final_invoices() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        covered(&scheme, of).await;
        let february = month("2021-02");
        let with = Counterpart::Provider(provider());
        let early = settle_month(&scheme.ctx, &clerk(), february, with, Effect::Store).await;
        assert_eq!(early.unwrap_err().reason(), Reason::MonthNotClosed, "{}", scheme.name);

        scheme.advance(of.0, jst("2021-03-01 00:00")).await;
        let fees = settled(&scheme, "2021-02", with).await;
        assert_eq!(
            rows(&fees),
            [
                ("provider_fee.cloud_waf", 10_000, 6_000),
                ("provider_fee.edr", 9_000, 5_400),
                ("provider_fee.utm", 20_000, 12_000)
            ]
        );
        let sums = (fees.settlement.net, fees.settlement.tax, fees.settlement.gross);
        assert_eq!(sums, (yen(23_400), yen(2_340), yen(25_740)));

        let commission = settled(&scheme, "2021-02", Counterpart::Partner(seller())).await;
        assert_eq!(rows(&commission), [("commission", 39_000, 5_850)]);
        let premium = settled(&scheme, "2021-02", Counterpart::Insurer(insurer())).await;
        assert_eq!(rows(&premium), [("premium", 0, 80)]);
        assert_eq!(premium.settlement.tax, yen(0), "premiums bear no consumption tax");
        assert_eq!(premium.settlement.counterpart_name, "保険会社A");

        let again = settled(&scheme, "2021-02", with).await;
        assert_eq!(again, fees, "{}: one for each counterpart and month", scheme.name);
        let nobody = Counterpart::Insurer(InsurerId::of_code("nobody"));
        let refused = settle_month(&scheme.ctx, &clerk(), february, nobody, Effect::Store).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::CounterpartNotFound);
    }
}

#[tokio::test]
async fn who_draws_up_a_settlement_does_not_approve_it() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(of.0, jst("2021-03-01 00:00")).await;
        let ctx = &scheme.ctx;
        let drafted = settled(&scheme, "2021-02", Counterpart::Provider(provider())).await;
        let change = |version: i64| SettlementChange {
            settlement_id: drafted.settlement.id,
            etag: version.to_string(),
        };
        let remittance = || RemittanceRecord {
            remitted_at: jst("2021-03-31 15:00"),
            reference: "BANK-9".to_owned(),
        };
        let own = approve_settlement(ctx, &clerk(), &change(1)).await.unwrap_err();
        assert_eq!(own.reason(), Reason::SecondPersonNeeded, "{}", scheme.name);
        let unapproved = record_remittance(ctx, &clerk(), &change(1), remittance()).await;
        assert_eq!(unapproved.unwrap_err().reason(), Reason::SettlementState);

        let approved = approve_settlement(ctx, &head(), &change(1)).await.unwrap();
        assert_eq!(approved.settlement.state.approval().unwrap().by.subject, "test:head");
        let stale = record_remittance(ctx, &clerk(), &change(1), remittance()).await.unwrap_err();
        assert_eq!(stale.reason(), Reason::EtagMismatch);
        let key = keyed("r");
        let paid = record_remittance(ctx, &key, &change(2), remittance()).await.unwrap();
        assert_eq!(paid.settlement.state.as_str(), "remitted");
        let repeat = record_remittance(ctx, &key, &change(2), remittance()).await.unwrap();
        assert_eq!(repeat, paid);
    }
}

#[tokio::test]
async fn what_was_given_back_lowers_the_month_in_which_it_was() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        scheme.advance(of.0, jst("2021-03-10 00:00")).await;
        let before = settled(&scheme, "2021-02", Counterpart::Partner(seller())).await;
        let view = scheme.invoices(of.0).await.remove(0);
        let back = IssueCreditNote {
            tenant_id: of.0,
            invoice_id: view.invoice.id,
            etag: String::new(),
            ask: Ask::Everything,
            reason: "取消".to_owned(),
        };
        issue_credit_note(&scheme.ctx, &clerk(), &back, Effect::Store).await.unwrap();
        scheme.advance(of.0, jst("2021-04-01 00:00")).await;
        let march = settled(&scheme, "2021-03", Counterpart::Partner(seller())).await;
        assert_eq!(
            rows(&march),
            [("commission", 20_000, 3_000), ("commission", -39_000, -5_850)],
            "{}",
            scheme.name
        );
        let known = settled(&scheme, "2021-02", Counterpart::Partner(seller())).await;
        assert_eq!(known, before, "what was settled does not change");
    }
}

#[tokio::test]
async fn an_insurer_sees_its_own_lists_and_settlements_only() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = covered(&scheme, of).await;
        scheme.advance(of.0, jst("2021-03-01 00:00")).await;
        let by = |id| {
            let insurer_id = Some(id);
            Call::by(Principal { insurer_id, ..Principal::of("test:insurer", Role::Insurer) })
        };
        let ctx = &scheme.ctx;
        let february = month("2021-02");
        let list = get_bordereau(ctx, &by(insurer()), contract.id, february, None).await.unwrap();
        assert_eq!((list.certificates.len(), list.premium_total), (1, yen(80)));
        assert_eq!(list.certificates[0].yearly_limit, Some(yen(300_000)));
        let other = by(InsurerId::of_code("insurer-b"));
        let hidden = get_bordereau(ctx, &other, contract.id, february, None).await.unwrap_err();
        assert_eq!(hidden.reason(), Reason::MasterContractNotFound, "{}", scheme.name);
        let with = Counterpart::Provider(provider());
        let hidden = settle_month(ctx, &by(insurer()), february, with, Effect::Store).await;
        assert_eq!(hidden.unwrap_err().reason(), Reason::CounterpartNotFound);
        let ask = MarginAsk { from: february, until: february, operator_id: None, tenant_id: None };
        let refused = get_margin(ctx, &by(insurer()), &ask).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RoleForbidden, "margins are not its affair");
    }
}

#[tokio::test]
async fn the_margin_is_what_is_left_after_everybody_got_theirs() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        covered(&scheme, of).await;
        scheme.advance(of.0, jst("2021-04-01 00:00")).await;
        let ask = MarginAsk {
            from: month("2021-02"),
            until: month("2021-03"),
            operator_id: None,
            tenant_id: None,
        };
        let margins = get_margin(&scheme.ctx, &clerk(), &ask).await.unwrap();
        assert_eq!(margins.tenants.len(), 1);
        let total = &margins.total;
        assert_eq!(total.revenue, yen(59_000), "{}", scheme.name);
        assert_eq!(total.provider_fees, yen(35_400));
        assert_eq!(total.commission, yen(8_850));
        assert_eq!(total.premium, yen(160));
        assert_eq!(total.margin().unwrap(), yen(59_000 - 35_400 - 8_850 - 160));
        assert_eq!(total.loss_ratio().unwrap().to_string(), "0");
    }
}

#[tokio::test]
async fn one_heavy_claim_is_felt_by_everybody_next_year() {
    let scheme = schemes().await.remove(0);
    let ask = ProjectPremium {
        premium: Some(yen(97_920)),
        expected_losses: Some(yen(0)),
        heavy_claim: Some(yen(50_000_000)),
        n_tenants: Some(102),
        margin_before_premium: Some(yen(1_000_000)),
        aggregate_limit: Some(yen(5_000_000)),
        ..ProjectPremium::default()
    };
    let projected = project_premium(&scheme.ctx, &clerk(), &ask).await.unwrap();
    let (without, with) = (&projected.without_claim, &projected.with_claim);
    assert_eq!(without.next_year_premium, yen(56 * 102 * 12));
    assert_eq!(with.next_year_premium, yen(2_099 * 102 * 12));
    assert_eq!((with.losses, with.loss_ratio.to_string()), (yen(5_000_000), "51.062".to_owned()));
    assert_eq!(with.margin, yen(1_000_000 - 2_099 * 1_224));
    assert_eq!(projected.premium_increase, yen((2_099 - 56) * 1_224));
    assert_eq!(projected.years_to_recover.unwrap().to_string(), "2.69");

    let nothing_known = ProjectPremium { heavy_claim: Some(yen(1)), ..ProjectPremium::default() };
    let refused = project_premium(&scheme.ctx, &clerk(), &nothing_known).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::RequestInvalid);
}

#[tokio::test]
async fn the_books_of_a_contract_tell_what_was_left_out() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::okinawa(date(2021, 2, 1))).await;
        let contract = covered(&scheme, of).await;
        scheme.advance(of.0, jst("2022-02-01 00:00")).await;
        let ask = ProjectPremium {
            heavy_claim: Some(yen(150_000)),
            master_contract_id: Some(contract.id),
            ..ProjectPremium::default()
        };
        let projected = project_premium(&scheme.ctx, &clerk(), &ask).await.unwrap();
        assert_eq!(projected.without_claim.next_year_premium, yen(56 * 12), "{}", scheme.name);
        let before = 259_000 - 155_400 - 38_850;
        assert_eq!(projected.without_claim.margin, yen(before - 56 * 12));
    }
}
