//! The cover of a subscription that changes: what was chosen with an option ends with it, and who comes
//! back is covered as before.

use std::collections::BTreeSet;

use tasuki_core::catalog::SelectedItem;
use tasuki_core::certificate::{Certificate, CertificateCommand, CertificateState, Stop};
use tasuki_core::id::{ItemId, MasterContractId};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::subscription::{SubscribedItem, Subscription};
use tasuki_pricing::rate_card::RateCard;
use tasuki_store::{Tx, certificates, master_contracts};

use super::deciding::pinned;
use crate::access::Entered;
use crate::claiming::cover;
use crate::context::Context;

/// A subscription that came back is covered again if it was before: by certificates of its own, under
/// the same contracts, that begin when a service runs.
pub(super) async fn cover_again(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    next: &Subscription,
) -> Result<(), Problem> {
    let all = certificates::lock_of_subscription(tx, entered.tenant.id, next.id).await?;
    let open = |of: &Certificate| !matches!(of.state, CertificateState::Ended { .. });
    let mut done: BTreeSet<MasterContractId> = all
        .iter()
        .filter(|stored| open(&stored.certificate))
        .map(|stored| stored.certificate.master_contract_id)
        .collect();
    for stored in all.iter().rev() {
        let last = &stored.certificate;
        if !done.insert(last.master_contract_id) {
            continue;
        }
        let carriers = carriers(ctx, tx, (entered, next), (last, SubscribedItem::is_taken)).await?;
        // What was chosen with a service that did not come back does not come back either.
        if last.solicitation.is_none() || last.carriers.is_empty() || !carriers.is_empty() {
            cover::issue_again(ctx, tx, entered, (last, carriers)).await?;
        }
    }
    Ok(())
}

/// Cover ends that was chosen with an option which was given up.
pub(super) async fn end_given_up(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    next: &Subscription,
) -> Result<(), Problem> {
    for stored in certificates::lock_of_subscription(tx, entered.tenant.id, next.id).await? {
        let of = &stored.certificate;
        let ended = matches!(of.state, CertificateState::Ended { .. });
        if ended || of.carriers.is_empty() {
            continue;
        }
        // A service that goes takes its cover along when it is gone, not before.
        if carriers(ctx, tx, (entered, next), (of, |_| true)).await?.is_empty() {
            let command = CertificateCommand::End { at: entered.now, because: Stop::Requested };
            let (ended, event) = of.step(&command, entered.now)?;
            certificates::save(tx, &ended, stored.version).await?;
            cover::tell(ctx, tx, entered, (&ended, &event)).await?;
        }
    }
    Ok(())
}

/// The items of a subscription that carry cover which was chosen, as they are today; none for cover that all
/// of them carry.
async fn carriers(
    ctx: &Context,
    tx: &Tx,
    (entered, of): (&Entered, &Subscription),
    (certificate, counts): (&Certificate, fn(&SubscribedItem) -> bool),
) -> Result<Vec<ItemId>, Problem> {
    if certificate.carriers.is_empty() {
        return Ok(Vec::new());
    }
    let today = entered.now.day_in(&entered.tenant.zone);
    let phase = of.phase_on(today).or_else(|| of.phases.last());
    let contract = master_contracts::get(tx, certificate.master_contract_id).await?;
    let (Some(phase), Some(contract)) = (phase, contract) else { return Ok(Vec::new()) };
    let cards = ctx.cards();
    let card = pinned(&cards, &phase.rate_card)?;
    let code = contract.contract.code;
    let carries = of.items.iter().filter(|item| counts(item)).filter(|item| {
        let selected = std::slice::from_ref(item.selected_on(today));
        card.chosen_covers(selected).any(|(_, _, contract)| contract == code)
    });
    Ok(carries.map(|item| item.item_id).collect())
}

/// Cover is chosen with a quote, where it says who solicits it and where the customer consents: a change only gives
/// it up.
///
/// # Errors
/// `REQUEST_INVALID` for a change that would add cover.
pub(super) fn adds_no_cover(
    (current, before): (&RateCard, &[SelectedItem]),
    (card, after): (&RateCard, &[SelectedItem]),
) -> Result<(), Problem> {
    let had: BTreeSet<&str> = current.chosen_covers(before).map(|(_, _, code)| code).collect();
    let added = card.chosen_covers(after).filter(|(_, _, code)| !had.contains(code));
    let broken: Vec<Violation> = added
        .map(|(_, option, _)| Violation {
            field: "change".to_owned(),
            description: format!(
                "`{}` is cover: it is chosen with a quote, which says who solicits it, and with the \
                 customer's consent",
                option.option
            ),
        })
        .collect();
    if broken.is_empty() { Ok(()) } else { Err(Problem::all_invalid(broken)) }
}
