//! Messages about claims into commands.

use tasuki_app::claiming::{
    AddDocument, AppealClaim, AssessClaim, ClaimList, DecideClaim, Drafting, Duplicates,
    NotifyLoss, RecordClaimPayment, RecordRecovery, RequestInformation, SetReserve, TurnClaim,
    WithdrawClaim, Within, Word,
};
use tasuki_core::claim::{
    ClaimOutcome, ClaimPhase, ClaimedItem, ExtensionReason, LetterKind, LossCause, Payee,
    PaymentShare, RecoverySource,
};
use tasuki_core::problem::Problem;
use tasuki_core::time::Period as Span;
use tasuki_proto::claim::v1 as proto;
use tasuki_proto::types::v1::Period;

use crate::covers::enums;
use crate::covers::mapping::intent;
use crate::{actors, fields};

pub(crate) fn notify_loss(message: proto::NotifyLossRequest) -> Result<NotifyLoss, Problem> {
    let items = message.loss_items.iter().enumerate().map(|(at, item)| {
        let item = item_from(&format!("loss_items[{at}]"), item)?;
        // Positions of a new claim are numbered in their order.
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        Ok(ClaimedItem { number, assessed: None, ..item })
    });
    Ok(NotifyLoss {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        certificate_id: fields::optional_id("certificate_id", &message.certificate_id)?,
        incident_id: fields::optional_id("incident_id", &message.incident_id)?,
        cause: cause_from(message.cause()),
        loss_at: fields::timestamp("loss_at", message.loss_at)?,
        discovered_at: fields::optional_timestamp("discovered_at", message.discovered_at)?,
        claimed_at: fields::optional_timestamp("claimed_at", message.claimed_at)?,
        site_code: Some(message.site_code.clone()).filter(|code| !code.is_empty()),
        items: items.collect::<Result<_, Problem>>()?,
        on_behalf_of_tenant: message.on_behalf_of_tenant,
        language: actors::language_from(message.language()),
        duplicates: if message.not_a_duplicate { Duplicates::Allowed } else { Duplicates::Refused },
        drafting: if message.draft { Drafting::WriteDown } else { Drafting::HandIn },
        draft_id: fields::optional_id("draft_claim_id", &message.draft_claim_id)?,
        intent: intent(message.validate_only),
        description: message.description,
    })
}

pub(crate) fn assess_claim(message: proto::AssessClaimRequest) -> Result<AssessClaim, Problem> {
    let items = message
        .loss_items
        .iter()
        .enumerate()
        .map(|(at, item)| item_from(&format!("loss_items[{at}]"), item));
    Ok(AssessClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        items: items.collect::<Result<_, _>>()?,
        loss_at: fields::optional_timestamp("loss_at", message.loss_at)?,
        cause: cause_from(message.cause()),
        known_at: fields::optional_timestamp("known_at", message.known_at)?,
        intent: intent(message.validate_only),
        etag: message.etag,
    })
}

pub(crate) fn decide_claim(message: proto::DecideClaimRequest) -> Result<DecideClaim, Problem> {
    let payable = fields::optional_money("payable", message.payable.clone())?;
    let word = match message.verdict() {
        proto::ClaimVerdict::Approve => Word::Approve(payable),
        proto::ClaimVerdict::Deny => Word::Deny(message.clauses),
        proto::ClaimVerdict::Refer => Word::Refer,
        proto::ClaimVerdict::Unspecified => {
            return Err(Problem::invalid("verdict", "is required"));
        }
    };
    Ok(DecideClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        word,
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn record_claim_payment(
    message: proto::RecordClaimPaymentRequest,
) -> Result<RecordClaimPayment, Problem> {
    let shares = message.shares.iter().enumerate().map(|(at, share)| {
        let field = |name: &str| format!("shares[{at}].{name}");
        Ok(PaymentShare {
            item: number_from(&field("loss_item_number"), share.loss_item_number)?,
            amount: fields::money(&field("amount"), share.amount.clone())?,
        })
    });
    Ok(RecordClaimPayment {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        payee: payee_from("payee", message.payee.as_ref())?,
        shares: shares.collect::<Result<_, Problem>>()?,
        form: enums::form_from("form", message.form)?,
        paid_on: fields::day("paid_on", message.paid_on)?,
        reference: message.reference,
        etag: message.etag,
    })
}

pub(crate) fn withdraw_claim(
    message: proto::WithdrawClaimRequest,
) -> Result<WithdrawClaim, Problem> {
    Ok(WithdrawClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn appeal_claim(message: proto::AppealClaimRequest) -> Result<AppealClaim, Problem> {
    Ok(AppealClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        grounds: message.grounds,
        etag: message.etag,
    })
}

pub(crate) fn add_document(message: proto::AddDocumentRequest) -> Result<AddDocument, Problem> {
    let answers = number_from("answers_request", message.answers_request)?;
    Ok(AddDocument {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        kind: message.kind,
        title: message.title,
        uri: message.uri,
        hash: message.hash,
        received_on: fields::optional_day("received_on", message.received_on)?,
        answers_request: (answers > 0).then_some(answers),
        etag: message.etag,
    })
}

pub(crate) fn request_information(
    message: proto::RequestInformationRequest,
) -> Result<RequestInformation, Problem> {
    let n_days = number_from("n_extension_days", message.n_extension_days)?;
    let extension = match (extension_from(message.extension_reason()), n_days) {
        (None, 0) => None,
        (Some(reason), n_days) if n_days > 0 => Some((reason, n_days)),
        (Some(_), _) => {
            let text = "is required with a reason: so many more days";
            return Err(Problem::invalid("n_extension_days", text));
        }
        (None, _) => {
            let text = "is required: a decision takes longer for a listed reason only";
            return Err(Problem::invalid("extension_reason", text));
        }
    };
    Ok(RequestInformation {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        question: fields::text(message.question).unwrap_or_default(),
        document_kinds: message.document_kinds,
        wanted_by: fields::optional_day("wanted_by", message.wanted_by)?,
        extension,
        etag: message.etag,
    })
}

pub(crate) fn record_recovery(
    message: proto::RecordRecoveryRequest,
) -> Result<RecordRecovery, Problem> {
    let source = match message.source() {
        proto::RecoverySource::Subrogation => RecoverySource::Subrogation,
        proto::RecoverySource::OtherInsurance => RecoverySource::OtherInsurance,
        proto::RecoverySource::Repayment => RecoverySource::Repayment,
        proto::RecoverySource::Salvage => RecoverySource::Salvage,
        proto::RecoverySource::Unspecified => {
            return Err(Problem::invalid("source", "is required"));
        }
    };
    Ok(RecordRecovery {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        source,
        amount: fields::money("amount", message.amount)?,
        received_on: fields::day("received_on", message.received_on)?,
        reference: message.reference,
        restores_limits: message.restores_limits,
        etag: message.etag,
    })
}

pub(crate) fn reopen_claim(message: proto::ReopenClaimRequest) -> Result<TurnClaim, Problem> {
    Ok(TurnClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn close_claim(message: proto::CloseClaimRequest) -> Result<TurnClaim, Problem> {
    Ok(TurnClaim {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        reason: message.reason,
        etag: message.etag,
    })
}

pub(crate) fn set_reserve(message: proto::SetReserveRequest) -> Result<SetReserve, Problem> {
    let part = match message.part {
        0 => None,
        part => Some(enums::part_from("part", part)?),
    };
    Ok(SetReserve {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        claim_id: fields::id("claim_id", &message.claim_id)?,
        part,
        amount: fields::money("amount", message.amount)?,
        reason: message.reason,
        etag: message.etag,
    })
}

const fn extension_from(reason: proto::ExtensionReason) -> Option<ExtensionReason> {
    match reason {
        proto::ExtensionReason::Unspecified => None,
        proto::ExtensionReason::Authority => Some(ExtensionReason::Authority),
        proto::ExtensionReason::Expert => Some(ExtensionReason::Expert),
        proto::ExtensionReason::Abroad => Some(ExtensionReason::Abroad),
        proto::ExtensionReason::Disaster => Some(ExtensionReason::Disaster),
    }
}

pub(crate) fn claim_list(message: proto::ListClaimsRequest) -> Result<ClaimList, Problem> {
    Ok(ClaimList {
        late: message.late,
        phases: message.states().filter_map(phase_from).collect(),
        outcome: outcome_from(message.outcome()),
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        master_contract_id: fields::optional_id("master_contract_id", &message.master_contract_id)?,
        certificate_id: fields::optional_id("certificate_id", &message.certificate_id)?,
        incident_id: fields::optional_id("incident_id", &message.incident_id)?,
        happened: within("happened", message.happened)?,
        notified: within("notified", message.notified)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

/// The kind of letter that is asked for; none for the one that fits.
pub(crate) const fn letter_kind(kind: proto::LetterKind) -> Option<LetterKind> {
    match kind {
        proto::LetterKind::Unspecified => None,
        proto::LetterKind::Receipt => Some(LetterKind::Receipt),
        proto::LetterKind::InformationRequest => Some(LetterKind::InformationRequest),
        proto::LetterKind::Extension => Some(LetterKind::Extension),
        proto::LetterKind::Decision => Some(LetterKind::Decision),
        proto::LetterKind::Payment => Some(LetterKind::Payment),
    }
}

fn within(field: &str, period: Option<Period>) -> Result<Within, Problem> {
    let period = period.unwrap_or_default();
    Ok((
        fields::optional_timestamp(&format!("{field}.start"), period.start)?,
        fields::optional_timestamp(&format!("{field}.end"), period.end)?,
    ))
}

fn number_from(field: &str, number: i32) -> Result<u32, Problem> {
    u32::try_from(number).map_err(|_| Problem::invalid(field, "must not be negative"))
}

fn item_from(field: &str, item: &proto::LossItem) -> Result<ClaimedItem, Problem> {
    let of = |name: &str| format!("{field}.{name}");
    let claimed = fields::money(&of("claimed"), item.claimed.clone())?;
    let assessed = fields::optional_money(&of("assessed"), item.assessed.clone())?;
    for (name, amount) in [("claimed", Some(claimed)), ("assessed", assessed)] {
        if amount.is_some_and(tasuki_core::money::Money::is_negative) {
            return Err(Problem::invalid(of(name), "must not be negative"));
        }
    }
    let work_number = number_from(&of("work_number"), item.work_number)?;
    Ok(ClaimedItem {
        number: number_from(&of("number"), item.number)?,
        part: enums::part_from(&of("part"), item.part)?,
        description: item.description.clone(),
        claimed,
        assessed,
        form: enums::form_from(&of("form"), item.form)?,
        payee: payee_from(&of("payee"), item.payee.as_ref())?,
        work_number: (work_number > 0).then_some(work_number),
        evidence_ids: item.evidence_ids.clone(),
        interruption: interruption_from(field, item)?,
    })
}

/// From when until when the business stood still: both, or neither as long as it is not known.
fn interruption_from(field: &str, item: &proto::LossItem) -> Result<Option<Span>, Problem> {
    let of = |name: &str| format!("{field}.{name}");
    let from = fields::optional_timestamp(&of("interrupted_from"), item.interrupted_from)?;
    let until = fields::optional_timestamp(&of("interrupted_until"), item.interrupted_until)?;
    match (from, until) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) if from < until => {
            let span = Span::new(from, until);
            span.map(Some)
                .map_err(|error| Problem::invalid(of("interrupted_until"), error.to_string()))
        }
        (Some(_), Some(_)) => {
            let text = "must be later than `interrupted_from`";
            Err(Problem::invalid(of("interrupted_until"), text))
        }
        (Some(_), None) => {
            let text = "is required with `interrupted_from`: leave both out until it is over";
            Err(Problem::invalid(of("interrupted_until"), text))
        }
        (None, Some(_)) => {
            let text = "is required with `interrupted_until`";
            Err(Problem::invalid(of("interrupted_from"), text))
        }
    }
}

fn payee_from(field: &str, payee: Option<&proto::Payee>) -> Result<Payee, Problem> {
    let payee = payee.ok_or_else(|| Problem::invalid(field, "is required"))?;
    match payee.kind() {
        proto::PayeeKind::Tenant => Ok(Payee::Tenant),
        proto::PayeeKind::Provider => {
            fields::id(&format!("{field}.provider_id"), &payee.provider_id).map(Payee::Provider)
        }
        proto::PayeeKind::ThirdParty => Ok(Payee::ThirdParty(payee.reference.clone())),
        proto::PayeeKind::Unspecified => {
            Err(Problem::invalid(format!("{field}.kind"), "is required"))
        }
    }
}

const fn cause_from(cause: proto::LossCause) -> Option<LossCause> {
    match cause {
        proto::LossCause::Unspecified => None,
        proto::LossCause::Malware => Some(LossCause::Malware),
        proto::LossCause::Ransomware => Some(LossCause::Ransomware),
        proto::LossCause::UnauthorisedAccess => Some(LossCause::UnauthorisedAccess),
        proto::LossCause::DataLeak => Some(LossCause::DataLeak),
        proto::LossCause::MailFraud => Some(LossCause::MailFraud),
        proto::LossCause::DenialOfService => Some(LossCause::DenialOfService),
        proto::LossCause::Carelessness => Some(LossCause::Carelessness),
        proto::LossCause::Insider => Some(LossCause::Insider),
        proto::LossCause::Failure => Some(LossCause::Failure),
        proto::LossCause::Other => Some(LossCause::Other),
    }
}

const fn phase_from(state: proto::ClaimState) -> Option<ClaimPhase> {
    match state {
        proto::ClaimState::Unspecified => None,
        proto::ClaimState::Draft => Some(ClaimPhase::Draft),
        proto::ClaimState::Notified => Some(ClaimPhase::Notified),
        proto::ClaimState::UnderAssessment => Some(ClaimPhase::UnderAssessment),
        proto::ClaimState::InformationWanted => Some(ClaimPhase::InformationWanted),
        proto::ClaimState::Decided => Some(ClaimPhase::Decided),
        proto::ClaimState::Approved => Some(ClaimPhase::Approved),
        proto::ClaimState::Denied => Some(ClaimPhase::Denied),
        proto::ClaimState::Paid => Some(ClaimPhase::Paid),
        proto::ClaimState::Closed => Some(ClaimPhase::Closed),
        proto::ClaimState::Withdrawn => Some(ClaimPhase::Withdrawn),
        proto::ClaimState::UnderAppeal => Some(ClaimPhase::UnderAppeal),
    }
}

const fn outcome_from(outcome: proto::ClaimOutcome) -> Option<ClaimOutcome> {
    match outcome {
        proto::ClaimOutcome::Unspecified => None,
        proto::ClaimOutcome::Eligible => Some(ClaimOutcome::Eligible),
        proto::ClaimOutcome::NotEligible => Some(ClaimOutcome::NotEligible),
        proto::ClaimOutcome::Referred => Some(ClaimOutcome::Referred),
    }
}
