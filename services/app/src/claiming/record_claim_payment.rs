//! Records that the insurer has paid, whole or in part.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{self, Benefit, Draw};
use tasuki_core::claim::{Claim, ClaimCommand, ClaimEvent, ClaimPayment, Payee, PaymentShare};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::master_contract::{BenefitForm, CoveragePart};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::CivilDate;
use tasuki_store::limits;

use super::loading::{Desk, Wanted};
use super::read_limits::{LimitStatus, statuses};
use super::{ClaimView, work};
use crate::call::Call;
use crate::context::{Context, News};

/// A payment that the insurer made.
#[derive(Debug, Clone)]
pub struct RecordClaimPayment {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// Who was paid.
    pub payee: Payee,
    /// What it pays for.
    pub shares: Vec<PaymentShare>,
    /// How the benefit was given.
    pub form: BenefitForm,
    /// The day it was paid.
    pub paid_on: CivilDate,
    /// The bank's or the insurer's reference.
    pub reference: String,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// The claim after a payment, and what it did to the limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimPaid {
    /// The claim.
    pub view: ClaimView,
    /// The payment.
    pub payment: ClaimPayment,
    /// The limits it touches, afterwards.
    pub limits: Vec<LimitStatus>,
}

/// Records a payment. What was reserved for it becomes used in the same transaction.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`;
/// `LIMIT_EXCEEDED` if more is paid for a position than was approved; `REQUEST_INVALID`.
pub async fn record_claim_payment(
    ctx: &Context,
    call: &Call,
    asked: RecordClaimPayment,
) -> Result<ClaimPaid, Problem> {
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::DecideClaims,
    };
    let desk = Desk::open(ctx, &tx, call, &wanted).await?;
    check(&desk, &asked).await?;

    let now = desk.entered.now;
    let payment = payment(&desk, asked)?;
    let command = ClaimCommand::RecordPayment { paid: payment.amount };
    let (mut next, event) = desk.claim.step(&command, &desk.by, "", now)?;
    for share in &payment.shares {
        let part = next.items.iter().find(|item| item.number == share.item).map(|item| item.part);
        if let Some(part) = part {
            next.use_reserve(part, share.amount, now)?;
        }
    }
    if matches!(event, ClaimEvent::Paid { .. }) {
        next.release_reserve("paid in full", now);
    }
    next.payments.push(payment.clone());

    let paid = draws_of(&desk, &payment).await?;
    limits::confirm(&tx, &desk.holder(), &paid).await?;
    let limits = statuses(&tx, &desk.contract, &paid).await?;
    tell_reinstated(&desk, (&limits, &paid)).await?;
    let view = desk.save(next, &event).await?;
    let answer = ClaimPaid { view, payment, limits };
    call.remember(&tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn check(desk: &Desk<'_>, asked: &RecordClaimPayment) -> Result<(), Problem> {
    if asked.paid_on > desk.entered.now.day_in(&desk.entered.tenant.zone) {
        return Err(Problem::invalid("paid_on", "must not be in the future"));
    }
    if asked.form == BenefitForm::InKind && !matches!(asked.payee, Payee::Provider(_)) {
        let text = "a benefit in kind is paid to the provider that did the work";
        return Err(Problem::invalid("payee", text));
    }
    let approved = approved(&desk.claim);
    for (at, share) in asked.shares.iter().enumerate() {
        let field = |name: &str| format!("shares[{at}].{name}");
        let item = approved.and_then(|it| it.items.iter().find(|it| it.number == share.item));
        let Some(item) = item else {
            let text = format!("nothing was approved for item {}", share.item);
            return Err(Problem::invalid(field("loss_item_number"), text));
        };
        if share.amount.amount() <= 0 {
            return Err(Problem::invalid(field("amount"), "must be above zero"));
        }
        let of_item = asked.shares.iter().filter(|other| other.item == share.item);
        let now = Money::total(of_item.map(|other| other.amount))?;
        let sum = desk.claim.paid_since_approval(share.item)?.plus(now)?;
        if sum > item.payable {
            let text = format!("item {} would be paid `{sum}` of `{}`", share.item, item.payable);
            return Err(Problem::new(Reason::LimitExceeded, text).with("item", share.item));
        }
        one_form(desk, (share.item, asked.form), &field("loss_item_number"))?;
        work::not_paid_elsewhere(desk, share.item, &field("loss_item_number")).await?;
    }
    Ok(())
}

/// The same work is never paid both in kind and in money, and only as the contract gives it.
fn one_form(
    desk: &Desk<'_>,
    (number, form): (u32, BenefitForm),
    field: &str,
) -> Result<(), Problem> {
    let item = desk.claim.items.iter().find(|item| item.number == number);
    let terms = item.and_then(|item| desk.contract.terms.part(item.part));
    let allowed = terms.is_none_or(|terms| terms.form == BenefitForm::Either || terms.form == form);
    let other = desk.claim.payments.iter().any(|payment| {
        payment.form != form && payment.shares.iter().any(|share| share.item == number)
    });
    if allowed && !other {
        return Ok(());
    }
    let text = format!("item {number} is given in another form: in kind or in money, never both");
    Err(Problem::invalid(field, text))
}

fn payment(desk: &Desk<'_>, asked: RecordClaimPayment) -> Result<ClaimPayment, Problem> {
    let amount = Money::total(asked.shares.iter().map(|share| share.amount))?;
    let last = desk.claim.payments.last().map_or(0, |payment| payment.number);
    Ok(ClaimPayment {
        number: last.saturating_add(1),
        amount,
        payee: asked.payee,
        shares: asked.shares,
        form: asked.form,
        paid_on: asked.paid_on,
        reference: asked.reference,
        recorded_at: desk.entered.now,
        recorded_by: desk.by.clone(),
    })
}

fn approved(claim: &Claim) -> Option<&Benefit> {
    claim.approved.as_ref()
}

/// What a payment takes from the limits. The deductibles of the occurrence are borne once: with the
/// first payment after an approval, as far as they were reserved then. A benefit that is counted is
/// given with the first payment for its part.
async fn draws_of(desk: &Desk<'_>, payment: &ClaimPayment) -> Result<Vec<Draw>, Problem> {
    let Some(approved) = approved(&desk.claim) else { return Ok(Vec::new()) };
    let mut paid = approved.clone();
    for item in &mut paid.items {
        let shares = payment.shares.iter().filter(|share| share.item == item.number);
        item.payable = Money::total(shares.map(|share| share.amount))?;
    }
    paid.total = payment.amount;
    paid.deductibles.clear();
    let counted = std::mem::take(&mut paid.counted);
    let unpaid = |part: &&CoveragePart| {
        let mut of_part = paid.items.iter().filter(|item| item.part == **part);
        of_part.all(|item| item.payable.is_zero())
    };
    let not_given: Vec<String> =
        counted.iter().filter(unpaid).map(|part| benefit::number_code(*part)).collect();
    let takers = desk.claim.takers();
    let mut draws = paid.draws(&desk.contract.terms, &takers)?;
    let own = desk.own_deductibles().await?;
    for draw in Draw::possible(&desk.contract.terms, &takers) {
        if not_given.contains(&draw.code) {
            continue;
        }
        if let Some(held) = own.get(&draw.code).filter(|held| !held.reserved.is_zero()) {
            draws.push(Draw { amount: held.reserved, ..draw });
        }
    }
    draws.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(draws)
}

/// Tells of limits that came back with this payment, and what is charged for it.
async fn tell_reinstated(
    desk: &Desk<'_>,
    (limits, paid): (&[LimitStatus], &[Draw]),
) -> Result<(), Problem> {
    for status in limits.iter().filter(|status| !status.limit.reinstatement_rates.is_empty()) {
        let Some(draw) = paid.iter().find(|draw| draw.code == status.limit.code) else { continue };
        let yearly = desk.contract.terms.yearly_premium_of(&status.limit);
        let used = status.taken.used;
        let before = status.limit.reinstated(used.minus_floored(draw.amount)?, yearly)?;
        let after = status.limit.reinstated(used, yearly)?;
        if before == after {
            continue;
        }
        let charged = match (before.charge, after.charge) {
            (Some(before), Some(after)) => Some(after.minus(before)?.amount()),
            (None, _) | (_, None) => None,
        };
        let payload = serde_json::json!({
            "limit": status.limit.code,
            "subject": status.subject.to_string(),
            "master_contract_id": desk.contract.id,
            "n_used": after.n_used,
            "charge_yen": charged,
        });
        let news = News::new("limit.reinstated", desk.claim.id, payload);
        desk.ctx.tell(desk.tx, desk.entered.when(), news).await?;
    }
    Ok(())
}
