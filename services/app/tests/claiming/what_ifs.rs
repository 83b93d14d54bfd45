//! The nine what-if claims of the pilot's data (`scenario.yaml`), and one of them to the last yen.

use jiff::civil::date;
use tasuki_app::claiming::{
    self, ClaimView, LimitQuestion, RecordClaimPayment, get_claim_letter, get_limits,
};
use tasuki_core::alert::{Detail, DiagnosisFinding, DiagnosisTarget};
use tasuki_core::claim::{ClaimOutcome, ClaimPhase, LetterKind, Payee, PaymentShare};
use tasuki_core::master_contract::{BenefitForm, CoveragePart};
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;

use crate::scene::{Loss, Scheme, codes, handler, provider_id, schemes, yen};
use CoveragePart::{BusinessInterruption, Forensics, OnSiteResponse, VirusRemoval};

/// What was expected of a claim: outcome, payable, codes against it, codes that are open.
fn came_to(view: &ClaimView) -> (ClaimOutcome, i64, Vec<String>, Vec<String>) {
    let held = view.claim.assessment().unwrap();
    let (against, open) = codes(view);
    (held.outcome, held.benefit.total.amount(), against, open)
}

fn eligible(payable: i64) -> (ClaimOutcome, i64, Vec<String>, Vec<String>) {
    (ClaimOutcome::Eligible, payable, vec![], vec![])
}

fn refused(codes: &[&str]) -> (ClaimOutcome, i64, Vec<String>, Vec<String>) {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    (ClaimOutcome::NotEligible, 0, codes, vec![])
}

const EVERYTHING: [Service; 3] = [Service::Utm, Service::CloudWaf, Service::Edr];

#[tokio::test]
async fn an_eligible_loss_is_paid_to_the_last_yen_and_the_letter_says_so() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &EVERYTHING, "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
            .seen_at(Some("2021-03-09 10:15"));
        let view = scheme.assessed(tenant, &loss).await;
        assert_eq!(came_to(&view), eligible(60_000), "{}", scheme.name);
        assert_eq!(view.claim.number, "CLM-000001");
        assert_eq!(view.decisions.len(), 4, "cover, trigger, exclusion, payable");

        let decided = scheme.approved(&view).await.unwrap();
        assert_eq!(decided.view.claim.state.phase(), ClaimPhase::Approved);
        assert!(decided.limits.iter().all(|status| status.taken.reserved == yen(60_000)));

        let pay = |amount: i64, etag: &ClaimView| RecordClaimPayment {
            tenant_id: tenant,
            claim_id: view.claim.id,
            payee: Payee::Provider(provider_id()),
            shares: vec![PaymentShare { item: 1, amount: yen(amount) }],
            form: BenefitForm::InKind,
            paid_on: date(2021, 3, 10),
            reference: "bank-1".to_owned(),
            etag: etag.version.to_string(),
        };
        let ctx = &scheme.ctx;
        let call = handler("first");
        let part = pay(20_000, &decided.view);
        let part = claiming::record_claim_payment(ctx, &call, part).await.unwrap();
        assert_eq!(part.view.claim.state.phase(), ClaimPhase::Approved);
        let too_much = pay(40_001, &part.view);
        assert!(claiming::record_claim_payment(ctx, &call, too_much).await.is_err());
        let rest = pay(40_000, &part.view);
        let rest = claiming::record_claim_payment(ctx, &call, rest).await.unwrap();
        assert_eq!(rest.view.claim.state.phase(), ClaimPhase::Paid);

        let question = LimitQuestion::Certificate(tenant, view.claim.certificate_id.unwrap());
        for status in get_limits(ctx, &call, question, (None, None)).await.unwrap() {
            assert_eq!((status.taken.used, status.taken.reserved), (yen(60_000), yen(0)));
            assert_eq!(status.left, status.limit.amount.minus(yen(60_000)).unwrap());
        }
        let letter = get_claim_letter(ctx, &call, (tenant, view.claim.id), None).await.unwrap();
        assert_eq!(letter.letter.kind, LetterKind::Payment);
        assert!(letter.letter.paragraphs.iter().any(|text| text.ja.contains("¥60,000")));
    }
}

#[tokio::test]
async fn limits_cut_a_large_loss_and_a_year_of_losses() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(84, &EVERYTHING, "2021-02-01 00:00").await;
        let second = Loss::of(Service::Edr, "2021-04-20 13:05", "2021-04-21 11:00")
            .items(&[(OnSiteResponse, 80_000), (VirusRemoval, 120_000)]);
        let view = scheme.assessed(tenant, &second).await;
        assert_eq!(came_to(&view), eligible(130_000), "W-B on {}", scheme.name);
        scheme.approved(&view).await.unwrap();

        let third = Loss::of(Service::Edr, "2021-10-05 10:00", "2021-10-05 17:00")
            .items(&[(OnSiteResponse, 150_000), (VirusRemoval, 50_000)]);
        let view = scheme.assessed(tenant, &third).await;
        assert_eq!(came_to(&view), eligible(150_000), "W-G1 on {}", scheme.name);
        scheme.approved(&view).await.unwrap();

        let last = Loss::of(Service::Utm, "2021-11-24 15:20", "2021-11-25 09:00");
        let view = scheme.assessed(tenant, &last).await;
        assert_eq!(came_to(&view), eligible(20_000), "W-G2 on {}", scheme.name);
        let held = view.claim.assessment().unwrap();
        assert_eq!(held.payable_with_fresh_limits, yen(60_000));
        scheme.approved(&view).await.unwrap();

        let heavy = scheme.insured(11, &EVERYTHING, "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-09-16 05:30", "2021-09-16 09:10").items(&[
            (OnSiteResponse, 500_000),
            (VirusRemoval, 1_000_000),
            (Forensics, 3_500_000),
            (BusinessInterruption, 35_500_000),
        ]);
        let view = scheme.assessed(heavy, &loss).await;
        assert_eq!(came_to(&view), eligible(150_000), "W-F on {}", scheme.name);
    }
}

#[tokio::test]
async fn every_condition_that_failed_is_named() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(86, &EVERYTHING, "2021-02-01 00:00").await;
        let mut bypassed = Loss::of(Service::Utm, "2021-06-15 16:40", "2021-08-02 10:00")
            .items(&[(OnSiteResponse, 70_000)]);
        bypassed.bypass = true;
        let view = scheme.assessed(tenant, &bypassed).await;
        let codes = ["BYPASS_NOT_APPROVED", "LATE_NOTICE"];
        assert_eq!(came_to(&view), refused(&codes), "W-C1 on {}", scheme.name);

        let before = scheme.insured(64, &[Service::CloudWaf], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::CloudWaf, "2021-01-28 11:10", "2021-02-03 09:15")
            .items(&[(OnSiteResponse, 50_000)])
            .seen_at(Some("2021-01-25 23:55"));
        let view = scheme.assessed(before, &loss).await;
        assert_eq!(view.claim.certificate_id, None);
        let (outcome, payable, against, _) = came_to(&view);
        assert_eq!((outcome, payable), (ClaimOutcome::NotEligible, 0));
        for code in ["CERTIFICATE_NOT_IN_FORCE", "SERVICE_NOT_ACTIVE", "HEARTBEAT_TOO_OLD"] {
            assert!(against.contains(&code.to_owned()), "W-C2 on {}: {against:?}", scheme.name);
        }
    }
}

async fn urgent_finding(scheme: &Scheme, n: u128) -> tasuki_core::id::TenantId {
    let tenant = scheme.insured(n, &[Service::Edr], "2021-02-01 00:00").await;
    let detail = Detail::DiagnosisFinding(DiagnosisFinding {
        severity: Severity::Critical,
        target: DiagnosisTarget::WebApplication,
        category: "outdated_bash".to_owned(),
        hint: String::new(),
        closed_at: None,
    });
    scheme.alert(tenant, (Service::Diagnosis, None), (detail, "2020-12-10 17:00")).await;
    tenant
}

#[tokio::test]
async fn an_urgent_finding_left_open_is_an_exclusion() {
    for scheme in schemes(5_000_000).await {
        let tenant = urgent_finding(&scheme, 90).await;
        let loss = Loss::of(Service::Edr, "2021-05-18 14:30", "2021-05-19 10:00")
            .items(&[(OnSiteResponse, 90_000), (VirusRemoval, 45_000)]);
        let view = scheme.assessed(tenant, &loss).await;
        let codes = ["CRITICAL_FINDING_OPEN"];
        assert_eq!(came_to(&view), refused(&codes), "W-E on {}", scheme.name);
    }
}

#[tokio::test]
async fn a_device_that_never_gave_a_sign_of_life_is_looked_at_by_a_person() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(79, &[Service::Edr], "2021-02-01 00:00").await;
        let other = Loss::of(Service::Edr, "2021-07-14 09:00", "2021-07-14 15:00");
        scheme.clock(tenant, "2021-07-14 09:30").await;
        scheme.heartbeat(tenant, &other, "2021-07-14 09:00").await;
        let mut silent = Loss::of(Service::Edr, "2021-07-14 09:45", "2021-07-14 15:00")
            .items(&[(VirusRemoval, 40_000)])
            .seen_at(None);
        silent.device = Some("dev-that-never-reported");
        let view = scheme.assessed(tenant, &silent).await;
        let (outcome, _, against, open) = came_to(&view);
        assert_eq!(outcome, ClaimOutcome::Referred, "W-D on {}", scheme.name);
        assert!(against.is_empty());
        assert_eq!(open, ["HEARTBEAT_TOO_OLD"]);
    }
}
