//! What a policy gave and why, in the words that all contracts share.

use tasuki_app::call::Call;
use tasuki_app::claiming::PackSaid;
use tasuki_app::context::Context;
use tasuki_core::decision::{
    Decision, Explanation, FactSeen, Finding, Outcome, PackKind, PackVersion, Remedy, RemedyChange,
};
use tasuki_core::party::{Permission, Relation};
use tasuki_core::time::Timestamp;
use tasuki_proto::types::v1 as proto;

use crate::words;

/// Who reads an explanation: not everybody sees what would change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Sees everything.
    Inside,
    /// Sees no remedies.
    Outside,
}

impl Reader {
    /// Whoever made a call.
    pub(crate) fn of(ctx: &Context, call: &Call) -> Self {
        if call.may(ctx, Permission::SeeRemedies, Relation::Scheme) {
            Self::Inside
        } else {
            Self::Outside
        }
    }

    /// A decision as it may be shown.
    pub(crate) fn shown(self, mut decision: Decision) -> Decision {
        if self == Self::Outside {
            for finding in &mut decision.explanation.findings {
                finding.remedies.clear();
            }
        }
        decision
    }
}

/// The explanation of a recorded decision.
pub(crate) fn decision(reader: Reader, decision: &Decision) -> proto::Explanation {
    proto::Explanation {
        decision_id: decision.id.to_string(),
        as_of: Some(words::timestamp(decision.as_of)),
        evaluated_at: Some(words::timestamp(decision.decided_at)),
        subject: decision.subject.clone(),
        ..explanation(reader, decision.explanation.clone(), Some(&decision.pack))
    }
}

/// What a pack said of a subject, recorded or not.
pub(crate) fn said(
    reader: Reader,
    said: PackSaid,
    subject: &str,
    (as_of, evaluated_at): (Timestamp, Timestamp),
) -> proto::Explanation {
    proto::Explanation {
        decision_id: said.decision_id.map(|id| id.to_string()).unwrap_or_default(),
        as_of: Some(words::timestamp(as_of)),
        evaluated_at: Some(words::timestamp(evaluated_at)),
        subject: subject.to_owned(),
        ..explanation(reader, said.explanation, Some(&said.pack))
    }
}

/// An explanation that was not recorded.
pub(crate) fn explanation(
    reader: Reader,
    explanation: Explanation,
    pack: Option<&PackVersion>,
) -> proto::Explanation {
    let Explanation { outcome, summary, findings, outputs } = explanation;
    proto::Explanation {
        kind: pack.map_or(proto::PackKind::Unspecified, |pack| kind(pack.kind)).into(),
        outcome: self::outcome(outcome).into(),
        pack: pack.map(|pack| pack.name.clone()).unwrap_or_default(),
        version: pack.map(|pack| pack.version.clone()).unwrap_or_default(),
        hash: pack.map(|pack| pack.hash.clone()).unwrap_or_default(),
        summary: Some(words::owned(summary)),
        findings: findings.into_iter().map(|it| finding(reader, it)).collect(),
        outputs: outputs
            .into_iter()
            .map(|of| proto::Output { name: of.name, value_json: of.value.to_string() })
            .collect(),
        ..proto::Explanation::default()
    }
}

/// A condition that failed or could not be determined.
fn finding(reader: Reader, finding: Finding) -> proto::Finding {
    proto::Finding {
        code: finding.code,
        message: Some(words::owned(finding.message)),
        clause: finding.clause.unwrap_or_default(),
        expression: finding.expression,
        facts: finding.facts.into_iter().map(fact).collect(),
        next_step: finding.next_step.map(words::owned),
        outcome: outcome(finding.outcome).into(),
        remedies: match reader {
            Reader::Inside => finding.remedies.iter().map(remedy).collect(),
            Reader::Outside => Vec::new(),
        },
    }
}

pub(crate) fn outcome(outcome: Outcome) -> proto::Outcome {
    match outcome {
        Outcome::Satisfied => proto::Outcome::Satisfied,
        Outcome::NotSatisfied => proto::Outcome::NotSatisfied,
        Outcome::Undetermined => proto::Outcome::Undetermined,
    }
}

pub(crate) fn kind(kind: PackKind) -> proto::PackKind {
    match kind {
        PackKind::Eligibility => proto::PackKind::Eligibility,
        PackKind::Preflight => proto::PackKind::Preflight,
        PackKind::Recommendation => proto::PackKind::Recommendation,
        PackKind::Discount => proto::PackKind::Discount,
        PackKind::Triage => proto::PackKind::Triage,
        PackKind::Escalation => proto::PackKind::Escalation,
        PackKind::Cover => proto::PackKind::Cover,
        PackKind::Trigger => proto::PackKind::Trigger,
        PackKind::Exclusion => proto::PackKind::Exclusion,
        PackKind::Payable => proto::PackKind::Payable,
        PackKind::Compliance => proto::PackKind::Compliance,
        PackKind::Access => proto::PackKind::Access,
    }
}

pub(crate) fn kind_from(kind: proto::PackKind) -> Option<PackKind> {
    PackKind::ALL.into_iter().find(|ours| self::kind(*ours) == kind)
}

fn fact(fact: FactSeen) -> proto::Fact {
    proto::Fact {
        path: fact.path,
        value_json: fact.value.as_ref().map(ToString::to_string).unwrap_or_default(),
        as_of: fact.as_of.map(words::timestamp),
    }
}

fn remedy(remedy: &Remedy) -> proto::Remedy {
    use proto::remedy::Change;
    let change = match &remedy.change {
        RemedyChange::HoldsFrom(day) => Change::HoldsFrom(words::day(*day)),
        RemedyChange::MissingEvidence(what) => Change::MissingEvidence(what.clone()),
        RemedyChange::OverBy(money) => Change::OverBy(words::money(*money)),
        RemedyChange::Needed(value) => Change::NeededJson(value.to_string()),
    };
    proto::Remedy {
        message: Some(words::text(&remedy.message)),
        path: remedy.path.clone(),
        change: Some(change),
    }
}
