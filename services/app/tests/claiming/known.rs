//! Two times of a question: what held when, as far as was known when. What is recorded late changes answers
//! for later times of knowledge only.

use tasuki_app::claiming::{
    self, AssessClaim, ClaimView, Eligibility, EligibilityQuestion, Intent, LimitQuestion,
    RecordClaimPayment, Subject, Word,
};
use tasuki_core::claim::{ClaimOutcome, ClaimPhase, Payee, PaymentShare};
use tasuki_core::decision::Outcome;
use tasuki_core::heartbeat::Heartbeat;
use tasuki_core::id::{ItemId, TenantId};
use tasuki_core::master_contract::{BenefitForm, CoveragePart};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_policies::Remedies;
use tasuki_store::heartbeats;
use uuid::Uuid;

use crate::scene::{Loss, Scheme, handler, jst, provider_id, recorded, schemes, yen};

fn loss() -> Loss {
    Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
        .items(&[(CoveragePart::OnSiteResponse, 60_000)])
}

fn a_microsecond_before(at: Timestamp) -> Timestamp {
    Timestamp::from_microseconds(at.as_microseconds() - 1).unwrap()
}

async fn asked(
    scheme: &Scheme,
    subject: Subject,
    known_at: Option<Timestamp>,
) -> Result<Eligibility, Problem> {
    let question = EligibilityQuestion {
        subject,
        parts: vec![CoveragePart::OnSiteResponse],
        as_of: Some(jst(loss().at)),
        known_at,
        remedies: Remedies::Skip,
        intent: Intent::OnlyAsk,
    };
    claiming::evaluate_eligibility(&scheme.ctx, &handler("first"), question).await
}

async fn looked_back(
    scheme: &Scheme,
    view: &ClaimView,
    known_at: Timestamp,
) -> Result<ClaimView, Problem> {
    let asked = AssessClaim {
        tenant_id: view.claim.tenant_id,
        claim_id: view.claim.id,
        items: Vec::new(),
        loss_at: None,
        cause: None,
        known_at: Some(known_at),
        etag: String::new(),
        intent: Intent::OnlyAsk,
    };
    Box::pin(claiming::assess_claim(&scheme.ctx, &handler("first"), asked)).await
}

/// EDR-04: evidence counts for what was known from the time of its record on, to the microsecond.
#[tokio::test]
async fn a_sign_of_life_that_arrives_late_is_unknown_before_it_was_recorded() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        scheme.clock(tenant, "2021-03-12 00:00").await;
        scheme.heartbeat(tenant, &loss(), "2021-03-09 10:00").await;
        scheme.clock(tenant, "2021-03-20 00:00").await;

        let arrived = jst("2021-03-12 00:00");
        let subject = || recorded(tenant, vec![]);
        let before = asked(&scheme, subject(), Some(a_microsecond_before(arrived))).await.unwrap();
        assert_eq!(before.outcome, Outcome::Undetermined, "{}: missing is not a no", scheme.name);
        assert_eq!(before.parts[0].codes, ["HEARTBEAT_TOO_OLD"]);
        let known = before.certificate.unwrap().known_at;
        assert_eq!(known, a_microsecond_before(arrived));
        for known_at in [Some(arrived), None] {
            let after = asked(&scheme, subject(), known_at).await.unwrap();
            assert_eq!(after.outcome, Outcome::Satisfied, "{} {known_at:?}", scheme.name);
        }
    }
}

/// What was not there yet is not found; nothing is said about a certificate before it was issued.
#[tokio::test]
async fn nothing_is_known_of_a_certificate_before_it_was_issued() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        scheme.clock(tenant, "2021-03-20 00:00").await;
        let issued = jst("2021-01-20 09:00");
        let of = |at| asked(&scheme, recorded(tenant, vec![]), Some(at));
        let refused = of(a_microsecond_before(issued)).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::CertificateNotFound, "{}", scheme.name);
        assert!(of(issued).await.is_ok(), "{}", scheme.name);
    }
}

/// Two boxes of one firm: a question about one is answered by its own signs of life.
#[tokio::test]
async fn a_question_about_one_instance_looks_at_its_own_evidence() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm, Service::Utm], "2021-02-01 00:00").await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        let [first, second] = [20_010, 20_011].map(|n| ItemId::from(Uuid::from_u128(n)));
        let seen = |instance_id, device_id: &str| Heartbeat {
            tenant_id: tenant,
            instance_id,
            provider_id: provider_id(),
            service: Service::Utm,
            device_id: device_id.to_owned(),
            last_seen_at: jst("2021-03-09 10:00"),
            agent_version: None,
            bypass_active: Some(false),
        };
        let tx = scheme.ctx.store.begin().await.unwrap();
        for heartbeat in [seen(Some(first), "fb-1"), seen(None, "fb-9")] {
            heartbeats::keep(&tx, &heartbeat, jst("2021-03-09 10:01")).await.unwrap();
        }
        tx.commit().await.unwrap();

        let of = |instance_id, device_id: Option<&str>| Subject::Recorded {
            tenant_id: tenant,
            certificate_id: None,
            instance_id,
            device_id: device_id.map(str::to_owned),
            overrides: Vec::new(),
        };
        let outcome = async |subject| asked(&scheme, subject, None).await.unwrap().outcome;
        assert_eq!(outcome(of(None, None)).await, Outcome::Satisfied, "{}", scheme.name);
        assert_eq!(outcome(of(Some(first), None)).await, Outcome::Satisfied);
        // What names no instance could be that of either box.
        assert_eq!(outcome(of(Some(second), None)).await, Outcome::Undetermined);
        assert_eq!(outcome(of(Some(first), Some("fb-9"))).await, Outcome::Undetermined);
        assert_eq!(outcome(of(None, Some("fb-9"))).await, Outcome::Satisfied);
        let unknown = of(Some(ItemId::from(Uuid::from_u128(7))), None);
        let refused = asked(&scheme, unknown, None).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "recorded.instance_id");
    }
}

async fn notified_without_evidence(scheme: &Scheme, tenant: TenantId) -> ClaimView {
    scheme.assessed(tenant, &loss().seen_at(None)).await
}

/// A claim that was referred for want of evidence, assessed again when it was there: what somebody knew
/// between the two is still answered.
#[tokio::test]
async fn an_assessment_looks_back_at_what_was_known_then_and_records_nothing() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = notified_without_evidence(&scheme, tenant).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::Referred), "{}", scheme.name);
        scheme.clock(tenant, "2021-03-12 00:00").await;
        scheme.heartbeat(tenant, &loss(), "2021-03-09 10:00").await;
        let view = scheme.assess(&view).await.unwrap();
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::Eligible), "{}", scheme.name);
        let approved = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap().view;

        let arrived = jst("2021-03-12 00:00");
        let before = looked_back(&scheme, &approved, a_microsecond_before(arrived)).await.unwrap();
        assert_eq!(before.claim.outcome(), Some(ClaimOutcome::Referred), "{}", scheme.name);
        let held = before.claim.assessment().unwrap();
        assert_eq!((held.number, held.assessed_at), (2, a_microsecond_before(arrived)));
        let after = looked_back(&scheme, &approved, arrived).await.unwrap();
        assert_eq!(after.claim.outcome(), Some(ClaimOutcome::Eligible), "{}", scheme.name);
        assert_eq!(after.claim.assessment().unwrap().benefit.total, yen(60_000));

        let call = handler("first");
        let (tenant, id) = (view.claim.tenant_id, view.claim.id);
        let now = claiming::get_claim(&scheme.ctx, &call, tenant, id).await.unwrap();
        assert_eq!((now.version, now.claim.assessments.len()), (approved.version, 2));
        assert_eq!(now.claim.state.phase(), ClaimPhase::Approved);

        let notified_at = view.claim.notified_at;
        let early = looked_back(&scheme, &view, a_microsecond_before(notified_at)).await;
        assert_eq!(early.unwrap_err().violations()[0].field, "known_at");
    }
}

/// Losses that were decided later took nothing from the limits then.
#[tokio::test]
async fn limits_are_told_as_they_were_known() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        scheme.clock(tenant, "2021-03-11 00:00").await;
        let view = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap().view;
        scheme.clock(tenant, "2021-03-12 00:00").await;
        let payment = RecordClaimPayment {
            tenant_id: tenant,
            claim_id: view.claim.id,
            payee: Payee::Provider(provider_id()),
            shares: vec![PaymentShare { item: 1, amount: yen(40_000) }],
            form: BenefitForm::InKind,
            paid_on: jiff::civil::date(2021, 3, 12),
            reference: String::new(),
            etag: String::new(),
        };
        claiming::record_claim_payment(&scheme.ctx, &handler("first"), payment).await.unwrap();

        let known = async |question, at: Timestamp| {
            let times = (None, Some(at));
            let call = handler("first");
            let all = claiming::get_limits(&scheme.ctx, &call, question, times).await.unwrap();
            let of = all.iter().find(|of| of.limit.code == "limit.programme").unwrap();
            (of.taken.used.amount(), of.taken.reserved.amount(), of.left.amount())
        };
        let (approved, paid) = (jst("2021-03-11 00:00"), jst("2021-03-12 00:00"));
        let certificate = view.claim.certificate_id.unwrap();
        for question in [
            LimitQuestion::Programme(scheme.contract),
            LimitQuestion::Certificate(tenant, certificate),
        ] {
            let before = known(question, a_microsecond_before(approved)).await;
            assert_eq!(before, (0, 0, 5_000_000), "{}", scheme.name);
            assert_eq!(known(question, approved).await, (0, 60_000, 4_940_000));
            let before = known(question, a_microsecond_before(paid)).await;
            assert_eq!(before, (0, 60_000, 4_940_000), "{}", scheme.name);
            assert_eq!(known(question, paid).await, (40_000, 20_000, 4_940_000));
        }
        let outside = (Some(jst("2022-02-01 00:00")), None);
        let question = LimitQuestion::Programme(scheme.contract);
        let refused = claiming::get_limits(&scheme.ctx, &handler("first"), question, outside).await;
        assert_eq!(refused.unwrap_err().violations()[0].field, "as_of", "{}", scheme.name);
    }
}
