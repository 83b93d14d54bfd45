//! The life of a claim beside its decision: drafts, documents and the clock, reserves, recoveries,
//! reopening, losses that are reported late, and what is never paid twice.

use jiff::civil::date;
use tasuki_app::claiming::{
    self, AddDocument, ClaimPaid, ClaimView, Drafting, LimitQuestion, NotifyLoss,
    RecordClaimPayment, RecordRecovery, RequestInformation, SetReserve, TurnClaim, WithdrawClaim,
    Word,
};
use tasuki_core::claim::{
    ClaimOutcome, ClaimPhase, ExtensionReason, LetterKind, Payee, PaymentShare, RecoverySource,
};
use tasuki_core::id::TenantId;
use tasuki_core::master_contract::{BenefitForm, CoveragePart};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::text::Text;

use crate::scene::{Loss, Scheme, desk, handler, keyed, notice, provider_id, schemes, yen};

fn loss(amount: i64) -> Loss {
    Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
        .items(&[(CoveragePart::OnSiteResponse, amount)])
}

async fn insured(scheme: &Scheme, n: u128) -> TenantId {
    scheme.insured(n, &[Service::Utm], "2021-02-01 00:00").await
}

async fn programme(scheme: &Scheme) -> (i64, i64) {
    let question = LimitQuestion::Programme(scheme.contract);
    let call = handler("first");
    let all = claiming::get_limits(&scheme.ctx, &call, question, (None, None)).await.unwrap();
    (all[0].taken.used.amount(), all[0].taken.reserved.amount())
}

async fn read(scheme: &Scheme, view: &ClaimView) -> ClaimView {
    let (tenant, id) = (view.claim.tenant_id, view.claim.id);
    claiming::get_claim(&scheme.ctx, &handler("first"), tenant, id).await.unwrap()
}

fn payment(view: &ClaimView, amount: i64) -> RecordClaimPayment {
    RecordClaimPayment {
        tenant_id: view.claim.tenant_id,
        claim_id: view.claim.id,
        payee: Payee::Provider(provider_id()),
        shares: vec![PaymentShare { item: 1, amount: yen(amount) }],
        form: BenefitForm::InKind,
        paid_on: date(2021, 3, 10),
        reference: String::new(),
        etag: String::new(),
    }
}

async fn pay(scheme: &Scheme, view: &ClaimView, amount: i64) -> Result<ClaimPaid, Problem> {
    let call = handler("first");
    claiming::record_claim_payment(&scheme.ctx, &call, payment(view, amount)).await
}

fn turn(view: &ClaimView) -> TurnClaim {
    TurnClaim {
        tenant_id: view.claim.tenant_id,
        claim_id: view.claim.id,
        reason: "新しい請求書が届いた".to_owned(),
        etag: String::new(),
    }
}

fn document(view: &ClaimView, kind: &str, answers: Option<u32>) -> AddDocument {
    AddDocument {
        tenant_id: view.claim.tenant_id,
        claim_id: view.claim.id,
        kind: kind.to_owned(),
        title: kind.to_owned(),
        uri: "https://files.example/1".to_owned(),
        hash: format!("sha256:{}", "0".repeat(64)),
        received_on: None,
        answers_request: answers,
        etag: String::new(),
    }
}

#[tokio::test]
async fn a_draft_has_no_number_tells_nobody_and_becomes_a_claim() {
    for scheme in schemes(5_000_000).await {
        let tenant = insured(&scheme, 1).await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        let drafted =
            NotifyLoss { drafting: Drafting::WriteDown, ..notice(tenant, &loss(60_000), None) };
        let view = claiming::notify_loss(&scheme.ctx, &desk(), drafted.clone()).await.unwrap();
        assert_eq!((view.claim.state.phase(), view.claim.number.as_str()), (ClaimPhase::Draft, ""));
        // Another draft of the same loss is no duplicate: nothing was notified.
        let other = claiming::notify_loss(&scheme.ctx, &desk(), drafted).await.unwrap();
        assert_ne!(other.claim.id, view.claim.id, "{}", scheme.name);

        let again = NotifyLoss {
            draft_id: Some(view.claim.id),
            drafting: Drafting::WriteDown,
            ..notice(tenant, &loss(70_000), None)
        };
        let again = claiming::notify_loss(&scheme.ctx, &desk(), again).await.unwrap();
        assert_eq!((again.claim.items[0].claimed, again.version), (yen(70_000), 2));
        let submit =
            NotifyLoss { draft_id: Some(view.claim.id), ..notice(tenant, &loss(70_000), None) };
        let call = keyed(desk(), "submit");
        let told = claiming::notify_loss(&scheme.ctx, &call, submit.clone()).await.unwrap();
        assert_eq!(told.claim.id, view.claim.id);
        assert_eq!((told.claim.number.as_str(), told.version), ("CLM-000001", 3));
        assert_eq!(told.claim.state.phase(), ClaimPhase::Notified);
        let repeat = claiming::notify_loss(&scheme.ctx, &call, submit.clone()).await.unwrap();
        assert_eq!(repeat, told, "a repeat of the call");
        let late = claiming::notify_loss(&scheme.ctx, &desk(), submit).await.unwrap_err();
        assert_eq!(late.reason(), Reason::ClaimState, "it is no draft any more");

        let duplicate =
            NotifyLoss { draft_id: Some(other.claim.id), ..notice(tenant, &loss(60_000), None) };
        let refused = claiming::notify_loss(&scheme.ctx, &desk(), duplicate).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::ClaimDuplicate, "now the loss is notified");
    }
}

#[tokio::test]
async fn documents_start_the_clock_and_answer_what_was_asked() {
    for mut scheme in schemes(5_000_000).await {
        scheme
            .under("documents", |draft| {
                draft.terms.parts[0].required_documents = vec!["work_report".to_owned()];
            })
            .await;
        let tenant = insured(&scheme, 1).await;
        let view = scheme.assessed(tenant, &loss(60_000)).await;
        assert_eq!(view.clock.due_on, None, "the report is missing");

        let ask = RequestInformation {
            tenant_id: tenant,
            claim_id: view.claim.id,
            question: Text::new("作業報告書をお送りください", "Please send the work report"),
            document_kinds: vec!["work_report".to_owned()],
            wanted_by: None,
            extension: Some((ExtensionReason::Expert, 30)),
            etag: String::new(),
        };
        let call = handler("first");
        let asked = claiming::request_information(&scheme.ctx, &call, ask).await.unwrap();
        assert_eq!(asked.claim.state.phase(), ClaimPhase::InformationWanted);
        assert_eq!(asked.claim.file.requests[0].wanted_by, date(2021, 3, 24), "two weeks");
        for kind in [LetterKind::InformationRequest, LetterKind::Extension, LetterKind::Receipt] {
            let of = (tenant, view.claim.id);
            let letter = claiming::get_claim_letter(&scheme.ctx, &desk(), of, Some(kind)).await;
            assert_eq!(letter.unwrap().letter.kind, kind, "{}", scheme.name);
        }
        let of = (tenant, view.claim.id);
        let none =
            claiming::get_claim_letter(&scheme.ctx, &desk(), of, Some(LetterKind::Payment)).await;
        assert_eq!(none.unwrap_err().reason(), Reason::ClaimState, "nothing was paid");

        scheme.clock(tenant, "2021-03-15 23:59:59").await;
        let wrong = document(&view, "invoice", Some(7));
        let wrong = claiming::add_document(&scheme.ctx, &desk(), wrong).await.unwrap_err();
        assert_eq!(wrong.reason(), Reason::RequestInvalid, "there is no request 7");
        let other = document(&view, "photo", None);
        let other = claiming::add_document(&scheme.ctx, &desk(), other).await.unwrap();
        assert_eq!(other.view.claim.state.phase(), ClaimPhase::InformationWanted);
        let report = document(&view, "work_report", None);
        let report = claiming::add_document(&scheme.ctx, &desk(), report).await.unwrap();
        assert_eq!(report.document.number, 2);
        assert_eq!(report.view.claim.state.phase(), ClaimPhase::UnderAssessment);
        // 15 March is the first of thirty days, and thirty more for the expert.
        assert_eq!(report.view.clock.due_on, Some(date(2021, 5, 13)), "{}", scheme.name);
        scheme.clock(tenant, "2021-05-15 00:00").await;
        assert_eq!(read(&scheme, &view).await.clock.n_days_late, 2);
        let late = claiming::ClaimList { late: true, ..Default::default() };
        let late = claiming::list_claims(&scheme.ctx, &desk(), &late).await.unwrap();
        assert_eq!(late.rows.len(), 1);
    }
}

#[tokio::test]
async fn reserves_follow_the_claim_and_payments_in_parts_use_limits_as_they_come() {
    for scheme in schemes(5_000_000).await {
        let tenant = insured(&scheme, 1).await;
        let view = scheme.assessed(tenant, &loss(90_000)).await;
        let set = |amount: i64| SetReserve {
            tenant_id: tenant,
            claim_id: view.claim.id,
            part: Some(CoveragePart::OnSiteResponse),
            amount: yen(amount),
            reason: "見込み".to_owned(),
            etag: String::new(),
        };
        let call = handler("first");
        let reserved = claiming::set_reserve(&scheme.ctx, &call, set(120_000)).await.unwrap();
        assert_eq!(reserved.claim.file.reserve().unwrap(), Some(yen(120_000)));
        scheme.approved(&reserved).await.unwrap();
        assert_eq!(programme(&scheme).await, (0, 90_000));
        let first = pay(&scheme, &view, 50_000).await.unwrap();
        assert_eq!(first.view.claim.file.reserve().unwrap(), Some(yen(70_000)));
        assert_eq!(programme(&scheme).await, (50_000, 40_000), "{}", scheme.name);
        let over = pay(&scheme, &view, 40_001).await.unwrap_err();
        assert_eq!(over.reason(), Reason::LimitExceeded);
        let last = pay(&scheme, &view, 40_000).await.unwrap();
        assert_eq!(last.view.claim.state.phase(), ClaimPhase::Paid);
        assert_eq!(last.view.claim.file.reserve().unwrap(), Some(yen(0)), "released");
        assert_eq!(programme(&scheme).await, (90_000, 0));
        let closed = claiming::set_reserve(&scheme.ctx, &call, set(1)).await.unwrap_err();
        assert_eq!(closed.reason(), Reason::ClaimState, "nothing more is expected");
    }
}

#[tokio::test]
async fn a_recovery_gives_limits_back_when_the_contract_says_so_and_never_more_than_was_paid() {
    for scheme in schemes(5_000_000).await {
        let tenant = insured(&scheme, 1).await;
        let view = scheme.assessed(tenant, &loss(90_000)).await;
        scheme.approved(&view).await.unwrap();
        pay(&scheme, &view, 90_000).await.unwrap();
        let back = |amount: i64, restores_limits| RecordRecovery {
            tenant_id: tenant,
            claim_id: view.claim.id,
            source: RecoverySource::Subrogation,
            amount: yen(amount),
            received_on: date(2021, 3, 10),
            reference: String::new(),
            restores_limits,
            etag: String::new(),
        };
        let call = keyed(handler("first"), "recovery");
        let first = back(20_000, true);
        let done = claiming::record_recovery(&scheme.ctx, &call, first.clone()).await.unwrap();
        let repeat = claiming::record_recovery(&scheme.ctx, &call, first).await.unwrap();
        assert_eq!(done, repeat, "{}", scheme.name);
        assert_eq!(programme(&scheme).await, (70_000, 0));
        let call = handler("first");
        claiming::record_recovery(&scheme.ctx, &call, back(30_000, false)).await.unwrap();
        assert_eq!(programme(&scheme).await, (70_000, 0), "this one gives nothing back");
        let over = claiming::record_recovery(&scheme.ctx, &call, back(40_001, true)).await;
        assert_eq!(over.unwrap_err().reason(), Reason::RequestInvalid);
        let rest = claiming::record_recovery(&scheme.ctx, &call, back(40_000, true)).await.unwrap();
        assert_eq!(rest.view.claim.file.recovered().unwrap(), yen(90_000));
        assert_eq!(programme(&scheme).await, (30_000, 0));
    }
}

#[tokio::test]
async fn a_reopened_claim_gets_what_is_due_beyond_what_was_paid() {
    for mut scheme in schemes(5_000_000).await {
        scheme
            .under("deductible", |draft| draft.terms.parts[0].deductible = Money::jpy(5_000))
            .await;
        let tenant = insured(&scheme, 1).await;
        let view = scheme.assessed(tenant, &loss(60_000)).await;
        scheme.approved(&view).await.unwrap();
        pay(&scheme, &view, 55_000).await.unwrap();
        let call = handler("first");
        let closed = claiming::close_claim(&scheme.ctx, &call, turn(&view)).await.unwrap();
        assert_eq!(closed.claim.state.phase(), ClaimPhase::Closed);
        let open = claiming::reopen_claim(&scheme.ctx, &call, turn(&view)).await.unwrap();
        assert_eq!(open.claim.state.phase(), ClaimPhase::UnderAssessment);

        let mut item = open.claim.items[0].clone();
        item.assessed = Some(yen(130_000));
        let asked = claiming::AssessClaim {
            tenant_id: tenant,
            claim_id: view.claim.id,
            items: vec![item],
            loss_at: None,
            cause: None,
            known_at: None,
            etag: String::new(),
            intent: claiming::Intent::Do,
        };
        let again = claiming::assess_claim(&scheme.ctx, &call, asked).await.unwrap();
        // 130,000 less the deductible less 55,000 is 70,000; the item's limit leaves 45,000.
        assert_eq!(again.claim.assessment().unwrap().benefit.total, yen(45_000), "{}", scheme.name);
        scheme.approved(&again).await.unwrap();
        assert_eq!(programme(&scheme).await, (55_000, 45_000));
        let paid = pay(&scheme, &view, 45_000).await.unwrap();
        assert_eq!(paid.view.claim.paid().unwrap(), yen(100_000), "exactly the limit of the item");
        assert_eq!(programme(&scheme).await, (100_000, 0));
        assert_eq!(paid.view.claim.file.earlier.len(), 1);
    }
}

#[tokio::test]
async fn an_earlier_loss_that_is_reported_late_shows_the_difference_and_takes_nothing_back() {
    for scheme in schemes(150_000).await {
        let (one, two) = (insured(&scheme, 1).await, insured(&scheme, 2).await);
        let later = scheme.assessed(one, &loss(100_000)).await;
        scheme.approved(&later).await.unwrap();
        pay(&scheme, &later, 100_000).await.unwrap();
        assert_eq!(read(&scheme, &later).await.recomputed, None, "nothing else is known");

        let earlier = Loss::of(Service::Utm, "2021-03-01 08:00", "2021-03-20 09:30")
            .items(&[(CoveragePart::OnSiteResponse, 100_000)]);
        let earlier = scheme.assessed(two, &earlier).await;
        let benefit = &earlier.claim.assessment().unwrap().benefit;
        assert_eq!(benefit.total, yen(50_000), "what is left of the programme");
        scheme.approved(&earlier).await.unwrap();

        let later = read(&scheme, &later).await;
        assert_eq!(later.claim.paid().unwrap(), yen(100_000), "what was paid stays paid");
        assert_eq!(later.recomputed, Some(yen(50_000)), "{}", scheme.name);
        assert_eq!(read(&scheme, &earlier).await.recomputed, Some(yen(100_000)));
        assert_eq!(programme(&scheme).await, (100_000, 50_000), "never overspent");
    }
}

#[tokio::test]
async fn work_is_given_in_kind_or_paid_in_money_and_never_twice() {
    for scheme in schemes(5_000_000).await {
        let tenant = insured(&scheme, 1).await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        scheme.heartbeat(tenant, &loss(1), "2021-03-09 10:20").await;
        let incident = scheme.incident(tenant, &loss(1)).await;
        let mut both = notice(tenant, &loss(60_000), Some(incident));
        both.items[0].work_number = Some(1);
        let mut money = both.items[0].clone();
        (money.number, money.form, money.payee) = (2, BenefitForm::Money, Payee::Tenant);
        let mut twice = both.clone();
        twice.items.push(money);
        let refused = claiming::notify_loss(&scheme.ctx, &desk(), twice).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "loss_items[1].form", "{}", scheme.name);

        let first = claiming::notify_loss(&scheme.ctx, &desk(), both.clone()).await.unwrap();
        let first = scheme.assess(&first).await.unwrap();
        scheme.approved(&first).await.unwrap();
        let to_tenant = RecordClaimPayment { payee: Payee::Tenant, ..payment(&first, 1) };
        let call = handler("first");
        let refused = claiming::record_claim_payment(&scheme.ctx, &call, to_tenant).await;
        assert_eq!(refused.unwrap_err().violations()[0].field, "payee");
        pay(&scheme, &first, 30_000).await.unwrap();

        both.duplicates = claiming::Duplicates::Allowed;
        both.items[0].form = BenefitForm::Money;
        both.items[0].payee = Payee::Tenant;
        let second = claiming::notify_loss(&scheme.ctx, &desk(), both).await.unwrap();
        let second = scheme.assess(&second).await.unwrap();
        assert_ne!(second.claim.outcome(), Some(ClaimOutcome::NotEligible));
        scheme.approved(&second).await.unwrap();
        let again = RecordClaimPayment {
            payee: Payee::Tenant,
            form: BenefitForm::Money,
            ..payment(&second, 10_000)
        };
        let refused = claiming::record_claim_payment(&scheme.ctx, &call, again).await.unwrap_err();
        assert!(refused.to_string().contains("CLM-000001"), "{refused}");
    }
}

#[tokio::test]
async fn an_interruption_without_its_times_is_for_a_person() {
    for mut scheme in schemes(5_000_000).await {
        scheme
            .under("interruption", |draft| {
                let mut part = draft.terms.parts[0].clone();
                part.part = CoveragePart::BusinessInterruption;
                part.waiting_seconds = 8 * 3_600;
                draft.terms.parts.push(part);
            })
            .await;
        let tenant = insured(&scheme, 1).await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        scheme.heartbeat(tenant, &loss(1), "2021-03-09 10:20").await;
        let stood = loss(1).items(&[(CoveragePart::BusinessInterruption, 80_000)]);
        let incident = scheme.incident(tenant, &stood).await;
        let view = scheme.notify(tenant, &stood, Some(incident)).await.unwrap();
        let view = scheme.assess(&view).await.unwrap();
        assert_ne!(view.claim.outcome(), Some(ClaimOutcome::Eligible), "{}", scheme.name);
        assert_eq!(view.claim.assessment().unwrap().benefit.total, yen(0));
    }
}

#[tokio::test]
async fn a_withdrawn_claim_takes_no_documents() {
    for scheme in schemes(5_000_000).await {
        let tenant = insured(&scheme, 1).await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        let view = scheme.notify(tenant, &loss(60_000), None).await.unwrap();
        let asked = WithdrawClaim {
            tenant_id: tenant,
            claim_id: view.claim.id,
            reason: "自社で対応".to_owned(),
            etag: String::new(),
        };
        claiming::withdraw_claim(&scheme.ctx, &desk(), asked).await.unwrap();
        let refused = document(&view, "invoice", None);
        let refused = claiming::add_document(&scheme.ctx, &desk(), refused).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::ClaimState, "{}", scheme.name);
    }
}

#[tokio::test]
async fn sixty_four_claimants_at_once_end_exactly_at_the_limit() {
    const CLAIMANTS: u128 = 64;
    for scheme in schemes(3_237_001).await {
        let mut views = Vec::new();
        for n in 1..=CLAIMANTS {
            let tenant = insured(&scheme, n).await;
            views.push(scheme.assessed(tenant, &loss(100_000)).await);
        }
        let scheme = std::sync::Arc::new(scheme);
        let tasks: Vec<_> = views
            .into_iter()
            .map(|view| {
                let scheme = std::sync::Arc::clone(&scheme);
                tokio::spawn(async move { Box::pin(approved_or_empty(&scheme, view)).await })
            })
            .collect();
        let mut approved = 0;
        for task in tasks {
            approved += task.await.unwrap();
        }
        assert_eq!(approved, 3_237_001, "{}", scheme.name);
        assert_eq!(programme(&scheme).await, (0, 3_237_001), "exactly at the limit");
    }
}

/// Approves what is left, assessing again as long as others were quicker, and calling again as long as
/// the one writer of an embedded database is busy.
async fn approved_or_empty(scheme: &Scheme, mut view: ClaimView) -> i64 {
    loop {
        let payable = view.claim.assessment().unwrap().benefit.total;
        if payable.is_zero() {
            return 0;
        }
        match scheme.decide(&view, "first", Word::Approve(None)).await {
            Ok(decided) => {
                assert!(!decided.awaits_confirmation, "{payable} is what one person approves");
                return payable.amount();
            }
            Err(problem) if problem.reason() == Reason::StoreUnavailable => {}
            Err(problem) => {
                assert_eq!(problem.reason(), Reason::LimitExceeded, "{problem}");
                view = assessed_again(scheme, &view).await;
            }
        }
    }
}

async fn assessed_again(scheme: &Scheme, view: &ClaimView) -> ClaimView {
    loop {
        match scheme.assess(view).await {
            Ok(view) => return view,
            Err(problem) => assert_eq!(problem.reason(), Reason::StoreUnavailable, "{problem}"),
        }
    }
}
