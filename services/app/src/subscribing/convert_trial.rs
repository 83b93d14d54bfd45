//! Orders the paid plan that follows a free trial.

use tasuki_core::catalog::RateCardRef;
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{PlannedChange, Subscription};
use tasuki_core::time::CivilDate;

use super::change_subscription::{AskedChange, resolved};
use super::deciding::{Changed, Decided, Scene, Wanted, When, run};
use crate::call::Call;
use crate::context::Context;

/// The order of a paid plan after the trial.
#[derive(Debug, Clone, Default)]
pub struct ConvertTrial {
    /// The first paid day, the end of the trial at the latest: the first day after it if left out.
    pub paid_from: Option<CivilDate>,
    /// What is taken from then on; with its rate card, or that by which the partner sells.
    pub change: AskedChange,
    /// By which rate card the partner sells, as the caller found it; for what names none.
    pub sold_by: Option<String>,
}

/// Orders the paid plan that follows a free trial, from its end or from an earlier day.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`, `ETAG_MISMATCH`, `RATE_CARD_NOT_FOUND`, those of a
/// change; `SUBSCRIPTION_STATE` unless it is on a trial that nothing follows yet.
pub async fn convert_trial(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    wanted: &Wanted,
    command: ConvertTrial,
) -> Result<Changed, Problem> {
    let command = with_card(ctx, call, tenant, command).await?;
    run(ctx, call, tenant, wanted, |scene| convert(scene, command)).await
}

/// Finds out by which card the partner sells, where the order names none.
async fn with_card(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: ConvertTrial,
) -> Result<ConvertTrial, Problem> {
    if command.change.rate_card.is_some() || command.sold_by.is_some() {
        return Ok(command);
    }
    let tx = ctx.store.begin_read().await?;
    let permission = tasuki_core::party::Permission::Read;
    let entered = crate::access::enter(ctx, &tx, call, tenant, permission).await?;
    let partner = tasuki_store::partners::get(&tx, entered.tenant.partner_id).await?;
    let sold_by = partner.map(|partner| partner.code);
    Ok(ConvertTrial { sold_by, ..command })
}

pub(super) fn convert(scene: &Scene<'_>, command: ConvertTrial) -> Result<Decided, Problem> {
    let ConvertTrial { paid_from, mut change, sold_by } = command;
    let subscription = scene.subscription;
    let until = subscription.trial_until().ok_or_else(|| {
        let text = "the subscription has no free trial that could be converted";
        Problem::new(Reason::SubscriptionState, text)
    })?;
    let on = match paid_from {
        Some(day) if day > until => {
            let text = format!("must not be after `{until}`, the first day after the trial");
            return Err(Problem::invalid("paid_from", text));
        }
        Some(day) if day < scene.today => {
            let text = format!("must not be before today, `{}`", scene.today);
            return Err(Problem::invalid("paid_from", text));
        }
        Some(day) => day,
        None => until,
    };
    let card = card_for(scene, (change.rate_card.take(), sold_by), on)?;
    let mut next = subscription.clone().with_conversion_ordered(card.clone(), on, scene.now())?;
    let changes = !change.set.is_empty() || !change.remove.is_empty();
    if changes {
        next = with_change(scene, &next, (change, card), on)?;
    }
    if on == scene.today {
        next = next.turned(on, scene.now());
    }
    Ok(Decided { next, on, until: on, reason: String::new() })
}

/// The change of what is taken becomes one that waits for the first paid day.
fn with_change(
    scene: &Scene<'_>,
    converted: &Subscription,
    (change, card): (AskedChange, RateCardRef),
    on: CivilDate,
) -> Result<Subscription, Problem> {
    let change = AskedChange { rate_card: Some(card.to_string()), ..change };
    let there = Scene { subscription: converted, ..*scene };
    let PlannedChange::Change { set, remove, accepted, .. } = resolved(&there, change, on)? else {
        return Ok(converted.clone());
    };
    let mut next = converted.clone();
    let planned = PlannedChange::Change { set, remove, rate_card: None, accepted };
    next.plan(planned, on, (scene.now(), Some(scene.by.clone())));
    Ok(next)
}

fn card_for(
    scene: &Scene<'_>,
    (named, sold_by): (Option<String>, Option<String>),
    day: CivilDate,
) -> Result<RateCardRef, Problem> {
    let cards = scene.cards;
    let card = if let Some(name) = named {
        cards.named(&name, day)
    } else {
        let partner = sold_by.unwrap_or_default();
        cards.sold_by(&partner, scene.entered.tenant.prefecture(), day).into_iter().next()
    };
    card.map(|card| card.reference.clone()).ok_or_else(|| {
        let text = format!("no rate card is in force on `{day}` for this tenant: name one");
        Problem::new(Reason::RateCardNotFound, text).with("day", day)
    })
}

/// The day of a conversion that is only asked about.
pub(super) fn paid_from(scene: &Scene<'_>, when: When) -> Result<Option<CivilDate>, Problem> {
    match when {
        // The trial ends on its day: that is its next period.
        When::NextPeriod => Ok(None),
        When::Now | When::On(_) => scene.day(when).map(Some),
    }
}
