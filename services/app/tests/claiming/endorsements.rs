//! Versions of a contract, the two times of a question, the hour of a period, and optional cover.

use tasuki_app::access;
use tasuki_app::call::Call;
use tasuki_app::claiming::{
    self, EligibilityQuestion, Endorsed, Intent, LimitQuestion, NewEndorsement, NotifyLoss,
    Subject, state_at,
};
use tasuki_core::certificate::CertificateState;
use tasuki_core::claim::ClaimOutcome;
use tasuki_core::id::SubscriptionId;
use tasuki_core::master_contract::{
    Attachment, ContractState, CoverTerms, CoveragePart, LossBasis, PremiumPayer,
};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::Licence;
use tasuki_core::text::Text;
use tasuki_policies::Remedies;
use tasuki_store::certificates;
use uuid::Uuid;

use crate::scene::{
    Loss, Scheme, desk, handler, jst, keyed, notice, operator, recorded, schemes, terms, yen,
};

fn endorsement(scheme: &Scheme, from: &str, terms: Option<CoverTerms>) -> NewEndorsement {
    NewEndorsement {
        master_contract_id: scheme.contract,
        effective_at: jst(from),
        cancels: terms.is_none(),
        terms,
        summary: Text::new("限度額の変更", "Another limit"),
        etag: "1".to_owned(),
        intent: Intent::Do,
    }
}

async fn endorse(scheme: &Scheme, new: NewEndorsement) -> Result<Endorsed, Problem> {
    claiming::endorse_master_contract(&scheme.ctx, &operator(), new).await
}

fn lower(programme: i64, item: i64) -> CoverTerms {
    let mut terms = terms(programme);
    terms.limits[0].amount = yen(item);
    terms
}

fn loss(at: &'static str, notified_at: &'static str) -> Loss {
    Loss::of(Service::Utm, at, notified_at).items(&[(CoveragePart::OnSiteResponse, 90_000)])
}

#[tokio::test]
async fn a_loss_is_paid_by_the_terms_of_its_time_and_decisions_stay() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let before =
            scheme.assessed(tenant, &loss("2021-06-30 23:59:59", "2021-07-02 09:00")).await;
        let approved = scheme.approved(&before).await.unwrap();

        let call = keyed(operator(), "endorse");
        let new = endorsement(&scheme, "2021-07-01 00:00", Some(lower(80_000, 40_000)));
        let asked = NewEndorsement { intent: Intent::OnlyAsk, ..new.clone() };
        let asked = endorse(&scheme, asked).await.unwrap();
        assert_eq!(asked.overspent.len(), 1, "90,000 are reserved of 80,000: {}", scheme.name);
        let done =
            claiming::endorse_master_contract(&scheme.ctx, &call, new.clone()).await.unwrap();
        let repeat = claiming::endorse_master_contract(&scheme.ctx, &call, new.clone()).await;
        assert_eq!(repeat.unwrap(), done);
        assert_eq!((done.view.contract.version, done.view.version), (2, 2));
        let stale = endorse(&scheme, new).await.unwrap_err();
        assert_eq!(stale.reason(), Reason::EtagMismatch);

        let id = (tenant, before.claim.id);
        let kept = claiming::get_claim(&scheme.ctx, &desk(), id.0, id.1).await.unwrap();
        assert_eq!(kept.contract.version, 1, "what was decided stays as it was decided");
        assert_eq!(kept.claim.approved, approved.view.claim.approved);

        let other = scheme.insured(2, &[Service::Utm], "2021-02-01 00:00").await;
        let after = scheme.assessed(other, &loss("2021-07-01 00:00:00", "2021-07-02 09:00")).await;
        assert_eq!(after.claim.contract_version, 2);
        let benefit = &after.claim.assessment().unwrap().benefit;
        assert_eq!(benefit.total, yen(0), "the programme is overspent: nothing is left");
        let first = benefit.trace.iter().find(|step| step.kind.as_str() == "item").unwrap();
        assert_eq!(first.after, yen(40_000));
    }
}

#[tokio::test]
async fn terms_that_make_no_sense_or_name_no_packs_are_refused() {
    for scheme in schemes(5_000_000).await {
        let mut broken = terms(1);
        broken.packs.trigger = "no-such-pack".to_owned();
        let refused =
            endorse(&scheme, endorsement(&scheme, "2021-07-01 00:00", Some(broken))).await;
        assert_eq!(refused.unwrap_err().violations()[0].field, "terms.packs.trigger");
        let outside = endorsement(&scheme, "2022-02-01 00:00", Some(terms(1)));
        let refused = endorse(&scheme, outside).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "effective_at", "{}", scheme.name);
        let by_insurer = endorsement(&scheme, "2021-07-01 00:00", Some(terms(1)));
        let forbidden =
            claiming::endorse_master_contract(&scheme.ctx, &desk(), by_insurer).await.unwrap_err();
        assert_eq!(forbidden.reason(), Reason::RoleForbidden);
    }
}

#[tokio::test]
async fn a_certificate_answers_for_a_time_with_what_was_known_at_another() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        // Recorded at the real time of the scheme, which is long after.
        let change = endorsement(&scheme, "2021-07-01 00:00", Some(lower(5_000_000, 40_000)));
        endorse(&scheme, change).await.unwrap();
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let id = certificates::of_tenant(&tx, tenant).await.unwrap()[0].certificate.id;
        drop(tx);
        let at = async |as_of: &str, known_at: &str| {
            let times = (Some(jst(as_of)), Some(jst(known_at)));
            claiming::get_certificate(&scheme.ctx, &desk(), (tenant, id), times).await.unwrap()
        };
        let limit = |view: &claiming::CertificateView| view.contract.terms.limits[0].amount;
        let (july, now) = ("2021-07-02 00:00", "2022-06-01 00:00");
        assert_eq!(limit(&at(july, now).await), yen(40_000));
        assert_eq!(limit(&at("2021-06-30 23:59:59", now).await), yen(100_000));
        let then = at(july, "2021-07-02 00:00").await;
        assert_eq!(limit(&then), yen(100_000), "nobody knew of the change then");
        assert!(matches!(state_at(&then), CertificateState::InForce { .. }));
        assert_eq!(then.acknowledgements.len(), 4);
        let before = at(july, "2021-01-20 08:59:59").await;
        assert!(before.acknowledgements.is_empty() && before.certificate.items.is_empty());
        assert!(matches!(state_at(&before), CertificateState::NotYetInForce), "{}", scheme.name);
        let over = at("2022-02-01 00:00", now).await;
        assert!(matches!(state_at(&over), CertificateState::Ended { .. }), "with the contract");
    }
}

#[tokio::test]
async fn a_cancelled_contract_covers_what_happened_before() {
    for scheme in schemes(5_000_000).await {
        let (one, two) = (
            scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await,
            scheme.insured(2, &[Service::Utm], "2021-02-01 00:00").await,
        );
        let done = endorse(&scheme, endorsement(&scheme, "2021-07-01 00:00", None)).await.unwrap();
        assert_eq!(done.view.contract.state_at(done.view.as_of), ContractState::Cancelled);
        let before = scheme.assessed(one, &loss("2021-06-30 23:59:59", "2021-07-02 09:00")).await;
        assert!(before.claim.certificate_id.is_some(), "{}", scheme.name);
        assert_eq!(before.claim.outcome(), Some(ClaimOutcome::Eligible));
        let after = loss("2021-07-01 00:00:00", "2021-07-02 09:00");
        scheme.clock(two, after.notified_at).await;
        let after = scheme.notify(two, &after, None).await.unwrap();
        assert_eq!(after.claim.certificate_id, None, "cover was over");
    }
}

#[tokio::test]
async fn the_sixteenth_hour_belongs_to_the_first_day_and_not_to_the_last() {
    for mut scheme in schemes(5_000_000).await {
        scheme.under("sixteen", |draft| draft.period.hour = 16).await;
        for (n, (at, covered)) in [
            ("2021-02-01 15:59:59", false),
            ("2021-02-01 16:00:00", true),
            ("2022-02-01 15:59:59", true),
            ("2022-02-01 16:00:00", false),
        ]
        .into_iter()
        .enumerate()
        {
            let n = u128::try_from(n).unwrap() + 1;
            let tenant = scheme.insured(n, &[Service::Utm], "2021-01-30 00:00").await;
            scheme.clock(tenant, "2022-02-02 00:00").await;
            let view = scheme.notify(tenant, &loss(at, "2022-02-02 00:00"), None).await.unwrap();
            assert_eq!(view.claim.certificate_id.is_some(), covered, "{at} on {}", scheme.name);
        }
    }
}

#[tokio::test]
async fn what_has_to_lie_in_the_period_is_the_loss_or_its_discovery() {
    for mut scheme in schemes(5_000_000).await {
        let happened = loss("2021-01-31 23:59:59", "2021-02-03 09:00");
        let discovered = |tenant, at: &str| NotifyLoss {
            discovered_at: Some(jst(at)),
            ..notice(tenant, &happened, None)
        };
        let notified = async |scheme: &Scheme, n: u128, at: &str| {
            let tenant = scheme.insured(n, &[Service::Utm], "2021-01-01 00:00").await;
            scheme.clock(tenant, happened.notified_at).await;
            let notice = discovered(tenant, at);
            let view = claiming::notify_loss(&scheme.ctx, &desk(), notice).await.unwrap();
            view.claim.certificate_id.is_some()
        };
        assert!(!notified(&scheme, 1, "2021-02-01 00:00:00").await, "it happened before");
        let discovery = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
            draft.terms.loss_basis = LossBasis::Discovery;
        };
        scheme.under("discovery", discovery).await;
        assert!(notified(&scheme, 2, "2021-02-01 00:00:00").await, "{}", scheme.name);
        assert!(!notified(&scheme, 3, "2021-01-31 23:59:59").await, "found a second too early");
    }
}

#[tokio::test]
async fn optional_cover_comes_through_a_licence_and_a_consent() {
    for mut scheme in schemes(5_000_000).await {
        scheme
            .under("optional", |draft| {
                draft.terms.attachment = Attachment::Optional;
                draft.terms.premium.payer = PremiumPayer::Tenant;
            })
            .await;
        let licence = |valid_to| Licence {
            number: "第0123号".to_owned(),
            valid_from: jiff::civil::date(2020, 4, 1),
            valid_to,
        };
        let issue = async |tenant| {
            let tx = scheme.ctx.store.begin().await.unwrap();
            let call = Call::system();
            let entered = access::enter(&scheme.ctx, &tx, &call, tenant, Permission::Sell);
            let entered = entered.await.unwrap();
            let subscription = SubscriptionId::from(Uuid::from_u128(10_001));
            let contract = scheme.contract;
            claiming::cover::issue(&scheme.ctx, &tx, &entered, subscription, contract).await
        };
        let over = licence(jiff::civil::date(2021, 1, 20));
        for (n, invalid) in [(1, None), (2, Some(over))] {
            let tenant = scheme.tenant_of(n, invalid).await;
            scheme.acknowledge(tenant).await;
            let refused = issue(tenant).await.unwrap_err();
            assert_eq!(refused.reason(), Reason::LicenceNotValid, "{}", scheme.name);
        }
        let valid = licence(jiff::civil::date(2021, 1, 21));
        let tenant = scheme.tenant_of(3, Some(valid)).await;
        let refused = issue(tenant).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::ClauseNotAcknowledged, "nobody consented");
        scheme.acknowledge(tenant).await;
        let solicitation = issue(tenant).await.unwrap().solicitation.unwrap();
        assert_eq!(solicitation.licence_number, "第0123号");
        assert_eq!(solicitation.consent.acknowledged_by, "代表取締役");
    }
}

#[tokio::test]
async fn a_limit_that_comes_back_says_how_often_and_what_it_costs() {
    for mut scheme in schemes(5_000_000).await {
        scheme
            .under("reinstated", |draft| {
                let limit = &mut draft.terms.limits[3];
                limit.amount = yen(60_000);
                limit.reinstatement_rates = vec![tasuki_core::rate::Rate::percent(50)];
            })
            .await;
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss("2021-03-09 10:20", "2021-03-10 09:30")).await;
        scheme.approved(&view).await.unwrap();
        let certificate = view.claim.certificate_id.unwrap();
        let question = LimitQuestion::Certificate(tenant, certificate);
        let call = handler("first");
        let all = claiming::get_limits(&scheme.ctx, &call, question, (None, None)).await.unwrap();
        let limit = all.iter().find(|it| it.limit.code == "limit.certificate").unwrap();
        assert_eq!((limit.taken.reserved, limit.left), (yen(90_000), yen(30_000)));
        let reinstated = limit.reinstated.unwrap();
        // Half of the yearly premium of 960, for 30,000 of 60,000.
        assert_eq!((reinstated.n_used, reinstated.charge), (1, Some(yen(240))), "{}", scheme.name);
    }
}

/// INS-10: whether a loss would be covered is asked about its own time, also without a loss.
#[tokio::test]
async fn a_question_is_answered_by_the_terms_of_its_time() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let change = endorsement(&scheme, "2021-07-01 00:00", Some(lower(80_000, 40_000)));
        endorse(&scheme, change).await.unwrap();
        let supposed = Subject::Hypothetical { master_contract_id: scheme.contract, facts: vec![] };
        for subject in [supposed, recorded(tenant, vec![])] {
            for (at, version, programme) in
                [("2021-06-30 23:59:59", 1, 5_000_000), ("2021-07-01 00:00:00", 2, 80_000)]
            {
                let question = EligibilityQuestion {
                    subject: subject.clone(),
                    parts: vec![CoveragePart::OnSiteResponse],
                    as_of: Some(jst(at)),
                    known_at: None,
                    remedies: Remedies::Skip,
                    intent: Intent::OnlyAsk,
                };
                let answer = claiming::evaluate_eligibility(&scheme.ctx, &desk(), question).await;
                let answer = answer.unwrap();
                let mut limits = answer.parts[0].limits.iter().map(|of| &of.limit);
                let outer = limits.find(|limit| limit.code == "limit.programme").unwrap();
                let found = (answer.contract_version, outer.amount);
                assert_eq!(found, (version, yen(programme)), "{} {at}", scheme.name);
            }
        }
    }
}
