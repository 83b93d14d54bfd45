//! The job that gives limits back when what was approved is not paid in time, to the instant.

use tasuki_app::claiming::{self, LimitQuestion, RecordClaimPayment, TurnClaim, Word};
use tasuki_core::claim::{ClaimPhase, Payee, PaymentShare};
use tasuki_core::id::TenantId;
use tasuki_core::master_contract::{BenefitForm, CoveragePart};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed, Lane};
use uuid::Uuid;

use crate::scene::{Loss, Scheme, handler, provider_id, schemes, yen};

/// Approved on 10 March at 9:30; 210 days later.
const DUE: &str = "2021-10-06 09:30";

fn loss() -> Loss {
    Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
        .items(&[(CoveragePart::OnSiteResponse, 60_000)])
}

async fn taken(scheme: &Scheme) -> (i64, i64) {
    let question = LimitQuestion::Programme(scheme.contract);
    let times = (None, None);
    let all = claiming::get_limits(&scheme.ctx, &handler("first"), question, times).await.unwrap();
    (all[0].taken.used.amount(), all[0].taken.reserved.amount())
}

/// The looks at approvals that are due by the tenant's clock.
async fn due(scheme: &Scheme) -> Vec<Claimed> {
    let now: Timestamp = "2022-06-01T00:00:00Z".parse().unwrap();
    let tx = scheme.ctx.store.begin().await.unwrap();
    let claim = jobs::Claim { token: Uuid::from_u128(77), limit: 100 };
    let until = now.plus_seconds(60).unwrap();
    let claimed = jobs::claim_due(&tx, Lane::Low, now, until, claim).await.unwrap();
    tx.commit().await.unwrap();
    claimed.into_iter().filter(|job| job.kind == "expire_approval").collect()
}

async fn run(scheme: &Scheme, tenant: TenantId, at: &str) -> usize {
    scheme.clock(tenant, at).await;
    let due = due(scheme).await;
    for job in &due {
        claiming::expire_approval(&scheme.ctx, job).await.unwrap();
    }
    due.len()
}

#[tokio::test]
async fn an_approval_that_is_not_paid_expires_after_210_days_and_gives_its_limits_back() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        let view = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap().view;
        assert_eq!(taken(&scheme).await, (0, 60_000), "{}", scheme.name);

        assert_eq!(run(&scheme, tenant, "2021-10-06 09:29:59").await, 0, "not a second earlier");
        assert_eq!(taken(&scheme).await, (0, 60_000), "{}", scheme.name);
        assert_eq!(run(&scheme, tenant, DUE).await, 1, "{}", scheme.name);
        assert_eq!(taken(&scheme).await, (0, 0), "{}", scheme.name);
        let (call, id) = (handler("first"), view.claim.id);
        let closed = claiming::get_claim(&scheme.ctx, &call, tenant, id).await.unwrap();
        assert_eq!(closed.claim.state.phase(), ClaimPhase::Closed);
        let last = closed.claim.transitions.last().unwrap();
        assert_eq!(last.reason, "not paid in time");
        assert_eq!(run(&scheme, tenant, "2021-10-07 09:30").await, 0, "once is enough");

        let turn = TurnClaim {
            tenant_id: tenant,
            claim_id: id,
            reason: "請求書が届いた".to_owned(),
            etag: String::new(),
        };
        let open = claiming::reopen_claim(&scheme.ctx, &call, turn).await.unwrap();
        assert_eq!(open.claim.state.phase(), ClaimPhase::UnderAssessment, "{}", scheme.name);
    }
}

#[tokio::test]
async fn what_was_paid_in_part_stays_used_and_only_the_rest_comes_back() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        let view = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap().view;
        let payment = RecordClaimPayment {
            tenant_id: tenant,
            claim_id: view.claim.id,
            payee: Payee::Provider(provider_id()),
            shares: vec![PaymentShare { item: 1, amount: yen(40_000) }],
            form: BenefitForm::InKind,
            paid_on: jiff::civil::date(2021, 3, 10),
            reference: String::new(),
            etag: String::new(),
        };
        claiming::record_claim_payment(&scheme.ctx, &handler("first"), payment).await.unwrap();
        assert_eq!(run(&scheme, tenant, DUE).await, 1);
        assert_eq!(taken(&scheme).await, (40_000, 0), "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_claim_that_was_withdrawn_meanwhile_is_left_alone() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        let view = scheme.decide(&view, "first", Word::Approve(None)).await.unwrap().view;
        let asked = claiming::WithdrawClaim {
            tenant_id: tenant,
            claim_id: view.claim.id,
            reason: "自社で対応".to_owned(),
            etag: String::new(),
        };
        let call = crate::scene::desk();
        let gone = claiming::withdraw_claim(&scheme.ctx, &call, asked).await.unwrap();
        assert_eq!(run(&scheme, tenant, DUE).await, 1, "{}", scheme.name);
        let (call, id) = (handler("first"), view.claim.id);
        let now = claiming::get_claim(&scheme.ctx, &call, tenant, id).await.unwrap();
        assert_eq!((now.version, now.claim.state), (gone.version, gone.claim.state));
    }
}
