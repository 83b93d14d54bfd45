//! Messages about subscriptions into commands, and back.

use tasuki_app::subscribing::{self, CancelAt, ConvertTrial, StandingChange, Stored};
use tasuki_core::catalog::RateCardRef;
use tasuki_core::problem::Problem;
use tasuki_core::subscription::{PhaseKind, SubscribedItem, Subscription, SubscriptionState};
use tasuki_proto::quote::v1::RateCardReference;
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::{fields, selections, words};

pub(crate) fn convert_trial(message: proto::ConvertTrialRequest) -> Result<ConvertTrial, Problem> {
    let change = message.change.unwrap_or_default();
    if !change.set.is_empty() || !change.remove.is_empty() {
        let text = "only `rate_card` can be changed with a conversion in this version";
        return Err(Problem::invalid("change", text));
    }
    Ok(ConvertTrial {
        subscription_id: fields::id("subscription_id", &message.subscription_id)?,
        etag: message.etag,
        paid_from: fields::optional_day("paid_from", message.paid_from)?,
        rate_card: (!change.rate_card.is_empty()).then_some(change.rate_card),
    })
}

pub(crate) fn standing_change(
    subscription_id: &str,
    etag: String,
    reason: String,
) -> Result<StandingChange, Problem> {
    let subscription_id = fields::id("subscription_id", subscription_id)?;
    Ok(StandingChange { subscription_id, etag, reason })
}

/// Only "now": what is planned for later comes with effective-dated changes.
pub(crate) fn only_now(effective: Option<proto::EffectiveFrom>) -> Result<(), Problem> {
    use proto::effective_from::At;
    match effective.and_then(|effective| effective.at) {
        Some(At::Now(_)) => Ok(()),
        Some(At::NextPeriod(_) | At::On(_)) | None => {
            Err(Problem::invalid("effective", "must be `now` in this version"))
        }
    }
}

pub(crate) fn cancel_at(effective: Option<proto::EffectiveFrom>) -> Result<CancelAt, Problem> {
    use proto::effective_from::At;
    match effective.and_then(|effective| effective.at) {
        Some(At::Now(_)) => Ok(CancelAt::Now),
        Some(At::NextPeriod(_)) => Ok(CancelAt::NextPeriod),
        Some(At::On(day)) => fields::day("effective.on", Some(day)).map(CancelAt::On),
        None => Err(Problem::invalid("effective", "is required")),
    }
}

pub(crate) fn subscription(stored: &Stored) -> proto::Subscription {
    let subscription = &stored.subscription;
    let standing = &subscription.standing;
    proto::Subscription {
        id: subscription.id.to_string(),
        tenant_id: subscription.tenant_id.to_string(),
        partner_id: subscription.partner_id.to_string(),
        quote_id: subscription.quote_id.to_string(),
        flags: flags(subscription).into_iter().map(i32::from).collect(),
        items: subscription.items.iter().map(|it| item(subscription, it)).collect(),
        phases: subscription
            .phases
            .iter()
            .map(|phase| proto::Phase {
                kind: match phase.kind {
                    PhaseKind::Trial => proto::PhaseKind::Trial,
                    PhaseKind::Paid => proto::PhaseKind::Paid,
                }
                .into(),
                days: Some(DayPeriod {
                    start: phase.from.map(words::day),
                    end: phase.until.map(words::day),
                }),
            })
            .collect(),
        start_on: Some(words::day(subscription.start_on)),
        billing_anchor_on: subscription.anchor.map(words::day),
        ends_on: standing.flags.cancel_on.map(words::day),
        rate_card: subscription.phases.last().map(|phase| rate_card(&phase.rate_card)),
        created_at: Some(words::timestamp(subscription.created_at)),
        etag: subscribing::etag(stored.version),
        ..proto::Subscription::default()
    }
}

pub(crate) fn rate_card(card: &RateCardRef) -> RateCardReference {
    RateCardReference {
        code: card.code.clone(),
        version: card.version.clone(),
        hash: card.hash.clone(),
    }
}

fn flags(subscription: &Subscription) -> Vec<proto::SubscriptionFlag> {
    use proto::SubscriptionFlag as Flag;
    let mut flags = match subscription.state() {
        SubscriptionState::Pending => vec![Flag::Pending],
        SubscriptionState::Trialing { .. } => vec![Flag::Active, Flag::OnTrial],
        SubscriptionState::Active => vec![Flag::Active],
        SubscriptionState::Suspended { trial_until: None, .. } => vec![Flag::Suspended],
        SubscriptionState::Suspended { trial_until: Some(_), .. } => {
            vec![Flag::OnTrial, Flag::Suspended]
        }
        SubscriptionState::Cancelled { .. } => vec![Flag::Cancelled],
    };
    if subscription.standing.flags.past_due_since.is_some() {
        flags.push(Flag::PastDue);
    }
    if subscription.standing.flags.cancel_on.is_some() {
        flags.push(Flag::CancelPending);
    }
    flags
}

fn item(subscription: &Subscription, item: &SubscribedItem) -> proto::SubscriptionItem {
    let suspended = matches!(subscription.state(), SubscriptionState::Suspended { .. });
    let state = match (item.starts_on, item.ends_on) {
        (None, None) => proto::ItemState::Pending,
        (None, Some(_)) => proto::ItemState::NotProvided,
        (Some(_), Some(_)) => proto::ItemState::Ended,
        (Some(_), None) if suspended => proto::ItemState::Suspended,
        (Some(_), None) => proto::ItemState::Active,
    };
    proto::SubscriptionItem {
        id: item.item_id.to_string(),
        selection: Some(selections::selection(&item.selected)),
        state: state.into(),
        order_item_id: item.item_id.to_string(),
        billed_from: item.starts_on.map(words::day),
        ..proto::SubscriptionItem::default()
    }
}
