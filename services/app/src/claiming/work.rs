//! The same work is given in kind or paid in money, never both, and never twice.

use tasuki_core::claim::{Claim, ClaimPayment, ClaimedItem};
use tasuki_core::problem::Problem;
use tasuki_store::claims;

use super::loading::Desk;

/// Refuses positions that claim the same work of an incident in two forms.
///
/// # Errors
/// `REQUEST_INVALID` with the position.
pub(crate) fn one_form(items: &[ClaimedItem]) -> Result<(), Problem> {
    for (at, item) in items.iter().enumerate() {
        let same = |other: &&ClaimedItem| {
            item.work_number.is_some()
                && other.work_number == item.work_number
                && other.part == item.part
                && other.form != item.form
        };
        if let Some(other) = items.iter().take(at).find(same) {
            let text = format!(
                "item {} claims the same work in another form: in kind or in money, never both",
                other.number
            );
            return Err(Problem::invalid(format!("loss_items[{at}].form"), text));
        }
    }
    Ok(())
}

/// Refuses a payment for work of an incident that another claim was paid for.
///
/// # Errors
/// `REQUEST_INVALID` with the number of the other claim.
pub(crate) async fn not_paid_elsewhere(
    desk: &Desk<'_>,
    item: u32,
    field: &str,
) -> Result<(), Problem> {
    let claim = &desk.claim;
    let mine = claim.items.iter().find(|known| known.number == item);
    let Some((mine, work)) = mine.and_then(|mine| mine.work_number.map(|work| (mine, work))) else {
        return Ok(());
    };
    let Some(incident) = claim.incident_id else { return Ok(()) };
    let alike = claims::lookalikes(desk.tx, claim.tenant_id, Some(incident), claim.loss_at).await?;
    let others = alike.iter().map(|stored| &stored.claim);
    for other in others.filter(|it| it.id != claim.id && it.incident_id == Some(incident)) {
        let same =
            |theirs: &&ClaimedItem| theirs.work_number == Some(work) && theirs.part == mine.part;
        if other.items.iter().filter(same).any(|theirs| is_paid(other, theirs.number)) {
            let text = format!("the same work was paid with `{}`", other.number);
            return Err(Problem::invalid(field, text));
        }
    }
    Ok(())
}

fn is_paid(claim: &Claim, item: u32) -> bool {
    let of_item = |payment: &ClaimPayment| payment.shares.iter().any(|share| share.item == item);
    claim.payments.iter().any(of_item)
}
