//! What an item was under on its days: stretches of one choice by one version of prices.

use tasuki_core::days::DayPeriod;
use tasuki_core::subscription::{Pause, PhaseKind, SubscribedItem, Subscription};
use tasuki_core::time::CivilDate;

use super::InvoiceError;
use crate::cards::Cards;
use crate::quote_lines::{Chosen, resolve_item};
use crate::rate_card::RateCard;

/// Days of one choice by one version of prices.
pub(super) struct Stretch<'a> {
    pub(super) days: DayPeriod,
    pub(super) card: &'a RateCard,
    pub(super) chosen: Chosen<'a>,
    /// Whether something else was chosen than before, and not only the prices moved.
    pub(super) is_new_choice: bool,
}

/// The paid days of an item as they are known at the start of a day: what begins later does not
/// count, what goes on has no end.
pub(super) struct Course<'a> {
    /// The first day on which it is charged at all.
    pub(super) billed_from: CivilDate,
    /// In order of time, without gap or overlap.
    pub(super) stretches: Vec<Stretch<'a>>,
    /// Days within on which nothing is charged.
    still: Vec<DayPeriod>,
}

impl<'a> Course<'a> {
    pub(super) fn known_at(
        cards: &'a Cards,
        subscription: &Subscription,
        item: &SubscribedItem,
        known: CivilDate,
    ) -> Result<Option<Self>, InvoiceError> {
        let Some(billed_from) = billed_from(subscription, item) else { return Ok(None) };
        let end = item.ends_on.filter(|end| *end < known).unwrap_or(CivilDate::MAX);
        let known_end =
            |end: Option<CivilDate>| end.filter(|end| *end < known).unwrap_or(CivilDate::MAX);
        let mut stretches: Vec<Stretch<'a>> = Vec::new();
        for phase in subscription.phases.iter().filter(|phase| phase.kind == PhaseKind::Paid) {
            let Some(from) = phase.from.filter(|from| *from < known) else { continue };
            let (from, until) = (from.max(billed_from), known_end(phase.until).min(end));
            let card = cards
                .pinned(&phase.rate_card)
                .ok_or_else(|| InvoiceError::UnknownCard(phase.rate_card.clone()))?;
            for (days, selected) in choices(item, known) {
                let (start, end) = (days.start().max(from), days.end().min(until));
                let Some(days) = DayPeriod::new(start, end).ok().filter(|days| !days.is_empty())
                else {
                    continue;
                };
                let chosen = resolve_item(card, selected, selected.service.as_str())?;
                let before = stretches.last().map(|last| &last.chosen.item);
                let is_new_choice = before.is_none_or(|before| *before != chosen.item);
                stretches.push(Stretch { days, card, chosen, is_new_choice });
            }
        }
        let still = still(subscription, item, known);
        Ok((!stretches.is_empty()).then_some(Self { billed_from, stretches, still }))
    }

    /// The days of a stretch within a span on which the item is charged.
    pub(super) fn charged_days(&self, stretch: &Stretch<'_>, span: DayPeriod) -> Vec<DayPeriod> {
        let mut left: Vec<_> = stretch.days.overlap(span).into_iter().collect();
        for pause in &self.still {
            left = left.into_iter().flat_map(|days| days.without(*pause)).collect();
        }
        left
    }

    /// Whether it is charged on a day, or stands still on it.
    pub(super) fn runs_on(&self, day: CivilDate) -> bool {
        self.stretches.iter().any(|stretch| stretch.days.contains(day))
    }
}

/// The first day on which an item is in use and a paid phase runs.
pub(super) fn billed_from(subscription: &Subscription, item: &SubscribedItem) -> Option<CivilDate> {
    let paid = subscription
        .phases
        .iter()
        .filter(|phase| phase.kind == PhaseKind::Paid)
        .find_map(|phase| phase.from)?;
    let from = item.starts_on?.max(paid);
    item.ends_on.is_none_or(|end| from < end).then_some(from)
}

/// What was chosen, with its days.
fn choices(
    item: &SubscribedItem,
    known: CivilDate,
) -> Vec<(DayPeriod, &tasuki_core::catalog::SelectedItem)> {
    let later = item.terms.iter().filter(|terms| terms.from < known);
    let mut starts: Vec<_> = vec![(CivilDate::MIN, &item.selected)];
    starts.extend(later.map(|terms| (terms.from, &terms.selected)));
    let ends = starts.iter().skip(1).map(|(from, _)| *from).chain([CivilDate::MAX]);
    let ends: Vec<_> = ends.collect();
    starts
        .into_iter()
        .zip(ends)
        .filter_map(|((from, selected), end)| Some((DayPeriod::new(from, end).ok()?, selected)))
        .collect()
}

/// Days on which the subscription or the item stood still. One that lasts is known up to the day on
/// which is asked: nobody knows when it ends.
fn still(subscription: &Subscription, item: &SubscribedItem, known: CivilDate) -> Vec<DayPeriod> {
    let pauses = subscription.pauses.iter().chain(&item.pauses);
    let days = |pause: &Pause| {
        let end = pause.until.map_or(known, |until| until.min(known));
        DayPeriod::new(pause.from, end).ok().filter(|days| !days.is_empty())
    };
    pauses.filter_map(days).collect()
}
