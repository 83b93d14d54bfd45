//! Cover that depends on dated evidence: what was recorded counts from its record on, and what was not is missing.

use tasuki_app::call::Call;
use tasuki_app::claiming::{
    self, Eligibility, EligibilityQuestion, EvidenceList, Intent, RecordEvidence,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::decision::Outcome;
use tasuki_core::evidence::EvidenceValue;
use tasuki_core::id::{EvidenceId, ItemId, TenantId};
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_policies::Remedies;
use uuid::Uuid;

use crate::scene::{Loss, Scheme, handler, jst, keyed, operator, provider_id, recorded, schemes};

const LOSS: &str = "2021-03-09 10:20";

fn provider() -> Call {
    let provider_id = Some(provider_id());
    Call::by(Principal { provider_id, ..Principal::of("test:soc-provider", Role::Provider) })
}

fn seen(tenant_id: TenantId, value: EvidenceValue, observed_at: &str) -> RecordEvidence {
    RecordEvidence {
        tenant_id,
        instance_id: None,
        device_id: None,
        observed_at: jst(observed_at),
        valid_until: None,
        value: Some(value),
        evidence_id: "report-1".to_owned(),
        corrects: None,
    }
}

fn version(n_behind: u32) -> EvidenceValue {
    EvidenceValue::AgentVersion { version: "7.2".to_owned(), n_behind }
}

/// Whoever is covered from now on has cover by dated evidence.
async fn by_evidence(scheme: &mut Scheme) -> TenantId {
    let named = |draft: &mut tasuki_core::master_contract::MasterContractDraft| {
        draft.terms.packs.cover = Some("evidence".to_owned());
    };
    scheme.under("dated-evidence", named).await;
    let tenant = scheme.insured(1, &[Service::Utm], "2021-02-01 00:00").await;
    scheme.clock(tenant, "2021-03-09 10:00").await;
    let loss = Loss::of(Service::Utm, LOSS, "2021-03-10 09:30");
    scheme.heartbeat(tenant, &loss, "2021-03-09 09:00").await;
    tenant
}

async fn asked(scheme: &Scheme, tenant: TenantId, known_at: Option<Timestamp>) -> Eligibility {
    let question = EligibilityQuestion {
        subject: recorded(tenant, vec![]),
        parts: vec![CoveragePart::OnSiteResponse],
        as_of: Some(jst(LOSS)),
        known_at,
        remedies: Remedies::Skip,
        intent: Intent::OnlyAsk,
    };
    claiming::evaluate_eligibility(&scheme.ctx, &handler("first"), question).await.unwrap()
}

async fn record(
    scheme: &Scheme,
    call: &Call,
    asked: RecordEvidence,
) -> Result<EvidenceId, Problem> {
    claiming::record_evidence(&scheme.ctx, call, asked).await.map(|evidence| evidence.id)
}

/// Each condition that evidence is missing for is undetermined; with evidence it holds or does not.
#[tokio::test]
async fn missing_evidence_is_undetermined_and_recorded_evidence_decides() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = by_evidence(&mut scheme).await;
        let nothing = asked(&scheme, tenant, None).await;
        assert_eq!(nothing.outcome, Outcome::Undetermined, "{}", scheme.name);
        let missing = ["AGENT_TOO_OLD", "NOT_DIAGNOSED", "TRAINING_TOO_OLD"];
        assert_eq!(nothing.parts[0].codes, missing, "{}", scheme.name);

        let findings = EvidenceValue::CriticalFindings { open_since: None };
        let trained = EvidenceValue::Training { n_participants: 9 };
        for (value, at) in [
            (version(1), "2021-03-01 00:00"),
            (findings, "2021-02-15 00:00"),
            (trained, "2020-03-09 09:00"),
        ] {
            record(&scheme, &provider(), seen(tenant, value, at)).await.unwrap();
        }
        let all = asked(&scheme, tenant, None).await;
        assert_eq!(all.outcome, Outcome::Satisfied, "{}: {:?}", scheme.name, all.parts[0].codes);

        record(&scheme, &provider(), seen(tenant, version(2), "2021-03-02 00:00")).await.unwrap();
        let open = EvidenceValue::CriticalFindings { open_since: Some(jst("2021-02-06 00:00")) };
        record(&scheme, &provider(), seen(tenant, open, "2021-03-01 00:00")).await.unwrap();
        let broken = asked(&scheme, tenant, None).await;
        assert_eq!(broken.outcome, Outcome::NotSatisfied, "{}", scheme.name);
        let codes = ["AGENT_TOO_OLD", "CRITICAL_FINDING_OPEN"];
        assert_eq!(broken.parts[0].codes, codes, "open for 31 days, and two versions behind");
    }
}

/// UTM-10: only who decides claims approves a bypass.
#[tokio::test]
async fn a_bypass_is_approved_by_who_decides_claims_and_by_nobody_else() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = by_evidence(&mut scheme).await;
        let mut loss = Loss::of(Service::Utm, LOSS, "2021-03-10 09:30");
        loss.bypass = true;
        scheme.heartbeat(tenant, &loss, "2021-03-09 09:30").await;
        let has = async || {
            let codes = asked(&scheme, tenant, None).await.parts[0].codes.clone();
            codes.iter().any(|code| code == "BYPASS_NOT_APPROVED")
        };
        assert!(has().await, "{}", scheme.name);
        let approval = |approved, at| seen(tenant, EvidenceValue::BypassApproval { approved }, at);
        let refused = record(&scheme, &provider(), approval(true, "2021-03-01 00:00")).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::RoleForbidden, "{}", scheme.name);
        record(&scheme, &handler("first"), approval(true, "2021-03-01 00:00")).await.unwrap();
        assert!(!has().await, "{}", scheme.name);
        record(&scheme, &handler("first"), approval(false, "2021-03-09 10:00")).await.unwrap();
        assert!(has().await, "{}: taken back before the loss", scheme.name);
    }
}

/// A correction counts from its own record on; the record that it corrects stays for what was known before.
#[tokio::test]
async fn corrections_are_later_records_and_what_was_known_stays() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = by_evidence(&mut scheme).await;
        let call = keyed(operator(), "evidence-1");
        let wrong = seen(tenant, version(5), "2021-03-01 00:00");
        let first = record(&scheme, &call, wrong.clone()).await.unwrap();
        assert_eq!(record(&scheme, &call, wrong).await.unwrap(), first, "a repeat of the call");

        scheme.clock(tenant, "2021-04-01 00:00").await;
        let right = RecordEvidence {
            corrects: Some(first),
            ..seen(tenant, version(0), "2021-03-01 00:00")
        };
        let second = record(&scheme, &operator(), right.clone()).await.unwrap();
        let codes = async |known_at| asked(&scheme, tenant, known_at).await.parts[0].codes.clone();
        let old = "AGENT_TOO_OLD".to_owned();
        assert!(codes(Some(jst("2021-03-31 23:59:59"))).await.contains(&old), "{}", scheme.name);
        assert!(!codes(Some(jst("2021-04-01 00:00"))).await.contains(&old), "{}", scheme.name);

        let again = record(&scheme, &operator(), right).await.unwrap_err();
        assert_eq!(again.violations()[0].field, "corrects", "{}: was corrected", scheme.name);
        let other = EvidenceValue::Training { n_participants: 1 };
        let other =
            RecordEvidence { corrects: Some(second), ..seen(tenant, other, "2021-03-01 00:00") };
        let other = record(&scheme, &operator(), other).await.unwrap_err();
        assert_eq!(other.violations()[0].field, "corrects", "{}: another kind", scheme.name);
        let gone = RecordEvidence {
            corrects: Some(second),
            value: None,
            ..seen(tenant, version(0), "2021-03-01 00:00")
        };
        record(&scheme, &operator(), gone).await.unwrap();
        assert!(codes(None).await.contains(&old), "{}: withdrawn is missing again", scheme.name);
        assert_eq!(asked(&scheme, tenant, None).await.outcome, Outcome::Undetermined);

        let page = |after| PageRequest { size: 2, after };
        let list = |page| EvidenceList { tenant_id: tenant, kinds: vec![], known_at: None, page };
        let call = handler("first");
        let listed = claiming::list_evidence(&scheme.ctx, &call, list(page(None))).await.unwrap();
        assert_eq!(listed.rows.len(), 2, "{}", scheme.name);
        let rest = claiming::list_evidence(&scheme.ctx, &call, list(page(listed.next))).await;
        assert_eq!(rest.unwrap().rows.len(), 1, "{}", scheme.name);
    }
}

#[tokio::test]
async fn evidence_of_the_future_or_of_somebody_elses_instance_is_refused() {
    for mut scheme in schemes(5_000_000).await {
        let tenant = by_evidence(&mut scheme).await;
        let future = seen(tenant, version(0), "2021-03-09 10:10:01");
        let refused = record(&scheme, &provider(), future).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "observed_at", "{}", scheme.name);
        let foreign = RecordEvidence {
            instance_id: Some(ItemId::from(Uuid::from_u128(4))),
            ..seen(tenant, version(0), "2021-03-09 09:00")
        };
        let refused = record(&scheme, &provider(), foreign).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "instance_id", "{}", scheme.name);
    }
}
