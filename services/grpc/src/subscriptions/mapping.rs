//! Subscriptions into messages.

use tasuki_app::subscribing::{
    self, CANCELLATION, CONVERSION, EffectLine, Flag, ItemView, MigrationResult, MigrationRow,
    MoneyEffect, SubscriptionView,
};
use tasuki_core::catalog::RateCardRef;
use tasuki_core::id::ItemId;
use tasuki_core::quote::AcceptedText;
use tasuki_core::subscription::{
    Pause, PauseKind, PhaseKind, PlannedChange, ScheduledChange, SubscribedItem, Subscription,
    SubscriptionEvent, SubscriptionState,
};
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_proto::catalog::v1::BillingStart;
use tasuki_proto::quote::v1::{PayerSplit, RateCardReference};
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::types::v1::{Acknowledgement, DayPeriod, Period};

use crate::{actors, prices, quotes, selections, words};

pub(crate) fn subscription(view: &SubscriptionView) -> proto::Subscription {
    let subscription = &view.subscription;
    let standing = &subscription.standing;
    let day = view.day();
    let pinned = subscription.phase_on(day).or_else(|| subscription.phases.last());
    proto::Subscription {
        id: subscription.id.to_string(),
        tenant_id: subscription.tenant_id.to_string(),
        partner_id: subscription.partner_id.to_string(),
        quote_id: subscription.quote_id.to_string(),
        flags: view.flags().into_iter().map(|of| i32::from(flag(of))).collect(),
        items: subscription.items.iter().map(|it| item(view, it)).collect(),
        phases: phases(view),
        start_on: Some(words::day(subscription.start_on)),
        billing_anchor_on: subscription.anchor.map(words::day),
        minimum_term_until: subscription.minimum_term_until().map(words::day),
        ends_on: standing.flags.cancel_on.or_else(|| standing.ended_on()).map(words::day),
        rate_card: pinned.map(|phase| rate_card(&phase.rate_card)),
        payers: payers(subscription, day),
        scheduled_changes: scheduled(view),
        certificate_ids: view.certificate_ids.iter().map(ToString::to_string).collect(),
        order_ids: view.order_ids.iter().map(ToString::to_string).collect(),
        created_at: Some(words::timestamp(subscription.created_at)),
        activated_at: activated_at(view).map(words::timestamp),
        as_of: Some(words::timestamp(view.as_of)),
        known_at: Some(words::timestamp(view.known_at)),
        etag: subscribing::etag(view.version),
        packs: view.packs.iter().cloned().map(quotes::pack).collect(),
        acknowledgements: view.accepted.iter().map(accepted).collect(),
    }
}

pub(crate) fn rate_card(card: &RateCardRef) -> RateCardReference {
    RateCardReference {
        code: card.code.clone(),
        version: card.version.clone(),
        hash: card.hash.clone(),
    }
}

/// Who pays on a day, the customer first; nobody where the customer pays everything.
fn payers(subscription: &Subscription, day: CivilDate) -> Vec<PayerSplit> {
    let sponsors: Vec<_> = subscription.payers_on(day).map(Some).collect();
    if sponsors.is_empty() {
        return Vec::new();
    }
    std::iter::once(None).chain(sponsors).map(quotes::payer).collect()
}

/// Phases as people know them: a move of prices begins no other phase.
fn phases(view: &SubscriptionView) -> Vec<proto::Phase> {
    let mut phases: Vec<(PhaseKind, Option<CivilDate>, Option<CivilDate>)> = Vec::new();
    for phase in &view.subscription.phases {
        match phases.last_mut() {
            Some((kind, _, until)) if *kind == phase.kind => *until = phase.until,
            Some(_) | None => phases.push((phase.kind, phase.from, phase.until)),
        }
    }
    let message = |(kind, from, until): (PhaseKind, Option<CivilDate>, Option<CivilDate>)| {
        let kind = match kind {
            PhaseKind::Trial => proto::PhaseKind::Trial,
            PhaseKind::Paid => proto::PhaseKind::Paid,
        };
        let days = DayPeriod { start: from.map(words::day), end: until.map(words::day) };
        proto::Phase { kind: kind.into(), days: Some(days) }
    };
    phases.into_iter().map(message).collect()
}

fn activated_at(view: &SubscriptionView) -> Option<Timestamp> {
    let history = &view.subscription.history;
    let entry =
        history.iter().find(|it| matches!(it.event, SubscriptionEvent::Activated { .. }))?;
    let first = view.items.iter().filter_map(|item| item.active_at).min();
    Some(first.unwrap_or(entry.recorded_at))
}

const fn flag(flag: Flag) -> proto::SubscriptionFlag {
    match flag {
        Flag::Pending => proto::SubscriptionFlag::Pending,
        Flag::Active => proto::SubscriptionFlag::Active,
        Flag::OnTrial => proto::SubscriptionFlag::OnTrial,
        Flag::OnRisk => proto::SubscriptionFlag::OnRisk,
        Flag::PastDue => proto::SubscriptionFlag::PastDue,
        Flag::Suspended => proto::SubscriptionFlag::Suspended,
        Flag::ChangeScheduled => proto::SubscriptionFlag::ChangeScheduled,
        Flag::CancelPending => proto::SubscriptionFlag::CancelPending,
        Flag::Cancelled => proto::SubscriptionFlag::Cancelled,
        Flag::NeedsAttention => proto::SubscriptionFlag::NeedsAttention,
    }
}

fn item(view: &SubscriptionView, item: &SubscribedItem) -> proto::SubscriptionItem {
    let day = view.day();
    let seen = view.items.iter().find(|of| of.item_id == item.item_id);
    let order = seen.and_then(|seen| seen.order);
    let ended = item.ends_on.and_then(|on| Timestamp::start_of(on, &view.zone).ok());
    proto::SubscriptionItem {
        id: item.item_id.to_string(),
        selection: Some(selections::selection(item.selected_on(day))),
        state: item_state(view, (item, seen)).into(),
        order_id: order.map(|(order, _)| order.to_string()).unwrap_or_default(),
        order_item_id: item.item_id.to_string(),
        active_at: seen.and_then(|seen| seen.active_at).map(words::timestamp),
        ended_at: seen
            .and_then(|seen| seen.ended_at)
            .or(ended)
            .filter(|_| item.ends_on.is_some())
            .map(words::timestamp),
        billed_from: billed_from(view, item).map(words::day),
        billing_start: BillingStart::OnActive.into(),
        provider_id: order.map(|(_, provider)| provider.to_string()).unwrap_or_default(),
        lines: seen
            .map(|seen| seen.lines.iter().cloned().map(quotes::line).collect())
            .unwrap_or_default(),
        suspensions: suspensions(view, item),
        reason: seen.map(|seen| seen.reason.clone()).unwrap_or_default(),
    }
}

fn item_state(
    view: &SubscriptionView,
    (item, seen): (&SubscribedItem, Option<&ItemView>),
) -> proto::ItemState {
    let stopped = matches!(view.subscription.state(), SubscriptionState::Suspended { .. });
    match (item.starts_on, item.ends_on) {
        (_, None) if item.is_awaited() => proto::ItemState::Pending,
        (None, _) if seen.is_some_and(|seen| seen.is_removed) => proto::ItemState::Removed,
        (None, Some(_)) => proto::ItemState::NotProvided,
        (Some(_), Some(_)) => proto::ItemState::Ended,
        (_, None) if stopped || item.is_paused_on(view.day()) => proto::ItemState::Suspended,
        (_, None) => proto::ItemState::Active,
    }
}

/// The first day on which it is in use and charged.
fn billed_from(view: &SubscriptionView, item: &SubscribedItem) -> Option<CivilDate> {
    let mut phases = view.subscription.phases.iter();
    let paid = phases.find(|phase| phase.kind == PhaseKind::Paid).and_then(|phase| phase.from);
    item.starts_on.zip(paid).map(|(start, paid)| start.max(paid)).or(item.starts_on)
}

fn suspensions(view: &SubscriptionView, item: &SubscribedItem) -> Vec<proto::Suspension> {
    let mut pauses: Vec<&Pause> = view.subscription.pauses.iter().chain(&item.pauses).collect();
    pauses.retain(|pause| pause.kind == PauseKind::Suspended);
    // While it was stopped, and not before it was there.
    pauses.retain(|pause| pause.until.is_none_or(|end| item.starts_on.is_some_and(|on| on < end)));
    pauses.sort_by_key(|pause| pause.from);
    let at = |day: CivilDate| Timestamp::start_of(day, &view.zone).ok().map(words::timestamp);
    let message = |pause: &Pause| proto::Suspension {
        period: Some(Period { start: at(pause.from), end: pause.until.and_then(at) }),
        reason: pause.reason.clone(),
        charged: false,
    };
    pauses.into_iter().map(message).collect()
}

fn scheduled(view: &SubscriptionView) -> Vec<proto::ScheduledChange> {
    let subscription = &view.subscription;
    let mut all: Vec<_> =
        subscription.waiting().into_iter().map(|of| scheduled_change(view, of)).collect();
    let asked = |found: &dyn Fn(&SubscriptionEvent) -> bool| {
        let entry = subscription.history.iter().rev().find(|entry| found(&entry.event));
        let at = entry.map(|entry| words::timestamp(entry.recorded_at));
        (at, entry.and_then(|entry| entry.by.as_ref()).map(actors::actor))
    };
    let by_itself = |id: &str, kind: proto::ChangeKind, on, (requested_at, requested_by)| {
        proto::ScheduledChange {
            id: id.to_owned(),
            kind: kind.into(),
            effective_on: Some(words::day(on)),
            change: None,
            requested_at,
            requested_by,
        }
    };
    let trial = match subscription.state() {
        SubscriptionState::Trialing { until } => Some(*until),
        SubscriptionState::Suspended { trial_until, .. } => *trial_until,
        SubscriptionState::Pending
        | SubscriptionState::Active
        | SubscriptionState::Cancelled { .. } => None,
    };
    if let Some(on) = trial.filter(|_| subscription.has_paid_phase()) {
        let by = asked(&|event| matches!(event, SubscriptionEvent::ConversionOrdered { .. }));
        all.push(by_itself(CONVERSION, proto::ChangeKind::Convert, on, by));
    }
    if let Some(on) = subscription.standing.flags.cancel_on {
        let by = asked(&|event| matches!(event, SubscriptionEvent::CancellationScheduled { .. }));
        all.push(by_itself(CANCELLATION, proto::ChangeKind::Cancel, on, by));
    }
    all.sort_by_key(|change| {
        change.effective_on.map(|day| (day.year, day.month, day.day)).unwrap_or_default()
    });
    all
}

fn scheduled_change(view: &SubscriptionView, of: &ScheduledChange) -> proto::ScheduledChange {
    let (kind, change) = match &of.change {
        PlannedChange::Change { set, remove, rate_card, accepted: read } => {
            let change = proto::Change {
                set: set.iter().map(|(_, selected)| selections::selection(selected)).collect(),
                remove: removed(view, remove),
                rate_card: rate_card.as_ref().map(ToString::to_string).unwrap_or_default(),
                acknowledgements: read.iter().map(accepted).collect(),
            };
            (proto::ChangeKind::Change, Some(change))
        }
        PlannedChange::Suspend { .. } => (proto::ChangeKind::Suspend, None),
        PlannedChange::Resume { .. } => (proto::ChangeKind::Resume, None),
        PlannedChange::Reinstate { .. } => (proto::ChangeKind::Reinstate, None),
        PlannedChange::Cancel => (proto::ChangeKind::Cancel, None),
    };
    proto::ScheduledChange {
        id: of.id(),
        kind: kind.into(),
        effective_on: Some(words::day(of.effective_on)),
        change,
        requested_at: Some(words::timestamp(of.requested_at)),
        requested_by: of.requested_by.as_ref().map(actors::actor),
    }
}

/// The services that end, each once.
fn removed(view: &SubscriptionView, ids: &[ItemId]) -> Vec<i32> {
    let items = view.subscription.items.iter().filter(|item| ids.contains(&item.item_id));
    let mut services: Vec<_> =
        items.map(|item| i32::from(words::service(item.selected.service))).collect();
    services.sort_unstable();
    services.dedup();
    services
}

fn accepted(of: &AcceptedText) -> Acknowledgement {
    Acknowledgement {
        code: of.code.clone(),
        document_version: of.document_version.clone(),
        language: actors::language(of.language).into(),
        shown_at: Some(words::timestamp(of.shown_at)),
        acknowledged_at: Some(words::timestamp(of.accepted_at)),
        acknowledged_by: of.accepted_by.clone(),
    }
}

pub(crate) fn effect(effect: &MoneyEffect) -> proto::MoneyEffect {
    proto::MoneyEffect {
        lines: effect.lines.iter().map(effect_line).collect(),
        next_invoice_difference: Some(words::money(effect.next_invoice_difference)),
        monthly_before: Some(words::money(effect.monthly_before)),
        monthly_after: Some(words::money(effect.monthly_after)),
        yearly_before: Some(words::money(effect.yearly_before)),
        yearly_after: Some(words::money(effect.yearly_after)),
    }
}

fn effect_line(line: &EffectLine) -> proto::EffectLine {
    let days = line.service_period;
    proto::EffectLine {
        code: line.code.clone(),
        label: Some(words::text(&line.label)),
        service_period: Some(DayPeriod {
            start: Some(words::day(days.start())),
            end: Some(words::day(days.end())),
        }),
        amount: Some(words::money(line.amount)),
        tax_mode: prices::tax_mode(line.tax_mode).into(),
        tax_rate: if line.tax_mode.is_taxed() { line.tax_rate.to_string() } else { String::new() },
        note: line.note.as_ref().map(words::text),
    }
}

pub(crate) fn migration_row(row: &MigrationRow) -> proto::MigrationRow {
    let lines = row.prices.iter().map(|(code, before, after)| {
        let zero = tasuki_core::money::Money::ZERO_JPY;
        let (before, after) = (before.unwrap_or(zero), after.unwrap_or(zero));
        proto::EffectLine {
            code: code.clone(),
            amount: after.minus(before).ok().map(words::money),
            ..proto::EffectLine::default()
        }
    });
    proto::MigrationRow {
        tenant_id: row.tenant_id.to_string(),
        subscription_id: row.subscription_id.to_string(),
        yearly_before: Some(words::money(row.yearly_before)),
        yearly_after: row.yearly_after.map(words::money),
        lines: lines.collect(),
    }
}

pub(crate) fn migration_result(result: &MigrationResult) -> proto::MigrationResult {
    proto::MigrationResult {
        subscription_id: result.subscription_id.to_string(),
        moved: result.moved,
        reason: result.reason.clone(),
        yearly_difference: Some(words::money(result.yearly_difference)),
    }
}
