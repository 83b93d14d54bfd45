//! Notices: repeats, isolation, and what is asked without being stored.

use tasuki_app::call::Call;
use tasuki_app::claiming::{self, ClaimList, Duplicates, Intent, NotifyLoss, Word};
use tasuki_app::governing;
use tasuki_app::paging::PageRequest;
use tasuki_core::claim::ClaimPhase;
use tasuki_core::id::{InsurerId, PartnerId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;

use crate::scene::{Loss, Scheme, decision, desk, handler, keyed, notice, schemes};

async fn all(scheme: &Scheme, call: &Call) -> usize {
    let list = ClaimList::default();
    claiming::list_claims(&scheme.ctx, call, &list).await.unwrap().rows.len()
}

#[tokio::test]
async fn a_loss_is_notified_once_unless_the_caller_insists() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
        scheme.clock(tenant, loss.notified_at).await;
        let first = scheme.notify(tenant, &loss, None).await.unwrap();
        let repeat = scheme.notify(tenant, &loss, None).await.unwrap_err();
        assert_eq!(repeat.reason(), Reason::ClaimDuplicate, "{}", scheme.name);
        let named = ("claim_id", first.claim.id.to_string());
        assert!(repeat.metadata().contains(&named));
        let insists = NotifyLoss { duplicates: Duplicates::Allowed, ..notice(tenant, &loss, None) };
        let second = claiming::notify_loss(&scheme.ctx, &desk(), insists).await.unwrap();
        assert_eq!(second.claim.possible_duplicates, [first.claim.id]);
        assert_eq!(second.claim.number, "CLM-000002", "the refused notice used no number");
    }
}

#[tokio::test]
async fn a_repeat_of_the_call_gets_the_first_answer() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
        scheme.clock(tenant, loss.notified_at).await;
        let call = keyed(desk(), "n-1");
        let ask = || notice(tenant, &loss, None);
        let first = claiming::notify_loss(&scheme.ctx, &call, ask()).await.unwrap();
        let again = claiming::notify_loss(&scheme.ctx, &call, ask()).await.unwrap();
        assert_eq!(first, again, "{}", scheme.name);
        assert_eq!(all(&scheme, &desk()).await, 1);
    }
}

#[tokio::test]
async fn asking_what_would_happen_stores_nothing() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
        scheme.clock(tenant, loss.notified_at).await;
        let ask = NotifyLoss { intent: Intent::OnlyAsk, ..notice(tenant, &loss, None) };
        let view = claiming::notify_loss(&scheme.ctx, &desk(), ask).await.unwrap();
        assert!(view.claim.certificate_id.is_some());
        assert_eq!(all(&scheme, &desk()).await, 0, "{}", scheme.name);
        let future = Loss::of(Service::Utm, "2021-03-11 10:20", "2021-03-10 09:30");
        let refused = scheme.notify(tenant, &future, None).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RequestInvalid);
    }
}

#[tokio::test]
async fn nobody_sees_the_claims_of_others() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
        let view = scheme.assessed(tenant, &loss).await;
        let other_partner = Call::by(Principal {
            partner_id: Some(PartnerId::of_code("somebody-else")),
            ..Principal::of("test:other", Role::Partner)
        });
        let id = view.claim.id;
        let hidden = claiming::get_claim(&scheme.ctx, &other_partner, tenant, id).await;
        assert_eq!(hidden.unwrap_err().reason(), Reason::TenantNotFound);
        assert_eq!(all(&scheme, &other_partner).await, 0);
        let other_insurer = Call::by(Principal {
            insurer_id: Some(InsurerId::of_code("insurer-b")),
            ..Principal::of("test:b", Role::Insurer)
        });
        let hidden = claiming::get_claim(&scheme.ctx, &other_insurer, tenant, id).await;
        assert_eq!(hidden.unwrap_err().reason(), Reason::ClaimNotFound, "{}", scheme.name);
        assert_eq!(all(&scheme, &other_insurer).await, 0);
        let asked = decision(&view, Word::Approve(None));
        let hidden = claiming::decide_claim(&scheme.ctx, &other_insurer, asked).await;
        assert_eq!(hidden.unwrap_err().reason(), Reason::ClaimNotFound);
        let asked = decision(&view, Word::Approve(None));
        let forbidden = claiming::decide_claim(&scheme.ctx, &desk(), asked).await;
        assert_eq!(forbidden.unwrap_err().reason(), Reason::RoleForbidden);
        let asked = decision(&view, Word::Approve(None));
        let forbidden = claiming::decide_claim(&scheme.ctx, &Call::system(), asked).await;
        assert_eq!(forbidden.unwrap_err().reason(), Reason::RoleForbidden, "a person decides");
    }
}

#[tokio::test]
async fn the_list_is_paged_newest_first() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        for (loss_at, notified_at) in [
            ("2021-03-01 10:00", "2021-03-02 09:00"),
            ("2021-04-01 10:00", "2021-04-02 09:00"),
            ("2021-05-01 10:00", "2021-05-02 09:00"),
        ] {
            let loss = Loss::of(Service::Utm, loss_at, notified_at);
            scheme.clock(tenant, notified_at).await;
            scheme.notify(tenant, &loss, None).await.unwrap();
        }
        let mut list =
            ClaimList { page: PageRequest { size: 2, after: None }, ..ClaimList::default() };
        let first = claiming::list_claims(&scheme.ctx, &desk(), &list).await.unwrap();
        list.page.after.clone_from(&first.next);
        let rest = claiming::list_claims(&scheme.ctx, &desk(), &list).await.unwrap();
        let numbers: Vec<_> =
            first.rows.iter().chain(&rest.rows).map(|view| view.claim.number.as_str()).collect();
        assert_eq!(numbers, ["CLM-000003", "CLM-000002", "CLM-000001"], "{}", scheme.name);
        assert_eq!(rest.next, None);
        list.page.after = None;
        list.phases = vec![ClaimPhase::Paid];
        assert!(claiming::list_claims(&scheme.ctx, &desk(), &list).await.unwrap().rows.is_empty());
    }
}

#[tokio::test]
async fn a_recorded_decision_replays_to_the_same_bytes() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
        let view = scheme.assessed(tenant, &loss).await;
        for decision in view.last_decisions() {
            let call = handler("first");
            let replay =
                governing::replay_decision(&scheme.ctx, &call, tenant, decision.id).await.unwrap();
            assert_eq!(replay.problem, None, "{} on {}", decision.pack.kind, scheme.name);
            assert_eq!(replay.recorded, decision, "as it was answered, so it is stored");
        }
    }
}
