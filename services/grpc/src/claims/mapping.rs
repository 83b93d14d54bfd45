//! Claims into messages.

use tasuki_app::claiming::{ClaimDecided, ClaimPaid, ClaimView, WrittenLetter};
use tasuki_core::claim::{
    Assessment, Claim, ClaimEvent, ClaimOutcome, ClaimPayment, ClaimPhase, ClaimTransition,
    ClaimedItem, LetterKind, LossCause, Payee, PaymentShare, PersonDecision, Ruling, outcome_text,
};
use tasuki_core::decision::{Decision, content_hash};
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::money::Money;
use tasuki_proto::claim::v1 as proto;

use super::benefits::{Around, calculation, number};
use super::file;
use crate::covers::mapping::limit_status;
use crate::covers::{enums, terms};
use crate::explain::Reader;
use crate::{actors, explain, words};

pub(crate) fn claim(reader: Reader, view: &ClaimView) -> proto::Claim {
    let claim = &view.claim;
    let is_notified = claim.state.phase() != ClaimPhase::Draft;
    proto::Claim {
        id: claim.id.to_string(),
        tenant_id: claim.tenant_id.to_string(),
        number: claim.number.clone(),
        certificate_id: claim.certificate_id.map(|id| id.to_string()).unwrap_or_default(),
        master_contract_id: claim.master_contract_id.to_string(),
        master_contract_version: number(claim.contract_version),
        state: phase(claim.state.phase()).into(),
        outcome: claim.outcome().map_or(proto::ClaimOutcome::Unspecified, outcome).into(),
        incident_id: claim.incident_id.map(|id| id.to_string()).unwrap_or_default(),
        description: claim.description.clone(),
        cause: claim.cause.map_or(proto::LossCause::Unspecified, cause).into(),
        loss_at: Some(words::timestamp(claim.loss_at)),
        discovered_at: Some(words::timestamp(claim.discovered_at)),
        claimed_at: claim.claimed_at.map(words::timestamp),
        site_code: claim.site_code.clone().unwrap_or_default(),
        notified_at: is_notified.then(|| words::timestamp(claim.notified_at)),
        notified_by: is_notified.then(|| actors::actor(&claim.notified_by)),
        on_behalf_of_tenant: claim.on_behalf_of_tenant,
        language: actors::language(claim.language).into(),
        loss_items: claim.items.iter().map(loss_item).collect(),
        documents: claim.file.documents.iter().map(file::document).collect(),
        missing_documents: claim.missing_documents(&view.contract.terms),
        information_requests: claim.file.requests.iter().map(file::request).collect(),
        clock: Some(file::clock(view)),
        assessments: claim.assessments.iter().map(|held| assessment(reader, view, held)).collect(),
        decisions: claim.decisions.iter().map(person_decision).collect(),
        reserve_changes: claim.file.reserve_changes.iter().map(file::reserve_change).collect(),
        payments: claim.payments.iter().map(payment).collect(),
        recoveries: claim.file.recoveries.iter().map(file::recovery).collect(),
        appeals: appeals(claim),
        possible_duplicates: claim.possible_duplicates.iter().map(ToString::to_string).collect(),
        totals: Some(totals(claim)),
        transitions: transitions(claim),
        etag: view.version.to_string(),
    }
}

/// The last assessment of a claim.
pub(crate) fn last_assessment(reader: Reader, view: &ClaimView) -> Option<proto::Assessment> {
    view.claim.assessment().map(|held| assessment(reader, view, held))
}

pub(crate) fn decided(reader: Reader, answer: &ClaimDecided) -> proto::DecideClaimResponse {
    proto::DecideClaimResponse {
        claim: Some(claim(reader, &answer.view)),
        awaits_confirmation: answer.awaits_confirmation,
        limits: answer.limits.iter().map(limit_status).collect(),
    }
}

pub(crate) fn paid(reader: Reader, answer: &ClaimPaid) -> proto::RecordClaimPaymentResponse {
    proto::RecordClaimPaymentResponse {
        claim: Some(claim(reader, &answer.view)),
        payment: Some(payment(&answer.payment)),
        limits: answer.limits.iter().map(limit_status).collect(),
    }
}

pub(crate) fn letter(written: &WrittenLetter) -> proto::ClaimLetter {
    let letter = &written.letter;
    let around = around(&written.view);
    let kind = match letter.kind {
        LetterKind::Receipt => proto::LetterKind::Receipt,
        LetterKind::InformationRequest => proto::LetterKind::InformationRequest,
        LetterKind::Extension => proto::LetterKind::Extension,
        LetterKind::Decision => proto::LetterKind::Decision,
        LetterKind::Payment => proto::LetterKind::Payment,
    };
    let shown = letter.calculation.as_ref();
    proto::ClaimLetter {
        kind: kind.into(),
        subject: Some(words::text(&letter.subject)),
        paragraphs: letter.paragraphs.iter().map(words::text).collect(),
        clauses: letter.clauses.iter().map(terms::clause).collect(),
        calculation: shown.map(|benefit| calculation(benefit, None, &around)),
        next_step: letter.next_step.as_ref().map(words::text),
        decision_ids: letter.decision_ids.iter().map(ToString::to_string).collect(),
        dated_on: Some(words::day(written.dated_on)),
    }
}

fn around(view: &ClaimView) -> Around<'_> {
    Around { contract: &view.contract, takers: view.claim.takers() }
}

fn loss_item(item: &ClaimedItem) -> proto::LossItem {
    proto::LossItem {
        number: number(item.number),
        part: enums::part(item.part).into(),
        description: item.description.clone(),
        claimed: Some(words::money(item.claimed)),
        assessed: item.assessed.map(words::money),
        form: enums::form(item.form).into(),
        payee: Some(payee(&item.payee)),
        work_number: item.work_number.map(number).unwrap_or_default(),
        evidence_ids: item.evidence_ids.clone(),
        interrupted_from: item.interruption.map(|span| words::timestamp(span.start())),
        interrupted_until: item.interruption.map(|span| words::timestamp(span.end())),
    }
}

fn payee(payee: &Payee) -> proto::Payee {
    let (kind, provider_id, reference) = match payee {
        Payee::Tenant => (proto::PayeeKind::Tenant, String::new(), String::new()),
        Payee::Provider(id) => (proto::PayeeKind::Provider, id.to_string(), String::new()),
        Payee::ThirdParty(reference) => {
            (proto::PayeeKind::ThirdParty, String::new(), reference.clone())
        }
    };
    proto::Payee { kind: kind.into(), provider_id, reference }
}

fn assessment(reader: Reader, view: &ClaimView, held: &Assessment) -> proto::Assessment {
    let decisions: Vec<_> =
        held.decisions.iter().filter_map(|summary| view.decisions.get(&summary.id)).collect();
    let hashes: Vec<&str> = decisions.iter().map(|it| it.facts_hash.as_str()).collect();
    let fresh = Some(held.payable_with_fresh_limits);
    let is_last = view.claim.assessment().is_some_and(|last| last.number == held.number);
    let recomputed = view.recomputed.filter(|_| is_last);
    proto::Assessment {
        number: number(held.number),
        assessed_at: Some(words::timestamp(held.assessed_at)),
        assessed_by: Some(actors::actor(&held.assessed_by)),
        outcome: outcome(held.outcome).into(),
        explanations: decisions
            .iter()
            .map(|decision| explain::decision(reader, decision))
            .collect(),
        calculation: Some(proto::BenefitCalculation {
            recomputed_payable: recomputed.map(words::money),
            ..calculation(&held.benefit, fresh, &around(view))
        }),
        summary: Some(words::text(&outcome_text(held.outcome))),
        loss_at: Some(words::timestamp(held.loss_at)),
        known_at: Some(words::timestamp(held.assessed_at)),
        facts_hash: content_hash(&serde_json::json!(hashes)),
        parts: held.parts.iter().map(|(part, it)| assessed_part(*part, *it, &decisions)).collect(),
    }
}

/// What came out for a part, with the decisions whose facts are about it.
fn assessed_part(
    part: CoveragePart,
    held: ClaimOutcome,
    decisions: &[&Decision],
) -> proto::AssessedPart {
    let about = |decision: &Decision| {
        let named = decision.facts.pointer("/claim/part").and_then(serde_json::Value::as_str);
        named == Some(part.as_str())
    };
    let own = decisions.iter().filter(|decision| about(decision));
    proto::AssessedPart {
        part: enums::part(part).into(),
        outcome: outcome(held).into(),
        decision_ids: own.map(|decision| decision.id.to_string()).collect(),
    }
}

fn person_decision(decision: &PersonDecision) -> proto::ClaimDecision {
    let (verdict, clauses) = match &decision.ruling {
        Ruling::Approve { .. } => (proto::ClaimVerdict::Approve, Vec::new()),
        Ruling::Deny { clauses } => (proto::ClaimVerdict::Deny, clauses.clone()),
        Ruling::Refer => (proto::ClaimVerdict::Refer, Vec::new()),
    };
    proto::ClaimDecision {
        verdict: verdict.into(),
        payable: Some(words::money(decision.ruling.payable())),
        reason: decision.reason.clone(),
        clauses,
        assessment_number: number(decision.assessment_number),
        overrides_assessment: decision.overrides_assessment,
        decided_by: Some(actors::actor(&decision.decided_by)),
        decided_at: Some(words::timestamp(decision.decided_at)),
        confirmed_by: decision.confirmed_by.as_ref().map(actors::actor),
        confirmed_at: decision.confirmed_at.map(words::timestamp),
        complete: decision.complete,
        beyond_authority: decision.beyond.as_ref().map(|beyond| words::money(beyond.payable)),
        referred_to: decision
            .beyond
            .iter()
            .flat_map(|beyond| &beyond.referred_to)
            .map(|role| actors::role(*role).into())
            .collect(),
    }
}

fn payment(payment: &ClaimPayment) -> proto::ClaimPayment {
    let share = |share: &PaymentShare| proto::PaymentShare {
        loss_item_number: number(share.item),
        amount: Some(words::money(share.amount)),
    };
    proto::ClaimPayment {
        number: number(payment.number),
        amount: Some(words::money(payment.amount)),
        payee: Some(payee(&payment.payee)),
        shares: payment.shares.iter().map(share).collect(),
        form: enums::form(payment.form).into(),
        paid_on: Some(words::day(payment.paid_on)),
        reference: payment.reference.clone(),
        recorded_at: Some(words::timestamp(payment.recorded_at)),
        recorded_by: Some(actors::actor(&payment.recorded_by)),
    }
}

fn appeals(claim: &Claim) -> Vec<proto::Appeal> {
    let mut appeals = Vec::new();
    for transition in &claim.transitions {
        let ClaimEvent::Appealed { grounds } = &transition.event else { continue };
        let after = |decision: &&PersonDecision| {
            decision.complete && decision.decided_at >= transition.changed_at
        };
        let decision = claim
            .decisions
            .iter()
            .filter(|decision| decision.decided_by != transition.changed_by)
            .find(after);
        appeals.push(proto::Appeal {
            appealed_at: Some(words::timestamp(transition.changed_at)),
            appealed_by: Some(actors::actor(&transition.changed_by)),
            grounds: grounds.clone(),
            decision: decision.map(person_decision),
        });
    }
    appeals
}

fn totals(claim: &Claim) -> proto::ClaimTotals {
    let sum = |amounts: &mut dyn Iterator<Item = Money>| {
        Money::total(amounts).unwrap_or(Money::jpy(i64::MAX))
    };
    let assessed = claim.assessment().map(|_| sum(&mut claim.items.iter().map(ClaimedItem::loss)));
    let earlier = claim.paid_earlier().unwrap_or(Money::ZERO_JPY);
    let payable = claim.approved.as_ref().map(|benefit| benefit.total).or_else(|| {
        let held = claim.assessment()?;
        (held.outcome == ClaimOutcome::Eligible).then_some(held.benefit.total)
    });
    // What was paid before the claim was reopened stays part of what is payable.
    let payable = payable.map(|payable| payable.plus(earlier).unwrap_or(payable));
    let payable = match claim.state.phase() {
        ClaimPhase::Denied | ClaimPhase::Withdrawn => Some(earlier),
        ClaimPhase::Draft
        | ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::Paid
        | ClaimPhase::Closed
        | ClaimPhase::UnderAppeal => payable,
    };
    let paid = sum(&mut claim.payments.iter().map(|payment| payment.amount));
    let outstanding = payable.and_then(|payable| payable.minus_floored(paid).ok());
    proto::ClaimTotals {
        claimed: Some(words::money(sum(&mut claim.items.iter().map(|item| item.claimed)))),
        assessed: assessed.map(words::money),
        payable: payable.map(words::money),
        paid: Some(words::money(paid)),
        outstanding: outstanding.map(words::money),
        reserve: claim.file.reserve().ok().flatten().map(words::money),
        recovered: claim.file.recovered().ok().filter(|it| !it.is_zero()).map(words::money),
    }
}

fn transitions(claim: &Claim) -> Vec<proto::ClaimTransition> {
    let first = |at: usize, from: ClaimPhase| match at {
        0 => proto::ClaimState::Unspecified,
        _ => phase(from),
    };
    claim
        .transitions
        .iter()
        .enumerate()
        .map(|(at, transition): (usize, &ClaimTransition)| proto::ClaimTransition {
            from: first(at, transition.from).into(),
            to: phase(transition.to).into(),
            changed_at: Some(words::timestamp(transition.changed_at)),
            changed_by: Some(actors::actor(&transition.changed_by)),
            reason: transition.reason.clone(),
        })
        .collect()
}

const fn phase(phase: ClaimPhase) -> proto::ClaimState {
    match phase {
        ClaimPhase::Draft => proto::ClaimState::Draft,
        ClaimPhase::Notified => proto::ClaimState::Notified,
        ClaimPhase::UnderAssessment => proto::ClaimState::UnderAssessment,
        ClaimPhase::InformationWanted => proto::ClaimState::InformationWanted,
        ClaimPhase::Decided => proto::ClaimState::Decided,
        ClaimPhase::Approved => proto::ClaimState::Approved,
        ClaimPhase::Denied => proto::ClaimState::Denied,
        ClaimPhase::Paid => proto::ClaimState::Paid,
        ClaimPhase::Closed => proto::ClaimState::Closed,
        ClaimPhase::Withdrawn => proto::ClaimState::Withdrawn,
        ClaimPhase::UnderAppeal => proto::ClaimState::UnderAppeal,
    }
}

const fn outcome(outcome: ClaimOutcome) -> proto::ClaimOutcome {
    match outcome {
        ClaimOutcome::Eligible => proto::ClaimOutcome::Eligible,
        ClaimOutcome::NotEligible => proto::ClaimOutcome::NotEligible,
        ClaimOutcome::Referred => proto::ClaimOutcome::Referred,
    }
}

const fn cause(cause: LossCause) -> proto::LossCause {
    match cause {
        LossCause::Malware => proto::LossCause::Malware,
        LossCause::Ransomware => proto::LossCause::Ransomware,
        LossCause::UnauthorisedAccess => proto::LossCause::UnauthorisedAccess,
        LossCause::DataLeak => proto::LossCause::DataLeak,
        LossCause::MailFraud => proto::LossCause::MailFraud,
        LossCause::DenialOfService => proto::LossCause::DenialOfService,
        LossCause::Carelessness => proto::LossCause::Carelessness,
        LossCause::Insider => proto::LossCause::Insider,
        LossCause::Failure => proto::LossCause::Failure,
        LossCause::Other => proto::LossCause::Other,
    }
}
