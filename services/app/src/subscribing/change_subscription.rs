//! Changes what a subscription consists of: services, plans, quantities, options, prices.

use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::{ItemId, TenantId};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::quote::AcceptedText;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{PlannedChange, SubscribedItem, Subscription};
use tasuki_core::time::CivilDate;
use tasuki_pricing::quote_lines::{Ask, quote_lines};
use tasuki_pricing::rate_card::RateCard;

use super::covering::adds_no_cover;
use super::deciding::{Changed, Decided, Scene, Wanted, When, run};
use super::fees::taken_on;
use super::view::accepted_with;
use crate::call::Call;
use crate::context::Context;
use crate::quoting::ReadText;

/// A change as it is asked for.
#[derive(Debug, Clone, Default)]
pub struct AskedChange {
    /// Services to add, or to take in another way.
    pub set: Vec<SelectedItem>,
    /// Services to end.
    pub remove: Vec<Service>,
    /// Prices to move to, `code` or `code@version`; none to stay.
    pub rate_card: Option<String>,
    /// What the customer has read and accepted for it.
    pub accepted: Vec<ReadText>,
}

/// Changes a subscription, now or on a day to come.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`, `SUBSCRIPTION_STATE`,
/// `RATE_CARD_NOT_FOUND`, `SELECTION_INVALID`, `NEEDS_PERSONAL_QUOTE`; `REQUEST_INVALID` for a day that
/// has passed, a change that changes nothing, and texts that must be read and were not.
pub async fn change_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    (change, when): (AskedChange, When),
) -> Result<Changed, Problem> {
    run(ctx, call, tenant, wanted, |scene| decide(scene, change, when)).await
}

pub(super) fn decide(
    scene: &Scene<'_>,
    change: AskedChange,
    when: When,
) -> Result<Decided, Problem> {
    let on = scene.day(when)?;
    let planned = resolved(scene, change, on)?;
    let next = scene.make(planned, on)?;
    Ok(Decided { next, on, until: on, reason: String::new() })
}

/// The change with plans found and quantities filled in, checked as a quote is.
pub(super) fn resolved(
    scene: &Scene<'_>,
    change: AskedChange,
    on: CivilDate,
) -> Result<PlannedChange, Problem> {
    let base = scene.on(on);
    let current = scene.card_on(&base, on)?;
    let card = match &change.rate_card {
        Some(name) => named(scene, name, on)?,
        None => current,
    };
    let accepted: Vec<_> =
        change.accepted.into_iter().map(|text| text.accepted(scene.now())).collect();
    let mut set = Vec::new();
    let mut missing = Vec::new();
    for (at, wished) in change.set.into_iter().enumerate() {
        let complete = completed(card, wished, (at, on))?;
        missing.extend(unread(scene, &complete.1, &accepted));
        let place = place_of(&base, &complete.0, at)?;
        set.push((place.unwrap_or_else(|| scene.ctx.ids.next()), complete.0));
    }
    let remove = removed(&base, &change.remove)?;
    if !missing.is_empty() {
        return Err(Problem::all_invalid(missing));
    }
    let same = |(id, selected): &(ItemId, SelectedItem)| {
        base.items.iter().any(|item| item.item_id == *id && item.selected_on(on) == selected)
    };
    set.retain(|of| !same(of));
    let rate_card = (card.reference != current.reference).then(|| card.reference.clone());
    if set.is_empty() && remove.is_empty() && rate_card.is_none() {
        let text = "changes nothing: it is like that already on that day";
        return Err(Problem::invalid("change", text));
    }
    fits_together((current, card), &base, (&set, &remove), on)?;
    Ok(PlannedChange::Change { set, remove, rate_card, accepted })
}

fn named<'a>(scene: &'a Scene<'_>, name: &str, on: CivilDate) -> Result<&'a RateCard, Problem> {
    scene.cards.named(name, on).ok_or_else(|| {
        let text = format!("no rate card `{name}` is in force on `{on}`");
        Problem::new(Reason::RateCardNotFound, text).with("day", on)
    })
}

type Read = Vec<tasuki_core::quote::RequiredAcknowledgement>;

/// One service, complete, and what has to be read for it.
fn completed(
    card: &RateCard,
    wished: SelectedItem,
    (at, on): (usize, CivilDate),
) -> Result<(SelectedItem, Read), Problem> {
    let service = wished.service;
    let priced = quote_lines(card, &Ask::on(on, vec![wished])).map_err(|error| {
        let problem = Problem::from(error);
        let fields: Vec<_> = problem.violations().to_vec();
        let renamed = Problem::new(problem.reason(), problem.message().to_owned());
        let renamed = problem
            .metadata()
            .iter()
            .fold(renamed, |of, (key, value)| of.with(key, place(value, at)));
        fields
            .into_iter()
            .fold(renamed, |of, broken| of.violating(place(&broken.field, at), broken.description))
    })?;
    let complete = priced.selection.into_iter().next();
    let complete =
        complete.ok_or_else(|| Problem::internal(format!("`{service}` was priced as nothing")))?;
    Ok((complete, priced.acknowledgements))
}

/// Where a part of a selection stands in the request.
fn place(field: &str, at: usize) -> String {
    field.replacen("selection[0]", &format!("change.set[{at}]"), 1)
}

/// The service that a choice replaces; none if it is added.
fn place_of(
    base: &Subscription,
    wished: &SelectedItem,
    at: usize,
) -> Result<Option<ItemId>, Problem> {
    let of_service =
        |item: &&SubscribedItem| item.is_taken() && item.selected.service == wished.service;
    let taken: Vec<_> = base.items.iter().filter(of_service).collect();
    let by_plan = taken.iter().find(|item| item.latest().plan == wished.plan);
    match (by_plan, taken.as_slice()) {
        (Some(item), _) | (None, [item]) => Ok(Some(item.item_id)),
        (None, []) => Ok(None),
        (None, _) => {
            let text =
                format!("`{}` is taken more than once: name a plan that is taken", wished.service);
            Err(Problem::invalid(format!("change.set[{at}].plan_code"), text))
        }
    }
}

fn removed(base: &Subscription, services: &[Service]) -> Result<Vec<ItemId>, Problem> {
    let mut found = Vec::new();
    for (at, service) in services.iter().enumerate() {
        let before = found.len();
        let taken = base.items.iter().filter(|it| it.is_taken() && it.selected.service == *service);
        found.extend(taken.map(|item| item.item_id));
        if found.len() == before {
            let text = format!("`{service}` is not part of the subscription on that day");
            return Err(Problem::invalid(format!("change.remove[{at}]"), text));
        }
    }
    Ok(found)
}

/// Texts that have to be read for a service and that nobody accepted, with the quote, before, or now.
fn unread(scene: &Scene<'_>, wanted: &Read, accepted: &[AcceptedText]) -> Vec<Violation> {
    let with_quote = scene.quote.map(accepted_with).unwrap_or_default();
    let read = |code: &str, version: &str| {
        let all = with_quote.iter().chain(&scene.subscription.accepted).chain(accepted);
        let mut all = all.into_iter();
        all.any(|of| of.code == code && of.document_version == version)
    };
    wanted
        .iter()
        .filter(|needed| needed.required && !read(&needed.code, &needed.document_version))
        .map(|needed| Violation {
            field: "change.acknowledgements".to_owned(),
            description: format!(
                "`{}` of `{}` must be read and accepted",
                needed.code, needed.document_version
            ),
        })
        .collect()
}

/// The whole bundle as it would be must be one that is sold.
fn fits_together(
    (current, card): (&RateCard, &RateCard),
    base: &Subscription,
    (set, remove): (&[(ItemId, SelectedItem)], &[ItemId]),
    on: CivilDate,
) -> Result<(), Problem> {
    let mut whole = base.clone();
    whole.items.iter_mut().for_each(|item| item.pauses.clear());
    let before = taken_on(&whole, on);
    whole.items.retain(|item| !remove.contains(&item.item_id));
    whole.items.retain(|item| !set.iter().any(|(id, _)| *id == item.item_id));
    let mut selection = taken_on(&whole, on);
    selection.extend(set.iter().map(|(_, selected)| selected.clone()));
    adds_no_cover((current, &before), (card, &selection))?;
    if selection.is_empty() {
        let text = "would leave nothing: cancel the subscription instead";
        return Err(Problem::invalid("change.remove", text));
    }
    quote_lines(card, &Ask::on(on, selection))?;
    Ok(())
}
