//! Who may approve up to which amount: what is above is referred to who may.

use tasuki_app::call::Call;
use tasuki_app::claiming::{self, ClaimDecided, ClaimView, Intent, NewMasterContract, Word};
use tasuki_core::claim::{ClaimEvent, ClaimPhase};
use tasuki_core::master_contract::{ApprovalAuthority, CoveragePart};
use tasuki_core::party::Role;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;

use crate::scene::{Loss, Scheme, decision, draft, handler, keyed, operator, schemes, yen};

fn authorities() -> Vec<ApprovalAuthority> {
    vec![
        ApprovalAuthority { role: Role::Operator, up_to: Some(yen(60_000)) },
        ApprovalAuthority { role: Role::Insurer, up_to: None },
    ]
}

async fn limited(scheme: &mut Scheme) {
    scheme.under("authorities", |draft| draft.terms.authorities = authorities()).await;
}

async fn assessed(scheme: &Scheme, n: u128, amount: i64) -> ClaimView {
    let tenant = scheme.insured(n, &[Service::Utm], "2021-02-01 00:00").await;
    let loss = Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30");
    scheme.assessed(tenant, &loss.items(&[(CoveragePart::OnSiteResponse, amount)])).await
}

async fn approve(scheme: &Scheme, view: &ClaimView, by: &Call) -> Result<ClaimDecided, Problem> {
    claiming::decide_claim(&scheme.ctx, by, decision(view, Word::Approve(None))).await
}

#[tokio::test]
async fn up_to_its_amount_a_role_decides_and_a_yen_above_it_refers() {
    for mut scheme in schemes(5_000_000).await {
        limited(&mut scheme).await;
        let within = assessed(&scheme, 1, 60_000).await;
        let approved = approve(&scheme, &within, &operator()).await.unwrap();
        assert_eq!(approved.view.claim.state.phase(), ClaimPhase::Approved, "{}", scheme.name);

        let above = assessed(&scheme, 2, 60_001).await;
        let call = keyed(operator(), "above");
        let referred = approve(&scheme, &above, &call).await.unwrap();
        let claim = &referred.view.claim;
        assert_eq!(claim.state.phase(), ClaimPhase::Decided, "{}", scheme.name);
        assert!(!referred.awaits_confirmation && referred.limits.is_empty());
        assert_eq!(claim.transitions.last().unwrap().event, ClaimEvent::Referred);
        let beyond = claim.decisions.last().unwrap().beyond.clone().unwrap();
        assert_eq!((beyond.payable, beyond.referred_to), (yen(60_001), vec![Role::Insurer]));
        let again = approve(&scheme, &above, &call).await.unwrap();
        assert_eq!(again, referred, "{}: a repeat of the call", scheme.name);

        let decided = approve(&scheme, &referred.view, &handler("first")).await.unwrap();
        assert_eq!(decided.view.claim.state.phase(), ClaimPhase::Approved, "{}", scheme.name);
        assert_eq!(decided.view.claim.decisions.last().unwrap().beyond, None);
    }
}

/// Above the amount of one person, the second one needs the authority as well: nothing of what the first said is lost.
#[tokio::test]
async fn a_second_person_without_the_authority_is_refused_and_the_first_word_stays() {
    for mut scheme in schemes(5_000_000).await {
        let one_person = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
            draft.terms.authorities = authorities();
            draft.terms.single_approval_up_to = Some(yen(10_000));
        };
        scheme.under("two-persons", one_person).await;
        let view = assessed(&scheme, 1, 80_000).await;
        let first = approve(&scheme, &view, &handler("first")).await.unwrap();
        assert!(first.awaits_confirmation, "{}", scheme.name);
        let refused = approve(&scheme, &first.view, &operator()).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::AuthorityExceeded, "{}", scheme.name);
        let second = approve(&scheme, &first.view, &handler("second")).await.unwrap();
        assert_eq!(second.view.claim.state.phase(), ClaimPhase::Approved, "{}", scheme.name);
    }
}

#[tokio::test]
async fn a_contract_under_which_nobody_may_decide_is_refused() {
    for scheme in schemes(5_000_000).await {
        let mut draft = draft("nobody", 5_000_000);
        let of = |role, yen_most| ApprovalAuthority { role, up_to: Some(yen(yen_most)) };
        draft.terms.authorities = vec![of(Role::Insurer, 5), of(Role::Insurer, -1)];
        let new = NewMasterContract { draft, intent: Intent::OnlyAsk };
        let refused = claiming::create_master_contract(&scheme.ctx, &operator(), new).await;
        let fields: Vec<String> =
            refused.unwrap_err().violations().iter().map(|it| it.field.clone()).collect();
        assert_eq!(
            fields,
            ["terms.authorities[1].role", "terms.authorities[1].up_to", "terms.authorities"],
            "{}",
            scheme.name
        );
    }
}
