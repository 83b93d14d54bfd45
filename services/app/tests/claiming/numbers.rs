//! How many benefits of a part a period has.

use tasuki_app::claiming::{self, LimitQuestion, WithdrawClaim};
use tasuki_core::benefit::StepKind;
use tasuki_core::claim::ClaimPhase;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;

use crate::scene::{Loss, Scheme, desk, handler, schemes, yen};

const VISIT: CoveragePart = CoveragePart::OnSiteResponse;

fn visit(at: &'static str, notified_at: &'static str) -> Loss {
    Loss::of(Service::Utm, at, notified_at).items(&[(VISIT, 60_000)])
}

async fn two_visits(scheme: &mut Scheme) {
    let visits = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
        draft.terms.parts[0].n_per_period = Some(2);
    };
    scheme.under("two-visits", visits).await;
}

/// How many visits were given, reserved and are left.
async fn visits(scheme: &Scheme, tenant: TenantId, claim: ClaimId) -> (u32, u32, u32) {
    let tx = scheme.ctx.store.begin_read().await.unwrap();
    let stored = tasuki_store::claims::get(&tx, tenant, claim).await.unwrap().unwrap();
    drop(tx);
    let question = LimitQuestion::Certificate(tenant, stored.claim.certificate_id.unwrap());
    let call = handler("first");
    let left = claiming::limits_left(&scheme.ctx, &call, question, (None, None)).await.unwrap();
    assert_eq!(left.numbers.len(), 1);
    let number = &left.numbers[0];
    assert_eq!((number.part, number.n_per_period), (VISIT, 2));
    (number.n_used, number.n_reserved, number.n_left)
}

#[tokio::test]
async fn the_third_visit_of_a_year_is_not_paid_until_one_is_given_back() {
    for mut scheme in schemes(5_000_000).await {
        two_visits(&mut scheme).await;
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let mut decided = Vec::new();
        for (at, notified) in
            [("2021-03-01 10:00", "2021-03-02 09:00"), ("2021-04-01 10:00", "2021-04-02 09:00")]
        {
            let view = scheme.assessed(tenant, &visit(at, notified)).await;
            decided.push(scheme.approved(&view).await.unwrap().view);
        }
        let first = decided[0].claim.id;
        assert_eq!(visits(&scheme, tenant, first).await, (0, 2, 0), "{}", scheme.name);
        let third = visit("2021-05-01 10:00", "2021-05-02 09:00");
        let view = scheme.assessed(tenant, &third).await;
        let benefit = &view.claim.assessment().unwrap().benefit;
        assert_eq!(benefit.total, yen(0));
        let cut = StepKind::Number { most: 2, given: 2 };
        assert_eq!(benefit.cut_by(&benefit.items[0]), Some(cut));
        let refused = scheme.approved(&view).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "payable", "nothing is payable");

        let asked = WithdrawClaim {
            tenant_id: tenant,
            claim_id: first,
            reason: "自社で対応".to_owned(),
            etag: decided[0].version.to_string(),
        };
        claiming::withdraw_claim(&scheme.ctx, &desk(), asked).await.unwrap();
        assert_eq!(visits(&scheme, tenant, first).await, (0, 1, 1));
        let again = scheme.assess(&view).await.unwrap();
        let approved = scheme.approved(&again).await.unwrap().view;
        assert_eq!(approved.claim.state.phase(), ClaimPhase::Approved);
        assert_eq!(visits(&scheme, tenant, first).await, (0, 2, 0));
    }
}

#[tokio::test]
async fn of_many_visits_approved_at_once_no_more_are_given_than_there_are() {
    for mut scheme in schemes(5_000_000).await {
        two_visits(&mut scheme).await;
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let mut views = Vec::new();
        for day in ["2021-03-01", "2021-03-02", "2021-03-03", "2021-03-04", "2021-03-05"] {
            let at: &'static str = Box::leak(format!("{day} 10:00").into_boxed_str());
            views.push(scheme.assessed(tenant, &visit(at, "2021-03-10 09:00")).await);
        }
        let (claim, scheme) = (views[0].claim.id, std::sync::Arc::new(scheme));
        let tasks: Vec<_> = views
            .into_iter()
            .map(|view| {
                let scheme = std::sync::Arc::clone(&scheme);
                tokio::spawn(async move { scheme.approved(&view).await })
            })
            .collect();
        let mut n_approved = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => n_approved += 1,
                Err(refused) => {
                    let expected = [Reason::LimitExceeded, Reason::RequestInvalid];
                    assert!(expected.contains(&refused.reason()), "{refused:?}");
                }
            }
        }
        assert_eq!(n_approved, 2, "{}", scheme.name);
        assert_eq!(visits(&scheme, tenant, claim).await, (0, 2, 0));
    }
}
