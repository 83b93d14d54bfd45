//! Questions about cover: of a certificate on record, and of facts that are only supposed.

use serde_json::json;
use tasuki_app::claiming::{self, EligibilityQuestion, Intent, Subject, Supposed, Word};
use tasuki_core::decision::Outcome;
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_policies::Remedies;
use tasuki_store::decisions;
use uuid::Uuid;

use crate::scene::{Loss, Scheme, handler, keyed, recorded, schemes};

fn loss() -> Loss {
    Loss::of(Service::Utm, "2021-03-09 10:20", "2021-03-10 09:30")
        .items(&[(CoveragePart::OnSiteResponse, 100_000)])
}

#[tokio::test]
async fn an_insurer_asks_about_a_certificate_and_about_facts_that_are_only_supposed() {
    for scheme in schemes(5_000_000).await {
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        scheme.clock(tenant, "2021-03-10 09:30").await;
        scheme.heartbeat(tenant, &loss(), "2021-03-10 09:00").await;
        let ask = |overrides| EligibilityQuestion {
            subject: recorded(tenant, overrides),
            parts: vec![],
            as_of: None,
            known_at: None,
            remedies: Remedies::Skip,
            intent: Intent::OnlyAsk,
        };
        let call = handler("first");
        let ctx = &scheme.ctx;
        let asked = claiming::evaluate_eligibility(ctx, &call, ask(vec![])).await.unwrap();
        assert_eq!(asked.outcome, Outcome::Satisfied, "{}", scheme.name);
        assert_eq!(asked.parts.len(), 2);
        let supposed = vec![("claim.hours_since_heartbeat".to_owned(), 1_000.into())];
        let asked = claiming::evaluate_eligibility(ctx, &call, ask(supposed)).await.unwrap();
        assert_eq!(asked.parts[0].codes, ["HEARTBEAT_TOO_OLD"]);
        let facts = vec![("claim.no_such_fact".to_owned(), 1.into())];
        let question = EligibilityQuestion {
            subject: Subject::Hypothetical { master_contract_id: scheme.contract, facts },
            ..ask(vec![])
        };
        let refused = claiming::evaluate_eligibility(ctx, &call, question).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::RequestInvalid);
    }
}

fn supposed(scheme: &Scheme, facts: Vec<Supposed>, intent: Intent) -> EligibilityQuestion {
    EligibilityQuestion {
        subject: Subject::Hypothetical { master_contract_id: scheme.contract, facts },
        parts: vec![CoveragePart::OnSiteResponse],
        as_of: Some("2021-03-10T00:30:00Z".parse().unwrap()),
        known_at: None,
        remedies: Remedies::Skip,
        intent,
    }
}

/// A loss with two things against it.
fn against() -> Vec<Supposed> {
    [
        ("claim.certificate_in_force", json!(true)),
        ("claim.terms_acknowledged_at", json!("2021-01-01T00:00:00Z")),
        ("claim.premium_accounted", json!(true)),
        ("claim.hours_since_heartbeat", json!(1_000)),
        ("claim.has_incident", json!(true)),
        ("claim.soc_confirmed", json!(true)),
        ("claim.work_by_operator", json!(true)),
        ("claim.amount_yen", json!(48_000)),
        ("claim.intentional", json!(true)),
    ]
    .map(|(path, value)| (path.to_owned(), value))
    .into()
}

#[tokio::test]
async fn an_answer_about_supposed_facts_goes_on_record_once_and_is_about_nobody() {
    for scheme in schemes(5_000_000).await {
        let ctx = &scheme.ctx;
        let call = keyed(handler("first"), "question-1");
        let question = || supposed(&scheme, against(), Intent::Do);
        let first = claiming::evaluate_eligibility(ctx, &call, question()).await.unwrap();
        let codes = &first.parts[0].codes;
        assert_eq!(codes[..2], ["HEARTBEAT_TOO_OLD", "INTENTIONAL"], "{}", scheme.name);
        assert_eq!(first.outcome, Outcome::NotSatisfied);

        let again = claiming::evaluate_eligibility(ctx, &call, question()).await.unwrap();
        assert_eq!(again, first, "{}", scheme.name);

        let tx = ctx.store.begin_read().await.unwrap();
        let stored = decisions::of_chain(&tx, Uuid::nil(), 0, 100).await.unwrap();
        let of_question: Vec<_> = stored
            .iter()
            .map(|stored| stored.decision().unwrap())
            .filter(|decision| decision.subject == scheme.contract.to_string())
            .collect();
        let ids: Vec<_> = of_question.iter().map(|decision| Some(decision.id)).collect();
        let said: Vec<_> = first.said.iter().map(|said| said.decision_id).collect();
        assert_eq!(ids, said, "cover, trigger and exclusion, each once");
        assert!(of_question.iter().all(|it| it.tenant_id.is_none() && it.is_intact()));
    }
}

#[tokio::test]
async fn an_answer_that_is_only_asked_for_leaves_nothing_behind() {
    for scheme in schemes(5_000_000).await {
        let question = supposed(&scheme, against(), Intent::OnlyAsk);
        let answer =
            claiming::evaluate_eligibility(&scheme.ctx, &handler("first"), question).await.unwrap();
        assert!(answer.said.iter().all(|said| said.decision_id.is_none()), "{}", scheme.name);
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        assert_eq!(decisions::of_chain(&tx, Uuid::nil(), 0, 100).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn what_was_just_reserved_is_gone_from_the_limits_of_the_next_answer() {
    for scheme in schemes(5_000_000).await {
        let left = async || {
            let question = supposed(&scheme, against(), Intent::OnlyAsk);
            let call = handler("first");
            let answer =
                claiming::evaluate_eligibility(&scheme.ctx, &call, question).await.unwrap();
            answer.parts[0].limits[0].left.amount()
        };
        let before = left().await;
        let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
        let view = scheme.assessed(tenant, &loss()).await;
        scheme.decide(&view, "first", Word::Approve(None)).await.unwrap();
        assert_eq!(left().await, before - 100_000, "{}", scheme.name);
    }
}

#[tokio::test]
async fn an_insurer_may_not_ask_about_another_insurers_contract() {
    for scheme in schemes(5_000_000).await {
        let question = || supposed(&scheme, against(), Intent::OnlyAsk);
        let ask = async |call| claiming::evaluate_eligibility(&scheme.ctx, &call, question()).await;
        ask(handler("first")).await.unwrap();
        let mut other = handler("first");
        other.principal.insurer_id = Some(tasuki_core::id::InsurerId::of_code("insurer-b"));
        let refused = ask(other).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::MasterContractNotFound, "{}", scheme.name);
    }
}
