//! Asks the preflight pack whether a service can be set up here, before anybody travels.

use serde_json::Value;
use tasuki_core::actor::Actor;
use tasuki_core::decision::{
    Decision, Explanation, Finding, Occasion, Outcome, PackKind, PackVersion,
};
use tasuki_core::id::DecisionId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Cause, CustomerActionKind, FindingWeight, Preflight, PreflightFinding, ReasonCode,
};
use tasuki_policies::Evaluation;
use tasuki_policies::facts::{CompanyFacts, FactSet};

use crate::access::Entered;
use crate::context::Context;

/// What the pack was asked and what it gave, to be recorded with the order.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    id: DecisionId,
    pack: PackVersion,
    facts: Value,
    explanation: Explanation,
}

impl Judged {
    /// The record of the decision about an item.
    pub(crate) fn into_decision(self, subject: String, by: &Actor, entered: &Entered) -> Decision {
        let occasion = Occasion {
            id: self.id,
            tenant_id: Some(entered.tenant.id),
            subject,
            as_of: entered.now,
            decided_at: entered.now,
            decided_by: by.clone(),
        };
        Decision::record(occasion, self.pack, self.facts, self.explanation)
    }
}

/// What preflight says of one item.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    /// What was found, for the item.
    pub(crate) preflight: Preflight,
    /// Why the item is refused, if it is.
    pub(crate) refusal: Option<Cause>,
    /// For the record.
    pub(crate) judged: Judged,
}

/// Asks the pack of that name that is in force now; none when there is none.
///
/// # Errors
/// Only if facts cannot be frozen.
pub(crate) fn check(
    ctx: &Context,
    pack: Option<&str>,
    facts: CompanyFacts,
    entered: &Entered,
) -> Result<Option<Checked>, Problem> {
    let packs = ctx.packs();
    let Some(pack) = pack.and_then(|name| packs.in_force(PackKind::Preflight, name, entered.now))
    else {
        return Ok(None);
    };
    let facts = FactSet::at(entered.now).with_company(facts);
    let frozen = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
    let evaluation = pack.evaluate(&facts);
    let judged = Judged {
        id: ctx.ids.next(),
        pack: pack.identity().clone(),
        facts: frozen,
        explanation: evaluation.explanation(),
    };
    let mut findings: Vec<PreflightFinding> =
        evaluation.findings.iter().map(|finding| found(&evaluation, finding)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    let refusal = findings.first().filter(|finding| finding.weight == FindingWeight::Blocking).map(
        |finding| {
            let code = finding.reason.unwrap_or(ReasonCode::PreflightRefused);
            Cause::new(code, finding.message.ja.clone())
        },
    );
    let preflight = Preflight {
        outcome: evaluation.outcome,
        decision_id: Some(judged.id),
        custom_work_permille: custom_work(&findings),
        findings,
        sized_as: String::new(),
    };
    Ok(Some(Checked { preflight, refusal, judged }))
}

fn found(evaluation: &Evaluation, finding: &Finding) -> PreflightFinding {
    let word = |name: &str| evaluation.finding_output(&finding.code, name).and_then(Value::as_str);
    let weight = match (finding.outcome, word("weight")) {
        (Outcome::NotSatisfied, Some("blocking")) => FindingWeight::Blocking,
        (Outcome::NotSatisfied, Some("custom_work")) => FindingWeight::CustomWork,
        (Outcome::NotSatisfied, Some("advice")) => FindingWeight::Advice,
        // What is not known has to be found out before the work begins, and refuses nobody.
        (Outcome::NotSatisfied | Outcome::Undetermined | Outcome::Satisfied, _) => {
            FindingWeight::SettleFirst
        }
    };
    let settled_by = word("settled_by")
        .and_then(|word| CustomerActionKind::ALL.into_iter().find(|kind| kind.as_str() == word));
    PreflightFinding {
        weight,
        reason: finding.code.parse().ok(),
        message: finding.message.clone(),
        next_step: finding.next_step.clone(),
        settled_by,
    }
}

/// The chance of custom work in thousandths (UTM-09): assumed to be a third for each finding that
/// makes it likely, since the reports name none.
fn custom_work(findings: &[PreflightFinding]) -> u16 {
    let n_likely =
        findings.iter().filter(|finding| finding.weight == FindingWeight::CustomWork).count();
    let chance = u16::try_from(n_likely).unwrap_or(u16::MAX).saturating_mul(333);
    chance.min(1_000)
}
