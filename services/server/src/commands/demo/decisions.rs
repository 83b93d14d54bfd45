//! What was decided about the what-if claims, as the report shows it, against what the data expects.

use std::collections::BTreeMap;

use tasuki_proto::claim::v1 as proto;
use tasuki_proto::types::v1 as types;
use tasuki_proto::types::v1::Outcome;

use super::gather::word;
use super::losses;
use super::pilot::WhatIf;
use super::report::{Checks, ClaimFinding, ClaimRow, FactRow, PartYen};
use super::words;

/// Which rule of the packs says which condition of the data.
const CODES: [(&str, &str); 7] = [
    ("CERTIFICATE_NOT_IN_FORCE", "CERTIFICATE_IN_FORCE_AT_LOSS"),
    ("SERVICE_NOT_ACTIVE", "SERVICE_ACTIVE_AT_LOSS"),
    ("BYPASS_NOT_APPROVED", "UTM_PROTECTING_AT_LOSS"),
    ("HEARTBEAT_TOO_OLD", "EVIDENCE_FRESH_AT_LOSS"),
    ("NOT_CONFIRMED_BY_SOC", "SOC_VERDICT_ACTION_NEEDED"),
    ("LATE_NOTICE", "NOTICE_IN_TIME"),
    ("CRITICAL_FINDING_OPEN", "URGENT_FINDING_LEFT_OPEN"),
];

/// One claim.
pub(crate) fn row(what_if: &WhatIf, claim: &proto::Claim, checks: &mut Checks) -> ClaimRow {
    let assessment = claim.assessments.last().cloned().unwrap_or_default();
    let findings = findings(&assessment);
    let calculation = assessment.calculation.clone().unwrap_or_default();
    let payable = match assessment.outcome() {
        proto::ClaimOutcome::Eligible => words::units(calculation.payable.as_ref()),
        proto::ClaimOutcome::NotEligible
        | proto::ClaimOutcome::Referred
        | proto::ClaimOutcome::Unspecified => 0,
    };
    let by_part = by_part(&calculation, payable);
    let id = &what_if.id;
    let outcome = outcome(assessment.outcome());
    let expected = &what_if.expected;
    checks.same(format!("{id}: outcome"), &expected.outcome.as_str(), &outcome);
    checks.same(format!("{id}: payable"), &expected.payable_yen, &payable);
    let found: BTreeMap<String, i64> =
        by_part.iter().map(|it| (it.part.to_uppercase(), it.yen)).collect();
    checks.same(format!("{id}: payable by cover"), &expected.payable_by_cover, &found);
    let (failed, missing) = (codes(&findings, true), codes(&findings, false));
    checks.same(format!("{id}: failed conditions"), &sorted(&expected.failed), &failed);
    checks.same(format!("{id}: missing facts"), &sorted(&expected.missing), &missing);
    ClaimRow {
        id: id.clone(),
        mark: what_if.mark.replace('_', "-"),
        firm: what_if.firm.clone(),
        title: losses::title(what_if),
        loss_at: words::shown(Some(what_if.loss_at)),
        claimed_yen: what_if.requested.iter().map(|it| it.loss_yen).sum(),
        outcome: outcome.to_owned(),
        payable_yen: payable,
        payable_by_part: by_part,
        findings,
        steps: calculation.steps.iter().map(|it| words::text(it.text.as_ref())).collect(),
        state: word(claim.state().as_str_name(), "CLAIM_STATE_"),
    }
}

const fn outcome(outcome: proto::ClaimOutcome) -> &'static str {
    match outcome {
        proto::ClaimOutcome::Unspecified => "UNSPECIFIED",
        proto::ClaimOutcome::Eligible => "ELIGIBLE",
        proto::ClaimOutcome::NotEligible => "NOT_ELIGIBLE",
        proto::ClaimOutcome::Referred => "REFER",
    }
}

/// Every condition that failed or is undetermined, each once.
fn findings(assessment: &proto::Assessment) -> Vec<ClaimFinding> {
    let mut rows: Vec<ClaimFinding> = Vec::new();
    for finding in assessment.explanations.iter().flat_map(|it| &it.findings) {
        if rows.iter().any(|known| known.code == finding.code) {
            continue;
        }
        let named = matches!(finding.outcome(), Outcome::NotSatisfied | Outcome::Undetermined);
        if named {
            rows.push(ClaimFinding {
                code: finding.code.clone(),
                outcome: word(finding.outcome().as_str_name(), "OUTCOME_"),
                message: words::text(finding.message.as_ref()),
                clause: finding.clause.clone(),
                facts: finding.facts.iter().map(fact).collect(),
            });
        }
    }
    rows
}

fn fact(fact: &types::Fact) -> FactRow {
    FactRow {
        path: fact.path.clone(),
        value: fact.value_json.clone(),
        as_of: words::shown(words::instant(fact.as_of.as_ref())),
    }
}

fn by_part(calculation: &proto::BenefitCalculation, payable: i64) -> Vec<PartYen> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for item in &calculation.items {
        let yen = words::units(item.payable.as_ref());
        if payable > 0 && yen > 0 {
            *sums.entry(word(item.part().as_str_name(), "COVERAGE_PART_")).or_default() += yen;
        }
    }
    sums.into_iter().map(|(part, yen)| PartYen { part, yen }).collect()
}

/// The conditions of the data that failed, or whose facts are missing.
fn codes(findings: &[ClaimFinding], failed: bool) -> Vec<String> {
    let wanted = if failed { "not_satisfied" } else { "undetermined" };
    let mut codes: Vec<String> = findings
        .iter()
        .filter(|it| it.outcome == wanted)
        .map(|it| {
            let known = CODES.iter().find(|(rule, _)| *rule == it.code);
            known.map_or_else(|| it.code.clone(), |(_, condition)| (*condition).to_owned())
        })
        .collect();
    codes.sort_unstable();
    codes
}

fn sorted(codes: &[String]) -> Vec<String> {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes
}
