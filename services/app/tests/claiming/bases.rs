//! Which instant has to lie in the insured time, to the second: the loss, its discovery, or the claim
//! of a third party; and how far back cover reaches.

use tasuki_app::claiming::{self, NotifyLoss};
use tasuki_core::master_contract::{CoveragePart, LossBasis};
use tasuki_core::service::Service;

use crate::scene::{Loss, Scheme, codes, desk, jst, notice, schemes};

const LAST: &str = "2022-02-03 09:00";

fn loss(at: &'static str) -> Loss {
    Loss::of(Service::Utm, at, LAST).items(&[(CoveragePart::OnSiteResponse, 90_000)])
}

async fn counting(scheme: &mut Scheme, basis: LossBasis) {
    let change = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
        draft.period.hour = 16;
        draft.terms.loss_basis = basis;
    };
    scheme.under(&format!("{basis:?}").to_lowercase(), change).await;
}

async fn is_covered(scheme: &Scheme, n: u128, change: impl Fn(NotifyLoss) -> NotifyLoss) -> bool {
    let tenant = scheme.insured(n, &[Service::Utm], "2021-01-30 00:00").await;
    scheme.clock(tenant, LAST).await;
    let notice = change(notice(tenant, &loss("2021-01-20 10:00:00"), None));
    let view = claiming::notify_loss(&scheme.ctx, &desk(), notice).await.unwrap();
    view.claim.certificate_id.is_some()
}

/// The hour belongs to the first day and not to the last.
const INSTANTS: [(&str, bool); 4] = [
    ("2021-02-01 15:59:59", false),
    ("2021-02-01 16:00:00", true),
    ("2022-02-01 15:59:59", true),
    ("2022-02-01 16:00:00", false),
];

#[tokio::test]
async fn what_is_discovered_in_the_period_is_covered_to_the_second() {
    for mut scheme in schemes(5_000_000).await {
        counting(&mut scheme, LossBasis::Discovery).await;
        for (n, (at, covered)) in (1..).zip(INSTANTS) {
            let found =
                is_covered(&scheme, n, |it| NotifyLoss { discovered_at: Some(jst(at)), ..it });
            assert_eq!(found.await, covered, "{at} on {}", scheme.name);
        }
    }
}

#[tokio::test]
async fn what_a_third_party_claims_in_the_period_is_covered_to_the_second() {
    for mut scheme in schemes(5_000_000).await {
        counting(&mut scheme, LossBasis::ClaimsMade).await;
        for (n, (at, covered)) in (1..).zip(INSTANTS) {
            let claimed =
                is_covered(&scheme, n, |it| NotifyLoss { claimed_at: Some(jst(at)), ..it });
            assert_eq!(claimed.await, covered, "{at} on {}", scheme.name);
        }
        let unknown = is_covered(&scheme, 9, |it| it).await;
        assert!(!unknown, "then the notice counts, and it came after the period");
        let early = is_covered(&scheme, 10, |it| {
            let claimed_at = Some(jst("2021-02-02 09:00"));
            NotifyLoss { claimed_at, discovered_at: Some(jst("2021-01-20 10:00")), ..it }
        });
        assert!(early.await, "when it was found does not matter");
    }
}

#[tokio::test]
async fn nobody_claims_before_the_loss_or_in_the_future() {
    for mut scheme in schemes(5_000_000).await {
        counting(&mut scheme, LossBasis::ClaimsMade).await;
        let tenant = scheme.insured(1, &[Service::Utm], "2021-01-30 00:00").await;
        scheme.clock(tenant, LAST).await;
        for at in ["2021-01-20 09:59:59", "2022-02-03 09:00:01"] {
            let told = notice(tenant, &loss("2021-01-20 10:00:00"), None);
            let told = NotifyLoss { claimed_at: Some(jst(at)), ..told };
            let refused = claiming::notify_loss(&scheme.ctx, &desk(), told).await.unwrap_err();
            assert_eq!(refused.violations()[0].field, "claimed_at", "{}", scheme.name);
        }
    }
}

#[tokio::test]
async fn cover_reaches_back_to_its_retroactive_date_and_no_further() {
    for mut scheme in schemes(5_000_000).await {
        let reaching_back = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
            draft.period.hour = 16;
            draft.terms.loss_basis = LossBasis::Discovery;
            draft.terms.retroactive_from = Some(jst("2020-10-01 00:00"));
        };
        scheme.under("retroactive", reaching_back).await;
        for (n, at, covered) in
            [(1, "2020-09-30 23:59:59", false), (2, "2020-10-01 00:00:00", true)]
        {
            let tenant = scheme.insured(n, &[Service::Utm], "2021-01-30 00:00").await;
            let found = |it| NotifyLoss { discovered_at: Some(jst("2022-01-20 09:00")), ..it };
            let loss = Loss { notified_at: "2022-01-21 09:00", ..loss(at) };
            let view = scheme.assessed_as(tenant, &loss, found).await;
            assert_eq!(view.claim.certificate_id.is_some(), covered, "{at} on {}", scheme.name);
            let (against, _) = codes(&view);
            let refused = against.iter().any(|code| code == "CERTIFICATE_NOT_IN_FORCE");
            assert_eq!(refused, !covered, "{against:?}");
            let late = against.iter().any(|code| code == "LATE_NOTICE");
            assert!(!late, "the days of the notice begin with the discovery: {against:?}");
        }
    }
}
