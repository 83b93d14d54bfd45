//! Claims on a bordereau.

use serde::{Deserialize, Serialize};

use super::Window;
use crate::claim::{Claim, ClaimEvent, ClaimOutcome, ClaimPayment, ClaimPhase, LossCause};
use crate::id::{ClaimId, TenantId};
use crate::money::{Money, MoneyError};
use crate::tenant::Tenant;
use crate::time::{CivilDate, Timestamp};

/// Where a claim stands on a bordereau.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Something is still to be done.
    Open,
    /// The same, after it was closed before.
    Reopened,
    /// Nothing is to be done any more.
    Closed,
    /// It will not be paid.
    Denied,
}

impl ClaimStatus {
    /// The word in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::Denied => "denied",
        }
    }
}

/// A claim on a bordereau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// The claim.
    pub claim_id: ClaimId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its number (CR0104M).
    pub reference: String,
    /// Where it stands at the end of the month (CR0105CM).
    pub status: ClaimStatus,
    /// Date of loss (CR0119CM).
    pub loss_on: CivilDate,
    /// Date of notice (CR0136CM).
    pub notified_on: CivilDate,
    /// The insured company (CR0035M).
    pub insured_name: String,
    /// Number of the certificate (CR0029M); empty when none was in force.
    pub certificate_number: String,
    /// Paid this month, indemnity (CR0126).
    pub paid_this_month: Money,
    /// Paid this month, fees (CR0127).
    pub fees_this_month: Money,
    /// Paid in earlier months, indemnity (CR0128).
    pub previously_paid: Money,
    /// Paid in earlier months, fees (CR0129).
    pub previous_fees: Money,
    /// Reserve, indemnity (CR0130).
    pub reserve: Money,
    /// Reserve, fees (CR0131).
    pub reserve_fees: Money,
    /// The sum of the six (CR0155).
    pub total_incurred: Money,
    /// What caused it; none when not known.
    pub cause: Option<LossCause>,
    /// What it is claimed under; empty when nothing was claimed.
    pub cover_part: String,
}

/// What a claim has cost and is expected to cost at the end of the month.
///
/// # Errors
/// [`MoneyError`].
pub fn incurred(window: &Window, claim: &Claim) -> Result<Money, MoneyError> {
    if !window.has_seen(claim.notified_at) {
        return Ok(Money::ZERO_JPY);
    }
    let seen = claim.payments.iter().filter(|payment| window.has_seen(payment.recorded_at));
    let paid = Money::total(seen.map(|payment| payment.amount))?;
    paid.plus(reserve(window, claim, paid)?)
}

/// The row of a claim, if it was open at any time of the month.
///
/// # Errors
/// [`MoneyError`].
pub fn claim_row(
    window: &Window,
    claim: &Claim,
    tenant: &Tenant,
    certificate_number: Option<&str>,
) -> Result<Option<ClaimRow>, MoneyError> {
    if !window.has_seen(claim.notified_at) || !is_alive(window, claim) {
        return Ok(None);
    }
    let (earlier, this_month): (Vec<_>, Vec<_>) = claim
        .payments
        .iter()
        .filter(|payment| window.has_seen(payment.recorded_at))
        .partition(|payment| payment.recorded_at < window.instants.start());
    let sum = |payments: Vec<&ClaimPayment>| Money::total(payments.iter().map(|it| it.amount));
    let (paid_this_month, previously_paid) = (sum(this_month)?, sum(earlier)?);
    let reserve = reserve(window, claim, paid_this_month.plus(previously_paid)?)?;
    // Fees of assessors are the insurer's own affair: none pass through the scheme.
    let fees = Money::ZERO_JPY;
    let parts = [paid_this_month, fees, previously_paid, fees, reserve, fees];
    Ok(Some(ClaimRow {
        claim_id: claim.id,
        tenant_id: claim.tenant_id,
        reference: claim.number.clone(),
        status: status(window, claim),
        loss_on: claim.loss_at.day_in(&window.zone),
        notified_on: claim.notified_at.day_in(&window.zone),
        insured_name: tenant.name.clone(),
        certificate_number: certificate_number.unwrap_or_default().to_owned(),
        paid_this_month,
        fees_this_month: fees,
        previously_paid,
        previous_fees: fees,
        reserve,
        reserve_fees: fees,
        total_incurred: Money::total(parts)?,
        cause: claim.cause,
        cover_part: claim.items.first().map(|item| item.part.to_string()).unwrap_or_default(),
    }))
}

/// The phase a claim was in at an instant, as far as may be known.
fn phase_before(window: &Window, claim: &Claim, until: Timestamp) -> ClaimPhase {
    let mut seen = claim.transitions.iter().filter(|it| it.changed_at < until);
    seen.rfind(|it| window.knows(it.changed_at)).map_or(ClaimPhase::Notified, |it| it.to)
}

/// Whether nothing is to be done in a phase.
const fn is_over(phase: ClaimPhase) -> bool {
    match phase {
        ClaimPhase::Denied | ClaimPhase::Paid | ClaimPhase::Closed | ClaimPhase::Withdrawn => true,
        ClaimPhase::Draft
        | ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::UnderAppeal => false,
    }
}

/// Whether a claim was open when the month began, or something happened to it in the month.
fn is_alive(window: &Window, claim: &Claim) -> bool {
    let in_month = |at: Timestamp| window.instants.contains(at) && window.knows(at);
    let happened = claim.transitions.iter().any(|it| in_month(it.changed_at))
        || claim.payments.iter().any(|payment| in_month(payment.recorded_at))
        || in_month(claim.notified_at);
    happened || !is_over(phase_before(window, claim, window.instants.start()))
}

fn status(window: &Window, claim: &Claim) -> ClaimStatus {
    match phase_before(window, claim, window.instants.end()) {
        ClaimPhase::Denied => ClaimStatus::Denied,
        ClaimPhase::Paid | ClaimPhase::Closed | ClaimPhase::Withdrawn => ClaimStatus::Closed,
        ClaimPhase::Draft
        | ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::UnderAppeal => {
            let was_over = claim
                .transitions
                .iter()
                .any(|it| window.has_seen(it.changed_at) && is_over(it.from));
            if was_over { ClaimStatus::Reopened } else { ClaimStatus::Open }
        }
    }
}

/// What is still expected to be paid: what was approved, before that what the last assessment gives,
/// before that nothing; less what was paid.
fn reserve(window: &Window, claim: &Claim, paid: Money) -> Result<Money, MoneyError> {
    if is_over(phase_before(window, claim, window.instants.end())) {
        return Ok(Money::ZERO_JPY);
    }
    let seen = claim.transitions.iter().filter(|it| window.has_seen(it.changed_at));
    let approved = seen.rev().find_map(|it| match &it.event {
        ClaimEvent::Approved { payable } => Some(*payable),
        ClaimEvent::Notified
        | ClaimEvent::AssessmentStarted
        | ClaimEvent::InformationWanted { .. }
        | ClaimEvent::InformationReceived
        | ClaimEvent::Decided { .. }
        | ClaimEvent::DecisionProposed { .. }
        | ClaimEvent::Referred
        | ClaimEvent::Denied { .. }
        | ClaimEvent::Appealed { .. }
        | ClaimEvent::PaidInPart { .. }
        | ClaimEvent::Paid { .. }
        | ClaimEvent::Closed
        | ClaimEvent::Expired
        | ClaimEvent::Reopened
        | ClaimEvent::Withdrawn => None,
    });
    let expected = match approved {
        Some(payable) => payable,
        None => claim
            .assessments
            .iter()
            .rfind(|assessment| window.has_seen(assessment.assessed_at))
            .map_or(Money::ZERO_JPY, |assessment| match assessment.outcome {
                ClaimOutcome::Eligible | ClaimOutcome::Referred => assessment.benefit.total,
                ClaimOutcome::NotEligible => Money::ZERO_JPY,
            }),
    };
    expected.minus_floored(paid)
}

/// The word for a cause in lists.
pub const fn cause_word(cause: LossCause) -> &'static str {
    match cause {
        LossCause::Malware => "malware",
        LossCause::Ransomware => "ransomware",
        LossCause::UnauthorisedAccess => "unauthorised_access",
        LossCause::DataLeak => "data_leak",
        LossCause::MailFraud => "mail_fraud",
        LossCause::DenialOfService => "denial_of_service",
        LossCause::Carelessness => "carelessness",
        LossCause::Insider => "insider",
        LossCause::Failure => "failure",
        LossCause::Other => "other",
    }
}
