//! Limits under concurrency, four eyes, and what a denial may rest on.

use tasuki_app::claiming::{self, AppealClaim, LimitQuestion, WithdrawClaim, Word};
use tasuki_core::benefit::{Draw, LimitSubject};
use tasuki_core::claim::{Claim, ClaimOutcome, ClaimPhase};
use tasuki_core::id::ClaimId;
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_store::claims;
use tasuki_store::limits::{Holder, Reservation, reserve};
use uuid::Uuid;

use crate::scene::{Loss, Scheme, desk, handler, schemes, yen};

fn loss() -> Loss {
    Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
        .items(&[(CoveragePart::OnSiteResponse, 100_000)])
}

async fn programme(scheme: &Scheme) -> (i64, i64) {
    let question = LimitQuestion::Programme(scheme.contract);
    let call = handler("first");
    let all = claiming::get_limits(&scheme.ctx, &call, question, (None, None)).await.unwrap();
    (all[0].taken.used.amount(), all[0].taken.reserved.amount())
}

#[tokio::test]
async fn of_two_approvals_that_together_exceed_the_aggregate_one_wins() {
    for scheme in schemes(150_000).await {
        let mut views = Vec::new();
        for n in 1..=2 {
            let tenant = scheme.insured(n, &[Service::Utm], "2021-02-01 00:00").await;
            views.push(scheme.assessed(tenant, &loss()).await);
        }
        let (one, two) = tokio::join!(
            scheme.decide(&views[0], "first", Word::Approve(None)),
            scheme.decide(&views[1], "second", Word::Approve(None)),
        );
        let won = [&one, &two].into_iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{}: {one:?} {two:?}", scheme.name);
        let lost = if one.is_ok() { (two, &views[1]) } else { (one, &views[0]) };
        assert_eq!(lost.0.unwrap_err().reason(), Reason::LimitExceeded);
        assert_eq!(programme(&scheme).await, (0, 100_000));

        let again = scheme.assess(lost.1).await.unwrap();
        assert_eq!(again.claim.assessment().unwrap().benefit.total, yen(50_000));
        scheme.approved(&again).await.unwrap();
        assert_eq!(programme(&scheme).await, (0, 150_000), "exactly at the limit");
    }
}

#[tokio::test]
async fn many_approvals_at_once_never_overspend() {
    for scheme in schemes(450_000).await {
        let mut views = Vec::new();
        for n in 1..=8 {
            let tenant = scheme.insured(n, &[Service::Utm], "2021-02-01 00:00").await;
            views.push(scheme.assessed(tenant, &loss()).await);
        }
        let scheme = std::sync::Arc::new(scheme);
        let tasks: Vec<_> = views
            .into_iter()
            .map(|view| {
                let scheme = std::sync::Arc::clone(&scheme);
                tokio::spawn(async move { scheme.approved(&view).await.is_ok() })
            })
            .collect();
        let mut n_approved = 0;
        for task in tasks {
            n_approved += i64::from(task.await.unwrap());
        }
        assert_eq!(n_approved, 4, "{}", scheme.name);
        assert_eq!(programme(&scheme).await, (0, 400_000));
    }
}

#[tokio::test]
async fn sixty_four_claimants_at_once_end_exactly_at_the_aggregate() {
    for scheme in schemes(450_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let first = scheme.assessed(tenant, &loss()).await.claim;
        let mut holders = Vec::new();
        let tx = scheme.ctx.store.begin().await.unwrap();
        for n in 0..64_u128 {
            let id = ClaimId::from(Uuid::from_u128(700_000 + n));
            let claim = Claim { id, number: format!("CLM-9{n:05}"), ..first.clone() };
            claims::insert(&tx, &claim).await.unwrap();
            let (contract, at) = (scheme.contract, first.notified_at);
            holders.push(Holder { contract, tenant, claim: id, at });
        }
        tx.commit().await.unwrap();
        let tasks: Vec<_> = holders
            .into_iter()
            .map(|holder| {
                let store = scheme.ctx.store.clone();
                tokio::spawn(async move {
                    let draw = Draw {
                        code: "limit.programme".to_owned(),
                        subject: LimitSubject::Contract(holder.contract),
                        cap: yen(450_000),
                        amount: yen(10_000),
                    };
                    let tx = store.begin().await.unwrap();
                    let answer = reserve(&tx, &holder, &[draw]).await.unwrap();
                    if answer == Reservation::Done {
                        tx.commit().await.unwrap();
                    }
                    answer == Reservation::Done
                })
            })
            .collect();
        let mut n_reserved = 0;
        for task in tasks {
            n_reserved += i64::from(task.await.unwrap());
        }
        assert_eq!(n_reserved, 45, "{}", scheme.name);
        assert_eq!(programme(&scheme).await, (0, 450_000), "to the yen");
    }
}

#[tokio::test]
async fn a_withdrawn_claim_gives_its_reservation_back() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        let decided = scheme.approved(&view).await.unwrap();
        assert_eq!(programme(&scheme).await, (0, 100_000));
        let asked = WithdrawClaim {
            tenant_id: tenant,
            claim_id: view.claim.id,
            reason: "自社で対応".to_owned(),
            etag: decided.view.version.to_string(),
        };
        let view = claiming::withdraw_claim(&scheme.ctx, &desk(), asked).await.unwrap();
        assert_eq!(view.claim.state.phase(), ClaimPhase::Withdrawn);
        assert_eq!(programme(&scheme).await, (0, 0), "{}", scheme.name);
    }
}

#[tokio::test]
async fn what_one_person_may_not_decide_takes_two() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let both = loss()
            .items(&[(CoveragePart::OnSiteResponse, 100_000), (CoveragePart::VirusRemoval, 1)]);
        let view = scheme.assessed(tenant, &both).await;
        let first = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap();
        assert!(first.awaits_confirmation);
        assert_eq!(programme(&scheme).await, (0, 0), "nothing is reserved by a proposal");
        let same = scheme.decide(&first.view, "first", Word::Approve(None)).await.unwrap_err();
        assert_eq!(same.reason(), Reason::SecondPersonNeeded);
        let stale = scheme.decide(&view, "second", Word::Approve(None)).await.unwrap_err();
        assert_eq!(stale.reason(), Reason::EtagMismatch);
        let second = scheme.decide(&first.view, "second", Word::Approve(None)).await.unwrap();
        assert!(!second.awaits_confirmation);
        assert_eq!(programme(&scheme).await, (0, 100_001), "{}", scheme.name);
        let over = scheme.insured(2, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(over, &loss()).await;
        let above = Word::Approve(Some(yen(100_001)));
        let above = scheme.decide(&view, "first", above).await.unwrap_err();
        assert_eq!(above.reason(), Reason::LimitExceeded, "no person pays above a limit");
    }
}

#[tokio::test]
async fn a_denial_rests_on_what_was_acknowledged_and_its_appeal_on_somebody_else() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let mut bypassed = loss();
        bypassed.bypass = true;
        let view = scheme.assessed(tenant, &bypassed).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::NotEligible));
        let unknown = Word::Deny(vec!["exclusion.nobody_knows".to_owned()]);
        let unknown = scheme.decide(&view, "first", unknown).await.unwrap_err();
        assert_eq!(unknown.reason(), Reason::RequestInvalid);
        let denied = scheme.decide(&view, "first", Word::Deny(vec![])).await.unwrap();
        let held = denied.view.claim.decisions.last().unwrap();
        let clauses = vec!["exclusion.unapproved_bypass".to_owned()];
        assert_eq!(held.ruling, tasuki_core::claim::Ruling::Deny { clauses });

        let asked = AppealClaim {
            tenant_id: tenant,
            claim_id: view.claim.id,
            grounds: "バイパスは承認済み".to_owned(),
            etag: String::new(),
        };
        let appealed = claiming::appeal_claim(&scheme.ctx, &desk(), asked).await.unwrap();
        let pay = || Word::Approve(Some(yen(100_000)));
        let same = scheme.decide(&appealed, "first", pay()).await.unwrap_err();
        assert_eq!(same.reason(), Reason::SecondPersonNeeded);
        let proposed = scheme.decide(&appealed, "second", pay()).await.unwrap();
        assert!(proposed.awaits_confirmation, "it is against the assessment");
        let done = scheme.decide(&proposed.view, "third", pay()).await.unwrap();
        assert_eq!(done.view.claim.state.phase(), ClaimPhase::Approved, "{}", scheme.name);
    }
}

#[tokio::test]
async fn what_nobody_was_shown_is_for_a_person_and_no_ground_for_a_denial() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.bare_tenant(1, "2021-01-20 09:00").await;
        let from = crate::scene::jst("2021-02-01 00:00");
        scheme.cover(tenant, 1, &[Service::Utm], from).await;
        let mut bypassed = loss();
        bypassed.bypass = true;
        let view = scheme.assessed(tenant, &bypassed).await;
        assert_eq!(view.claim.outcome(), Some(ClaimOutcome::Referred), "{}", scheme.name);
        let word = Word::Deny(vec!["exclusion.unapproved_bypass".to_owned()]);
        let refused = scheme.decide(&view, "first", word).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::ClauseNotAcknowledged);
    }
}
