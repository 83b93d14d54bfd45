//! Messages about subscriptions into commands.

use tasuki_app::quoting::{Intent, ReadText};
use tasuki_app::subscribing::{
    AsOf, AskedChange, ChangeKind, ConvertTrial, Flag, Move, Suspension, Wanted, When,
};
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::types::v1 as types;

use crate::selections::selection_from;
use crate::{actors, fields};

pub(crate) fn tenant(text: &str) -> Result<TenantId, Problem> {
    fields::id("tenant_id", text)
}

pub(crate) fn wanted(id: &str, etag: String, validate_only: bool) -> Result<Wanted, Problem> {
    Ok(Wanted {
        subscription_id: fields::id("subscription_id", id)?,
        etag: Some(etag),
        intent: intent(validate_only),
    })
}

const fn intent(validate_only: bool) -> Intent {
    if validate_only { Intent::OnlyAsk } else { Intent::Do }
}

pub(crate) fn as_of(
    as_of: Option<prost_types::Timestamp>,
    known_at: Option<prost_types::Timestamp>,
) -> Result<AsOf, Problem> {
    Ok(AsOf {
        as_of: fields::optional_timestamp("as_of", as_of)?,
        known_at: fields::optional_timestamp("known_at", known_at)?,
    })
}

pub(crate) fn when(effective: Option<proto::EffectiveFrom>) -> Result<When, Problem> {
    use proto::effective_from::At;
    match effective.and_then(|effective| effective.at) {
        Some(At::Now(_)) => Ok(When::Now),
        Some(At::NextPeriod(_)) => Ok(When::NextPeriod),
        Some(At::On(day)) => fields::day("effective.on", Some(day)).map(When::On),
        None => Err(Problem::invalid("effective", "is required")),
    }
}

pub(crate) fn change(change: Option<proto::Change>) -> Result<AskedChange, Problem> {
    let change = change.unwrap_or_default();
    let remove = fields::services("change.remove", &change.remove)?;
    let set = change.set.into_iter().enumerate();
    let accepted = change.acknowledgements.into_iter().enumerate();
    Ok(AskedChange {
        set: set
            .map(|(at, of)| selection_from(&format!("change.set[{at}]"), of))
            .collect::<Result<_, _>>()?,
        remove,
        rate_card: Some(change.rate_card).filter(|name| !name.is_empty()),
        accepted: accepted
            .map(|(at, of)| read_text(&format!("change.acknowledgements[{at}]"), of))
            .collect::<Result<_, _>>()?,
    })
}

fn read_text(field: &str, of: types::Acknowledgement) -> Result<ReadText, Problem> {
    let accepted_at = format!("{field}.acknowledged_at");
    Ok(ReadText {
        language: actors::language_from(of.language()),
        shown_at: fields::timestamp(&format!("{field}.shown_at"), of.shown_at)?,
        accepted_at: fields::optional_timestamp(&accepted_at, of.acknowledged_at)?,
        code: of.code,
        document_version: of.document_version,
        accepted_by: of.acknowledged_by,
    })
}

pub(crate) fn convert_trial(message: proto::ConvertTrialRequest) -> Result<ConvertTrial, Problem> {
    Ok(ConvertTrial {
        paid_from: fields::optional_day("paid_from", message.paid_from)?,
        change: change(message.change)?,
        sold_by: None,
    })
}

pub(crate) fn suspension(
    message: proto::SuspendSubscriptionRequest,
) -> Result<Suspension, Problem> {
    Ok(Suspension {
        services: fields::services("services", &message.services)?,
        when: when(message.effective)?,
        reason: message.reason,
        resume_on: fields::optional_day("resume_on", message.resume_on)?,
    })
}

pub(crate) fn kind(kind: proto::ChangeKind) -> Result<ChangeKind, Problem> {
    match kind {
        proto::ChangeKind::Change => Ok(ChangeKind::Change),
        proto::ChangeKind::Convert => Ok(ChangeKind::Convert),
        proto::ChangeKind::Suspend => Ok(ChangeKind::Suspend),
        proto::ChangeKind::Resume => Ok(ChangeKind::Resume),
        proto::ChangeKind::Cancel => Ok(ChangeKind::Cancel),
        proto::ChangeKind::Reinstate => Ok(ChangeKind::Reinstate),
        proto::ChangeKind::Unspecified => Err(Problem::invalid("kind", "is required")),
    }
}

pub(crate) fn flag(flag: proto::SubscriptionFlag) -> Result<Flag, Problem> {
    match flag {
        proto::SubscriptionFlag::Pending => Ok(Flag::Pending),
        proto::SubscriptionFlag::Active => Ok(Flag::Active),
        proto::SubscriptionFlag::OnTrial => Ok(Flag::OnTrial),
        proto::SubscriptionFlag::OnRisk => Ok(Flag::OnRisk),
        proto::SubscriptionFlag::PastDue => Ok(Flag::PastDue),
        proto::SubscriptionFlag::Suspended => Ok(Flag::Suspended),
        proto::SubscriptionFlag::ChangeScheduled => Ok(Flag::ChangeScheduled),
        proto::SubscriptionFlag::CancelPending => Ok(Flag::CancelPending),
        proto::SubscriptionFlag::Cancelled => Ok(Flag::Cancelled),
        proto::SubscriptionFlag::NeedsAttention => Ok(Flag::NeedsAttention),
        proto::SubscriptionFlag::Unspecified => {
            Err(Problem::invalid("flags", "must be flags of a subscription"))
        }
    }
}

pub(crate) fn moving(message: &proto::MigrateSubscriptionsRequest) -> Result<Move, Problem> {
    let ids = message.subscription_ids.iter().enumerate();
    Ok(Move {
        subscription_ids: ids
            .map(|(at, id)| fields::id(&format!("subscription_ids[{at}]"), id))
            .collect::<Result<_, _>>()?,
        to: message.to_rate_card.clone(),
        when: when(message.effective)?,
        same_bill: message.same_bill,
        intent: intent(message.validate_only),
    })
}
