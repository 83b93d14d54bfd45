use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::actor::Actor;
use crate::catalog::CompanyProfile;
use crate::certificate::{Certificate, CertificateCommand, CertificateDraft, Evidence, Stop};
use crate::claim::{
    Claim, ClaimCommand, ClaimFile, ClaimOutcome, ClaimPayment, ClaimState, ClaimedItem, Consent,
    LossCause, Payee, Ruling,
};
use crate::id::{ClaimId, PartnerId, SubscriptionId};
use crate::master_contract::tests::draft;
use crate::master_contract::{BenefitForm, CoveragePart};
use crate::party::Role;
use crate::tenant::Tenant;
use crate::text::Language;

fn at(text: &str) -> Timestamp {
    format!("{text}+09:00").parse().unwrap()
}

fn person(subject: &str) -> Actor {
    Actor { subject: subject.to_owned(), role: Role::Insurer, partner_id: None }
}

fn contract() -> MasterContract {
    let id = MasterContractId::from(Uuid::from_u128(9));
    MasterContract::new(id, draft(), at("2021-01-01T00:00:00")).unwrap()
}

fn tenant() -> Tenant {
    Tenant {
        id: TenantId::from(Uuid::from_u128(2)),
        partner_id: PartnerId::of_code("ogs"),
        name: "比嘉商店".to_owned(),
        name_en: String::new(),
        partner_reference: String::new(),
        zone: Zone::named(Zone::TOKYO).unwrap(),
        profile: CompanyProfile {
            industry: Some("I".to_owned()),
            employees: Some(5),
            ..CompanyProfile::default()
        },
        clock_at: None,
        created_at: at("2021-01-01T00:00:00"),
        updated_at: at("2021-01-01T00:00:00"),
    }
}

fn window(month: &str) -> Window {
    Window::of(&contract(), month.parse().unwrap(), None).unwrap()
}

fn certificate(commands: &[CertificateCommand]) -> Certificate {
    let contract = contract();
    let draft = CertificateDraft {
        id: CertificateId::from(Uuid::from_u128(3)),
        tenant_id: tenant().id,
        number: "C-1".to_owned(),
        master_contract_id: contract.id,
        subscription_id: SubscriptionId::from(Uuid::from_u128(4)),
        contract_period: contract.in_force,
    };
    let issued = Certificate::issue(draft, at("2021-03-20T00:00:00"));
    commands.iter().fold(issued, |certificate, command| {
        certificate.step(command, at("2021-03-20T00:00:00")).unwrap().0
    })
}

fn in_force(from: &str) -> CertificateCommand {
    let evidence = Evidence { kind: "order_item_active".to_owned(), id: String::new() };
    CertificateCommand::PutInForce { from: at(from), evidence }
}

fn row_in(month: &str, certificate: &Certificate) -> Option<CertificateRow> {
    certificate_row(&window(month), &contract(), certificate, &tenant()).unwrap()
}

/// A claim notified on 10 May.
fn notified() -> Claim {
    let notified_at = at("2021-05-10T09:00:00");
    Claim {
        id: ClaimId::from(Uuid::from_u128(1)),
        tenant_id: tenant().id,
        number: "CLM-000001".to_owned(),
        certificate_id: Some(CertificateId::from(Uuid::from_u128(3))),
        master_contract_id: contract().id,
        contract_version: 1,
        incident_id: None,
        description: String::new(),
        cause: Some(LossCause::Malware),
        loss_at: at("2021-05-09T23:30:00"),
        discovered_at: at("2021-05-10T08:00:00"),
        claimed_at: None,
        site_code: None,
        notified_at,
        notified_by: person("operator"),
        on_behalf_of_tenant: true,
        language: Language::Ja,
        items: vec![ClaimedItem {
            number: 1,
            part: CoveragePart::OnSiteResponse,
            description: String::new(),
            claimed: Money::jpy(60_000),
            assessed: None,
            form: BenefitForm::InKind,
            payee: Payee::Tenant,
            work_number: None,
            evidence_ids: Vec::new(),
            interruption: None,
        }],
        possible_duplicates: Vec::new(),
        state: ClaimState::Notified { notified_at },
        assessments: Vec::new(),
        decisions: Vec::new(),
        approved: None,
        payments: Vec::new(),
        transitions: Vec::new(),
        file: ClaimFile::default(),
    }
}

/// The claim, approved on 20 May, paid in two parts on 2 June and 5 July, reopened in September.
fn claim() -> Claim {
    let mut claim = notified();
    let ruling = Ruling::Approve { payable: Money::jpy(60_000) };
    let decide = |by: &str| ClaimCommand::Decide {
        ruling: ruling.clone(),
        by: person(by),
        consent: Consent::OnePerson,
    };
    let outcome = ClaimOutcome::Eligible;
    for (command, when) in [
        (ClaimCommand::Assess, "2021-05-11T09:00:00"),
        (ClaimCommand::Conclude { outcome }, "2021-05-11T09:00:01"),
        (decide("handler"), "2021-05-20T09:00:00"),
    ] {
        claim = claim.step(&command, &person("handler"), "", at(when)).unwrap().0;
    }
    for (number, yen, when) in
        [(1, 20_000, "2021-06-02T10:00:00"), (2, 40_000, "2021-07-05T10:00:00")]
    {
        let paid = Money::jpy(yen);
        let command = ClaimCommand::RecordPayment { paid };
        claim = claim.step(&command, &person("handler"), "", at(when)).unwrap().0;
        claim.payments.push(ClaimPayment {
            number,
            amount: paid,
            payee: Payee::Tenant,
            shares: Vec::new(),
            form: BenefitForm::InKind,
            paid_on: at(when).day_in(&tenant().zone),
            reference: format!("BANK-{number}"),
            recorded_at: at(when),
            recorded_by: person("handler"),
        });
    }
    for (command, when) in [
        (ClaimCommand::Close, "2021-07-10T10:00:00"),
        (ClaimCommand::Reopen, "2021-09-01T10:00:00"),
    ] {
        claim = claim.step(&command, &person("handler"), "", at(when)).unwrap().0;
    }
    claim
}

fn claim_in(month: &str) -> Option<ClaimRow> {
    claim_row(&window(month), &claim(), &tenant(), Some("C-1")).unwrap()
}

#[test]
fn a_month_counts_by_its_whole_days_in_force() {
    // The contract runs from 16:00 on 1 April 2021 to 16:00 on 1 April 2022.
    let certificate = certificate(&[in_force("2021-02-01T00:00:00")]);
    assert_eq!(row_in("2021-03", &certificate), None);
    let days = |month: &str| {
        let row = row_in(month, &certificate).unwrap();
        row.days.iter().map(|days| days.n_days()).sum::<i64>()
    };
    assert_eq!(days("2021-04"), 29, "the first day begins in the afternoon");
    assert_eq!(days("2022-03"), 31);
    assert_eq!(days("2022-04"), 0, "touched, but no whole day: twelve months have a premium");
}

#[test]
fn a_gap_in_cover_has_no_days() {
    let certificate = certificate(&[
        in_force("2021-05-01T00:00:00"),
        CertificateCommand::Lapse { at: at("2021-05-10T12:00:00"), because: Stop::Unpaid },
        CertificateCommand::Reinstate {
            from: at("2021-05-20T00:00:00"),
            evidence: Evidence { kind: "order_item_active".to_owned(), id: String::new() },
        },
    ]);
    let row = row_in("2021-05", &certificate).unwrap();
    let days: Vec<i64> = row.days.iter().map(|days| days.n_days()).collect();
    assert_eq!(days, [9, 12]);
    assert_eq!(row.change, Some(Change::New));
}

#[test]
fn both_identities_hold_in_every_month() {
    let months = ["2021-05", "2021-06", "2021-07", "2021-09", "2021-10"];
    let mut before: Option<ClaimRow> = None;
    let mut seen = Vec::new();
    for month in months {
        let row = claim_in(month).unwrap();
        let parts = [
            row.paid_this_month,
            row.fees_this_month,
            row.previously_paid,
            row.previous_fees,
            row.reserve,
            row.reserve_fees,
        ];
        assert_eq!(Money::total(parts).unwrap(), row.total_incurred, "{month}");
        assert_eq!(incurred(&window(month), &claim()).unwrap(), row.total_incurred, "{month}");
        if let Some(before) = before {
            let carried = before.previously_paid.plus(before.paid_this_month).unwrap();
            assert_eq!(row.previously_paid, carried, "{month}");
        }
        seen.push((
            month,
            row.status.as_str(),
            row.previously_paid.amount(),
            row.paid_this_month.amount(),
            row.reserve.amount(),
        ));
        before = Some(row);
    }
    assert_eq!(
        seen,
        [
            ("2021-05", "open", 0, 0, 60_000),
            ("2021-06", "open", 0, 20_000, 40_000),
            ("2021-07", "closed", 20_000, 40_000, 0),
            ("2021-09", "reopened", 60_000, 0, 0),
            ("2021-10", "reopened", 60_000, 0, 0),
        ]
    );
}

#[test]
fn a_claim_stands_on_no_list_before_its_notice_and_after_it_was_closed() {
    assert_eq!(claim_in("2021-04"), None);
    assert_eq!(claim_in("2021-08"), None);
}

#[test]
fn a_list_shows_what_was_known_and_not_what_came_later() {
    let mut early = window("2021-06");
    early.known_at = Some(at("2021-06-01T12:00:00"));
    let row = claim_row(&early, &claim(), &tenant(), None).unwrap().unwrap();
    assert_eq!((row.paid_this_month, row.reserve), (Money::ZERO_JPY, Money::jpy(60_000)));
}

#[test]
fn sums_are_those_of_the_rows() {
    let rows = Rows { claims: vec![claim_in("2021-06").unwrap()], ..Rows::default() };
    let window = window("2021-06");
    let list = Bordereau::new(&window, &contract(), rows, at("2021-07-01T00:00:00")).unwrap();
    assert_eq!(list.paid_this_month_total, Money::jpy(20_000));
    assert_eq!(list.incurred_total, Money::jpy(60_000));
}

#[test]
fn claims_leave_as_a_table_with_the_codes_of_the_standard() {
    let rows = Rows { claims: vec![claim_in("2021-07").unwrap()], ..Rows::default() };
    let list = Bordereau::new(&window("2021-07"), &contract(), rows, at("2021-08-01T00:00:00"));
    let table = list.unwrap().csv(Part::Claims);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].contains("CR0126_paid_this_month_indemnity"), "{}", rows[0]);
    assert!(
        rows[1].contains("CLM-000001,closed,2021-05-09,2021-05-10,比嘉商店,C-1,"),
        "{}",
        rows[1]
    );
    assert!(
        rows[1].contains(",40000,0,20000,0,0,0,60000,JPY,malware,on_site_response"),
        "{}",
        rows[1]
    );
}

#[test]
fn a_list_of_a_month_knows_nothing_of_later() {
    let contract = contract();
    let (may, june) = ("2021-05".parse().unwrap(), "2021-06".parse().unwrap());
    let listed = Window::as_listed(&contract, may, (may, None)).unwrap();
    assert_eq!(listed.known_at, Some(at("2021-06-01T00:00:00")));
    let early = at("2021-05-20T00:00:00");
    let cut = Window::as_listed(&contract, may, (june, Some(early))).unwrap();
    assert_eq!((cut.month, cut.known_at), (may, Some(early)));
}

proptest! {
    #[test]
    fn both_identities_hold_for_any_payments(
        payments in prop::collection::vec((0_i64..300, 1_i64..50_000), 0..12),
    ) {
        let mut claim = notified();
        for (n, (day, yen)) in (1_u32..).zip(&payments) {
            let when = at("2021-05-11T09:00:00").plus_seconds(day * 86_400).unwrap();
            claim.payments.push(ClaimPayment {
                number: n,
                amount: Money::jpy(*yen),
                payee: Payee::Tenant,
                shares: Vec::new(),
                form: BenefitForm::Money,
                paid_on: when.day_in(&tenant().zone),
                reference: String::new(),
                recorded_at: when,
                recorded_by: person("handler"),
            });
        }
        let mut month: Month = "2021-05".parse().unwrap();
        let mut carried = Money::ZERO_JPY;
        for _ in 0..12 {
            let window = Window::as_listed(&contract(), month, (month, None)).unwrap();
            let row = claim_row(&window, &claim, &tenant(), None).unwrap().unwrap();
            let parts = [
                row.paid_this_month, row.fees_this_month, row.previously_paid, row.previous_fees,
                row.reserve, row.reserve_fees,
            ];
            prop_assert_eq!(Money::total(parts).unwrap(), row.total_incurred);
            prop_assert_eq!(row.previously_paid, carried);
            carried = carried.plus(row.paid_this_month).unwrap();
            month = month.next().unwrap();
        }
        let all = Money::total(payments.iter().map(|(_, yen)| Money::jpy(*yen))).unwrap();
        prop_assert_eq!(carried, all, "every payment stands on one list");
    }
}
